// Bytes that look random and are known to everybody: AES-128 in counter mode over zeros, the key made of a seed. A page
// makes the same bytes with `crypto.subtle`, so nothing has to be sent to be compared.
import { createCipheriv, createHash } from "node:crypto";

const zeros = Buffer.alloc(256 * 1024);

/** The pattern's bytes from the beginning, in pieces of at most 256 KiB. */
export function* patternChunks(seed: number, length: number): Generator<Buffer> {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(seed);
  const cipher = createCipheriv("aes-128-ctr", key, Buffer.alloc(16));
  for (let left = length; left > 0; left -= zeros.length) {
    yield cipher.update(left < zeros.length ? zeros.subarray(0, left) : zeros);
  }
}

export function pattern(seed: number, length: number): Buffer {
  return Buffer.concat([...patternChunks(seed, length)]);
}

/** SHA-256 of the first `length` bytes, in hex. */
export function patternSha256(seed: number, length: number): string {
  const hash = createHash("sha256");
  for (const chunk of patternChunks(seed, length)) hash.update(chunk);
  return hash.digest("hex");
}
