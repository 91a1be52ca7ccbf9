import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { maxPeerBytes } from "./message.ts";
import { peerLength, readPeer, writePeer } from "./peer.ts";
import type { Peer } from "./peer.ts";

const code = (text: string, index: number): number => text.charCodeAt(index);
const cases = JSON.parse(readFileSync(new URL("testdata/peers.json", import.meta.url), "utf8")) as (Peer & {
  header: string;
})[];

test("peers are written and read as the host does it", () => {
  assert.ok(cases.length > 0, "there are cases");
  for (const { header, ...peer } of cases) {
    const bytes = new Uint8Array(maxPeerBytes);
    const length = writePeer(bytes, peer, code);
    assert.equal(Buffer.from(bytes.subarray(0, length)).toString("hex"), header);
    assert.equal(peerLength(bytes, maxPeerBytes), length);
    assert.deepEqual(readPeer(bytes, length, String.fromCharCode), peer);
  }
});

test("an address that is empty, too long or not printable has no header", () => {
  for (const address of ["", "a".repeat(256), "a b", "a\0", "\u00e4"])
    assert.equal(writePeer(new Uint8Array(maxPeerBytes), { address, family: 0, port: 9 }, code), 0, address);
});

test("a header that is cut short, or has no address, is none", () => {
  for (const header of ["", "01", "010009", "01000900", "0200090061", "0000090061"]) {
    const bytes = Uint8Array.from(Buffer.from(header, "hex"));
    assert.equal(peerLength(bytes, bytes.length), 0, header);
  }
});
