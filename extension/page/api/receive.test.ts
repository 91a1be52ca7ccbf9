import assert from "node:assert/strict";
import { test } from "node:test";
import { newPage, opened, outcome } from "../../fake/page.ts";

interface Receiver {
  receive(options?: unknown): Promise<{ data: Uint8Array; remoteAddress: string; remotePort: number }>;
  close(): Promise<undefined>;
  readonly readable: ReadableStream<{ data: Uint8Array }>;
  [Symbol.asyncIterator](): AsyncIterator<[object, Blob]>;
}

interface World {
  socket: Receiver;
  /** A datagram comes. */
  comes(text: string): void;
  /** The socket's last event. */
  ends(error?: { name: "NetworkError"; message: string }): void;
}

async function world(): Promise<World> {
  const page = newPage();
  const opening = page.navigator.openUDPSocket({ remoteAddress: "192.0.2.1", remotePort: 9 });
  const { id } = await page.next("open");
  page.say(opened(id));
  return {
    socket: (await opening) as Receiver,
    comes: (text) => {
      page.say({ type: "data", id, data: new TextEncoder().encode(text).buffer });
    },
    ends: (error) => {
      page.say({ type: "closed", id, ...(error === undefined ? {} : { error }) });
    },
  };
}
const textOf = async (received: ReturnType<Receiver["receive"]>): Promise<string> =>
  new TextDecoder().decode((await received).data);

test("each call takes one datagram, with the address that it came from, whether it waits or the datagram does", async () => {
  const { socket, comes } = await world();
  const waiting = socket.receive();
  comes("one");
  comes("two");
  const { data, remoteAddress, remotePort } = await waiting;
  assert.deepEqual([new TextDecoder().decode(data), remoteAddress, remotePort], ["one", "192.0.2.1", 9]);
  assert.equal(await textOf(socket.receive({ signal: undefined })), "two");
  assert.equal(socket.readable.locked, false);
});

test("a call that is withdrawn loses no datagram, neither one that comes later nor one that comes at the same moment", async () => {
  const { socket, comes } = await world();
  for (let turn = 0; turn < 3; turn++) {
    const withdrawn = new AbortController();
    const call = socket.receive({ signal: withdrawn.signal });
    const reason = new Error("it took too long");
    if (turn === 1) comes("one");
    withdrawn.abort(reason);
    if (turn === 2) comes("two");
    await assert.rejects(call, reason);
    assert.equal(socket.readable.locked, false);
  }
  assert.equal(await textOf(socket.receive()), "one");
  assert.equal(await textOf(socket.receive()), "two");
  // Here the datagram is there before the signal aborts.
  comes("three");
  await new Promise((resolve) => setTimeout(resolve, 5));
  const late = new AbortController();
  const call = socket.receive({ signal: late.signal });
  await Promise.resolve();
  late.abort();
  const got = await outcome(call);
  assert.equal(got === "" ? "three" : await textOf(socket.receive()), got === "" ? await textOf(call) : "three");
});

test("a signal that lives longer than the call does nothing later", async () => {
  const { socket, comes } = await world();
  const { signal, abort } = ((): { signal: AbortSignal; abort: () => void } => {
    const controller = new AbortController();
    return {
      signal: controller.signal,
      abort: () => {
        controller.abort();
      },
    };
  })();
  comes("one");
  assert.equal(await textOf(socket.receive({ signal })), "one");
  const waiting = socket.receive();
  abort();
  comes("two");
  assert.equal(await textOf(waiting), "two");
  await assert.rejects(socket.receive({ signal }), { name: "AbortError" });
});

test("one at a time, and not beside another reader", async () => {
  const { socket, comes } = await world();
  const waiting = socket.receive();
  await assert.rejects(socket.receive(), TypeError);
  comes("one");
  assert.equal(await textOf(waiting), "one");
  const iterator = socket[Symbol.asyncIterator]();
  void iterator.next();
  await assert.rejects(socket.receive(), TypeError);
  await iterator.return?.();
  comes("two");
  assert.equal(await textOf(socket.receive()), "two");
});

test("a call that waits hears of the end", async () => {
  const closed = await world();
  const waiting = closed.socket.receive();
  void closed.socket.close();
  await assert.rejects(waiting, { name: "InvalidStateError" });
  await assert.rejects(closed.socket.receive(), { name: "InvalidStateError" });
  const broken = await world();
  const broke = broken.socket.receive();
  broken.ends({ name: "NetworkError", message: "" });
  await assert.rejects(broke, { name: "NetworkError" });
});

test("options of another kind are a TypeError", async () => {
  const { socket } = await world();
  for (const options of [7, { signal: {} }]) await assert.rejects(socket.receive(options), TypeError);
});
