// The native host under Firefox: what a user hears when it is missing or broken, and that it goes when it should. `portside install` is the
// user's own. For Firefox only (BROWSER=firefox): in Chromium setup.test.ts and lifetimes.test.ts are about the same.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { openStage, openTCP } from "./stage.ts";
import { asFirefox } from "./world/firefox/firefox.ts";
import { lifeOf } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { browserName, extensionFolder, extensionIds, hostName, hostProgram } from "./world/places.ts";
import { isAlive } from "./world/proc.ts";
import { until } from "./world/wait.ts";

const skip = browserName === "firefox" ? false : "this is Firefox's own";

/** What the setup page says, by what is at the place of the host. */
const cases: [what: string, manifest: object | undefined, script: string | undefined, says: RegExp][] = [
  ["no manifest", undefined, undefined, /not installed for this browser yet, or not for this copy/],
  [
    "a manifest for another add-on",
    { allowed_extensions: ["stranger@example.org"] },
    undefined,
    /or not for this copy/,
  ],
  ["a program that is gone", { path: "/nowhere/portside" }, undefined, /could not be started/],
  ["a program that is not executable", {}, "", /could not be started/],
  ["a program that ends at once", {}, "#!/bin/sh\nexit 4\n", /has ended by itself/],
  ["a program that says something else", {}, "#!/bin/sh\necho hello world\nexec sleep 3\n", /no message of Portside/],
];

test(
  "the setup page says what is wrong with the host, and works once `portside install` has run",
  { skip },
  async (t) => {
    const { life, browser } = await openStage(lifeOf(t), {
      portside: false,
      extension: extensionFolder,
      welcome: true,
    });
    const setup = await browser.nextPage("the welcome page", /\/ui\/setup\.html/);
    const folder = join(browser.home, ".mozilla/native-messaging-hosts");
    mkdirSync(folder, { recursive: true });
    const program = join(life.folder("program"), "portside");
    for (const [what, manifest, script, says] of cases) {
      if (script !== undefined) writeFileSync(program, script);
      if (script !== undefined && script !== "") await promisify(execFile)("chmod", ["755", program]);
      const usual = { name: hostName, description: "a test's", path: program, type: "stdio" };
      const whole = { ...usual, allowed_extensions: [extensionIds.firefox], ...manifest };
      if (manifest !== undefined) writeFileSync(join(folder, `${hostName}.json`), JSON.stringify(whole));
      await setup.waitFor(
        `${what}: ${says.source}`,
        (source: string) => new RegExp(source).test(document.querySelector("#problem")?.textContent ?? ""),
        says.source,
      );
      assert.equal(await setup.text("#command"), "make install", what);
    }
    assert.match(await setup.text("#pin-state"), /wheel beside Portside/);
    await promisify(execFile)(hostProgram, ["install"], { env: { HOME: browser.home, PATH: "/usr/bin:/bin" } });
    await setup.waitFor("the program to be there", () =>
      (document.querySelector("#problem")?.textContent ?? "").includes("program is there"),
    );
  },
);

const endings: [what: string, end: (firefox: ReturnType<typeof asFirefox>) => Promise<unknown>][] = [
  ["the browser is killed", (firefox) => firefox.kill()],
  ["the browser is closed", (firefox) => firefox.close()],
  ["the add-on is loaded again", (firefox) => firefox.reloadExtension()],
  [
    "the add-on is removed",
    (firefox) => firefox.bidi.send("webExtension.uninstall", { extension: extensionIds.firefox }),
  ],
];

for (const [what, end] of endings)
  test(`${what}: the host ends, and the far end's connection with it`, { skip }, async (t) => {
    const stage = await openStage(lifeOf(t));
    const peer = await peers.echoPeer(stage.life);
    const page = await stage.open();
    await openTCP(stage, page, peer);
    const connection = await peer.connection();
    const [host = 0] = stage.browser.hosts();
    assert.equal(isAlive(host), true);
    const began = Date.now();
    const ended = end(asFirefox(stage.browser));
    // What the browser takes before it lets go of the host is its own, and more on a busy machine; the host itself has two seconds.
    const closed = await connection.waitUntilClosed(20_000);
    await until("the host to end", () => !isAlive(host), { timeout: 2_000 });
    t.diagnostic(`far end ${(closed - began).toString()} ms, host ${(Date.now() - began).toString()} ms after`);
    await ended;
  });
