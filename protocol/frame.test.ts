import assert from "node:assert/strict";
import { test } from "node:test";
import { readDataFrame, writeFrame } from "./data.ts";
import { FrameReader, encodeFrame } from "./frame.ts";
import { maxFrameBytes, maxPayloadBytes } from "./message.ts";

test("frames survive being cut anywhere", () => {
  const messages = [{ a: 1 }, { text: "ä€𝄞".repeat(100) }, { n: Array.from({ length: 1000 }, (_, i) => i) }];
  const bytes = Buffer.concat(messages.map(encodeFrame));
  for (const size of [1, 2, 3, 5, 7, 64, bytes.length]) {
    const reader = new FrameReader();
    const read: unknown[] = [];
    for (let at = 0; at < bytes.length; at += size) read.push(...reader.push(bytes.subarray(at, at + size)));
    assert.deepEqual(read, messages, `pieces of ${size.toString()} bytes`);
  }
});

test("lengths of zero, and over the limit, are refused", () => {
  for (const size of [0, maxFrameBytes + 1, 0xffffffff]) {
    const head = Buffer.alloc(4);
    new Uint32Array(head.buffer, head.byteOffset, 1)[0] = size;
    assert.throws(() => new FrameReader().push(head), RangeError);
  }
  assert.throws(() => encodeFrame("x".repeat(maxFrameBytes)), RangeError);
});

test("data frames are recognised, and nothing else is", () => {
  const good = { jsonrpc: "2.0", method: "socket.data", params: { socketId: 3, data: "AAAA" } };
  assert.deepEqual(readDataFrame(good), { socketId: 3, data: "AAAA" });
  const bad: unknown[] = [
    null,
    5,
    {},
    { method: "socket.data" },
    { method: "socket.data", params: null },
    { method: "socket.end", params: { socketId: 3, data: "AAAA" } },
    { method: "socket.data", params: { socketId: 0, data: "AAAA" } },
    { method: "socket.data", params: { socketId: 1.5, data: "AAAA" } },
    { method: "socket.data", params: { socketId: "3", data: "AAAA" } },
    { method: "socket.data", params: { socketId: 3, data: "AAA" } },
    { method: "socket.data", params: { socketId: 3, data: "A".repeat(Math.ceil(maxPayloadBytes / 3) * 4 + 4) } },
  ];
  for (const frame of bad) assert.equal(readDataFrame(frame), undefined, JSON.stringify(frame).slice(0, 80));
  assert.deepEqual(writeFrame({ socketId: 3, data: "" }), {
    jsonrpc: "2.0",
    method: "socket.write",
    params: { socketId: 3, data: "" },
  });
  assert.deepEqual(Object.keys(writeFrame({ socketId: 3, data: "" }, 9)), ["jsonrpc", "id", "method", "params"]);
});
