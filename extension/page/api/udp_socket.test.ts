// A UDPSocket of the second generation in both modes, and its multicast groups. The other end of the page's port is the test's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newPage, outcome, opened, settle, type Multicast, type Socket, type UDPInfo } from "../../fake/page.ts";
import { maxDatagramBytes, maxPeerBytes } from "../../../protocol/message.ts";
import { pageError } from "../../../protocol/page.ts";
import { peerLength, readPeer, writePeer } from "../../../protocol/peer.ts";

const page = newPage();
const { UDPSocket } = page.window;
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const text = (data: ArrayBufferView | undefined): string => new TextDecoder().decode(data);

interface Opened extends UDPInfo {
  socket: Socket<UDPInfo>;
  id: number;
}

async function connected(): Promise<Opened> {
  const socket = new UDPSocket({ remoteAddress: "192.0.2.1", remotePort: 9 });
  const { id } = await page.next("open");
  page.say(opened(id));
  return { socket, id, ...(await socket.opened) };
}

async function bound(multicast = false): Promise<Opened> {
  const socket = new UDPSocket({ localAddress: "0.0.0.0" });
  const { id } = await page.next("bind");
  page.say({ type: "bound", id, localAddress: "192.0.2.2", localPort: 10, window: 1 << 20, multicast });
  return { socket, id, ...(await socket.opened) };
}

/** A datagram with its peer in front. */
function from(address: string, port: number, payload: string): ArrayBuffer {
  const header = new Uint8Array(maxPeerBytes);
  const length = writePeer(header, { address, family: 0, port }, (of, at) => of.charCodeAt(at));
  return Uint8Array.from([...header.subarray(0, length), ...bytes(payload)]).buffer;
}

/** Takes the next datagram, and answers it. */
async function sent(error?: ReturnType<typeof pageError>): Promise<Uint8Array> {
  const { id, data, ack } = await page.next("write");
  page.say({ type: "wrote", id, ack: ack ?? 0, ...(error === undefined ? {} : { error }) });
  return new Uint8Array(data);
}

test("what cannot be is a TypeError at construction", () => {
  const local = { localAddress: "127.0.0.1" };
  const remote = { remoteAddress: "a.example", remotePort: 9 };
  for (const options of [
    undefined,
    {},
    5,
    { remoteAddress: "a.example" },
    { remotePort: 9 },
    { ...remote, secureTransport: "on" },
    { ...local, secureTransport: "starttls" },
    { ...local, ...remote },
    { ...local, remotePort: 9 },
    { ...remote, remotePort: 65_536 },
    { ...remote, localPort: 9 },
    { ...remote, ipv6Only: false },
    { ...remote, announce: { type: "_a._udp", name: "a" } },
    { ...remote, sendBufferSize: 0 },
    { ...remote, ipTypeOfService: 64 },
    { ...local, localPort: 0 },
    { ...local, localPort: 65_536 },
    { ...local, dnsQueryType: "ipv4" },
    { ...local, ipv6Only: false },
    { ...local, receiveBufferSize: 0 },
    { ...local, multicastTimeToLive: 256 },
    { ...local, multicastTimeToLive: -1 },
    { ...local, announce: {} },
    ...[
      "",
      "localhost",
      "[::1]",
      "::1%lo",
      "127.1",
      "1.2.3",
      "1.2.3.4.",
      "1.2.3.256",
      "010.0.0.1",
      "0x7f.0.0.1",
      ":::",
      "1::2::3",
    ].map((localAddress) => ({ localAddress })),
  ])
    assert.throws(() => new UDPSocket(options), TypeError, JSON.stringify(options));
  assert.deepEqual(page.said, []);
});

test("what goes out in each mode", async () => {
  const ask = async (options: object, type: "open" | "bind"): Promise<object> => {
    const socket = new UDPSocket(options);
    const message = await page.next(type);
    page.say({ type: "failed", id: message.id, error: pageError("NotAllowedError") });
    assert.equal(await outcome(socket.opened), "NotAllowedError");
    assert.equal(await outcome(socket.closed), "NotAllowedError");
    return message.options;
  };
  const remote = { remoteAddress: "a.example", remotePort: 9, dnsQueryType: "ipv4", timeout: 7, sendBufferSize: 5 };
  assert.deepEqual(await ask({ ...remote, signal: undefined, onstate: () => undefined }, "open"), remote);
  assert.deepEqual(await ask({ remoteAddress: "", remotePort: 9 }, "open"), { remotePort: 9 });
  const local = { localAddress: "::", localPort: 5_000, ipv6Only: false, receiveBufferSize: 5, ipTypeOfService: 8 };
  const announce = { type: "_osc._udp", name: "Mixer" };
  assert.deepEqual(await ask({ ...local, announce, timeout: 7 }, "bind"), { ...local, announce });
  assert.deepEqual(await ask({ localAddress: "0:0::0:1" }, "bind"), { localAddress: "::1" });
  assert.equal(await outcome(new UDPSocket({ remoteAddress: "a", remotePort: 0 }).opened), "NetworkError");
});

