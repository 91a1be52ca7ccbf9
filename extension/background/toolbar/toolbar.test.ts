// The toolbar: what is open, what was refused and why, and the user's hand on all of it. The whole background, with a browser, a host and a
// user that are made up.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Background } from "../../fake/background.ts";
import type { FakePopup } from "../../fake/background.ts";
import { settled } from "../../fake/clock.ts";
import { HostFault, hold } from "../../fake/host.ts";
import type { OpenOptions } from "../../../protocol/page.ts";

const world = await Background.start();
const { browser, clock, host } = world;
const mail: OpenOptions = { remoteAddress: "mail.example", remotePort: 993 };
const serve = { ...host.serve };

beforeEach(async () => {
  for (const { id = 0 } of browser.tabs.tabs) browser.tabs.closeTab(id);
  for (const { id } of browser.tabs.windows) browser.tabs.closeWindow(id);
  Object.assign(host.serve, serve);
  host.verdict = { prompt: "skip" };
  await clock.advance(60_000);
  host.asked.length = 0;
});

/** What the popup shows of sockets, once it has caught up. */
async function sockets(popup: FakePopup): Promise<string[]> {
  await clock.advance(100);
  return popup.view.sockets.map(({ host: named, port, encryption }) => `${named}:${port.toString()} ${encryption}`);
}
/** The reasons of the refusals that it shows, the newest first. */
const reasons = ({ view }: FakePopup): string[] => view.refusals.map(({ reason }) => reason);

test("the badge counts the open sockets of its tab, and says so in words", async () => {
  const [page, other] = [await world.page("https://a.test/"), await world.page("https://a.test/")];
  assert.equal(await world.badge(page.tabId), "");
  const ids = [await page.open(mail), await page.open(mail)];
  assert.deepEqual([await world.badge(page.tabId), await world.badge(other.tabId)], ["2", ""]);
  assert.equal(browser.badges.get(page.tabId)?.title, "Portside: open connections 2");
  for (const id of ids) page.say({ type: "close", id });
  await settled();
  assert.equal(await world.badge(page.tabId), "");
  assert.equal(browser.badges.get(page.tabId)?.title, "Portside");
});

test("what was refused calls for attention until the popup is opened or another page comes; what the user did does not", async () => {
  const page = await world.page("https://b.test/");
  host.verdict = {};
  const refuse = async (): Promise<void> => {
    await page.open(mail, { click: false });
    await clock.advance(1_000);
  };
  await refuse();
  assert.equal(await world.badge(page.tabId), "!");
  const popup = await world.popup(page.tabId);
  assert.deepEqual(reasons(popup), ["activation"]);
  popup.close();
  assert.equal(await world.badge(page.tabId), "");
  await refuse();
  assert.equal(await world.badge(page.tabId), "!");
  browser.tabs.navigate(page.tabId, "https://b.test/next");
  assert.equal(await world.badge(page.tabId), "");
  const next = world.document(page.tabId);
  await next.open(mail);
  await (await world.prompt()).say({ type: "deny" });
  assert.equal(await world.badge(page.tabId), "");
  assert.deepEqual(reasons(await world.popup(page.tabId)), ["user", "activation"]);
});

test("a question that waits marks the badge of its tab, with a window or without; the popup shows it, and brings it", async () => {
  host.verdict = {};
  const pages = await Promise.all([1, 2, 3, 4].map((n) => world.page(`https://ask${n.toString()}.test/`)));
  for (const page of pages) await page.open(mail);
  const badges = async (): Promise<string[]> => {
    const all: string[] = [];
    for (const { tabId } of pages) all.push(await world.badge(tabId));
    return all;
  };
  assert.deepEqual(await badges(), ["?", "?", "?", "?"]);
  const [first, , , fourth] = pages.map(({ tabId }) => tabId);
  assert.ok(first !== undefined && fourth !== undefined, "no tabs");
  assert.match(browser.badges.get(fourth)?.title ?? "", /A question is waiting for you/);
  const origins = async (): Promise<string[]> =>
    (await world.prompts()).map(({ question }) => question.question.origin);
  assert.equal((await origins()).length, 3);
  // It has a window: that comes to the front. It has none: it gets one, also where three are there.
  browser.tabs.raised.length = 0;
  const [shown, hidden] = [await world.popup(first), await world.popup(fourth)];
  assert.deepEqual([shown.view.asks, hidden.view.asks], [true, true]);
  await shown.say({ type: "bring" });
  assert.deepEqual(browser.tabs.raised, [(await world.prompts())[0]?.windowId]);
  await hidden.say({ type: "bring" });
  assert.deepEqual((await origins()).slice(3), ["https://ask4.test"]);
  await hidden.say({ type: "bring" });
  assert.equal((await origins()).length, 4);
  for (const prompt of await world.prompts()) await prompt.say({ type: "deny" });
  await clock.advance(100);
  assert.deepEqual([shown.view.asks, hidden.view.asks], [false, false]);
  for (const popup of [shown, hidden]) popup.close();
  assert.deepEqual(await badges(), ["", "", "", ""]);
  const idle = await world.popup(first);
  await idle.say({ type: "bring" }); // nothing waits any more
  assert.deepEqual(await origins(), []);
  idle.close();
});

