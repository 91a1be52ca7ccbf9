// Opens that wait for a gesture: the whole background, with a browser, a host and a user that are made up.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Background } from "../../fake/background.ts";
import type { FakeDocument } from "../../fake/background.ts";

mock.method(console, "error", () => undefined);
const world = await Background.start();
const { browser, clock, host } = world;
const { setPaused } = await import("./paused.ts");
const target = { remoteAddress: "mail.example", remotePort: 993 };

beforeEach(async () => {
  for (const { id = 0 } of browser.tabs.tabs) browser.tabs.closeTab(id);
  host.verdict = {};
  host.localVerdict = {};
  await clock.advance(600_000);
  host.asked.length = 0;
});

const wanted = (document: FakeDocument, id: number): boolean => document.heardOf(id, "gestureWanted").length === 1;

test("without a gesture nothing is refused that waits, and with one it is asked for", async () => {
  const document = await world.page("https://a.test/");
  const waiting = { click: false, waits: true };
  for (const id of [
    await document.listen({ localAddress: "127.0.0.1" }, waiting),
    await document.bind({ localAddress: "127.0.0.1" }, waiting),
    await document.open(target, waiting),
  ]) {
    assert.equal(document.outcome(id), "");
    assert.ok(wanted(document, id), "it is to be asked again");
  }
  await clock.advance(10_000);
  assert.deepEqual(host.askedFor("audit.refused"), [], "nothing was refused");
  const id = await document.listen({ localAddress: "127.0.0.1" }, { waits: true });
  await (await world.prompt()).allowLocal();
  assert.equal(document.outcome(id), "listening");
  // And what the first generation asks for is refused, as ever.
  const old = await document.open(target, { click: false });
  await clock.advance(2_000);
  assert.equal(document.outcome(old), "NotAllowedError");
});

test("a page that waits does not learn that it would be refused", async () => {
  const document = await world.page("https://a.test/");
  const refusing: (() => Promise<void>)[] = [
    () => Promise.resolve(void (host.verdict = { allowed: false, reason: "policy" })),
    () => Promise.resolve(void (host.verdict = { allowed: false, reason: "dns" })),
    () => Promise.resolve(void (host.verdict = { prompt: "forbid" })),
    () => setPaused("https://a.test", { private: false }, true),
  ];
  for (const [index, refuse] of refusing.entries()) {
    host.verdict = {};
    await refuse();
    const without = await document.open(target, { click: false, waits: true });
    assert.ok(wanted(document, without), `refusal ${index.toString()} shows`);
    // With a gesture, which it uses up, it hears of it.
    const with_ = await document.open(target, { waits: true });
    await clock.advance(2_000);
    assert.equal(wanted(document, with_), false);
    assert.match(document.outcome(with_), /^(NotAllowed|Network)Error$/);
  }
  await setPaused("https://a.test", { private: false }, false);
});

test("what refuses by the document's own rules does so at once", async () => {
  const document = await world.page("https://b.test/", {
    headers: [{ name: "permissions-policy", value: "direct-sockets=()" }],
  });
  const id = await document.listen({ localAddress: "127.0.0.1" }, { click: false, waits: true });
  assert.equal(document.outcome(id), "NotAllowedError");
});

test("a gesture that another question has used is none", async () => {
  const document = await world.page("https://c.test/");
  const click = world.click();
  const first = await document.open(target, { click, waits: true });
  const second = await document.open({ ...target, remotePort: 143 }, { click, waits: true });
  assert.ok(wanted(document, second), "one press, one question");
  await (await world.prompt()).allow();
  assert.equal(document.outcome(first), "opened");
});
