// The popup with much in it: connections by destination and refusals by reason, each with its number, folded up, and each still in reach. With
// a made-up page.

import assert from "node:assert/strict";
import { before, beforeEach, test } from "node:test";
import { settled } from "../fake/clock.ts";
import { OwnPage, type FakeElement } from "../fake/own_page.ts";
import type { PopupView, SocketView } from "../background/toolbar/popup.ts";

const page = new OwnPage("popup.html");
const { addGrants, listGrants, removeGrants } = await import("../background/consent/grants.ts");
const { shownText } = await import("./popup_text.ts");
await import("./popup.ts");

const origin = "https://a.test";
function socket(key: number, more: Partial<SocketView> = {}): SocketView {
  return {
    ...{ key, origin, kind: "connect", protocol: "tcp", host: "mail.test", port: 993, encryption: "on", since: 0 },
    state: { socketId: key, bytesIn: 1_000, bytesOut: 0, at: key, tlsVersion: "1.3" },
    ...more,
  };
}
function view(more: Partial<PopupView> = {}): PopupView {
  const open = more.sockets?.length ?? 0;
  return {
    ...{ site: { origin, paused: false, secure: true }, private: false, sockets: [], open, more: [], refusals: [] },
    ...{ alsoPaused: [], cooldowns: {}, host: { kind: "ready", version: "1.2.3", policy: undefined }, unsaved: false },
    ...more,
  };
}
const groups = (): FakeElement => page.element("groups");
const rows = (): FakeElement[] =>
  groups()
    .all("li")
    .filter(({ className }) => className === "destination");
const named = (within: FakeElement | undefined, className: string): FakeElement[] =>
  within?.all("button").filter((button) => button.className === className) ?? [];
const folds = (within = groups()): FakeElement[] => named(within, "disclosure");
const lines = (row: FakeElement | undefined): FakeElement[] =>
  row?.all("div").filter(({ className }) => className === "socket") ?? [];
const listOf = (row: FakeElement | undefined): FakeElement | undefined =>
  row?.all("div").find(({ className }) => className === "connections");

before(settled);
beforeEach(() => page.hear(view()));

test("connections to one destination are one row that counts them and adds up their bytes, folded up", async () => {
  const sockets = Array.from({ length: 30 }, (_, n) =>
    socket(n, n % 3 === 0 ? { port: 143, encryption: "off" } : { host: n % 3 === 1 ? "mail.test" : "news.test" }),
  );
  await page.hear(view({ sockets }));
  assert.deepEqual(
    rows().map((row) => folds(row)[0]?.textContent),
    ["mail.test:143 Connections: 10", "mail.test:993 Connections: 10", "news.test:993 Connections: 10"],
  );
  const [plain, encrypted] = rows();
  assert.match(shownText(plain as never), /^[^]*IMAP mail · TCP · Not encrypted\nReceived 10 kB · Sent 0 bytes\n$/);
  assert.match(shownText(encrypted as never), /IMAP mail · TCP · Encrypted, TLS 1\.3\n/);
  assert.deepEqual(
    folds().map((fold) => fold.getAttribute("aria-expanded")),
    ["false", "false", "false"],
  );
  await page.click(folds()[1]);
  assert.equal(folds()[1]?.getAttribute("aria-expanded"), "true");
  assert.equal(listOf(rows()[1])?.hidden, false);
  assert.equal(listOf(rows()[0])?.hidden, true);
});

test("what is encrypted and what is not is never said in one row: of both it says how many are not", async () => {
  await page.hear(
    view({ sockets: [socket(1), socket(2, { encryption: "off" }), socket(3, { encryption: "starttls" })] }),
  );
  const [row] = rows();
  const said = row?.all("span").filter(({ textContent }) => /encrypted/i.test(textContent)) ?? [];
  assert.equal(said[0]?.textContent, "Not encrypted: 2 of 3");
  for (const line of [shownText(row as never), ...lines(row).map((one) => shownText(one as never))])
    assert.equal(line.match(/encrypted/gi)?.length, 1, line);
});

