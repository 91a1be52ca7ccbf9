// Frames of the lane: what a page says to it, and bytes from the other end.

import assert from "node:assert/strict";
import { laneEvent, laneFrame } from "../../protocol/lane.ts";
import type { LaneRequest } from "../../protocol/lane.ts";
import { chunkBytes } from "../../protocol/message.ts";
import type { Target } from "./target.ts";

const words = [
  '{"type":"write",', '{"type":"credit",', '{"type":"shutdown",', '{"type":"close",', '"id":', '"ack":', '"bytes":', '"data":', "1", "0", "4294967295", "4294967296", "-1", "0.5",
  "null", '"1"', "{}", ",", "}", "\x00", "\x01", "\x03", "\x06", "\x09", "\xff",
]; // prettier-ignore

/** What a page might post: the words as JSON, with a buffer for its data. */
function posted(input: string, size: number): unknown {
  try {
    const said = JSON.parse(input) as unknown;
    if (typeof said === "object" && said !== null && "data" in said) said.data = new ArrayBuffer(size);
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
    '{"type":"credit","id":4294967295,"bytes":1}',
    '{"type":"close","id":1}',
  ],
  words,
  check(input, random) {
    const size = Math.floor(random.next() * (chunkBytes + 2));
    const said = posted(input, size);
    if (typeof said === "object" && said !== null) {
      const frame = laneFrame(said as LaneRequest);
      if (frame !== undefined) {
        const kind = frame[0] ?? 0;
        assert.ok(kind >= 1 && kind <= 5, "a kind that is the host's");
        assert.deepEqual([frame[1], frame[2], frame[3]], [0, 0, 0], "what is reserved is zero");
        assert.equal(new DataView(frame.buffer).getUint32(4, true), (said as LaneRequest).id, "another socket");
        assert.ok(frame.length <= 8 + 4 + chunkBytes, "longer than a frame may be");
      }
    }
    try {
      const heard = laneEvent(new Uint8Array(Buffer.from(input, "latin1")).buffer);
      if (heard?.type === "data") assert.equal(heard.data.byteLength, input.length - 8, "bytes are lost");
    } catch (error) {
      assert.ok(error instanceof RangeError, "it breaks");
    }
  },
};
