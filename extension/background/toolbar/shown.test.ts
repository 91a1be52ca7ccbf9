// Which sockets the popup shows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { maxAccepted, shownSockets } from "./shown.ts";
import type { LiveSocket } from "../sockets/activity.ts";

const socket = (key: number, kind: LiveSocket["kind"], listener?: number, origin = "https://a.test"): LiveSocket =>
  ({ key, kind, sender: { origin }, ...(listener === undefined ? {} : { listener }) }) as LiveSocket;
const accepted = (count: number, from: number, listener: number): LiveSocket[] =>
  Array.from({ length: count }, (_, n) => socket(from + n, "accepted", listener));
const keys = (sockets: readonly LiveSocket[]): number[] => sockets.map(({ key }) => key);

test("of the connections of each socket that listens the oldest are shown, and the others counted", () => {
  const all = [socket(1, "listen"), socket(2, "listen"), ...accepted(500, 10, 1), ...accepted(3, 600, 2)];
  const { shown, more } = shownSockets(all);
  assert.deepEqual(keys(shown), [1, 2, ...keys(accepted(maxAccepted, 10, 1)), 600, 601, 602]);
  assert.deepEqual(more, [{ origin: "https://a.test", listener: 1, count: 500 - maxAccepted }]);
});

test("connections whose listener is closed are those of their site", () => {
  const other = socket(900, "accepted", 2, "https://b.test");
  const { shown, more } = shownSockets([...accepted(30, 10, 1), ...accepted(30, 100, 2), other]);
  assert.deepEqual(keys(shown), [...keys(accepted(maxAccepted, 10, 1)), 900]);
  assert.deepEqual(new Set(shown.map(({ listener }) => listener)), new Set([undefined]));
  assert.deepEqual(more, [{ origin: "https://a.test", count: 60 - maxAccepted }]);
});

test("what the site has opened by itself is all shown", () => {
  const all = Array.from({ length: 60 }, (_, n) => socket(n, n % 2 === 0 ? "connect" : "bind"));
  assert.deepEqual(keys(shownSockets(all).shown), keys(all));
});
