// The page to try it with: who it is, and that its first connection is noted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Background } from "../../fake/background.ts";
import { settled } from "../../fake/clock.ts";

const world = await Background.start();
const { browser, host } = world;
const { tried } = await import("../host/tried.ts");
const origin = "http://127.0.0.1:1";
host.verdict = { mustEnter: false };
const local = { remoteAddress: "127.0.0.1", remotePort: 1 };

test("the prompt calls it Portside's test page, and no other page, also of its origin or in its tab", async () => {
  const ask = async (tabId: number): Promise<boolean> => {
    const document = world.document(tabId);
    await document.open(local);
    const prompt = await world.prompt();
    const { testPage } = prompt.question;
    await prompt.say({ type: "deny" });
    return testPage === true;
  };
  const same = await world.page(`${origin}/other`);
  assert.equal(await ask(same.tabId), false, "there is none yet");
  assert.equal(await browser.send("try", browser.ownPage("ui/setup.html")), true);
  const tab = browser.tabs.tabs.find(({ url }) => url === `${origin}/`);
  assert.ok(tab?.id !== undefined, "no tab");
  assert.equal(await ask(tab.id), true);
  assert.equal(await ask(same.tabId), false, "another tab");
  assert.equal(await ask((await world.page("https://a.test/")).tabId), false, "another site");
});

test("its first connection is noted, and that of no other page", async () => {
  const other = await world.page("https://b.test/");
  await world.allowed(other, local);
  await settled();
  assert.equal(await tried.get(), false);
  const tab = browser.tabs.tabs.find(({ url }) => url === `${origin}/`);
  await world.allowed(world.document(tab?.id ?? -1), local);
  await settled();
  assert.equal(await tried.get(), true);
});
