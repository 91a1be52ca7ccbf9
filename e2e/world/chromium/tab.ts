// Chromium's driver: a tab, a popup window or a frame, over the Chrome DevTools Protocol.
import { writeFileSync } from "node:fs";
import type { Session } from "./cdp.ts";
import type { ExceptionDetails, ExecutionContext, RemoteObject } from "./cdp-types.ts";
import type { Target } from "../browser.ts";
import { callOf, guarded, outcomeOf, syntaxError, type Outcome } from "../evaluate.ts";
import { Frame, twoFrames, type Key, type Look, type Page, type Point, type World } from "../page.ts";
import { until } from "../wait.ts";

/** The script contexts of one session, kept up to date from its events. */
export class Contexts {
  readonly #contexts = new Map<string, ExecutionContext>();

  constructor(session: Session) {
    session.on("Runtime.executionContextCreated", ({ context }) => this.#contexts.set(context.uniqueId, context));
    session.on("Runtime.executionContextDestroyed", ({ executionContextUniqueId }) =>
      this.#contexts.delete(executionContextUniqueId),
    );
    session.on("Runtime.executionContextsCleared", () => {
      this.#contexts.clear();
    });
  }

  find(frameId: string, test: (context: ExecutionContext) => boolean): ExecutionContext | undefined {
    return [...this.#contexts.values()].find((context) => context.auxData.frameId === frameId && test(context));
  }
}

export interface FramePlace {
  session: Session;
  contexts: Contexts;
  frameId: string;
  /** Where the frame's top left corner is in the window, in CSS pixels. */
  corner: () => Promise<Point>;
}

/** What a page needs of the browser that it is in. */
export interface Tabs {
  targets(): readonly Target[];
  attach(targetId: string, name: string): Promise<{ session: Session; contexts: Contexts }>;
  closeTarget(targetId: string): Promise<void>;
}

/** A document's place: the top of a tab or an iframe in it. */
export class ChromiumFrame extends Frame {
  protected readonly browser: Tabs;
  readonly frameId: string;
  protected readonly session: Session;
  readonly #place: FramePlace;
  readonly #page: ChromiumPage | undefined;

  constructor(browser: Tabs, place: FramePlace, page?: ChromiumPage) {
    super();
    this.browser = browser;
    this.frameId = place.frameId;
    this.session = place.session;
    this.#place = place;
    this.#page = page;
  }

  get name(): string {
    return this.session.name;
  }

  get page(): ChromiumPage {
    if (this.#page !== undefined) return this.#page;
    if (this instanceof ChromiumPage) return this;
    throw new Error("a frame without a page");
  }

  /** The frame of the iframe element that `selector` names, once its document has loaded and its URL matches. */
  async frame(selector: string, { url }: { url?: RegExp } = {}): Promise<ChromiumFrame> {
    const { session, contexts } = this.#place;
    return await until(`the frame ${selector} in ${session.name}`, async () => {
      const frameId = await this.#frameIdOf(selector);
      if (frameId === undefined) return undefined;
      const corner = async (): Promise<Point> => await this.cornerOf(selector);
      const ownProcess = this.browser.targets().some(({ targetId }) => targetId === frameId);
      const place = ownProcess
        ? { ...(await this.browser.attach(frameId, `frame ${selector}`)), frameId, corner }
        : { session, contexts, frameId, corner };
      const frame = new ChromiumFrame(this.browser, place, this.page);
      const here = await frame.evaluate(() => ({ href: location.href, ready: document.readyState === "complete" }));
      return here.ready && (url === undefined || url.test(here.href)) ? frame : undefined;
    });
  }

  async #frameIdOf(selector: string): Promise<string | undefined> {
    const context = this.#mainContext();
    const { result } = await this.session.send("Runtime.evaluate", {
      expression: `document.querySelector(${JSON.stringify(selector)})`,
      ...(context === undefined ? {} : { uniqueContextId: context }),
    });
    if (result.objectId === undefined) return undefined;
    const { node } = await this.session.send("DOM.describeNode", { objectId: result.objectId });
    await this.session.send("Runtime.releaseObject", { objectId: result.objectId });
    return node.frameId;
  }

  protected override async corner(): Promise<Point> {
    return await this.#place.corner();
  }

  /** Undefined for the top of a session: there the protocol's default is right, also in the middle of a navigation. */
  #mainContext(): string | undefined {
    if (this.#page === undefined) return undefined;
    const context = this.#place.contexts.find(this.frameId, ({ auxData }) => auxData.isDefault);
    if (context === undefined) throw new Error(`the frame ${this.frameId} has no script context (yet)`);
    return context.uniqueId;
  }

  protected override async runExpression(expression: string, world: World): Promise<unknown> {
    const context = world === "page" ? this.#mainContext() : await this.#contentScript();
    const answer = await this.session.send(
      "Runtime.evaluate",
      {
        expression: guarded(expression),
        awaitPromise: true,
        returnByValue: true,
        ...(context === undefined ? {} : { uniqueContextId: context }),
      },
      { timeout: this.patience, what: `"${expression.slice(0, 160).replaceAll(/\s+/g, " ")}" in ${this.session.name}` },
    );
    return valueOf(answer);
  }

  async #contentScript(): Promise<string> {
    const { uniqueId } = await until(`the content script's world in ${this.session.name}`, () =>
      this.#place.contexts.find(
        this.frameId,
        ({ auxData, origin }) => auxData.type === "isolated" && origin.startsWith("chrome-extension:"),
      ),
    );
    return uniqueId;
  }
}

