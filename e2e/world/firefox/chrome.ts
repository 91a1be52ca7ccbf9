// What Firefox does for its own windows only ("chrome scope"): where the protocol has no command, the tests ask the browser's own code. It is there with
// --remote-allow-system-access.
import { guarded, callOf, outcomeOf, syntaxError, type Outcome } from "../evaluate.ts";
import { TargetGoneError } from "../page.ts";
import { until } from "../wait.ts";
import { valueOf, type Bidi, type RemoteValue } from "./bidi.ts";

type Evaluated = { type: "success"; result: RemoteValue } | { type: "exception"; exceptionDetails: { text: string } };

/** Runs in each process of the browser, and answers what it is asked of a document that is there. A string: it is the browser that reads it. */
const inEachProcess = `
  const find = (id) => { const there = BrowsingContext.get(id); return there?.docShell ? there.window : undefined; };
  addMessageListener("portside-test", async ({ data: { id, browsingContext, extension, expression, own, selector, listeners } }) => {
    let answer;
    try {
      const window = find(browsingContext);
      if (window === undefined) throw new Error("the document is not here");
      if (listeners === true) {
        const memory = Cc["@mozilla.org/memory-reporter-manager;1"].getService(Ci.nsIMemoryReporterManager);
        await new Promise((resolve) => memory.minimizeMemoryUsage(resolve));
        const { els } = Services;
        const targets = [window, window.document, ...window.document.querySelectorAll("*")];
        answer = { value: String(targets.flatMap((target) => els.getListenerInfoFor(target)).length) };
      } else if (expression !== undefined) {
        const { ExtensionContent } = ChromeUtils.importESModule("resource://gre/modules/ExtensionContent.sys.mjs");
        const context = ExtensionContent.getContextByExtensionId(extension, window);
        if (!context?.cloneScope) throw new Error("no content script");
        answer = { value: await Cu.evalInSandbox("(" + expression + ").then((outcome) => JSON.stringify(outcome))", context.cloneScope, "latest", "test", 1) };
      } else if (own !== undefined) {
        const world = new Cu.Sandbox(window, { sandboxPrototype: window, wantXrays: false });
        answer = { value: await Cu.evalInSandbox("(" + own + ").then((outcome) => JSON.stringify(outcome))", world, "latest", "test", 1) };
      } else {
        const service = Cc["@mozilla.org/accessibilityService;1"].getService(Ci.nsIAccessibilityService);
        const element = window.document.querySelector(selector);
        const accessible = element && service.getAccessibleFor(element);
        if (!accessible) throw new Error("nothing accessible at " + selector);
        answer = { value: JSON.stringify({ role: accessible.computedARIARole, name: accessible.name ?? "", description: accessible.description ?? "" }) };
      }
    } catch (error) {
      answer = { error: String(error) };
    }
    sendAsyncMessage("portside-test", { id, ...answer });
  });
`;

/** What the browser's own code has, as far as the functions below use it. */
interface Processes {
  loadProcessScript(url: string, later: boolean): void;
  addMessageListener(name: string, listener: (message: { data: TestAnswer }) => void): void;
  childCount: number;
  getChildAt(index: number): { osPid: number; sendAsyncMessage(name: string, data: object): void };
}
interface TestAnswer {
  id: number;
  value?: string;
  error?: string;
}
interface BrowsingContext {
  id: number;
  top: BrowsingContext;
  currentWindowGlobal: { osPid: number };
  prefersColorSchemeOverride: string;
  forcedColorsOverride: string;
  prefersReducedMotionOverride: string;
  fullZoom: number;
  topChromeWindow: typeof globalThis & {
    gBrowser: { selectedTab: object; getTabForBrowser(browser: HTMLElement): object };
  };
  embedderElement: HTMLElement;
}
interface TextInputProcessor {
  beginInputTransactionForTests(window: object): boolean;
  keydown(event: KeyboardEvent): void;
  keyup(event: KeyboardEvent): void;
}
declare const BrowsingContext: { get(id: number): BrowsingContext | null };
interface BrowserElement {
  loadContext: { usePrivateBrowsing: boolean };
  browsingContext: BrowsingContext;
  currentURI: { spec: string };
}
type Panel = HTMLElement & { state: string; hidePopup(): void };
declare const Services: {
  ppmm: Processes;
  wm: {
    getEnumerator(
      kind: string,
    ): Iterable<{ gBrowser: { selectedBrowser: BrowserElement }; toolbar: BarProp; document: Document }>;
  };
};
declare const Ci: { nsITextInputProcessor: object };
declare const Cc: Record<"@mozilla.org/text-input-processor;1", { createInstance(of: object): TextInputProcessor }>;
declare const ChromeUtils: {
  importESModule(url: string): {
    NavigableManager: {
      getBrowsingContextById(id: string): BrowsingContext | null;
      getIdForBrowser(browser: BrowserElement): string;
    };
  };
};
declare const portsideTest: { next: number; waiting: Map<number, (answer: TestAnswer) => void> };