test("connected: messages without a remote, both ways", async () => {
  const { socket, id, readable, writable } = await connected();
  assert.deepEqual(Object.keys(await socket.opened), [
    "localAddress",
    "localPort",
    "readable",
    "remoteAddress",
    "remotePort",
    "writable",
  ]);
  page.say({ type: "data", id, data: bytes("hello").buffer });
  const { value } = await readable.getReader().read();
  assert.deepEqual(Object.keys(value ?? {}), ["data"]);
  assert.equal(text(value?.data), "hello");
  const data = bytes("there");
  const writing = writable.getWriter().write({ data: new DataView(data.buffer, 1) });
  data.fill(0); // it was copied
  assert.equal(text(await sent()), "here");
  await writing;
});

test("bound: each message has its remote, both ways", async () => {
  const { socket, id, readable, writable } = await bound();
  assert.deepEqual(Object.keys(await socket.opened), ["localAddress", "localPort", "readable", "writable"]);
  page.say({ type: "data", id, data: new ArrayBuffer(2) }); // no peer: nobody gets it
  page.say({ type: "data", id, data: from("192.0.2.7", 53, "hello") });
  const { value } = await readable.getReader().read();
  assert.deepEqual(Object.keys(value ?? {}), ["data", "remoteAddress", "remotePort"]);
  assert.deepEqual([text(value?.data), value?.remoteAddress, value?.remotePort], ["hello", "192.0.2.7", 53]);
  assert.equal(value?.data.buffer.byteLength, 5, "a buffer of its own");
  const writer = writable.getWriter();
  for (const [dnsQueryType, family] of [
    [undefined, 0],
    ["ipv4", 4],
    ["ipv6", 6],
  ] as const) {
    const writing = writer.write({
      data: bytes("there"),
      remoteAddress: "a.example",
      remotePort: 65_536 + 53,
      dnsQueryType,
    });
    const message = await sent();
    await writing;
    const header = peerLength(message, message.length);
    assert.deepEqual(readPeer(message, header, String.fromCharCode), { address: "a.example", family, port: 53 });
    assert.equal(text(message.subarray(header)), "there");
  }
});

test("what is no message errors the writable, and so does what the system refuses", async () => {
  const data = bytes("x");
  const to = { remoteAddress: "192.0.2.7", remotePort: 53 };
  const cases: [boolean, unknown, string][] = [
    [false, "text", "TypeError"],
    [false, undefined, "TypeError"],
    [false, {}, "TypeError"],
    [false, { data: new Uint8Array() }, "TypeError"],
    [false, { data: new Blob(["x"]) }, "TypeError"],
    [false, { data, remoteAddress: "192.0.2.1" }, "TypeError"],
    [false, { data, remotePort: 9 }, "TypeError"],
    [false, { data, dnsQueryType: "ipv4" }, "TypeError"],
    [false, { data: new Uint8Array(maxDatagramBytes + 1) }, "NetworkError"],
    [true, { data }, "TypeError"],
    [true, { data, remoteAddress: "192.0.2.1" }, "TypeError"],
    [true, { data, remotePort: 9 }, "TypeError"],
    [true, { ...to, data: new Uint8Array(maxDatagramBytes + 1) }, "NetworkError"],
    [true, { ...to, data, remotePort: 0 }, "NetworkError"],
    [true, { ...to, data, remoteAddress: "" }, "NetworkError"],
    [true, { ...to, data, remoteAddress: "\u00fc.example" }, "NetworkError"],
  ];
  for (const [isBound, chunk, name] of cases) {
    const { socket, id, readable, writable } = await (isBound ? bound() : connected());
    const writer = writable.getWriter();
    assert.equal(await outcome(writer.write(chunk)), name, String(chunk));
    assert.equal(await outcome(writer.closed), name);
    assert.deepEqual(page.said, []);
    await readable.cancel();
    await page.next("close");
    page.say({ type: "closed", id });
    assert.equal(await outcome(socket.closed), name, "both directions are over");
  }
  for (const error of ["NetworkError", "NotAllowedError"] as const) {
    const { writable } = await connected();
    const writer = writable.getWriter();
    const write = outcome(writer.write({ data }));
    await sent(pageError(error));
    assert.equal(await write, error);
    assert.equal(await outcome(writer.closed), error);
  }
});

