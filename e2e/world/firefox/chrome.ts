// What Firefox does for its own windows only ("chrome scope"): where the protocol has no command, the tests ask the browser's own code. It is there with
// --remote-allow-system-access.
import { guarded, callOf, outcomeOf, syntaxError, type Outcome } from "../evaluate.ts";
import { until } from "../wait.ts";
import { valueOf, type Bidi, type RemoteValue } from "./bidi.ts";

type Evaluated = { type: "success"; result: RemoteValue } | { type: "exception"; exceptionDetails: { text: string } };

/** Runs in each process of the browser, and answers what it is asked of a document that is there. A string: it is the browser that reads it. */
const inEachProcess = `
  const find = (id) => { const there = BrowsingContext.get(id); return there?.docShell ? there.window : undefined; };
  addMessageListener("portside-test", async ({ data: { id, browsingContext, extension, expression, selector, listeners } }) => {
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
        answer = { value: await Cu.evalInSandbox("(" + expression + ").then((outcome) => JSON.stringify(outcome))", context.cloneScope) };
      } else {
        const service = Cc["@mozilla.org/accessibilityService;1"].getService(Ci.nsIAccessibilityService);
        const element = window.document.querySelector(selector);
        const accessible = element && service.getAccessibleFor(element);
        if (!accessible) throw new Error("nothing accessible at " + selector);
        answer = { value: JSON.stringify({ role: service.getStringRole(accessible.role), name: accessible.name ?? "", description: accessible.description ?? "" }) };
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
}
declare const Services: { ppmm: Processes };
declare const ChromeUtils: {
  importESModule(url: string): { NavigableManager: { getBrowsingContextById(id: string): BrowsingContext | null } };
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

  async accessible(context: string, selector: string): Promise<{ role: string; name: string; description: string }> {
    // The tree for screen readers is made when somebody first asks for it, which takes a moment.
    const value = await until(`${selector} for a screen reader`, async () => {
      const answer = await this.#ask(context, { selector });
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.value;
    });
    return JSON.parse(value) as { role: string; name: string; description: string };
  }

  /** How many event listeners the document has, in all worlds, once the garbage is gone. Those of a script that has ended are called no more. */
  async eventListeners(context: string): Promise<number> {
    const { value, error } = await this.#ask(context, { listeners: true });
    if (value === undefined) throw new Error(error ?? "");
    return Number(value);
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
  async #ask(context: string, question: object): Promise<TestAnswer> {
    await (this.#ready ??= this.#prepare());
    return await this.evaluate(
      (id: string, asked: object) => {
        const { NavigableManager } = ChromeUtils.importESModule(
          "chrome://remote/content/shared/NavigableManager.sys.mjs",
        );
        const there = NavigableManager.getBrowsingContextById(id);
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
