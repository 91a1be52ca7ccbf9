// The data of the benchmark in TypeScript, for pages and for the harness; pattern.go says what it is and why. The tests of both hold one hash.

/** The number of bytes after which the pattern repeats. */
export const period = 1_048_573;
/** The most that `patternAt` gives at once, in bytes. */
export const maxSlice = 1 << 20;
const seed = 0x9e3779b9;

function make(): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(period + maxSlice);
  let state = seed | 0;
  for (let i = 0; i < period; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    block[i] = state >>> 24;
  }
  block.copyWithin(period, 0, maxSlice);
  return block;
}

const block = make();

/** `length` bytes of the pattern from `offset` on, at most `maxSlice`. They are shared: do not change them. */
export function patternAt(offset: number, length: number): Uint8Array<ArrayBuffer> {
  const start = offset % period;
  return block.subarray(start, start + length);
}

/**
 * Looks at up to 32 bytes at either end of `chunk` and reports whether they are the pattern's from `offset` on. Cheap enough for each chunk
 * while it is measured: a byte that is lost or doubled moves all that follow it.
 */
export function looksRight(offset: number, chunk: Uint8Array): boolean {
  const { length } = chunk;
  const start = offset % period;
  const ends = Math.min(32, length);
  for (let i = 0; i < ends; i++) if (chunk[i] !== block[(start + i) % period]) return false;
  for (let i = length - ends; i < length; i++) if (chunk[i] !== block[(start + i) % period]) return false;
  return true;
}