test("a question that waits for another one of its site, in another tab, is answered after that", async () => {
  host.verdict = {};
  const [one, two] = [await world.page("https://twice.test/"), await world.page("https://twice.test/")];
  await one.open(mail);
  await two.open(mail);
  browser.tabs.raised.length = 0;
  const popup = await world.popup(two.tabId);
  await popup.say({ type: "bring" });
  assert.deepEqual(browser.tabs.raised, [(await world.prompt()).windowId]);
  popup.close();
  await (await world.prompt()).say({ type: "deny", all: true });
});

test("the popup shows what the host says of the open sockets of its tab, every second and only while it is open", async () => {
  const [page, other] = [await world.page("https://c.test/"), await world.page("https://c.test/")];
  await page.open(mail);
  await other.open(mail);
  let bytesIn = 0;
  host.serve["socket.inspect"] = ({ socketIds }) => ({
    sockets: socketIds.map((socketId) => ({ socketId, bytesIn: ++bytesIn, bytesOut: 7, remoteAddress: "192.0.2.1" })),
  });
  const popup = await world.popup(page.tabId);
  assert.deepEqual(await sockets(popup), ["mail.example:993 off"]);
  assert.deepEqual(
    popup.view.sockets.map(({ state }) => [state?.bytesIn, state?.bytesOut]),
    [[1, 7]],
  );
  await clock.advance(2_000);
  await sockets(popup);
  assert.equal(popup.view.sockets[0]?.state?.bytesIn, 3);
  popup.close();
  await settled();
  const asked = host.askedFor("socket.inspect").length;
  await clock.advance(5_000);
  assert.equal(host.askedFor("socket.inspect").length, asked);
});

test("of hundreds of connections that a page has accepted the oldest are shown, with their listener; its Close leaves them", async () => {
  const page = await world.page("https://n.test/");
  const listener = await page.listen({ localAddress: "127.0.0.1", localPort: 40_000 });
  await (await world.prompt()).allowLocal();
  const ids: number[] = [];
  for (let n = 1; n <= 300; n++) {
    ids.push(await page.accept(listener));
    assert.ok(host.connect(n), "nobody waits");
    await settled();
  }
  host.asked.length = 0;
  host.serve["socket.inspect"] = ({ socketIds }) => ({
    sockets: socketIds.map((socketId) => ({ socketId, bytesIn: 0, bytesOut: 0, accepted: 300, turnedAway: 2 })),
  });
  const popup = await world.popup(page.tabId);
  await clock.advance(100);
  const { sockets: shown, open, more } = popup.view;
  const [own, ...accepted] = shown;
  assert.deepEqual([own?.kind, own?.reach, own?.state?.turnedAway], ["listen", "computer", 2]);
  assert.deepEqual(
    accepted.map(({ kind, port, listener: key }) => [kind, port, key === own?.key]),
    Array.from({ length: 10 }, (_, n) => ["accepted", n + 1, true]),
  );
  assert.deepEqual([open, more.map(({ count }) => count)], [301, [290]]);
  const told = host.askedFor("socket.inspect").map(({ socketIds }) => (socketIds as number[]).length);
  assert.deepEqual(told, [11], "the host is asked about those that are shown");
  await popup.say({ type: "close", key: own?.key ?? -1 });
  await clock.advance(100);
  assert.equal(page.ending(listener), "NetworkError");
  assert.deepEqual([popup.view.open, popup.view.sockets.length], [300, 10]);
  await popup.say({ type: "close", key: accepted[0]?.key ?? -1 });
  assert.deepEqual(
    ids.slice(0, 2).map((id) => page.ending(id)),
    ["NetworkError", ""],
  );
  popup.close();
});

test("an upgrade to TLS shows", async () => {
  const page = await world.page("https://d.test/");
  const id = await page.open({ ...mail, secureTransport: "starttls" });
  const popup = await world.popup(page.tabId);
  assert.deepEqual(await sockets(popup), ["mail.example:993 starttls"]);
  page.say({ type: "startTls", id, received: 0, sent: 0 });
  await settled();
  assert.deepEqual(await sockets(popup), ["mail.example:993 upgraded"]);
  popup.close();
});

