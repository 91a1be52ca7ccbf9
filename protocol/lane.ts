// The frames of the lane, the twin of lane.go: what is said of a socket's bytes, in binary (docs/PROTOCOL.md, "The lane").
//
// What a document's page says becomes a frame for the host; a frame of the host becomes what its page is told. Both name the socket by the
// host's id. What does not fit becomes nothing.

import type { ContentMessage, PageErrorName, PageMessage } from "./page.ts";
import { pageError } from "./page.ts";
import { chunkBytes } from "./message.ts";

/** The subprotocol, and what stands before the ticket among those that are offered (RFC 6455, section 1.9). */
export const laneProtocol = "portside.lane.1";
export const ticketPrefix = "portside.ticket.";

const kinds = {
  data: 1,
  datagram: 2,
  credit: 3,
  shutdown: 4,
  close: 5,
  wrote: 6,
  shut: 7,
  end: 8,
  closed: 9,
} as const;

/** Kind, three zeros, socket id. */
const headerBytes = 8;
/** By their number on the wire; the first is an orderly end. */
const names = [undefined, "NetworkError", "AbortError", "NotAllowedError"] as const;

/** What a page may say on its lane. */
export type LaneRequest = Extract<PageMessage, { type: "write" | "credit" | "shutdown" | "close" }>;
/** What it may be told there. */
export type LaneEvent = Extract<ContentMessage, { type: "data" | "credit" | "wrote" | "shut" | "end" | "closed" }>;

function isU32(value: unknown): value is number {
  return typeof value === "number" && value >>> 0 === value;
}

function frame(kind: number, id: number, body: number): [Uint8Array<ArrayBuffer>, DataView] {
  const bytes = new Uint8Array(headerBytes + body);
  const view = new DataView(bytes.buffer);
  bytes[0] = kind;
  view.setUint32(4, id, true);
  return [bytes, view];
}

/** The frame that says it to the host; undefined when no page script of ours says it. */
export function laneFrame(message: LaneRequest): Uint8Array<ArrayBuffer> | undefined {
  const { type, id } = message;
  if (!isU32(id) || id === 0) return undefined;
  switch (type) {
    case "write": {
      const { data, ack } = message;
      if (!(data instanceof ArrayBuffer) || data.byteLength > chunkBytes) return undefined;
      const numbered = ack !== undefined;
      if (numbered && !isU32(ack)) return undefined;
      const before = numbered ? 4 : 0;
      const [bytes, view] = frame(numbered ? kinds.datagram : kinds.data, id, before + data.byteLength);
      if (numbered) view.setUint32(headerBytes, ack, true);
      bytes.set(new Uint8Array(data), headerBytes + before);
      return bytes;
    }
    case "credit": {
      if (!isU32(message.bytes) || message.bytes === 0) return undefined;
      const [bytes, view] = frame(kinds.credit, id, 4);
      view.setUint32(headerBytes, message.bytes, true);
      return bytes;
    }
    case "shutdown":
    case "close":
      return frame(kinds[type], id, 0)[0];
    default:
      return undefined;
  }
}

function outcome(failed: boolean): { error?: ReturnType<typeof pageError> } {
  return failed ? { error: pageError("NetworkError") } : {};
}

/** What a frame of the host says to the page. Throws RangeError when it is cut short; undefined for a kind that is not the host's. */
export function laneEvent(buffer: ArrayBuffer): LaneEvent | undefined {
  const view = new DataView(buffer);
  const id = view.getUint32(4, true);
  switch (view.getUint8(0)) {
    case kinds.data:
      return { type: "data", id, data: buffer.slice(headerBytes) };
    case kinds.credit:
      return { type: "credit", id, bytes: view.getUint32(headerBytes, true) };
    case kinds.wrote:
      return {
        type: "wrote",
        id,
        ack: view.getUint32(headerBytes, true),
        ...outcome(view.getUint8(headerBytes + 4) !== 0),
      };
    case kinds.shut:
      return { type: "shut", id, ...outcome(view.getUint8(headerBytes) !== 0) };
    case kinds.end:
      return { type: "end", id };
    case kinds.closed: {
      const name: Exclude<PageErrorName, "TypeError"> | undefined = names[view.getUint8(headerBytes)];
      return name === undefined ? { type: "closed", id } : { type: "closed", id, error: pageError(name) };
    }
    default:
      return undefined;
  }
}
