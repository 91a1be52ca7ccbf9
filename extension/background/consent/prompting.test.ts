// Whose question is on the screen when, who may not ask for a while, and what becomes of a question whose asker goes: the whole background,
// with a browser, a host and a user that are made up.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Background } from "../../fake/background.ts";
import type { FakeDocument } from "../../fake/background.ts";
import { settled } from "../../fake/clock.ts";
import { extensionURL } from "../../fake/identity.ts";
import type { OpenOptions } from "../../../protocol/page.ts";

const world = await Background.start();
const { browser, clock, host } = world;
const mail: OpenOptions = { remoteAddress: "mail.example", remotePort: 993 };
const at = (remotePort: number): OpenOptions => ({ ...mail, remotePort });
const minute = 60_000;

beforeEach(async () => {
  for (const { id = 0 } of browser.tabs.tabs) browser.tabs.closeTab(id);
  for (const { id } of browser.tabs.windows) browser.tabs.closeWindow(id);
  await clock.advance(3 * 86_400_000); // nobody may have to wait for what they were told in another test
  host.asked.length = 0;
  browser.tabs.raised.length = 0;
});

/** Who is asked for now: origin and port. */
async function onScreen(): Promise<string[]> {
  const all = await world.prompts();
  return all.map(({ question: { question } }) => `${question.origin} ${question.port.toString()}`);
}

/** Asks, and is told no by a user who has looked. */
async function isDenied(page: FakeDocument, options = mail): Promise<void> {
  await page.open(options);
  await (await world.prompt()).deny();
}

test("one question of a site at a time, whatever its subdomains and tabs are", async () => {
  const [a, b] = [await world.page("https://a.evil.test/"), await world.page("https://b.evil.test/")];
  await a.open(at(1));
  await b.open(at(2));
  await (await world.page("https://good.test/")).open(at(3));
  assert.deepEqual(await onScreen(), ["https://a.evil.test 1", "https://good.test 3"]);
  await (await world.prompts())[0]?.say({ type: "deny" });
  assert.deepEqual(await onScreen(), ["https://good.test 3", "https://b.evil.test 2"]);
});

test("five of a site may wait; the sixth is refused, after the refusal delay", async () => {
  const page = await world.page("https://much.test/");
  for (let n = 1; n <= 5; n++) await page.open(at(n));
  const sixth = await page.open(at(6));
  assert.equal((await world.prompt()).question.waiting, 4);
  await clock.advance(900);
  assert.equal(page.outcome(sixth), "", "it was told at once");
  await clock.advance(100);
  assert.equal(page.outcome(sixth), "NotAllowedError");
  assert.equal(page.outcome(5), "");
  await (await world.prompt()).say({ type: "deny", all: true });
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((id) => page.outcome(id)),
    Array(5).fill("NotAllowedError"),
  );
});

test("what is the same question is asked once, with one answer", async () => {
  const page = await world.page("https://same.test/");
  const ask = async (): Promise<number[]> => [
    await page.open(mail),
    await page.open(mail),
    await page.open({ ...mail, remoteAddress: "MAIL.example." }),
  ];
  const refused = await ask();
  assert.equal((await world.prompt()).question.waiting, 0);
  await (await world.prompt()).say({ type: "deny" });
  assert.deepEqual(
    refused.map((id) => page.outcome(id)),
    Array(3).fill("NotAllowedError"),
  );
  const allowed = await ask();
  await (await world.prompt()).allow();
  assert.deepEqual(
    allowed.map((id) => page.outcome(id)),
    Array(3).fill("opened"),
  );
  assert.deepEqual(await onScreen(), []);
});

test("who clicks again sees the question again, ten times and not for ever", async () => {
  const page = await world.page("https://again.test/");
  await page.open(mail);
  const { windowId } = await world.prompt();
  const raised = (): number => browser.tabs.raised.filter((id) => id === windowId).length;
  assert.equal(raised(), 0);
  await page.open(at(1));
  assert.equal(raised(), 1);
  for (let n = 0; n < 20; n++) await page.open(at(2));
  assert.equal(raised(), 10);
  await (await world.prompt()).say({ type: "deny", all: true });
});

