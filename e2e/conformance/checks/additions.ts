// What Portside adds to the draft. The browser's own implementation passes over members that it does not know.
import { api, type TCP } from "../kit/api.ts";
import { equal, ok, rejects, same, sleep, stateOf, text, throws, bytesOf } from "../kit/assert.ts";
import { addition, group, type Scene } from "../kit/check.ts";

const add = group("Portside's additions");

interface Secure {
  tls: { version: string; cipherSuite: string; alpnProtocol: string; peerCertificates: ArrayBuffer[] } | null;
}

/** The hash of the far end's certificate, which a TLS connection that trusts everybody's tells first. */
async function echoed(scene: Scene, socket: TCP, words: string): Promise<void> {
  const { readable, writable } = await socket.opened;
  await scene.writer(writable).write(bytesOf(words));
  const reader = scene.reader(readable);
  equal(text((await reader.read()).value ?? new Uint8Array()), words, "the echo");
}

add(
  "more-transport-unknown",
  "secureTransport that is none of its words: TypeError.",
  () => {
    throws(() => new api.TCPSocket("127.0.0.1", 9, { secureTransport: "maybe" }), "TypeError", "the constructor");
  },
  addition,
);
add("more-transport-off", "secureTransport off is a socket without TLS.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "echo" });
  await echoed(scene, scene.tcp("127.0.0.1", port, { secureTransport: "off" }), "plain");
});
add(
  "more-transport-on",
  "secureTransport on speaks TLS from the first byte.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "tls-echo" });
    await echoed(scene, scene.tcp("127.0.0.1", port, { secureTransport: "on" }), "secret");
  },
  { ...addition, limit: 4_000 },
);
add(
  "more-tls-info",
  "OpenInfo has tls: version, cipherSuite, alpnProtocol and peerCertificates.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "tls-echo" });
    const { tls } = (await scene.tcp("127.0.0.1", port, { secureTransport: "on" }).opened) as unknown as Secure;
    ok(tls, "there is tls");
    same([tls.version, tls.alpnProtocol], ["1.3", ""], "version and protocol");
    ok(tls.cipherSuite.startsWith("TLS_"), `cipherSuite is ${tls.cipherSuite}`);
    ok((tls.peerCertificates[0]?.byteLength ?? 0) > 100, "a certificate");
  },
  { ...addition, limit: 4_000 },
);
add(
  "more-tls-wrong-name",
  "A certificate for another name: NetworkError.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "tls-echo" });
    const options = { secureTransport: "on", serverName: "elsewhere.example" };
    await rejects(scene.tcp("127.0.0.1", port, options).opened, "NetworkError", "opened");
  },
  { ...addition, limit: 4_000 },
);
add(
  "more-tls-pinned",
  "serverCertificateHashes with the certificate's hash opens, with another one does not.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "tls-echo" });
    const first = (await scene.tcp("127.0.0.1", port, { secureTransport: "on" }).opened) as unknown as Secure;
    const der = first.tls?.peerCertificates[0];
    ok(der, "a certificate");
    const value = await crypto.subtle.digest("SHA-256", der);
    const pinned = (hash: ArrayBuffer): object => ({
      secureTransport: "on",
      serverCertificateHashes: [{ algorithm: "sha-256", value: hash }],
    });
    await echoed(scene, scene.tcp("127.0.0.1", port, pinned(value)), "pinned");
    await rejects(
      scene.tcp("127.0.0.1", port, pinned(new ArrayBuffer(32))).opened,
      "NetworkError",
      "with another hash",
    );
  },
  { ...addition, limit: 5_000 },
);
add(
  "more-tls-plain-server",
  "TLS to a server without TLS: NetworkError.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "echo" });
    await rejects(scene.tcp("127.0.0.1", port, { secureTransport: "on" }).opened, "NetworkError", "opened");
  },
  { ...addition, limit: 4_000 },
);
add(
  "more-start-tls",
  "startTls() of a plain socket gives a new socket that speaks TLS.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "starttls-echo" });
    const plain = scene.tcp("127.0.0.1", port, { secureTransport: "starttls" });
    const { readable, writable } = await plain.opened;
    const writer = scene.writer(writable);
    const reader = scene.reader(readable);
    await writer.write(bytesOf("starttls"));
    equal(text((await reader.read()).value ?? new Uint8Array()), "go", "the go-ahead");
    writer.releaseLock();
    reader.releaseLock();
    const secure = await (plain as unknown as { startTls(): TCP | Promise<TCP> }).startTls();
    ok(secure !== plain, "another socket");
    await echoed(scene, scene.keep(secure), "secret");
  },
  { ...addition, limit: 4_000 },
);
add(
  "more-signal-aborted",
  "signal that is aborted already: opened rejects with its reason.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "echo" });
    const reason = new Error("mine");
    const socket = scene.tcp("127.0.0.1", port, { signal: AbortSignal.abort(reason) });
    const error: unknown = await socket.opened.then(
      () => undefined,
      (caught: unknown) => caught,
    );
    equal(error, reason, "the error of opened");
  },
  addition,
);
add(
  "more-signal-not-a-signal",
  "signal that is no AbortSignal: TypeError.",
  () => {
    throws(() => new api.TCPSocket("127.0.0.1", 9, { signal: {} }), "TypeError", "the constructor");
  },
  addition,
);
add("more-signal-after", "A signal that aborts after the opening changes nothing.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "echo" });
  const controller = new AbortController();
  const socket = scene.tcp("127.0.0.1", port, { signal: controller.signal });
  await socket.opened;
  controller.abort();
  await sleep(50);
  equal(await stateOf(socket.closed, 50), "pending", "closed");
  await echoed(scene, socket, "still");
});
add(
  "more-timeout-range",
  "timeout that is negative: TypeError.",
  () => {
    throws(() => new api.TCPSocket("127.0.0.1", 9, { timeout: -1 }), "TypeError", "the constructor");
  },
  addition,
);
add(
  "more-reason",
  "A refused connection tells the reason.",
  async (scene) => {
    const error = await rejects(scene.tcp("127.0.0.1", await scene.far.closedPort()).opened, "NetworkError", "opened");
    equal((error as { reason?: string }).reason, "refused", "reason");
  },
  addition,
);
add(
  "more-server-secure",
  "A server with secureTransport on tells the hash of its certificate, and a client that pins it is accepted.",
  async (scene) => {
    const info = (await scene.server("127.0.0.1", { secureTransport: "on" }).opened) as unknown as {
      readable: ReadableStream<TCP>;
      localPort: number;
      serverCertificateHash: { algorithm: string; value: ArrayBuffer };
    };
    equal(info.serverCertificateHash.algorithm, "sha-256", "algorithm");
    equal(info.serverCertificateHash.value.byteLength, 32, "the hash's length");
    const reading = scene.reader(info.readable).read();
    const options = { secureTransport: "on", serverCertificateHashes: [info.serverCertificateHash] };
    const client = await scene.tcp("127.0.0.1", info.localPort, options).opened;
    const { value: accepted } = await reading;
    ok(accepted, "a socket was accepted");
    const { writable } = await scene.keep(accepted).opened;
    await scene.writer(writable).write(bytesOf("secret"));
    equal(
      text((await scene.reader(client.readable).read()).value ?? new Uint8Array()),
      "secret",
      "what the client got",
    );
  },
  { ...addition, limit: 5_000 },
);
