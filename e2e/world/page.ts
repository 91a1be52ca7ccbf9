// A tab, a popup window or a frame, and what a person or a page's script does there. How a browser is told to is its driver's business
// (chromium/tab.ts, firefox/tab.ts).
import { callOf } from "./evaluate.ts";
import { defaultTimeout, until, type Found } from "./wait.ts";

/** The page, worker or browser went away. */
export class TargetGoneError extends Error {
  override readonly name = "TargetGoneError";
}

export interface Point {
  x: number;
  y: number;
}

/** How a page is to be looked at. What is not named is as usual. */
export interface Look {
  colours?: "light" | "dark";
  contrast?: "forced";
  motion?: "reduced";
  /** The window's inner size, in CSS pixels at a zoom of 1. */
  size?: { width: number; height: number };
  /** The browser's zoom: 2 is 200 %. */
  zoom?: number;
}

/** Keys that tests press. */
export type Key = "Enter" | " " | "Escape" | "Tab" | "a" | "ArrowDown" | "ArrowUp" | "End";

/** Whose script runs: the page's own, or the extension's content script, as a process that was taken over could. */
export type World = "page" | "content script";

/** A document's place: the top of a tab or an iframe in it. */
export abstract class Frame {
  /** What it is called in messages. */
  abstract readonly name: string;
  /** The tab or window that this is, or is in. */
  abstract readonly page: Page;
  /** How long `evaluate` may take before it fails, in milliseconds. */
  patience = defaultTimeout;

  /** Runs an expression, and gives what it resolves with. An exception comes back as a PageError. */
  protected abstract runExpression(expression: string, world: World): Promise<unknown>;

  /** Where the frame's top left corner is in the window, in CSS pixels. */
  protected abstract corner(): Promise<Point>;

  /** The frame of the iframe element that `selector` names, once its document has loaded and its URL matches. */
  abstract frame(selector: string, options?: { url?: RegExp }): Promise<Frame>;

  /**
   * Runs `fn` in the page's own world and gives what it returns or what its promise resolves with. An exception comes
   * back as a PageError with the page's error name. `fn` sees nothing of the test but its arguments.
   */
  async evaluate<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Promise<Awaited<R>> {
    return (await this.runExpression(callOf(fn, args), "page")) as Awaited<R>;
  }

  /** The same in the isolated world of the extension's content script: what a compromised renderer could do there. */
  async evaluateInContentScript<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Promise<Awaited<R>> {
    return (await this.runExpression(callOf(fn, args), "content script")) as Awaited<R>;
  }

  /** Runs `fn` inside the handler of a real click on the element: with transient activation, as a page's button does. */
  async evaluateOnClick<A extends unknown[], R>(
    selector: string,
    fn: (...args: A) => R,
    ...args: A
  ): Promise<Awaited<R>> {
    const call = callOf(fn, args);
    // The intrinsic Promise: a hostile page may have replaced the global one.
    const expression = `new ((async () => {})().constructor)((resolve, reject) => {
      document.querySelector(${JSON.stringify(selector)}).addEventListener("click", () => {
        (async () => ${call})().then(resolve, reject);
      }, { once: true });
    })`;
    const result = this.runExpression(expression, "page");
    result.catch(() => undefined);
    await this.click(selector);
    return (await result) as Awaited<R>;
  }

  /** Waits until `fn` gives something true in the page, and returns that. */
  async waitFor<A extends unknown[], R>(what: string, fn: (...args: A) => R, ...args: A): Promise<Found<Awaited<R>>> {
    return await until(what, () => this.evaluate(fn, ...args), { every: 50, timeout: this.patience });
  }

  /**
   * The text of the element as a person sees it, without the signs that keep directions of writing apart (innerText has them in Chromium only).
   * Waits for the element.
   */
  async text(selector: string): Promise<string> {
    const { text } = await this.waitFor(
      `${selector} in ${this.name}`,
      (wanted: string) => {
        const element = document.querySelector<HTMLElement>(wanted);
        return element === null ? null : { text: element.innerText };
      },
      selector,
    );
    return text.replaceAll(/[\u2066-\u2069]/g, "");
  }

