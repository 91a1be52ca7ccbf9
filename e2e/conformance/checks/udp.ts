// A UDPSocket in connected mode.
import { bytesOf, equal, givesUndefined, ok, rejects, same, sleep, stateOf, text } from "../kit/assert.ts";
import { askedLimit, clicked, group, type Scene } from "../kit/check.ts";
import type { UDPInfo } from "../kit/api.ts";
import type { UDPBehaviour } from "../far-protocol.ts";
import type { FarEnd } from "../kit/far.ts";

const add = group("UDPSocket, connected");

async function open(scene: Scene, behaviour: UDPBehaviour, host = "127.0.0.1"): Promise<UDPInfo & { far: FarEnd }> {
  const far = await scene.far.udp(behaviour, host);
  return { ...(await scene.udp({ remoteAddress: host, remotePort: far.port }).opened), far };
}

add(
  "udp-open-info-members",
  "OpenInfo has readable, writable and both ends, and no multicastController.",
  async (scene) => {
    const far = await scene.far.udp("echo");
    const info = await scene.udp({ remoteAddress: "127.0.0.1", remotePort: far.port }).opened;
    const members = ["localAddress", "localPort", "readable", "remoteAddress", "remotePort", "writable"];
    same(Object.keys(info).sort(), members, "its members");
  },
);
add("udp-open-streams", "readable and writable are streams of this window.", async (scene) => {
  const { readable, writable } = await open(scene, "echo");
  ok(readable instanceof ReadableStream, "readable");
  ok(writable instanceof WritableStream, "writable");
});
add("udp-open-remote", "remoteAddress and remotePort are where it sends to.", async (scene) => {
  const { remoteAddress, remotePort, far } = await open(scene, "echo");
  same([remoteAddress, remotePort], ["127.0.0.1", far.port], "the remote end");
});
add("udp-open-local", "localAddress and localPort are what the other side sees.", async (scene) => {
  const { localAddress, localPort, writable, far } = await open(scene, "sink");
  equal(localAddress, "127.0.0.1", "localAddress");
  await scene.writer(writable).write({ data: bytesOf("x") });
  const { datagrams } = await far.report({ datagrams: 1 });
  equal(localPort, datagrams[0]?.port, "localPort");
});
add(
  "udp-open-name",
  "A name is resolved; remoteAddress is the address, not the name.",
  async (scene) => {
    const far = await scene.far.udp("echo");
    const options = { remoteAddress: "localhost", remotePort: far.port, dnsQueryType: "ipv4" };
    await clicked();
    equal((await scene.udp(options).opened).remoteAddress, "127.0.0.1", "remoteAddress");
  },
  { limit: askedLimit },
);
add(
  "udp-open-dns-ipv6",
  "dnsQueryType ipv6: a name is resolved to an IPv6 address.",
  async (scene) => {
    const far = await scene.far.udp("echo", "::1");
    const options = { remoteAddress: "localhost", remotePort: far.port, dnsQueryType: "ipv6" };
    await clicked();
    equal((await scene.udp(options).opened).remoteAddress, "::1", "remoteAddress");
  },
  { limit: askedLimit },
);
add(
  "udp-open-unknown-name",
  "A name that does not exist: opened and closed reject with the same NetworkError.",
  async (scene) => {
    const socket = scene.udp({ remoteAddress: "nothing.invalid", remotePort: 9 });
    const error = await rejects(socket.opened, "NetworkError", "opened");
    equal(await rejects(socket.closed, "NetworkError", "closed"), error, "the error of closed");
  },
  { limit: 4_000 },
);
add("udp-open-silent", "Opening sends nothing, and waits for nobody.", async (scene) => {
  const { far } = await open(scene, "sink");
  await sleep(100);
  equal((await far.report()).datagrams.length, 0, "datagrams");
});
for (const [what, options] of Object.entries({
  sendBufferSize: { sendBufferSize: 65_536 },
  receiveBufferSize: { receiveBufferSize: 65_536 },
}))
  add(`udp-open-with-${what}`, `A socket with ${what} opens and echoes.`, async (scene) => {
    const far = await scene.far.udp("echo");
    const { readable, writable } = await scene.udp({ remoteAddress: "127.0.0.1", remotePort: far.port, ...options })
      .opened;
    await scene.writer(writable).write({ data: bytesOf("x") });
    equal(text((await scene.reader(readable).read()).value?.data ?? new Uint8Array()), "x", "the echo");
  });

