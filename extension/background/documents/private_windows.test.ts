// What is kept of headers where a private window is open, and what asks for an origin's data to be deleted: with a fake browser.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { installBrowser } from "../../fake/browser.ts";
import type { Header } from "../../fake/tabs.ts";

const { browser, settled } = installBrowser();
const { tabs, storage } = browser;
const { lookUpCached, watchHeaders } = await import("./headers.ts");
let cleared: string[] = [];
watchHeaders(({ origin }) => cleared.push(origin));

const html: Header = { name: "content-type", value: "text/html" };
const denial: Header = { name: "permissions-policy", value: "direct-sockets=()" };

type Response = Partial<chrome.webRequest.OnHeadersReceivedDetails>;

/** A response; without a tab it is a worker's. */
function response(url: string, headers: Header[], more: Response = {}): void {
  tabs.onHeadersReceived.emit({
    ...{ url, statusCode: 200, tabId: -1, frameId: -1, type: "xmlhttprequest", initiator: new URL(url).origin },
    ...{ responseHeaders: headers, ...more },
  } as chrome.webRequest.OnHeadersReceivedDetails);
}

/** What is written down of headers: in storage.local, where normal windows have theirs. */
async function written(): Promise<number> {
  await settled();
  return [...storage.local.stored.keys()].filter((key) => key.startsWith("kept:")).length;
}

/** Waits until everything is done that work in other threads (hashes) is a part of. */
async function done(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await settled();
}

describe("what is seen in private windows", () => {
  test("is not written down, and normal windows hear nothing of it", async () => {
    const before = await written();
    const window = tabs.openWindow({ incognito: true });
    tabs.openTab("https://secret.test/", { windowId: window, headers: [denial] });
    assert.notEqual(await lookUpCached("https://secret.test/", "private"), undefined);
    assert.equal(await lookUpCached("https://secret.test/", "normal"), undefined);
    assert.equal(await written(), before);
    tabs.openTab("https://public.test/", { headers: [denial] });
    assert.notEqual(await lookUpCached("https://public.test/", "normal"), undefined);
    assert.equal(await written(), before + 1);
    tabs.closeWindow(window);
    await done();
  });

  test("nor is what a worker asks for while one of them is open", async () => {
    const window = tabs.openWindow({ incognito: true });
    tabs.openTab("https://page.test/", { windowId: window });
    const before = await written();
    response("https://worker.test/shell", [html, denial]);
    await done();
    assert.equal(await lookUpCached("https://worker.test/shell", "normal"), undefined);
    assert.notEqual(await lookUpCached("https://worker.test/shell", "private"), undefined);
    assert.equal(await written(), before);
    tabs.closeWindow(window);
    await done();
  });

  test("goes with the last of them", async () => {
    const [first, last] = [tabs.openWindow({ incognito: true }), tabs.openWindow({ incognito: true })];
    tabs.openTab("https://first.test/", { windowId: first, headers: [denial] });
    tabs.openTab("https://last.test/", { windowId: last });
    await done();
    tabs.closeWindow(first);
    await done();
    assert.notEqual(await lookUpCached("https://first.test/", "private"), undefined);
    tabs.closeWindow(last);
    await done();
    assert.equal(await lookUpCached("https://first.test/", "private"), undefined);
  });
});

describe("Clear-Site-Data", () => {
  const clear = (value: string): Header => ({ name: "Clear-Site-Data", value });
  /** The origins whose data a response asks to be deleted. */
  async function asked(url: string, headers: Header[], more: Response = {}): Promise<string[]> {
    cleared = [];
    response(url, headers, more);
    await done();
    return cleared;
  }

  test('"storage", with a page and with what a page loads', async () => {
    const tabId = tabs.openTab("https://a.test/");
    for (const value of ['"storage"', '"cache", "storage"', '"*"']) {
      const page: Response = { tabId, frameId: 0, type: "main_frame" };
      assert.deepEqual(await asked("https://a.test/out", [clear(value)], page), ["https://a.test"], value);
      const script: Response = { tabId, frameId: 0, type: "script" };
      assert.deepEqual(await asked("https://a.test/x.js", [clear(value)], script), ["https://a.test"], value);
    }
    assert.deepEqual(await asked("https://a.test/out", [html]), []);
  });

  test("on the way, with a redirection", async () => {
    const tabId = tabs.openTab("https://a.test/");
    const more: Response = { tabId, frameId: 0, type: "main_frame", statusCode: 302 };
    assert.deepEqual(await asked("https://a.test/out", [clear('"storage"')], more), ["https://a.test"]);
  });

  test("not of other data, and not in answer to another site", async () => {
    const tabId = tabs.openTab("https://b.test/");
    const inPage: Response = { tabId, frameId: 0 };
    for (const value of ['"cache"', '"cookies"', "storage"])
      assert.deepEqual(await asked("https://b.test/x", [clear(value)], inPage), [], value);
    const elsewhere: Response = { ...inPage, type: "script", initiator: "https://b.test" };
    assert.deepEqual(await asked("https://a.test/x.js", [clear('"*"')], elsewhere), []);
  });

  test("not out of a private window", async () => {
    const windowId = tabs.openWindow({ incognito: true });
    const tabId = tabs.openTab("https://a.test/", { windowId });
    const more: Response = { tabId, frameId: 0, type: "main_frame" };
    assert.deepEqual(await asked("https://a.test/out", [clear('"storage"')], more), []);
    tabs.closeWindow(windowId);
    await done();
  });
});
