// The settings page's script, with a made-up page.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { settled } from "../fake/clock.ts";
import { OwnPage } from "../fake/own_page.ts";
import type { Grant } from "../background/consent/grants.ts";

const page = new OwnPage("options.html");
const { runtime, management } = (globalThis as unknown as { chrome: Record<"runtime" | "management", object> }).chrome;
Object.assign(runtime, {
  getPlatformInfo: () => Promise.resolve({ os: "linux", arch: "x86-64" }),
});
Object.assign(management, { getSelf: () => Promise.resolve({ version: "0", id: "us", installType: "normal" }) });
const saved: Blob[] = [];
URL.createObjectURL = (blob) => {
  saved.push(blob as Blob);
  return "blob:1";
};
URL.revokeObjectURL = () => undefined;
const { addGrants, listGrants, removeGrants } = await import("../background/consent/grants.ts");
const { isRestore, restoreGrants } = await import("../background/consent/restoring.ts");
const { undoTime } = await import("./toast.ts");
const { clock } = page;
Object.assign(runtime, {
  sendMessage: async (message: unknown) =>
    isRestore(message) ? await restoreGrants(message) : { state: { kind: "ready", hostVersion: "1.2.3" } },
});
const { noteAnswer } = await import("../background/consent/cooldown.ts");
const { listHeld } = await import("./held_back.ts");
await import("./options.ts");

const grant = (origin: string, host: string): Grant => ({
  ...{ origin, protocol: "tcp", host, port: 993, created: 0, entered: false, risk: false },
  protection: { encryption: "on", authentication: "name" },
});
const all = [grant("https://a.test", "1.test"), grant("https://a.test", "2.test"), grant("https://b.test", "1.test")];
/** Everything that follows from a change is done. */
async function done(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await settled();
}
const left = async (): Promise<string[]> => (await listGrants()).map(({ origin, host }) => `${origin} ${host}`);
const buttons = (className: string): ReturnType<typeof page.element>[] =>
  page
    .element("grants")
    .all("button")
    .filter((button) => button.className === className);

beforeEach(async () => {
  await removeGrants(() => true);
  for (const one of all) await addGrants(one);
  await done();
});

test("the list follows what happens elsewhere", async () => {
  assert.equal(buttons("revoke").length, 3);
  await removeGrants(({ origin }) => origin === "https://b.test");
  await done();
  assert.equal(buttons("revoke").length, 2);
  assert.equal(buttons("revoke-site").length, 1);
});

test("all of a site goes, and of no other", async () => {
  await page.click(buttons("revoke-site")[0]);
  await done();
  assert.deepEqual(await left(), ["https://b.test 1.test"]);
});

test("a site in a container is one of its own, by name, and all of it goes by itself", async () => {
  await addGrants({ ...grant("https://a.test", "3.test"), container: "firefox-container-2" });
  await done();
  const names = buttons("revoke-site").map((button) => button.getAttribute("aria-label") ?? "");
  assert.equal(names.length, 3);
  assert.match(names[1] ?? "", /a\.test.* \(Container 2\)/);
  assert.match(page.element("grants").textContent, /In the container tab “Container 2”/);
  await page.click(buttons("revoke-site")[1]);
  await done();
  assert.deepEqual(await left(), ["https://a.test 1.test", "https://a.test 2.test", "https://b.test 1.test"]);
});

test("everything goes only after a second thought", async () => {
  const confirm = page.element("confirm") as ReturnType<typeof page.element> & { returnValue?: string };
  let asked = 0;
  Object.assign(confirm, { showModal: () => asked++ });
  for (const [answer, expected] of [
    ["no", 3],
    ["", 3],
    ["yes", 0],
  ] as const) {
    await page.click(page.element("revoke-all"));
    await done();
    assert.equal((await left()).length, 3, "nothing goes before the answer");
    confirm.returnValue = answer;
    confirm.dispatchEvent({ type: "close" });
    await done();
    assert.equal((await left()).length, expected, answer);
  }
  assert.equal(asked, 3);
});

const undo = page.element("undo");
const said = (): string => page.element("said").textContent;

test("what was removed comes back exactly as it was, within eight seconds, and by a person only", async () => {
  const byName = async (): Promise<Grant[]> =>
    (await listGrants()).sort((a, b) => (a.origin + a.host < b.origin + b.host ? -1 : 1));
  const before = await byName();
  for (const press of [buttons("revoke")[1], buttons("revoke-site")[0]]) {
    await page.click(press);
    await done();
    assert.notDeepEqual(await byName(), before);
    assert.equal(undo.hidden, false);
    undo.click(); // by a script
    await done();
    assert.notDeepEqual(await byName(), before);
    await clock.advance(undoTime - 1);
    await page.click(undo);
    await done();
    assert.deepEqual(await byName(), before);
    assert.match(said(), /Back again: [12]\./);
    assert.equal(undo.hidden, true);
  }
});

test("after eight seconds nothing can be undone", async () => {
  await page.click(buttons("revoke")[0]);
  await done();
  await clock.advance(undoTime);
  assert.deepEqual([undo.hidden, said()], [true, ""]);
  await page.click(undo);
  await done();
  assert.equal((await listGrants()).length, 2);
});

test("the toast stays while somebody is at it", async () => {
  await page.click(buttons("revoke")[0]);
  await done();
  page.element("toast").dispatchEvent({ type: "focusin" });
  await clock.advance(10 * undoTime);
  assert.equal(undo.hidden, false);
  page.element("toast").dispatchEvent({ type: "focusout" });
  await clock.advance(undoTime);
  assert.equal(undo.hidden, true);
});

