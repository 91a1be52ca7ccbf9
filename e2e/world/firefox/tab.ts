// Firefox's driver: a tab, a popup window or a frame, over WebDriver BiDi.
import { writeFileSync } from "node:fs";
import { callOf, guarded, outcomeOf, syntaxError, type Outcome } from "../evaluate.ts";
import { Frame, twoFrames, type Key, type Look, type Page, type Point, type World } from "../page.ts";
import { extensionOrigins } from "../places.ts";
import { until } from "../wait.ts";
import { valueOf, type Bidi, type RemoteValue } from "./bidi.ts";
import { withKept } from "./kept.ts";
import type { Target } from "../browser.ts";
import type { Chrome } from "./chrome.ts";

type Evaluated = { type: "success"; result: RemoteValue } | { type: "exception"; exceptionDetails: { text: string } };

/** What a page needs of the browser that it is in. */
export interface Tabs {
  readonly bidi: Bidi;
  readonly chrome: Chrome;
  targets(): readonly Target[];
  closeTarget(targetId: string): Promise<void>;
  raise(context: string): Promise<void>;
}

/** A document's place: the top of a tab or an iframe in it. */
export class FirefoxFrame extends Frame {
  protected readonly browser: Tabs;
  readonly context: string;
  readonly name: string;
  readonly #page: FirefoxPage | undefined;
  readonly #corner: (() => Promise<Point>) | undefined;

  /** A frame in a page has `page`, and `corner`, which tells where it is there. */
  constructor(browser: Tabs, context: string, name: string, page?: FirefoxPage, corner?: () => Promise<Point>) {
    super();
    this.browser = browser;
    this.context = context;
    this.name = name;
    this.#page = page;
    this.#corner = corner;
  }

  get page(): FirefoxPage {
    if (this.#page !== undefined) return this.#page;
    if (this instanceof FirefoxPage) return this;
    throw new Error("a frame without a page");
  }

  async frame(selector: string, { url }: { url?: RegExp } = {}): Promise<FirefoxFrame> {
    return await until(`the frame ${selector} in ${this.name}`, async () => {
      const context = await this.#contextOf(selector);
      if (context === undefined) return undefined;
      const corner = async (): Promise<Point> => await this.cornerOf(selector);
      const frame = new FirefoxFrame(this.browser, context, `frame ${selector}`, this.page, corner);
      const here = await frame.evaluate(() => ({ href: location.href, ready: document.readyState === "complete" }));
      return here.ready && (url === undefined || url.test(here.href)) ? frame : undefined;
    });
  }

  /** The context of an iframe element: its window, serialized, names it. An <object> does not tell a window of another site: it is the one that is left. */
  async #contextOf(selector: string): Promise<string | undefined> {
    const answer = await this.browser.bidi.send<Evaluated>("script.evaluate", {
      expression: `((element) => {
        if (element?.localName !== "object" || element.contentWindow !== null) return element?.contentWindow;
        const told = Array.from(document.querySelectorAll("iframe, object"), (one) => one.contentWindow);
        const left = Array.from({ length: frames.length }, (_, index) => frames[index]).filter((one) => !told.includes(one));
        return left.length === 1 ? left[0] : undefined;
      })(document.querySelector(${JSON.stringify(selector)}))`,
      target: { context: this.context },
      awaitPromise: false,
    });
    if (answer.type !== "success" || answer.result.type !== "window") return undefined;
    return (answer.result.value as { context: string }).context;
  }

  protected override async corner(): Promise<Point> {
    return (await this.#corner?.()) ?? { x: 0, y: 0 };
  }

  protected override async runExpression(expression: string, world: World): Promise<unknown> {
    const what = `"${expression.slice(0, 160).replaceAll(/\s+/g, " ")}" in ${this.name}`;
    if (world === "content script")
      return outcomeOf(await this.browser.chrome.inContentScript(this.context, guarded(expression), this.patience));
    const answer = await this.browser.bidi.send<Evaluated>(
      "script.evaluate",
      {
        expression: guarded(
          this.page.url.startsWith(`${extensionOrigins.firefox}/`) ? withKept(expression) : expression,
        ),
        target: { context: this.context },
        awaitPromise: true,
        serializationOptions: { maxObjectDepth: null },
      },
      { timeout: this.patience, what },
    );
    if (answer.type === "exception") throw syntaxError(answer.exceptionDetails.text);
    return outcomeOf(valueOf(answer.result) as Outcome);
  }
}

/** A tab or a window. */
export class FirefoxPage extends FirefoxFrame implements Page {
  readonly console: string[] = [];
  #crashed = false;

  get targetId(): string {
    return this.context;
  }

  get crashed(): boolean {
    return this.#crashed;
  }

  get open(): boolean {
    return this.browser.targets().some(({ targetId }) => targetId === this.targetId);
  }

  get url(): string {
    return this.browser.targets().find(({ targetId }) => targetId === this.targetId)?.url ?? "";
  }

  async goto(url: string): Promise<void> {
    const { context } = this;
    await this.browser.bidi.send("browsingContext.navigate", { context, url, wait: "complete" }, { what: url });
  }

  async reload(): Promise<void> {
    await this.browser.bidi.send("browsingContext.reload", { context: this.context, wait: "complete" });
  }

  async back(): Promise<{ restored: boolean }> {
    return await this.#step(-1);
  }

