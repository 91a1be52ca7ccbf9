// A document's lane at its end in the browser: the WebSocket to the host. What the document's page says becomes frames, and frames become what it is told.
//
// In Chromium the worker of a frame in the page has it (extension/lane/worker.ts), in Firefox the background (extension/platform/lane_relay.ts).

import { laneMessages, laneReader } from "../../protocol/lane.ts";
import type { LaneEvent, LaneRequest } from "../../protocol/lane.ts";
import { firstLaneProtocol, laneProtocol, ticketPrefix } from "../../protocol/message.ts";
import type { LaneOpenResult } from "../../protocol/message.ts";

/** What happens to it. */
export interface LaneSocketHandler {
  /** It can be used. */
  opened(): void;
  /** The host says something. */
  heard(event: LaneEvent): void;
  /** It is over, or has never come about. */
  over(): void;
}

export class LaneSocket {
  readonly #host: WebSocket;

  constructor({ port, ticket }: LaneOpenResult, handler: LaneSocketHandler) {
    const host = (this.#host = new WebSocket(`ws://127.0.0.1:${port.toString()}/`, [
      laneProtocol,
      firstLaneProtocol,
      ticketPrefix + ticket,
    ]));
    host.binaryType = "arraybuffer";
    host.onopen = () => {
      handler.opened();
    };
    const read = laneReader();
    host.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      let event: LaneEvent | undefined;
      try {
        event = read(data);
      } catch {
        host.close(); // not a byte is to be missing without a word
        return;
      }
      if (event !== undefined) handler.heard(event);
    };
    host.onclose = () => {
      handler.over();
    };
  }

  /** What says it to the host, once `opened` was called: nothing where it does not fit. */
  messages(request: LaneRequest): ArrayBuffer[] {
    return laneMessages(request, this.#host.protocol === laneProtocol);
  }

  send(messages: ArrayBuffer[]): void {
    for (const message of messages) this.#host.send(message);
  }

  /** Closes it. The handler hears no more, not even what has come already: whoever closes it has nobody left to tell. */
  close(): void {
    const host = this.#host;
    host.onopen = host.onmessage = host.onclose = null;
    host.close();
  }
}