test("bound: a datagram that is not sent is no end for the other peers", async () => {
  const { id, writable } = await bound();
  const writer = writable.getWriter();
  const write = writer.write({ data: bytes("x"), remoteAddress: "192.0.2.7", remotePort: 53 });
  await sent(pageError("NetworkError"));
  await write;
  const last = outcome(writer.write({ data: bytes("y"), remoteAddress: "192.0.2.8", remotePort: 53 }));
  await page.next("write");
  page.say({ type: "closed", id, error: pageError("NetworkError") });
  assert.equal(await last, "NetworkError", "the socket is gone");
});

test("the longest datagram is sent, also with a peer", async () => {
  const data = new Uint8Array(maxDatagramBytes);
  const one = await connected();
  const first = one.writable.getWriter().write({ data });
  assert.equal((await sent()).length, maxDatagramBytes);
  await first;
  const other = await bound();
  const second = other.writable.getWriter().write({ data, remoteAddress: "192.0.2.7", remotePort: 53 });
  assert.equal((await sent()).length, 4 + 9 + maxDatagramBytes);
  await second;
});

test("close(): locked streams keep it open; then reads are done, writes abort", async () => {
  const { socket, id, readable, writable } = await bound();
  const writer = writable.getWriter();
  assert.equal(await outcome(socket.close()), "InvalidStateError");
  const write = outcome(writer.write({ data: bytes("x"), remoteAddress: "192.0.2.7", remotePort: 53 }));
  await page.next("write");
  writer.releaseLock();
  page.say({ type: "data", id, data: from("192.0.2.7", 53, "unread") });
  await settle();
  const closing = socket.close();
  assert.equal(closing, socket.closed);
  assert.equal((await readable.getReader().read()).done, true);
  assert.equal(await outcome(writable.getWriter().write({})), "AbortError");
  await page.next("close");
  page.say({ type: "closed", id });
  assert.equal(await outcome(closing), "");
  assert.equal(await write, "AbortError", "nobody knows what became of it");
});

test("closing and aborting the writable, and cancelling the readable, close the socket when both are over", async () => {
  for (const how of ["close", "abort"] as const) {
    const { socket, id, readable, writable } = await connected();
    await writable[how]();
    await settle();
    assert.deepEqual(page.said, []);
    page.say({ type: "data", id, data: bytes("still").buffer });
    const reader = readable.getReader();
    assert.equal(text((await reader.read()).value?.data), "still");
    await reader.cancel();
    await page.next("close");
    page.say({ type: "closed", id });
    assert.equal(await outcome(socket.closed), "");
  }
});

test("when the socket is lost, both streams and closed have the error", async () => {
  const { socket, id, readable, writable } = await bound();
  const read = outcome(readable.getReader().read());
  page.say({ type: "closed", id, error: pageError("NetworkError") });
  assert.deepEqual(await Promise.all([read, outcome(writable.getWriter().closed), outcome(socket.closed)]), [
    "NetworkError",
    "NetworkError",
    "NetworkError",
  ]);
});

test("multicast options need the policy: without it opened rejects, and the socket is not kept", async () => {
  for (const options of [
    { multicastTimeToLive: 4 },
    { multicastLoopback: true },
    { multicastAllowAddressSharing: false },
  ]) {
    const socket = new UDPSocket({ localAddress: "0.0.0.0", ...options });
    const { id, options: asked } = await page.next("bind");
    assert.deepEqual(asked, { localAddress: "0.0.0.0", ...options });
    page.say({ type: "bound", id, localAddress: "192.0.2.2", localPort: 10, window: 1 << 20, multicast: false });
    assert.equal(await outcome(socket.opened), "NotAllowedError");
    assert.equal((await page.next("close")).id, id);
    assert.equal(
      await outcome(new UDPSocket({ remoteAddress: "a", remotePort: 9, ...options }).opened),
      "NotAllowedError",
    );
  }
  assert.equal((await bound(false)).multicastController, undefined);
});

async function controller(): Promise<{ groups: Multicast; id: number; socket: Socket<UDPInfo> }> {
  const { id, socket, multicastController } = await bound(true);
  assert.ok(multicastController instanceof page.window.MulticastController, "it has one");
  return { groups: multicastController, id, socket };
}

/** Answers the next membership. Tells what was asked. */
async function answer(error?: "NetworkError"): Promise<unknown[]> {
  const { id, ack, change, group, source } = await page.next("membership");
  page.say({ type: "member", id, ack, ...(error === undefined ? {} : { error: pageError(error) }) });
  return [change, group, source];
}

