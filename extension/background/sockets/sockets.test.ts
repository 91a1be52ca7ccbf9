// Sockets of documents from the open to the end: the whole background, with a browser, a host and a user that are made up.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Background } from "../../fake/background.ts";
import { settled } from "../../fake/clock.ts";
import { HostFault, hold } from "../../fake/host.ts";
import { extensionURL } from "../../fake/identity.ts";
import { openBounds } from "../../shared/budget.ts";
import { errorMessages } from "../../../protocol/page.ts";
import type { OpenOptions } from "../../../protocol/page.ts";

mock.method(console, "error", () => undefined);
const world = await Background.start();
const { browser, clock, host } = world;
const mail: OpenOptions = { remoteAddress: "mail.example", remotePort: 993 };
const serve = { ...host.serve };

beforeEach(async () => {
  for (const { id = 0 } of browser.tabs.tabs) browser.tabs.closeTab(id);
  Object.assign(host.serve, serve);
  host.verdict = { prompt: "skip" };
  await clock.advance(60_000); // the host that nobody needs is let go
  host.asked.length = 0;
});

test("without a host: who has clicked sees the setup page, and without a gesture nobody learns that there is none", async () => {
  browser.native = undefined;
  const setup = (): number =>
    browser.tabs.tabs.filter(({ url = "" }) => url.startsWith(extensionURL("ui/setup.html"))).length;
  const page = await world.page("https://a.test/");
  const quiet = await page.open(mail, { click: false });
  assert.equal(page.outcome(quiet), "", "it was told at once");
  await clock.advance(1_000);
  assert.equal(page.outcome(quiet), "NotAllowedError");
  assert.equal(setup(), 0);
  const loud = await page.open(mail);
  assert.equal(page.outcome(loud), "NetworkError");
  assert.equal(setup(), 1);
  browser.native = (port) => {
    host.start(port);
  };
});

test("no gesture is missed before a missing port is told", async () => {
  const page = await world.page("https://b.test/");
  assert.equal(page.outcome(await page.open({ remoteAddress: "mail.example" }, { click: false })), "NotAllowedError");
  assert.equal(page.outcome(await page.open({ remoteAddress: "mail.example" })), "TypeError");
});

test("what the page could not foresee is refused after the refusal delay, whichever rule it was", async () => {
  const page = await world.page("https://c.test/");
  for (const verdict of [
    { allowed: false, reason: "policy" },
    { prompt: "forbid" },
    { installedOnly: true },
  ] as const) {
    host.verdict = verdict;
    const id = await page.open(mail);
    await clock.advance(900);
    assert.equal(page.outcome(id), "", JSON.stringify(verdict));
    await clock.advance(100);
    assert.equal(page.outcome(id), "NotAllowedError", JSON.stringify(verdict));
  }
});

test("pages get the same words whatever the cause", async () => {
  const page = await world.page("https://d.test/");
  const words = new Set<string>();
  for (const reason of ["network", "tls", "timeout", "cors"] as const) {
    host.serve["tcp.open"] = () => {
      throw new HostFault({ name: "NetworkError", reason, detail: `the secret of ${reason}` });
    };
    const [failed] = page.heardOf(await page.open(mail), "failed");
    words.add(JSON.stringify(failed?.error));
  }
  assert.deepEqual([...words], [JSON.stringify({ name: "NetworkError", message: errorMessages.NetworkError })]);
});

test("socket ids are the document's own: nobody names another's socket", async () => {
  const [one, two] = [await world.page("https://e.test/"), await world.page("https://f.test/")];
  const [first, second] = [await one.open(mail), await two.open(mail)];
  assert.equal(first, second);
  assert.deepEqual([one.outcome(first), two.outcome(second)], ["opened", "opened"]);
  two.say({ type: "close", id: second });
  await settled();
  assert.deepEqual([one.ending(first), two.ending(second)], ["", "closed"]);
});

test("what a document says fits its schema, or is the last that it says", async () => {
  const page = await world.page("https://g.test/");
  const id = await page.open(mail);
  page.port.postMessage({ type: "write", id, data: "AAAA", more: true });
  await settled();
  assert.equal(page.port.isOpen, false);
  assert.equal(host.askedFor("socket.close").length, 1, "its socket is open");
});

test("the broker counts what a document asks for, and cuts off who goes far over what our script sends", async () => {
  const page = await world.page("https://h.test/");
  const held = hold();
  host.serve["tcp.open"] = async (params) => {
    await held.promise;
    return await serve["tcp.open"](params);
  };
  const { atOnce } = openBounds.document;
  const ids = Array.from({ length: atOnce + 10 }, () => page.begin(mail, { click: false }));
  await clock.advance(2_000);
  assert.equal(page.heard.filter(({ type }) => type === "full").length, 10);
  assert.equal(ids.filter((id) => page.outcome(id) === "QuotaExceededError").length, 10);
  assert.equal(host.askedFor("tcp.open").length, atOnce);
  assert.equal(page.port.isOpen, true);
  for (let n = 0; n < 3_000; n++) page.begin(mail, { click: false });
  await settled();
  assert.equal(page.port.isOpen, false);
  const again = world.document(page.tabId);
  await settled();
  assert.equal(again.port.isOpen, false, "it is heard again at once");
  held.release();
  await settled();
});

test("no lane is asked for before a socket is wanted and allowed, and one is for all sockets of a document", async () => {
  host.serve.hello = async (params) => ({ ...(await serve.hello(params)), capabilities: ["tcp", "lane"] });
  host.verdict = {};
  const page = await world.page("https://i.test/");
  await page.open(mail);
  const lanes = (): number => host.askedFor("lane.open").length;
  const prompt = await world.prompt();
  assert.equal(lanes(), 0);
  await prompt.say({ type: "deny" });
  assert.equal(lanes(), 0);
  await world.allowed(page, mail);
  await page.open(mail, { click: false });
  assert.equal(lanes(), 1);
  assert.equal(page.heard.filter(({ type }) => type === "lane").length, 1);
});

test("what a document asks for in a private window the host is told to be of one", async () => {
  for (const incognito of [false, true]) {
    const page = await world.page("https://j.test/", { incognito });
    await page.open(mail);
    assert.equal(host.askedFor("tcp.open").at(-1)?.["private"], incognito);
  }
});

test("a document that leaves takes its sockets with it, open or opening", async () => {
  const page = await world.page("https://k.test/");
  await page.open(mail);
  const held = hold();
  host.serve["tcp.open"] = async (params) => {
    await held.promise;
    return await serve["tcp.open"](params);
  };
  await page.open(mail);
  page.port.disconnect();
  await settled();
  assert.equal(host.askedFor("socket.close").length, 2);
  held.release();
  await settled();
});
