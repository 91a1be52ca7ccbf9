// What a datagram socket does with what the page hands over. What pages see of it is tested in the browser (e2e/api.test.ts).
import assert from "node:assert/strict";
import { test } from "node:test";
import { batchHeaderBytes, batchOverhead, writeLength } from "../../../protocol/lane_batch.ts";
import { datagramOverhead, datagramWindowBytes } from "../../../protocol/message.ts";
import { worthGivingBack } from "../../shared/give_back.ts";
import type { Channel } from "./channel.ts";
import { eachDatagram } from "./datagram_batch.ts";
import { DatagramSocket } from "./datagram_socket.ts";
import { makeError } from "./errors.ts";
import { SendBudget, Traffic } from "./send_budget.ts";

interface World {
  socket: DatagramSocket;
  /** What has gone to the host: the text of each datagram, and "CLOSE". */
  said: string[];
  /** Answers the datagrams that have gone so far and have no answer yet; an error for those that `refused` picks. */
  answer(refused?: (text: string) => boolean): void;
}

function world(window = 1 << 20, onLane = false): World {
  const said: string[] = [];
  let answered = 0;
  const unanswered: [number, string][] = [];
  const write = (data: BufferSource, ack: number): void => {
    const text = new TextDecoder().decode(data);
    said.push(text);
    unanswered.push([ack, text]);
  };
  const channel = {
    info: { window, remoteAddress: "192.0.2.1", remotePort: 9 },
    onLane,
    write,
    datagrams(frame: ArrayBuffer, ack: number) {
      let next = ack;
      said.push("FRAME");
      eachDatagram(frame, (bytes) => {
        write(bytes, next++);
      });
    },
    credit: (bytes: number) => said.push(`CREDIT ${bytes.toString()}`),
    close: () => said.push("CLOSE"),
  } as unknown as Channel;
  const socket = new DatagramSocket(channel, new SendBudget(new Traffic(() => 0), false));
  return {
    socket,
    said,
    answer(refused = () => false) {
      for (; answered < unanswered.length; answered++) {
        const [ack, text] = unanswered[answered] as [number, string];
        socket.wrote(ack, refused(text) ? makeError("NetworkError") : undefined);
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
  const { socket, said, answer } = world();
  const sends = ["one", "two"].map((text) => outcome(socket.send(bytes(text))));
  sends.push(outcome(socket.send(new Blob(["three"]))));
  const writer = socket.writable.getWriter();
  const writes = ["four", "five"].map((text) => outcome(writer.write({ data: bytes(text) })));
  let closed = false;
  void socket.close().then(() => {
    closed = true;
  });
  assert.equal(await outcome(socket.send(bytes("too late"))), "InvalidStateError");
  const late = outcome(writer.write({ data: bytes("too late") }));
  const readable = await socket.readable.getReader().read();
  assert.equal(readable.done, true);
  for (let i = 0; i < 20 && !said.includes("CLOSE"); i++) {
    await task();
    answer();
  }
  assert.deepEqual(said, ["one", "two", "three", "four", "five", "CLOSE"]);
  assert.deepEqual(await Promise.all([...sends, ...writes]), ["", "", "", "", ""]);
  assert.equal(await late, "InvalidStateError");
  assert.equal(closed, false);
  socket.closed(undefined);
  await socket.close();
  await task();
  assert.equal(closed, true);
  assert.equal(said.filter((word) => word === "CLOSE").length, 1);
});

test("close() waits for credit, and not for what can never be sent", async () => {
  const { socket, said, answer } = world(100);
  void outcome(socket.send(bytes("first")));
  void outcome(socket.send(bytes("waits for credit")));
  const writer = socket.writable.getWriter();
  writer.closed.catch(() => undefined);
  void outcome(writer.write({ data: "no bytes" }));
  void outcome(writer.write({ data: bytes("behind it") }));
  void socket.close();
  await task();
  assert.deepEqual(said, ["first"]);
  answer();
  await task();
  assert.deepEqual(said, ["first", "waits for credit", "CLOSE"]);
});

test("close() does not wait for what is written behind what has ended the writable", async () => {
  const { socket, said } = world();
  const writer = socket.writable.getWriter();
  writer.closed.catch(() => undefined);
  await task();
  const writes = ["no bytes", bytes("dropped")].map((data) => outcome(writer.write({ data })));
  assert.deepEqual(await Promise.all(writes), ["TypeError", "TypeError"]);
  void socket.close();
  await task();
  assert.deepEqual(said, ["CLOSE"]);
});

test("what is written after close() does not keep the socket", async () => {
  const { socket, said, answer } = world(100);
  const writer = socket.writable.getWriter();
  await task();
  const sends = ["first", "waits for credit"].map((text) => outcome(socket.send(bytes(text))));
  void socket.close();
  assert.equal(await outcome(writer.write({ data: bytes("too late") })), "InvalidStateError");
  answer();
  await task();
  answer();
  assert.deepEqual(await Promise.all(sends), ["", ""]);
  assert.deepEqual(said, ["first", "waits for credit", "CLOSE"]);
});

test("a socket that fails while it closes is closed", async () => {
  const { socket } = world(100);
  const sends = ["first", "waits for credit"].map((text) => outcome(socket.send(bytes(text))));
  const close = socket.close();
  await task();
  socket.closed(makeError("NetworkError"));
  assert.deepEqual(await Promise.all(sends), ["NetworkError", "NetworkError"]);
  await close;
});

test("nothing to send: close() closes at once, also after the writable was closed or aborted", async () => {
  for (const end of ["", "close", "abort"] as const) {
    const { socket, said } = world();
    const writer = socket.writable.getWriter();
    writer.closed.catch(() => undefined);
    if (end === "abort") await writer.abort();
    // Taken by the stream, but not by us: its sink is closed before it.
    if (end === "close") {
      void outcome(writer.close());
      await task();
    }
    void socket.close();
    assert.deepEqual(said, ["CLOSE"], end);
  }
});

test("a datagram that is refused ends neither send() nor the writable", async () => {
  const { socket, said, answer } = world();
  const writer = socket.writable.getWriter();
  const ask = async (promise: Promise<unknown>): Promise<string> => {
    const result = outcome(promise);
    await task();
    answer((text) => text.includes("bad"));
    return result;
  };
  assert.equal(await ask(socket.send(bytes("bad"))), "NetworkError");
  await ask(writer.write({ data: bytes("bad, too") }));
  await ask(writer.write({ data: new Uint8Array(65_508) }));
  assert.equal(await ask(writer.write({ data: bytes("good") })), "");
  assert.equal(await ask(socket.send(bytes("good as well"))), "");
  assert.deepEqual(said, ["bad", "bad, too", "good", "good as well"]);
  // What is no datagram at all is a mistake of the page's, as with any stream.
  assert.equal(await ask(writer.write({ data: "text" })), "TypeError");
  assert.equal(await ask(writer.write({ data: bytes("good") })), "TypeError");
});

test("on the lane what was handed over before close() goes out before it, together", async () => {
  const { socket, said, answer } = world(1 << 20, true);
  const sends = ["one", "two"].map((text) => outcome(socket.send(bytes(text))));
  const writes = outcome(socket.writable.getWriter().write({ data: bytes("three") }));
  void socket.close();
  await task();
  assert.deepEqual(said, ["FRAME", "one", "two", "three", "CLOSE"]);
  answer();
  assert.deepEqual(await Promise.all([...sends, writes]), ["", "", ""]);
});

test("on the lane datagrams wait for credit in their order, and one answer is for several", async () => {
  const { socket, said } = world(2 * (3 + datagramOverhead), true);
  const sends = ["one", "two", "six", "ten"].map((text) => outcome(socket.send(bytes(text))));
  await task();
  assert.deepEqual(said, ["FRAME", "one", "two"]);
  socket.sent(1, 2);
  await task();
  assert.deepEqual(said.slice(3), ["FRAME", "six", "ten"]);
  socket.sent(3, 2);
  assert.deepEqual(await Promise.all(sends), ["", "", "", ""]);
  socket.sent(5, 2); // what was not asked is no answer
});

/** A frame of the lane's with these datagrams. */
function frameOf(datagrams: readonly Uint8Array[]): ArrayBuffer {
  const size = datagrams.reduce((sum, { length }) => sum + batchOverhead + length, batchHeaderBytes);
  const frame = new Uint8Array(size);
  let at = batchHeaderBytes;
  for (const datagram of datagrams) {
    writeLength(frame, at, datagram.length);
    frame.set(datagram, at + batchOverhead);
    at += batchOverhead + datagram.length;
  }
  return frame.buffer;
}

test("each datagram of a frame is read in its order, in a buffer of its own, and gives its credit back", async () => {
  const { socket, said } = world();
  const reader = socket.readable.getReader();
  const first = reader.read();
  socket.datagrams(frameOf(["one", "", "three"].map(bytes)));
  socket.data(bytes("four").buffer);
  const got = [await first, await reader.read(), await reader.read(), await reader.read()];
  assert.deepEqual(
    got.map(({ value }) => new TextDecoder().decode(value?.data)),
    ["one", "", "three", "four"],
  );
  for (const { value } of got) assert.equal(value?.data.buffer.byteLength, value?.data.length);
  const large = new Uint8Array(datagramWindowBytes / 16);
  for (let n = 0; n < 4; n++) socket.datagrams(frameOf([large]));
  for (let n = 0; n < 4; n++) await reader.read();
  const owed = 3 + 5 + 4 + 4 * large.length + 8 * datagramOverhead;
  assert.deepEqual(said, [`CREDIT ${owed.toString()}`]);
});

test("a frame is given back once its last datagram has been read, and not before", async () => {
  const { socket } = world();
  const reader = socket.readable.getReader();
  const datagrams = Array.from({ length: 3 }, (_, n) => new Uint8Array(worthGivingBack / 2).fill(n));
  const frame = frameOf(datagrams);
  const size = frame.byteLength;
  const alone = new Uint8Array(worthGivingBack).fill(3);
  socket.datagrams(frame);
  socket.data(alone.buffer);
  const got: Uint8Array[] = [];
  for (const _ of datagrams) {
    assert.equal(frame.byteLength, size);
    got.push((await reader.read()).value?.data as Uint8Array);
  }
  assert.equal(frame.byteLength, 0, "its memory is given back");
  got.push((await reader.read()).value?.data as Uint8Array);
  assert.deepEqual(got, [...datagrams, alone], "what the page has stays");
});
