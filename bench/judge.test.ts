// Targets are judged by the figures, and not at all without them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, number } from "./judge.ts";
import type { MetricKey } from "./metrics.ts";
import type { Figures, Growth, GrowthStep, Verdict } from "./results.ts";

const figure = (median: number): { median: number; min: number; max: number; rounds: number } => ({
  median,
  min: median / 2,
  max: median * 2,
  rounds: 3,
});
const figures = (of: Record<string, Partial<Record<MetricKey, number>>>): Figures =>
  Object.fromEntries(
    Object.entries(of).map(([peer, values]) => [
      peer,
      Object.fromEntries(Object.entries(values).map(([key, value]) => [key, figure(value)])),
    ]),
  );
const step = (sockets: number, more: Partial<GrowthStep> = {}): GrowthStep => ({
  sockets,
  openMs: 2,
  relayKiB: 30,
  browserKiB: 50,
  tripMs: 0.3,
  ...more,
});

const good: Record<string, Partial<Record<MetricKey, number>>> = {
  lane: { receive1: 300, send1: 250, tripP50: 0.3, loadedP99: 0.8, openedP50: 4 },
  wisp: { receive1: 290, send1: 240, tripP50: 0.4 },
  websockify: { receive1: 400, send1: 200 },
  native: { receive1: 500 },
  stdio: { receive1: 39, send1: 100 },
  bare: { receive1: 50, send1: 125 },
};
const steady: Growth = { lane: [step(1), step(10), step(100), step(1_000)] };

/** The states of the targets with this number. */
const states = (verdicts: Verdict[], target: string): string[] =>
  verdicts.filter((verdict) => verdict.target.startsWith(`${target}.`)).map(({ state }) => state);

test("each target by its own figures", () => {
  const verdicts = judge(figures(good), steady);
  assert.deepEqual(states(verdicts, "1"), ["met", "met", "missed", "missed"]);
  assert.deepEqual(states(verdicts, "2"), ["met"]);
  assert.deepEqual(states(verdicts, "3"), ["met", "met", "met"]);
  assert.deepEqual(states(verdicts, "4"), ["met", "met", "met"]);
  assert.deepEqual(states(verdicts, "6"), ["missed", "met"]);
  assert.match(verdicts[0]?.why ?? "", /^300 to 290 MiB\/s: 1\.03x$/);
});

test("a figure on the bound meets it, one beyond does not", () => {
  const state = (of: typeof good, growth: Growth, target: string, which = 0): string =>
    states(judge(figures(of), growth), target)[which] ?? "";
  const lane = (more: Partial<Record<MetricKey, number>>): typeof good => ({
    ...good,
    lane: { ...good["lane"], ...more },
  });
  assert.equal(state(lane({ receive1: 290 }), steady, "1"), "met");
  assert.equal(state(lane({ receive1: 289 }), steady, "1"), "missed");
  assert.equal(state(lane({ send1: 240 }), steady, "2"), "met");
  assert.equal(state(lane({ send1: 239 }), steady, "2"), "missed");
  assert.equal(state(lane({ tripP50: 0.61 }), steady, "3"), "missed");
  assert.equal(state(lane({ loadedP99: 0.91 }), steady, "3", 1), "missed");
  assert.equal(state(lane({ openedP50: 5.1 }), steady, "3", 2), "missed");
  const with1000 = (more: Partial<GrowthStep>): Growth => ({ lane: [step(1), step(10), step(100), step(1_000, more)] });
  assert.equal(state(good, with1000({ relayKiB: 32.1 }), "4", 0), "missed");
  assert.equal(state(good, with1000({ openMs: 3.1 }), "4", 1), "missed");
  assert.equal(state(good, with1000({ tripMs: 0.5 }), "4", 2), "missed");
});

test("what was not measured is not judged", () => {
  const { lane: _lane, bare: _bare, ...others } = good;
  for (const { target, state } of judge(figures(others), {})) assert.equal(state, "not measured", target);
  // A hundred sockets are not a thousand.
  assert.deepEqual(states(judge(figures(good), { lane: [step(1), step(100)] }), "4"), Array(3).fill("not measured"));
  // One relay alone is not beaten if the other was not there: but the fastest of those that were is.
  const { websockify: _, ...without } = good;
  assert.deepEqual(states(judge(figures(without), steady), "1"), ["met", "not measured", "not measured", "missed"]);
});

test("numbers have three digits", () => {
  assert.deepEqual([0, 0.004, 0.126, 9.994, 12.34, 99.96, 123.4, 204372, NaN].map(number), [
    "0",
    "0.00",
    "0.13",
    "9.99",
    "12.3",
    "100.0",
    "123",
    "204372",
    "–",
  ]);
});
