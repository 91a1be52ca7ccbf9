// The settings page's script, with a made-up page.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { settled } from "../fake/clock.ts";
import { OwnPage } from "../fake/own_page.ts";
import type { Grant } from "../background/consent/grants.ts";

const page = new OwnPage("options.html");
const { runtime, management } = (globalThis as unknown as { chrome: Record<"runtime" | "management", object> }).chrome;
Object.assign(runtime, {
  sendMessage: () => Promise.resolve({ state: { kind: "ready", hostVersion: "1.2.3" } }),
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

test("the report is saved as it is shown", async () => {
  const shown = page.element("report-text").textContent;
  assert.match(shown, /"hostVersion": "1.2.3"/);
  await page.click(page.element("save-report"));
  assert.equal(await saved[0]?.text(), shown);
});

test("sites of private windows that asked too often are not shown, nor reported", async () => {
  for (let n = 0; n < 3; n++) {
    await noteAnswer("https://secret.test", true, "no");
    await noteAnswer("https://public.test", false, "no");
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
  for (const words of ["Exchanges messages:", "port 5353", "every network", "lamp.local", "[fd00::7]:80", "multicast"])
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
