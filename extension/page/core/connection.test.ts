// What a page hears of its sockets while they open and afterwards: the other end of the private port, and of the lane, is the test's.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { LaneRequest } from "../../../protocol/lane.ts";
import {
  pageError,
  type ContentMessage,
  type OnLane,
  type PageMessage,
  type PageTLSInfo,
} from "../../../protocol/page.ts";
import type { LaneMessage } from "./carrier.ts";
import type { Channel, SocketHandler } from "./channel.ts";
import { connect } from "./connection.ts";

const reported: unknown[] = [];
const { port1: content, port2 } = new MessageChannel();
const connection = connect(
  port2,
  () => 0,
  () => false,
  (error) => reported.push(error),
);
after(() => {
  content.close();
});

/** Says something to the page, and waits until it has heard it: whoever listens last is told last. */
function say(...messages: (ContentMessage | OnLane<LaneMessage>)[]): Promise<void> {
  return new Promise((resolve) => {
    let left = messages.length;
    port2.addEventListener("message", function listener() {
      if (--left > 0) return;
      port2.removeEventListener("message", listener);
      resolve();
    });
    for (const message of messages) content.postMessage(message);
  });
}

/** Opens a socket that is never there. Tells its id, its error once there is one, and the states. */
async function open(more: object = {}): Promise<{ id: number; states: string[]; failed: Promise<Error> }> {
  const states: string[] = [];
  const onstate = (state: string): void => {
    states.push(state);
  };
  const asked = new Promise<PageMessage>((resolve) => {
    content.onmessage = ({ data }: MessageEvent<PageMessage>) => {
      if (data.type === "open") resolve(data);
    };
  });
  const failed = connection
    .open("tcp", { open: {}, onstate, ...more }, () => assert.fail())
    .then(
      () => assert.fail(),
      (error: unknown) => error as Error,
    );
  return { id: (await asked).id, states, failed };
}

test("states are told in order, each to its own open, and none after the end", async () => {
  const [one, two] = [await open(), await open()];
  await say({ type: "state", id: one.id, state: "asking" }, { type: "state", id: two.id, state: "connecting" });
  await say(
    { type: "state", id: one.id, state: "connecting" },
    { type: "failed", id: one.id, error: pageError("NetworkError") },
    { type: "state", id: one.id, state: "asking" },
  );
  assert.deepEqual(one.states, ["asking", "connecting"]);
  assert.deepEqual(two.states, ["connecting"]);
  assert.equal((await one.failed).name, "NetworkError");
  await say({ type: "failed", id: two.id, error: pageError("NetworkError") });
});

test("an open that the page withdraws tells nothing more", async () => {
  const controller = new AbortController();
  const { id, states, failed } = await open({ signal: controller.signal });
  controller.abort();
  await say({ type: "state", id, state: "asking" });
  assert.deepEqual(states, []);
  assert.equal((await failed).name, "AbortError");
});

test("what onstate throws is reported, and changes nothing", async () => {
  const mine = new Error("mine");
  const onstate = (): never => {
    throw mine;
  };
  const { id, failed } = await open({ onstate });
  await say(
    { type: "state", id, state: "asking" },
    { type: "failed", id, error: pageError("NetworkError", "refused") },
  );
  assert.deepEqual(reported.splice(0), [mine]);
  assert.equal((await failed).name, "NetworkError");
});

test("a reason is a readonly property of the error's own, in the usual words; without one there is none", async () => {
  for (const reason of ["refused", undefined] as const) {
    const { id, failed } = await open();
    await say({ type: "failed", id, error: pageError("NetworkError", reason) });
    const error = await failed;
    assert.equal(error.message, pageError("NetworkError").message);
    assert.deepEqual(
      Object.getOwnPropertyDescriptor(error, "reason"),
      reason && { value: reason, enumerable: true, writable: false, configurable: false },
    );
  }
});

/** A socket that is there, all that it was told, and all that was said of it on either carrier. */
interface Socket {
  id: number;
  channel: Channel;
  heard: string[];
}

