// Hosts that the user types for a bound UDP socket.

import assert from "node:assert/strict";
import { readNamed } from "../background/consent/named_hosts.ts";
import { canonicalHost } from "../background/intake/origin.ts";
import type { Target } from "./target.ts";

export const named: Target = {
  name: "named hosts",
  corpus: [
    "",
    "host",
    "host:80",
    "[::1]:80",
    "::1",
    "1::5",
    "[::1",
    "x:0",
    "x:65536",
    "x:00080",
    " x:1 ",
    "1.2.3.4:5",
    "a:b:1",
  ],
  words: [
    "host",
    "xn--bcher-kva",
    "192.168.1.9",
    "::1",
    "fe80::1%eth0",
    "[",
    "]",
    ":",
    ":0",
    ":80",
    ":65535",
    ":65536",
    ".",
    "é",
  ],
  check(input) {
    const read = readNamed(input);
    if (read === undefined) return;
    const { host, port } = read;
    assert.equal(canonicalHost(host), host, "it is not in its canonical form");
    assert.ok(port === undefined || (Number.isInteger(port) && port >= 1 && port <= 65_535), "it is no port");
    // What was read once reads the same again, as it is written.
    const written = host.includes(":") ? `[${host}]` : host;
    assert.deepEqual(readNamed(port === undefined ? written : `${written}:${port.toString()}`), read);
    if (!/\d\s*$/.test(input)) assert.equal(port, undefined, "a port that is not there");
  },
};
