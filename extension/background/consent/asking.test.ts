// What the user is asked, and what comes of the answer: the whole background, with a browser, a host and a user that are made up.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Background } from "../../fake/background.ts";
import { settled } from "../../fake/clock.ts";
import type { PolicyJudgeParams } from "../../../protocol/message.ts";
import type { OpenOptions } from "../../../protocol/page.ts";

const world = await Background.start();
const { browser, clock, host } = world;
const mail: OpenOptions = { remoteAddress: "mail.example", remotePort: 993 };
/** Hosts that were connected to. */
const reached = (): unknown[] => host.askedFor("tcp.open").map((params) => params["host"]);

beforeEach(async () => {
  host.asked.length = 0;
  host.verdict = {};
  for (const { id = 0 } of browser.tabs.tabs) browser.tabs.closeTab(id);
  for (const { id } of browser.tabs.windows) browser.tabs.closeWindow(id);
  await clock.advance(86_400_000); // nobody may have to wait for what they were told in another test
});

test("every new destination is asked for, and nothing reaches the network before the answer", async () => {
  const page = await world.page("https://a.test/");
  const id = await page.open(mail, { states: true });
  const prompt = await world.prompt();
  const { origin, host: named, port, encryption } = prompt.question.question;
  assert.deepEqual([origin, named, port, encryption], ["https://a.test", "mail.example", 993, "off"]);
  assert.deepEqual([page.outcome(id), reached()], ["", []]);
  assert.deepEqual(
    page.heardOf(id, "state").map(({ state }) => state),
    ["asking"],
  );
  await prompt.allow();
  assert.deepEqual([page.outcome(id), reached()], ["opened", ["mail.example"]]);
  assert.equal((await world.prompts()).length, 0);
});

test("a no is a no: by the button, and by closing the window, however that is told", async () => {
  const page = await world.page("https://no.test/");
  const ways = [
    async () => (await world.prompt()).say({ type: "deny" }),
    async () => {
      browser.tabs.closeWindow((await world.prompt()).windowId);
    },
    async () => {
      (await world.prompt()).port.disconnect();
    },
  ];
  for (const say of ways) {
    const id = await page.open(mail);
    await say();
    await settled();
    assert.equal(page.outcome(id), "NotAllowedError");
    assert.equal((await world.prompts()).length, 0);
  }
  assert.deepEqual(reached(), []);
});

test("a no that nobody had the time for does not count", async () => {
  const page = await world.page("https://fast.test/");
  for (let n = 0; n < 4; n++) {
    await page.open(mail);
    await (await world.prompt()).say({ type: "deny" });
  }
  await page.open(mail);
  assert.equal((await world.prompt()).question.cooldown, undefined);
});

test("without a gesture nobody is asked, and no port is tried", async () => {
  const page = await world.page("https://quiet.test/");
  const id = await page.open(mail, { click: false });
  assert.equal((await world.prompts()).length, 0);
  await clock.advance(1_000);
  assert.deepEqual([page.outcome(id), reached()], ["NotAllowedError", []]);
});

test("one click is one destination, for all documents of the site in the tab", async () => {
  const page = await world.page("https://one.test/");
  const again = world.document(page.tabId);
  const click = world.click();
  await page.open(mail, { click });
  const second = await again.open({ ...mail, remotePort: 994 }, { click });
  await clock.advance(1_000);
  assert.equal(again.outcome(second), "NotAllowedError");
  assert.equal((await world.prompts()).length, 1);
});