/** A handler that writes down what it is told. */
function handler(heard: string[], name = ""): SocketHandler {
  const note = (...words: unknown[]): void => {
    heard.push(name + words.map((word) => (word instanceof Error ? word.name : String(word))).join(" "));
  };
  return {
    window: 1000,
    data: (data) => {
      note("data", data.byteLength);
    },
    credit: (bytes) => {
      note("credit", bytes);
    },
    wrote: (ack, error) => {
      note("wrote", ack, error);
    },
    shut: (error) => {
      note("shut", error);
    },
    end: () => {
      note("end");
    },
    closed: (error) => {
      note("closed", error, (error as { reason?: string } | undefined)?.reason);
    },
  };
}

/** What the content script hears from now on. */
function listen(port: MessagePort): PageMessage[] {
  const messages: PageMessage[] = [];
  port.onmessage = ({ data }: MessageEvent<PageMessage>) => messages.push(data);
  return messages;
}

const until = async (holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 200 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.ok(holds(), "it does not come to that");
};

/** Opens a socket; with a name it is on the lane. */
async function openSocket(name?: number): Promise<Socket> {
  const said = listen(content);
  const heard: string[] = [];
  let channel!: Channel;
  const opened = connection.open("tcp", { open: {} }, (given) => {
    channel = given;
    return handler(heard);
  });
  const asked = (): PageMessage | undefined => said.find(({ type }) => type === "open");
  await until(() => asked() !== undefined);
  const { id } = asked() as PageMessage;
  await say({
    type: "opened",
    id,
    remoteAddress: "192.0.2.1",
    remotePort: 9,
    localAddress: "192.0.2.2",
    localPort: 10,
    window: 1000,
    ...(name === undefined ? {} : { lane: name }),
  });
  await opened;
  return { id, channel, heard };
}

/** A new lane. Its other end, and what is heard there. */
async function newLane(reasons = true): Promise<{ frame: MessagePort; said: PageMessage[] }> {
  const { port1: frame, port2: lane } = new MessageChannel();
  after(() => {
    frame.close();
  });
  const heard = new Promise<void>((resolve) => {
    port2.addEventListener(
      "message",
      () => {
        resolve();
      },
      { once: true },
    );
  });
  content.postMessage({ type: "lane", reasons } satisfies ContentMessage, [lane]);
  await heard;
  return { frame, said: listen(frame) };
}

test("the bytes of a socket that has a lane take it by the host's name, from the first credit on; the others take the port", async () => {
  const { frame, said } = await newLane();
  const [onLane, onPort] = [await openSocket(41), await openSocket()];
  const port = listen(content);
  for (const { channel } of [onLane, onPort]) {
    channel.write(new ArrayBuffer(3));
    channel.shutdown();
    channel.close();
  }
  await until(() => said.length === 4 && port.length === 3);
  assert.deepEqual(
    said.map(({ type, id }) => [type, id]),
    ["credit", "write", "shutdown", "close"].map((type) => [type, 41]),
  );
  assert.deepEqual(
    port.map(({ type, id }) => [type, id]),
    ["write", "shutdown", "close"].map((type) => [type, onPort.id]),
  );
  frame.postMessage({ type: "data", id: 41, data: new ArrayBuffer(5) });
  frame.postMessage({ type: "data", id: 999, data: new ArrayBuffer(6) });
  frame.postMessage({ type: "wrote", id: 41, ack: 1, error: pageError("NetworkError") });
  frame.postMessage({ type: "closed", id: 41 });
  frame.postMessage({ type: "data", id: 41, data: new ArrayBuffer(7) });
  await say({ type: "data", id: onPort.id, data: new ArrayBuffer(8) }, { type: "closed", id: onPort.id });
  await until(() => onLane.heard.length === 3);
  assert.deepEqual(onLane.heard, ["data 5", "wrote 1 NetworkError", "closed undefined undefined"]);
  assert.deepEqual(onPort.heard, ["data 8", "closed undefined undefined"]);
  // Sockets that have ended do not end with the lane.
  const later = listen(content);
  await say({ type: "laneLost" });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(later, []);
});

