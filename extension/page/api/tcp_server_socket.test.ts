// A TCPServerSocket, and the connections that it accepts. The other end of the page's port is the test's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newPage, opened, outcome, settle, type Socket, type TCP } from "../../fake/page.ts";
import { pageError } from "../../../protocol/page.ts";

const page = newPage();
const { TCPServerSocket, TCPSocket } = page.window;

interface Listening {
  server: Socket<{ readable: ReadableStream<TCP> }>;
  id: number;
  readable: ReadableStream<TCP>;
}

async function listening(more: object = {}): Promise<Listening> {
  const server = new TCPServerSocket("0.0.0.0");
  const { id } = await page.next("listen");
  page.say({ type: "listening", id, localAddress: "192.0.2.2", localPort: 40_000, ...more });
  const { readable } = await server.opened;
  return { server, id, readable };
}

test("what cannot be is a TypeError at construction", () => {
  for (const address of ["", "localhost", "[::]", "127.1", "::1%lo"])
    assert.throws(() => new TCPServerSocket(address), TypeError, address);
  for (const options of [
    5,
    { localPort: 0 },
    { localPort: -1 },
    { localPort: 65_536 },
    { backlog: 0 },
    { backlog: 2 ** 32 },
    { ipv6Only: true },
    { secureTransport: "starttls" },
    { announce: 5 },
    { announce: { type: "_http._tcp" } },
    { announce: { name: "a" } },
    { announce: { type: "_http._tcp", name: "" } },
    { announce: { type: "_http._tcp", name: "\u00fc".repeat(32) } },
    { announce: { type: "_http._tcp", name: "a", txt: [""] } },
    { announce: { type: "_http._tcp", name: "a", txt: ["\u00fc".repeat(128)] } },
    { announce: { type: "_http._tcp", name: "a", txt: Array.from({ length: 17 }, () => "a") } },
    ...[
      "",
      "http",
      "_http",
      "_http._sctp",
      "_._tcp",
      "_a-._tcp",
      "_-a._tcp",
      "_a--b._tcp",
      `_${"a".repeat(16)}._tcp`,
      "_a._tcp.",
    ].map((type) => ({ announce: { type, name: "a" } })),
  ])
    assert.throws(() => new TCPServerSocket("0.0.0.0", options), TypeError, JSON.stringify(options));
  assert.deepEqual(page.said, []);
});

test("what goes out: the address in its canonical form, and the options", async () => {
  const ask = async (...given: unknown[]): Promise<object> => {
    const server = new TCPServerSocket(...given);
    const { id, options } = await page.next("listen");
    page.say({ type: "failed", id, error: pageError("NotAllowedError") });
    assert.equal(await outcome(server.opened), "NotAllowedError");
    assert.equal(await outcome(server.closed), "NotAllowedError");
    assert.equal(await outcome(server.close()), "InvalidStateError");
    return options;
  };
  assert.deepEqual(await ask("127.0.0.1"), { localAddress: "127.0.0.1" });
  // A server may say that it is not for IPv6 only, at any address (the draft; with a UDPSocket it may not).
  assert.deepEqual(await ask("127.0.0.1", { ipv6Only: false }), { localAddress: "127.0.0.1", ipv6Only: false });
  const announce = { type: "_a-1._tcp", name: "\u00fc".repeat(31), txt: ["a=1", "b"] };
  const options = { localPort: 40_000, backlog: 5, ipv6Only: true, secureTransport: "on", announce };
  assert.deepEqual(await ask("0::", { ...options, onstate: () => undefined }), { ...options, localAddress: "::" });
});

test("the open info; with TLS the hash of the certificate", async () => {
  const plain = await listening();
  const info = await plain.server.opened;
  assert.deepEqual(info, { localAddress: "192.0.2.2", localPort: 40_000, readable: plain.readable });
  const certificate = Uint8Array.of(1, 2, 3).buffer;
  const secure = await listening({ certificate });
  const { serverCertificateHash } = (await secure.server.opened) as { serverCertificateHash?: object };
  assert.deepEqual(serverCertificateHash, { algorithm: "sha-256", value: certificate });
});