test("Allow this time is this document's; Always allow is the site's, for one port of one host", async () => {
  const first = await world.page("https://b.test/");
  await world.allowed(first, mail);
  assert.equal(first.outcome(await first.open(mail, { click: false })), "opened", "the same document again");
  const second = await world.page("https://b.test/");
  const asked = await second.open(mail);
  await (await world.prompt()).allow({ remember: true });
  assert.equal(second.outcome(asked), "opened");
  const third = await world.page("https://b.test/");
  assert.equal(third.outcome(await third.open(mail, { click: false })), "opened", "remembered");
  const stranger = await world.page("https://c.test/");
  await world.allowed(stranger, { ...mail, remotePort: 1 }, { remember: true }); // it has grants of its own
  const others = [
    [third, { ...mail, remotePort: 994 }],
    [third, { ...mail, remoteAddress: "other.example" }],
    [stranger, mail],
  ] as const;
  for (const [page, options] of others) {
    const id = await page.open(options);
    await (await world.prompt()).say({ type: "deny" });
    assert.equal(page.outcome(id), "NotAllowedError", JSON.stringify(options));
  }
});

test("rules of the administrator about the page: an evaluation that is blocked, an app that is installed", async () => {
  const page = await world.page("https://d.test/");
  const [plain, strict] = [{ evalBlocked: false }, { evalBlocked: true }];
  host.verdict = { cspRule: "require-eval-blocked" };
  const refused = await page.open(mail, plain);
  await clock.advance(1_000);
  assert.equal(page.outcome(refused), "NotAllowedError");
  const asked = await page.open(mail, strict);
  await (await world.prompt()).say({ type: "deny" });
  assert.equal(page.outcome(asked), "NotAllowedError");
  host.verdict = { installedOnly: true };
  const inTab = await page.open(mail);
  assert.equal((await world.prompts()).length, 0);
  await clock.advance(1_000);
  assert.equal(page.outcome(inTab), "NotAllowedError");
  const app = await world.page("https://d.test/", { type: "app" });
  await world.allowed(app, mail);
});

test("the user's word comes from the user: of what the page proposes they type what they mean, and that is judged", async () => {
  const page = await world.page("https://e.test/");
  host.verdict = { mustEnter: true, place: "network" };
  const id = await page.open({ remoteAddress: "192.168.1.1", remotePort: 80 });
  const prompt = await world.prompt();
  const { host: named, proposal } = prompt.question.question;
  assert.deepEqual([named, proposal], [undefined, "192.168.1.1"]);
  const judged = host.askedFor<PolicyJudgeParams>("policy.judge");
  assert.deepEqual([...new Set(judged.map(({ userEntered }) => userEntered))], [false]);
  await prompt.say({ type: "allow", remember: false });
  assert.equal(prompt.last("complaint")?.complaint, "invalid", "nothing was typed");
  await prompt.allow({ address: "192.168.1.2" });
  assert.equal(page.outcome(id), "opened");
  assert.deepEqual(
    host.askedFor("tcp.open").map((params) => [params["host"], params["userEntered"]]),
    [["192.168.1.2", true]],
  );
  // What the page names, and the user only agrees to, they have not typed.
  host.verdict = {};
  await world.allowed(page, mail);
  assert.equal(host.askedFor("tcp.open").at(-1)?.["userEntered"], false);
});

test("what the user types is judged, and cannot be allowed where the rules say no", async () => {
  const page = await world.page("https://f.test/");
  const usual = host.serve["policy.judge"];
  host.serve["policy.judge"] = async (params) =>
    params.host === "198.51.100.1"
      ? { ...(await usual(params)), allowed: false, reason: "address" }
      : params.host === "blocked.example"
        ? { ...(await usual(params)), allowed: false, reason: "policy" }
        : await usual(params);
  const id = await page.open({ remotePort: 22 });
  const prompt = await world.prompt();
  for (const [address, complaint] of [
    ["198.51.100.1", "never"],
    ["blocked.example", "policy"],
    ["no host", "invalid"],
  ] as const) {
    await prompt.allow({ address });
    assert.equal(prompt.last("complaint")?.complaint, complaint, address);
    assert.equal(page.outcome(id), "", address);
  }
  host.serve["policy.judge"] = usual;
  await prompt.allow({ address: "good.example" });
  assert.deepEqual([page.outcome(id), reached()], ["opened", ["good.example"]]);
});