test("a lane without a port of its own is spoken on the one that there is, in messages that are not too large", async () => {
  await say({ type: "lane", reasons: true, messageBytes: 4_096 });
  const onLane = await openSocket(51);
  const said = listen(content) as unknown as OnLane<LaneRequest>[];
  onLane.channel.write(new ArrayBuffer(3));
  onLane.channel.shutdown();
  const words = (): unknown[] => said.map(({ type, message }) => [type, message.type, message.id]);
  await until(() => words().length >= 2 && said.at(-1)?.message.type === "shutdown");
  // Its first credit may have been said before.
  assert.deepEqual(words().slice(-2), [
    ["onLane", "write", 51],
    ["onLane", "shutdown", 51],
  ]);
  await say({ type: "onLane", message: { type: "data", id: 51, data: new ArrayBuffer(5) } });
  await say({ type: "onLane", message: { type: "laneLost" } });
  assert.deepEqual(onLane.heard, ["data 5", "closed NetworkError host"]);
});

test("the broker says that the lane is gone: its sockets end, the others stay, and later ones take the port", async () => {
  const { said } = await newLane();
  const [onLane, onPort] = [await openSocket(42), await openSocket()];
  const port = listen(content);
  await say({ type: "laneLost" });
  assert.deepEqual([onLane.heard, onPort.heard], [["closed NetworkError undefined"], []]);
  await until(() => port.length === 1);
  assert.deepEqual(port, [{ type: "close", id: onLane.id }]);
  const later = await openSocket(43);
  const credit = listen(content);
  later.channel.credit(1);
  await until(() => credit.length > 0);
  assert.deepEqual(
    said.map(({ type }) => type),
    ["credit"],
  );
});

test("the lane's frame says that the host has gone: the page hears it as the reason where it may", async () => {
  for (const [reasons, reason] of [
    [true, "host"],
    [false, "undefined"],
  ] as const) {
    const { frame } = await newLane(reasons);
    const { heard } = await openSocket(44);
    frame.postMessage({ type: "laneLost" });
    await until(() => heard.length > 0);
    assert.deepEqual(heard, [`closed NetworkError ${reason}`]);
  }
});

/** What comes of an open that nobody answers here. */
interface Outcome {
  channel?: Channel;
  heard: string[];
  error?: Error;
  settled: boolean;
}

/** Asks for a socket, and waits until it is said on one of the two ways. Tells what is said. */
async function ask(
  carriers: (readonly PageMessage[])[],
  options: object,
  more: object = {},
): Promise<{ said: PageMessage & { of?: number }; by: number; outcome: Outcome }> {
  const outcome: Outcome = { heard: [], settled: false };
  const before = carriers.map(({ length }) => length);
  void connection
    .open("tcp", { open: options, ...more }, (channel) => {
      outcome.channel = channel;
      return handler(outcome.heard);
    })
    .catch((error: unknown) => {
      outcome.error = error as Error;
    })
    .finally(() => {
      outcome.settled = true;
    });
  const found = (): number =>
    carriers.findIndex((messages, by) => messages.slice(before[by]).some(({ type }) => type === "open"));
  await until(() => found() >= 0);
  const by = found();
  const said = carriers[by]?.slice(before[by]).find(({ type }) => type === "open");
  assert.ok(said !== undefined, "nothing is said");
  return { said, by, outcome };
}

const ends = { remoteAddress: "192.0.2.1", remotePort: 9, localAddress: "192.0.2.2", localPort: 10, window: 1000 };

