// Opening a TCPSocket: what opened tells, and how it fails.
import { api } from "../kit/api.ts";
import { equal, isError, ok, rejects, same, sleep, stateOf } from "../kit/assert.ts";
import { askedLimit, clicked, group, nativeAtFault } from "../kit/check.ts";

const add = group("Opening a TCPSocket");

/** Collects what window reports as rejections that nobody handled. */
function unhandled(): { found: unknown[]; stop(): void } {
  const found: unknown[] = [];
  const listener = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    found.push(event.reason);
  };
  addEventListener("unhandledrejection", listener);
  return {
    found,
    stop: () => {
      removeEventListener("unhandledrejection", listener);
    },
  };
}

add("tcp-open-info", "opened resolves with a plain object.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "echo" });
  const info = await scene.tcp("127.0.0.1", port).opened;
  equal(Object.getPrototypeOf(info), Object.prototype, "its prototype");
});
add("tcp-open-info-members", "OpenInfo has the six members of its dictionary.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "echo" });
  const info = await scene.tcp("127.0.0.1", port).opened;
  const members = ["localAddress", "localPort", "readable", "remoteAddress", "remotePort", "writable"];
  same(
    Object.keys(info)
      .filter((name) => name !== "tls")
      .sort(),
    members,
    "its members",
  );
});
add("tcp-open-streams", "readable and writable are streams of this window.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "echo" });
  const { readable, writable } = await scene.tcp("127.0.0.1", port).opened;
  ok(readable instanceof ReadableStream, "readable");
  ok(writable instanceof WritableStream, "writable");
  equal(readable.locked, false, "readable.locked");
  equal(writable.locked, false, "writable.locked");
});
add("tcp-open-remote", "remoteAddress and remotePort are where it is connected to.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "echo" });
  const { remoteAddress, remotePort } = await scene.tcp("127.0.0.1", port).opened;
  equal(remoteAddress, "127.0.0.1", "remoteAddress");
  equal(remotePort, port, "remotePort");
});
add("tcp-open-local", "localAddress and localPort are what the other side sees.", async (scene) => {
  const far = await scene.far.tcp({ does: "echo" });
  const { localAddress, localPort } = await scene.tcp("127.0.0.1", far.port).opened;
  equal(localAddress, "127.0.0.1", "localAddress");
  const { connections } = await far.report({ connections: 1 });
  equal(localPort, connections[0]?.remotePort, "localPort");
});
add(
  "tcp-open-name",
  "A name is resolved; remoteAddress is the address, not the name.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "echo" });
    await clicked();
    const { remoteAddress } = await scene.tcp("localhost", port).opened;
    equal(remoteAddress, "127.0.0.1", "remoteAddress");
  },
  { limit: askedLimit },
);
add("tcp-open-ipv6", "An IPv6 address works, without brackets.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "echo" }, "::1");
  const { remoteAddress, localAddress } = await scene.tcp("::1", port).opened;
  equal(remoteAddress, "::1", "remoteAddress");
  equal(localAddress, "::1", "localAddress");
});
add("tcp-open-ipv6-spelling", "remoteAddress is an IPv6 address in its short form.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "echo" }, "::1");
  const { remoteAddress } = await scene.tcp("0:0:0:0:0:0:0:1", port).opened;
  equal(remoteAddress, "::1", "remoteAddress");
});
add(
  "tcp-open-dns-ipv4",
  "dnsQueryType ipv4: a name is resolved to an IPv4 address.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "echo" });
    await clicked();
    const { remoteAddress } = await scene.tcp("localhost", port, { dnsQueryType: "ipv4" }).opened;
    equal(remoteAddress, "127.0.0.1", "remoteAddress");
  },
  { limit: askedLimit },
);
add(
  "tcp-open-dns-ipv6",
  "dnsQueryType ipv6: a name is resolved to an IPv6 address.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "echo" }, "::1");
    await clicked();
    const { remoteAddress } = await scene.tcp("localhost", port, { dnsQueryType: "ipv6" }).opened;
    equal(remoteAddress, "::1", "remoteAddress");
  },
  { limit: askedLimit },
);
add("tcp-open-port-wraps", "remotePort has no [EnforceRange]: it wraps modulo 65536.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "echo" });
  equal((await scene.tcp("127.0.0.1", port + 65_536).opened).remotePort, port, "65536 more");
  equal((await scene.tcp("127.0.0.1", port - 65_536).opened).remotePort, port, "65536 less");
});
add("tcp-open-port-string", "remotePort may be a string of digits, or have a fraction.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "echo" });
  equal((await scene.tcp("127.0.0.1", String(port)).opened).remotePort, port, "a string");
  equal((await scene.tcp("127.0.0.1", port + 0.9).opened).remotePort, port, "a fraction");
});
for (const [what, options] of Object.entries({
  noDelay: { noDelay: true },
  keepAliveDelay: { keepAliveDelay: 1_000 },
  sendBufferSize: { sendBufferSize: 65_536 },
  receiveBufferSize: { receiveBufferSize: 65_536 },
}))
  add(`tcp-open-with-${what}`, `A socket with ${what} opens and echoes.`, async (scene) => {
    const { port } = await scene.far.tcp({ does: "echo" });
    const { readable, writable } = await scene.tcp("127.0.0.1", port, options).opened;
    await scene.writer(writable).write(new Uint8Array([1, 2, 3]));
    const { value } = await scene.reader(readable).read();
    same([...(value ?? [])], [1, 2, 3], "the echo");
  });
