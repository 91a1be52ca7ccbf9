// Percentiles and medians.
import assert from "node:assert/strict";
import { test } from "node:test";
import { figureOf, median, percentile } from "./stats.ts";

test("a percentile is the nearest rank, whatever the order", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  for (const [share, value] of [
    [0, 1],
    [0.01, 1],
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ] as const)
    assert.equal(percentile(hundred, share), value);
  assert.equal(percentile([7], 0.99), 7);
  assert.equal(percentile([10, 9, 1], 0.5), 9);
  assert.equal(percentile([], 0.5), NaN);
});

test("a median of an even number lies between the two in the middle", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([10, 1, 2, 4]), 3);
  assert.equal(median([]), NaN);
});

test("numbers are compared as numbers, and nothing given is changed", () => {
  const given = [10, 9, 100];
  assert.equal(median(given), 10);
  assert.equal(percentile(given, 1), 100);
  assert.deepEqual(given, [10, 9, 100]);
});

test("a figure has the spread of its rounds, without those that gave no number", () => {
  assert.deepEqual(figureOf([5, NaN, 1, 3]), { median: 3, min: 1, max: 5, rounds: 3 });
  assert.equal(figureOf([NaN, Infinity]), undefined);
  assert.equal(figureOf([]), undefined);
});
