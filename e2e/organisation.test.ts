// An organisation's own build of the extension, rolled out as docs/ADMIN.md says: with its commands, and its policy for the browser.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startChromium, type Chromium } from "./world/chromium/chromium.ts";
import { canLayerEtc, layerEtc, whyNoLayer } from "./world/etc.ts";
import { lifeOf, type Life } from "./world/life.ts";
import { chromiumProgram, extensionFolder, extensionId, hostName, hostProgram } from "./world/places.ts";
import { until } from "./world/wait.ts";

const guide = readFileSync(fileURLToPath(new URL("../docs/ADMIN.md", import.meta.url)), "utf8");
/** The id and the server in the guide. */
const placeholder = { id: "aaaabbbbccccddddeeeeffffgggghhhh", server: "https://deploy.example.org/portside" };

/** The one block of code of the guide that holds these words. */
function block(language: string, words: string): string {
  const found = [...guide.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, kind, text = ""]) => kind === language && text.includes(words))
    .map(([, , text = ""]) => text);
  assert.equal(found.length, 1, `blocks of ${language} with ${words}`);
  return found[0] ?? "";
}

/** Follows the guide's "Your own build" in a folder. */
function ownBuild(folder: string): { id: string; mine: (text: string) => string } {
  cpSync(extensionFolder, join(folder, "build/extension/chromium"), { recursive: true });
  const chromium = join(folder, "bin/chromium");
  mkdirSync(join(folder, "bin"));
  // What the guide says of root; and a packer without a window.
  writeFileSync(
    chromium,
    `#!/bin/sh\nexec ${chromiumProgram} --no-sandbox --headless=new --user-data-dir="$HOME/packer" "$@"\n`,
  );
  chmodSync(chromium, 0o755);
  execFileSync("sh", ["-eu", "-c", block("sh", "--pack-extension=")], {
    cwd: folder,
    env: { PATH: `${join(folder, "bin")}:/usr/bin:/bin`, HOME: folder },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const id = readFileSync(join(folder, "id"), "utf8").trim();
  assert.match(id, /^[a-p]{32}$/);
  assert.notEqual(id, extensionId);
  const mine = (text: string): string =>
    text.replaceAll(placeholder.id, id).replaceAll(placeholder.server, `file://${folder}/build/extension`);
  writeFileSync(join(folder, "build/extension/updates.xml"), mine(block("xml", "<gupdate")));
  return { id, mine };
}

/** Starts a browser where `--only` has named the build. `policy` is the browser's. */
async function fleet(life: Life, id: string, policy: object): Promise<Chromium> {
  const install = block("sh", "--only").trim().replace("sudo portside", `"${hostProgram}"`).replace(placeholder.id, id);
  const { launcher } = layerEtc(
    life,
    { "chromium/policies/managed/portside.json": JSON.stringify(policy) },
    `${install} --browser chromium >&2`,
  );
  return await startChromium(life, {
    portside: false,
    launcher,
    // Extensions of a policy are fetched in the background.
    without: ["--disable-background-networking"],
  });
}

/** What comes of it when the extension with this id starts the host: the host's answer to "hello", or the browser's error. */
async function callHost(browser: Chromium, id: string): Promise<string> {
  const page = await browser.newPage(`chrome-extension://${id}/ui/options.html`);
  const outcome = await page.evaluate(
    async (name: string) =>
      await new Promise<string>((resolve) => {
        const port = chrome.runtime.connectNative(name);
        port.onMessage.addListener((message: unknown) => {
          resolve(JSON.stringify(message));
          port.disconnect();
        });
        port.onDisconnect.addListener(() => {
          resolve(chrome.runtime.lastError?.message ?? "no error");
        });
        const params = { protocolVersion: 4, extensionVersion: "0.1.0" };
        port.postMessage({ jsonrpc: "2.0", id: 1, method: "hello", params });
      }),
    hostName,
  );
  await page.close();
  return outcome;
}

/** What a user can write into their own profile: a manifest that lets Portside's own id start the host. */
function writeUsersManifest(browser: Chromium): void {
  const folder = join(browser.userDataFolder, "NativeMessagingHosts");
  mkdirSync(folder, { recursive: true });
  const manifest = {
    name: hostName,
    description: "a user's",
    path: hostProgram,
    type: "stdio",
    allowed_origins: [`chrome-extension://${extensionId}/`],
  };
  writeFileSync(join(folder, `${hostName}.json`), JSON.stringify(manifest));
}

test(
  "an organisation's own build is forced by policy, the host answers it, and no unpacked extension comes in",
  { skip: canLayerEtc ? false : whyNoLayer },
  async (t) => {
    const life = lifeOf(t);
    const { id, mine } = ownBuild(life.folder("own"));
    const policy = JSON.parse(mine(block("json", "override_update_url"))) as object;
    // So that this test may look into the extension, too.
    const browser = await fleet(life, id, { ...policy, DeveloperToolsAvailability: 1 });
    await until("the forced extension", () => browser.targets().find(({ url }) => url.includes(id)), {
      timeout: 20_000,
    });
    assert.match(await callHost(browser, id), /"result":\{"protocolVersion"/);
    const page = await browser.newPage(`chrome-extension://${id}/ui/options.html`);
    const self = await page.evaluate(async () => await chrome.management.getSelf());
    assert.deepEqual([self.installType, self.mayDisable], ["admin", false]);
    await assert.rejects(browser.loadExtension(extensionFolder), /disabled by the administrator/);
    writeUsersManifest(browser);
    assert.match(await callHost(browser, id), /"result":\{"protocolVersion"/, "a user's manifest hides the machine's");
  },
);

test(
  "without a policy of the browser's, Portside's own id is refused: by the browser, and by the host",
  { skip: canLayerEtc ? false : whyNoLayer },
  async (t) => {
    const life = lifeOf(t);
    const browser = await fleet(life, placeholder.id, {});
    assert.equal(await browser.loadExtension(extensionFolder), extensionId);
    assert.match(await callHost(browser, extensionId), /host is forbidden/);
    writeUsersManifest(browser);
    assert.match(await callHost(browser, extensionId), /host has exited/);
    assert.match(browser.hostFiles()["portside.log"] ?? "", /is not listed in \/etc\/portside\/extensions\.json/);
  },
);