test("three are on the screen; the fourth site's question waits behind the oldest of them, which comes to the front for its clicks", async () => {
  const pages = await Promise.all([1, 2, 3, 4].map((n) => world.page(`https://many${n.toString()}.test/`)));
  const [first, , , fourth] = pages;
  assert.ok(first !== undefined && fourth !== undefined, "no pages");
  for (const page of pages.slice(0, 3)) await page.open(mail);
  const [oldest] = await world.prompts();
  const raised = (): number => browser.tabs.raised.filter((id) => id === oldest?.windowId).length;
  assert.equal(raised(), 0);
  const id = await fourth.open(mail);
  assert.deepEqual([(await onScreen()).length, raised()], [3, 1], "the user sees what it waits for");
  fourth.say({ type: "pressed", id });
  await settled();
  assert.equal(raised(), 2);
  // A site that waits may bring it up so often, and no more; it does not use up what the others may.
  for (let n = 0; n < 20; n++) fourth.say({ type: "pressed", id });
  await settled();
  assert.equal(raised(), 10);
  first.say({ type: "pressed", id: 1 });
  await settled();
  assert.equal(raised(), 11);
  assert.equal(browser.tabs.raised.length, 11, "the others stay where they are");
  await oldest?.say({ type: "deny" });
  assert.equal((await onScreen()).at(-1), "https://many4.test 993");
});

test("a click in a page raises the question of that page only; where none waits, nothing", async () => {
  const [page, other] = [await world.page("https://clicks.test/"), await world.page("https://idle.test/")];
  const id = await page.open(mail);
  other.say({ type: "pressed", id });
  await settled();
  assert.deepEqual(browser.tabs.raised.length, 0);
  page.say({ type: "pressed", id });
  await settled();
  assert.deepEqual(browser.tabs.raised, [(await world.prompt()).windowId]);
  await (await world.prompt()).say({ type: "deny" });
  page.say({ type: "pressed", id });
  await settled();
  assert.equal(browser.tabs.raised.length, 1);
});

