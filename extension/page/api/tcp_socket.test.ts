// A TCPSocket of the second generation, from its constructor to its end. The other end of the page's port is the test's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newPage, openTCP, opened, outcome, settle } from "../../fake/page.ts";
import { pageError } from "../../../protocol/page.ts";

const page = newPage();
const { TCPSocket } = page.window;
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

test("what cannot be is a TypeError at construction", () => {
  for (const options of [
    5,
    { keepAliveDelay: 999 },
    { keepAliveDelay: 0 },
    { keepAliveDelay: -1 },
    { sendBufferSize: 0 },
    { receiveBufferSize: 0 },
    { receiveBufferSize: 2 ** 32 },
    { dnsQueryType: "ipv5" },
    { ipTypeOfService: 64 },
    { serverName: "a.example" },
    { secureTransport: "maybe" },
    { signal: {} },
  ])
    assert.throws(() => new TCPSocket("192.0.2.1", 9, options), TypeError, JSON.stringify(options));
  assert.throws(() => new TCPSocket("192.0.2.1"), TypeError);
  assert.throws(() => new TCPSocket(Symbol("x"), 9), TypeError);
  assert.throws(() => new TCPSocket("192.0.2.1", 9n), TypeError);
  assert.deepEqual(page.said, []);
});

test("what goes out: the port wraps, members that are undefined are absent, without an address the user is asked", async () => {
  const ask = async (...given: unknown[]): Promise<object> => {
    const socket = new TCPSocket(...given);
    const { id, type, protocol, options } = await page.next("open");
    page.say({ type: "failed", id, error: pageError("NotAllowedError") });
    assert.equal(await outcome(socket.opened), "NotAllowedError");
    return { type, protocol, ...options };
  };
  const tcp = { type: "open", protocol: "tcp" };
  assert.deepEqual(await ask("example.org", 65_536 + 25), { ...tcp, remoteAddress: "example.org", remotePort: 25 });
  assert.deepEqual(await ask("example.org", -1, undefined), {
    ...tcp,
    remoteAddress: "example.org",
    remotePort: 65_535,
  });
  assert.deepEqual(await ask(7, "9", { noDelay: undefined }), { ...tcp, remoteAddress: "7", remotePort: 9 });
  assert.deepEqual(await ask("", 9, null), { ...tcp, remotePort: 9 });
  const all = { noDelay: true, keepAliveDelay: 1_000, dnsQueryType: "ipv6", sendBufferSize: 1, receiveBufferSize: 2 };
  const more = { ipTypeOfService: 46, timeout: 5, secureTransport: "on", serverName: "a.example" };
  const { serverName, ...flat } = { ...all, ...more };
  assert.deepEqual(await ask("h", 9, { ...all, ...more, signal: undefined }), {
    ...tcp,
    remoteAddress: "h",
    remotePort: 9,
    ...flat,
    tls: { serverName },
  });
});

test("when opening fails, opened and closed reject with the same error, and nobody has to hear of closed", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => {
    unhandled.push(error);
  };
  process.on("unhandledRejection", note);
  const socket = new TCPSocket("192.0.2.1", 9);
  const { id } = await page.next("open");
  page.say({ type: "failed", id, error: pageError("NetworkError", "refused") });
  const error = await socket.opened.catch((reason: unknown) => reason);
  assert.equal((error as { reason?: string }).reason, "refused");
  await settle();
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, []);
  assert.equal(await socket.closed.catch((reason: unknown) => reason), error);
  assert.equal(socket.opened, socket.opened);
  assert.equal(socket.closed, socket.closed);
  // "If [[openedPromise]] is rejected or not yet resolved, reject with InvalidStateError."
  assert.equal(await outcome(socket.close()), "InvalidStateError");
});

test("no system connects to port 0, and nobody is asked", async () => {
  const socket = new TCPSocket("192.0.2.1", 65_536);
  assert.equal(await outcome(socket.opened), "NetworkError");
  assert.equal(await outcome(socket.closed), "NetworkError");
  assert.deepEqual(page.said, []);
});

test("a signal withdraws, onstate tells how far it is", async () => {
  const controller = new AbortController();
  const states: unknown[] = [];
  const onstate = (state: unknown): void => {
    states.push(state);
  };
  const socket = new TCPSocket("192.0.2.1", 9, { signal: controller.signal, onstate });
  const { id } = await page.next("open");
  page.say({ type: "state", id, state: "asking" });
  await settle();
  controller.abort(new RangeError("mine"));
  assert.equal(await outcome(socket.opened), "RangeError");
  assert.deepEqual([states, (await page.next("close")).id], [["asking"], id]);
});

