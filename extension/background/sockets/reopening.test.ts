// What a document opens again on its lane: what the host tells of it afterwards, and what ends it. The whole background, with a browser, a host and
// a user that are made up.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Background } from "../../fake/background.ts";
import type { FakeDocument } from "../../fake/background.ts";
import { settled } from "../../fake/clock.ts";
import { hold } from "../../fake/host.ts";
import { firstReopenedId, protocolVersion, reopenableOfDocument } from "../../../protocol/message.ts";
import type { ReopenReportParams, TCPOpenParams } from "../../../protocol/message.ts";

const world = await Background.start();
const { browser, clock, host } = world;
const mail = { remoteAddress: "mail.example", remotePort: 993 };
const hello = { protocolVersion, hostVersion: "0.0.0", capabilities: ["tcp", "udp", "lane"] };
const serve = { ...host.serve, hello: () => hello };
Object.assign(host.serve, serve);

beforeEach(async () => {
  for (const { id = 0 } of browser.tabs.tabs) browser.tabs.closeTab(id);
  for (const { id } of browser.tabs.windows) browser.tabs.closeWindow(id);
  Object.assign(host.serve, serve);
  host.verdict = {};
  await clock.advance(86_400_000);
  host.asked.length = 0;
});

/** The host's numbers of the sockets that documents open by themselves. */
let last = firstReopenedId;

/** What the host was asked for of a socket, as far as it may be opened again. */
const asked = (): (boolean | undefined)[] => host.askedFor<TCPOpenParams>("tcp.open").map(({ reopen }) => reopen);
const ends = (): number => host.askedFor("reopen.end").length;
/** The sockets that the host was told to close. */
const closed = (): unknown[] => host.askedFor("socket.close").map(({ socketId, reset }) => [socketId, reset]);

/** A page that may open this again by itself, and the socket by which it may. */
async function reopenable(options = mail, init = {}): Promise<{ page: FakeDocument; of: number; id: number }> {
  const page = await world.page("https://a.test/", init);
  await world.allowed(page, options);
  const id = await page.open(options, { click: false });
  const [opened] = page.heardOf(id, "opened");
  assert.equal(opened?.reopen, true);
  return { page, of: opened.lane ?? 0, id };
}

/** The host tells what a page has done by itself. */
async function report(page: FakeDocument, told: Partial<ReopenReportParams>): Promise<void> {
  const document = page.sender.documentId ?? "";
  host.say("reopen.report", { document, opened: [], failed: [], closed: [], ...told });
  await settled();
}

/** It has opened one. Resolves with the host's number. */
async function reopened(page: FakeDocument, of: number, number: number): Promise<number> {
  const socketId = ++last;
  await report(page, { opened: [{ socketId, of, pageId: number }] });
  return socketId;
}

test("what a document may open without a question, and without asking the rules, it may open again by itself", async () => {
  const page = await world.page("https://a.test/");
  const first = await world.allowed(page, mail);
  assert.equal(page.heardOf(first, "opened")[0]?.reopen, undefined, "the user was asked");
  await page.open(mail, { states: true });
  for (const how of [{ secureTransport: "on" }, { secureTransport: "starttls" }] as const) {
    await page.open({ ...mail, ...how });
    await page.open({ ...mail, ...how });
  }
  assert.deepEqual([...new Set(asked()), asked().length], [undefined, 6]);
  await page.open(mail);
  assert.deepEqual(asked().slice(6), [true]);
});

test("a host that knows no such thing is not asked for it", async () => {
  browser.tabs.closeWindow(browser.tabs.windows[0]?.id ?? 0);
  await clock.advance(60_000);
  host.serve.hello = () => ({ ...hello, protocolVersion: 4 });
  const page = await world.page("https://a.test/");
  await world.allowed(page, mail);
  await page.open(mail);
  assert.deepEqual(asked(), [undefined, undefined]);
  await clock.advance(86_400_000);
});

test("nor is a grant whose time ends enough", async () => {
  const page = await world.page("https://a.test/");
  await world.allowed(page, mail, { remember: true, ends: "hour" });
  await page.open(mail);
  assert.deepEqual(asked(), [undefined, undefined]);
});

