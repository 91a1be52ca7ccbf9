// How the background of Firefox's package is wired, where it differs: what is kept is the background's own, and only the extension's pages may use it.
// The browser, the host and the user are made up; IndexedDB is a library's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Background } from "../fake/background.ts";
import { settled } from "../fake/clock.ts";
import { installFirefox } from "../fake/firefox.ts";

installFirefox();
const store = "firefox-default";
const world = await Background.start(({ browser }) => {
  browser.tabs.cookieStoreId = browser.cookies.normalStore = store;
});
const { browser, clock } = world;
const own = browser.ownPage("ui/options.html");
const grant = (origin: string): object => ({ origin, protocol: "tcp", host: "mail.example", port: 993, since: 1 });

test("pages of the extension use what is kept, and nobody else does", async () => {
  const page = await world.page("https://a.test/");
  const request = { kept: "set", items: { ofATest: 1 } };
  const others = [page.sender, browser.ownPage("lane/frame.html"), { ...own, id: "other" }];
  for (const sender of others) {
    assert.equal(await browser.send(request, sender), undefined, sender.url);
    assert.equal(await browser.send({ kept: "get", keys: null }, sender), undefined, sender.url);
    const port = browser.connect("alone:store local paused", sender);
    await settled();
    assert.equal(port.isOpen, false, sender.url);
  }
  assert.deepEqual(await browser.send({ kept: "get", keys: "ofATest" }, own), { items: {} });
  assert.deepEqual(await browser.send(request, own), { items: {} });
  assert.deepEqual(await browser.send({ kept: "get", keys: "ofATest" }, own), { items: { ofATest: 1 } });
  const port = browser.connect("alone:store local paused", own);
  const heard: unknown[] = [];
  port.onMessage.addListener((message) => heard.push(message));
  await settled();
  assert.deepEqual([port.isOpen, heard], [true, ["yours"]]);
  port.disconnect();
});

test("what a content script puts into storage.local counts for nothing, and nothing is kept there", async () => {
  const page = await world.page("https://b.test/");
  const mail = { remoteAddress: "mail.example", remotePort: 993 };
  const id = await page.open(mail);
  await (await world.prompt()).allow({ remember: true });
  assert.equal(page.outcome(id), "opened");
  assert.deepEqual(await browser.storage.local.get(null), {});
  const { items } = (await browser.send({ kept: "get", keys: "grants" }, own)) as { items: { grants: object[] } };
  assert.equal(items.grants.length, 1);
  // As a process that was taken over could.
  await browser.storage.local.set({
    grants: [{ ...items.grants[0], ...grant("https://evil.test") }],
    paused: ["https://b.test"],
  });
  await settled();
  assert.equal(page.ending(id), "", "its socket goes on");
  const again = await page.open(mail, { click: false });
  await clock.advance(1_000);
  assert.equal(page.outcome(again), "opened", "it is not paused");
  const evil = await world.page("https://evil.test/");
  const refused = await evil.open(mail, { click: false });
  await clock.advance(1_000);
  assert.equal(evil.outcome(refused), "NotAllowedError");
});
