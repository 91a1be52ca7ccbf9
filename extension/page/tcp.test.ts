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

test("close() does not wait for what no write has promised", async () => {
  const { state } = world(true);
  const writing = state.writable.getWriter().write(new Uint8Array(2 * windowBytes));
  await task();
  const closing = state.close();
  await assert.rejects(writing, { name: "AbortError" });
  await closing;
});

/** A socket that is open for an upgrade, whose streams have started, and what a host would say to one. */
async function upgradable(): Promise<{
  state: TCPState;
  hear(text: string): void;
  upgrade(): Promise<string>;
  closed(): boolean;
}> {
  let heard = 0;
  let closed = false;
  const channel = {
    info: { window: windowBytes },
    share: new Share(new Traffic(() => 0), false),
    write: () => undefined,
    credit: () => undefined,
    close: () => {
      closed = true;
    },
    startTls: (received: number) =>
      received === heard ? Promise.resolve(undefined) : Promise.reject(new DOMException("", "NetworkError")),
  } as unknown as Channel;
  const state = new TCPState(channel, {});
  await task();
  return {
    state,
    closed: () => closed,
    hear(text) {
      heard += text.length;
      state.data(new TextEncoder().encode(text).buffer);
    },
    upgrade: () =>
      state.startTls({}).then(
        () => "secure",
        (error: unknown) => (error as Error).name,
      ),
  };
}

test("before an upgrade a byte counts as read only when a read of the page has got it", async () => {
  type Case = (state: TCPState, hear: (text: string) => void) => Promise<void> | void;
  const fails: Record<string, Case> = {
    "a read whose lock was released": (state, hear) => {
      const reader = state.readable.getReader();
      reader.read().catch(() => undefined);
      reader.releaseLock();
      hear("INJECTED");
    },
    "a read with a buffer whose lock was released": (state, hear) => {
      const reader = state.readable.getReader({ mode: "byob" });
      reader.read(new Uint8Array(100)).catch(() => undefined);
      reader.releaseLock();
      hear("INJECTED");
    },
    "a read that wants more": (state, hear) => {
      state.readable
        .getReader({ mode: "byob" })
        .read(new Uint8Array(100), { min: 50 })
        .catch(() => undefined);
      hear("INJ");
      hear("ECTED");
    },
    "a read that wanted more, after one that got what it wanted": async (state, hear) => {
      const reader = state.readable.getReader({ mode: "byob" });
      const first = reader.read(new Uint8Array(4));
      reader.read(new Uint8Array(100), { min: 50 }).catch(() => undefined);
      hear("* OKINJECTED");
      await first;
    },
    "a read that wanted more, and whose lock was released": async (state, hear) => {
      const reader = state.readable.getReader({ mode: "byob" });
      reader.read(new Uint8Array(100), { min: 50 }).catch(() => undefined);
      hear("INJ");
      reader.releaseLock();
      hear("ECTED");
      await task();
    },
    "half an element": async (state, hear) => {
      const read = state.readable.getReader({ mode: "byob" }).read(new Uint16Array(10));
      hear("abc");
      await read;
    },
    "half an element, with a read behind it": async (state, hear) => {
      const reader = state.readable.getReader({ mode: "byob" });
      const read = reader.read(new Uint16Array(10));
      reader.read(new Uint16Array(10)).catch(() => undefined);
      hear("abc");
      await read;
    },
    "what was thrown away": async (state, hear) => {
      await state.readable.cancel();
      hear("INJECTED");
    },
    "what the stream kept, and threw away": async (state, hear) => {
      const reader = state.readable.getReader();
      reader.read().catch(() => undefined);
      reader.releaseLock();
      hear("INJECTED");
      await state.readable.cancel();
    },
  };
  for (const [name, prepare] of Object.entries(fails)) {
    const { state, hear, upgrade } = await upgradable();
    await prepare(state, hear);
    assert.equal(await upgrade(), "NetworkError", name);
    if (!state.readable.locked) {
      const later = await state.readable
        .getReader()
        .read()
        .then(
          ({ done }) => (done ? "nothing" : "bytes"),
          () => "nothing",
        );
      assert.equal(later, "nothing", name);
    }
  }
  const succeeds: Record<string, Case> = {
    "a read": async (state, hear) => {
      const reader = state.readable.getReader();
      const read = reader.read();
      hear("* OK\r\n");
      await read;
      void reader.read().catch(() => undefined);
    },
    "a read of what the stream kept": async (state, hear) => {
      const reader = state.readable.getReader();
      reader.read().catch(() => undefined);
      reader.releaseLock();
      hear("* OK\r\n");
      await state.readable.getReader().read();
    },
    "reads with buffers, of which some still wait": async (state, hear) => {
      const reader = state.readable.getReader({ mode: "byob" });
      const reads = [1, 2, 3, 4].map(() => reader.read(new Uint8Array(100)));
      for (const text of ["* OK\r\n", "a", "bc"]) {
        hear(text);
        await task();
      }
      await Promise.all(reads.slice(0, 3));
    },
    "a read that got what it wanted bit by bit": async (state, hear) => {
      const reader = state.readable.getReader({ mode: "byob" });
      const read = reader.read(new Uint8Array(100), { min: 8 });
      for (const text of ["ab", "cd", "ef", "gh"]) hear(text);
      await read;
      void reader.read(new Uint8Array(100));
    },
    "all that came before it was thrown away": async (state, hear) => {
      const reader = state.readable.getReader();
      const read = reader.read();
      hear("* OK\r\n");
      await read;
      await reader.cancel();
    },
  };
  for (const [name, prepare] of Object.entries(succeeds)) {
    const { state, hear, upgrade } = await upgradable();
    await prepare(state, hear);
    assert.equal(await upgrade(), "secure", name);
  }
});