test("a connection is taken when a read waits for it, one at a time; it is a TCPSocket that is open", async () => {
  const { id, readable } = await listening();
  await settle();
  assert.deepEqual(page.said, [], "nobody reads");
  const reader = readable.getReader();
  const reads = [reader.read(), reader.read()];
  for (const read of reads) {
    const accept = await page.next("accept");
    assert.equal(accept.listener, id);
    await settle();
    assert.deepEqual(page.said, [], "one at a time");
    page.say(opened(accept.id, { remotePort: accept.id }));
    const { value: socket } = await read;
    assert.ok(socket instanceof TCPSocket, "it is one");
    let state = "pending";
    void socket.opened.then(() => (state = "open"));
    await Promise.resolve();
    assert.equal(state, "open");
    const info = await socket.opened;
    assert.deepEqual(
      Object.entries(info).filter(([, value]) => typeof value !== "object"),
      [
        ["localAddress", "192.0.2.2"],
        ["localPort", 10],
        ["remoteAddress", "192.0.2.1"],
        ["remotePort", accept.id],
      ],
    );
    const closing = socket.close();
    await page.next("close");
    page.say({ type: "closed", id: accept.id });
    await closing;
  }
  await settle();
  assert.deepEqual(page.said, [], "nobody reads any more");
});

test("closing gives up the accept that waits, and leaves those connections alone that were accepted", async () => {
  const { server, id, readable } = await listening();
  const reader = readable.getReader();
  const first = reader.read();
  const accepted = await page.next("accept");
  page.say(opened(accepted.id));
  const { value: socket } = await first;
  const waits = outcome(reader.read());
  const pending = await page.next("accept");
  assert.equal(await outcome(server.close()), "InvalidStateError", "the stream is locked");
  reader.releaseLock();
  assert.equal(await waits, "TypeError", "it was released");
  const closing = server.close();
  assert.equal(closing, server.closed);
  assert.equal((await page.next("close")).id, id);
  page.say({ type: "failed", id: pending.id, error: pageError("AbortError") });
  page.say({ type: "closed", id });
  assert.equal(await outcome(closing), "");
  assert.equal((await readable.getReader().read()).done, true);
  const { readable: still } = (await socket?.opened) ?? assert.fail();
  page.say({ type: "data", id: accepted.id, data: new ArrayBuffer(3) });
  assert.equal((await still.getReader().read()).value?.byteLength, 3);
});

test("a connection that came when nobody reads waits for the next read, and goes with the server", async () => {
  for (const ends of ["read", "close"] as const) {
    const { server, readable } = await listening();
    const reader = readable.getReader();
    void outcome(reader.read());
    const { id } = await page.next("accept");
    reader.releaseLock();
    page.say(opened(id));
    await settle();
    if (ends === "read") {
      assert.ok((await readable.getReader().read()).value instanceof TCPSocket, "it waited");
      assert.deepEqual(page.said, []);
    } else {
      void server.close();
      await settle();
      assert.deepEqual(
        page.said.splice(0).map((message) => message.type === "close" && message.id === id),
        [true, false],
      );
    }
  }
});

test("a connection that comes after the end is closed", async () => {
  const { readable } = await listening();
  const reader = readable.getReader();
  void outcome(reader.read());
  const { id } = await page.next("accept");
  await reader.cancel();
  await page.next("close");
  page.say(opened(id));
  assert.equal((await page.next("close")).id, id);
});

test("what ends a listener errors the readable, and closed; a failed accept does so, too", async () => {
  const lost = await listening();
  const read = outcome(lost.readable.getReader().read());
  const { id } = await page.next("accept");
  page.say({ type: "failed", id, error: pageError("AbortError") });
  page.say({ type: "closed", id: lost.id, error: pageError("NetworkError") });
  assert.equal(await read, "NetworkError");
  assert.equal(await outcome(lost.server.closed), "NetworkError");

  const failed = await listening();
  const other = outcome(failed.readable.getReader().read());
  page.say({ type: "failed", id: (await page.next("accept")).id, error: pageError("QuotaExceededError") });
  assert.equal(await other, "QuotaExceededError");
  assert.equal((await page.next("close")).id, failed.id);
  page.say({ type: "closed", id: failed.id });
  assert.equal(await outcome(failed.server.closed), "QuotaExceededError");

  const ended = await listening();
  page.say({ type: "closed", id: ended.id });
  assert.equal((await ended.readable.getReader().read()).done, true);
  assert.equal(await outcome(ended.server.closed), "");
});

test("when everything is lost, servers are, too", async () => {
  const { server, readable } = await listening();
  const read = outcome(readable.getReader().read());
  await page.next("accept");
  page.say({ type: "lost" });
  assert.equal(await read, "NetworkError");
  assert.equal(await outcome(server.closed), "NetworkError");
});