test("Close ends a socket with an error, and the page does not open it again by itself", async () => {
  const page = await world.page("https://e.test/");
  const ids = [await page.open(mail), await page.open({ ...mail, remotePort: 1 })];
  const popup = await world.popup(page.tabId);
  await popup.say({ type: "close", key: popup.view.sockets[0]?.key ?? -1 });
  assert.deepEqual(
    ids.map((id) => page.ending(id)),
    ["NetworkError", ""],
  );
  assert.deepEqual(await sockets(popup), ["mail.example:1 off"]);
  const again = await page.open(mail, { click: false });
  await clock.advance(1_000);
  assert.equal(page.outcome(again), "NotAllowedError");
  assert.equal(page.outcome(await page.open(mail)), "opened", "with a click");
  await popup.say({ type: "close-all" });
  assert.deepEqual(await sockets(popup), []);
  popup.close();
});

test("a pause ends what the site has open in every tab, and nobody else's; what it asks for is refused, after the refusal delay", async () => {
  const [one, two, other] = [
    await world.page("https://f.test/"),
    await world.page("https://f.test/"),
    await world.page("https://g.test/"),
  ];
  const hidden = await world.page("https://f.test/", { incognito: true });
  const ids = await Promise.all([one, two, other, hidden].map((page) => page.open(mail)));
  const popup = await world.popup(one.tabId);
  await popup.say({ type: "pause", origin: "https://f.test", paused: true });
  assert.deepEqual(
    [one, two, other, hidden].map((page, n) => page.ending(ids[n] ?? 0)),
    ["NetworkError", "NetworkError", "", ""],
  );
  assert.equal(await world.badge(one.tabId), "II");
  host.asked.length = 0;
  const refused = await two.open(mail);
  await clock.advance(900);
  assert.equal(two.outcome(refused), "", "it was told at once");
  await clock.advance(100);
  assert.equal(two.outcome(refused), "NotAllowedError");
  assert.deepEqual(host.askedFor("tcp.open"), []);
  assert.equal(popup.view.site?.paused, true);
  await popup.say({ type: "pause", origin: "https://f.test", paused: false });
  assert.equal(two.outcome(await two.open(mail)), "opened");
  popup.close();
});

test("a pause comes to what is just being opened, like any other refusal", async () => {
  const page = await world.page("https://h.test/");
  const held = hold();
  host.serve["tcp.open"] = async (params) => {
    await held.promise;
    return await serve["tcp.open"](params);
  };
  const connecting = await page.open(mail);
  host.verdict = {};
  const asking = await page.open({ ...mail, remotePort: 1 });
  const popup = await world.popup(page.tabId);
  await popup.say({ type: "pause", origin: "https://h.test", paused: true });
  held.release();
  await clock.advance(1_100);
  assert.deepEqual(
    [connecting, asking].map((id) => page.outcome(id)),
    ["NotAllowedError", "NotAllowedError"],
  );
  assert.deepEqual(reasons(popup), ["paused", "paused"]);
  assert.deepEqual((await world.prompts()).length, 0);
  popup.close();
});

test("a pause holds over a restart of the browser; that of a private window is on no disk, and goes with the last of them", async () => {
  const { isPaused, setPaused } = await import("../sockets/paused.ts");
  await setPaused("https://i.test", { private: false }, true);
  assert.equal(browser.storage.session.stored.has("paused"), false);
  assert.equal(await isPaused({ origin: "https://i.test", private: true }), false);
  const windows = [browser.tabs.openWindow({ incognito: true }), browser.tabs.openWindow({ incognito: true })];
  const disk = JSON.stringify([...browser.storage.local.stored]);
  await setPaused("https://j.test", { private: true }, true);
  assert.equal(JSON.stringify([...browser.storage.local.stored]), disk);
  assert.equal(await isPaused({ origin: "https://j.test", private: false }), false);
  for (const [n, windowId] of windows.entries()) {
    assert.equal(await isPaused({ origin: "https://j.test", private: true }), true, n.toString());
    browser.tabs.closeWindow(windowId);
    await settled();
  }
  assert.equal(await isPaused({ origin: "https://j.test", private: true }), false);
  browser.storage.session.stored.clear(); // the browser ends
  assert.equal(await isPaused({ origin: "https://i.test", private: false }), true);
});

test("refusals and failures have their true reason in the popup, and the setting that decided", async () => {
  const page = await world.page("https://k.test/");
  const by = "/etc/portside/policy.json: destinations";
  const fault = (data: HostFault["data"]) => () => {
    throw new HostFault(data);
  };
  const open = async (): Promise<void> => {
    await page.open(mail);
    await clock.advance(1_000);
  };
  host.verdict = { allowed: false, reason: "policy", by };
  await open();
  host.verdict = { allowed: false, reason: "address" };
  await open();
  host.verdict = { prompt: "forbid", by };
  await open();
  host.verdict = { prompt: "skip" };
  host.serve["tcp.open"] = fault({ name: "NetworkError", reason: "tls" });
  await open();
  host.serve["tcp.open"] = fault({ name: "NotAllowedError", reason: "policy", by });
  await open();
  const { view } = await world.popup(page.tabId);
  assert.deepEqual(
    view.refusals.map((refusal) => [refusal.reason, refusal.by]),
    [
      ["policy", by],
      ["tls", undefined],
      ["address", undefined],
    ],
    "and what repeats is one line",
  );
  assert.equal(view.refusals[0]?.count, 3);
});