add("tcp-open-many", "Twenty sockets open side by side.", async (scene) => {
  const far = await scene.far.tcp({ does: "echo" });
  const infos = await Promise.all(Array.from({ length: 20 }, () => scene.tcp("127.0.0.1", far.port).opened));
  equal(new Set(infos.map(({ localPort }) => localPort)).size, 20, "different local ports");
});
add("tcp-open-closed-pending", "closed stays pending while the socket is open.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "echo" });
  const socket = scene.tcp("127.0.0.1", port);
  await socket.opened;
  equal(await stateOf(socket.closed), "pending", "closed");
});

add(
  "tcp-open-fin-at-once",
  "A connection that the other side half-closes at once opens all the same.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "fin-at-once" });
    for (let times = 0; times < 20; times++) {
      const { readable } = await scene.tcp("127.0.0.1", port).opened;
      equal((await scene.reader(readable).read()).done, true, "done");
    }
  },
  nativeAtFault(
    "Chromium asks for the address of a connection that may be half-closed by then, and opened rejects with InvalidStateError.",
    "now and then",
  ),
);

add("tcp-refused", "A port that nobody listens to: NetworkError.", async (scene) => {
  const socket = scene.tcp("127.0.0.1", await scene.far.closedPort());
  await rejects(socket.opened, "NetworkError", "opened");
  await rejects(socket.closed, "NetworkError", "closed");
});
add("tcp-refused-same-error", "opened and closed reject with the same object.", async (scene) => {
  const socket = scene.tcp("127.0.0.1", await scene.far.closedPort());
  const first = await rejects(socket.opened, "NetworkError", "opened");
  const second = await rejects(socket.closed, "NetworkError", "closed");
  equal(second, first, "the error of closed");
});
add("tcp-refused-error-type", "The error is a DOMException of this window.", async (scene) => {
  const error = await rejects(scene.tcp("127.0.0.1", await scene.far.closedPort()).opened, "NetworkError", "opened");
  ok(error instanceof DOMException, "an instance of DOMException");
});
add(
  "tcp-unknown-name",
  "A name that does not exist: NetworkError.",
  async (scene) => {
    await rejects(scene.tcp("nothing.invalid", 9).opened, "NetworkError", "opened");
  },
  { limit: 4_000 },
);
add(
  "tcp-empty-address",
  "An empty address: NetworkError.",
  async (scene) => {
    await rejects(scene.tcp("", 9).opened, "NetworkError", "opened");
  },
  {
    portside: { kind: "ours on purpose", why: "An empty address has the user name the destination, after a click." },
  },
);
add("tcp-port-zero", "Port 0 leads nowhere: NetworkError.", async (scene) => {
  await rejects(scene.tcp("127.0.0.1", 0).opened, "NetworkError", "opened");
});
add("tcp-wrong-family", "dnsQueryType ipv6 with an IPv4 address: NetworkError.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "echo" });
  await rejects(scene.tcp("127.0.0.1", port, { dnsQueryType: "ipv6" }).opened, "NetworkError", "opened");
});
add("tcp-closed-never-unhandled", "closed that rejects is never reported as unhandled.", async (scene) => {
  const port = await scene.far.closedPort();
  const rejections = unhandled();
  const socket = new api.TCPSocket("127.0.0.1", port);
  const error = await socket.opened.catch((caught: unknown) => caught);
  await sleep(150);
  rejections.stop();
  ok(isError(error, "NetworkError"), "it failed");
  equal(rejections.found.length, 0, "unhandled rejections");
});
add(
  "tcp-opened-is-unhandled",
  "opened that rejects is reported as unhandled when nobody asks for it.",
  async (scene) => {
    const port = await scene.far.closedPort();
    const rejections = unhandled();
    void new api.TCPSocket("127.0.0.1", port).opened;
    for (let waits = 0; rejections.found.length === 0 && waits < 30; waits++) await sleep(50);
    rejections.stop();
    equal(rejections.found.length, 1, "unhandled rejections");
  },
);
