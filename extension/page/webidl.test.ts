import assert from "node:assert/strict";
import { test } from "node:test";

// The one thing that the page script takes at its start and Node lacks.
class Document {
  get defaultView(): null {
    return null;
  }
}
Object.assign(globalThis, { Document });
const { copyBufferSource, toSocketOptions } = await import("./webidl.ts");

test("options are converted as WebIDL says", () => {
  assert.deepEqual(toSocketOptions(undefined), { open: {} });
  assert.deepEqual(toSocketOptions(null), { open: {} });
  assert.deepEqual(toSocketOptions({ remoteAddress: 7, remotePort: "25" }).open, {
    remoteAddress: "7",
    remotePort: 25,
  });
  assert.equal(toSocketOptions({ remotePort: 65536 + 7 }).open.remotePort, 7);
  assert.equal(toSocketOptions({ remotePort: -1 }).open.remotePort, 65535);
  assert.equal(toSocketOptions({ remotePort: NaN }).open.remotePort, 0);
  assert.equal(toSocketOptions({ noDelay: "yes" }).open.noDelay, true);
  assert.deepEqual(toSocketOptions({ remoteAddress: undefined, remotePort: undefined }).open, {});
});

test("keepAlive takes a boolean or seconds, keepAliveDelay milliseconds", () => {
  assert.equal(toSocketOptions({ keepAlive: true }).open.keepAliveDelay, 45_000);
  assert.equal(toSocketOptions({ keepAlive: false }).open.keepAliveDelay, undefined);
  assert.equal(toSocketOptions({ keepAlive: 30 }).open.keepAliveDelay, 30_000);
  assert.equal(toSocketOptions({ keepAlive: 0 }).open.keepAliveDelay, undefined);
  assert.equal(toSocketOptions({ keepAlive: true, keepAliveDelay: 2000 }).open.keepAliveDelay, 2000);
  assert.equal(toSocketOptions({ keepAliveDelay: 2000 }).open.keepAliveDelay, 2000);
  assert.equal(toSocketOptions({ keepAliveDelay: 0 }).open.keepAliveDelay, 1); // too short, and refused as such by the broker
  for (const keepAliveDelay of [-1, 2 ** 32, Infinity, NaN]) {
    assert.throws(() => toSocketOptions({ keepAliveDelay }), TypeError);
  }
});

test("useSecureTransport and secureTransport agree", () => {
  assert.equal(toSocketOptions({ useSecureTransport: true }).open.secureTransport, "on");
  assert.equal(toSocketOptions({ useSecureTransport: false }).open.secureTransport, undefined);
  assert.equal(toSocketOptions({ secureTransport: "on" }).open.secureTransport, "on");
  assert.throws(() => toSocketOptions({ secureTransport: "maybe" }), TypeError);
});

test("what is no dictionary, and what throws, is refused", () => {
  assert.throws(() => toSocketOptions(5), TypeError);
  assert.throws(() => toSocketOptions({ remoteAddress: Symbol("x") }), TypeError);
  assert.throws(() => toSocketOptions({ remotePort: 5n }), TypeError);
  assert.throws(() => toSocketOptions({ signal: {} }), TypeError);
  const own = new RangeError("mine");
  assert.throws(
    () =>
      toSocketOptions({
        get remotePort(): number {
          throw own;
        },
      }),
    own,
  );
});

test("BufferSource is copied, whatever its shape; nothing else is taken", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const copy = copyBufferSource(bytes);
  bytes[0] = 99;
  assert.deepEqual([...copy], [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual([...copyBufferSource(bytes.buffer)], [99, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual([...copyBufferSource(bytes.subarray(2, 4))], [3, 4]);
  assert.deepEqual([...copyBufferSource(new DataView(bytes.buffer, 6))], [7, 8]);
  assert.deepEqual([...copyBufferSource(new Uint16Array(bytes.buffer, 4, 1))], [5, 6]);
  assert.equal(copyBufferSource(new Uint8Array()).length, 0);
  for (const bad of [
    "text",
    5,
    null,
    undefined,
    {},
    [1, 2],
    new SharedArrayBuffer(4),
    new Uint8Array(new SharedArrayBuffer(4)),
  ]) {
    assert.throws(() => copyBufferSource(bad), TypeError);
  }
});
