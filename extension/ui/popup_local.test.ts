// The popup's lines about sockets that others can send to, and about what was refused of them. With a made-up page.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { settled } from "../fake/clock.ts";
import { OwnPage } from "../fake/own_page.ts";
import type { FakeElement } from "../fake/own_page.ts";
import type { PopupView, SocketView } from "../background/toolbar/popup.ts";

const page = new OwnPage("popup.html");
await import("./popup.ts");

const origin = "https://a.test";
function socket(more: Partial<SocketView> & Pick<SocketView, "key" | "kind">): SocketView {
  return {
    ...{ origin, protocol: "tcp", host: "192.168.1.5", port: 40_080, encryption: "off", since: 0 },
    state: { socketId: more.key, bytesIn: 1, bytesOut: 2, at: 1 },
    ...more,
  };
}
const state = { socketId: 1, bytesIn: 0, bytesOut: 0, at: 1 };
const listener = socket({
  key: 1,
  kind: "listen",
  reach: "network",
  state: { ...state, accepted: 1_284, turnedAway: 3 },
});
const accepted = [2, 3].map((key) =>
  socket({ key, kind: "accepted", listener: 1, host: `192.168.1.${key.toString()}`, port: 50_000 + key }),
);
const bound = socket({
  ...{ key: 4, kind: "bind", protocol: "udp", port: 5353, reach: "network", peers: "network" },
  state: { ...state, peers: 12, groups: 1, turnedAway: 41 },
});
const orphan = socket({ key: 5, kind: "accepted", host: "fd00::5", port: 6 });

function view(more: Partial<PopupView> = {}): PopupView {
  return {
    site: { origin, paused: false, secure: true },
    ...{ private: false, sockets: [], open: 0, more: [], refusals: [], alsoPaused: [], cooldowns: {} },
    ...{ host: { kind: "checking" }, unsaved: false },
    ...more,
  };
}
const lines = (): FakeElement[] =>
  page
    .element("groups")
    .all("li")
    .filter(({ className }) => className === "socket");
const closes = (line: FakeElement | undefined): FakeElement[] =>
  (line?.all("button") ?? []).filter(({ className }) => className === "close");

before(async () => {
  await settled();
  const more = [{ origin, listener: 1, count: 497 }];
  await page.hear(view({ sockets: [listener, ...accepted, bound, orphan], open: 502, more }));
});

test("a socket that listens has its address, who may connect, how many have, and how many were turned away", () => {
  const [line] = lines();
  const said = line?.textContent ?? "";
  for (const words of [
    "Others can connect: 192.168.1.5:40080",
    "Devices in your own network",
    "Not encrypted",
    "Connections: 499",
    "So far: 1,284",
    "Turned away: 3",
    "And more connections: 497",
  ])
    assert.ok(said.includes(words), `${words} in ${said}`);
});

test("it and each of its connections has a Close of its own, which takes a person", async () => {
  const [line] = lines();
  const buttons = closes(line);
  assert.equal(buttons.length, 3);
  const said = [];
  for (const button of buttons) {
    assert.deepEqual(await page.click(button, false), []);
    said.push(...(await page.click(button)));
  }
  assert.deepEqual(
    said,
    [1, 2, 3].map((key) => ({ type: "close", key })),
  );
});

test("a bound socket has its address, whom it sends to, and how many of them", async () => {
  const [, line] = lines();
  const said = line?.textContent ?? "";
  for (const words of [
    "192.168.1.5:5353",
    "UDP",
    "With any device in your network",
    "In contact with: 12",
    "Groups: 1",
    "Not let through: 41",
  ])
    assert.ok(said.includes(words), `${words} in ${said}`);
  assert.deepEqual(await page.click(closes(line)[0]), [{ type: "close", key: 4 }]);
});

test("connections whose listener is closed stand by themselves; the count is of all that is open", async () => {
  const [, , line] = lines();
  assert.match(line?.textContent ?? "", /others have made.*\[fd00::5\]:6/);
  assert.deepEqual(await page.click(closes(line)[0]), [{ type: "close", key: 5 }]);
  await page.hear(view({ sockets: [orphan, ...accepted.map(({ listener: _, ...one }) => one)], open: 2_003 }));
  assert.equal(lines().length, 1, "the listener is closed, and its connections are not");
  assert.equal(closes(lines()[0]).length, 3);
  assert.match(page.element("count").textContent, /2,003/);
});

test("a refusal says what was wanted, and why it was not to be", async () => {
  const common = { origin, stage: "open", at: 0, count: 1, unseen: false, host: "192.168.9.9" } as const;
  const refusals: PopupView["refusals"] = [
    { ...common, kind: "listen", protocol: "tcp", port: 80, reason: "port" },
    { ...common, kind: "listen", protocol: "tcp", port: 40_080, reason: "address" },
    { ...common, kind: "bind", protocol: "udp", port: 0, reason: "permissions-policy" },
    { ...common, kind: "listen", protocol: "tcp", port: 40_080, reason: "policy", by: "policy.json: servers" },
    { ...common, protocol: "tcp", port: 40_080, reason: "address" },
  ];
  await page.hear(view({ refusals }));
  const said = page.element("refusals").children.map(({ textContent }) => textContent);
  const expected = [
    /192\.168\.9\.9:80.*others to be able to connect.*pages may not have it/,
    /others to be able to connect.*no such address/,
    /192\.168\.9\.9 · UDP.*exchange UDP messages.*multicast/,
    /administrator does not allow it.*policy\.json: servers/,
    /not one that pages may reach/,
  ];
  for (const [n, words] of expected.entries()) assert.match(said[n] ?? "", words);
  assert.equal(said.length, 5, "two of one address are two");
  assert.doesNotMatch(said[4] ?? "", /others to be able/);
});
