// Containers (Firefox): what somebody allows, denies or pauses in one counts in no other. The whole background as it is built for Firefox, with a
// browser, a host and a user that are made up.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Background } from "../fake/background.ts";
import type { FakeDocument } from "../fake/background.ts";
import { settled } from "../fake/clock.ts";
import { installFirefox } from "../fake/firefox.ts";
import type { Grant } from "./consent/grants.ts";
import type { OpenOptions } from "../../protocol/page.ts";

const [home, work, normal] = ["firefox-container-1", "firefox-container-2", "firefox-default"];
installFirefox();
const world = await Background.start(({ browser }) => {
  browser.tabs.cookieStoreId = browser.cookies.normalStore = normal;
  for (const store of [home, work]) browser.cookies.stores.add(store);
});
const { browser, clock, host } = world;
const { listGrants, removeGrants } = await import("./consent/grants.ts");
const { readGrant } = await import("./consent/grant.ts");
const { cooldownUntil, endCooldown, listCooldowns } = await import("./consent/cooldown.ts");
const { isPaused, setPaused } = await import("./sockets/paused.ts");
const { restoreGrants } = await import("./consent/restoring.ts");
const { keepHistory, listHistory } = await import("./sockets/history.ts");

const mail: OpenOptions = { remoteAddress: "mail.example", remotePort: 993 };
const day = 86_400_000;
const inWork = { private: false, container: work };
const inDefault = { private: false };

beforeEach(async () => {
  for (const { id = 0 } of browser.tabs.tabs) browser.tabs.closeTab(id);
  await removeGrants(() => true);
  await clock.advance(day);
});

const pageIn = (cookieStoreId: string, url = "https://a.test/"): Promise<FakeDocument> =>
  world.page(url, { cookieStoreId });

/** A page in this container, with an open socket to what is remembered for it there. */
async function remember(store: string, url?: string): Promise<{ page: FakeDocument; id: number }> {
  const page = await pageIn(store, url);
  return { page, id: await world.allowed(page, mail, { remember: true }) };
}

/** What becomes of an open without a gesture: "opened", or the name of the error. */
async function quietly(page: FakeDocument): Promise<string> {
  const id = await page.open(mail, { click: false });
  await clock.advance(1_000);
  return page.outcome(id);
}

/** In which containers another page of the origin may open it without being asked. */
async function mayOpenIn(url = "https://a.test/"): Promise<string[]> {
  const those: string[] = [];
  for (const store of [normal, home, work])
    if ((await quietly(await pageIn(store, url))) === "opened") those.push(store);
  return those;
}

const containers = async (): Promise<(string | undefined)[]> =>
  (await listGrants()).map(({ container }) => container).sort();
const markersIn = (store: string): string[] =>
  [...browser.cookies.jar].flatMap(([key, { storeId }]) => (storeId === store ? [key] : []));

test("what is remembered in a container counts in this one only, and what was remembered in the default one in none", async () => {
  await remember(work);
  assert.deepEqual(await mayOpenIn(), [work]);
  assert.deepEqual(await containers(), [work]);
  await remember(normal);
  assert.deepEqual(await mayOpenIn(), [normal, work]);
  // Nor in one in which the site was allowed something else.
  await world.allowed(await pageIn(home), { ...mail, remotePort: 1 }, { remember: true });
  assert.deepEqual(await mayOpenIn(), [normal, work]);
  // What is kept of the default container is what it was before there were any.
  const answer = await browser.send({ kept: "get", keys: "grants" }, browser.ownPage("ui/options.html"));
  const kept = (answer as { items: { grants: Grant[] } }).items.grants;
  assert.deepEqual(
    kept.map((grant) => ["container" in grant, grant.container]),
    [
      [true, work],
      [false, undefined],
      [true, home],
    ],
  );
});

test("the same for a listening socket", async () => {
  const places = { localAddress: "127.0.0.1", localPort: 40_000 };
  const page = await pageIn(work);
  await page.listen(places);
  await (await world.prompt()).allowLocal({ remember: true });
  const again: string[] = [];
  for (const store of [normal, home, work]) {
    const other = await pageIn(store);
    const id = await other.listen({ ...places }, { click: false });
    await clock.advance(1_000);
    if (other.outcome(id) === "listening") again.push(store);
  }
  assert.deepEqual(again, [work]);
});

