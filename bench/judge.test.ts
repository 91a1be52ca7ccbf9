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
  lane: {
    receive1: 400,
    receive10: 400,
    receiveByob: 400,
    send1: 250,
    send10: 250,
    tripP50: 0.3,
    loadedP99: 5,
    udpCame: 20_000,
    udpReceived: 20_000,
    udpLoss: 0,
    udpReceiveLoss: 0,
    openedP50: 1.5,
    opensPerSecond: 1_500,
    cpuReceiveBrowser: 3,
    cpuReceiveRelay: 1,
    cpuSendBrowser: 4,
    cpuSendRelay: 1,
  },
  barelane: { receive1: 444, receive10: 430, send1: 290, send10: 290, tripP50: 0.25 },
  baresocket: { receive1: 380, receive10: 380, send1: 294, send10: 294, tripP50: 0.24 },
  wisp: { receive1: 290, receive10: 290, send1: 250, send10: 250, udpCame: 20_000, udpReceived: 20_000 },
  websockify: { receive1: 400, receive10: 400, send1: 300, loadedP99: 5 },
  native: { udpCame: 15_000, udpReceived: 15_000 },
  stdio: { receive1: 39, send1: 100 },
  bare: { receive1: 50, send1: 125 },
  firefox: { receive1: 100, send1: 100, tripP50: 1, udpReceived: 5_000, udpCame: 5_000 },
  firefoxstdio: { receive1: 25, send1: 25 },
};
const steady: Growth = { lane: [step(1), step(10), step(100), step(1_000, { browserKiB: 12 })] };

/** The states of the targets with this number. */
const states = (verdicts: Verdict[], target: string): string[] =>
  verdicts.filter((verdict) => verdict.target.startsWith(`${target}.`)).map(({ state }) => state);

const with1000 = (more: Partial<GrowthStep>): Growth => ({ lane: [step(1), step(10), step(100), step(1_000, more)] });
const lane = (more: Partial<Record<MetricKey, number>>): Figures =>
  figures({ ...good, lane: { ...good["lane"], ...more } });
const firefox = (more: Partial<Record<MetricKey, number>>): Figures =>
  figures({ ...good, firefox: { ...good["firefox"], ...more } });

test("a figure on the bound meets it", () => {
  const missed = judge(figures(good), steady).filter(({ state }) => state === "missed");
  assert.deepEqual(
    missed.map(({ target }) => target),
    ["9. stdio alone, receive: at least 0.8x of the bare way"],
  );
  assert.match(judge(figures(good), steady)[0]?.why ?? "", /^400 to 400 MiB\/s: 1\.00x$/);
});

const beyond: [target: string, which: number, figures: Figures, growth?: Growth][] = [
  ["1", 0, lane({ receive1: 399.9 })], // websockify, the faster of the relays
  ["1", 1, lane({ receive10: 399.9 })],
  ["1", 2, lane({ receiveByob: 399.9 })],
  ["1", 3, lane({ receive1: 399 })], // the faster of the bare ways
  ["1", 4, lane({ receive10: 386 })],
  ["1", 5, lane({ receiveByob: 399 })],
  ["2", 0, lane({ send1: 249.9 })],
  ["2", 1, lane({ send10: 249.9 })],
  ["2", 2, lane({ send1: 249 })],
  ["2", 3, lane({ send10: 249 })],
  ["3", 0, lane({ tripP50: 0.31 })], // the faster of the bare ways
  ["3", 1, lane({ loadedP99: 5.1 })],
  ["4", 0, lane({ udpCame: 19_999 })],
  ["4", 1, lane({ udpCame: 14_999 })],
  ["4", 2, lane({ udpReceived: 19_999 })],
  ["4", 3, lane({ udpReceived: 14_999 })],
  ["4", 4, lane({ udpLoss: 0.01 })],
  ["4", 5, lane({ udpReceiveLoss: 0.01 })],
  ["5", 0, lane({ openedP50: 1.51 })],
  ["5", 1, lane({ opensPerSecond: 1_499 })],
  ["6", 0, figures(good), with1000({ relayKiB: 32.1 })],
  ["6", 1, figures(good), with1000({ browserKiB: 12.1 })],
  ["6", 2, figures(good), with1000({ openMs: 3.1 })],
  ["6", 3, figures(good), with1000({ tripMs: 0.5 })],
  ["7", 0, lane({ cpuReceiveRelay: 1.1 })],
  ["7", 1, lane({ cpuSendRelay: 1.1 })],
  ["10", 0, figures({ ...good, firefoxstdio: { receive1: 25.1 } })],
  ["10", 1, figures({ ...good, firefoxstdio: { send1: 25.1 } })],
  ["10", 2, firefox({ receive1: 99.9 })],
  ["10", 3, firefox({ send1: 99.9 })],
  ["10", 4, firefox({ tripP50: 1.01 })],
  ["10", 5, firefox({ udpReceived: 4_999 })],
  ["10", 6, firefox({ udpCame: 4_999 })],
];
for (const [target, which, of, growth = steady] of beyond)
  test(`a figure beyond the bound misses target ${target}, line ${which + 1}`, () => {
    assert.equal(states(judge(of, growth), target)[which], "missed");
  });

test("what was not measured is not judged", () => {
  const { lane: _lane, stdio: _stdio, firefox: _firefox, ...others } = good;
  for (const { target, state } of judge(figures(others), {})) assert.equal(state, "not measured", target);
  // A hundred sockets are not a thousand.
  assert.deepEqual(states(judge(figures(good), { lane: [step(1), step(100)] }), "6"), Array(4).fill("not measured"));
  // One relay alone counts if the other was not there.
  const { websockify: _, ...without } = good;
  assert.match(judge(figures(without), steady)[0]?.why ?? "", /^400 to 290/);
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
