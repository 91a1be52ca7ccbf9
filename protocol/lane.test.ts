// The lane's frames: what testdata/lane.json says, which the host's side is held to as well (lane_test.go).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { laneMessages, laneReader, type LaneEvent, type LaneRequest } from "./lane.ts";
import { batchDatagrams, bulkBytes, chunkBytes, laneChunkBytes, maxPeerBytes } from "./message.ts";
import { pageError, type PageReason } from "./page.ts";

interface Vector {
  wire: string;
  kind: number;
  socketId: number;
  number?: number;
  count?: number;
  failed?: boolean;
  name?: "NetworkError" | "AbortError" | "NotAllowedError";
  reason?: PageReason;
  payload?: string;
  of?: number;
  remote?: { address: string; port: number };
  local?: { address: string; port: number };
}
const vectors = JSON.parse(readFileSync(new URL("testdata/lane.json", import.meta.url), "utf8")) as Vector[];

const hex = (messages: readonly ArrayBuffer[]): string =>
  messages.map((message) => Buffer.from(message).toString("hex")).join(" ");
const lengths = (messages: readonly ArrayBuffer[]): number[] => messages.map((message) => message.byteLength);

const bytes = (hex: string): ArrayBuffer => new Uint8Array(Buffer.from(hex, "hex")).buffer;

/** What the page says for a frame to the host; undefined for those that are the host's. */
function request({ kind, socketId: id, number = 0, payload = "", of = 0 }: Vector): LaneRequest | undefined {
  switch (kind) {
    case 1:
      return { type: "write", id, data: bytes(payload) };
    case 2:
      return { type: "write", id, data: bytes(payload), ack: number };
    case 3:
      return { type: "credit", id, bytes: number };
    case 4:
      return { type: "shutdown", id };
    case 5:
      return { type: "close", id };
    case 11:
      return { type: "datagrams", id, ack: number, data: bytes("00".repeat(12) + payload) };
    case 13:
      return { type: "open", id, of };
    default:
      return undefined;
  }
}

/** What a frame of the host says to the page; undefined for those that are the page's. */
function event({
  wire,
  kind,
  socketId: id,
  number = 0,
  count = 0,
  failed = false,
  name,
  reason,
  payload = "",
  remote = { address: "", port: 0 },
  local = { address: "", port: 0 },
}: Vector): LaneEvent | undefined {
  const error = failed ? { error: pageError("NetworkError") } : {};
  switch (kind) {
    case 1:
      return { type: "data", id, data: bytes(payload) };
    case 3:
      return { type: "credit", id, bytes: number };
    case 6:
      return { type: "wrote", id, ack: number, ...error };
    case 11:
      return { type: "datagrams", id, data: bytes(wire) };
    case 12:
      return { type: "sent", id, ack: number, count };
    case 14:
      return {
        type: "opened",
        id,
        remoteAddress: remote.address,
        remotePort: remote.port,
        localAddress: local.address,
        localPort: local.port,
        window: number,
      };
    case 15:
      return { type: "declined", id };
    case 7:
      return { type: "shut", id, ...error };
    case 8:
      return { type: "end", id };
    case 9:
      return name === undefined ? { type: "closed", id } : { type: "closed", id, error: pageError(name, reason) };
    default:
      return undefined;
  }
}

test("what the page says is written as the host reads it", () => {
  for (const vector of vectors) {
    const said = request(vector);
    if (said === undefined) continue;
    assert.equal(hex(laneMessages(said)), vector.wire);
  }
  const below = laneMessages({ type: "write", id: 1, data: new ArrayBuffer(bulkBytes - 1) });
  assert.deepEqual(lengths(below), [8 + bulkBytes - 1]);
  const datagram = laneMessages({ type: "write", id: 1, data: new ArrayBuffer(chunkBytes + maxPeerBytes), ack: 0 });
  assert.deepEqual(lengths(datagram), [8 + 4 + chunkBytes + maxPeerBytes]);
});

test("bulk is said in two messages, the second of which is the payload as it was given", () => {
  for (const [length, wire] of [
    [bulkBytes, "0a0000000100000000800000"],
    [laneChunkBytes, "0a0000000100000000000400"],
  ] as const) {
    const data = new ArrayBuffer(length);
    const [head, payload, ...more] = laneMessages({ type: "write", id: 1, data });
    assert.equal(hex([head ?? data]), wire);
    assert.equal(payload, data);
    assert.deepEqual(more, []);

    const read = laneReader();
    assert.equal(read(bytes(wire)), undefined);
    const heard = read(data);
    assert.ok(heard?.type === "data" && heard.id === 1, "no data");
    assert.equal(heard.data, data);
    assert.deepEqual(read(bytes("0800000001000000")), { type: "end", id: 1 }, "it goes on with frames");
  }
});

test("bulk of another length than was said is an error", () => {
  for (const length of [0, bulkBytes - 1, bulkBytes + 1]) {
    const read = laneReader();
    read(bytes("0a0000000100000000800000"));
    assert.throws(() => read(new ArrayBuffer(length)), RangeError);
  }
});

test("what the host writes is read as it was meant", () => {
  for (const vector of vectors) assert.deepEqual(laneReader()(bytes(vector.wire)), event(vector), vector.wire);
});

