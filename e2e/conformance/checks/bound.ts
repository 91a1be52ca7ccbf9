// A UDPSocket in bound mode.
import { bytesOf, equal, givesUndefined, ok, rejects, same, sleep, stateOf, text } from "../kit/assert.ts";
import { askedLimit, clicked, group, onPurpose, shellHasNoPorts, type Scene } from "../kit/check.ts";
import type { Datagram, UDPInfo } from "../kit/api.ts";

const add = group("UDPSocket, bound");

const open = (scene: Scene, options: object = {}): Promise<UDPInfo> =>
  scene.udp({ localAddress: "127.0.0.1", ...options }).opened;
const said = (message: Datagram | undefined): string => text(message?.data ?? new Uint8Array());

add(
  "bound-open-info-members",
  "OpenInfo has readable, writable and the local end, and no remote end.",
  async (scene) => {
    const info = await open(scene);
    const members = Object.keys(info).filter((name) => name !== "multicastController");
    same(members.sort(), ["localAddress", "localPort", "readable", "writable"], "its members");
  },
);
add(
  "bound-open-local",
  "localAddress is the one that was asked for, localPort the one that the system chose.",
  async (scene) => {
    const { localAddress, localPort } = await open(scene);
    equal(localAddress, "127.0.0.1", "localAddress");
    ok(localPort >= 1_024 && localPort <= 65_535, `a port that is free for all: ${localPort}`);
  },
);
add("bound-open-ipv6", "An IPv6 address works, without brackets.", async (scene) => {
  equal((await scene.udp({ localAddress: "::1" }).opened).localAddress, "::1", "localAddress");
});
add("bound-open-ipv6-spelling", "localAddress is an IPv6 address in its short form.", async (scene) => {
  equal((await scene.udp({ localAddress: "0:0:0:0:0:0:0:1" }).opened).localAddress, "::1", "localAddress");
});
add(
  "bound-open-port",
  "localPort is the one that was asked for.",
  async (scene) => {
    await clicked();
    const port = await scene.far.closedPort();
    equal((await open(scene, { localPort: port })).localPort, port, "localPort");
  },
  { limit: askedLimit },
);
add(
  "bound-port-taken",
  "A port that is taken: opened and closed reject with the same NetworkError.",
  async (scene) => {
    const far = await scene.far.udp("sink");
    await clicked();
    const socket = scene.udp({ localAddress: "127.0.0.1", localPort: far.port });
    const error = await rejects(socket.opened, "NetworkError", "opened");
    equal(await rejects(socket.closed, "NetworkError", "closed"), error, "the error of closed");
  },
  { limit: askedLimit },
);
add(
  "bound-low-port",
  "A port below 1024 is refused: NotAllowedError.",
  async (scene) => {
    await clicked();
    const socket = scene.udp({ localAddress: "127.0.0.1", localPort: 1_023 });
    await rejects(socket.opened, "NotAllowedError", "opened");
    await rejects(socket.closed, "NotAllowedError", "closed");
  },
  { ...shellHasNoPorts, limit: askedLimit },
);
add(
  "bound-foreign-address",
  "An address that is not this computer's: opened rejects.",
  async (scene) => {
    await clicked();
    const state = await stateOf(scene.udp({ localAddress: "198.51.100.1" }).opened, 3_000);
    equal(state, "rejected", "opened");
  },
  { limit: askedLimit },
);
for (const [what, options] of Object.entries({
  sendBufferSize: { sendBufferSize: 65_536 },
  receiveBufferSize: { receiveBufferSize: 65_536 },
}))
  add(`bound-open-with-${what}`, `A socket with ${what} opens.`, async (scene) => {
    ok((await open(scene, options)).localPort > 0, "localPort");
  });

