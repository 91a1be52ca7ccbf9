// For how long it holds what the user allows: this time, an hour, until the browser closes, for good; with a clock that is set, too.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Background } from "../../fake/background.ts";
import type { FakeDocument } from "../../fake/background.ts";
import { settled } from "../../fake/clock.ts";

/** Kept by the browser before: one whose hour goes on, one whose clock was set back since, and one that no hour can explain. */
const start = Date.UTC(2026, 0, 1);
const kept = (host: string, from: number, until: number): object => ({
  ...{ origin: "https://kept.test", protocol: "tcp", host, port: 993, created: start, entered: false, risk: false },
  protection: { encryption: "off" },
  ends: { from, until },
});
const world = await Background.start(({ browser }) => {
  browser.storage.local.put({
    timedGrants: [
      kept("live.example", start - 1_800_000, start + 1_800_000),
      kept("over.example", start - 3_600_001, start - 1),
      kept("back.example", start + 60_000, start + 3_600_000),
      kept("long.example", start - 60_000, start + 864_000_000),
    ],
  });
});
const { clock, browser, host } = world;
const grants = await import("./grants.ts");
const mail = { remoteAddress: "mail.example", remotePort: 993 };
const [hour, minute] = [3_600_000, 60_000];

const page = (url = "https://a.test/"): Promise<FakeDocument> => world.page(url);
/** Asks without a gesture: what comes of it stands on what was allowed before. */
async function quietly(document: FakeDocument, options = mail): Promise<string> {
  const id = await document.open(options, { click: false });
  if (document.outcome(id) === "") await clock.advance(1_000); // a refusal takes its time
  return document.outcome(id);
}
const opens = async (document: FakeDocument): Promise<boolean> => (await quietly(document)) === "opened";

const keptAtStart = (await grants.listGrants()).map(({ host }) => host);

beforeEach(async () => {
  for (const { id = 0 } of browser.tabs.tabs) browser.tabs.closeTab(id);
  host.verdict = {};
  host.localVerdict = {};
  await grants.removeGrants(() => true);
  await settled();
});

test("what is kept of an hour is read as what is left of it, and no clock makes it longer", () => {
  assert.deepEqual(keptAtStart, ["live.example"]);
});

test("an hour: every document of the site, for an hour, and not after it; what is open goes on", async () => {
  const first = await page();
  const id = await world.allowed(first, mail, { remember: true, ends: "hour" });
  for (const document of [first, await page()]) assert.equal(await opens(document), true);
  assert.equal(await opens(await page("https://b.test/")), false);
  await clock.advance(59 * minute);
  const late = await page();
  assert.equal(await opens(late), true);
  await clock.advance(minute);
  for (const document of [first, late, await page()]) assert.equal(await opens(document), false);
  assert.equal(first.ending(id), "", "the end of a grant is no reason to end a connection");
  assert.deepEqual(browser.storage.local.stored.get("timedGrants"), [], "nothing of it is left");
});

test("an hour ends when the clock is set back", async () => {
  const first = await page();
  const id = await world.allowed(first, mail, { remember: true, ends: "hour" });
  assert.equal(await opens(await page()), true);
  clock.set(clock.now - 5 * minute);
  for (const document of [first, await page()]) assert.equal(await opens(document), false);
  await clock.advance(10 * minute);
  for (const document of [first, await page()]) assert.equal(await opens(document), false, "the clock has caught up");
  assert.equal(first.ending(id), "");
});

test("an hour ends when the clock is set back by less than has passed", async () => {
  await world.allowed(await page(), mail, { remember: true, ends: "hour" });
  await clock.advance(40 * minute);
  assert.equal(await opens(await page()), true);
  clock.set(clock.now - 30 * minute);
  assert.equal(await opens(await page()), false);
});

test("an hour ends when the clock is set back again and again by a little", async () => {
  await world.allowed(await page(), mail, { remember: true, ends: "hour" });
  await clock.advance(minute / 2);
  clock.set(clock.now - minute / 3);
  await clock.advance(minute / 2);
  assert.equal(await opens(await page()), false);
});

test("taken back before its end, it closes what is open as any other", async () => {
  const first = await page();
  const id = await world.allowed(first, mail, { remember: true, ends: "hour" });
  await grants.removeGrants(() => true);
  await settled();
  assert.equal(first.ending(id), "NetworkError");
  assert.equal(await opens(first), false);
});