test("joining and leaving groups", async () => {
  const { groups } = await controller();
  const source = { sourceAddress: "192.0.2.9" };
  const joins: [unknown[], unknown[]][] = [
    [["239.0.0.1"], ["join", "239.0.0.1", undefined]],
    [
      ["ff02:0::fb", {}],
      ["join", "ff02::fb", undefined],
    ],
    [
      ["232.1.1.1", source],
      ["join", "232.1.1.1", "192.0.2.9"],
    ],
    [
      ["232.1.1.1", { sourceAddress: "192.0.2.8" }],
      ["join", "232.1.1.1", "192.0.2.8"],
    ],
  ];
  assert.deepEqual(groups.joinedGroups, []);
  for (const [given, asked] of joins) {
    const joining = groups.joinGroup(...given);
    assert.equal(await outcome(groups.joinGroup(...given)), "InvalidStateError", "it is being joined");
    assert.equal(await outcome(groups.leaveGroup(...given)), "InvalidStateError");
    assert.deepEqual(await answer(), asked);
    await joining;
    assert.equal(await outcome(groups.joinGroup(...given)), "InvalidStateError", "it is joined");
  }
  // All sources, or single ones.
  assert.equal(await outcome(groups.joinGroup("232.1.1.1")), "InvalidStateError");
  assert.equal(await outcome(groups.joinGroup("239.0.0.1", source)), "InvalidStateError");
  const { joinedGroups } = groups;
  assert.deepEqual(joinedGroups, [
    "239.0.0.1",
    "ff02::fb",
    { groupAddress: "232.1.1.1", sourceAddress: "192.0.2.9" },
    { groupAddress: "232.1.1.1", sourceAddress: "192.0.2.8" },
  ]);
  assert.ok(Object.isFrozen(joinedGroups) && joinedGroups !== groups.joinedGroups, "frozen, and new at each get");

  const leaving = groups.leaveGroup("ff02::fb");
  assert.equal(await outcome(groups.leaveGroup("ff02::fb")), "InvalidStateError", "it is being left");
  assert.deepEqual(await answer(), ["leave", "ff02::fb", undefined]);
  await leaving;
  assert.equal(await outcome(groups.leaveGroup("ff02::fb")), "InvalidStateError", "it is left");
  assert.equal(await outcome(groups.leaveGroup("232.1.1.1")), "InvalidStateError", "not for all sources");
  assert.equal(groups.joinedGroups.length, 3);

  const refused = outcome(groups.joinGroup("239.9.9.9"));
  await answer("NetworkError");
  assert.equal(await refused, "NetworkError");
  const kept = outcome(groups.leaveGroup("239.0.0.1"));
  await answer("NetworkError");
  assert.equal(await kept, "NetworkError");
  assert.deepEqual(groups.joinedGroups[0], "239.0.0.1");
  const again = groups.joinGroup("239.9.9.9");
  await answer();
  await again;
});

test("what is no group, or no source, is a TypeError", async () => {
  const { groups } = await controller();
  for (const address of [
    undefined,
    "",
    "239.0.0.1.",
    "223.255.255.255",
    "240.0.0.0",
    "fe80::1",
    "ff2::1",
    "[ff02::1]",
    "ff02::1%lo",
  ]) {
    await assert.rejects(groups.joinGroup(address), TypeError, address);
    await assert.rejects(groups.leaveGroup(address), TypeError, address);
  }
  await assert.rejects(groups.joinGroup(), TypeError);
  await assert.rejects(groups.joinGroup("239.0.0.1", 5), TypeError);
  for (const sourceAddress of ["", "a", "0.0.0.0", "127.0.0.1", "224.0.0.1", "2001:db8::1"])
    await assert.rejects(groups.joinGroup("232.0.0.1", { sourceAddress }), TypeError, sourceAddress);
  for (const sourceAddress of ["::", "::1", "ff02::1", "192.0.2.1"])
    await assert.rejects(groups.joinGroup("ff3e::1", { sourceAddress }), TypeError, sourceAddress);
  assert.deepEqual(page.said, []);
});

test("groups go with the socket: what is being joined aborts, later ones are refused", async () => {
  const { groups, id, socket } = await controller();
  const joining = outcome(groups.joinGroup("239.0.0.1"));
  await page.next("membership");
  const closing = socket.close();
  await page.next("close");
  page.say({ type: "closed", id });
  await closing;
  assert.equal(await joining, "AbortError");
  assert.equal(await outcome(groups.joinGroup("239.0.0.2")), "InvalidStateError");
  assert.equal(await outcome(groups.leaveGroup("239.0.0.1")), "InvalidStateError");
});
