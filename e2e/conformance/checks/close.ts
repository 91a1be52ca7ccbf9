// close() of TCPSocket and UDPSocket (that of a server is with the servers).
import type { Socket } from "../kit/api.ts";
import { equal, givesUndefined, rejects, same, sleep, stateOf } from "../kit/assert.ts";
import { askedLimit, clicked, group, nativeAtFault, type Scene } from "../kit/check.ts";

const add = group("close()");

/** What the two kinds of OpenInfo have in common. */
interface Info {
  readable: ReadableStream<unknown>;
  writable: WritableStream<unknown>;
}

interface Kind {
  name: string;
  key: string;
  /** A socket that opens. */
  open: (scene: Scene) => Promise<Socket<Info>>;
  /** One that fails to. */
  fail?: (scene: Scene) => Promise<Socket<Info>>;
  chunk: () => unknown;
}

const kinds: Kind[] = [
  {
    name: "TCPSocket",
    key: "tcp",
    open: async (scene) => scene.tcp("127.0.0.1", (await scene.far.tcp({ does: "sink" })).port),
    fail: async (scene) => scene.tcp("127.0.0.1", await scene.far.closedPort()),
    chunk: () => new Uint8Array(3),
  },
  {
    name: "UDPSocket, connected",
    key: "udp",
    open: async (scene) => scene.udp({ remoteAddress: "127.0.0.1", remotePort: (await scene.far.udp("sink")).port }),
    chunk: () => ({ data: new Uint8Array(3) }),
  },
  {
    name: "UDPSocket, bound",
    key: "bound",
    open: async (scene) => scene.udp({ localAddress: "127.0.0.1" }),
    chunk: () => ({ data: new Uint8Array(3), remoteAddress: "127.0.0.1", remotePort: 9 }),
  },
];

for (const { name, key, open, fail, chunk } of kinds) {
  add(`close-${key}-opening`, `${name}: before it is open, close() rejects with InvalidStateError.`, async (scene) => {
    const socket = await open(scene);
    await rejects(socket.close(), "InvalidStateError", "close()");
    await socket.opened;
  });
  add(`close-${key}-resolves`, `${name}: close() resolves with undefined, and so does closed.`, async (scene) => {
    const socket = await open(scene);
    await socket.opened;
    await givesUndefined(socket.close(), "close()");
    await givesUndefined(socket.closed, "closed");
  });
  add(
    `close-${key}-same-promise`,
    `${name}: close() after the socket has closed gives the promise that closed is.`,
    async (scene) => {
      const socket = await open(scene);
      await socket.opened;
      await socket.close().catch(() => undefined);
      const again = socket.close();
      equal(
        await again.then(
          () => "resolved",
          () => "rejected",
        ),
        await socket.closed.then(
          () => "resolved",
          () => "rejected",
        ),
        "how they settle",
      );
    },
  );
  add(
    `close-${key}-locked-readable`,
    `${name}: with a locked readable, close() rejects with InvalidStateError and closes nothing.`,
    async (scene) => {
      const socket = await open(scene);
      const { readable, writable } = await socket.opened;
      scene.reader(readable);
      await rejects(socket.close(), "InvalidStateError", "close()");
      equal(await stateOf(socket.closed), "pending", "closed");
      equal(writable.locked, false, "writable.locked");
    },
  );
  add(
    `close-${key}-locked-writable`,
    `${name}: with a locked writable, close() rejects with InvalidStateError and closes nothing.`,
    async (scene) => {
      const socket = await open(scene);
      const { writable } = await socket.opened;
      scene.writer(writable);
      await rejects(socket.close(), "InvalidStateError", "close()");
      equal(await stateOf(socket.closed), "pending", "closed");
    },
  );
  add(`close-${key}-after-release`, `${name}: with locks that were released, close() closes.`, async (scene) => {
    const socket = await open(scene);
    const { readable, writable } = await socket.opened;
    scene.reader(readable).releaseLock();
    scene.writer(writable).releaseLock();
    await socket.close().catch(() => undefined);
    equal((await stateOf(socket.closed)) === "pending", false, "closed is pending");
  });
  add(`close-${key}-then-read`, `${name}: after close() reads are done.`, async (scene) => {
    const socket = await open(scene);
    const { readable } = await socket.opened;
    await socket.close().catch(() => undefined);
    equal((await scene.reader(readable).read()).done, true, "done");
  });
  add(`close-${key}-then-write`, `${name}: after close() writes reject with AbortError.`, async (scene) => {
    const socket = await open(scene);
    const { writable } = await socket.opened;
    await socket.close().catch(() => undefined);
    await rejects(scene.writer(writable).write(chunk()), "AbortError", "the write");
  });
  if (fail !== undefined)
    add(
      `close-${key}-failed`,
      `${name}: after opening has failed, close() rejects with InvalidStateError.`,
      async (scene) => {
        const socket = await fail(scene);
        await rejects(socket.opened, "NetworkError", "opened");
        await rejects(socket.close(), "InvalidStateError", "close()");
      },
      nativeAtFault("close() gives the rejected promise closed instead."),
    );
}

