// A worker's sockets over a page's, which are real ones of Node.js: what comes and goes is the same, and so is what fails.

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { after, test } from "node:test";
import { exposeSockets } from "../expose.ts";
import { available, supported, type Scope } from "../supported.ts";
import { install } from "../worker/worker.ts";
import { nodePage, type NodePage } from "./node_page.ts";

/** How long anything here may take, in milliseconds. */
const limit = 20_000;

interface OpenInfo {
  readable: ReadableStream<Uint8Array>;
  writable: WritableStream<unknown>;
  multicastController?: {
    joinGroup(group: string): Promise<undefined>;
    leaveGroup(group: string): Promise<undefined>;
    joinedGroups: readonly string[];
  };
  remoteAddress?: string;
  remotePort?: number;
  localAddress: string;
  localPort: number;
}

interface AnySocket {
  opened: Promise<OpenInfo>;
  closed: Promise<undefined>;
  close(): Promise<undefined>;
  startTls(options?: object): AnySocket;
  setNoDelay(on?: boolean): Promise<undefined>;
  setKeepAlive(on?: boolean): Promise<undefined>;
}

type Constructor = new (...args: unknown[]) => AnySocket;
interface World {
  page: NodePage;
  stop: () => void;
  scope: EventTarget & Record<"TCPSocket" | "UDPSocket" | "TCPServerSocket" | "MulticastController", Constructor>;
}

const stops: (() => void)[] = [];
const servers: Server[] = [];
const connections: Socket[] = [];
after(() => {
  for (const stop of stops) stop();
  for (const server of servers) server.close();
  for (const socket of connections) socket.destroy();
});

/** A worker's global object, and what its page says to it. */
function newWorker(wait?: number): World["scope"] & { postMessage: (data: unknown) => void } {
  const scope = new EventTarget();
  install(scope as never, wait);
  const postMessage = (data: unknown): void => {
    scope.dispatchEvent(new MessageEvent("message", { data }));
  };
  return Object.assign(scope, { postMessage }) as never;
}

function newWorld(): World {
  const page = nodePage();
  const scope = newWorker();
  const stop = exposeSockets(scope, page);
  stops.push(stop, page.destroy);
  return { page, scope, stop };
}