/** A tab or a window. */
export class ChromiumPage extends ChromiumFrame implements Page {
  readonly targetId: string;
  readonly #loaded = new Set<string>();
  readonly #console: string[] = [];
  #crashed = false;

  constructor(browser: Tabs, session: Session, contexts: Contexts, targetId: string) {
    super(browser, { session, contexts, frameId: targetId, corner: () => Promise.resolve({ x: 0, y: 0 }) });
    this.targetId = targetId;
    session.on("Page.lifecycleEvent", ({ frameId, loaderId, name }) => {
      if (frameId === targetId && name === "load") this.#loaded.add(loaderId);
    });
    session.on("Runtime.consoleAPICalled", ({ type, args }) => {
      this.#console.push(`${type}: ${args.map(describe).join(" ")}`);
    });
    session.on("Runtime.exceptionThrown", ({ exceptionDetails: { text, exception } }) => {
      this.#console.push(`${text} ${exception?.description ?? ""}`);
    });
    session.on("Inspector.targetCrashed", () => {
      this.#crashed = true;
    });
  }

  /** What the page's console shows, exceptions that nobody caught among it. */
  get console(): readonly string[] {
    return this.#console;
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

  /** Navigates, and waits for the load event. */
  async goto(url: string): Promise<void> {
    const { loaderId, errorText } = await this.session.send("Page.navigate", { url });
    if (errorText !== undefined) throw new Error(`${url}: ${errorText}`);
    // No loader: the navigation stayed in the document (a fragment).
    if (loaderId !== undefined) await this.#waitForLoad(loaderId, url);
  }

  async reload(): Promise<void> {
    await this.#waitForNavigation("the reload", () => this.session.send("Page.reload", {}));
  }

  /** One step back in the tab's history. Reports whether the page came out of the back/forward cache. */
  async back(): Promise<{ restored: boolean }> {
    return await this.#step(-1);
  }

  /** One step forward in the tab's history. Reports whether the page came out of the back/forward cache. */
  async forward(): Promise<{ restored: boolean }> {
    return await this.#step(1);
  }

  async bringToFront(): Promise<void> {
    await this.session.send("Page.bringToFront");
  }

  async clickAt(x: number, y: number): Promise<void> {
    await this.session.send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y, button: "none" });
    const button = { x, y, button: "left", clickCount: 1 } as const;
    await this.session.send("Input.dispatchMouseEvent", { type: "mousePressed", buttons: 1, ...button });
    await this.session.send("Input.dispatchMouseEvent", { type: "mouseReleased", buttons: 0, ...button });
  }

  /** Half a click: presses or releases the left button over the middle of the element, which is there. */
  async halfClick(half: "press" | "release", selector: string): Promise<void> {
    const { x, y } = await this.middleOf(selector);
    await this.session.send("Input.dispatchMouseEvent", {
      type: half === "press" ? "mousePressed" : "mouseReleased",
      buttons: half === "press" ? 1 : 0,
      ...{ x, y, button: "left", clickCount: 1 },
    });
  }

  /** Presses and releases one key of the keyboard. `held`: it was down before, and is only now released. */
  async press(key: Key, { held = false } = {}): Promise<void> {
    const { code, number, text } = keys[key];
    const common = { key, code, windowsVirtualKeyCode: number };
    await this.bringToFront();
    await this.session.send("Input.dispatchKeyEvent", {
      type: text === undefined ? "rawKeyDown" : "keyDown",
      ...common,
      ...(text === undefined ? {} : { text }),
      autoRepeat: held,
    });
    await this.session.send("Input.dispatchKeyEvent", { type: "keyUp", ...common });
  }

  /** Pastes what is on the clipboard into what has the focus. */
  async paste(): Promise<void> {
    await this.bringToFront();
    const key = { key: "v", code: "KeyV", windowsVirtualKeyCode: 86, modifiers: 2 } as const;
    await this.session.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...key, commands: ["paste"] });
    await this.session.send("Input.dispatchKeyEvent", { type: "keyUp", ...key });
  }

  /** Clicks into the field, empties it and types. */
  async type(selector: string, text: string): Promise<void> {
    await this.click(selector);
    await this.evaluate((wanted: string) => {
      document.querySelector<HTMLInputElement>(wanted)?.select();
    }, selector);
    await this.session.send("Input.insertText", { text });
  }

  /** How many event listeners there are in the page's process, in all worlds, once the garbage is gone. */
  async eventListeners(): Promise<number> {
    await this.session.send("HeapProfiler.collectGarbage", {});
    return (await this.session.send("Memory.getDOMCounters", {})).jsEventListeners;
  }

  /** What a screen reader is told of the element. */
  async accessible(selector: string): Promise<{ role: string; name: string; description: string }> {
    const { result } = await this.session.send("Runtime.evaluate", {
      expression: `document.querySelector(${JSON.stringify(selector)})`,
    });
    if (result.objectId === undefined) throw new Error(`no ${selector}`);
    const { nodes } = await this.session.send("Accessibility.getPartialAXTree", {
      objectId: result.objectId,
      fetchRelatives: false,
    });
    const [node] = nodes;
    const word = (value: { value?: string } | undefined): string => value?.value ?? "";
    return { role: word(node?.role), name: word(node?.name), description: word(node?.description) };
  }

  /** Writes a PNG of what the page shows. */
  async screenshot(file: string): Promise<void> {
    const { data } = await this.session.send("Page.captureScreenshot", { format: "png" });
    writeFileSync(file, Buffer.from(data, "base64"));
  }

  /** Shows the page as to somebody with these preferences. Zoom leaves as many CSS pixels as the browser's own zoom would. */
  async lookAt({ colours, contrast, motion, size, zoom = 1 }: Look): Promise<void> {
    await this.session.send("Emulation.setEmulatedMedia", {
      features: [
        { name: "prefers-color-scheme", value: colours ?? "" },
        { name: "forced-colors", value: contrast === "forced" ? "active" : "" },
        { name: "prefers-reduced-motion", value: motion === "reduced" ? "reduce" : "" },
      ],
    });
    await this.session.send("Emulation.setDeviceMetricsOverride", {
      width: Math.floor((size?.width ?? 0) / zoom),
      height: Math.floor((size?.height ?? 0) / zoom),
      deviceScaleFactor: zoom === 1 ? 0 : zoom,
      mobile: false,
    });
  }

  /** Waits until two frames have been drawn since now: what has changed is on the screen. */
  async settle(): Promise<void> {
    // A browser without a screen sometimes stops drawing a page until somebody wants a picture of it.
    const stalled = setTimeout(() => {
      this.session.send("Page.captureScreenshot", { format: "png" }).catch(() => undefined);
    }, 5_000);
    try {
      await this.evaluate(twoFrames);
    } finally {
      clearTimeout(stalled);
    }
  }

  /** Runs a script at the top of the page, whatever the page's CSP says of scripts. */
  async run(script: string): Promise<void> {
    valueOf(
      await this.session.send("Runtime.evaluate", {
        expression: guarded(`(() => { ${script}\n })()`),
        returnByValue: true,
      }),
    );
  }

  /** Calls a function in every document that comes into the page from now on, before the scripts of that document. */
  async callFirst<A extends unknown[]>(fn: (...args: A) => void, ...args: A): Promise<void> {
    await this.session.send("Page.addScriptToEvaluateOnNewDocument", { source: `void ${guarded(callOf(fn, args))}` });
  }

  /** Kills the page's renderer, as a bug in it would. */
  async crash(): Promise<void> {
    // The command itself is never answered: the one who would answer is dead.
    this.session.send("Page.crash").catch(() => undefined);
    await until(`${this.session.name} to crash`, () => this.#crashed);
  }

  async close(): Promise<void> {
    await this.browser.closeTarget(this.targetId);
  }

  async waitUntilClosed(): Promise<void> {
    await until(`${this.session.name} to close`, () => !this.open);
  }

  async #step(by: 1 | -1): Promise<{ restored: boolean }> {
    const { currentIndex, entries } = await this.session.send("Page.getNavigationHistory");
    const entry = entries[currentIndex + by];
    if (entry === undefined) throw new Error(`${this.session.name} has no history in that direction`);
    const type = await this.#waitForNavigation(`the way back to ${entry.url}`, () =>
      this.session.send("Page.navigateToHistoryEntry", { entryId: entry.id }),
    );
    return { restored: type === "BackForwardCacheRestore" };
  }

  async #waitForNavigation(
    what: string,
    start: () => Promise<unknown>,
  ): Promise<"Navigation" | "BackForwardCacheRestore"> {
    let arrived: { loaderId: string; type: "Navigation" | "BackForwardCacheRestore" } | undefined;
    const stop = this.session.on("Page.frameNavigated", ({ frame, type }) => {
      if (frame.parentId === undefined) arrived = { loaderId: frame.loaderId, type };
    });
    try {
      await start();
      const { loaderId, type } = await until(what, () => arrived);
      if (type === "Navigation") await this.#waitForLoad(loaderId, what);
      return type;
    } finally {
      stop();
    }
  }

  async #waitForLoad(loaderId: string, what: string): Promise<void> {
    await until(`${what} to load`, () => this.#loaded.has(loaderId));
  }
}

const keys = {
  Enter: { code: "Enter", number: 13, text: "\r" },
  " ": { code: "Space", number: 32, text: " " },
  Escape: { code: "Escape", number: 27, text: undefined },
  Tab: { code: "Tab", number: 9, text: undefined },
  a: { code: "KeyA", number: 65, text: "a" },
  ArrowDown: { code: "ArrowDown", number: 40, text: undefined },
  ArrowUp: { code: "ArrowUp", number: 38, text: undefined },
  End: { code: "End", number: 35, text: undefined },
} as const satisfies Record<Key, { code: string; number: number; text: string | undefined }>;

/** Turns the answer to a guarded expression into a value or an exception. */
function valueOf({ result, exceptionDetails }: { result: RemoteObject; exceptionDetails?: ExceptionDetails }): unknown {
  if (exceptionDetails !== undefined)
    throw syntaxError(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return outcomeOf(result.value as Outcome);
}

/** One line of the console as text. */
function describe(value: RemoteObject): string {
  if (value.type === "string") return String(value.value);
  if (value.value !== undefined) return JSON.stringify(value.value);
  return value.description ?? value.unserializableValue ?? value.type;
}