export class Chrome {
  readonly #bidi: Bidi;
  readonly #extension: string;
  #ready: Promise<void> | undefined;

  /** `extension` is Portside's id, of whose content script `inContentScript` speaks. */
  constructor(bidi: Bidi, extension: string) {
    this.#bidi = bidi;
    this.#extension = extension;
  }

  /** Runs `fn` in a window of the browser's own. */
  async evaluate<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Promise<Awaited<R>> {
    const context = await this.#window();
    const answer = await this.#bidi.send<Evaluated>(
      "script.evaluate",
      {
        expression: guarded(callOf(fn, args)),
        target: { context },
        awaitPromise: true,
        serializationOptions: { maxObjectDepth: null },
      },
      { what: `"${fn.toString().slice(0, 160)}" in the browser's own window` },
    );
    if (answer.type === "exception") throw syntaxError(answer.exceptionDetails.text);
    return outcomeOf(valueOf(answer.result) as Outcome) as Awaited<R>;
  }

  async #window(): Promise<string> {
    const { contexts } = await this.#bidi.send<{ contexts: { context: string; url: string }[] }>(
      "browsingContext.getTree",
      { "moz:scope": "chrome", maxDepth: 0 },
    );
    const main = contexts.find(({ url }) => url === "chrome://browser/content/browser.xhtml");
    if (main === undefined) throw new Error("no window of the browser's own");
    return main.context;
  }

  /** Runs an expression in the isolated world of the extension's content script; gives what it resolves with. */
  async inContentScript(context: string, expression: string, timeout: number): Promise<Outcome> {
    const extension = this.#extension;
    const value = await until(
      "the content script's world",
      async () => {
        const answer = await this.#ask(context, { extension, expression });
        return answer.error === "Error: no content script" ? undefined : answer;
      },
      { timeout },
    );
    if (value.value === undefined) throw new Error(`in the content script: ${value.error ?? ""}`);
    return JSON.parse(value.value) as Outcome;
  }

  /** Runs an expression in the own world of a document that is no tab's; gives what it resolves with. */
  async inDocument(browsingContext: number, expression: string): Promise<Outcome> {
    const answer = await this.#ask(browsingContext, { own: expression });
    if (answer.value === undefined) throw new TargetGoneError(answer.error ?? "the document is gone");
    return JSON.parse(answer.value) as Outcome;
  }

  /** The popup that hangs from an extension's icon now, if one does. */
  async popup(): Promise<{ browsingContext: number; url: string } | undefined> {
    const found = await this.evaluate(() => {
      for (const { document } of Services.wm.getEnumerator("navigator:browser")) {
        const popup = document.querySelector<BrowserElement & Element>("panel .webextension-popup-browser");
        if (popup !== null && popup.closest<Panel>("panel")?.state === "open")
          return { browsingContext: popup.browsingContext.id, url: popup.currentURI.spec };
      }
      return null;
    });
    return found ?? undefined;
  }

  /** Puts away what hangs from an icon, as a click beside it does. */
  async hidePopup(): Promise<void> {
    await this.evaluate(() => {
      for (const { document } of Services.wm.getEnumerator("navigator:browser"))
        document.querySelector(".webextension-popup-browser")?.closest<Panel>("panel")?.hidePopup();
    });
  }

  async accessible(context: string, selector: string): Promise<{ role: string; name: string; description: string }> {
    // The tree for screen readers is made when somebody first asks for it, which takes a moment.
    const value = await until(`${selector} for a screen reader`, async () => {
      const answer = await this.#ask(context, { selector });
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.value;
    });
    return JSON.parse(value) as { role: string; name: string; description: string };
  }

  /** A tab of a window that is not private, nor a popup window. Undefined: there is none. */
  async inNormalWindow(): Promise<string | undefined> {
    const found = await this.evaluate(() => {
      const { NavigableManager } = ChromeUtils.importESModule(
        "chrome://remote/content/shared/NavigableManager.sys.mjs",
      );
      for (const { gBrowser, toolbar } of Services.wm.getEnumerator("navigator:browser"))
        if (toolbar.visible && !gBrowser.selectedBrowser.loadContext.usePrivateBrowsing)
          return NavigableManager.getIdForBrowser(gBrowser.selectedBrowser);
      return null;
    });
    return found ?? undefined;
  }

  /** How many event listeners the document has, in all worlds, once the garbage is gone. Those of a script that has ended are called no more. */
  async eventListeners(context: string): Promise<number> {
    const { value, error } = await this.#ask(context, { listeners: true });
    if (value === undefined) throw new Error(error ?? "");
    return Number(value);
  }

  /** Shows the tab, and brings its window to the front. */
  async activate(context: string): Promise<void> {
    await this.evaluate((id: string) => {
      const { NavigableManager } = ChromeUtils.importESModule(
        "chrome://remote/content/shared/NavigableManager.sys.mjs",
      );
      const there = NavigableManager.getBrowsingContextById(id);
      if (there === null) throw new Error("the document is gone");
      const { topChromeWindow: window, embedderElement } = there.top;
      window.gBrowser.selectedTab = window.gBrowser.getTabForBrowser(embedderElement);
      window.focus();
      embedderElement.focus();
    }, context);
  }

  /** The title of the window that the document is in. */
  async windowTitle(context: string): Promise<string> {
    return await this.evaluate((id: string) => {
      const { NavigableManager } = ChromeUtils.importESModule(
        "chrome://remote/content/shared/NavigableManager.sys.mjs",
      );
      const window = NavigableManager.getBrowsingContextById(id)?.topChromeWindow;
      if (window === undefined) throw new Error("the document is gone");
      return window.document.title;
    }, context);
  }

  /** The process that has the document. */
  async processOf(context: string): Promise<number> {
    return await this.evaluate((id: string) => {
      const { NavigableManager } = ChromeUtils.importESModule(
        "chrome://remote/content/shared/NavigableManager.sys.mjs",
      );
      const there = NavigableManager.getBrowsingContextById(id);
      if (there === null) throw new Error("the document is gone");
      return there.currentWindowGlobal.osPid;
    }, context);
  }

  /** Releases a key that was down before the page came to the front: it hears of one more press, which says that it is a repeated one. */
  async releaseHeld(context: string, key: { key: string; code: string; keyCode: number }): Promise<void> {
    await this.evaluate(
      (id: string, given: { key: string; code: string; keyCode: number }) => {
        const { NavigableManager } = ChromeUtils.importESModule(
          "chrome://remote/content/shared/NavigableManager.sys.mjs",
        );
        const window = NavigableManager.getBrowsingContextById(id)?.topChromeWindow;
        if (window === undefined) throw new Error("the document is gone");
        const keyboard = Cc["@mozilla.org/text-input-processor;1"].createInstance(Ci.nsITextInputProcessor);
        if (!keyboard.beginInputTransactionForTests(window)) throw new Error("somebody else is typing");
        keyboard.keydown(new window.KeyboardEvent("", { ...given, repeat: true }));
        keyboard.keyup(new window.KeyboardEvent("", given));
      },
      context,
      key,
    );
  }

  /** Shows a page as to somebody with these preferences; undefined is as usual. */
  async look(
    context: string,
    look: { colours: string | undefined; contrast: string | undefined; motion: string | undefined; zoom: number },
  ): Promise<void> {
    await this.evaluate(
      (id: string, colours: string | null, contrast: string | null, motion: string | null, zoom: number) => {
        const { NavigableManager } = ChromeUtils.importESModule(
          "chrome://remote/content/shared/NavigableManager.sys.mjs",
        );
        const top = NavigableManager.getBrowsingContextById(id)?.top;
        if (top === undefined) throw new Error("the document is gone");
        top.prefersColorSchemeOverride = colours ?? "none";
        top.forcedColorsOverride = contrast === "forced" ? "active" : "none";
        top.prefersReducedMotionOverride = motion === "reduced" ? "reduce" : "none";
        top.fullZoom = zoom;
      },
      context,
      look.colours ?? null,
      look.contrast ?? null,
      look.motion ?? null,
      look.zoom,
    );
  }

  /** Asks the process that has a document. */
  async #ask(context: string | number, question: object): Promise<TestAnswer> {
    await (this.#ready ??= this.#prepare());
    return await this.evaluate(
      (id: string | number, asked: object) => {
        const { NavigableManager } = ChromeUtils.importESModule(
          "chrome://remote/content/shared/NavigableManager.sys.mjs",
        );
        const there = typeof id === "number" ? BrowsingContext.get(id) : NavigableManager.getBrowsingContextById(id);
        if (there === null) throw new Error("the document is gone");
        const { osPid } = there.currentWindowGlobal;
        return new Promise<TestAnswer>((resolve, reject) => {
          for (let i = 0; i < Services.ppmm.childCount; i++) {
            const child = Services.ppmm.getChildAt(i);
            if (child.osPid !== osPid) continue;
            const number = portsideTest.next++;
            portsideTest.waiting.set(number, resolve);
            child.sendAsyncMessage("portside-test", { ...asked, id: number, browsingContext: there.id });
            return;
          }
          reject(new Error("no process has the document"));
        });
      },
      context,
      question,
    );
  }

  async #prepare(): Promise<void> {
    await this.evaluate((script: string) => {
      const waiting = new Map<number, (answer: TestAnswer) => void>();
      Object.assign(globalThis, { portsideTest: { next: 1, waiting } });
      Services.ppmm.addMessageListener("portside-test", ({ data }) => {
        waiting.get(data.id)?.(data);
        waiting.delete(data.id);
      });
      Services.ppmm.loadProcessScript(`data:application/javascript,${encodeURIComponent(script)}`, true);
    }, inEachProcess);
  }
}
