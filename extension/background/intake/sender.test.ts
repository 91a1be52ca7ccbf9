import assert from "node:assert/strict";
import { test } from "node:test";
import { installBrowser } from "../../fake/browser.ts";

const { browser } = installBrowser();
const { attest, isOfPage } = await import("./sender.ts");

test("the page in the tab, and frames of its own site, are the page's; other frames are not", () => {
  const tab = { url: "https://www.page.co.uk/x" } as chrome.tabs.Tab;
  for (const [frameId, origin, expected] of [
    [0, "https://www.page.co.uk", true],
    [0, "null", true],
    [1, "https://cdn.page.co.uk", true],
    [1, "https://ad.co.uk", false],
    [1, "null", false],
  ] as const)
    assert.equal(isOfPage({ frameId, origin, tab }), expected, origin);
  assert.equal(isOfPage({ frameId: 1, origin: "https://a.test" }), false);
  assert.equal(isOfPage({ frameId: 1, origin: "null", tab: { ...tab, url: "about:blank" } }), false);
});

test("who speaks is what the browser says of the sender, and a document of a tab or nobody", () => {
  const windowId = browser.tabs.openWindow({ incognito: true });
  const tabId = browser.tabs.openTab("https://www.page.test:8443/path", { windowId });
  const id = chrome.runtime.id;
  const sender = { ...browser.tabs.senderOf(tabId), id };
  assert.deepEqual(attest(sender), {
    ...{ origin: "https://www.page.test:8443", documentId: sender.documentId, tabId, windowId },
    ...{ private: true, ofPage: true },
  });
  assert.equal(attest({ ...sender, id: "another extension" }), undefined);
  for (const member of ["origin", "documentId", "tab"] as const) {
    const { [member]: _, ...rest } = sender;
    assert.equal(attest(rest), undefined, member);
  }
  assert.equal(attest(undefined), undefined);
});
