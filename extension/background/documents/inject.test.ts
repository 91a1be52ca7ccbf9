// Scripts that are put into documents, with a browser in memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { installBrowser } from "../../fake/browser.ts";
import { restMessage } from "../../../protocol/page.ts";

const { browser } = installBrowser();
const { watchFirstUses } = await import("./inject.ts");
watchFirstUses();

const tab = { id: 1, windowId: 1, url: "https://page.test/", incognito: false } as chrome.tabs.Tab;
const from = (documentId: string, origin: string, frameId: number): chrome.runtime.MessageSender => ({
  ...{ documentId, origin, frameId, tab, url: `${origin}/` },
});
const ask = (sender: chrome.runtime.MessageSender): Promise<unknown> => browser.send(restMessage, sender);

test("a document that asks gets the rest of the content script, and no other one does", async () => {
  assert.equal(await ask(from("widget", "https://widget.test", 2)), true);
  assert.deepEqual(browser.scripts.splice(0), [{ target: { tabId: 1, documentIds: ["widget"] }, files: ["rest.js"] }]);
  for (const stranger of [{ ...from("x", "https://x.test", 3), id: "another" }, browser.ownPage("ui/popup.html")])
    assert.equal(await ask(stranger), undefined);
  assert.deepEqual(browser.scripts, []);
});

test("frames that ask without end leave a part to the page, and no tab has more than its bound", async () => {
  const frame = from("ad", "https://ad.test", 1);
  for (let n = 0; n < 5_000; n++) await ask(frame);
  assert.equal(browser.scripts.splice(0).length, 2_000);
  const page = from("page", "https://page.test", 0);
  for (let n = 0; n < 5_000; n++) await ask(page);
  assert.ok(browser.scripts.length >= 1_900 && browser.scripts.length <= 2_000, String(browser.scripts.length));
});
