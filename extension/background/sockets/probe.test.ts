// A page asks whether the program is there, with the whole background. The browser, the host and the user are made up.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Background } from "../../fake/background.ts";
import { consoleLines } from "../../shared/console_lines.ts";

const world = await Background.start();
const { browser, clock, host } = world;
const { Presence } = await import("../host/presence.ts");
const { HostUnavailable } = await import("../host/host.ts");
const { native } = browser;
const mail = { remoteAddress: "mail.example", remotePort: 993 };
mock.method(console, "error", () => undefined);

beforeEach(async () => {
  for (const { id = 0 } of browser.tabs.tabs) browser.tabs.closeTab(id);
  browser.native = native;
  await clock.advance(600_000);
  host.starts = 0;
});

test("it is there, or it is not; nobody is asked, nothing is opened, and the host is let go", async () => {
  const page = await world.page("https://a.test/");
  assert.equal(await page.probe(), true);
  assert.equal((await world.prompts()).length, 0);
  assert.deepEqual(page.console, []);
  await clock.advance(5_000);
  assert.equal(host.isRunning, false);
  browser.native = undefined;
  assert.equal(await page.probe(), false);
  assert.deepEqual(page.console, [consoleLines.hostMissing]);
  assert.deepEqual(
    browser.tabs.tabs.map(({ url }) => url),
    ["https://a.test/"],
    "no page of ours comes",
  );
});

test("it takes a gesture that nobody has used, and leaves it", async () => {
  const page = await world.page("https://a.test/");
  assert.equal(await page.probe({ click: false }), "NotAllowedError");
  assert.deepEqual(page.console, [consoleLines.activation]);
  assert.equal(host.starts, 0, "the program is not looked for");
  const click = world.click();
  assert.equal(await page.probe({ click }), true);
  assert.equal(await page.probe({ click }), true);
  const id = await page.open(mail, { click });
  await (await world.prompt()).allow();
  assert.equal(page.outcome(id), "opened");
  assert.equal(await page.probe({ click }), "NotAllowedError", "the open has used it");
});

test("a page that may have no sockets is not told", async () => {
  const page = await world.page("https://a.test/", {
    headers: [{ name: "permissions-policy", value: "direct-sockets=()" }],
  });
  assert.equal(await page.probe(), "NotAllowedError");
  assert.deepEqual(page.console, [consoleLines.policyHeader]);
  assert.equal(host.starts, 0);
});

test("whoever asks and however often, it is looked for once in five seconds", async () => {
  let looks = 0;
  let now = 0;
  const hosts = {
    probe: () => {
      looks++;
      return Promise.reject(new HostUnavailable({ kind: "missing" }));
    },
  };
  const presence = new Presence(hosts, () => now);
  for (let n = 0; n < 100; n++) assert.equal((await presence.problem())?.problem.kind, "missing");
  assert.equal(looks, 1);
  now = 5_000;
  await presence.problem();
  assert.equal(looks, 2);
});