  async forward(): Promise<{ restored: boolean }> {
    return await this.#step(1);
  }

  async #step(delta: 1 | -1): Promise<{ restored: boolean }> {
    const before = await this.evaluate(() => performance.timeOrigin);
    const began = Date.now();
    await this.browser.bidi.send("browsingContext.traverseHistory", { context: this.context, delta });
    const origin = await this.waitFor(
      "the way in the history",
      (old: number) =>
        performance.timeOrigin !== old && document.readyState === "complete" ? performance.timeOrigin : undefined,
      before,
    );
    // A document that comes out of the cache began before.
    return { restored: origin < began };
  }

  async bringToFront(): Promise<void> {
    try {
      await this.browser.bidi.send("browsingContext.activate", { context: this.context });
    } catch (error) {
      if (!String(error).includes("privileged scope")) throw error;
      await this.browser.chrome.activate(this.context); // newer ones than 153 have no such command for pages of extensions
    }
    await this.browser.raise(this.context);
  }

  async clickAt(x: number, y: number): Promise<void> {
    await this.#pointer({ x, y }, ["pointerDown", "pointerUp"]);
  }

  async halfClick(half: "press" | "release", selector: string): Promise<void> {
    await this.#pointer(await this.middleOf(selector), [half === "press" ? "pointerDown" : "pointerUp"]);
  }

  /** Moves the pointer there and presses or releases its left button. */
  async #pointer({ x, y }: Point, words: readonly ("pointerDown" | "pointerUp")[]): Promise<void> {
    await this.browser.bidi.send("input.performActions", {
      context: this.context,
      actions: [
        {
          type: "pointer",
          id: "mouse",
          parameters: { pointerType: "mouse" },
          actions: [
            { type: "pointerMove", x: Math.round(x), y: Math.round(y) },
            ...words.map((type) => ({ type, button: 0 })),
          ],
        },
      ],
    });
  }

  async press(key: Key, { held = false } = {}): Promise<void> {
    await this.bringToFront();
    if (!held) await this.#keys([keys[key]]);
    else if (key === "Enter") await this.browser.chrome.releaseHeld(this.context, { key, code: key, keyCode: 13 });
    else throw new Error("only Enter can be held down here");
  }

  async paste(): Promise<void> {
    await this.bringToFront();
    await this.browser.bidi.send("input.performActions", {
      context: this.context,
      actions: [
        {
          type: "key",
          id: "keyboard",
          actions: [
            { type: "keyDown", value: control },
            { type: "keyDown", value: "v" },
            { type: "keyUp", value: "v" },
            { type: "keyUp", value: control },
          ],
        },
      ],
    });
  }

  async type(selector: string, text: string): Promise<void> {
    await this.click(selector);
    await this.evaluate((wanted: string) => {
      document.querySelector<HTMLInputElement>(wanted)?.select();
    }, selector);
    await this.#keys(Array.from(text));
  }

  async #keys(values: readonly string[]): Promise<void> {
    const actions = values.flatMap((value) => [
      { type: "keyDown", value },
      { type: "keyUp", value },
    ]);
    await this.browser.bidi.send("input.performActions", {
      context: this.context,
      actions: [{ type: "key", id: "keyboard", actions }],
    });
  }

  async eventListeners(): Promise<number> {
    return await this.browser.chrome.eventListeners(this.context);
  }

  async accessible(selector: string): Promise<{ role: string; name: string; description: string }> {
    return await this.browser.chrome.accessible(this.context, selector);
  }

  async screenshot(file: string): Promise<void> {
    const { data } = await this.browser.bidi.send<{ data: string }>("browsingContext.captureScreenshot", {
      context: this.context,
    });
    writeFileSync(file, Buffer.from(data, "base64"));
  }

  async lookAt({ colours, contrast, motion, size, zoom = 1 }: Look): Promise<void> {
    await this.browser.chrome.look(this.context, { colours, contrast, motion, zoom });
    if (size !== undefined)
      await this.browser.bidi.send("browsingContext.setViewport", {
        context: this.context,
        viewport: { width: size.width, height: size.height },
      });
  }

  async settle(): Promise<void> {
    await this.evaluate(twoFrames);
  }

  async run(script: string): Promise<void> {
    await this.runExpression(`(() => { ${script}\n })()`, "page");
  }

  async callFirst<A extends unknown[]>(fn: (...args: A) => void, ...args: A): Promise<void> {
    await this.browser.bidi.send("script.addPreloadScript", {
      functionDeclaration: `() => { void ${guarded(callOf(fn, args))} }`,
      contexts: [this.context],
    });
  }

  async crash(): Promise<void> {
    process.kill(await this.browser.chrome.processOf(this.context), "SIGKILL");
    this.#crashed = true;
  }

  async close(): Promise<void> {
    await this.browser.closeTarget(this.targetId);
  }

  async waitUntilClosed(): Promise<void> {
    await until(`${this.name} to close`, () => !this.open);
  }
}

/** https://w3c.github.io/webdriver/#keyboard-actions */
const control = "\uE009";
const keys = {
  Enter: "\uE007",
  " ": " ",
  Escape: "\uE00C",
  Tab: "\uE004",
  a: "a",
  ArrowDown: "\uE015",
  ArrowUp: "\uE013",
  End: "\uE010",
} as const satisfies Record<Key, string>;
