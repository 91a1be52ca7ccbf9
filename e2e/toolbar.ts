// The toolbar as a person sees it: the icon's badge and title, and the popup that hangs from it.
import assert from "node:assert/strict";
import type { Stage, WithTCP } from "./stage.ts";
import type { Frame, Page } from "./world/page.ts";
import { until } from "./world/wait.ts";

export interface Badge {
  text: string;
  /** What the icon says when it is pointed at, and to a screen reader. */
  title: string;
}

/** A line about an open socket. */
export interface ShownSocket {
  where: string;
  text: string;
}

/** A refusal: where to, and all that is said of its reason. */
export interface ShownRefusal {
  where: string;
  text: string;
}

/** A policy so generous that the tests do not wait for each other. */
export const generous = {
  limits: { attemptBurst: 400, attemptsPerSecond: 200, attemptsPerMinuteOverall: 6000, pendingPerOrigin: 200 },
};

/** Asks for a socket and gives all that the page can see of the error; "" when it opened. Leaves it at `window.socket`. */
export function outcome(frame: Frame, options: Record<string, unknown>, { click = true } = {}): Promise<string> {
  const call = async (given: unknown): Promise<string> => {
    try {
      const socket = await navigator.openTCPSocket(given as PortsideSocketOptions);
      Object.assign(window, { socket });
      return "";
    } catch (error) {
      const { name, message } = error as Error;
      return `${name}: ${message} ${Reflect.ownKeys(error as object).join()}`;
    }
  };
  return click ? frame.evaluateOnClick("#go", call, options) : frame.evaluate(call, options);
}

/** How the page's socket ended: the error's name; "" for an orderly end. */
export const ending = (frame: Frame): Promise<string> =>
  frame.evaluate(async () => {
    const { socket } = window as unknown as WithTCP;
    const reader = socket.readable.getReader();
    try {
      while (!(await reader.read()).done);
      return "";
    } catch (error) {
      return (error as Error).name;
    }
  });

/** Opens more sockets to where this document already is. */
export const openMore = (frame: Frame, count: number, remotePort: number): Promise<unknown> =>
  frame.evaluate(
    async (count: number, remotePort: number) => {
      const opened = Array.from({ length: count }, () =>
        navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort }),
      );
      Object.assign(window, { more: await Promise.all(opened) });
    },
    count,
    remotePort,
  );

export class Toolbar {
  readonly #stage: Stage;
  /** A page of the extension, to ask the browser from. */
  readonly desk: Page;

  private constructor(stage: Stage, desk: Page) {
    this.#stage = stage;
    this.desk = desk;
  }

  static async of(stage: Stage): Promise<Toolbar> {
    return new Toolbar(stage, await stage.browser.newExtensionPage("ui/options.html"));
  }

  /** The browser's number for the tab of this page. No other tab may have the same address. */
  async tabOf(page: Page): Promise<number> {
    const ids = await this.desk.evaluate(
      async (url: string) => (await chrome.tabs.query({})).filter((tab) => tab.url === url).map(({ id }) => id),
      page.url,
    );
    assert.equal(ids.length, 1, page.url);
    return ids[0] ?? -1;
  }

  async badge(tabId: number): Promise<Badge> {
    return await this.desk.evaluate(
      async (tabId: number) => ({
        text: await chrome.action.getBadgeText({ tabId }),
        title: await chrome.action.getTitle({ tabId }),
      }),
      tabId,
    );
  }

  /** Waits for the badge to say this, and for its title to stay as it is: the two are set one after the other. */
  async shows(tabId: number, text: string): Promise<Badge> {
    let last = "";
    return await until(`the badge to say "${text}"`, async () => {
      const badge = await this.badge(tabId);
      const before = last;
      last = JSON.stringify(badge);
      return badge.text === text && last === before ? badge : undefined;
    });
  }

  /** The popup of a tab, opened as a page of its own. */
  async popup(tabId: number): Promise<Popup> {
    const page = await this.#stage.browser.newExtensionPage(`ui/popup.html?tab=${tabId.toString()}`);
    await page.waitFor(
      "the popup to know how the host is",
      () => document.querySelector("#host .ready, #host .plain, #banner button") !== null,
    );
    return new Popup(page);
  }

  /** The popup as it hangs from the icon, over this page. */
  async hang(page: Page): Promise<Popup> {
    await page.bringToFront();
    await this.desk.evaluate(async (url: string) => {
      const [tab] = (await chrome.tabs.query({})).filter((tab) => tab.url === url);
      if (tab !== undefined) await chrome.action.openPopup({ windowId: tab.windowId });
    }, page.url);
    return new Popup(await this.#stage.browser.nextPage("the popup", /\/ui\/popup\.html$/));
  }
}

export class Popup {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async sockets(): Promise<ShownSocket[]> {
    return await this.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>(".socket")].map((line) => ({
        where: line.querySelector(".where")?.textContent ?? "",
        text: line.innerText,
      })),
    );
  }

  /** Unfolds the connections to each destination. */
  async unfold(): Promise<void> {
    while (await this.page.evaluate(() => document.querySelector('#groups [aria-expanded="false"]') !== null))
      await this.page.click('#groups [aria-expanded="false"]');
  }

  /** Waits until this many sockets are shown. */
  async showsSockets(count: number): Promise<ShownSocket[]> {
    return await until(`${count.toString()} sockets in the popup`, async () => {
      const sockets = await this.sockets();
      return sockets.length === count ? sockets : undefined;
    });
  }

  async refusals(): Promise<ShownRefusal[]> {
    return await this.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("#refusals > li")].flatMap((line) =>
        [...line.querySelectorAll(".where")].map(({ textContent: where }) => ({
          where,
          text: `${where}\n${line.innerText}`,
        })),
      ),
    );
  }

  /** Waits for a refusal whose text fits. */
  async showsRefusal(text: RegExp): Promise<ShownRefusal> {
    return await until(`a refusal in the popup that says ${String(text)}`, async () =>
      (await this.refusals()).find((refusal) => text.test(refusal.text)),
    );
  }

  /** Waits for the switch to be where it should be: off where the site is paused. */
  async isPaused(paused: boolean): Promise<void> {
    await this.page.waitFor(
      `the switch to be ${paused ? "off" : "on"}`,
      (wanted: string) => document.querySelector("#pause")?.getAttribute("aria-checked") === wanted,
      String(!paused),
    );
  }

  async close(): Promise<void> {
    await this.page.close();
  }
}
