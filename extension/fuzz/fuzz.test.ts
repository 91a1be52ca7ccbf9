import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz, targets } from "./fuzz.ts";
import { Random } from "./random.ts";

for (const target of targets)
  test(`${target.name}: the corpus, and a moment of random inputs`, () => {
    assert.ok(fuzz(target, 1, 0.2) > target.corpus.length, "no input of its own was tried");
  });

test("the same seed gives the same inputs", () => {
  const [one, two, other] = [new Random(7), new Random(7), new Random(8)];
  const texts = (random: Random): string[] => Array.from({ length: 20 }, () => random.text(["a", "b"]));
  const first = texts(one);
  assert.deepEqual(texts(two), first);
  assert.notDeepEqual(texts(other), first);
});
