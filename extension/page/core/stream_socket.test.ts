// What a stream socket gives and uses of credit. What pages see of it is tested in the browser (e2e/api.test.ts).
import assert from "node:assert/strict";
import { test } from "node:test";
import { chunkBytes, laneWindowBytes, stdioWindowBytes, windowBytes } from "../../../protocol/message.ts";
import type { Channel } from "./channel.ts";
import { SendBudget, Traffic } from "./send_budget.ts";
import { StreamSocket } from "./stream_socket.ts";

interface World {
  socket: StreamSocket;
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
    write: (data: ArrayBuffer) => sent.push(data.byteLength),
    credit: (bytes: number) => credits.push(bytes),
    close: () => sent.push(-1),
    shutdown: () => sent.push(-1),
  } as unknown as Channel;
  return { socket: new StreamSocket(channel, new SendBudget(traffic, onLane), () => 0), traffic, credits, sent };
}

const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);
const task = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** Reads until so many bytes have come. */
async function read(socket: StreamSocket, bytes: number): Promise<void> {
  const reader = socket.readable.getReader();
  for (let left = bytes; left > 0;) {
    const { value } = await reader.read();
    left -= value?.byteLength ?? 0;
  }
  reader.releaseLock();
}

test("how much may be on its way to the page depends on the other sockets", async () => {
  assert.equal(world(false).socket.window, stdioWindowBytes);
  const { socket, traffic, credits } = world(true);
  assert.equal(socket.window, laneWindowBytes);
  for (let i = 0; i < laneWindowBytes / chunkBytes; i++) socket.data(new ArrayBuffer(chunkBytes));
  await task();
  assert.deepEqual(credits, [], "credit for what was not read");

  // Beside somebody who types, nothing more is asked for until next to nothing is on its way.
  const typing = world(true, traffic);
  typing.socket.data(new ArrayBuffer(1));
  assert.equal(typing.socket.window, 4 * chunkBytes, "it opened beside bulk");
  await read(socket, laneWindowBytes - 2 * chunkBytes);
  assert.deepEqual(credits, []);
  await read(socket, 2 * chunkBytes);
  assert.equal(sum(credits), 2 * chunkBytes);

  // Alone again, all of the window, a quarter at a time.
  typing.socket.closed(undefined);
  const before = credits.length;
  socket.data(new ArrayBuffer(chunkBytes));
  await read(socket, chunkBytes);
  assert.equal(sum(credits), laneWindowBytes + chunkBytes);
  for (let i = 0; i < 16; i++) {
    socket.data(new ArrayBuffer(chunkBytes));
    await read(socket, chunkBytes);
  }
  assert.deepEqual(credits.slice(before + 1), [laneWindowBytes / 4, laneWindowBytes / 4]);
});

test("how much may be on its way to the host does so, too", async () => {
  const alone = world(true);
  const writer = alone.socket.writable.getWriter();
  await writer.write(new Uint8Array(windowBytes));
  await task();
  assert.equal(sum(alone.sent), windowBytes);

  const traffic = new Traffic(() => 0);
  world(true, traffic).socket.data(new ArrayBuffer(1));
  const beside = world(true, traffic);
  void beside.socket.writable.getWriter().write(new Uint8Array(windowBytes));
  await task();
  assert.equal(sum(beside.sent), 3 * chunkBytes);

  const stdio = world(false);
  void stdio.socket.writable.getWriter().write(new Uint8Array(windowBytes));
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
  const { socket, credits } = world(true, traffic);
  const other = new SendBudget(traffic, true);
  let sent = 0;
  for (let i = 0; i < 3_000; i++) {
    const left = socket.window + sum(credits) - sent;
    assert.ok(left >= chunkBytes / 2, `${left} bytes of credit are left, and all was read`);
    assert.ok(left <= laneWindowBytes, "more than the window");
    // The host sends what it likes of it, or all but less than half a message.
    const bytes = random(3) === 0 ? left - random(chunkBytes / 2) : 1 + random(left);
    socket.data(new ArrayBuffer(bytes));
    sent += bytes;
    await read(socket, bytes);
    time += random(300);
    if (random(3) === 0) other.moves(random(2) === 0 ? 1 : 1 << 20);
  }
});

test("closing sends what was gathered", async () => {
  for (const end of ["close", "shutdown"] as const) {
    const { socket, sent } = world(true);
    const writer = socket.writable.getWriter();
    await writer.write(new Uint8Array(10));
    await writer.write(new Uint8Array(20));
    assert.equal(sum(sent), 10);
    if (end === "close") void socket.close();
    else void writer.close();
    await task();
    assert.deepEqual(sent, [10, 20, -1], end);
  }
});

test("close() does not wait for what no write has promised", async () => {
  const { socket } = world(true);
  const writing = socket.writable.getWriter().write(new Uint8Array(2 * windowBytes));
  await task();
  const closing = socket.close();
  await assert.rejects(writing, { name: "AbortError" });
  await closing;
});