test("nor are rules that may say otherwise without a word: installed apps only, and a document that nobody saw load", async () => {
  host.verdict = { installedOnly: true };
  const app = await world.page("https://a.test/", { type: "app" });
  await world.allowed(app, mail);
  assert.equal(app.outcome(await app.open(mail)), "opened");
  host.verdict = {};
  browser.servers.set("https://unseen.test/", {});
  const unseen = await world.page("https://unseen.test/", { unseen: true });
  // Its server is asked, which takes more turns than what is at hand.
  const first = unseen.begin(mail);
  for (let n = 0; n < 1_000 && (await world.prompts()).length === 0; n++) await settled();
  await (await world.prompt()).allow();
  const second = unseen.begin(mail);
  for (let n = 0; n < 1_000 && unseen.outcome(second) === ""; n++) await settled();
  assert.deepEqual(
    [first, second].map((id) => unseen.outcome(id)),
    ["opened", "opened"],
  );
  assert.deepEqual([...new Set(asked()), asked().length], [undefined, 4]);
});

test("the toolbar shows what a document has opened by itself, until it ends", async () => {
  const { page, of } = await reopenable();
  assert.equal(await world.badge(page.tabId), "2");
  const socketId = await reopened(page, of, 70);
  assert.equal(await world.badge(page.tabId), "3");
  await report(page, { closed: [{ socketId, bytesIn: 1, bytesOut: 2 }] });
  assert.equal(await world.badge(page.tabId), "2");
  const brief = ++last;
  await report(page, {
    opened: [{ socketId: brief, of, pageId: 71 }],
    closed: [{ socketId: brief, bytesIn: 1, bytesOut: 2 }],
  });
  assert.equal(await world.badge(page.tabId), "2");
  assert.deepEqual(closed(), []);
});

test("what did not open is told to the user and on the console", async () => {
  const { page, of } = await reopenable();
  const popup = await world.popup(page.tabId);
  await report(page, { failed: [{ of, pageId: 70, reason: "refused" }] });
  await clock.advance(100);
  assert.deepEqual(
    popup.view.refusals.map(({ reason, stage, host: named }) => [reason, stage, named]),
    [["refused", "open", "mail.example"]],
  );
  assert.equal(page.console.length, 1);
  popup.close();
});

test("what nobody has allowed, or has a number that is taken, is closed", async () => {
  const { page, of, id } = await reopenable();
  const stranger = await reopened(page, of + 1_000, 70);
  const twice = await reopened(page, of, id);
  const gone = await world.page("https://b.test/");
  gone.port.disconnect();
  await settled();
  const late = await reopened(gone, of, 1);
  assert.deepEqual(
    closed(),
    [stranger, twice, late].map((socketId) => [socketId, true]),
  );
  assert.equal(await world.badge(page.tabId), "2");
});

test("the user closes one by hand: the document does not open it again by itself, and what it has opened meanwhile goes, too", async () => {
  const { page, of } = await reopenable();
  const socketId = await reopened(page, of, 70);
  const held = hold();
  host.serve["reopen.end"] = async () => {
    await held.promise;
    return {};
  };
  const popup = await world.popup(page.tabId);
  await popup.say({ type: "close", key: popup.view.sockets.at(-1)?.key ?? 0 });
  assert.deepEqual([closed(), ends(), page.ending(70)], [[[socketId, true]], 1, "NetworkError"]);
  const late = await reopened(page, of, 71);
  assert.deepEqual(closed().at(-1), [late, true]);
  held.release();
  popup.close();
});

test("a pause, and what is taken back, end it all", async () => {
  for (const how of ["pause", "revoke"]) {
    const page = await world.page("https://a.test/");
    await world.allowed(page, mail, { remember: true });
    const id = await page.open(mail);
    const of = page.heardOf(id, "opened")[0]?.lane ?? 0;
    const socketId = await reopened(page, of, 70);
    const before = ends();
    const { removeGrants } = await import("../consent/grants.ts");
    if (how === "pause") {
      const popup = await world.popup(page.tabId);
      await popup.say({ type: "pause", origin: "https://a.test", paused: true });
      await popup.say({ type: "pause", origin: "https://a.test", paused: false });
      popup.close();
    } else await removeGrants(() => true);
    await settled();
    assert.equal(page.ending(70), "NetworkError", how);
    assert.ok(
      closed().some((one) => (one as unknown[])[0] === socketId),
      how,
    );
    assert.ok(ends() > before, how);
    const late = await reopened(page, of, 71);
    assert.deepEqual(closed().at(-1), [late, true], how);
    await removeGrants(() => true);
  }
});

