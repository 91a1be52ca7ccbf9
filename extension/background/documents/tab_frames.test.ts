// How long it is known which frames a tab has.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Background } from "../../fake/background.ts";
import { settled } from "../../fake/clock.ts";

const world = await Background.start();
const { browser } = world;
const mail = { remoteAddress: "mail.example", remotePort: 993 };
const denied = { name: "Permissions-Policy", value: "direct-sockets=()" };
let asked = 0;
const { webNavigation } = (globalThis as unknown as { chrome: { webNavigation: { getAllFrames: unknown } } }).chrome;
const list = webNavigation.getAllFrames as (of: { tabId: number }) => Promise<unknown>;
webNavigation.getAllFrames = (of: { tabId: number }) => {
  asked++;
  return list(of);
};

beforeEach(async () => {
  for (const { id } of browser.tabs.windows) browser.tabs.closeWindow(id);
  await world.clock.advance(86_400_000);
});

test("the browser is asked once for all opens of a tab", async () => {
  const page = await world.page("https://a.test/");
  await world.allowed(page, mail);
  asked = 0;
  for (let n = 0; n < 10; n++) assert.equal(page.outcome(await page.open(mail)), "opened");
  assert.equal(asked, 0);
});

test("of two calls in one click the first has the click", async () => {
  const page = await world.page("https://a.test/");
  const click = world.click();
  const first = page.begin(mail, { click });
  const second = page.begin({ ...mail, remotePort: 994 }, { click });
  await world.clock.advance(1_000);
  assert.deepEqual([page.outcome(first), page.outcome(second)], ["", "NotAllowedError"]);
  assert.equal((await world.prompt()).question.question.port, 993);
});

test("a document that has left is not on the screen: another one has come in its place", async () => {
  const page = await world.page("https://a.test/");
  await world.allowed(page, mail);
  browser.tabs.navigateQuietly(page.tabId, "https://b.test/");
  const id = await page.open(mail); // said before its port has ended
  assert.equal(page.outcome(id), "NotAllowedError");
});

test("a refusal is not for ever: a document that comes onto the screen is looked for again", async () => {
  const page = await world.page("https://a.test/");
  browser.tabs.changePage(page.tabId, { documentLifecycle: "prerender" });
  assert.equal(page.outcome(await page.open(mail)), "NotAllowedError");
  browser.tabs.changePage(page.tabId, { documentLifecycle: "active" });
  await world.allowed(page, mail);
});

test("a document of which no response was seen is judged by its URL of now", async () => {
  await world.page("https://c.test/strict", { headers: [denied] });
  const page = await world.page("https://c.test/free", { headers: [] });
  browser.tabs.navigateQuietly(page.tabId, "https://c.test/free", { unseen: true });
  await settled();
  const unseen = world.document(page.tabId);
  const first = await unseen.open(mail);
  let prompts = await world.prompts();
  while (prompts.length === 0) prompts = await world.prompts();
  await prompts[0]?.allow();
  assert.equal(unseen.outcome(first), "opened");
  browser.tabs.changePage(page.tabId, { url: "https://c.test/strict" });
  const id = await unseen.open(mail);
  while (unseen.outcome(id) === "") await settled(); // what is known of a URL has a digest for a name, which takes real time
  assert.equal(unseen.outcome(id), "NotAllowedError");
});
