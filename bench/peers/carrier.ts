// Which carrier Portside's bytes take, seen from outside: a benchmark that believed the configuration would show one carrier's figures as another's.
import type { Chromium } from "../../e2e/world/chromium/chromium.ts";
import { extensionId } from "../../e2e/world/places.ts";
import { written } from "../usage.ts";

const isLane = (url: string): boolean =>
  url.startsWith(`chrome-extension://${extensionId}/`) && new URL(url).pathname.endsWith("lane/frame.html");

/** Notes whether the browser has a lane's frame: the one sign of the lane that can be seen from outside. */
export class LaneWatch {
  readonly #frames = new Set<string>();
  #seen = false;
  #lost = false;

  constructor(browser: Chromium) {
    const look = ({ targetInfo: { targetId, url } }: { targetInfo: { targetId: string; url: string } }): void => {
      if (!isLane(url)) return;
      this.#frames.add(targetId);
      this.#seen = true;
    };
    browser.cdp.on("Target.targetCreated", look);
    browser.cdp.on("Target.targetInfoChanged", look);
    browser.cdp.on("Target.targetDestroyed", ({ targetId }) => {
      if (this.#frames.delete(targetId)) this.#lost = true;
    });
  }

  /** What happened since the last call: whether there was a frame at any time, and whether one went and none is there now. */
  report(): { seen: boolean; lost: boolean } {
    const report = { seen: this.#seen || this.#frames.size > 0, lost: this.#lost && this.#frames.size === 0 };
    [this.#seen, this.#lost] = [false, false];
    return report;
  }
}

/** How much of a transfer the page must have read before the host's writes tell the carriers apart, in bytes: up to 1 MiB more may be under way. */
const enough = 16 << 20;

/**
 * Compares what hosts have written with what a page has read: the lane carries bytes as they are, native messaging in base64, a third more.
 * Undefined if there is too little to tell.
 */
export class Writes {
  readonly #hosts: () => number[];
  readonly #before: number | undefined;

  constructor(hosts: () => number[]) {
    this.#hosts = hosts;
    this.#before = written(hosts());
  }

  carrier(bytes: number): "lane" | "stdio" | undefined {
    const now = written(this.#hosts());
    if (this.#before === undefined || now === undefined || bytes < enough) return undefined;
    return (now - this.#before) / bytes < 1.2 ? "lane" : "stdio";
  }
}