test("of what is not taken back, what the document has opened meanwhile stays; but it may not go on", async () => {
  const { page, of } = await reopenable();
  const other = { remoteAddress: "other.example", remotePort: 22 };
  await world.allowed(page, other);
  const held = hold();
  host.serve["reopen.end"] = async () => {
    await held.promise;
    return {};
  };
  const popup = await world.popup(page.tabId);
  const there = popup.view.sockets.find(({ host: named }) => named === "other.example");
  await popup.say({ type: "close", key: there?.key ?? 0 });
  host.asked.length = 0;
  await reopened(page, of, 70);
  assert.deepEqual(closed(), []);
  held.release();
  await settled();
  const late = await reopened(page, of, 71);
  assert.deepEqual(closed(), [[late, true]]);
  popup.close();
});

test("what is taken back while the host opens is not allowed by its answer", async () => {
  const page = await world.page("https://a.test/");
  await world.allowed(page, mail);
  const other = { remoteAddress: "other.example", remotePort: 22 };
  await world.allowed(page, other);
  const held = hold();
  host.serve["tcp.open"] = async (params) => {
    await held.promise;
    return await serve["tcp.open"](params);
  };
  const id = page.begin(mail);
  await settled();
  const popup = await world.popup(page.tabId);
  const there = popup.view.sockets.find(({ host: named }) => named === "other.example");
  await popup.say({ type: "close", key: there?.key ?? 0 });
  const before = ends();
  held.release();
  await settled();
  assert.deepEqual([page.outcome(id), page.heardOf(id, "opened")[0]?.reopen], ["opened", undefined]);
  assert.equal(ends(), before + 1, "the host is told that it may not");
  popup.close();
});

test("a document that is gone opens nothing any more", async () => {
  const { page, of } = await reopenable();
  const socketId = await reopened(page, of, 70);
  page.port.disconnect();
  await settled();
  assert.equal(ends(), 1);
  assert.ok(
    closed().some((one) => (one as unknown[])[0] === socketId),
    "it is open",
  );
  const late = await reopened(page, of, 71);
  assert.deepEqual(closed().at(-1), [late, true]);
});

test("an option of a socket that the broker does not know yet waits for the next report", async () => {
  const { page, of } = await reopenable();
  page.say({ type: "setOption", id: 70, option: "noDelay", value: 1 });
  await settled();
  assert.deepEqual(host.askedFor("socket.setOption"), []);
  const socketId = await reopened(page, of, 70);
  assert.deepEqual(host.askedFor("socket.setOption"), [{ socketId, option: "noDelay", value: 1 }]);
  page.say({ type: "setOption", id: 999, option: "noDelay", value: 1 });
  await clock.advance(1_000);
  assert.equal(host.askedFor("socket.setOption").length, 1);
});

test("a document may open so many destinations again: of more, the oldest is forgotten", async () => {
  const { page, of } = await reopenable();
  for (let port = 1; port <= reopenableOfDocument; port++) {
    const one = { remoteAddress: "mail.example", remotePort: 1_000 + port };
    await world.allowed(page, one);
    await page.open(one);
  }
  const late = await reopened(page, of, 700);
  assert.deepEqual(closed(), [[late, true]]);
});

test("the lane stays while something is open on it that the broker hears of last", async () => {
  const { page, of, id } = await reopenable();
  for (const one of [1, id]) page.say({ type: "close", id: one });
  await settled();
  host.serve["reopen.end"] = async () => {
    await reopened(page, of, 70);
    return {};
  };
  await clock.advance(5_100);
  assert.equal(
    page.heard.some(({ type }) => type === "laneLost"),
    false,
  );
});