test("each of them is closed by itself, or all of a destination and nobody else's, by a person", async () => {
  await page.hear(view({ sockets: [socket(1), socket(2, { port: 25 }), socket(3), socket(4)] }));
  const [row] = rows();
  const [all, ...each] = named(row, "close");
  assert.equal(all?.getAttribute("aria-label"), "Close all connections to \u2068mail.test:993\u2069");
  const keys = async (button: FakeElement | undefined): Promise<unknown[]> => {
    assert.deepEqual(await page.click(button, false), []);
    return (await page.click(button)).map(({ key }) => key);
  };
  assert.deepEqual(await keys(all), [1, 3, 4]);
  assert.deepEqual(await keys(each[1]), [3]);
});

test("as they come and go the focus stays where it is, and what is unfolded stays unfolded", async () => {
  await page.hear(view({ sockets: [socket(1)] }));
  const [line] = lines(rows()[0]);
  const [close] = named(line, "close");
  close?.focus();
  await page.hear(view({ sockets: [socket(1), socket(2)] }));
  assert.equal(page.focused, close);
  assert.equal(lines(rows()[0])[0], line, "another element");
  assert.equal(listOf(rows()[0])?.hidden, false, "it was folded up under somebody's hands");
  folds()[0]?.focus();
  await page.click(folds()[0]);
  await page.hear(view({ sockets: [1, 2, 3].map((key) => socket(key)) }));
  assert.equal(page.focused, folds()[0]);
  assert.equal(listOf(rows()[0])?.hidden, true);
  // The last one has no head that the focus could stay on.
  await page.hear(view({ sockets: [socket(3)] }));
  assert.equal(folds().length, 0);
  assert.equal(listOf(rows()[0])?.hidden, false);
  assert.equal(page.focused, named(rows()[0], "close")[0]);
  await page.hear(view());
  assert.equal(page.focused, page.element("open-title"));
});

test("of many destinations the first are shown, and all of them when somebody wants that", async () => {
  const many = (count: number): PopupView =>
    view({ sockets: Array.from({ length: count }, (_, n) => socket(n, { host: `${n.toString()}.test` })) });
  await page.hear(many(30));
  const shown = (): number => rows().filter(({ hidden }) => !hidden).length;
  const [more] = named(groups(), "link more-lines");
  assert.deepEqual([shown(), more?.textContent, more?.hidden], [8, "Show all: 30", false]);
  await page.click(more);
  assert.deepEqual([shown(), more?.textContent], [30, "Show fewer"]);
  await page.hear(many(31));
  assert.equal(shown(), 31);
  const last = named(rows()[30], "close")[0];
  last?.focus();
  await page.click(more);
  assert.equal(shown(), 9, "what has the focus does not go");
  await page.hear(many(8));
  assert.deepEqual([shown(), more?.hidden], [8, true]);
});

test("refusals are told by reason, with the destinations folded up in it", async () => {
  const common = { origin, stage: "open", protocol: "tcp", count: 2, unseen: false } as const;
  const of = (n: number, reason: "activation" | "paused" | "dns"): PopupView["refusals"][number] => ({
    ...{ ...common, host: `${n.toString()}.test`, port: 25, at: n, reason },
  });
  const refusals = Array.from({ length: 20 }, (_, n) => of(n, n < 12 ? "activation" : n < 19 ? "paused" : "dns"));
  await page.hear(view({ refusals, site: { origin, paused: true, secure: true } }));
  const list = page.element("refusals");
  assert.deepEqual(
    list.children.map((line) => /^(.*)·.*(Times: \d+)/.exec(shownText(line as never))?.slice(1)),
    [
      ["Destinations: 12 ", "Times: 24"],
      ["Destinations: 7 ", "Times: 14"],
      ["19.test:25 ", "Times: 2"],
    ],
  );
  assert.equal(list.textContent.match(/You have paused/g)?.length, 1);
  assert.equal(named(list, "remedy").length, 1, "one way out of a pause is enough");
  const [fold] = folds(list);
  assert.doesNotMatch(shownText(list as never), /\b3\.test/);
  await page.click(fold);
  assert.match(shownText(list as never), /\b3\.test:25 · .*Times: 2\n/);
  fold?.focus();
  await page.hear(view({ refusals: [of(20, "activation"), ...refusals.slice(0, 19)] }));
  assert.equal(page.focused, fold);
  assert.equal(fold?.textContent, "Destinations: 13");
  assert.equal(fold.getAttribute("aria-expanded"), "true");
  // One is left: it is named, and the focus has a place.
  await page.hear(view({ refusals: [of(1, "activation")] }));
  assert.match(shownText(list as never), /^1\.test:25 · /);
  assert.equal(page.focused, page.element("refused-title"));
});