test("what has come to its end meanwhile does not come back, and what was given anew is left alone", async () => {
  const now = clock.now;
  await removeGrants(() => true);
  const ending = { ...grant("https://t.test", "1.test"), created: now, ends: { from: now, until: now + 3_000 } };
  await addGrants(grant("https://t.test", "2.test"), ending, { ...grant("https://t.test", "3.test"), ends: "browser" });
  await done();
  await page.click(buttons("revoke-site")[0]);
  await done();
  const anew = { ...grant("https://t.test", "2.test"), created: now + 1_000 };
  await addGrants(anew);
  await clock.advance(4_000);
  await page.click(undo);
  await done();
  assert.match(said(), /Back again: 1\./);
  const there = await listGrants();
  assert.deepEqual(
    there.map(({ host, created, ends }) => [host, created, ends]),
    [
      ["3.test", 0, "browser"],
      ["2.test", now + 1_000, undefined],
    ],
  );
});

test("where it cannot be brought back the page says why", async () => {
  await page.click(buttons("revoke")[0]);
  await done();
  const { set } = page.browser.cookies;
  page.browser.cookies.set = () => Promise.reject(new Error("no cookies here"));
  await page.click(undo);
  await done();
  page.browser.cookies.set = set;
  assert.match(said(), /could not be brought back: .*cookie/);
  assert.equal((await listGrants()).length, 2);
});

test("the list says for how long each holds, and when it was given and used", async () => {
  const now = clock.now;
  await removeGrants(() => true);
  await addGrants(
    { ...grant("https://t.test", "1.test"), created: now - 3 * 86_400_000, used: now - 60_000 },
    { ...grant("https://t.test", "2.test"), created: now, ends: { from: now, until: now + 42 * 60_000 } },
    { ...grant("https://t.test", "3.test"), created: now, ends: "browser" },
  );
  await done();
  const [first = "", second = "", third = ""] = page
    .element("grants")
    .all("li")
    .map(({ textContent }) => textContent);
  assert.match(first, /Always.*Allowed 3 days ago.*Last used 1 minute ago/);
  assert.match(second, /Ends in 42 min/);
  assert.match(third, /Until the browser closes/);
  const [given] = page.element("grants").all("time");
  assert.match((given as unknown as { title: string }).title, /Dec 29, 2025/);
});

test("the report is saved as it is shown", async () => {
  const shown = page.element("report-text").textContent;
  assert.match(shown, /"hostVersion": "1.2.3"/);
  await page.click(page.element("save-report"));
  assert.equal(await saved[0]?.text(), shown);
});

test("sites of private windows that asked too often are not shown, nor reported", async () => {
  for (let n = 0; n < 3; n++) {
    await noteAnswer("https://secret.test", { private: true }, "no");
    await noteAnswer("https://public.test", { private: false }, "no");
  }
  const sites = (await listHeld()).map(({ site }) => site);
  assert.ok(
    sites.some((site) => site.includes("public.test")),
    "the other is not shown either",
  );
  assert.ok(!sites.some((site) => site.includes("secret.test")), sites.join(" "));
});

test("what others may do is told in plain words, and taken back alone", async () => {
  const consent = { origin: "https://a.test", created: 0, entered: false, risk: false, network: "secret-network" };
  const more = [
    {
      ...consent,
      ...{ kind: "listen", protocol: "tcp", host: "192.168.1.5", port: 0 },
      protection: { encryption: "on", authentication: "name" },
      local: {
        ...{ reach: "network", interface: "eth0", multicast: false },
        announce: { name: "Files\u202e of Lena", type: "_http._tcp" },
      },
    },
    {
      ...consent,
      ...{ kind: "bind", protocol: "udp", host: "0.0.0.0", port: 5353, protection: { encryption: "off" } },
      local: {
        ...{ reach: "anybody", peers: "named", multicast: true },
        hosts: [
          { host: "lamp.local", network: "secret-network" },
          { host: "fd00::7", port: 80 },
        ],
      },
    },
  ] as unknown as Grant[];
  for (const one of more) await addGrants(one);
  await done();
  const said = page
    .element("grants")
    .all("li")
    .map(({ textContent }) => textContent);
  const find = (host: string): string => said.find((words) => words.includes(host)) ?? "";
  for (const words of [
    "Others can connect:",
    "any free port",
    "eth0",
    "Encrypted",
    "Announced as \u2068Files of Lena\u2069",
  ])
    assert.ok(find("192.168.1.5").includes(words), `${words} in ${find("192.168.1.5")}`);
  for (const words of [
    "Exchanges UDP messages:",
    "port 5353",
    "every network",
    "lamp.local",
    "[fd00::7]:80",
    "multicast",
  ])
    assert.ok(find("0.0.0.0").includes(words), `${words} in ${find("0.0.0.0")}`);
  assert.doesNotMatch(said.join(), /secret-network/);
  assert.match(page.element("report-text").textContent, /lamp\.local/);
  assert.doesNotMatch(page.element("report-text").textContent, /secret-network/);
  const revoke = buttons("revoke").find((button) => button.getAttribute("aria-label")?.includes("0.0.0.0:5353"));
  await page.click(revoke);
  await done();
  assert.deepEqual(
    (await left()).filter((one) => !one.endsWith(".test")),
    ["https://a.test 192.168.1.5"],
  );
});