test("a question that finds no place for its window comes without one, and says where it wanted to be", async () => {
  const page = await world.page("https://aside.test/", { left: 3_000, top: -500 });
  const id = await page.open(mail);
  const prompt = await world.prompt();
  const { url = "" } = browser.tabs.tabs.find(({ windowId }) => windowId === prompt.windowId) ?? {};
  assert.match(url.slice(extensionURL("ui/prompt.html").length), /^#[\w-]+:3270:-420:3000:-500:1000:80$/);
  await prompt.allow();
  assert.equal(page.outcome(id), "opened");
});

test("where the browser opens no window, nobody is asked and the page is refused", async () => {
  const page = await world.page("https://blind.test/");
  browser.tabs.noWindows = true;
  const id = await page.open(mail);
  browser.tabs.noWindows = false;
  await clock.advance(1_000);
  assert.equal(page.outcome(id), "NotAllowedError");
  await isDenied(page);
});

test("only the extension's own page may answer, and only one", async () => {
  const page = await world.page("https://forger.test/");
  const id = await page.open(mail);
  const prompt = await world.prompt();
  for (const sender of [
    page.sender,
    { ...browser.ownPage("lane/frame.html"), tab: page.sender.tab },
    browser.ownPage("ui/prompt.html"),
  ]) {
    const { url = "" } = browser.tabs.tabs.find(({ windowId }) => windowId === prompt.windowId) ?? {};
    const forger = browser.connect(`prompt:${/#([^:]*)/.exec(url)?.[1] ?? ""}`, sender as chrome.runtime.MessageSender);
    await settled();
    assert.equal(forger.isOpen, false, sender.url);
  }
  assert.equal(page.outcome(id), "");
  await prompt.allow();
  assert.equal(page.outcome(id), "opened");
});

test("a question is refused on the screen by nobody but the user: it goes with its tab, and with its document's wish", async () => {
  const page = await world.page("https://gone.test/");
  const id = await page.open(mail);
  page.say({ type: "close", id });
  await settled();
  assert.deepEqual(await onScreen(), []);
  assert.equal(page.outcome(id), "AbortError");
  await page.open(mail);
  assert.equal((await world.prompts()).length, 1);
  browser.tabs.closeTab(page.tabId);
  await settled();
  assert.deepEqual(await onScreen(), []);
});

test("after three denials in a row the site may not ask for ten minutes: the third question says so, and the refusal comes late", async () => {
  const page = await world.page("https://noisy.test/");
  await isDenied(page);
  await isDenied(page);
  await page.open(mail);
  const third = await world.prompt();
  assert.equal(third.question.cooldown, 10 * minute);
  await third.deny();
  const id = await page.open(mail);
  assert.deepEqual(await onScreen(), []);
  await clock.advance(900);
  assert.equal(page.outcome(id), "", "it was told at once");
  await clock.advance(100);
  assert.equal(page.outcome(id), "NotAllowedError");
  await clock.advance(10 * minute);
  await page.open(mail);
  assert.equal((await onScreen()).length, 1);
  await (await world.prompt()).say({ type: "deny" });
});

test("a no that comes within a second by the keyboard, or by the end of the window, is a no, and does not count", async () => {
  const page = await world.page("https://hasty.test/");
  const ways = [
    async () => (await world.prompt()).say({ type: "deny", key: true }),
    async () => {
      browser.tabs.closeWindow((await world.prompt()).windowId);
    },
    async () => {
      (await world.prompt()).port.disconnect();
    },
  ];
  const answer = async (say: () => Promise<void>, after: number): Promise<void> => {
    const id = await page.open(mail);
    await (await world.prompt()).say({ type: "seen" });
    await clock.advance(after);
    await say();
    await settled();
    assert.equal(page.outcome(id), "NotAllowedError");
  };
  const announced = async (): Promise<number | undefined> => {
    const id = await page.open(mail);
    const { cooldown } = (await world.prompt()).question;
    await (await world.prompt()).say({ type: "deny" }); // nobody has looked
    assert.equal(page.outcome(id), "NotAllowedError");
    return cooldown;
  };
  for (const say of ways) await answer(say, 999);
  assert.equal(await announced(), undefined);
  // Later each of them counts; and the mouse does at once.
  for (const say of ways) {
    await answer(say, 1_000);
    await answer(async () => (await world.prompt()).say({ type: "deny" }), 600);
    assert.equal(await announced(), 10 * minute);
    await clock.advance(11 * minute);
  }
});

test("what waits when it happens is not put any more", async () => {
  const page = await world.page("https://waits.test/");
  await isDenied(page);
  await isDenied(page);
  await page.open(at(1));
  const waits = await page.open(at(2));
  await (await world.prompt()).deny();
  assert.deepEqual(await onScreen(), []);
  await clock.advance(1_000);
  assert.equal(page.outcome(waits), "NotAllowedError");
});

test("a yes in between begins anew", async () => {
  const page = await world.page("https://fair.test/");
  await isDenied(page);
  await isDenied(page);
  await world.allowed(page, at(1));
  await isDenied(page);
  await page.open(at(2));
  assert.equal((await world.prompt()).question.cooldown, undefined);
  await (await world.prompt()).say({ type: "deny" });
});

test("a question that the page takes back once it is on the screen counts half", async () => {
  const page = await world.page("https://flash.test/");
  for (let n = 1; n <= 6; n++) {
    const id = await page.open(mail);
    assert.equal((await onScreen()).length, 1, `question ${n.toString()}`);
    page.say({ type: "close", id });
    await settled();
  }
  await page.open(mail);
  assert.deepEqual(await onScreen(), []);
});

test("denials in private windows are counted there, and forgotten with the last of them", async () => {
  const hidden = await world.page("https://secret.test/", { incognito: true });
  for (let n = 0; n < 3; n++) await isDenied(hidden);
  await isDenied(await world.page("https://secret.test/"));
  await hidden.open(mail);
  assert.deepEqual(await onScreen(), []);
  browser.tabs.closeWindow(hidden.sender.tab?.windowId ?? 0);
  await settled();
  await (await world.page("https://secret.test/", { incognito: true })).open(mail);
  assert.equal((await world.prompt()).question.cooldown, undefined);
  assert.doesNotMatch(JSON.stringify(browser.storage.session.stored.get("cooldowns")), /private secret/);
});
