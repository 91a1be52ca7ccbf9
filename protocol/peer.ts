// The peer of one datagram of a bound UDP socket, the twin of peer.go: it stands before the payload on either carrier
// (docs/PROTOCOL.md, "Datagrams with a peer"). The length of the address (u8), an address family (u8), the port (u16, little-endian), the
// address in ASCII. It runs in the page's world, so it uses no method that a page could replace.

import { maxPeerBytes, peerHeaderBytes } from "./message.ts";

export interface Peer {
  /** A name or an address, without brackets; an address in its canonical form when the host says it. */
  address: string;
  /** Which addresses its name may lead to; 0: of either family. */
  family: 0 | 4 | 6;
  /** 1 to 65535 to the host. What the host says may be 0. */
  port: number;
}

/** Writes the header of a peer to the beginning of `to`. `code` is charCodeAt. Returns its length, or 0 for an address that fits none. */
export function writePeer(
  to: Uint8Array,
  { address, family, port }: Peer,
  code: (text: string, index: number) => number,
): number {
  const { length } = address;
  if (length === 0 || peerHeaderBytes + length > maxPeerBytes) return 0;
  to[0] = length;
  to[1] = family;
  to[2] = port & 0xff;
  to[3] = port >>> 8;
  for (let i = 0; i < length; i++) {
    const char = code(address, i);
    if (char <= 0x20 || char > 0x7e) return 0;
    to[peerHeaderBytes + i] = char;
  }
  return peerHeaderBytes + length;
}

/** How long the header in front of a payload is, or 0 where there is none. `length` is that of `message`. */
export function peerLength(message: Uint8Array, length: number): number {
  const address = length < peerHeaderBytes ? 0 : (message[0] ?? 0);
  return address === 0 || length < peerHeaderBytes + address ? 0 : peerHeaderBytes + address;
}

/** Reads a header of which `peerLength` has told the length. `text` is String.fromCharCode. */
export function readPeer(message: Uint8Array, header: number, text: (...codes: number[]) => string): Peer {
  let address = "";
  for (let i = peerHeaderBytes; i < header; i++) address += text(message[i] ?? 0);
  const family = message[1] === 4 || message[1] === 6 ? message[1] : 0;
  return { address, family, port: (message[2] ?? 0) | ((message[3] ?? 0) << 8) };
}
