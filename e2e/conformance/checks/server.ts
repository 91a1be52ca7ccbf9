// TCPServerSocket: opening, accepting, closing.
import { api } from "../kit/api.ts";
import { bytesOf, equal, isError, ok, rejects, same, sleep, stateOf, text } from "../kit/assert.ts";
import { askedLimit, clicked, group, nativeAtFault, shellHasNoPorts, type Scene } from "../kit/check.ts";
import type { Server, ServerInfo, TCP } from "../kit/api.ts";

const add = group("TCPServerSocket");

export const open = (scene: Scene, options: object = {}): Promise<ServerInfo> =>
  scene.server("127.0.0.1", options).opened;

/** The next accepted socket. */
async function next(scene: Scene, reader: ReadableStreamDefaultReader<TCP>): Promise<TCP> {
  const { value } = await reader.read();
  ok(value, "a socket was accepted");
  return scene.keep(value);
}

export async function accepted(
  scene: Scene,
): Promise<{ server: Server; info: ServerInfo; socket: TCP; far: Awaited<ReturnType<Scene["far"]["connect"]>> }> {
  const server = scene.server("127.0.0.1");
  const info = await server.opened;
  const reader = scene.reader(info.readable);
  const reading = next(scene, reader);
  const far = await scene.far.connect(info.localPort);
  const socket = await reading;
  reader.releaseLock();
  return { server, info, socket, far };
}

add("server-open-info-members", "OpenInfo has readable, localAddress and localPort.", async (scene) => {
  same(Object.keys(await open(scene)).sort(), ["localAddress", "localPort", "readable"], "its members");
});
add("server-open-readable", "readable is a stream of this window, and not locked.", async (scene) => {
  const { readable } = await open(scene);
  ok(readable instanceof ReadableStream, "a ReadableStream");
  equal(readable.locked, false, "locked");
});
add(
  "server-open-local",
  "localAddress is the one that was asked for, localPort one that the system chose.",
  async (scene) => {
    const { localAddress, localPort } = await open(scene);
    equal(localAddress, "127.0.0.1", "localAddress");
    ok(localPort >= 1_024 && localPort <= 65_535, `a port that is free for all: ${localPort}`);
  },
);
add(
  "server-open-port",
  "localPort is the one that was asked for.",
  async (scene) => {
    const port = await scene.far.closedPort();
    await clicked();
    equal((await open(scene, { localPort: port })).localPort, port, "localPort");
  },
  { limit: askedLimit },
);
add("server-open-ipv6", "An IPv6 address works, without brackets.", async (scene) => {
  const { readable, localAddress, localPort } = await scene.server("::1").opened;
  equal(localAddress, "::1", "localAddress");
  const reading = next(scene, scene.reader(readable));
  await scene.far.connect(localPort, { does: "sink" }, "::1");
  await (
    await reading
  ).opened;
});
add("server-open-backlog", "A server with a backlog opens and accepts.", async (scene) => {
  const { readable, localPort } = await open(scene, { backlog: 1 });
  const reading = next(scene, scene.reader(readable));
  await scene.far.connect(localPort);
  await (
    await reading
  ).opened;
});
add(
  "server-port-taken",
  "A port that is taken: opened and closed reject with the same NetworkError.",
  async (scene) => {
    const { localPort } = await open(scene);
    await clicked();
    const second = scene.server("127.0.0.1", { localPort });
    const error = await rejects(second.opened, "NetworkError", "opened");
    equal(await rejects(second.closed, "NetworkError", "closed"), error, "the error of closed");
  },
  { limit: askedLimit },
);
add(
  "server-low-port",
  "A port below 32768 is refused: NotAllowedError.",
  async (scene) => {
    await clicked();
    const server = scene.server("127.0.0.1", { localPort: 32_767 });
    await rejects(server.opened, "NotAllowedError", "opened");
    await rejects(server.closed, "NotAllowedError", "closed");
  },
  { ...shellHasNoPorts, limit: askedLimit },
);
add(
  "server-privileged-port",
  "A port below 1024 is refused: NotAllowedError.",
  async (scene) => {
    await clicked();
    await rejects(scene.server("127.0.0.1", { localPort: 80 }).opened, "NotAllowedError", "opened");
  },
  { ...shellHasNoPorts, limit: askedLimit },
);
add(
  "server-first-port",
  "Port 32768 is not refused.",
  async (scene) => {
    await clicked();
    const error: unknown = await open(scene, { localPort: 32_768 }).catch((caught: unknown) => caught);
    // Somebody else may have it.
    ok(!isError(error, "NotAllowedError"), `no refusal: ${String(error)}`);
  },
  { limit: askedLimit },
);
add(
  "server-foreign-address",
  "An address that is not this computer's: opened rejects.",
  async (scene) => {
    await clicked();
    equal(await stateOf(scene.server("198.51.100.1").opened, 3_000), "rejected", "opened");
  },
  { limit: askedLimit },
);
add("server-closed-pending", "closed stays pending while the server is open.", async (scene) => {
  const server = scene.server("127.0.0.1");
  await server.opened;
  equal(await stateOf(server.closed), "pending", "closed");
});

