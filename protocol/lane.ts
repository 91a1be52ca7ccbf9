// The frames of the lane, the twin of lane.go: what is said of a socket's bytes, in binary (docs/PROTOCOL.md, "The lane").
//
// What a document's page says becomes messages for the host; messages of the host become what its page is told. Both name the socket by the
// host's id. What does not fit becomes nothing. No payload that is worth it is copied.

import type { ContentMessage, PageErrorName, PageMessage } from "./page.ts";
import { pageError, pageReasons } from "./page.ts";
import {
  bulkBytes,
  chunkBytes,
  laneChunkBytes,
  laneClosedNames,
  laneHeaderBytes as headerBytes,
  laneKinds as kinds,
  maxPeerBytes,
} from "./message.ts";

/** What a page may say on its lane. */
export type LaneRequest = Extract<PageMessage, { type: "write" | "credit" | "shutdown" | "close" }>;
/** What it may be told there. */
export type LaneEvent = Extract<ContentMessage, { type: "data" | "credit" | "wrote" | "shut" | "end" | "closed" }>;

function isU32(value: unknown): value is number {
  return typeof value === "number" && value >>> 0 === value;
}

/** A frame, and a view of it. */
function frame(kind: number, id: number, body: number): [ArrayBuffer, DataView] {
  const bytes = new ArrayBuffer(headerBytes + body);
  const view = new DataView(bytes);
  view.setUint8(0, kind);
  view.setUint32(4, id, true);
  return [bytes, view];
}

/** A frame whose body is a number. */
function numberFrame(kind: number, id: number, number: number): ArrayBuffer {
  const [bytes, view] = frame(kind, id, 4);
  view.setUint32(headerBytes, number, true);
  return bytes;
}

/** The messages that say it to the host, one behind the other; none when no page script of ours says it. */
export function laneMessages(message: LaneRequest): ArrayBuffer[] {
  const { type, id } = message;
  //rule:lane-frame-ids-are-valid
  if (!isU32(id) || id === 0) return [];
  switch (type) {
    case "write": {
      const { data, ack } = message;
      if (!(data instanceof ArrayBuffer)) return [];
      const numbered = ack !== undefined;
      if (data.byteLength >= bulkBytes && !numbered)
        return data.byteLength > laneChunkBytes ? [] : [numberFrame(kinds.bulk, id, data.byteLength), data];
      // A datagram may have its peer before it.
      if (data.byteLength > chunkBytes + (numbered ? maxPeerBytes : 0) || (numbered && !isU32(ack))) return [];
      const before = headerBytes + (numbered ? 4 : 0);
      const [bytes, view] = frame(numbered ? kinds.datagram : kinds.data, id, before - headerBytes + data.byteLength);
      if (numbered) view.setUint32(headerBytes, ack, true);
      new Uint8Array(bytes).set(new Uint8Array(data), before);
      return [bytes];
    }
    case "credit":
      return isU32(message.bytes) && message.bytes > 0 ? [numberFrame(kinds.credit, id, message.bytes)] : [];
    case "shutdown":
    case "close":
      return [frame(kinds[type], id, 0)[0]];
    default:
      return [];
  }
}

function outcome(failed: boolean): { error?: ReturnType<typeof pageError> } {
  return failed ? { error: pageError("NetworkError") } : {};
}

/**
 * Makes what reads a lane: each message of the host, in order, is what the page is told, if anything. It throws RangeError for a frame that is
 * cut short or for bulk of another length than was said; undefined for a kind that is not the host's.
 */
export function laneReader(): (message: ArrayBuffer) => LaneEvent | undefined {
  /** The frame before said that the next message is this socket's, and how many bytes it has. */
  let bulk: { id: number; bytes: number } | undefined;
  return (message) => {
    if (bulk === undefined) {
      const view = new DataView(message);
      if (view.getUint8(0) !== kinds.bulk) return frameEvent(message, view);
      bulk = { id: view.getUint32(4, true), bytes: view.getUint32(headerBytes, true) };
      return undefined;
    }
    const { id, bytes } = bulk;
    bulk = undefined;
    if (/*rule:lane-bulk-length-in-browser*/ message.byteLength !== bytes)
      throw new RangeError("bulk of another length than was said");
    return { type: "data", id, data: message };
  };
}

/** What a frame that is one message says. */
function frameEvent(buffer: ArrayBuffer, view: DataView): LaneEvent | undefined {
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
      const name: Exclude<PageErrorName, "TypeError"> | "" | undefined = laneClosedNames[view.getUint8(headerBytes)];
      const reason = pageReasons[view.getUint8(headerBytes + 1) - 1];
      return name === undefined || name === ""
        ? { type: "closed", id }
        : { type: "closed", id, error: pageError(name, reason) };
    }
    default:
      return undefined;
  }
}