add("udp-echo", "A datagram that is written comes back from an echo.", async (scene) => {
  const { readable, writable } = await open(scene, "echo");
  await scene.writer(writable).write({ data: bytesOf("hello") });
  const { value } = await scene.reader(readable).read();
  equal(text(value?.data ?? new Uint8Array()), "hello", "the echo");
});
add("udp-echo-ipv6", "The same over IPv6.", async (scene) => {
  const { readable, writable, remoteAddress } = await open(scene, "echo", "::1");
  equal(remoteAddress, "::1", "remoteAddress");
  await scene.writer(writable).write({ data: bytesOf("hello") });
  equal(text((await scene.reader(readable).read()).value?.data ?? new Uint8Array()), "hello", "the echo");
});
add("udp-message-shape", "A message that was read has data only: a Uint8Array.", async (scene) => {
  const { readable, writable } = await open(scene, "echo");
  await scene.writer(writable).write({ data: bytesOf("x") });
  const { value } = await scene.reader(readable).read();
  ok(value, "there is a message");
  ok(value.data instanceof Uint8Array, "data is a Uint8Array");
  same([value.remoteAddress, value.remotePort], [undefined, undefined], "the remote end");
  equal(Object.getPrototypeOf(value), Object.prototype, "it is a plain object");
});
add("udp-boundaries", "Each datagram is one message.", async (scene) => {
  const { readable, writable } = await open(scene, "echo");
  const writer = scene.writer(writable);
  for (const size of [1, 100, 1_200]) await writer.write({ data: new Uint8Array(size) });
  const reader = scene.reader(readable);
  const sizes = [];
  for (let count = 0; count < 3; count++) sizes.push((await reader.read()).value?.data.length);
  same(sizes, [1, 100, 1_200], "their sizes");
});
add("udp-growing", "150 datagrams that grow by a byte each are echoed whole and in order.", async (scene) => {
  const { readable, writable } = await open(scene, "echo");
  const writer = scene.writer(writable);
  const reader = scene.reader(readable);
  for (let size = 1; size <= 150; size++) {
    await writer.write({ data: new Uint8Array(size).fill(size) });
    const { value } = await reader.read();
    same([value?.data.length, value?.data[0]], [size, size], `the echo of ${size} bytes`);
  }
});
add("udp-largest", "65,507 bytes are the largest datagram.", async (scene) => {
  const { readable, writable } = await open(scene, "echo");
  await scene.writer(writable).write({ data: new Uint8Array(65_507).fill(9) });
  const { value } = await scene.reader(readable).read();
  equal(value?.data.length, 65_507, "the echo");
});
add("udp-too-large", "65,508 bytes: the write rejects with NetworkError.", async (scene) => {
  const { writable } = await open(scene, "sink");
  await rejects(scene.writer(writable).write({ data: new Uint8Array(65_508) }), "NetworkError", "the write");
});
add("udp-too-large-errors", "After a datagram that is too large the writable is errored.", async (scene) => {
  const { writable } = await open(scene, "sink");
  const writer = scene.writer(writable);
  await rejects(writer.write({ data: new Uint8Array(100_000) }), "NetworkError", "the write");
  await rejects(writer.closed, "NetworkError", "writer.closed");
});

const sources: Record<string, () => BufferSource> = {
  "an ArrayBuffer": () => bytesOf("abc").buffer,
  "a DataView": () => new DataView(bytesOf("abc").buffer),
  "a part of a buffer": () => bytesOf("-abc-").subarray(1, 4),
};
for (const [what, make] of Object.entries(sources))
  add(`udp-data-${what.replaceAll(" ", "-")}`, `data may be ${what}: these bytes, and no others.`, async (scene) => {
    const { writable, far } = await open(scene, "sink");
    await scene.writer(writable).write({ data: make() });
    equal((await far.report({ datagrams: 1 })).datagrams[0]?.text, "abc", "what the other side got");
  });
const wrong: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  "a string": () => "abc",
  "a Uint8Array": () => new Uint8Array(3),
  "an empty object": () => ({}),
  "data that is a string": () => ({ data: "abc" }),
  "data that is null": () => ({ data: null }),
  "data that is a shared buffer": () => ({ data: new SharedArrayBuffer(3) }),
  "empty data": () => ({ data: new Uint8Array(0) }),
  "data and remoteAddress": () => ({ data: new Uint8Array(1), remoteAddress: "127.0.0.1" }),
  "data and remotePort": () => ({ data: new Uint8Array(1), remotePort: 9 }),
  "data and both": () => ({ data: new Uint8Array(1), remoteAddress: "127.0.0.1", remotePort: 9 }),
  "data and dnsQueryType": () => ({ data: new Uint8Array(1), dnsQueryType: "ipv4" }),
};
for (const [what, make] of Object.entries(wrong))
  add(
    `udp-refuses-${what.replaceAll(" ", "-")}`,
    `A chunk of ${what}: TypeError, and the writable is errored.`,
    async (scene) => {
      const { writable } = await open(scene, "sink");
      const writer = scene.writer(writable);
      await rejects(writer.write(make()), "TypeError", "the write");
      await rejects(writer.closed, "TypeError", "writer.closed");
    },
  );