test("a device nearby: picking is not allowing, Allow judges again, and looking ends with the question", async () => {
  const page = await world.page("https://g.test/");
  const id = await page.open({ remotePort: 22 });
  const prompt = await world.prompt();
  assert.equal(prompt.question.looks, true);
  const [browse] = host.askedFor("resolve.browse");
  const device = { name: "Attic", service: "_ssh._tcp", host: "attic.local", address: "192.168.1.20" };
  host.say("resolve.found", { browseId: browse?.["browseId"], ...device });
  await settled();
  assert.equal(prompt.last("device")?.device.host, "attic.local");
  await prompt.say({ type: "name", named: { device: 0 } });
  assert.equal(prompt.last("named")?.type, "named");
  assert.deepEqual([page.outcome(id), reached()], ["", []]);
  host.verdict = { allowed: false, reason: "address" };
  await prompt.say({ type: "allow", remember: false, named: { device: 0 } });
  assert.deepEqual([prompt.last("complaint")?.complaint, page.outcome(id)], ["never", ""]);
  host.verdict = {};
  assert.deepEqual(host.askedFor("resolve.stop"), []);
  await prompt.say({ type: "allow", remember: false, named: { device: 0 } });
  assert.deepEqual([page.outcome(id), reached()], ["opened", ["attic.local"]]);
  assert.deepEqual(host.askedFor("resolve.stop"), [{ browseId: browse?.["browseId"] }]);
});

test("devices are looked for where somebody near is meant, and nowhere else", async () => {
  const page = await world.page("https://h.test/");
  for (const [place, looks] of [
    ["network", true],
    ["computer", false],
    ["special", false],
  ] as const) {
    host.verdict = { mustEnter: true, place };
    await page.open({ remoteAddress: "192.168.1.1", remotePort: 22 });
    const prompt = await world.prompt();
    assert.equal(prompt.question.looks, looks, place);
    await prompt.say({ type: "deny" });
  }
});

test("one named destination that is remembered counts, and there is no guess among several", async () => {
  const any: OpenOptions = { remotePort: 22 };
  const open = async (): Promise<string> => {
    const page = await world.page("https://i.test/");
    const id = await page.open(any, { click: false });
    await clock.advance(1_000);
    return page.outcome(id);
  };
  const name = async (address: string): Promise<void> => {
    const page = await world.page("https://i.test/");
    host.verdict = { prompt: "always" }; // or what is remembered already would do
    await page.open(any);
    await (await world.prompt()).allow({ remember: true, address });
    host.verdict = {};
  };
  assert.equal(await open(), "NotAllowedError");
  await name("one.example");
  assert.equal(await open(), "opened");
  await name("two.example");
  assert.equal(await open(), "NotAllowedError");
});

test("a consent that did not name the danger of a port is not enough once there is one", async () => {
  const page = await world.page("https://j.test/");
  await world.allowed(page, mail, { remember: true });
  host.verdict = { risk: true };
  const other = await world.page("https://j.test/");
  await other.open(mail);
  const prompt = await world.prompt();
  assert.equal(prompt.question.question.risk, true);
  await prompt.allow({ remember: true });
  const third = await world.page("https://j.test/");
  assert.equal(third.outcome(await third.open(mail, { click: false })), "opened");
});

test("private windows: what is remembered does not count, remembering is not offered, and the host is told", async () => {
  const normal = await world.page("https://k.test/");
  await world.allowed(normal, mail, { remember: true });
  const hidden = await world.page("https://k.test/", { incognito: true });
  const id = await hidden.open(mail);
  const prompt = await world.prompt();
  const { private: isPrivate, remember } = prompt.question.question;
  assert.deepEqual([isPrivate, remember], [true, false]);
  const before = JSON.stringify([...browser.storage.local.stored]);
  await prompt.allow({ remember: true });
  assert.equal(hidden.outcome(id), "opened");
  assert.equal(JSON.stringify([...browser.storage.local.stored]), before, "something was remembered");
  assert.deepEqual(
    host.askedFor("tcp.open").map((params) => params["private"]),
    [false, true],
  );
});
