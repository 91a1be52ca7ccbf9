// What a TCP socket's state gives and uses of credit. What pages see of it is tested in the browser (e2e/api.test.ts).
import assert from "node:assert/strict";
import { test } from "node:test";
import { chunkBytes, laneWindowBytes, stdioWindowBytes, windowBytes } from "../../protocol/message.ts";
import type { Channel } from "./link.ts";
import { Share, Traffic } from "./share.ts";

// The one thing that the page script takes at its start and Node lacks.
Object.assign(globalThis, {
  Document: class {
    get defaultView(): null {
      return null;
    }
  },
});
const { TCPState } = await import("./tcp.ts");
type TCPState = InstanceType<typeof TCPState>;

interface World {
  state: TCPState;
  traffic: Traffic;
  /** What the page has given beyond its first window. */
  credits: number[];
  /** The lengths of what it has sent; -1 stands for the end. */
  sent: number[];
}

/** A socket, on the lane or not. */
function world(onLane: boolean, traffic = new Traffic(() => 0)): World {
  const credits: number[] = [];
  const sent: number[] = [];
  const channel = {
    info: { window: windowBytes, ...(onLane ? { lane: 7 } : {}) },
    share: new Share(traffic, onLane),
    write: (data: ArrayBuffer) => sent.push(data.byteLength),
    credit: (bytes: number) => credits.push(bytes),
    close: () => sent.push(-1),
    shutdown: () => sent.push(-1),
  } as unknown as Channel;
  return { state: new TCPState(channel), traffic, credits, sent };
}

const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);
const task = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** Reads until so many bytes have come. */
async function read(state: TCPState, bytes: number): Promise<void> {
  const reader = state.readable.getReader();
  for (let left = bytes; left > 0;) {
    const { value } = await reader.read();
    left -= value?.byteLength ?? 0;
  }
  reader.releaseLock();
}

test("how much may be on its way to the page depends on the other sockets", async () => {
  assert.equal(world(false).state.window, stdioWindowBytes);
  const { state, traffic, credits } = world(true);
  assert.equal(state.window, laneWindowBytes);
  for (let i = 0; i < laneWindowBytes / chunkBytes; i++) state.data(new ArrayBuffer(chunkBytes));
  await task();
  assert.deepEqual(credits, [], "credit for what was not read");

  // Beside somebody who types, nothing more is asked for until next to nothing is on its way.
  const typing = world(true, traffic);
  typing.state.data(new ArrayBuffer(1));
  assert.equal(typing.state.window, 4 * chunkBytes, "it opened beside bulk");
  await read(state, laneWindowBytes - 2 * chunkBytes);
  assert.deepEqual(credits, []);
  await read(state, 2 * chunkBytes);
  assert.equal(sum(credits), 2 * chunkBytes);

  // Alone again, all of the window, a quarter at a time.
  typing.state.closed(undefined);
  const before = credits.length;
  state.data(new ArrayBuffer(chunkBytes));
  await read(state, chunkBytes);
  assert.equal(sum(credits), laneWindowBytes + chunkBytes);
  for (let i = 0; i < 16; i++) {
    state.data(new ArrayBuffer(chunkBytes));
    await read(state, chunkBytes);
  }
  assert.deepEqual(credits.slice(before + 1), [laneWindowBytes / 4, laneWindowBytes / 4]);
});

test("how much may be on its way to the host does so, too", async () => {
  const alone = world(true);
  const writer = alone.state.writable.getWriter();
  await writer.write(new Uint8Array(windowBytes));
  await task();
  assert.equal(sum(alone.sent), windowBytes);

  const traffic = new Traffic(() => 0);
  world(true, traffic).state.data(new ArrayBuffer(1));
  const beside = world(true, traffic);
  void beside.state.writable.getWriter().write(new Uint8Array(windowBytes));
  await task();
  assert.equal(sum(beside.sent), 3 * chunkBytes);

  const stdio = world(false);
  void stdio.state.writable.getWriter().write(new Uint8Array(windowBytes));
  await task();
  assert.equal(sum(stdio.sent), stdioWindowBytes);
});

test("the host can always send when everything was read", async () => {
  let time = 0;
  let seed = 7;
  const random = (most: number): number => {
    seed = (seed * 48_271) % 0x7fffffff;
    return seed % most;
  };
  const traffic = new Traffic(() => time);
  const { state, credits } = world(true, traffic);
  const other = new Share(traffic, true);
  let sent = 0;
  for (let i = 0; i < 3_000; i++) {
    const left = state.window + sum(credits) - sent;
    assert.ok(left >= chunkBytes / 2, `${left} bytes of credit are left, and all was read`);
    assert.ok(left <= laneWindowBytes, "more than the window");
    // The host sends what it likes of it, or all but a crumb.
    const bytes = random(3) === 0 ? left - random(chunkBytes / 2) : 1 + random(left);
    state.data(new ArrayBuffer(bytes));
    sent += bytes;
    await read(state, bytes);
    time += random(300);
    if (random(3) === 0) other.moves(random(2) === 0 ? 1 : 1 << 20);
  }
});

test("closing sends what was gathered", async () => {
  for (const end of ["close", "shutdown"] as const) {
    const { state, sent } = world(true);
    const writer = state.writable.getWriter();
    await writer.write(new Uint8Array(10));
    await writer.write(new Uint8Array(20));
    assert.equal(sum(sent), 10);
    if (end === "close") void state.close();
    else void writer.close();
    await task();
    assert.deepEqual(sent, [10, 20, -1], end);
  }
});
