import assert from "node:assert/strict";
import { test } from "node:test";
import { installStorage } from "../../fake/storage.ts";

installStorage();
const { isOfPage } = await import("./sender.ts");

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