add("close-tcp-fin", "TCPSocket: close() ends the connection for the other side.", async (scene) => {
  const far = await scene.far.tcp({ does: "sink" });
  const socket = scene.tcp("127.0.0.1", far.port);
  await socket.opened;
  await far.report({ connections: 1 });
  await socket.close().catch(() => undefined);
  const { connections } = await far.report({ closed: true });
  equal(connections[0]?.closed, true, "closed");
});
add("close-tcp-written", "TCPSocket: what was written and acknowledged before close() arrives.", async (scene) => {
  const far = await scene.far.tcp({ does: "sink" });
  const socket = scene.tcp("127.0.0.1", far.port);
  const { writable } = await socket.opened;
  const writer = scene.writer(writable);
  await writer.write(new Uint8Array(50_000));
  writer.releaseLock();
  await socket.close().catch(() => undefined);
  equal((await far.report({ received: 50_000 })).connections[0]?.received, 50_000, "bytes at the other side");
});
add(
  "close-tcp-last-read",
  "TCPSocket: close() right after the last read of a conversation finds no lock left, 50 times out of 50.",
  async (scene) => {
    const far = await scene.far.tcp({ does: "echo" });
    for (let times = 0; times < 50; times++) {
      const socket = scene.tcp("127.0.0.1", far.port);
      const { readable, writable } = await socket.opened;
      const writing = (async () => {
        const writer = writable.getWriter();
        await writer.write(new Uint8Array([1]));
        writer.releaseLock();
      })();
      const reader = readable.getReader();
      await reader.read();
      reader.releaseLock();
      await socket.close();
      await writing;
    }
  },
  nativeAtFault(
    "Now and then the answer to a write comes before its acknowledgement, and the writer is still locked.",
    "now and then",
  ),
);
add(
  "close-udp-fails-nothing",
  "UDPSocket, connected: close() after a datagram was written sends it.",
  async (scene) => {
    const far = await scene.far.udp("sink");
    const socket = scene.udp({ remoteAddress: "127.0.0.1", remotePort: far.port });
    const { writable } = await socket.opened;
    const writer = scene.writer(writable);
    await writer.write({ data: new Uint8Array([1, 2, 3]) });
    writer.releaseLock();
    await socket.close().catch(() => undefined);
    same((await far.report({ datagrams: 1 })).datagrams[0]?.bytes, 3, "bytes of the datagram");
  },
);
add(
  "close-bound-frees-port",
  "UDPSocket, bound: after close() its port can be bound again.",
  async (scene) => {
    const first = scene.udp({ localAddress: "127.0.0.1" });
    const { localPort } = await first.opened;
    await first.close().catch(() => undefined);
    await sleep(50);
    await clicked();
    const second = scene.udp({ localAddress: "127.0.0.1", localPort });
    equal((await second.opened).localPort, localPort, "localPort");
  },
  { limit: askedLimit },
);