test("what repeats is one line with a count, lines are few, a page's texts are cut, and all go with the tab", async () => {
  const page = await world.page("https://l.test/");
  host.verdict = {};
  const refuse = async (options: OpenOptions): Promise<void> => {
    await page.open(options, { click: false });
    await clock.advance(1_000);
  };
  for (let n = 0; n < 3; n++) await refuse(mail);
  const { view } = await world.popup(page.tabId);
  assert.deepEqual(
    view.refusals.map(({ count }) => count),
    [3],
  );
  await refuse({ ...mail, remoteAddress: "x".repeat(1_000) });
  assert.equal((await world.popup(page.tabId)).view.refusals[0]?.host.length, 255);
  for (let n = 1; n <= 30; n++) await refuse({ ...mail, remotePort: n });
  assert.equal((await world.popup(page.tabId)).view.refusals.length, 20);
  const kept = (): unknown[] => [...browser.storage.session.stored.keys()].filter((key) => key.startsWith("refusals:"));
  assert.ok(kept().includes(`refusals:${page.tabId.toString()}`), "nothing is kept of the tab");
  browser.tabs.closeTab(page.tabId);
  await settled();
  assert.equal(kept().includes(`refusals:${page.tabId.toString()}`), false);
});

test("a popup starts a host to see how it is, and keeps none alive", async () => {
  assert.equal(host.isRunning, false);
  host.serve["policy.get"] = ({ origin }) => ({ sources: [], siteAllowed: true, siteBy: origin ?? "" });
  const page = await world.page("https://m.test/");
  const popup = await world.popup(page.tabId);
  await clock.advance(100);
  const { host: shown } = popup.view;
  assert.deepEqual(shown.kind === "ready" && [shown.version, shown.policy?.siteBy], ["0.0.0", "https://m.test"]);
  await clock.advance(5_000);
  assert.equal(host.isRunning, false);
  popup.close();
});

test("an open popup finds out that a program that was missing is there", async () => {
  const { native } = browser;
  browser.native = undefined;
  const page = await world.page("https://t.test/");
  const popup = await world.popup(page.tabId);
  await clock.advance(100);
  assert.equal(popup.view.host.kind, "missing");
  browser.native = native;
  await clock.advance(6_000);
  assert.equal(popup.view.host.kind, "ready");
  popup.close();
});

test("a popup that stays shows the page that has come into its tab", async () => {
  const page = await world.page("https://o.test/");
  const popup = await world.popup(page.tabId);
  browser.tabs.navigate(page.tabId, "https://p.test/");
  await clock.advance(100);
  assert.equal(popup.view.site?.origin, "https://p.test");
  popup.close();
});

test("the menu of the toolbar's button shows the popup in a window, one for a tab, which goes with the tab", async () => {
  const [item] = browser.menu.values();
  assert.deepEqual([item?.contexts, item?.title], [["action"], "Show in a window"]);
  const [page, other] = [await world.page("https://q.test/"), await world.page("https://r.test/", { type: "app" })];
  const click = async ({ tabId }: typeof page, menuItemId = item?.id ?? ""): Promise<void> => {
    const tab = browser.tabs.tabs.find(({ id }) => id === tabId);
    browser.onMenuClicked.emit({ menuItemId, editable: false, pageUrl: "" }, tab);
    await settled();
  };
  const shown = (): [string | undefined, string | undefined][] =>
    browser.tabs.tabs.flatMap(({ url, windowId }) => {
      const [, path] = /\/(ui\/popup.*)/.exec(url ?? "") ?? [];
      return path === undefined ? [] : [[path, browser.tabs.windows.find(({ id }) => id === windowId)?.type]];
    });
  await click(page, "another item");
  assert.deepEqual(shown(), []);
  await click(page);
  await click(other);
  const expected = [page, other].map(({ tabId }) => [`ui/popup.html?tab=${tabId.toString()}#window`, "popup"]);
  assert.deepEqual(shown(), expected);
  const raised = browser.tabs.raised.length;
  await click(page);
  assert.deepEqual(shown(), expected, "there is one already");
  assert.equal(browser.tabs.raised.length, raised + 1);
  browser.tabs.closeTab(page.tabId);
  await settled();
  assert.deepEqual(shown(), expected.slice(1));
  browser.tabs.noWindows = true;
  await click(await world.page("https://s.test/"));
  browser.tabs.noWindows = false;
});