test("what is taken back in a container ends nothing in another one", async () => {
  const all = new Map<string, { page: FakeDocument; id: number }>();
  for (const store of [normal, home, work]) all.set(store, await remember(store));
  await removeGrants(({ container }) => container === work);
  await settled();
  const ended = [...all].flatMap(([store, { page, id }]) => (page.ending(id) === "" ? [] : [store]));
  assert.deepEqual(ended, [work]);
  const without: string[] = [];
  for (const [store, { page }] of all) if ((await quietly(page)) !== "opened") without.push(store);
  assert.deepEqual(without, [work]);
  assert.deepEqual(
    [normal, home, work].map((store) => markersIn(store).length),
    [1, 1, 0],
  );
});

test("a grant that is taken back ends the sockets that stand on it, and those of another container that stand on another one", async () => {
  const [one, two] = [await pageIn(home), await pageIn(work)];
  const other = { ...mail, remotePort: 1 };
  const ids: [FakeDocument, number][] = [
    [one, await world.allowed(one, mail, { remember: true })],
    [one, await world.allowed(one, other)],
    [two, await world.allowed(two, mail)],
    [two, await world.allowed(two, other, { remember: true })],
  ];
  await removeGrants(() => true);
  await settled();
  assert.deepEqual(
    ids.map(([page, id]) => page.ending(id)),
    ["NetworkError", "", "", "NetworkError"],
  );
});

test("what a document was allowed for an hour ends with the hour of its own container", async () => {
  const page = await pageIn(home);
  await world.allowed(page, mail, { remember: true, ends: "hour" });
  const other = await pageIn(work);
  await world.allowed(other, mail, { remember: true, ends: "hour" });
  await removeGrants(({ container }) => container === home);
  assert.deepEqual([await quietly(page), await quietly(other)], ["NotAllowedError", "opened"]);
});

test("what is allowed once in a container holds when something is taken back in another one", async () => {
  const { page, id } = await remember(work);
  const once = await pageIn(home);
  await world.allowed(once, mail);
  await removeGrants(() => true);
  await settled();
  assert.equal(page.ending(id), "NetworkError");
  assert.equal(await quietly(once), "opened");
});

test("deleting a container's data takes what was remembered in it, and nothing of another one", async () => {
  const mine = await remember(normal);
  const other = await remember(work);
  assert.deepEqual([markersIn(normal).length, markersIn(work).length], [1, 1]);
  browser.cookies.delete(`${work} https://a.test`);
  await settled();
  assert.deepEqual([mine.page.ending(mine.id), other.page.ending(other.id)], ["", "NetworkError"]);
  assert.deepEqual(await mayOpenIn(), [normal]);
  assert.deepEqual([markersIn(normal).length, markersIn(work).length], [1, 0]);
});

test("a cookie of another container is no marker", async () => {
  await remember(work);
  const [[key, cookie] = ["", undefined]] = [...browser.cookies.jar];
  assert.ok(cookie !== undefined, "there is no marker");
  browser.cookies.jar.set(key, { ...cookie, storeId: home });
  assert.deepEqual(await mayOpenIn(), []);
});

test("Clear-Site-Data in a container takes what was remembered in it, and nothing of another one", async () => {
  await remember(normal);
  await remember(work);
  await world.page("https://a.test/logout", {
    cookieStoreId: work,
    headers: [{ name: "Clear-Site-Data", value: '"storage"' }],
  });
  await settled();
  assert.deepEqual(await containers(), [undefined]);
  assert.deepEqual(await mayOpenIn(), [normal]);
});

test("markers are looked for in every container in which something is remembered; one that was deleted has none", async () => {
  await remember(normal);
  await remember(home);
  await remember(work);
  browser.cookies.delete(`${home} `, { quietly: true });
  assert.deepEqual(await mayOpenIn(), [normal, work]);
  browser.cookies.stores.delete(work);
  const page = await pageIn(work);
  assert.equal(await quietly(page), "NotAllowedError");
  browser.cookies.stores.add(work);
  assert.deepEqual(await containers(), [undefined]);
});

test("what is brought back comes back into its container", async () => {
  await remember(normal);
  await remember(work);
  const removed = await removeGrants(() => true);
  assert.deepEqual(await restoreGrants({ restore: removed }), { count: 2 });
  assert.deepEqual(await mayOpenIn(), [normal, work]);
});