/** A lane on which a socket to mail.example may be opened again, by 50. */
async function reopenable(): Promise<{
  frame: MessagePort;
  onLane: PageMessage[];
  onPort: PageMessage[];
  open: typeof ask;
}> {
  const { frame, said: onLane } = await newLane();
  const onPort = listen(content);
  const open: typeof ask = (_, options, more) => ask([onPort, onLane], options, more);
  const first = await open([], mail);
  assert.equal(first.by, 0);
  await say({ type: "opened", id: first.said.id, ...ends, lane: 50, reopen: true });
  await until(() => first.outcome.settled);
  return { frame, onLane, onPort, open };
}
const mail = { remoteAddress: "mail.example", remotePort: 993 };

test("what may be opened again is opened on the lane, if it is asked for in the same words", async () => {
  const { frame, onLane, open } = await reopenable();
  const { said, by, outcome } = await open([], mail);
  assert.deepEqual([by, said.of], [1, 50]);
  const page = said.id - 2 ** 31;
  assert.ok(page > 0 && page < 1_000, JSON.stringify(said));
  frame.postMessage({ type: "opened", id: said.id, ...ends });
  await until(() => outcome.settled);
  assert.deepEqual(
    [outcome.channel?.info.id, outcome.channel?.info.lane, outcome.channel?.info.window],
    [page, said.id, 1000],
  );
  await until(() => onLane.some(({ type, id }) => type === "credit" && id === said.id));
  frame.postMessage({ type: "data", id: said.id, data: new ArrayBuffer(5) });
  frame.postMessage({ type: "closed", id: said.id });
  await until(() => outcome.heard.length === 2);
  assert.deepEqual(outcome.heard, ["data 5", "closed undefined undefined"]);
  for (const other of [{ ...mail, remotePort: 994 }, { ...mail, noDelay: true }, { remoteAddress: "mail.example" }])
    assert.equal((await open([], other)).by, 0, JSON.stringify(other));
  assert.equal(
    (await open([], mail, { onstate: () => undefined })).by,
    0,
    "who wants to hear how far it is asks the broker",
  );
  assert.equal((await open([], mail)).by, 1);
});

test("what the host declines is asked of the broker, and so is all that comes after it", async () => {
  const { frame, open, onPort } = await reopenable();
  const { said, outcome } = await open([], mail);
  onPort.length = 0;
  frame.postMessage({ type: "declined", id: said.id });
  await until(() => onPort.length > 0);
  assert.equal(onPort[0]?.type, "open");
  const { id } = onPort[0];
  assert.equal(id, said.id - 2 ** 31, "by the same number");
  assert.equal((await open([], mail)).by, 0);
  await say({ type: "opened", id, ...ends, lane: 51, reopen: true });
  await until(() => outcome.settled);
  assert.equal(outcome.channel?.info.id, id);
  assert.deepEqual((await open([], mail)).said.of, 51, "by another socket than before");
});

test("what fails on the lane fails for the page, with the reason", async () => {
  const { frame, open } = await reopenable();
  const { said, outcome } = await open([], mail);
  frame.postMessage({ type: "closed", id: said.id, error: pageError("NetworkError", "refused") });
  await until(() => outcome.settled);
  assert.deepEqual([outcome.error?.name, (outcome.error as { reason?: string }).reason], ["NetworkError", "refused"]);
});

test("a signal gives up what is being opened on the lane; one that was aborted before is heard as ever", async () => {
  const { frame, open, onLane } = await reopenable();
  const controller = new AbortController();
  const { said, outcome } = await open([], mail, { signal: controller.signal });
  controller.abort();
  await until(() => outcome.settled);
  assert.equal(outcome.error?.name, "AbortError");
  await until(() => onLane.some(({ type, id }) => type === "close" && id === said.id));
  frame.postMessage({ type: "opened", id: said.id, ...ends });
  frame.postMessage({ type: "closed", id: said.id, error: pageError("AbortError") });
  await assert.rejects(
    connection.open("tcp", { open: mail, signal: controller.signal }, () => assert.fail()),
    { name: "AbortError" },
  );
});

