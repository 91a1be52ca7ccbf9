// A peer whose measures run in a page of a browser.
import type { Browser } from "../../e2e/world/browser.ts";
import type { Page } from "../../e2e/world/page.ts";
import type { Pages } from "../../e2e/world/pages.ts";
import { descendantsOf } from "../../e2e/world/proc.ts";
import type { Args, MeasureName, Result } from "../measures.ts";
import type { Place } from "../page/link.ts";
import type { Bench } from "../page/main.ts";

interface WithBench {
  bench: Bench;
}

/** Timers and priorities of a page that nobody looks at are not what is measured. */
export const measuringSwitches = [
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
] as const;
/** The same for Firefox. */
export const measuringPreferences = {
  "dom.min_background_timeout_value": 4,
  "dom.ipc.processPriorityManager.enabled": false,
} as const;

/**
 * Puts the page at `url` and returns the URL to open. It is isolated from other origins (COOP, COEP), since clocks of other pages tick in steps of
 * 100 microseconds; `headers` come on top.
 */
export function servePage(pages: Pages, url: string, script: string, headers: Record<string, string> = {}): string {
  const isolated = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    ...headers,
  };
  pages.serve(new URL("/bench.js", url).href, {
    headers: { "content-type": "text/javascript; charset=utf-8", ...isolated },
    body: script,
  });
  return pages.serve(url, {
    headers: isolated,
    body: '<!doctype html><meta charset=utf-8><title>Benchmark</title><button id=go>Go</button><script src="/bench.js"></script>',
  });
}

export class Tab {
  readonly browser: Browser;
  readonly #url: string;
  readonly #kind: Parameters<Bench["start"]>[0];
  readonly #place: Place;
  #page: Page | undefined;

  constructor(browser: Browser, url: string, kind: Parameters<Bench["start"]>[0], place: Place) {
    this.browser = browser;
    this.#url = url;
    this.#kind = kind;
    this.#place = place;
  }

  get page(): Page {
    if (this.#page === undefined) throw new Error("open() comes first");
    return this.#page;
  }

  /** Opens the page, in place of the one that was there. */
  async open(): Promise<void> {
    const old = this.#page;
    this.#page = await this.browser.newPage(this.#url);
    await old?.close();
    await this.#page.waitFor("the page's script", () => "bench" in window);
    if (!(await this.#page.evaluate(() => crossOriginIsolated))) throw new Error("the page has no fine clock");
    await this.#page.evaluate(
      (kind, place) => {
        (window as unknown as WithBench).bench.start(kind, place);
      },
      this.#kind,
      this.#place,
    );
  }

  async measure<M extends MeasureName>(name: M, args: Args<M>, limit: number): Promise<Result<M>> {
    this.page.patience = limit;
    return await this.page.evaluate(
      async (measure: M, given: Args<M>) => await (window as unknown as WithBench).bench.measure(measure, given),
      name,
      args,
    );
  }

  /** Has the pages, frames and background of the browser collect their garbage. */
  async collect(): Promise<void> {
    await this.browser.collectGarbage();
  }

  /** All processes of the browser but those that are the host's. */
  processes(hosts: readonly number[] = []): number[] {
    const { pid } = this.browser.process;
    return [pid, ...descendantsOf(pid)].filter((one) => !hosts.includes(one));
  }
}
