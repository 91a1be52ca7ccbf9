// The document's lane in Firefox, the content script's part: the page's words go to the background, which has the WebSocket (lane_relay.ts), and its
// words to the page.
//
// No frame of the extension's in the page: it may not reach loopback here, and its address would name the profile to every page. No port of the
// lane's own to the page: what is moved to another world has its messages go by another process, also where both ends are in one.

import { ext } from "../shared/ext.ts";
import type { LaneEvent, LaneRequest } from "../../protocol/lane.ts";
import { reopensAtOnce } from "../../protocol/message.ts";
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
  readonly #page: ChannelPage;
  /** What the page opens again, until it is answered. */
  readonly #opening = new Set<number>();

  /** The key is the broker's, for this document. */
  constructor(key: string, page: ChannelPage) {
    const background = (this.#background = ext.runtime.connect({ name: `lane:${key}` }));
    this.#page = page;
    background.onMessage.addListener((event: LaneEvent | { type: "lane" } | { type: "laneLost" }) => {
      if (event.type === "lane") {
        page.up(undefined, messageBytes);
        this.#settling.settle();
        return;
      }
      if (event.type === "laneLost") {
        page.hear(event);
        this.lost();
        return;
      }
      if (this.#opening.size > 0 && event.type !== "data") this.#answered(event);
      page.hear(event);
    });
    background.onDisconnect.addListener(() => {
      page.hear({ type: "laneLost" });
      this.#settling.settle();
    });
    this.#settling.within(laneTimeout);
  }

  say(request: LaneRequest): void {
    if (request.type === "open") {
      // More would be declined by the host: so no page's loop reaches the background, which all documents share.
      if (/*rule:lane-port-limits-opens*/ this.#opening.size >= reopensAtOnce) {
        this.#page.hear({ type: "declined", id: request.id });
        return;
      }
      this.#opening.add(request.id);
    }
    this.#background.postMessage(request);
  }

  #answered({ type, id }: LaneEvent): void {
    if (type === "opened" || type === "declined" || type === "closed") this.#opening.delete(id);
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