add("bound-receives", "A datagram that comes has its data and where it is from.", async (scene) => {
  const { readable, localPort } = await open(scene);
  const far = await scene.far.udp("sink");
  await far.send(localPort, "hello");
  const { value } = await scene.reader(readable).read();
  equal(said(value), "hello", "data");
  same([value?.remoteAddress, value?.remotePort], ["127.0.0.1", far.port], "the remote end");
});
add(
  "bound-message-shape",
  "A message that was read is a plain object of data, remoteAddress and remotePort.",
  async (scene) => {
    const { readable, localPort } = await open(scene);
    await (await scene.far.udp("sink")).send(localPort, "hello");
    const { value } = await scene.reader(readable).read();
    ok(value, "there is a message");
    ok(value.data instanceof Uint8Array, "data is a Uint8Array");
    equal(Object.getPrototypeOf(value), Object.prototype, "its prototype");
    same(Object.keys(value).sort(), ["data", "remoteAddress", "remotePort"], "its members");
  },
);
add("bound-receives-ipv6", "Over IPv6, remoteAddress is the short form.", async (scene) => {
  const { readable, localPort } = await scene.udp({ localAddress: "::1" }).opened;
  await (await scene.far.udp("sink", "::1")).send(localPort, "hello", "::1");
  equal((await scene.reader(readable).read()).value?.remoteAddress, "::1", "remoteAddress");
});
add("bound-sends", "A datagram goes to the address and port that its message names.", async (scene) => {
  const { writable, localPort } = await open(scene);
  const far = await scene.far.udp("sink");
  await scene.writer(writable).write({ data: bytesOf("hello"), remoteAddress: "127.0.0.1", remotePort: far.port });
  const { datagrams } = await far.report({ datagrams: 1 });
  same([datagrams[0]?.text, datagrams[0]?.port], ["hello", localPort], "what the other side got, and from which port");
});
add("bound-sends-to-several", "Messages of one socket go to different peers.", async (scene) => {
  const { writable } = await open(scene);
  const writer = scene.writer(writable);
  const fars = [await scene.far.udp("sink"), await scene.far.udp("sink"), await scene.far.udp("sink")];
  for (const [index, far] of fars.entries())
    await writer.write({ data: bytesOf(`to ${index}`), remoteAddress: "127.0.0.1", remotePort: far.port });
  for (const [index, far] of fars.entries())
    equal((await far.report({ datagrams: 1 })).datagrams[0]?.text, `to ${index}`, `what peer ${index} got`);
});
add("bound-answers", "A socket answers whoever has sent to it.", async (scene) => {
  const { readable, writable, localPort } = await open(scene);
  const far = await scene.far.udp("sink");
  await far.send(localPort, "question");
  const { value } = await scene.reader(readable).read();
  ok(value, "there is a message");
  await scene.writer(writable).write({ ...value, data: bytesOf("answer") });
  equal((await far.report({ datagrams: 1 })).datagrams[0]?.text, "answer", "what the other side got");
});
add(
  "bound-echo-growing",
  "150 datagrams between a connected and a bound socket of the page are echoed in order.",
  async (scene) => {
    const { readable, writable, localPort } = await open(scene);
    const connected = await scene.udp({ remoteAddress: "127.0.0.1", remotePort: localPort }).opened;
    const [reader, writer] = [scene.reader(readable), scene.writer(writable)];
    const [answers, questions] = [scene.reader(connected.readable), scene.writer(connected.writable)];
    for (let size = 1; size <= 150; size++) {
      await questions.write({ data: new Uint8Array(size).fill(size) });
      const { value } = await reader.read();
      same([value?.remoteAddress, value?.remotePort], [connected.localAddress, connected.localPort], "the remote end");
      await writer.write(value);
      same(
        [...((await answers.read()).value?.data ?? [])],
        Array<number>(size).fill(size),
        `the echo of ${size} bytes`,
      );
    }
  },
  { limit: 4_000 },
);
add("bound-name-per-message", "remoteAddress of a message may be a name.", async (scene) => {
  const { writable } = await open(scene);
  const far = await scene.far.udp("sink");
  await scene
    .writer(writable)
    .write({ data: bytesOf("hello"), remoteAddress: "localhost", remotePort: far.port, dnsQueryType: "ipv4" });
  equal((await far.report({ datagrams: 1 })).datagrams[0]?.text, "hello", "what the other side got");
});
add(
  "bound-unknown-name",
  "A message for a name that does not exist: the write rejects with NetworkError.",
  async (scene) => {
    const { writable } = await open(scene);
    const write = scene.writer(writable).write({ data: bytesOf("x"), remoteAddress: "nothing.invalid", remotePort: 9 });
    await rejects(write, "NetworkError", "the write");
  },
  {
    limit: 4_000,
    portside: {
      kind: "ours on purpose",
      why: "A bound socket has many peers: a datagram that is not sent is dropped, and its write resolves.",
    },
  },
);
add(
  "bound-wrong-family",
  "dnsQueryType ipv6 from an IPv4 address: the datagram is dropped, and its write resolves.",
  async (scene) => {
    const { writable } = await open(scene);
    const write = scene
      .writer(writable)
      .write({ data: bytesOf("x"), remoteAddress: "localhost", remotePort: 9, dnsQueryType: "ipv6" });
    await givesUndefined(write, "the write");
  },
  { limit: 4_000 },
);
add("bound-largest", "65,507 bytes are the largest datagram to a peer that has sent something.", async (scene) => {
  const { readable, writable, localPort } = await open(scene);
  const far = await scene.far.udp("sink");
  await far.send(localPort, "hello");
  await scene.reader(readable).read();
  await scene
    .writer(writable)
    .write({ data: new Uint8Array(65_507), remoteAddress: "127.0.0.1", remotePort: far.port });
  equal((await far.report({ datagrams: 1 })).datagrams[0]?.bytes, 65_507, "bytes");
});
add(
  "bound-unanswered",
  "A peer that has not answered gets three datagrams at most.",
  async (scene) => {
    const { writable } = await open(scene);
    const far = await scene.far.udp("sink");
    const writer = scene.writer(writable);
    for (let count = 0; count < 10; count++)
      await writer
        .write({ data: bytesOf("x"), remoteAddress: "127.0.0.1", remotePort: far.port })
        .catch(() => undefined);
    await sleep(200);
    equal((await far.report()).datagrams.length, 3, "datagrams");
  },
  onPurpose(
    "Chromium has no such limit. It keeps a page from flooding somebody who did not ask for it (RFC 9000, section 8, is the model).",
  ),
);
add("bound-too-large", "65,508 bytes: the write rejects with NetworkError.", async (scene) => {
  const { writable } = await open(scene);
  const far = await scene.far.udp("sink");
  const message = { data: new Uint8Array(65_508), remoteAddress: "127.0.0.1", remotePort: far.port };
  await rejects(scene.writer(writable).write(message), "NetworkError", "the write");
});