test("until the browser closes: on no disk, and gone with it", async () => {
  const first = await page();
  await world.allowed(first, mail, { remember: true, ends: "browser" });
  await clock.advance(5 * hour);
  assert.equal(await opens(await page()), true);
  assert.doesNotMatch(JSON.stringify([...browser.storage.local.stored]), /mail\.example/);
  browser.storage.session.stored.delete("grants"); // as the end of the browser does
  assert.equal(await opens(await page()), false);
});

test("for good: neither time nor a clock ends it", async () => {
  await world.allowed(await page(), mail, { remember: true });
  await clock.advance(2 * hour);
  clock.set(clock.now - 24 * hour);
  assert.equal(await opens(await page()), true);
});

test("a document whose question was settled by the answer to another has no more of it than that one", async () => {
  const there = { localAddress: "127.0.0.1", localPort: 40_000 };
  host.localVerdict = { places: [{ address: "127.0.0.1", reach: "computer" }] };
  for (const listens of [false, true]) {
    const ask = (document: FakeDocument, click = true): Promise<number> =>
      listens ? document.listen(there, { click }) : document.open(mail, { click });
    const [first, second, third] = [await page(), await page(), await page()];
    await ask(first);
    await ask(second);
    const id = await ask(third);
    const prompt = await world.prompt();
    await (listens
      ? prompt.allowLocal({ remember: true, ends: "hour" })
      : prompt.allow({ remember: true, ends: "hour" }));
    await (await world.prompt()).say({ type: "deny" }); // the second is on the screen by now
    await settled();
    assert.equal(third.outcome(id), listens ? "listening" : "opened");
    await clock.advance(hour);
    const late = await ask(third, false);
    await clock.advance(1_000);
    assert.equal(third.outcome(late), "NotAllowedError");
  }
});

test("where nothing may be remembered no lifetime is offered, and none counts", async () => {
  const secret = await world.page("https://secret.test/", { incognito: true });
  host.verdict = { remember: false };
  const managed = await page("https://managed.test/");
  for (const document of [secret, managed])
    for (const ends of ["hour", "browser"] as const) {
      const id = await document.open({ ...mail, remotePort: ends === "hour" ? 1 : 2 });
      const prompt = await world.prompt();
      assert.equal(prompt.question.question.remember, false);
      await prompt.allow({ remember: true, ends });
      assert.equal(document.outcome(id), "opened", "this time it is");
    }
  assert.deepEqual(await grants.listGrants(), []);
});

test("an answer that is no choice of the user's holds for its document only", async () => {
  const document = await page();
  const id = await document.open(mail);
  await (await world.prompt()).allow({ remember: true, ends: "century" as never });
  assert.equal(document.outcome(id), "opened");
  assert.deepEqual(await grants.listGrants(), []);
});

test("a place where others can connect: for an hour, and until the browser closes", async () => {
  const there = { localAddress: "127.0.0.1", localPort: 40_000 };
  host.localVerdict = { places: [{ address: "127.0.0.1", reach: "computer" }] };
  const listens = async (document: FakeDocument): Promise<boolean> => {
    const id = await document.listen(there, { click: false });
    await clock.advance(1_000);
    return document.outcome(id) === "listening";
  };
  for (const ends of ["hour", "browser"] as const) {
    const first = await page();
    await first.listen(there);
    await (await world.prompt()).allowLocal({ remember: true, ends });
    const other = await page();
    assert.equal(await listens(other), true);
    await clock.advance(hour);
    for (const document of [first, other, await page()]) assert.equal(await listens(document), ends === "browser");
  }
});

test("when a grant was last used is noted, to ten minutes, and not by private windows", async () => {
  await world.allowed(await page(), mail, { remember: true });
  const used = async (): Promise<number | undefined> => {
    await settled();
    return (await grants.listGrants())[0]?.used;
  };
  const first = await used();
  assert.ok(first !== undefined && clock.now - first < minute, "it is not noted");
  const { writes } = browser.storage.local;
  await opens(await page());
  assert.equal(await used(), first);
  assert.equal(browser.storage.local.writes, writes, "a use is no write");
  await clock.advance(20 * minute);
  const secret = await world.page("https://a.test/", { incognito: true });
  await world.allowed(secret, mail);
  assert.equal(await used(), first);
  await opens(await page());
  assert.ok(((await used()) ?? 0) > first, "it is not noted again");
});