test("of many reasons the first are shown", async () => {
  const common = {
    origin,
    stage: "open",
    protocol: "tcp",
    host: "a.test",
    port: 1,
    at: 0,
    count: 1,
    unseen: false,
  } as const;
  const reasons = ["dns", "tls", "reset", "port", "user", "csp", "limit"] as const;
  await page.hear(view({ refusals: reasons.map((reason) => ({ ...common, reason })) }));
  const shown = page.element("refusals").children.filter(({ hidden }) => !hidden);
  assert.equal(shown.length, 5);
});

test("a program that is missing is said at the top, with what to do; one that is there below", async () => {
  const [banner, section] = [page.element("banner"), page.element("host-section")];
  assert.deepEqual([banner.hidden, section.hidden], [true, false]);
  await page.hear(view({ host: { kind: "missing" } }));
  assert.deepEqual([banner.hidden, section.hidden], [false, true]);
  assert.match(banner.textContent, /not installed for this browser.*What to do/);
  await page.hear(view());
  assert.deepEqual([banner.hidden, section.hidden], [true, false]);
  assert.match(section.textContent + page.element("host").textContent, /1\.2\.3/);
});

test("the switch is on where direct connections are", async () => {
  const [toggle, state] = [page.element("pause"), page.element("pause-state")];
  assert.deepEqual([toggle.getAttribute("aria-checked"), state.textContent], ["true", "On"]);
  assert.deepEqual(await page.click(toggle), [{ type: "pause", origin, paused: true }]);
  await page.hear(view({ site: { origin, paused: true, secure: true }, alsoPaused: ["https://b.test"] }));
  assert.deepEqual([toggle.getAttribute("aria-checked"), state.textContent], ["false", "Off"]);
  assert.deepEqual(await page.click(toggle), [{ type: "pause", origin, paused: false }]);
  const [other] = page.element("also-paused").all("button");
  assert.equal(other?.getAttribute("aria-label"), "Direct connections on \u2068b.test\u2069");
  assert.equal(other.getAttribute("aria-checked"), "false");
  assert.deepEqual(await page.click(other), [{ type: "pause", origin: "https://b.test", paused: false }]);
});

test("the saved permissions of the site are there, and removed one by one; in a private window there are none", async () => {
  const grant = (of: string, host: string): Parameters<typeof addGrants>[0] => ({
    ...{ origin: of, protocol: "tcp", host, port: 993, created: 0, entered: false, risk: false },
    protection: { encryption: "on", authentication: "name" },
  });
  const all = [grant(origin, "1.test"), grant(origin, "2.test"), grant("https://b.test", "3.test")];
  await addGrants(...all);
  const [section, list] = [page.element("saved"), page.element("saved-list")];
  const hosts = (): string[] => list.all("li").map((line) => /\d\.test/.exec(line.textContent)?.[0] ?? "");
  const done = async (): Promise<void> => {
    for (let n = 0; n < 10; n++) await settled();
  };
  await done();
  assert.deepEqual(
    [section.hidden, hosts(), page.element("saved-title").textContent],
    [...[false, ["1.test", "2.test"], "Saved permissions: 2"]],
  );
  await page.hear(view({ private: true }));
  await done();
  assert.deepEqual([section.hidden, hosts()], [true, []]);
  await page.hear(view());
  await done();
  await page.click(named(list, "revoke")[0]);
  await done();
  assert.deepEqual(hosts(), ["2.test"]);
  assert.deepEqual(
    (await listGrants()).map(({ host }) => host),
    ["2.test", "3.test"],
  );
  await removeGrants(() => true);
  await done();
  assert.equal(section.hidden, true);
});

test("what is copied is what is shown: nothing that is folded up, and no button", async () => {
  const sockets = [socket(1), socket(2), socket(3, { port: 25, encryption: "off" })];
  await page.hear(view({ sockets }));
  const copied = shownText(groups() as never);
  assert.match(
    copied,
    /^mail\.test:993 Connections: 2\nIMAP mail · TCP · Encrypted, TLS 1\.3\nReceived 2 kB · Sent 0 bytes\nmail\.test:25\n/,
  );
  assert.doesNotMatch(copied, /Close|Details|Direct connections|Show all/);
  assert.equal(copied.match(/Since/g)?.length, 1);
  await page.click(folds()[0]);
  assert.equal(shownText(groups() as never).match(/Since/g)?.length, 3);
});