test("a lane that is lost while something is opened there: the broker is asked", async () => {
  const { open, onPort } = await reopenable();
  const { outcome } = await open([], mail);
  onPort.length = 0;
  await say({ type: "laneLost" });
  await until(() => onPort.some(({ type }) => type === "open"));
  assert.equal(outcome.settled, false);
  await say({ type: "lost" });
  await until(() => outcome.settled);
  assert.equal(outcome.error?.name, "NetworkError");
  const again = await reopenable();
  const second = await again.open([], mail);
  assert.equal(second.by, 1);
  await say({ type: "lost" });
  await until(() => second.outcome.settled);
  assert.equal(second.outcome.error?.name, "NetworkError");
});

test("an upgrade hands the socket to a new handler; what the lane says before the answer is for that one", async () => {
  const { frame } = await newLane();
  const socket = await openSocket(45);
  const port = listen(content);
  const upgraded = socket.channel.startTls(7, 8, { serverName: "a.example" }, () => handler(socket.heard, "TLS "));
  await until(() => port.length > 0);
  assert.deepEqual(port, [{ type: "startTls", id: socket.id, received: 7, sent: 8, tls: { serverName: "a.example" } }]);
  frame.postMessage({ type: "data", id: 45, data: new ArrayBuffer(5) });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(socket.heard, []);
  const tls: PageTLSInfo = { version: "1.3", cipherSuite: "", peerCertificates: [] };
  await say({ type: "secured", id: socket.id, tls });
  await upgraded;
  frame.postMessage({ type: "end", id: 45 });
  await until(() => socket.heard.length === 2);
  assert.deepEqual(socket.heard, ["TLS data 5", "TLS end"]);
  assert.deepEqual(socket.channel.info.tls, tls);
  assert.equal(socket.channel.info.remoteAddress, "192.0.2.1");
});

test("an upgrade that is refused closes the socket, and so ends one whose socket ends", async () => {
  const refused = await openSocket();
  const port = listen(content);
  const upgrade = refused.channel.startTls(0, 0, {}, () => assert.fail());
  await say({ type: "unsecured", id: refused.id, error: pageError("NetworkError", "tls") });
  await assert.rejects(upgrade, { name: "NetworkError", reason: "tls" });
  await until(() => port.length === 2);
  assert.deepEqual(port[1], { type: "close", id: refused.id });

  const ended = await openSocket();
  const other = ended.channel.startTls(0, 0, {}, () => assert.fail());
  await say({ type: "closed", id: ended.id });
  await assert.rejects(other, { name: "AbortError" });
  await assert.rejects(
    ended.channel.startTls(0, 0, {}, () => assert.fail()),
    { name: "NetworkError" },
  );
});

test("options are set one after the other, and not after the end", async () => {
  const { id, channel } = await openSocket();
  const port = listen(content);
  const sets = [channel.setOption("noDelay", 1), channel.setOption("keepAlive", 0), channel.setOption("noDelay", 0)];
  const outcomes = sets.map((set) =>
    set.then(
      () => "set",
      (error: unknown) => (error as Error).name,
    ),
  );
  await until(() => port.length === 1);
  await say({ type: "optionSet", id, error: pageError("NetworkError") });
  await until(() => port.length === 2);
  assert.deepEqual(port[1], { type: "setOption", id, option: "keepAlive", value: 0 });
  await say({ type: "optionSet", id });
  await until(() => port.length === 3);
  await say({ type: "closed", id });
  assert.deepEqual(await Promise.all(outcomes), ["NetworkError", "set", "InvalidStateError"]);
  await assert.rejects(channel.setOption("noDelay", 1), { name: "InvalidStateError" });
});

test("when everything is lost, sockets and opens end; for good means that none is opened any more", async () => {
  for (const forGood of [false, true]) {
    const socket = await openSocket();
    const { failed } = await open();
    await say({ type: "lost", ...(forGood ? { forGood } : {}) });
    assert.deepEqual(socket.heard, ["closed NetworkError undefined"]);
    assert.equal((await failed).name, "NetworkError");
  }
  const said = listen(content);
  await assert.rejects(
    connection.open("tcp", { open: {} }, () => assert.fail()),
    { name: "NetworkError" },
  );
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(said, []);
});