test("the open info has the addresses, the streams, and what was agreed where there is TLS", async () => {
  const plain = await openTCP(page);
  assert.deepEqual(Object.keys(await plain.socket.opened), [
    "localAddress",
    "localPort",
    "readable",
    "remoteAddress",
    "remotePort",
    "writable",
  ]);
  const socket = new TCPSocket("192.0.2.1", 9, { secureTransport: "on" });
  const { id } = await page.next("open");
  page.say(opened(id, { tls: { version: "1.3", cipherSuite: "S", peerCertificates: [] } }));
  const { tls } = await socket.opened;
  assert.deepEqual(tls, {
    version: "1.3",
    cipherSuite: "S",
    alpnProtocol: "",
    peerCertificates: [],
    omittedCertificates: 0,
  });
  assert.ok(Object.isFrozen(tls), "it is frozen");
});

test("half-close: the writable ends with FIN, the readable goes on; when both are over the socket closes", async () => {
  const { socket, id, readable, writable } = await openTCP(page);
  let settled = false;
  void socket.closed.finally(() => (settled = true));
  const writer = writable.getWriter();
  await writer.write(bytes("hello"));
  assert.deepEqual(Buffer.from((await page.next("write")).data).toString(), "hello");
  const closing = writer.close();
  await page.next("shutdown");
  page.say({ type: "shut", id });
  await closing;
  page.say({ type: "data", id, data: bytes("there").buffer });
  const reader = readable.getReader();
  assert.equal(Buffer.from((await reader.read()).value ?? []).toString(), "there");
  assert.equal(settled, false);
  page.say({ type: "end", id });
  assert.equal((await reader.read()).done, true);
  await page.next("close");
  assert.equal(settled, false, "the peer may not have everything");
  page.say({ type: "closed", id });
  await socket.closed;
  assert.equal(socket.close(), socket.closed, "also with locked streams");
});

test("aborting the writable sends FIN, too, and is no error of the socket", async () => {
  const { socket, id, readable, writable } = await openTCP(page);
  const aborting = writable.abort(new Error("mine"));
  await page.next("shutdown");
  page.say({ type: "shut", id });
  await aborting;
  page.say({ type: "end", id });
  assert.equal((await readable.getReader().read()).done, true);
  await page.next("close");
  page.say({ type: "closed", id });
  assert.equal(await outcome(socket.closed), "");
});

test("a chunk that is no BufferSource errors the stream; closed rejects with it once the other direction is over, too", async () => {
  for (const chunk of ["text", undefined, {}, new SharedArrayBuffer(1)]) {
    const { socket, id, readable, writable } = await openTCP(page);
    const writer = writable.getWriter();
    await assert.rejects(writer.write(chunk), TypeError);
    await assert.rejects(writer.closed, TypeError);
    await settle();
    assert.deepEqual(page.said, [], "no FIN: that was not all");
    page.say({ type: "end", id });
    assert.equal((await readable.getReader().read()).done, true);
    await page.next("close");
    page.say({ type: "closed", id });
    await assert.rejects(socket.closed, TypeError);
  }
});

test("a broken connection errors both streams behind what came before, and closed", async () => {
  const { socket, id, readable, writable } = await openTCP(page);
  page.say({ type: "data", id, data: bytes("last").buffer });
  page.say({ type: "closed", id, error: pageError("NetworkError", "reset") });
  assert.equal(await outcome(writable.getWriter().closed), "NetworkError");
  const reader = readable.getReader();
  assert.equal(Buffer.from((await reader.read()).value ?? []).toString(), "last");
  assert.equal(await outcome(reader.read()), "NetworkError");
  await assert.rejects(socket.closed, { name: "NetworkError", reason: "reset" });
});

test("close(): reads are done, writes abort, and it resolves when the peer has what was promised", async () => {
  const { socket, id, readable, writable } = await openTCP(page);
  const writer = writable.getWriter();
  await writer.write(bytes("promised"));
  assert.equal(await outcome(socket.close()), "InvalidStateError", "the writable is locked");
  writer.releaseLock();
  const reader = readable.getReader();
  assert.equal(await outcome(socket.close()), "InvalidStateError", "the readable is locked");
  reader.releaseLock();
  page.say({ type: "data", id, data: bytes("unread").buffer });
  await settle();
  const closing = socket.close();
  assert.equal(closing, socket.closed);
  assert.equal(socket.close(), closing);
  assert.equal((await readable.getReader().read()).done, true, "what was not read is gone");
  const late = writable.getWriter();
  assert.equal(await outcome(late.write(bytes("late"))), "AbortError");
  await page.next("close");
  page.say({ type: "closed", id });
  assert.equal(await outcome(closing), "");
});