/** A socket that is open for an upgrade, whose streams have started, and what a host would say to one. */
async function upgradable(): Promise<{
  socket: StreamSocket;
  hear(text: string): void;
  upgrade(): Promise<string>;
  closed(): boolean;
}> {
  let heard = 0;
  let closed = false;
  const channel = {
    info: { window: windowBytes },
    write: () => undefined,
    credit: () => undefined,
    close: () => {
      closed = true;
    },
    startTls: (received: number) =>
      received === heard ? Promise.resolve(undefined) : Promise.reject(new DOMException("", "NetworkError")),
  } as unknown as Channel;
  const socket = new StreamSocket(channel, new SendBudget(new Traffic(() => 0), false), () => 0, {});
  await task();
  return {
    socket,
    closed: () => closed,
    hear(text) {
      heard += text.length;
      socket.data(new TextEncoder().encode(text).buffer);
    },
    upgrade: () =>
      socket.startTls({}).then(
        () => "secure",
        (error: unknown) => (error as Error).name,
      ),
  };
}

test("before an upgrade a byte counts as read only when a read of the page has got it", async () => {
  type Case = (socket: StreamSocket, hear: (text: string) => void) => Promise<void> | void;
  const fails: Record<string, Case> = {
    "a read whose lock was released": (socket, hear) => {
      const reader = socket.readable.getReader();
      reader.read().catch(() => undefined);
      reader.releaseLock();
      hear("INJECTED");
    },
    "a read with a buffer whose lock was released": (socket, hear) => {
      const reader = socket.readable.getReader({ mode: "byob" });
      reader.read(new Uint8Array(100)).catch(() => undefined);
      reader.releaseLock();
      hear("INJECTED");
    },
    "a read that wants more": (socket, hear) => {
      socket.readable
        .getReader({ mode: "byob" })
        .read(new Uint8Array(100), { min: 50 })
        .catch(() => undefined);
      hear("INJ");
      hear("ECTED");
    },
    "a read that wanted more, after one that got what it wanted": async (socket, hear) => {
      const reader = socket.readable.getReader({ mode: "byob" });
      const first = reader.read(new Uint8Array(4));
      reader.read(new Uint8Array(100), { min: 50 }).catch(() => undefined);
      hear("* OKINJECTED");
      await first;
    },
    "a read that wanted more, and whose lock was released": async (socket, hear) => {
      const reader = socket.readable.getReader({ mode: "byob" });
      reader.read(new Uint8Array(100), { min: 50 }).catch(() => undefined);
      hear("INJ");
      reader.releaseLock();
      hear("ECTED");
      await task();
    },
    "half an element": async (socket, hear) => {
      const read = socket.readable.getReader({ mode: "byob" }).read(new Uint16Array(10));
      hear("abc");
      await read;
    },
    "half an element, with a read behind it": async (socket, hear) => {
      const reader = socket.readable.getReader({ mode: "byob" });
      const read = reader.read(new Uint16Array(10));
      reader.read(new Uint16Array(10)).catch(() => undefined);
      hear("abc");
      await read;
    },
    "what was thrown away": async (socket, hear) => {
      await socket.readable.cancel();
      hear("INJECTED");
    },
    "what the stream kept, and threw away": async (socket, hear) => {
      const reader = socket.readable.getReader();
      reader.read().catch(() => undefined);
      reader.releaseLock();
      hear("INJECTED");
      await socket.readable.cancel();
    },
  };
  for (const [name, prepare] of Object.entries(fails)) {
    const { socket, hear, upgrade } = await upgradable();
    await prepare(socket, hear);
    assert.equal(await upgrade(), "NetworkError", name);
    if (!socket.readable.locked) {
      const later = await socket.readable
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
    "a read": async (socket, hear) => {
      const reader = socket.readable.getReader();
      const read = reader.read();
      hear("* OK\r\n");
      await read;
      void reader.read().catch(() => undefined);
    },
    "a read of what the stream kept": async (socket, hear) => {
      const reader = socket.readable.getReader();
      reader.read().catch(() => undefined);
      reader.releaseLock();
      hear("* OK\r\n");
      await socket.readable.getReader().read();
    },
    "reads with buffers, of which some still wait": async (socket, hear) => {
      const reader = socket.readable.getReader({ mode: "byob" });
      const reads = [1, 2, 3, 4].map(() => reader.read(new Uint8Array(100)));
      for (const text of ["* OK\r\n", "a", "bc"]) {
        hear(text);
        await task();
      }
      await Promise.all(reads.slice(0, 3));
    },
    "a read that got what it wanted bit by bit": async (socket, hear) => {
      const reader = socket.readable.getReader({ mode: "byob" });
      const read = reader.read(new Uint8Array(100), { min: 8 });
      for (const text of ["ab", "cd", "ef", "gh"]) hear(text);
      await read;
      void reader.read(new Uint8Array(100));
    },
    "all that came before it was thrown away": async (socket, hear) => {
      const reader = socket.readable.getReader();
      const read = reader.read();
      hear("* OK\r\n");
      await read;
      await reader.cancel();
    },
  };
  for (const [name, prepare] of Object.entries(succeeds)) {
    const { socket, hear, upgrade } = await upgradable();
    await prepare(socket, hear);
    assert.equal(await upgrade(), "secure", name);
  }
});

test("a read that follows one that was given up gets what comes", async () => {
  const { socket, hear } = await upgradable();
  const first = socket.readable.getReader({ mode: "byob" });
  first.read(new Uint8Array(100)).catch(() => undefined);
  first.releaseLock();
  const read = socket.readable.getReader().read();
  hear("hello");
  const { value } = await read;
  assert.equal(new TextDecoder().decode(value), "hello");
});

test("a part of an element is the reader's affair: the socket ends all the same", async () => {
  for (const how of ["close()", "FIN", "error", "startTls()"] as const) {
    const { socket, hear, upgrade, closed } = await upgradable();
    const read = socket.readable
      .getReader({ mode: "byob" })
      .read(new Uint16Array(1))
      .then(
        () => "read",
        (error: unknown) => (error as Error).name,
      );
    hear("x");
    if (how === "close()") void socket.close();
    else if (how === "FIN") socket.end();
    else if (how === "error") socket.closed(new DOMException("", "NetworkError"));
    else assert.equal(await upgrade(), "NetworkError");
    const error = how === "error" || how === "startTls()" ? "NetworkError" : "TypeError";
    assert.equal(await read, error, how);
    assert.equal(closed(), how === "close()", how);
  }
});

test("close() says whether the peer has what was written", async () => {
  const failure = new DOMException("", "NetworkError");
  const outcome = (socket: StreamSocket): Promise<string> =>
    socket.close().then(
      () => "closed",
      (error: unknown) => (error as Error).name,
    );
  for (const bytes of [0, 10]) {
    for (const order of ["closed in order", "lost", "lost after both ends", "lost before"] as const) {
      const { socket } = world(true);
      await task();
      const writer = socket.writable.getWriter();
      writer.closed.catch(() => undefined);
      if (bytes > 0) await writer.write(new Uint8Array(bytes));
      let closing: Promise<string> | undefined;
      if (order === "lost after both ends") {
        const ended = writer.close();
        await task();
        socket.shut(undefined);
        await ended;
        await socket.readable.cancel();
      } else if (order !== "lost before") closing = outcome(socket);
      socket.closed(order === "closed in order" ? undefined : failure);
      // What the streams tell is told.
      const lost = bytes > 0 && order !== "closed in order" && order !== "lost before";
      for (const said of [await (closing ?? outcome(socket)), await outcome(socket)])
        assert.equal(said, lost ? "NetworkError" : "closed", `${bytes} bytes, ${order}`);
      if (order === "lost before") assert.equal(await writer.closed.catch((e: unknown) => e), failure);
    }
  }
});

test("options cannot be set on a socket that was closed, has ended, or was upgraded", async () => {
  for (const end of ["close()", "its end", "startTls()"] as const) {
    const { socket, upgrade } = await upgradable();
    if (end === "close()") void socket.close();
    else if (end === "its end") socket.closed(undefined);
    else assert.equal(await upgrade(), "secure");
    await assert.rejects(socket.setOption("noDelay", 1), { name: "InvalidStateError" }, end);
  }
});

test("closing or aborting the writable sends FIN; the readable goes on, and the socket closes when both are through", async () => {
  for (const how of ["close", "abort"] as const) {
    const { socket, sent } = world(true);
    await task();
    const writer = socket.writable.getWriter();
    await writer.write(new Uint8Array(10));
    let through = false;
    const ended = writer[how]().then(() => {
      through = true;
    });
    await task();
    assert.deepEqual(sent, [10, -1], how);
    assert.equal(through, false, "before the system has it");
    socket.data(new ArrayBuffer(5));
    socket.shut(undefined);
    await ended;
    await read(socket, 5);
    assert.deepEqual(sent, [10, -1], how);
    socket.end();
    assert.equal((await socket.readable.getReader().read()).done, true);
    assert.deepEqual(sent, [10, -1, -1], how);
    // Nothing is left to close, and no more credit is given.
    socket.closed(undefined);
    await socket.close();
  }
});

test("a FIN that cannot be sent is the writable's error", async () => {
  const { socket } = world(true);
  await task();
  const ended = socket.writable.getWriter().close();
  await task();
  socket.shut(new DOMException("", "NetworkError"));
  await assert.rejects(ended, { name: "NetworkError" });
});

test("what came before an error is read before it; a cancelled readable takes what comes and gives credit for it", async () => {
  const { socket } = world(true);
  socket.data(new ArrayBuffer(7));
  socket.closed(new DOMException("", "NetworkError"));
  const reader = socket.readable.getReader();
  assert.equal((await reader.read()).value?.byteLength, 7);
  await assert.rejects(reader.read(), { name: "NetworkError" });

  const other = world(true);
  await other.socket.readable.cancel();
  for (let i = 0; i < laneWindowBytes / chunkBytes; i++) other.socket.data(new ArrayBuffer(chunkBytes));
  assert.equal(sum(other.credits), laneWindowBytes);
});