add("server-accepts", "A connection comes out of readable as a TCPSocket.", async (scene) => {
  const { socket } = await accepted(scene);
  ok(socket instanceof api.TCPSocket, "an instance of TCPSocket");
});
add("server-accepted-open", "An accepted socket is open already: opened is resolved.", async (scene) => {
  const { socket } = await accepted(scene);
  equal(await stateOf(socket.opened, 50), "resolved", "opened");
  equal(socket.opened, socket.opened, "opened at each get");
});
add("server-accepted-remote", "An accepted socket tells where the other side is.", async (scene) => {
  const { socket, far } = await accepted(scene);
  const { remoteAddress, remotePort } = await socket.opened;
  same([remoteAddress, remotePort], ["127.0.0.1", far.port], "the remote end");
});
add(
  "server-accepted-local",
  "An accepted socket tells its own end: the server's.",
  async (scene) => {
    const { socket, info } = await accepted(scene);
    const { localAddress, localPort } = await socket.opened;
    same([localAddress, localPort], ["127.0.0.1", info.localPort], "the local end");
  },
  nativeAtFault("Accepted sockets have neither localAddress nor localPort."),
);
add("server-accepted-echo", "Bytes go both ways.", async (scene) => {
  const { socket } = await accepted(scene);
  const { readable, writable } = await socket.opened;
  await scene.writer(writable).write(bytesOf("hello"));
  equal(text((await scene.reader(readable).read()).value ?? new Uint8Array()), "hello", "the echo");
});
add("server-accepted-byob", "An accepted socket's readable is a byte stream.", async (scene) => {
  const { socket } = await accepted(scene);
  const { readable, writable } = await socket.opened;
  await scene.writer(writable).write(bytesOf("hello"));
  equal((await scene.byobReader(readable).read(new Uint8Array(2))).value?.length, 2, "bytes");
});
add("server-accepted-large", "A megabyte arrives whole.", async (scene) => {
  const { readable, localPort } = await open(scene);
  const reading = next(scene, scene.reader(readable));
  await scene.far.connect(localPort, { does: "send", bytes: 1_000_000, then: "fin" });
  let bytes = 0;
  for await (const chunk of (await (await reading).opened).readable) bytes += chunk.length;
  equal(bytes, 1_000_000, "bytes");
});
add("server-accepted-close", "close() of an accepted socket ends its connection.", async (scene) => {
  const { socket, far } = await accepted(scene);
  await socket.opened;
  await socket.close();
  equal((await far.report({ ended: true })).connections[0]?.ended, true, "the other side saw the end");
});
add("server-accepts-several", "Connections come out in the order in which they came.", async (scene) => {
  const { readable, localPort } = await open(scene);
  const reader = scene.reader(readable);
  const ports = [];
  for (let count = 0; count < 5; count++) ports.push((await scene.far.connect(localPort)).port);
  const remotes = [];
  for (let count = 0; count < 5; count++) remotes.push((await (await next(scene, reader)).opened).remotePort);
  same(remotes, ports, "the remote ports");
});
add("server-accepts-waiting", "A connection that came before anybody read is accepted later.", async (scene) => {
  const { readable, localPort } = await open(scene);
  const far = await scene.far.connect(localPort);
  await sleep(100);
  const { remotePort } = await (await next(scene, scene.reader(readable))).opened;
  equal(remotePort, far.port, "remotePort");
});
add(
  "server-accepts-fifty",
  "Fifty connections are open at a time.",
  async (scene) => {
    const { readable, localPort } = await open(scene);
    const reader = scene.reader(readable);
    const sockets = [];
    for (let count = 0; count < 50; count++) {
      const reading = next(scene, reader);
      await scene.far.connect(localPort);
      sockets.push(await (await reading).opened);
    }
    for (const { writable } of sockets) await writable.getWriter().write(new Uint8Array(1));
    equal(new Set(sockets.map(({ remotePort }) => remotePort)).size, 50, "different peers");
  },
  { limit: 5_000 },
);
add("server-own-client", "A page can connect to its own server.", async (scene) => {
  const { readable, localPort } = await open(scene);
  const reading = next(scene, scene.reader(readable));
  const client = await scene.tcp("127.0.0.1", localPort).opened;
  const { readable: heard, remotePort } = await (await reading).opened;
  equal(remotePort, client.localPort, "remotePort");
  await scene.writer(client.writable).write(bytesOf("hello"));
  equal(text((await scene.reader(heard).read()).value ?? new Uint8Array()), "hello", "what the server got");
});
add(
  "server-exchange",
  "A client and an accepted socket answer each other, and all three sockets close.",
  async (scene) => {
    const server = scene.server("127.0.0.1");
    const { readable, localPort } = await server.opened;
    const reader = scene.reader(readable);
    const client = scene.tcp("127.0.0.1", localPort);
    const socket = await next(scene, reader);
    reader.releaseLock();
    const here = await client.opened;
    const there = await socket.opened;
    for (const [from, to] of [
      [here, there],
      [there, here],
    ] as const) {
      const writer = from.writable.getWriter();
      await writer.write(bytesOf("a line"));
      writer.releaseLock();
      const lines = to.readable.getReader();
      equal(text((await lines.read()).value ?? new Uint8Array()), "a line", "what arrived");
      lines.releaseLock();
    }
    await client.close();
    await socket.close();
    await server.close();
  },
);
add(
  "server-half-close",
  "An accepted socket can half-close.",
  async (scene) => {
    const { readable, localPort } = await open(scene);
    const reading = next(scene, scene.reader(readable));
    await scene.far.connect(localPort, { does: "answer-after-fin" });
    const info = await (await reading).opened;
    await scene.writer(info.writable).close();
    equal(
      text((await scene.reader(info.readable).read()).value ?? new Uint8Array()),
      "late",
      "what came after our FIN",
    );
  },
  nativeAtFault("Chromium sends no FIN while the readable is open."),
);
add(
  "server-reset-connection",
  "A connection that is reset before it is read does not end the server.",
  async (scene) => {
    const { readable, localPort } = await open(scene);
    await scene.far.connect(localPort, { does: "reset" });
    await sleep(50);
    const far = await scene.far.connect(localPort);
    const reader = scene.reader(readable);
    for (let count = 0; count < 3; count++) {
      const socket = await next(scene, reader);
      const info = await socket.opened.catch(() => undefined);
      if (info?.remotePort === far.port) return;
    }
    ok(false, "the next connection was accepted");
  },
);

add("server-dual-stack", "A server at :: with ipv6Only false accepts IPv4 too.", async (scene) => {
  const { readable, localPort } = await scene.server("::", { ipv6Only: false }).opened;
  const reading = next(scene, scene.reader(readable));
  await scene.far.connect(localPort);
  await (
    await reading
  ).opened;
});
add("server-ipv6-only", "A server at :: with ipv6Only true accepts no IPv4.", async (scene) => {
  const { readable, localPort } = await scene.server("::", { ipv6Only: true }).opened;
  const reading = next(scene, scene.reader(readable));
  equal(await stateOf(scene.far.connect(localPort), 1_000), "rejected", "a connection by IPv4");
  await scene.far.connect(localPort, { does: "echo" }, "::1");
  await (
    await reading
  ).opened;
});
