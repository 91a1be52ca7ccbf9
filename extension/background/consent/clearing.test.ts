// What becomes of grants when somebody deletes a site's data: the whole background, with a browser, a host and a user that are made up.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Background } from "../../fake/background.ts";
import type { FakeDocument } from "../../fake/background.ts";
import { settled } from "../../fake/clock.ts";
import type { Grant } from "./grants.ts";
import type { OpenOptions } from "../../../protocol/page.ts";

const world = await Background.start();
const { browser, clock } = world;
const mail: OpenOptions = { remoteAddress: "mail.example", remotePort: 993 };
const day = 86_400_000;

beforeEach(async () => {
  for (const { id = 0 } of browser.tabs.tabs) browser.tabs.closeTab(id);
  browser.cookies.delete("");
  await clock.advance(day);
});

/** The URL and the cookie of each marker. */
const markers = (): [string, chrome.cookies.Cookie][] =>
  [...browser.cookies.jar].filter(([, { name }]) => name === "portside-marker");
const remembered = (): Grant[] => (browser.storage.local.stored.get("grants") ?? []) as Grant[];

/** A page of this origin for which a destination is remembered, with an open socket to it. */
async function remember(origin: string, options = mail): Promise<{ page: FakeDocument; id: number }> {
  const page = await world.page(`${origin}/`);
  return { page, id: await world.allowed(page, options, { remember: true }) };
}

/** Whether another page of the origin may open it without being asked. */
async function mayOpen(origin: string, options = mail): Promise<boolean> {
  const page = await world.page(`${origin}/`);
  const id = await page.open(options, { click: false });
  await clock.advance(1_000);
  return page.outcome(id) === "opened";
}

test("what deletes a site's data takes its grants at once, and closes what it has open, allowed once or remembered", async () => {
  const { page, id } = await remember("https://a.test");
  const once = await page.open({ ...mail, remotePort: 1 });
  await (await world.prompt()).allow();
  const other = await remember("https://b.test");
  browser.cookies.delete("https://a.test");
  await settled();
  assert.deepEqual([page.ending(id), page.ending(once)], ["NetworkError", "NetworkError"]);
  assert.deepEqual(
    remembered().map(({ origin }) => origin),
    ["https://b.test"],
  );
  assert.equal(other.page.ending(other.id), "");
  assert.equal(await mayOpen("https://a.test"), false);
  assert.equal(await mayOpen("https://b.test"), true);
});

test("a grant without its marker does not count, though nobody told of its end", async () => {
  await remember("https://c.test");
  assert.equal(await mayOpen("https://c.test"), true);
  browser.cookies.delete("https://c.test", { quietly: true });
  assert.equal(await mayOpen("https://c.test"), false);
  assert.deepEqual(remembered(), []);
});

test("nor does one whose marker was overwritten", async () => {
  await remember("https://d.test");
  const [[url, cookie] = ["", undefined]] = markers();
  assert.ok(cookie !== undefined, "there is no marker");
  browser.cookies.put(url, { ...cookie, value: "another" });
  await settled();
  assert.deepEqual(remembered(), []);
  assert.equal(await mayOpen("https://d.test"), false);
});

test("where the browser does not let us look, a grant does not count; it is there again when it does", async () => {
  await remember("https://l.test");
  const [[url, cookie] = ["", undefined]] = markers();
  assert.ok(cookie !== undefined, "there is no marker");
  // Without the permission for websites the browser tells of no cookies of theirs.
  browser.letSee(false);
  browser.cookies.jar.delete(url);
  assert.equal(await mayOpen("https://l.test"), false);
  const page = await world.page("https://l.test/");
  await world.allowed(page, { ...mail, remotePort: 1 }, { remember: true });
  assert.deepEqual(
    remembered().map(({ port }) => port),
    [993],
    "nothing new can be remembered",
  );
  browser.letSee(true);
  browser.cookies.jar.set(url, cookie);
  assert.equal(await mayOpen("https://l.test"), true);
});

test("where no marker can be set, Always allow is Allow this time, and the user hears why", async () => {
  browser.cookies.blocked.add("https://e.test");
  const { page, id } = await remember("https://e.test");
  assert.equal(page.outcome(id), "opened");
  assert.deepEqual(remembered(), []);
  assert.equal(await mayOpen("https://e.test"), false);
  const popup = await world.popup(page.tabId);
  popup.close();
  assert.deepEqual(
    popup.view.refusals.map(({ stage, reason }) => [stage, reason]),
    [["remember", "marker"]],
  );
});

test("a marker lives on while it is used, and no longer", async () => {
  await remember("https://f.test");
  const ends = (): number => markers()[0]?.[1].expirationDate ?? 0;
  const first = ends();
  assert.equal(first, clock.now / 1_000 + 400 * 86_400);
  await clock.advance(day / 2);
  await mayOpen("https://f.test");
  assert.equal(ends(), first, "it was renewed within a day");
  await clock.advance(day);
  await mayOpen("https://f.test");
  assert.ok(ends() >= first + (day / 1_000) * 1.5, "it was not renewed");
});

test("a new grant makes it young again, so that deleting the last hour takes it", async () => {
  const { page } = await remember("https://g.test");
  const [[url, before] = ["", undefined]] = markers();
  await world.allowed(page, { ...mail, remotePort: 1 }, { remember: true });
  const after = browser.cookies.jar.get(url);
  assert.equal(markers().length, 1);
  assert.notEqual(after?.value, before?.value, "browsers keep the age of a cookie that is set to what it is");
});

test("it is one for each origin, where nobody can guess it, and goes with the last grant", async () => {
  const origins = ["https://h.test", "https://h.test:8443", "https://i.test"];
  for (const origin of origins) await remember(origin);
  await remember("https://h.test", { ...mail, remotePort: 1 });
  const urls = markers().map(([url]) => new URL(url));
  assert.deepEqual(
    urls.map(({ origin }) => origin),
    origins,
  );
  for (const { pathname } of urls) assert.match(pathname, /^\/\.portside-[\w-]{22}\/$/);
  assert.equal(new Set(urls.map(({ pathname }) => pathname)).size, 3, "they are alike");
  const { removeGrants } = await import("./grants.ts");
  await removeGrants(({ origin, port }) => origin === "https://h.test" && port === 1);
  await settled();
  assert.equal(markers().length, 3);
  await removeGrants(({ origin }) => origin === "https://h.test");
  await settled();
  assert.deepEqual(
    markers().map(([url]) => new URL(url).origin),
    origins.slice(1),
  );
});

test("no script reads or replaces it, and no other site sends it", async () => {
  await remember("https://j.test");
  const [[, cookie] = []] = markers();
  assert.deepEqual(
    [cookie?.httpOnly, cookie?.secure, cookie?.sameSite, cookie?.hostOnly, cookie?.domain],
    [true, true, "strict", true, "j.test"],
  );
});