test("what is received is in a buffer of its own, from its first byte", () => {
  const received = laneReader()(bytes("0100000001000000616263"));
  assert.ok(received?.type === "data", "no data");
  assert.equal(received.data.byteLength, 3);
});

test("what a page should not say is no frame", () => {
  const data = new ArrayBuffer(1);
  for (const said of [
    { type: "write", id: 0, data },
    { type: "open", id: 1, of: 1 },
    { type: "open", id: 2 ** 31, of: 1 },
    { type: "open", id: 2 ** 31 + 1, of: 0 },
    { type: "open", id: 2 ** 31 + 1, of: 1.5 },
    { type: "open", id: 2 ** 31 + 1, of: 2 ** 32 },
    { type: "write", id: -1, data },
    { type: "write", id: 1.5, data },
    { type: "write", id: 2 ** 32, data },
    { type: "write", id: "1", data },
    { type: "write", id: 1, data: new ArrayBuffer(laneChunkBytes + 1) },
    { type: "write", id: 1, data: new ArrayBuffer(chunkBytes + maxPeerBytes + 1), ack: 1 },
    { type: "write", id: 1, data: "x" },
    { type: "write", id: 1, data: new Uint8Array(1) },
    { type: "write", id: 1, data, ack: -1 },
    { type: "write", id: 1, data, ack: null },
    { type: "datagrams", id: 0, ack: 0, data: batch("x") },
    { type: "datagrams", id: 1, ack: -1, data: batch("x") },
    { type: "datagrams", id: 1, data: batch("x") },
    { type: "datagrams", id: 1, ack: 0, data: new Uint8Array(batch("x")) },
    { type: "credit", id: 1, bytes: 0 },
    { type: "credit", id: 1, bytes: 2 ** 32 },
    { type: "credit", id: 1 },
    { type: "end", id: 1 },
    { type: "open", id: 1 },
    { id: 1 },
  ])
    assert.deepEqual(laneMessages(said as unknown as LaneRequest), [], JSON.stringify(said));
});

test("a frame that is cut short, or of a kind that is not the host's, says nothing", () => {
  for (const wire of [
    "",
    "01",
    "01000000010000",
    "030000000100000001",
    "0600000001000000",
    "0900000001000000",
    "090000000100000001",
    "0a00000001000000",
    "0b00000001000000",
    "0c0000000100000000000000",
    "0c000000010000000000000000000000",
    "0c000000010000000000000001010000",
  ])
    assert.throws(() => laneReader()(bytes(wire)), RangeError, wire);
  for (const wire of ["0000000001000000", "0400000001000000", "0d00000001000000"])
    assert.equal(laneReader()(bytes(wire)), undefined, wire);
});

/** A batch as the page makes it, with room for the header. */
function batch(...payloads: readonly string[]): ArrayBuffer {
  const entries = payloads.map((payload) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(payload.length);
    return Buffer.concat([length, Buffer.from(payload)]);
  });
  return new Uint8Array(Buffer.concat([Buffer.alloc(12), ...entries])).buffer;
}

test("datagrams go in one frame, which is what the page has made", () => {
  const data = batch("abc", "", "x");
  const said = laneMessages({ type: "datagrams", id: 2, ack: 7, data });
  assert.equal(said[0], data);
  assert.equal(hex(said), "0b0000000200000007000000" + "03000000616263" + "00000000" + "0100000078");
});

test("a host that knows no batches gets one frame for each datagram", () => {
  const said = laneMessages({ type: "datagrams", id: 2, ack: 2 ** 32 - 1, data: batch("abc", "", "x") }, false);
  assert.equal(hex(said), "0200000002000000ffffffff616263 020000000200000000000000 02000000020000000100000078");
});

test("what does not fill its frame is no batch, whoever says it", () => {
  const most = Array.from({ length: batchDatagrams }, () => "");
  assert.equal(laneMessages({ type: "datagrams", id: 1, ack: 0, data: batch(...most) }).length, 1);
  const bad = [
    batch(),
    batch("abc").slice(0, -1),
    batch("abc").slice(0, 14),
    new Uint8Array([...new Uint8Array(batch("abc")), 0]).buffer,
    batch(...most, ""),
    new ArrayBuffer(0),
  ];
  const long = batch("abc");
  new DataView(long).setUint32(12, 2 ** 32 - 1, true);
  for (const data of [...bad, long]) {
    for (const batches of [true, false])
      assert.deepEqual(laneMessages({ type: "datagrams", id: 1, ack: 0, data }, batches), []);
    if (data.byteLength < 12) continue;
    new DataView(data).setUint8(0, 11);
    assert.throws(() => laneReader()(data), RangeError);
  }
  assert.deepEqual(laneMessages({ type: "datagrams", id: 1, ack: 0, data: batch("x".repeat(65_800)) }), []);
});

test("datagrams of the host are told in the frame that they came in", () => {
  const frame = bytes("0b00000001000000000000000100000078");
  const heard = laneReader()(frame);
  assert.deepEqual(heard, { type: "datagrams", id: 1, data: frame });
  assert.equal(heard.data, frame, "it was copied");
});
