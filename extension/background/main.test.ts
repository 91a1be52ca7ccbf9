// How the background is wired: who may speak to it, and what reaches whom when something is taken back. The browser, the host and the user
// are made up.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Background } from "../fake/background.ts";
import { settled } from "../fake/clock.ts";
import type { OpenOptions } from "../../protocol/page.ts";

const world = await Background.start();
const { removeGrants } = await import("./consent/grants.ts");
const { browser, clock, host } = world;
const mail: OpenOptions = { remoteAddress: "mail.example", remotePort: 993 };

beforeEach(async () => {
  for (const { id = 0 } of browser.tabs.tabs) browser.tabs.closeTab(id);
  host.asked.length = 0;
  await clock.advance(1_000);
});

test("no other extension may speak to this one, by message or by port", () => {
  assert.deepEqual(
    [browser.onMessageExternal.hasListeners(), browser.onConnectExternal.hasListeners()],
    [false, false],
  );
});

test("what is kept is closed to content scripts", () => {
  const { local, session } = browser.storage;
  assert.deepEqual([local.accessLevel, session.accessLevel], ["TRUSTED_CONTEXTS", "TRUSTED_CONTEXTS"]);
});

test("only the extension's own pages are popups, and only they are answered", async () => {
  const page = await world.page("https://a.test/");
  const others = [
    page.sender,
    browser.ownPage("lane/frame.html"),
    { ...browser.ownPage("ui/popup.html"), id: "other" },
  ];
  for (const sender of others) {
    const port = browser.connect("popup", sender);
    const heard: unknown[] = [];
    port.onMessage.addListener((message) => heard.push(message));
    port.postMessage({ type: "watch", tabId: page.tabId });
    await settled();
    assert.deepEqual([port.isOpen, heard], [false, []], sender.url);
    assert.equal(await browser.send("host-state", sender), undefined, sender.url);
  }
  assert.deepEqual(await browser.send("host-state", browser.ownPage("ui/setup.html")), {
    kind: "ready",
    hostVersion: "0.0.0",
  });
});

test("ports of other names, and of names that are too long, are closed", async () => {
  for (const name of ["", "prompt", "x".repeat(65), `prompt:${"x".repeat(65)}`]) {
    const port = browser.connect(name, browser.ownPage("ui/popup.html"));
    await settled();
    assert.equal(port.isOpen, false, name);
  }
});

test("what is taken back in the settings ends the sockets that stood on it, and is asked for again; others go on", async () => {
  const page = await world.page("https://b.test/");
  const other = await world.page("https://c.test/");
  const hidden = await world.page("https://b.test/", { incognito: true });
  const ids = [
    await world.allowed(page, mail, { remember: true }),
    await world.allowed(page, { ...mail, remotePort: 1 }, { remember: true }),
    await world.allowed(page, { ...mail, remotePort: 2 }, { remember: true }),
  ];
  const [others, privates] = [await world.allowed(other, mail, { remember: true }), await world.allowed(hidden, mail)];
  await removeGrants(({ origin, port }) => origin === "https://b.test" && port === 993);
  await settled();
  assert.deepEqual(
    ids.map((id) => page.ending(id)),
    ["NetworkError", "", ""],
  );
  assert.deepEqual([other.ending(others), hidden.ending(privates)], ["", ""]);
  await removeGrants(({ origin }) => origin === "https://b.test");
  await settled();
  assert.deepEqual(
    ids.map((id) => page.ending(id)),
    ["NetworkError", "NetworkError", "NetworkError"],
  );
  assert.deepEqual([other.ending(others), hidden.ending(privates)], ["", ""], "another site's, or a private window's");
  const again = await page.open(mail, { click: false });
  await clock.advance(1_000);
  assert.equal(page.outcome(again), "NotAllowedError");
  assert.equal(hidden.outcome(await hidden.open(mail, { click: false })), "opened", "in the private window it holds");
});

test("when the user gives back the permission for websites, pages that are open get the scripts", async () => {
  const page = await world.page("https://d.test/");
  const other = await world.page("https://e.test/");
  browser.served.add(other.sender.documentId ?? "");
  browser.letSee(false);
  browser.scripts.length = 0;
  browser.onPermissionsAdded.emit({ permissions: ["bookmarks"] });
  await settled();
  assert.deepEqual(browser.scripts, [], "that was no website");
  browser.letSee(true);
  await settled();
  assert.deepEqual(
    browser.scripts.map(({ target }) => target),
    [{ tabId: page.tabId, documentIds: [page.sender.documentId] }],
    "those that have them get none",
  );
});
