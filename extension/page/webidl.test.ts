import assert from "node:assert/strict";
import { test } from "node:test";
import { toKeepAlive, toSocketOptions, toTLSOptions } from "./api/options.ts";
import { copyBufferSource } from "./webidl.ts";

test("options are converted as WebIDL says", () => {
  for (const none of [undefined, null, {}]) assert.deepEqual({ ...toSocketOptions(none).open }, {});
  assert.deepEqual(
    { ...toSocketOptions({ remoteAddress: 7, remotePort: "25" }).open },
    {
      remoteAddress: "7",
      remotePort: 25,
    },
  );
  assert.equal(toSocketOptions({ noDelay: "yes" }).open.noDelay, true);
  assert.equal(toSocketOptions({ dnsQueryType: "ipv6" }).open.dnsQueryType, "ipv6");
  assert.throws(() => toSocketOptions({ dnsQueryType: "IPv6" }), TypeError);
  assert.deepEqual({ ...toSocketOptions({ remoteAddress: undefined, remotePort: undefined }).open }, {});
});

test("numbers out of range are refused, and never become others", () => {
  const bounds = {
    remotePort: 65535,
    localPort: 65535,
    ipTypeOfService: 255,
    sendBufferSize: 2 ** 32 - 1,
    receiveBufferSize: 2 ** 32 - 1,
    keepAlive: 2 ** 32 - 1,
    keepAliveDelay: 2 ** 32 - 1,
    timeout: 2 ** 32 - 1,
  };
  for (const [name, most] of Object.entries(bounds)) {
    for (const value of [70_000 * 65536, most + 1, -1, NaN, Infinity, -Infinity, "port", {}])
      assert.throws(() => toSocketOptions({ [name]: value }), TypeError, name);
    for (const value of [most, most + 0.9, most.toString(), 1, 0, -0.9]) toSocketOptions({ [name]: value });
  }
  assert.throws(() => toSocketOptions({ remotePort: 70_000 }), TypeError);
  assert.equal(toSocketOptions({ remotePort: 65535.9 }).open.remotePort, 65535);
  assert.equal(Object.is(toSocketOptions({ remotePort: -0.9 }).open.remotePort, 0), true);
});

test("members are read in lexicographical order, each converted before the next is read", () => {
  const read: string[] = [];
  const value = (name: string): unknown => ({
    toString() {
      read.push(`${name} is converted`);
      return name === "dnsQueryType" ? "ipv4" : name === "secureTransport" ? "on" : "1";
    },
  });
  const options = new Proxy(
    {},
    {
      get(_, name) {
        read.push(String(name));
        return /^(?:dns|ip|local|rec|rem|send|secureT|serverN|time)/.test(String(name))
          ? value(String(name))
          : undefined;
      },
    },
  );
  toSocketOptions(options);
  const names = read.filter((entry) => !entry.includes(" "));
  assert.deepEqual(names, [...names].sort());
  assert.ok(names.length >= 19, "members are missing");
  for (const [i, entry] of read.entries())
    if (entry.includes(" ")) assert.equal(entry, `${read[i - 1] ?? ""} is converted`);
  assert.ok(read.length - names.length >= 11, "conversions are missing");
});

test("keepAlive takes a boolean or seconds, keepAliveDelay milliseconds", () => {
  assert.equal(toSocketOptions({ keepAlive: true }).open.keepAliveDelay, 45_000);
  assert.equal(toSocketOptions({ keepAlive: false }).open.keepAliveDelay, undefined);
  assert.equal(toSocketOptions({ keepAlive: 30 }).open.keepAliveDelay, 30_000);
  assert.equal(toSocketOptions({ keepAlive: 0 }).open.keepAliveDelay, undefined);
  assert.equal(toSocketOptions({ keepAlive: true, keepAliveDelay: 2000 }).open.keepAliveDelay, 2000);
  assert.equal(toSocketOptions({ keepAliveDelay: 2000 }).open.keepAliveDelay, 2000);
  assert.equal(toSocketOptions({ keepAliveDelay: 0 }).open.keepAliveDelay, 1); // too short, and refused as such by the broker
  for (const keepAliveDelay of [-1, 2 ** 32, Infinity, NaN]) {
    assert.throws(() => toSocketOptions({ keepAliveDelay }), TypeError);
  }
});

test("useSecureTransport and secureTransport agree", () => {
  assert.equal(toSocketOptions({ useSecureTransport: true }).open.secureTransport, "on");
  assert.equal(toSocketOptions({ useSecureTransport: false }).open.secureTransport, undefined);
  assert.equal(toSocketOptions({ secureTransport: "on" }).open.secureTransport, "on");
  assert.equal(toSocketOptions({ secureTransport: "starttls" }).open.secureTransport, "starttls");
  assert.throws(() => toSocketOptions({ secureTransport: "maybe" }), TypeError);
  for (const secureTransport of ["off", "starttls"])
    assert.throws(() => toSocketOptions({ secureTransport, useSecureTransport: true }), TypeError);
});

