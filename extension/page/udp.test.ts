// What a UDP socket's state does with what the page hands over. What pages see of it is tested in the browser (e2e/api.test.ts).
import assert from "node:assert/strict";
import { test } from "node:test";
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
const { UDPState } = await import("./udp.ts");
const { makeError } = await import("./link.ts");
type UDPState = InstanceType<typeof UDPState>;

interface World {
  state: UDPState;
  /** What has gone to the host: the text of each datagram, and "CLOSE". */
  said: string[];
  /** Answers the datagrams that have gone so far and have no answer yet; an error for those that `refused` picks. */
  answer(refused?: (text: string) => boolean): void;
}

function world(window = 1 << 20): World {
  const said: string[] = [];
  let answered = 0;
  const unanswered: [number, string][] = [];
  const channel = {
    info: { window, remoteAddress: "192.0.2.1", remotePort: 9 },
    share: new Share(new Traffic(() => 0), false),
    write: (data: ArrayBuffer, ack: number) => {
      const text = new TextDecoder().decode(data);
      said.push(text);
      unanswered.push([ack, text]);
    },
    credit: () => undefined,
    close: () => said.push("CLOSE"),
  } as unknown as Channel;
  const state = new UDPState(channel);
  return {
    state,
    said,
    answer(refused = () => false) {
      for (; answered < unanswered.length; answered++) {
        const [ack, text] = unanswered[answered] as [number, string];
        state.wrote(ack, refused(text) ? makeError("NetworkError") : undefined);
      }
    },
  };
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const task = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
/** "", or the name of the error. */
const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "",
    (error: unknown) => (error as Error).name,
  );

test("what was handed over before close() goes out, and hears of it", async () => {
  const { state, said, answer } = world();
  const sends = ["one", "two"].map((text) => outcome(state.send(bytes(text))));
  sends.push(outcome(state.send(new Blob(["three"]))));
  const writer = state.writable.getWriter();
  const writes = ["four", "five"].map((text) => outcome(writer.write({ data: bytes(text) })));
  let closed = false;
  void state.close().then(() => {
    closed = true;
  });
  assert.equal(await outcome(state.send(bytes("too late"))), "InvalidStateError");
  const late = outcome(writer.write({ data: bytes("too late") }));
  const readable = await state.readable.getReader().read();
  assert.equal(readable.done, true);
  for (let i = 0; i < 20 && !said.includes("CLOSE"); i++) {
    await task();
    answer();
  }
  assert.deepEqual(said, ["one", "two", "three", "four", "five", "CLOSE"]);
  assert.deepEqual(await Promise.all([...sends, ...writes]), ["", "", "", "", ""]);
  assert.equal(await late, "InvalidStateError");
  assert.equal(closed, false);
  state.closed(undefined);
  await state.close();
  await task();
  assert.equal(closed, true);
  assert.equal(said.filter((word) => word === "CLOSE").length, 1);
});

test("close() waits for credit, and not for what can never be sent", async () => {
  const { state, said, answer } = world(100);
  void outcome(state.send(bytes("first")));
  void outcome(state.send(bytes("waits for credit")));
  const writer = state.writable.getWriter();
  writer.closed.catch(() => undefined);
  void outcome(writer.write({ data: "no bytes" }));
  void outcome(writer.write({ data: bytes("behind it") }));
  void state.close();
  await task();
  assert.deepEqual(said, ["first"]);
  answer();
  await task();
  assert.deepEqual(said, ["first", "waits for credit", "CLOSE"]);
});

test("close() does not wait for what is written behind what has ended the writable", async () => {
  const { state, said } = world();
  const writer = state.writable.getWriter();
  writer.closed.catch(() => undefined);
  await task();
  const writes = ["no bytes", bytes("dropped")].map((data) => outcome(writer.write({ data })));
  assert.deepEqual(await Promise.all(writes), ["TypeError", "TypeError"]);
  void state.close();
  await task();
  assert.deepEqual(said, ["CLOSE"]);
});

test("what is written after close() does not keep the socket", async () => {
  const { state, said, answer } = world(100);
  const writer = state.writable.getWriter();
  await task();
  const sends = ["first", "waits for credit"].map((text) => outcome(state.send(bytes(text))));
  void state.close();
  assert.equal(await outcome(writer.write({ data: bytes("too late") })), "InvalidStateError");
  answer();
  await task();
  answer();
  assert.deepEqual(await Promise.all(sends), ["", ""]);
  assert.deepEqual(said, ["first", "waits for credit", "CLOSE"]);
});

test("a socket that fails while it closes is closed", async () => {
  const { state } = world(100);
  const sends = ["first", "waits for credit"].map((text) => outcome(state.send(bytes(text))));
  const close = state.close();
  await task();
  state.closed(makeError("NetworkError"));
  assert.deepEqual(await Promise.all(sends), ["NetworkError", "NetworkError"]);
  await close;
});

test("nothing to send: close() closes at once, also after the writable was closed or aborted", async () => {
  for (const end of ["", "close", "abort"] as const) {
    const { state, said } = world();
    const writer = state.writable.getWriter();
    writer.closed.catch(() => undefined);
    if (end === "abort") await writer.abort();
    // Taken by the stream, but not by us: its sink is closed before it.
    if (end === "close") {
      void outcome(writer.close());
      await task();
    }
    void state.close();
    assert.deepEqual(said, ["CLOSE"], end);
  }
});

test("a datagram that is refused ends neither send() nor the writable", async () => {
  const { state, said, answer } = world();
  const writer = state.writable.getWriter();
  const ask = async (promise: Promise<unknown>): Promise<string> => {
    const result = outcome(promise);
    await task();
    answer((text) => text.includes("bad"));
    return result;
  };
  assert.equal(await ask(state.send(bytes("bad"))), "NetworkError");
  await ask(writer.write({ data: bytes("bad, too") }));
  await ask(writer.write({ data: new Uint8Array(65_508) }));
  assert.equal(await ask(writer.write({ data: bytes("good") })), "");
  assert.equal(await ask(state.send(bytes("good as well"))), "");
  assert.deepEqual(said, ["bad", "bad, too", "good", "good as well"]);
  // What is no datagram at all is a mistake of the page's, as with any stream.
  assert.equal(await ask(writer.write({ data: "text" })), "TypeError");
  assert.equal(await ask(writer.write({ data: bytes("good") })), "TypeError");
});

test("leaving an iteration ends a next() that waits, without an error, and the socket may be iterated again", async () => {
  const { state } = world();
  const iterator = state.iterate();
  const waiting = iterator.next();
  assert.deepEqual(await iterator.return?.(), { done: true, value: undefined });
  assert.deepEqual(await waiting, { done: true, value: undefined });
  assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  const again = state.iterate().next();
  state.data(bytes("here").buffer);
  const next = (await again) as { value: [unknown, Blob] };
  assert.equal(await next.value[1].text(), "here");
});

test("an iteration hears of the socket's error, and gives the lock back", async () => {
  const { state } = world();
  const waiting = outcome(state.iterate().next());
  state.closed(makeError("NetworkError"));
  assert.equal(await waiting, "NetworkError");
  assert.equal(state.readable.locked, false);
});
