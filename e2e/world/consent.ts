// The user: reads the consent window and answers it with the mouse and the keyboard, as one does.
import type { Browser } from "./browser.ts";
import { TargetGoneError, type Page } from "./page.ts";
import { extensionOrigins } from "./places.ts";
import { sleep, until } from "./wait.ts";

export const promptUrl = new RegExp(`^(?:${Object.values(extensionOrigins).join("|")})/ui/prompt\\.html`);

type Button = "#allow-once" | "#allow-remember" | "#deny" | "#deny-all";

/** A device in the window's list. */
export interface Listed {
  name: string;
  kind: string;
  address: string;
  picked: boolean;
}

/** One consent window on the screen. */
export class Prompt {
  readonly page: Page;
  /** All that the window says. */
  readonly text: string;

  constructor(page: Page, text: string) {
    this.page = page;
    this.text = text;
  }

  /** Who asks: the page's origin as shown. */
  async who(): Promise<string> {
    return (await this.page.text("#who")).trim();
  }

  /** The destination as shown. */
  async where(): Promise<string> {
    return (await this.page.text("#where")).trim();
  }

  /** Reports whether the window asks for an address. */
  async asksForAddress(): Promise<boolean> {
    return await this.page.evaluate(() => {
      const field = document.querySelector<HTMLInputElement>("#address");
      return field !== null && field.getClientRects().length > 0;
    });
  }

  /** What the page proposes where the user has to type the destination; "" when it proposes nothing. */
  async proposal(): Promise<string> {
    return (await this.page.text("#proposed")).trim();
  }

  async typeAddress(address: string): Promise<void> {
    await this.page.type("#address", address);
  }

  /** What Allow would lead to, where the user names it; "" as long as they have named nothing that one can go to. */
  async named(): Promise<string> {
    return await this.page.evaluate(() => document.querySelector("#named .host")?.textContent ?? "");
  }

  /** Waits until the window says what is wrong with what the user named; returns what it says. */
  async complains(): Promise<string> {
    const complains = (): boolean => document.querySelector("#address-error")?.textContent !== "";
    await this.page.waitFor("a complaint about the address", complains);
    return await this.page.text("#address-error");
  }

  /** The devices in the list. */
  async devices(): Promise<Listed[]> {
    return await this.page.evaluate(() =>
      [...document.querySelectorAll("#devices [role=option]")].map((option) => {
        const part = (name: string): string => option.querySelector(`.device-${name}`)?.textContent ?? "";
        return {
          name: part("name"),
          kind: part("kind"),
          address: part("address"),
          picked: option.ariaSelected === "true",
        };
      }),
    );
  }

  /** Waits for a device of this name in the list, and clicks it. */
  async picks(name: string): Promise<void> {
    const option = await this.page.waitFor(
      `the device ${name}`,
      (wanted: string) =>
        [...document.querySelectorAll("#devices [role=option]")].find(
          (one) => one.querySelector(".device-name")?.textContent === wanted,
        )?.id,
      name,
    );
    // Chromium drops clicks while windows come and go: like a person, click again.
    await until(`${name} to be picked`, async () => {
      await this.page.click(`#${option}`);
      return (await this.devices()).some((device) => device.picked && device.name === name) || undefined;
    });
  }

