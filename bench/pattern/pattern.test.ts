// The pattern is the same as in Go, and a fault in it shows.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { looksRight, maxSlice, patternAt, period } from "./pattern.ts";

// The hash of the first 3,000,000 bytes; pattern_test.go has the same.
const first3M = "2ec024cbd9e1fab7b1a60fc40097697ebd67252b3977320e3cd8e988bd7671f5";

test("the pattern is the one that Go makes", () => {
  const hash = createHash("sha256");
  for (let at = 0; at < 3_000_000; at += 1000) hash.update(patternAt(at, 1000));
  assert.equal(hash.digest("hex"), first3M);
});

test("a right chunk looks right at any offset, a displaced one does not", () => {
  for (const offset of [0, 1, 65_535, period - 5, period, 3 * period + 17, 2 ** 40]) {
    for (const length of [1, 7, 64, 65_536, maxSlice]) {
      const chunk = patternAt(offset, length);
      assert.equal(chunk.length, length);
      assert.ok(looksRight(offset, chunk), `${length} bytes at ${offset}`);
      if (length < 64) continue;
      for (const lost of [1, 4096, 65_535, 65_536, 1 << 20])
        assert.ok(!looksRight(offset + lost, chunk), `${lost} bytes lost before ${length} at ${offset}`);
    }
  }
});

test("a wrong byte at either end of a chunk shows", () => {
  for (const at of [0, 31, 968, 999]) {
    const chunk = patternAt(5, 1000).slice();
    chunk[at] = (chunk[at] ?? 0) ^ 1;
    assert.ok(!looksRight(5, chunk), `a wrong byte at ${at}`);
  }
});