test("a read that follows one that was given up gets what comes", async () => {
  const { state, hear } = await upgradable();
  const first = state.readable.getReader({ mode: "byob" });
  first.read(new Uint8Array(100)).catch(() => undefined);
  first.releaseLock();
  const read = state.readable.getReader().read();
  hear("hello");
  const { value } = await read;
  assert.equal(new TextDecoder().decode(value), "hello");
});

test("a part of an element is the reader's affair: the socket ends all the same", async () => {
  for (const how of ["close()", "FIN", "error", "startTls()"] as const) {
    const { state, hear, upgrade, closed } = await upgradable();
    const read = state.readable
      .getReader({ mode: "byob" })
      .read(new Uint16Array(1))
      .then(
        () => "read",
        (error: unknown) => (error as Error).name,
      );
    hear("x");
    if (how === "close()") void state.close();
    else if (how === "FIN") state.end();
    else if (how === "error") state.closed(new DOMException("", "NetworkError"));
    else assert.equal(await upgrade(), "NetworkError");
    const error = how === "error" || how === "startTls()" ? "NetworkError" : "TypeError";
    assert.equal(await read, error, how);
    assert.equal(closed(), how === "close()", how);
  }
});

test("close() says whether the peer has what was written", async () => {
  const failure = new DOMException("", "NetworkError");
  const outcome = (state: TCPState): Promise<string> =>
    state.close().then(
      () => "closed",
      (error: unknown) => (error as Error).name,
    );
  for (const bytes of [0, 10]) {
    for (const order of ["closed in order", "lost", "lost after both ends", "lost before"] as const) {
      const { state } = world(true);
      await task();
      const writer = state.writable.getWriter();
      writer.closed.catch(() => undefined);
      if (bytes > 0) await writer.write(new Uint8Array(bytes));
      let closing: Promise<string> | undefined;
      if (order === "lost after both ends") {
        const ended = writer.close();
        await task();
        state.shut(undefined);
        await ended;
        await state.readable.cancel();
      } else if (order !== "lost before") closing = outcome(state);
      state.closed(order === "closed in order" ? undefined : failure);
      // What the streams tell is told.
      const lost = bytes > 0 && order !== "closed in order" && order !== "lost before";
      for (const said of [await (closing ?? outcome(state)), await outcome(state)])
        assert.equal(said, lost ? "NetworkError" : "closed", `${bytes} bytes, ${order}`);
      if (order === "lost before") assert.equal(await writer.closed.catch((e: unknown) => e), failure);
    }
  }
});

test("options cannot be set on a socket that was closed, has ended, or was upgraded", async () => {
  for (const end of ["close()", "its end", "startTls()"] as const) {
    const { state, upgrade } = await upgradable();
    if (end === "close()") void state.close();
    else if (end === "its end") state.closed(undefined);
    else assert.equal(await upgrade(), "secure");
    await assert.rejects(state.setOption("noDelay", 1), { name: "InvalidStateError" }, end);
  }
});