add("udp-undefined-members-of-message", "Members of a message given as undefined count as absent.", async (scene) => {
  const { writable, far } = await open(scene, "sink");
  await scene
    .writer(writable)
    .write({ data: bytesOf("x"), remoteAddress: undefined, remotePort: undefined, dnsQueryType: undefined });
  equal((await far.report({ datagrams: 1 })).datagrams.length, 1, "datagrams");
});
add("udp-other-source", "A datagram from another port does not reach the page.", async (scene) => {
  const { readable, writable } = await open(scene, "from-elsewhere");
  await scene.writer(writable).write({ data: bytesOf("mine") });
  const reader = scene.reader(readable);
  equal(text((await reader.read()).value?.data ?? new Uint8Array()), "mine", "the first message");
  equal(await stateOf(reader.read(), 200), "pending", "another read");
});
add("udp-several-answers", "Several answers to one datagram all arrive.", async (scene) => {
  const { readable, writable } = await open(scene, "twice");
  await scene.writer(writable).write({ data: bytesOf("x") });
  const reader = scene.reader(readable);
  for (let count = 0; count < 2; count++) equal((await reader.read()).value?.data.length, 1, "an answer");
});
add("udp-icmp-refused", "Nobody listens there: neither stream fails.", async (scene) => {
  const far = await scene.far.udp("sink");
  const { readable, writable } = await scene.udp({ remoteAddress: "127.0.0.1", remotePort: far.port }).opened;
  await scene.far.end();
  const read = scene.reader(readable).read();
  const writer = scene.writer(writable);
  for (let count = 0; count < 5; count++) {
    await writer.write({ data: bytesOf("x") });
    await sleep(20);
  }
  equal(await stateOf(read), "pending", "the read");
});
add("udp-cancel-leaves-writable", "After cancel() of the readable the writable goes on.", async (scene) => {
  const { readable, writable, far } = await open(scene, "sink");
  await readable.cancel();
  await scene.writer(writable).write({ data: bytesOf("after") });
  equal((await far.report({ datagrams: 1 })).datagrams[0]?.text, "after", "what the other side got");
});
add("udp-close-leaves-readable", "After close() of the writable the readable goes on.", async (scene) => {
  const { readable, writable, far } = await open(scene, "sink");
  const writer = scene.writer(writable);
  await writer.write({ data: bytesOf("first") });
  await writer.close();
  const seen = await far.report({ datagrams: 1 });
  await far.send(seen.datagrams[0]?.port ?? 0, "late");
  equal(text((await scene.reader(readable).read()).value?.data ?? new Uint8Array()), "late", "what came later");
});
add("udp-closed-both", "closed resolves when both streams have ended.", async (scene) => {
  const far = await scene.far.udp("sink");
  const socket = scene.udp({ remoteAddress: "127.0.0.1", remotePort: far.port });
  const { readable, writable } = await socket.opened;
  await readable.cancel();
  equal(await stateOf(socket.closed), "pending", "closed after cancel()");
  await writable.close();
  await givesUndefined(socket.closed, "closed");
});
add("udp-no-byob", "The readable is no byte stream: it has no BYOB readers.", async (scene) => {
  const { readable } = await open(scene, "sink");
  let name = "";
  try {
    (readable as ReadableStream).getReader({ mode: "byob" });
  } catch (error) {
    name = (error as Error).name;
  }
  equal(name, "TypeError", "the error");
});
add("udp-data-copied", "The bytes are copied when they are written.", async (scene) => {
  const { writable, far } = await open(scene, "sink");
  const data = bytesOf("aaaa");
  const write = scene.writer(writable).write({ data });
  await sleep(0);
  data.fill(98);
  await write;
  equal((await far.report({ datagrams: 1 })).datagrams[0]?.text, "aaaa", "what the other side got");
});
add(
  "udp-unread-dropped",
  "A page that does not read gets the earliest datagrams later, and the socket goes on.",
  async (scene) => {
    const { readable, writable, far } = await open(scene, "sink");
    const writer = scene.writer(writable);
    await writer.write({ data: bytesOf("x") });
    const port = (await far.report({ datagrams: 1 })).datagrams[0]?.port ?? 0;
    for (let count = 0; count < 50; count++) await far.send(port, `number ${count}`);
    const { value } = await scene.reader(readable).read();
    equal(text(value?.data ?? new Uint8Array()), "number 0", "the first");
  },
);