test("a pause is one container's", async () => {
  const [one, two] = [await remember(home), await remember(work)];
  await setPaused("https://a.test", inWork, true);
  await settled();
  assert.deepEqual([one.page.ending(one.id), two.page.ending(two.id)], ["", "NetworkError"]);
  assert.deepEqual([await quietly(one.page), await quietly(two.page)], ["opened", "NotAllowedError"]);
  assert.equal(await isPaused({ origin: "https://a.test", ...inDefault }), false);
  const popups = [await world.popup(one.page.tabId), await world.popup(two.page.tabId)];
  assert.deepEqual(
    popups.map(({ view }) => [view.container, view.site?.paused]),
    [
      [home, false],
      [work, true],
    ],
  );
  await popups[1]?.say({ type: "pause", origin: "https://a.test", paused: false });
  assert.equal(await quietly(two.page), "opened");
  for (const popup of popups) popup.close();
});

test("denials are counted for each container by itself", async () => {
  const origin = "https://noisy.test";
  const page = await pageIn(work, `${origin}/`);
  for (let n = 0; n < 3; n++) {
    await page.open({ ...mail, remotePort: n + 1 });
    await (await world.prompt()).deny();
  }
  assert.notEqual(await cooldownUntil(origin, inWork), undefined);
  assert.equal(await cooldownUntil(origin, inDefault), undefined);
  assert.deepEqual(
    (await listCooldowns()).map(({ who, container }) => [who, container]),
    [["noisy.test", work]],
  );
  await endCooldown(origin, inDefault);
  assert.notEqual(await cooldownUntil(origin, inWork), undefined);
  const popup = await world.popup(page.tabId);
  assert.deepEqual(Object.keys(popup.view.cooldowns), [origin]);
  await popup.say({ type: "endCooldown", origin });
  assert.equal(await cooldownUntil(origin, inWork), undefined);
  popup.close();
});

test("a question tells in which container it is asked, and that of another one is another site's", async () => {
  const pages = [await pageIn(home), await pageIn(work), await pageIn(normal)];
  for (const page of pages) await page.open(mail);
  const prompts = await world.prompts();
  assert.deepEqual(
    prompts.map(({ question }) => question.question.container),
    [home, work, undefined],
  );
  for (const prompt of prompts) await prompt.deny();
});

test("the history tells them apart", async () => {
  await keepHistory(true);
  await remember(normal);
  await remember(work);
  await clock.advance(2_000);
  assert.deepEqual((await listHistory()).map(({ container, count }) => [container, count]).sort(), [
    [undefined, 1],
    [work, 1],
  ]);
  await keepHistory(false);
});

test("where the browser names no container that could be one, nothing is opened, and the popup shows no site", async () => {
  await remember(normal);
  const url = "https://a.test/";
  for (const cookieStoreId of ["", "a b", "x".repeat(65), "private", "normal"]) {
    const windowId = browser.tabs.openWindow();
    const tabId = browser.tabs.openTab(url, { windowId, cookieStoreId });
    const page = world.document(tabId);
    assert.equal(await quietly(page), "", cookieStoreId); // it is not heard
    const popup = await world.popup(tabId);
    assert.equal(popup.view.site, undefined, cookieStoreId);
    popup.close();
  }
});

test("what was kept as a grant of something that is no container is none", async () => {
  await remember(work);
  const [grant] = await listGrants();
  assert.ok(grant !== undefined, "nothing is remembered");
  assert.deepEqual(readGrant(grant), grant);
  for (const container of ["", "a b", "x".repeat(65), "private", 7, null])
    assert.equal(readGrant({ ...grant, container }), undefined, String(container));
});

test("no server is asked about the headers of a page in a container", async () => {
  for (const [store, count] of [
    [work, 0],
    [normal, 1],
  ] as const) {
    browser.fetched.length = 0;
    const page = await world.page("https://unseen.test/", { cookieStoreId: store, unseen: true });
    await page.open(mail);
    // What was seen is looked up by hashes, which take their time.
    for (let turn = 0; turn < 1_000 && (await world.prompts()).length === 0; turn++) await settled();
    assert.equal(browser.fetched.length, count, store);
    for (const prompt of await world.prompts()) await prompt.deny();
  }
  assert.notEqual(host.asked.length, 0);
});