  /** Presses and releases the left mouse button over the middle of the element. Waits for the element to be there. */
  async click(selector: string): Promise<void> {
    await this.page.bringToFront();
    await this.waitFor(
      `${selector} to be visible in ${this.name}`,
      (wanted: string) => {
        const element = document.querySelector(wanted);
        element?.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
        const box = element?.getBoundingClientRect();
        return box !== undefined && box.width > 0 && box.height > 0;
      },
      selector,
    );
    // Frames of other processes scroll a moment later: the place is right when it has stayed the same.
    let last: Point | undefined;
    const place = await until(`${selector} to stand still in ${this.name}`, async () => {
      const [before, now] = [last, await this.middleOf(selector)];
      last = now;
      return before?.x === now.x && before.y === now.y ? now : undefined;
    });
    await this.page.clickAt(place.x, place.y);
  }

  /** The middle of the element, in the window. */
  protected async middleOf(selector: string): Promise<Point> {
    const inside = await this.evaluate((wanted: string) => {
      const box = document.querySelector(wanted)?.getBoundingClientRect();
      if (box === undefined) throw new Error(`no ${wanted}`);
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    }, selector);
    const corner = await this.corner();
    return { x: corner.x + inside.x, y: corner.y + inside.y };
  }

  /** The top left corner of an iframe element's content, in the window. */
  protected async cornerOf(selector: string): Promise<Point> {
    const inside = await this.evaluate((wanted: string) => {
      const element = document.querySelector<HTMLElement>(wanted);
      if (element === null) throw new Error(`no ${wanted}`);
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      return {
        x: box.x + element.clientLeft + parseFloat(style.paddingLeft),
        y: box.y + element.clientTop + parseFloat(style.paddingTop),
      };
    }, selector);
    const corner = await this.corner();
    return { x: corner.x + inside.x, y: corner.y + inside.y };
  }
}

/** A tab or a window. */
export interface Page extends Frame {
  readonly targetId: string;
  /** What the page's console shows, exceptions that nobody caught among it. */
  readonly console: readonly string[];
  readonly crashed: boolean;
  readonly open: boolean;
  readonly url: string;
  /** Navigates, and waits for the load event. */
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** One step back in the tab's history. Reports whether the page came out of the back/forward cache. */
  back(): Promise<{ restored: boolean }>;
  /** One step forward, likewise. */
  forward(): Promise<{ restored: boolean }>;
  bringToFront(): Promise<void>;
  clickAt(x: number, y: number): Promise<void>;
  /** Half a click: presses or releases the left button over the middle of the element, which is there. */
  halfClick(half: "press" | "release", selector: string): Promise<void>;
  /** Presses and releases one key of the keyboard. `held`: it was down before, and is only now released. */
  press(key: Key, options?: { held?: boolean }): Promise<void>;
  /** Pastes what is on the clipboard into what has the focus. */
  paste(): Promise<void>;
  /** Clicks into the field, empties it and types. */
  type(selector: string, text: string): Promise<void>;
  /** How many event listeners there are in the page's process, in all worlds, once the garbage is gone. */
  eventListeners(): Promise<number>;
  /** What a screen reader is told of the element. */
  accessible(selector: string): Promise<{ role: string; name: string; description: string }>;
  /** Writes a PNG of what the page shows. */
  screenshot(file: string): Promise<void>;
  /** Shows the page as to somebody with these preferences. Zoom leaves as many CSS pixels as the browser's own zoom would. */
  lookAt(look: Look): Promise<void>;
  /** Waits until two frames have been drawn since now: what has changed is on the screen. */
  settle(): Promise<void>;
  /** Runs a script at the top of the page, whatever the page's CSP says of scripts. */
  run(script: string): Promise<void>;
  /** Calls a function in every document that comes into the page from now on, before the scripts of that document. */
  callFirst<A extends unknown[]>(fn: (...args: A) => void, ...args: A): Promise<void>;
  /** Kills the page's process, as a bug in it would. */
  crash(): Promise<void>;
  close(): Promise<void>;
  waitUntilClosed(): Promise<void>;
}

/** For a page: resolves once two frames have been drawn. */
export const twoFrames = (): Promise<void> =>
  new Promise<void>((resolve) => {
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        resolve();
      }),
    );
  });
