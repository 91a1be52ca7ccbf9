// The frames of the lane, the twin of lane.go: what is said of a socket's bytes, in binary (docs/PROTOCOL.md, "The lane").
//
// What a document's page says becomes messages for the host; messages of the host become what its page is told. Both name the socket by the
// host's id. What does not fit becomes nothing. No payload that is worth it is copied.

import type { ContentMessage, Opened, PageErrorName, PageMessage } from "./page.ts";
import { pageError, pageReasons } from "./page.ts";
import { peerLength, readPeer } from "./peer.ts";
import { batchHeaderBytes, batchOverhead, isBatch, readLength } from "./lane_batch.ts";
import {
  batchDatagrams,
  bulkBytes,
  chunkBytes,
  firstReopenedId,
  laneChunkBytes,
  laneClosedNames,
  laneHeaderBytes as headerBytes,
  laneKinds as kinds,
  maxPeerBytes,
} from "./message.ts";

/** What a page may say of a socket's bytes, by either way. */
export type BytesRequest = Extract<PageMessage, { type: "write" | "credit" | "shutdown" | "close" }>;
/**
 * What it may say on its lane. `datagrams` has room for the header before them (lane_batch.ts); `ack` is the number of the first. `open` opens
 * again what the socket `of` of the lane was opened to; `id` is firstReopenedId and the page's own number for it.
 */
export type LaneRequest =
  | BytesRequest
  | { type: "datagrams"; id: number; ack: number; data: ArrayBuffer }
  | { type: "open"; id: number; of: number };
/** A socket that was opened on the lane: its ends, and the bytes of credit that its writer starts with. */
export type LaneOpened = { type: "opened"; id: number } & Omit<Opened<never>, "type" | "id" | "lane" | "tls">;
/** What it may be told there of a socket that is open. `datagrams` is the frame as it came; `sent` answers `count` datagrams, of which the first has the number `ack`. */
export type LaneSocketEvent =
  | Extract<ContentMessage, { type: "data" | "credit" | "wrote" | "shut" | "end" | "closed" }>
  | { type: "datagrams"; id: number; data: ArrayBuffer }
  | { type: "sent"; id: number; ack: number; count: number };
/** All that it may be told there. `opened`, `declined` and `closed` answer `open`: after `declined` the broker is to be asked. */
export type LaneEvent = LaneSocketEvent | LaneOpened | { type: "declined"; id: number };

/** The most that a frame has: lane.go's LaneFrameBytes. */
const mostFrameBytes = headerBytes + 4 + maxPeerBytes + chunkBytes;

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

/** A frame with one datagram. */
function datagramFrame(id: number, number: number, data: Uint8Array): ArrayBuffer {
  const [bytes, view] = frame(kinds.datagram, id, 4 + data.byteLength);
  view.setUint32(headerBytes, number, true);
  new Uint8Array(bytes).set(data, headerBytes + 4);
  return bytes;
}

/** A frame with several, which the page has laid out; one by one for a host that does not know such frames. */
function batchFrames(id: number, number: number, data: ArrayBuffer, batches: boolean): ArrayBuffer[] {
  const bytes = new Uint8Array(data);
  if (data.byteLength > mostFrameBytes || !isBatch(bytes, data.byteLength)) return [];
  if (batches) {
    const view = new DataView(data);
    view.setUint32(0, kinds.datagrams, true);
    view.setUint32(4, id, true);
    view.setUint32(headerBytes, number, true);
    return [data];
  }
  const frames: ArrayBuffer[] = [];
  for (let at = batchHeaderBytes; at < data.byteLength;) {
    const start = at + batchOverhead;
    const end = start + readLength(bytes, at);
    frames.push(datagramFrame(id, (number + frames.length) >>> 0, bytes.subarray(start, end)));
    at = end;
  }
  return frames;
}

/**
 * The messages that say it to the host, one behind the other; none when no page script of ours says it. `batches`: the host knows frames with
 * several datagrams.
 */
export function laneMessages(message: LaneRequest, batches = true): ArrayBuffer[] {
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
      if (numbered) return [datagramFrame(id, ack, new Uint8Array(data))];
      const [bytes] = frame(kinds.data, id, data.byteLength);
      new Uint8Array(bytes).set(new Uint8Array(data), headerBytes);
      return [bytes];
    }
    case "datagrams":
      return message.data instanceof ArrayBuffer && isU32(message.ack)
        ? batchFrames(id, message.ack, message.data, batches)
        : [];
    case "open": {
      const { of } = message;
      const valid = /*rule:lane-open-frames-are-valid*/ id > firstReopenedId && isU32(of) && of > 0;
      return valid ? [numberFrame(kinds.open, id, of)] : [];
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
 * cut short, for bulk of another length than was said, and for datagrams that do not fill their frame; undefined for a kind that is not the host's.
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

/** The socket that a frame says is open. */
function openedEvent(buffer: ArrayBuffer, view: DataView, id: number): LaneOpened {
  const remote = new Uint8Array(buffer, headerBytes + 4);
  const length = peerLength(remote, remote.byteLength);
  const local = remote.subarray(length);
  if (length === 0 || peerLength(local, local.byteLength) !== local.byteLength)
    throw new RangeError("a socket without its two ends");
  const [there, here] = [
    readPeer(remote, length, String.fromCharCode),
    readPeer(local, local.byteLength, String.fromCharCode),
  ];
  return {
    type: "opened",
    id,
    remoteAddress: there.address,
    remotePort: there.port,
    localAddress: here.address,
    localPort: here.port,
    window: view.getUint32(headerBytes, true),
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
    case kinds.datagrams:
      if (/*rule:lane-batch-fits-in-browser*/ !isBatch(new Uint8Array(buffer), buffer.byteLength))
        throw new RangeError("datagrams that do not fill their frame");
      return { type: "datagrams", id, data: buffer };
    case kinds.sent: {
      const count = view.getUint32(headerBytes + 4, true);
      if (count === 0 || count > batchDatagrams) throw new RangeError("no number of datagrams that a frame has");
      return { type: "sent", id, ack: view.getUint32(headerBytes, true), count };
    }
    case kinds.opened:
      return openedEvent(buffer, view, id);
    case kinds.declined:
      return { type: "declined", id };
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