  /** Where a socket may be open that others can send to, as the window offers it: narrowest first. */
  async places(): Promise<string[]> {
    return await this.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("#place-choices label")].map((label) => label.innerText),
    );
  }

  /** Chooses the place that says this, and says yes to what everybody's connections take. */
  async choosesPlace(words: RegExp): Promise<void> {
    await this.#chooses("#place-choices", words);
    const outside = await this.page.evaluate(
      () => document.querySelector<HTMLElement>("#outside")?.getClientRects().length ?? 0,
    );
    if (outside > 0) await this.page.click("#outside-yes");
  }

  /** Chooses whom a bound UDP socket may send to; `hosts` are what to type where they are named. */
  async choosesPeers(words: RegExp, hosts = ""): Promise<void> {
    await this.#chooses("#peer-choices", words);
    if (hosts !== "") await this.page.type("#hosts", hosts);
  }

  async #chooses(among: string, words: RegExp): Promise<void> {
    const { source, flags } = words;
    const found = await this.page.evaluate(
      (list: string, pattern: string, how: string) => {
        // Not the labels of what a choice brings with it.
        const labels = [...document.querySelectorAll<HTMLElement>(`${list} > label`)];
        const index = labels.findIndex((label) => new RegExp(pattern, how).test(label.innerText));
        return { index, texts: labels.map((label) => label.innerText) };
      },
      among,
      source,
      flags,
    );
    if (found.index < 0) throw new Error(`no choice says ${String(words)}: ${found.texts.join(" | ")}`);
    await this.page.click(`${among} > label:nth-of-type(${String(found.index + 1)})`);
  }

  async allowOnce(): Promise<void> {
    await this.typeProposal();
    await this.#press("#allow-once");
  }

  async allowAndRemember(): Promise<void> {
    await this.typeProposal();
    await this.#press("#allow-remember");
  }

  /** Types what the page proposes, as somebody does who agrees with it, unless they have typed something else. */
  async typeProposal(): Promise<void> {
    const typed = await this.page.evaluate(() => document.querySelector<HTMLInputElement>("#address")?.value ?? "");
    const picked = (await this.devices()).some((device) => device.picked);
    if (typed !== "" || picked || !(await this.asksForAddress())) return;
    const proposal = await this.proposal();
    if (proposal !== "") await this.typeAddress(proposal);
  }

  async deny(): Promise<void> {
    await this.#press("#deny");
  }

  /** Denies this and all that waits from the site. */
  async denyAll(): Promise<void> {
    await this.#press("#deny-all");
  }

  /** Closes the window without an answer. */
  async dismiss(): Promise<void> {
    await this.page.close();
  }

  /** Reports whether pressing the button does anything now. */
  async isEnabled(button: Button): Promise<boolean> {
    return await this.page.evaluate((id: string) => {
      const element = document.querySelector(id);
      return element !== null && element.ariaDisabled !== "true";
    }, button);
  }

  /** Waits until the user could press it: with the window in front. */
  async waitUntilEnabled(button: Button): Promise<void> {
    await this.page.bringToFront();
    await this.page.waitFor(
      `${button} to be enabled`,
      (id: string) => {
        const element = document.querySelector(id);
        return element !== null && element.ariaDisabled !== "true";
      },
      button,
    );
  }

  async #press(button: Button): Promise<void> {
    await this.waitUntilEnabled(button);
    // The window may close under the mouse: then the release of the button has nobody to answer it.
    await this.page.click(button).catch((error: unknown) => {
      if (!(error instanceof TargetGoneError)) throw error;
    });
    await this.page.waitUntilClosed();
  }
}

export class Person {
  readonly #browser: Browser;
  #settings: Page | undefined;

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** Waits for the next consent window. */
  async seesPrompt(): Promise<Prompt> {
    const page = await this.#browser.nextPage("the consent window", promptUrl);
    // The window is there a moment before the question is in it.
    await page.waitFor("the question", () => document.querySelector("#who")?.textContent !== "");
    return new Prompt(page, await page.text("body"));
  }

  /** Waits for a consent window, allows what it asks this once, and returns what it said. */
  async allowsOnce(): Promise<Prompt> {
    const prompt = await this.seesPrompt();
    await prompt.allowOnce();
    return prompt;
  }

  async allowsAndRemembers(): Promise<Prompt> {
    const prompt = await this.seesPrompt();
    await prompt.allowAndRemember();
    return prompt;
  }

  async denies(): Promise<Prompt> {
    const prompt = await this.seesPrompt();
    await prompt.deny();
    return prompt;
  }

  async deniesAll(): Promise<Prompt> {
    const prompt = await this.seesPrompt();
    await prompt.denyAll();
    return prompt;
  }

  /** Picks a device of the list, and allows it this once. */
  async picks(device: string): Promise<Prompt> {
    const prompt = await this.seesPrompt();
    await prompt.picks(device);
    await prompt.allowOnce();
    return prompt;
  }

  /** Lets all sites ask again that were told no too often. */
  async unmutesAll(): Promise<void> {
    const page = await this.#ownPage();
    // With the lock that all who change it take (store.ts): an answer may be about to be noted.
    await page.evaluate(() =>
      navigator.locks.request("store session cooldowns", () => chrome.storage.session.remove("cooldowns")),
    );
  }

  /** Of whom denials are counted: "normal" or "private", and an origin or a site. */
  async countedNoes(): Promise<string[]> {
    const page = await this.#ownPage();
    return await page.evaluate(async () =>
      Object.keys((await chrome.storage.session.get("cooldowns"))["cooldowns"] ?? {}),
    );
  }

  /** A page of the extension, which stays open, since some tests need it often. */
  async #ownPage(): Promise<Page> {
    if (this.#settings?.open !== true) this.#settings = await this.#browser.newExtensionPage("ui/options.html");
    return this.#settings;
  }

  /** Types the destination that a page left open, and allows it this once. */
  async choosesAndAllowsOnce(address: string): Promise<Prompt> {
    const prompt = await this.seesPrompt();
    await prompt.typeAddress(address);
    await prompt.allowOnce();
    return prompt;
  }

  /** Makes sure that no consent window opens within `ms` milliseconds. */
  async seesNoPrompt(ms = 1_000): Promise<void> {
    const known = new Set(this.#browser.pages().map(({ targetId }) => targetId));
    const end = Date.now() + ms;
    do {
      const prompt = this.#browser.targets().find(({ targetId, url }) => !known.has(targetId) && promptUrl.test(url));
      if (prompt !== undefined) throw new Error(`a consent window opened: ${prompt.url}`);
      await sleep(25);
    } while (Date.now() < end);
  }
}
