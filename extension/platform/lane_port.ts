// The document's lane in Firefox, the content script's part: the page's words go to the background, which has the WebSocket (lane_relay.ts), and its
// words to the page.
//
// No frame of the extension's in the page: it may not reach loopback here, and its address would name the profile to every page. No port of the
// lane's own to the page: what is moved to another world has its messages go by another process, also where both ends are in one.

import { ext } from "../shared/ext.ts";
import type { LaneEvent, LaneRequest } from "../../protocol/lane.ts";
import type { ChannelPage, DataChannel } from "./platform.ts";
import { laneTimeout, Settling } from "./settling.ts";

/**
 * The most bytes that one message should have. For more than 64 KiB, with what goes around them, Firefox makes shared memory at each step of the way,
 * which takes three times the processor time (docs/PERFORMANCE.md).
 */
export const messageBytes = 60 << 10;

export class LanePort implements DataChannel {
  readonly #settling = new Settling();
  readonly #background: chrome.runtime.Port;

  /** The key is the broker's, for this document. */
  constructor(key: string, page: ChannelPage) {
    const background = (this.#background = ext.runtime.connect({ name: `lane:${key}` }));
    background.onMessage.addListener((event: LaneEvent | { type: "lane" } | { type: "laneLost" }) => {
      if (event.type === "lane") {
        page.up(undefined, messageBytes);
        this.#settling.settle();
        return;
      }
      page.hear(event);
      if (event.type === "laneLost") this.lost();
    });
    background.onDisconnect.addListener(() => {
      page.hear({ type: "laneLost" });
      this.#settling.settle();
    });
    this.#settling.within(laneTimeout);
  }

  say(request: LaneRequest): void {
    this.#background.postMessage(request);
  }

  settled(next: () => void): void {
    this.#settling.once(next);
  }

  lost(): void {
    this.#settling.settle();
    this.#background.disconnect();
  }

  remove(): void {
    this.#settling.end();
    this.#background.disconnect();
  }
}