async function serve(each: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    connections.push(socket);
    each(socket);
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const echo = (): Promise<number> => serve((socket) => socket.pipe(socket));

async function readAll(readable: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readable as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (const end = Date.now() + limit; !condition(); await new Promise((resolve) => setTimeout(resolve, 5)))
    assert.ok(Date.now() < end, `waiting for ${what}`);
}

const named = (name: string) => (error: unknown) => (error as Error).name === name;

test("a stream: 16 MiB there and back, every byte, in order, and both ends", { timeout: limit }, async () => {
  const { scope, page } = newWorld();
  const socket = new scope.TCPSocket("127.0.0.1", await echo(), { noDelay: 1, unknown: {}, sendBufferSize: "65536" });
  const { readable, writable, remoteAddress, localPort } = await socket.opened;
  assert.equal(remoteAddress, "127.0.0.1");
  assert.ok(localPort > 0, "a local port");
  assert.deepEqual(Object.keys(page.asked[0] ?? {}).sort(), ["noDelay", "sendBufferSize", "signal"]);
  assert.equal(page.asked[0]?.["sendBufferSize"], 65536);
  const sent = Buffer.alloc(16 << 20);
  for (let i = 0; i < sent.length; i += 4) sent.writeUInt32LE(i * 2654435761 >>> 0, i); // prettier-ignore
  const reading = readAll(readable);
  const writer = writable.getWriter();
  for (let at = 0; at < sent.length;) {
    const length = Math.min(1 + ((at * 7) % 300_000), sent.length - at);
    const chunk = new Uint8Array(sent.subarray(at, at + length));
    const write = writer.write(at % 2 === 0 ? chunk : chunk.buffer);
    chunk.fill(0); // the bytes were copied
    await write;
    at += length;
  }
  await writer.close();
  assert.ok(sent.equals(await reading), "other bytes came back");
  await socket.closed;
});

test("reads into a buffer of one's own", { timeout: limit }, async () => {
  const { scope } = newWorld();
  const port = await serve((socket) => socket.end("0123456789"));
  const { readable, writable } = await new scope.TCPSocket("127.0.0.1", port).opened;
  const reader = readable.getReader({ mode: "byob" });
  let text = "";
  for (let buffer = new ArrayBuffer(4); ;) {
    const { done, value } = await reader.read(new Uint8Array(buffer));
    if (value !== undefined) text += Buffer.from(value).toString();
    if (done) break;
    buffer = value.buffer;
  }
  assert.equal(text, "0123456789");
  await writable.close();
});

test("what nobody reads is held back", { timeout: 2 * limit }, async () => {
  const { scope } = newWorld();
  let sent = 0;
  const port = await serve((socket) => {
    const more = (): void => {
      while (socket.write(Buffer.alloc(1 << 16), () => (sent += 1 << 16)));
    };
    socket.on("drain", more);
    socket.on("error", () => undefined);
    more();
  });
  const socket = new scope.TCPSocket("127.0.0.1", port);
  const { readable } = await socket.opened;
  let before = -1;
  while (before !== sent) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  // The system's buffers hold some megabytes, too.
  assert.ok(sent < 32 << 20, `${sent} bytes were taken`);
  const reader = readable.getReader();
  const enough = before + (8 << 20);
  for (let read = 0; read < enough;) read += (await reader.read()).value?.length ?? 0;
  assert.ok(sent > before, "reading lets more come");
  reader.releaseLock();
  await socket.close();
});

test("a writer whose page takes nothing waits", { timeout: limit }, async () => {
  const { scope } = newWorld();
  const port = await serve((socket) => socket.pause());
  const { writable } = await new scope.TCPSocket("127.0.0.1", port).opened;
  const writer = writable.getWriter();
  let taken = 0;
  const writing = (async () => {
    for (;;) {
      await writer.write(new Uint8Array(1 << 16));
      taken += 1 << 16;
    }
  })();
  writing.catch(() => undefined);
  let before = -1;
  while (before !== taken) {
    before = taken;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  assert.ok(taken > 1 << 19 && taken < 32 << 20, `${taken} bytes were taken`);
  await assert.rejects(Promise.all([writing, writer.abort(new Error("enough"))]), /enough/);
});

test("what the network and the constructor refuse", { timeout: limit }, async () => {
  const { scope } = newWorld();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const socket = new scope.TCPSocket("127.0.0.1", port);
  const error: unknown = await socket.opened.catch((thrown: unknown) => thrown);
  assert.ok(error instanceof DOMException && error.name === "NetworkError", String(error));
  assert.equal(await socket.closed.catch((thrown: unknown) => thrown), error);
  await assert.rejects(socket.close(), named("InvalidStateError"));
  await assert.rejects(new scope.TCPSocket("127.0.0.1", port, { keepAliveDelay: 1 }).opened, TypeError);
  assert.throws(() => new scope.TCPSocket("127.0.0.1"), TypeError);
  assert.throws(() => new scope.TCPSocket("127.0.0.1", 1, 5), TypeError);
  assert.throws(() => new scope.TCPSocket("127.0.0.1", 1, { alpnProtocols: 5 }), TypeError);
  assert.throws(() => new scope.MulticastController(), TypeError);
});

test("a signal, before and while it opens, and the states", { timeout: limit }, async () => {
  const { scope, page } = newWorld();
  await assert.rejects(
    new scope.TCPSocket("127.0.0.1", 1, { signal: AbortSignal.abort(new Error("no")) }).opened,
    /no/,
  );
  assert.equal(page.asked.length, 0);
  const control = new AbortController();
  const states: string[] = [];
  const onstate = (state: string): void => {
    states.push(state);
    control.abort();
  };
  // TEST-NET-1: nobody answers, or the network says so at once.
  const socket = new scope.TCPSocket("192.0.2.1", 9, { signal: control.signal, onstate });
  await assert.rejects(socket.opened, (error: Error) => ["AbortError", "NetworkError"].includes(error.name));
  assert.deepEqual(states, ["connecting"]);
});

test("a connection that breaks: the reason, on both streams and on closed", { timeout: limit }, async () => {
  const { scope } = newWorld();
  const port = await serve((socket) => socket.once("data", () => socket.resetAndDestroy()));
  const socket = new scope.TCPSocket("127.0.0.1", port);
  const { readable, writable } = await socket.opened;
  const writer = writable.getWriter();
  await writer.write(new Uint8Array(1));
  const reset = (error: unknown): boolean => (error as Error & { reason?: string }).reason === "reset";
  await assert.rejects(readable.getReader().read(), reset);
  await assert.rejects(writer.closed, reset);
  await assert.rejects(socket.closed, reset);
});

test("bad chunks error the writable", { timeout: limit }, async () => {
  const { scope } = newWorld();
  const port = await echo();
  for (const chunk of ["text", 5, null, new SharedArrayBuffer(4), new Uint8Array(new SharedArrayBuffer(4))]) {
    const socket = new scope.TCPSocket("127.0.0.1", port);
    const writer = (await socket.opened).writable.getWriter();
    await assert.rejects(writer.write(chunk), TypeError);
    await assert.rejects(writer.closed, TypeError);
    writer.releaseLock();
    await socket.close().catch(() => undefined);
  }
});

test("close(): not while it opens, nor locked; then reads are over and writes fail", { timeout: limit }, async () => {
  const { scope, page } = newWorld();
  const socket = new scope.TCPSocket("127.0.0.1", await echo());
  await assert.rejects(socket.close(), named("InvalidStateError"));
  const { readable, writable } = await socket.opened;
  const reader = readable.getReader();
  await assert.rejects(socket.close(), named("InvalidStateError"));
  reader.releaseLock();
  await socket.close();
  assert.equal((await readable.getReader().read()).done, true);
  await assert.rejects(writable.getWriter().write(new Uint8Array(1)), named("AbortError"));
  await socket.close();
  assert.equal(page.open.size, 0);
});

test("half-close: the writable is closed, and the rest is read", { timeout: limit }, async () => {
  const { scope } = newWorld();
  const port = await serve((socket) => {
    socket.resume();
    socket.on("end", () => setTimeout(() => socket.end("rest"), 50));
  });
  const socket = new scope.TCPSocket("127.0.0.1", port);
  const { readable, writable } = await socket.opened;
  await writable.close();
  assert.equal((await readAll(readable)).toString(), "rest");
  await socket.closed;
});

test("options of an open socket, and what they fail with", { timeout: limit }, async () => {
  const { scope, page } = newWorld();
  const socket = new scope.TCPSocket("127.0.0.1", await echo());
  await assert.rejects(socket.setNoDelay(), named("InvalidStateError"));
  await socket.opened;
  await socket.setNoDelay(false);
  assert.deepEqual(page.called, [["setNoDelay", false]]);
  await assert.rejects(socket.setKeepAlive(true), named("NetworkError"));
  await socket.close();
  await assert.rejects(socket.setNoDelay(), named("InvalidStateError"));
});

test("STARTTLS: the page's socket has its streams back, and another takes over", { timeout: limit }, async () => {
  const { scope, page } = newWorld();
  page.tlsPort = await serve((socket) => socket.end("secure"));
  const port = await serve((socket) => socket.write("go"));
  const socket = new scope.TCPSocket("127.0.0.1", port, { secureTransport: "starttls" });
  const { readable, writable } = await socket.opened;
  const reader = readable.getReader();
  assert.equal(Buffer.from((await reader.read()).value ?? []).toString(), "go");
  const next = socket.startTls({ serverName: "example.org", alpnProtocols: new Set(["a"]) });
  assert.equal((await readAll((await next.opened).readable)).toString(), "secure");
  assert.deepEqual(page.called, [["startTls", { alpnProtocols: ["a"], serverName: "example.org" }, false, false]]);
  assert.equal((await reader.read()).done, true);
  await assert.rejects(writable.getWriter().write(new Uint8Array(1)), named("InvalidStateError"));
  await socket.closed;
});

test("STARTTLS: with plain text that nobody has read there is none", { timeout: limit }, async () => {
  const { scope, page } = newWorld();
  let over = false;
  const port = await serve((socket) => {
    socket.on("error", () => undefined);
    socket.on("close", () => {
      over = true;
    });
    socket.write("go and more");
  });
  const socket = new scope.TCPSocket("127.0.0.1", port, { secureTransport: "starttls" });
  const { readable } = await socket.opened;
  const reader = readable.getReader({ mode: "byob" });
  await reader.read(new Uint8Array(2));
  await assert.rejects(socket.startTls().opened, named("NetworkError"));
  assert.deepEqual(page.called, []);
  await until("the end of the connection", () => page.open.size === 0 || over);
});

test("datagrams, connected", { timeout: limit }, async () => {
  const { scope } = newWorld();
  const far = createSocket("udp4").bind(0, "127.0.0.1");
  await once(far, "listening");
  far.on("message", (data, { port, address }) => {
    far.send(data, port, address);
  });
  const socket = new scope.UDPSocket({ remoteAddress: "127.0.0.1", remotePort: far.address().port });
  const { readable, writable, multicastController } = await socket.opened;
  assert.equal(multicastController, undefined);
  const writer = writable.getWriter();
  const reader = readable.getReader() as unknown as ReadableStreamDefaultReader<{ data: Uint8Array }>;
  for (let i = 1; i < 40; i++) {
    await writer.write({ data: new Uint8Array(1000).fill(i) });
    const { value } = await reader.read();
    assert.deepEqual(Object.keys(value ?? {}), ["data"]);
    assert.deepEqual([value?.data.length, value?.data[0]], [1000, i & 255]);
  }
  for (const [chunk, name] of [
    [{ data: new Uint8Array(1), remotePort: 5 }, "TypeError"],
    [{ data: new Uint8Array(0) }, "TypeError"],
    [{ data: "text" }, "TypeError"],
    [{}, "TypeError"],
    ["text", "TypeError"],
    [{ data: new Uint8Array(65508) }, "NetworkError"],
  ] as const) {
    const other = new scope.UDPSocket({ remoteAddress: "127.0.0.1", remotePort: far.address().port });
    await assert.rejects((await other.opened).writable.getWriter().write(chunk), named(name));
  }
  far.close();
});

test("datagrams, bound: the peer of each, and groups", { timeout: limit }, async () => {
  const { scope, page } = newWorld();
  const far = createSocket("udp4").bind(0, "127.0.0.1");
  await once(far, "listening");
  const socket = new scope.UDPSocket({ localAddress: "127.0.0.1", multicastLoopback: true });
  const { readable, writable, localPort, multicastController: groups } = await socket.opened;
  assert.equal(page.asked[0]?.["multicastLoopback"], true);
  far.send("there", localPort, "127.0.0.1");
  const reader = readable.getReader() as unknown as ReadableStreamDefaultReader<object>;
  const { value } = await reader.read();
  assert.deepEqual(value, {
    data: new Uint8Array(Buffer.from("there")),
    remoteAddress: "127.0.0.1",
    remotePort: far.address().port,
  });
  const writer = writable.getWriter();
  const heard = once(far, "message");
  await writer.write({ data: Buffer.from("back"), remoteAddress: "127.0.0.1", remotePort: far.address().port });
  assert.equal(String((await heard)[0]), "back");
  assert.ok(groups, "a controller");
  await groups.joinGroup("224.0.0.9");
  assert.deepEqual(groups.joinedGroups, ["224.0.0.9"]);
  assert.ok(Object.isFrozen(groups.joinedGroups), "frozen");
  await assert.rejects(groups.joinGroup("224.0.0.9"), named("InvalidStateError"));
  await groups.leaveGroup("224.0.0.9");
  assert.deepEqual(groups.joinedGroups, []);
  await assert.rejects(writer.write({ data: new Uint8Array(1) }), TypeError);
  far.close();
});

test("a server: each read accepts one, which outlives the server", { timeout: limit }, async () => {
  const { scope } = newWorld();
  const server = new scope.TCPServerSocket("127.0.0.1");
  const { readable, localPort, writable } = await server.opened;
  assert.equal(writable, undefined);
  const reader = readable.getReader() as unknown as ReadableStreamDefaultReader<AnySocket>;
  const first = reader.read();
  const one = connect(localPort, "127.0.0.1");
  const { value: accepted } = await first;
  assert.ok(accepted instanceof scope.TCPSocket, "a TCPSocket");
  const info = await accepted.opened;
  assert.equal(info.remotePort, one.localPort);
  await reader.cancel();
  reader.releaseLock();
  await server.closed;
  const writer = info.writable.getWriter();
  await writer.write(Buffer.from("hello"));
  assert.equal(String((await once(one, "data"))[0]), "hello");
  await writer.close();
  one.end("bye");
  assert.equal((await readAll(info.readable)).toString(), "bye");
  await accepted.closed;
});

test("a page that takes the sockets back ends all of them, also those that open", { timeout: limit }, async () => {
  const { scope, page, stop } = newWorld();
  const socket = new scope.TCPSocket("127.0.0.1", await echo());
  const { readable, writable } = await socket.opened;
  const refused = assert.rejects(new scope.TCPSocket("192.0.2.1", 9).opened, DOMException);
  await until("both", () => page.asked.length === 2);
  stop();
  await socket.closed.catch(() => undefined);
  assert.equal((await readable.getReader().read()).done, true);
  await assert.rejects(writable.getWriter().write(new Uint8Array(1)), DOMException);
  await refused;
  await until("the page's sockets to end", () => page.open.size === 0);
});

test("a worker that ends takes its sockets along", { timeout: limit }, async () => {
  const page = nodePage();
  // A browser gives a lock to the next when the worker that holds it is gone.
  const waiting: (() => void)[] = [];
  const locks = {
    request: (_name: string, held: () => unknown) => {
      waiting.push(held);
      if (waiting.length === 1) held();
    },
  };
  const worker = newWorkerWith(locks);
  stops.push(page.destroy);
  stops.push(exposeSockets(worker, Object.assign(page, { navigator: { locks } }) as never));
  await new worker.TCPSocket("127.0.0.1", await echo()).opened;
  await until("the page to wait for the lock", () => waiting.length === 2);
  assert.equal(page.open.size, 1);
  waiting[1]?.();
  await until("the socket to end", () => page.open.size === 0);
});

function newWorkerWith(locks: object): ReturnType<typeof newWorker> {
  const scope = Object.assign(new EventTarget(), { navigator: { locks } });
  install(scope as never);
  const postMessage = (data: unknown): void => {
    scope.dispatchEvent(new MessageEvent("message", { data }));
  };
  return Object.assign(scope, { postMessage }) as never;
}

test(
  "before exposeSockets() sockets wait, and not for ever; other messages are the worker's",
  { timeout: limit },
  async () => {
    const page = nodePage();
    const scope = newWorker();
    const heard: unknown[] = [];
    scope.addEventListener("message", (event) => heard.push((event as MessageEvent).data));
    const socket = new scope.TCPSocket("127.0.0.1", await echo());
    scope.postMessage("mine");
    scope.postMessage({ portside: "sockets" });
    stops.push(page.destroy);
    stops.push(exposeSockets(scope, page));
    await socket.opened;
    assert.deepEqual(heard, ["mine", { portside: "sockets" }]);
    await socket.close();
    const alone = newWorker(20);
    await assert.rejects(new alone.TCPSocket("127.0.0.1", 1).opened, named("NotAllowedError"));
  },
);

test("supported() trusts constructors in isolated web apps only", () => {
  const native = function () {
    return undefined;
  };
  const secure = { isSecureContext: true, location: { protocol: "https:" } };
  const portside = { openTCPSocket: () => undefined };
  const table: [Scope, string][] = [
    [{ ...secure, location: { protocol: "isolated-app:" }, TCPSocket: native }, "native isolated-app"],
    [{ ...secure, location: { protocol: "isolated-app:" } }, "none missing"],
    [{ ...secure, TCPSocket: native }, "none native-unusable"],
    [{ ...secure, TCPSocket: native, navigator: portside }, "portside extension"],
    [{ ...secure, navigator: portside }, "portside extension"],
    [{ ...secure, navigator: { openTCPSocket: true } }, "none missing"],
    [{ ...secure, TCPSocket: newWorker().TCPSocket }, "portside worker"],
    [{ isSecureContext: false, location: { protocol: "http:" } }, "none insecure"],
    [{}, "none missing"],
  ];
  for (const [scope, want] of table) {
    const { kind, reason } = supported(scope);
    assert.equal(`${kind} ${reason}`, want);
  }
  assert.equal(supported().kind, "none");
});

test("available() asks Portside in a page for its program, and else says what supported() says", async () => {
  const secure = { isSecureContext: true, location: { protocol: "https:" } };
  const portside = (answer?: () => Promise<boolean>): Scope => ({
    ...secure,
    navigator: { openTCPSocket: Object.assign(() => undefined, answer === undefined ? {} : { available: answer }) },
  });
  const refused = (): Promise<boolean> => Promise.reject(new DOMException("", "NotAllowedError"));
  const table: [Scope, string][] = [
    [portside(() => Promise.resolve(true)), "portside extension"],
    [portside(() => Promise.resolve(false)), "none program"],
    [portside(refused), "portside extension"],
    [portside(), "portside extension"],
    [{ ...secure, TCPSocket: newWorker().TCPSocket }, "portside worker"],
    [secure, "none missing"],
  ];
  for (const [scope, want] of table) {
    const { kind, reason } = await available(scope);
    assert.equal(`${kind} ${reason}`, want);
  }
});
