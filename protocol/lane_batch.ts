// Several datagrams in one frame of the lane, the twin of lane_batch.go. Behind the number of the first: for each its length (u32, little-endian) and
// its bytes.
//
// Whoever makes one leaves room for what stands before the datagrams, so that nobody has to copy them to put it there. The page's script uses this
// file: nothing here asks a prototype that the page may have changed.

import { batchDatagrams, laneHeaderBytes } from "./message.ts";

/** What stands before the datagrams: the frame's header and the number of the first. */
export const batchHeaderBytes = /* @__PURE__ */ (() => laneHeaderBytes + 4)();
/** What each datagram takes besides its bytes. */
export const batchOverhead = 4;

/** Writes the length of a datagram before it. */
export function writeLength(frame: Uint8Array, at: number, length: number): void {
  for (let i = 0; i < batchOverhead; i++) frame[at + i] = length >>> (8 * i);
}

export function readLength(frame: Uint8Array, at: number): number {
  let length = 0;
  for (let i = 0; i < batchOverhead; i++) length |= (frame[at + i] as number) << (8 * i);
  return length >>> 0;
}

/** Calls `take` with the length of each datagram of a frame of `size` bytes, which is one (isBatch). */
export function eachLength(frame: Uint8Array, size: number, take: (length: number) => void): void {
  for (let at = batchHeaderBytes; at < size;) {
    const length = readLength(frame, at);
    at += batchOverhead + length;
    take(length);
  }
}

/** Whether a frame of `size` bytes has datagrams in it, and nothing else. */
export function isBatch(frame: Uint8Array, size: number): boolean {
  let at = batchHeaderBytes;
  let count = 0;
  for (; at + batchOverhead <= size; count++) at += batchOverhead + readLength(frame, at);
  return at === size && count > 0 && count <= batchDatagrams;
}