const to = { remoteAddress: "127.0.0.1", remotePort: 9 };
const wrong: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  "a Uint8Array": () => new Uint8Array(3),
  "no data": () => to,
  "data that is a string": () => ({ ...to, data: "abc" }),
  "empty data": () => ({ ...to, data: new Uint8Array(0) }),
  "no remote end": () => ({ data: new Uint8Array(1) }),
  "no remoteAddress": () => ({ data: new Uint8Array(1), remotePort: 9 }),
  "no remotePort": () => ({ data: new Uint8Array(1), remoteAddress: "127.0.0.1" }),
  "remoteAddress undefined": () => ({ ...to, data: new Uint8Array(1), remoteAddress: undefined }),
  "an unknown dnsQueryType": () => ({ ...to, data: new Uint8Array(1), dnsQueryType: "ipv5" }),
};
for (const [what, make] of Object.entries(wrong))
  add(
    `bound-refuses-${what.replaceAll(" ", "-")}`,
    `A chunk with ${what}: TypeError, and the writable is errored.`,
    async (scene) => {
      const { writable } = await open(scene);
      const writer = scene.writer(writable);
      await rejects(writer.write(make()), "TypeError", "the write");
      await rejects(writer.closed, "TypeError", "writer.closed");
    },
  );
add("bound-port-wraps", "remotePort of a message has no [EnforceRange]: it wraps modulo 65536.", async (scene) => {
  const { writable } = await open(scene);
  const far = await scene.far.udp("sink");
  await scene.writer(writable).write({ data: bytesOf("x"), remoteAddress: "127.0.0.1", remotePort: far.port + 65_536 });
  equal((await far.report({ datagrams: 1 })).datagrams[0]?.text, "x", "what the other side got");
});
add("bound-icmp-refused", "Nobody listens there: neither stream fails.", async (scene) => {
  const { readable, writable } = await open(scene);
  const port = await scene.far.closedPort();
  const read = scene.reader(readable).read();
  const writer = scene.writer(writable);
  for (let count = 0; count < 3; count++)
    await writer.write({ data: bytesOf("x"), remoteAddress: "127.0.0.1", remotePort: port });
  equal(await stateOf(read), "pending", "the read");
});
add("bound-cancel-leaves-writable", "After cancel() of the readable the writable goes on.", async (scene) => {
  const { readable, writable } = await open(scene);
  await readable.cancel();
  const far = await scene.far.udp("sink");
  await scene.writer(writable).write({ data: bytesOf("after"), remoteAddress: "127.0.0.1", remotePort: far.port });
  equal((await far.report({ datagrams: 1 })).datagrams[0]?.text, "after", "what the other side got");
});
add("bound-close-leaves-readable", "After close() of the writable the readable goes on.", async (scene) => {
  const { readable, writable, localPort } = await open(scene);
  await scene.writer(writable).close();
  await (await scene.far.udp("sink")).send(localPort, "late");
  equal(said((await scene.reader(readable).read()).value), "late", "what came later");
});
add("bound-closed-both", "closed resolves when both streams have ended.", async (scene) => {
  const socket = scene.udp({ localAddress: "127.0.0.1" });
  const { readable, writable } = await socket.opened;
  await readable.cancel();
  equal(await stateOf(socket.closed), "pending", "closed after cancel()");
  await writable.close();
  await givesUndefined(socket.closed, "closed");
});
add(
  "bound-two-pages-one-port",
  "A second socket cannot bind the same address and port.",
  async (scene) => {
    const { localPort } = await open(scene);
    await clicked();
    await rejects(open(scene, { localPort }), "NetworkError", "opened");
  },
  { limit: askedLimit },
);
add("bound-dual-stack", "A socket at :: with ipv6Only false hears IPv4 too.", async (scene) => {
  const { readable, localPort } = await scene.udp({ localAddress: "::", ipv6Only: false }).opened;
  await (await scene.far.udp("sink")).send(localPort, "hello");
  equal(said((await scene.reader(readable).read()).value), "hello", "what came by IPv4");
});
add("bound-ipv6-only", "A socket at :: with ipv6Only true does not hear IPv4.", async (scene) => {
  const { readable, localPort } = await scene.udp({ localAddress: "::", ipv6Only: true }).opened;
  const read = scene.reader(readable).read();
  await (await scene.far.udp("sink")).send(localPort, "hello");
  equal(await stateOf(read, 200), "pending", "a read");
  await (await scene.far.udp("sink", "::1")).send(localPort, "six", "::1");
  equal(said((await read).value), "six", "what came by IPv6");
});
add(
  "bound-broadcast",
  "A datagram to the broadcast address is not sent.",
  async (scene) => {
    const { writable } = await scene.udp({ localAddress: "0.0.0.0" }).opened;
    const write = scene.writer(writable).write({ data: bytesOf("x"), remoteAddress: "255.255.255.255", remotePort: 9 });
    await rejects(write, "NetworkError", "the write");
  },
  {
    limit: 4_000,
    portside: {
      kind: "ours on purpose",
      why: "A bound socket has many peers: a datagram that is not sent is dropped, and its write resolves.",
    },
  },
);
