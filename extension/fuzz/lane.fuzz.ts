// Frames of the lane: what a page says to it, and bytes from the other end.

import assert from "node:assert/strict";
import { laneMessages, laneReader } from "../../protocol/lane.ts";
import type { LaneRequest } from "../../protocol/lane.ts";
import { bulkBytes, chunkBytes, laneChunkBytes, maxPeerBytes } from "../../protocol/message.ts";
import type { Target } from "./target.ts";

const words = [
  '{"type":"write",', '{"type":"credit",', '{"type":"shutdown",', '{"type":"close",', '{"type":"datagrams",', '{"type":"open",', '"of":', "2147483649", '"id":', '"ack":', '"bytes":', '"data":', "1", "0", "4294967295", "4294967296", "-1", "0.5",
  "null", '"1"', "{}", ",", "}", "\x00", "\x01", "\x03", "\x06", "\x09", "\x0a", "\x0b", "\x0c", "\x0e", "\x0f", "\x80", "\xff",
]; // prettier-ignore

/** Zeros; or, of an odd size, one datagram laid out as the page does, of as many bytes, or of one more. */
function buffer(size: number): ArrayBuffer {
  const data = new ArrayBuffer(size);
  if (size % 2 === 1 && size > 16) new DataView(data).setUint32(12, size - 16 + (size % 4 === 1 ? 1 : 0), true);
  return data;
}

/** What a page might post: the words as JSON, with a buffer for its data. */
function posted(input: string, size: number): unknown {
  try {
    const said = JSON.parse(input) as unknown;
    if (typeof said === "object" && said !== null && "data" in said) said.data = buffer(size);
    return said;
  } catch {
    return undefined;
  }
}

export const lane: Target = {
  name: "frames of the lane",
  corpus: [
    '{"type":"write","id":1,"data":0}',
    '{"type":"write","id":1,"data":0,"ack":7}',
    '{"type":"datagrams","id":1,"ack":7,"data":0}',
    '{"type":"open","id":2147483649,"of":1}',
    "\x0e\x00\x00\x00\x00\x00\x00\x80\x00\x00\x10\x00\x01\x00\x50\x00x\x01\x00\x50\x00y",
    "\x0b\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00x",
    "\x0c\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00",
    '{"type":"credit","id":4294967295,"bytes":1}',
    '{"type":"close","id":1}',
  ],
  words,
  check(input, random) {
    const size = Math.floor(random.next() * (laneChunkBytes + 2));
    const said = posted(input, size);
    if (typeof said === "object" && said !== null) {
      const batches = random.next() < 0.5;
      const [head, next] = laneMessages(said as LaneRequest, batches);
      // A host that knows no batches gets datagrams one by one, each in a frame.
      const payload = (said as LaneRequest).type === "datagrams" && !batches ? undefined : next;
      if (head !== undefined) {
        const view = new DataView(head);
        const kind = view.getUint8(0);
        assert.ok((kind >= 1 && kind <= 5) || kind === 10 || kind === 11 || kind === 13, "a kind that is the host's");
        assert.equal(view.getUint32(0, true) >>> 8, 0, "what is reserved is zero");
        assert.equal(view.getUint32(4, true), (said as LaneRequest).id, "another socket");
        assert.ok(head.byteLength <= 8 + 4 + maxPeerBytes + chunkBytes, "longer than a frame may be");
        assert.equal(kind === 10, payload !== undefined, "bulk, and only bulk, has a payload of its own");
      }
      if (payload !== undefined) {
        assert.ok(payload.byteLength >= bulkBytes && payload.byteLength <= laneChunkBytes, "not bulk");
        assert.equal(new DataView(head ?? payload).getUint32(8, true), payload.byteLength, "another length");
      }
    }
    try {
      const message = new Uint8Array(Buffer.from(input, "latin1")).buffer;
      const read = laneReader();
      const heard = read(message);
      if (heard?.type === "datagrams") assert.equal(heard.data, message, "datagrams are lost");
      if (heard?.type === "data") assert.equal(heard.data.byteLength, input.length - 8, "bytes are lost");
      if (heard !== undefined || !input.startsWith("\x0a")) return;
      const bulk = read(message);
      assert.ok(bulk?.type === "data" && bulk.data === message, "bulk is lost");
    } catch (error) {
      assert.ok(error instanceof RangeError, "it breaks");
    }
  },
};