test("closed rejects when what was promised did not arrive", async () => {
  const { socket, id, writable } = await openTCP(page);
  const writer = writable.getWriter();
  await writer.write(bytes("promised"));
  writer.releaseLock();
  const closing = socket.close();
  page.say({ type: "closed", id, error: pageError("NetworkError") });
  assert.equal(await outcome(closing), "NetworkError");
  page.said.length = 0;
});

test("close() does not wait for a peer that takes nothing of what was given up", async () => {
  const socket = new TCPSocket("192.0.2.1", 9);
  const { id } = await page.next("open");
  page.say(opened(id, { window: 4 }));
  const { writable } = await socket.opened;
  const writer = writable.getWriter();
  const write = outcome(writer.write(bytes("more than there is credit")));
  await page.next("write");
  writer.releaseLock();
  assert.equal(await outcome(socket.close()), "");
  assert.equal(await write, "AbortError");
  page.said.length = 0;
});

test("startTls(): a new socket with promises of its own; the old one is spent, and closed", async () => {
  const { socket, id, readable } = await openTCP(page, { secureTransport: "starttls", serverName: "a.example" });
  assert.throws(() => socket.startTls({ serverName: "" }), TypeError);
  const secure = socket.startTls({ alpnProtocols: ["imap"] });
  assert.ok(secure instanceof TCPSocket && secure !== socket, "another one");
  assert.equal(await outcome(secure.close()), "InvalidStateError");
  assert.deepEqual((await page.next("startTls")).tls, { serverName: "a.example", alpnProtocols: ["imap"] });
  page.say({ type: "secured", id, tls: { version: "1.3", cipherSuite: "", peerCertificates: [] } });
  assert.notEqual((await secure.opened).tls, undefined);
  assert.equal(await outcome(socket.closed), "");
  assert.equal((await readable.getReader().read()).done, true);
  assert.equal(socket.close(), socket.closed);
  assert.equal(await outcome(socket.startTls().opened), "InvalidStateError");
  assert.equal(await outcome(secure.startTls().opened), "InvalidStateError");
});

test("startTls(): before it is open it throws; close() of the old socket gives the handshake up", async () => {
  const early = new TCPSocket("192.0.2.1", 9, { secureTransport: "starttls" });
  assert.throws(() => early.startTls(), { name: "InvalidStateError" });
  const { id: first } = await page.next("open");
  page.say({ type: "failed", id: first, error: pageError("NetworkError") });
  assert.equal(await outcome(early.opened), "NetworkError");

  const { socket, id, readable } = await openTCP(page, { secureTransport: "starttls" });
  readable.getReader();
  const secure = socket.startTls();
  await page.next("startTls");
  const closing = socket.close();
  await page.next("close");
  page.say({ type: "closed", id });
  assert.equal(await outcome(secure.opened), "AbortError");
  assert.equal(await outcome(closing), "");
});

test("options of an open socket", async () => {
  const early = new TCPSocket("192.0.2.1", 9);
  assert.equal(await outcome(early.setNoDelay()), "InvalidStateError");
  page.say({ type: "failed", id: (await page.next("open")).id, error: pageError("NetworkError") });
  assert.equal(await outcome(early.opened), "NetworkError");
  const { socket, id } = await openTCP(page);
  await assert.rejects(socket.setKeepAlive(true, 999), TypeError);
  const set = socket.setKeepAlive(true, 2_000);
  assert.deepEqual(await page.next("setOption"), { type: "setOption", id, option: "keepAlive", value: 2_000 });
  page.say({ type: "optionSet", id });
  await set;
});

test("the objects of the first generation are not those of the second", async () => {
  const promise = page.navigator.openTCPSocket({ remoteAddress: "192.0.2.1", remotePort: 9 });
  page.say(opened((await page.next("open")).id));
  const socket = await promise;
  assert.equal(Object.prototype.toString.call(socket), "[object TCPSocket]");
  assert.equal(socket instanceof TCPSocket, false);
});