test("TLS options are copied, and refused where they cannot be meant", () => {
  const value = new Uint8Array(34).fill(7).subarray(1, 33);
  const given = {
    secureTransport: "on",
    serverName: "mail.example",
    alpnProtocols: new Set(["imap", 7]),
    serverCertificateHashes: [
      { algorithm: "sha-512", value: new Uint8Array(64) }, // not known: passed over, as WebTransport does
      { algorithm: "sha-256", value },
    ],
  };
  const { tls } = toSocketOptions(given).open;
  value.fill(9);
  assert.deepEqual(
    { ...tls },
    {
      serverName: "mail.example",
      alpnProtocols: ["imap", "7"],
      serverCertificateHashes: [new Uint8Array(32).fill(7).buffer],
    },
  );
  assert.deepEqual(
    { ...toTLSOptions(given) },
    { ...tls, serverCertificateHashes: [new Uint8Array(32).fill(9).buffer] },
  );
  for (const none of [
    undefined,
    null,
    {},
    { alpnProtocols: [], serverCertificateHashes: [] },
    { serverName: undefined },
  ])
    assert.deepEqual({ ...toTLSOptions(none) }, {});
  // Nobody lists certificates for a connection that shows none.
  for (const secureTransport of [undefined, "off"])
    assert.throws(() => toSocketOptions({ ...given, secureTransport }), TypeError);
  assert.equal(toSocketOptions({ alpnProtocols: [] }).open.tls, undefined);
});

test("what is no list says so", () => {
  for (const alpnProtocols of [{}, { 0: "imap", length: 1 }, 5])
    assert.throws(() => toSocketOptions({ alpnProtocols }), { name: "TypeError", message: /^alpnProtocols is no / });
});

test("TLS options that cannot be", () => {
  const hash = { algorithm: "sha-256", value: new Uint8Array(32) };
  const endless = {
    *[Symbol.iterator](): Generator<string> {
      for (;;) yield "x";
    },
  };
  for (const bad of [
    5,
    "text",
    { serverName: "" },
    { serverName: "a".repeat(254) },
    { serverName: Symbol("x") },
    { alpnProtocols: "imap" }, // a string is no sequence
    { alpnProtocols: 5 },
    { alpnProtocols: {} },
    { alpnProtocols: [""] },
    { alpnProtocols: ["a".repeat(256)] },
    { alpnProtocols: ["\u00fc"] },
    { alpnProtocols: endless },
    { alpnProtocols: { [Symbol.iterator]: () => 5 } },
    { alpnProtocols: { [Symbol.iterator]: () => ({ next: () => 5 }) } },
    { alpnProtocols: { [Symbol.iterator]: () => ({}) } },
    { serverCertificateHashes: hash },
    { serverCertificateHashes: [hash.value] },
    { serverCertificateHashes: [{ algorithm: "sha-256" }] },
    { serverCertificateHashes: [{ value: hash.value }] },
    { serverCertificateHashes: [{ ...hash, algorithm: "sha-1" }] },
    { serverCertificateHashes: [{ ...hash, value: new Uint8Array(31) }] },
    { serverCertificateHashes: [{ ...hash, value: "text" }] },
    { serverCertificateHashes: [{ ...hash, value: new Uint8Array(new SharedArrayBuffer(32)) }] },
    { serverCertificateHashes: Array.from({ length: 17 }, () => hash) },
  ])
    assert.throws(() => toTLSOptions(bad), TypeError, JSON.stringify(bad));
});

test("members are read in the order of their names", () => {
  const read: string[] = [];
  toSocketOptions(
    new Proxy(
      {},
      {
        get: (_, name) => {
          read.push(name as string);
        },
      },
    ),
  );
  assert.deepEqual(read, [...read].sort());
  assert.equal(new Set(read).size, read.length);
});

test("onstate is a function, or absent", () => {
  const onstate = (): undefined => undefined;
  assert.equal(toSocketOptions({ onstate }).onstate, onstate);
  assert.equal("onstate" in toSocketOptions({ onstate: undefined }), false);
  assert.equal("onstate" in toSocketOptions({ onstate }).open, false); // it stays in the page
  for (const bad of [null, "asking", {}, 5]) assert.throws(() => toSocketOptions({ onstate: bad }), TypeError);
});

test("what is no dictionary, and what throws, is refused", () => {
  assert.throws(() => toSocketOptions(5), TypeError);
  assert.throws(() => toSocketOptions({ remoteAddress: Symbol("x") }), TypeError);
  assert.throws(() => toSocketOptions({ remotePort: 5n }), TypeError);
  assert.throws(() => toSocketOptions({ signal: {} }), TypeError);
  const own = new RangeError("mine");
  assert.throws(
    () =>
      toSocketOptions({
        get remotePort(): number {
          throw own;
        },
      }),
    own,
  );
});

test("BufferSource is copied, whatever its shape; nothing else is taken", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const copy = copyBufferSource(bytes);
  bytes[0] = 99;
  assert.deepEqual([...copy], [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual([...copyBufferSource(bytes.buffer)], [99, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual([...copyBufferSource(bytes.subarray(2, 4))], [3, 4]);
  assert.deepEqual([...copyBufferSource(new DataView(bytes.buffer, 6))], [7, 8]);
  assert.deepEqual([...copyBufferSource(new Uint16Array(bytes.buffer, 4, 1))], [5, 6]);
  assert.equal(copyBufferSource(new Uint8Array()).length, 0);
  for (const bad of [
    "text",
    5,
    null,
    undefined,
    {},
    [1, 2],
    new SharedArrayBuffer(4),
    new Uint8Array(new SharedArrayBuffer(4)),
  ]) {
    assert.throws(() => copyBufferSource(bad), TypeError);
  }
});

test("setKeepAlive(): off, on, and after how long", () => {
  for (const [on, delay, ms] of [
    [undefined, undefined, 0],
    [false, 60_000, 0],
    [true, undefined, 45_000],
    ["yes", 0, 45_000],
    [1, "1000", 1_000],
    [true, 4_294_967_295, 4_294_967_295],
  ] as const)
    assert.equal(toKeepAlive(on, delay), ms);
  for (const delay of [-1, 999, 4_294_967_296, NaN, Infinity, "soon", 1n, Symbol("delay")])
    assert.throws(() => toKeepAlive(true, delay), TypeError, String(delay));
});
