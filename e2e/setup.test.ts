// From nothing to a first socket: what a person sees when the host is missing, foreign, broken or too old, and that what the setup
// page tells them to do mends it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { attempt, openStage, openTCP, to, type Page, type Stage, type WithTCP } from "./stage.ts";
import { canLayerEtc, layerEtc, whyNoLayer } from "./world/etc.ts";
import { lifeOf } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { extensionFolder, extensionId, hostName, hostProgram } from "./world/places.ts";

const run = promisify(execFile);

/** A browser with the extension, for which no host was installed. */
function withoutHost(t: Parameters<typeof lifeOf>[0]): Promise<Stage> {
  return openStage(lifeOf(t), { portside: false, extension: extensionFolder });
}

function writeManifest(stage: Stage, manifest: object): void {
  const folder = join(stage.browser.userDataFolder, "NativeMessagingHosts");
  mkdirSync(folder, { recursive: true });
  const whole = {
    name: hostName,
    description: "test",
    type: "stdio",
    allowed_origins: [`chrome-extension://${extensionId}/`],
    ...manifest,
  };
  writeFileSync(join(folder, `${hostName}.json`), JSON.stringify(whole));
}

/** A destination for calls that never get so far. */
const nowhere = to({ host: "127.0.0.1", port: 9 });

const setupPage = (stage: Stage): Promise<Page> => stage.browser.nextPage("the setup page", /\/ui\/setup\.html/);

test("no host: the first call opens the setup page; its commands mend it, and the next call works", async (t) => {
  const stage = await withoutHost(t);
  const peer = await peers.echoPeer(stage.life);
  const page = await stage.open();
  assert.equal(await attempt(page, to(peer)), "NetworkError");
  await stage.person.seesNoPrompt(300);
  const setup = await setupPage(stage);
  assert.match(await setup.text("#problem"), /not installed/);
  const commands = await setup.evaluate(() => [...document.querySelectorAll("pre")].map((pre) => pre.textContent));
  assert.match(commands[0] ?? "", /^make build && sudo install -m 755 build\/portside /);
  assert.equal(commands[1], "portside install");

  // A second call brings no second page.
  assert.equal(await attempt(page, to(peer)), "NetworkError");
  assert.equal(stage.browser.targets().filter(({ url }) => url.includes("/ui/setup.html")).length, 1);

  // The command, for the person's own Chromium: its profile is where a Chromium without switches has it.
  const home = stage.life.folder("home");
  mkdirSync(join(home, ".config"));
  symlinkSync(stage.browser.userDataFolder, join(home, ".config", "chromium"));
  const env = { HOME: home, PATH: process.env["PATH"] };
  const { stdout } = await run(hostProgram, ["install", "--browser", "chromium"], { env });
  assert.match(stdout, /Chromium/);
  const manifest = JSON.parse(
    readFileSync(join(stage.browser.userDataFolder, "NativeMessagingHosts", `${hostName}.json`), "utf8"),
  ) as { path: string };
  assert.equal(manifest.path, hostProgram);

  await setup.click("#check");
  await setup.waitFor("the good news", () =>
    /program is there, version \d/.test(document.querySelector("#problem")?.textContent ?? ""),
  );
  await openTCP(stage, page, peer);
  assert.equal(await page.evaluate(() => (window as unknown as WithTCP).socket.remotePort), peer.port);

  // And back: uninstall takes away what install wrote.
  await run(hostProgram, ["uninstall", "--browser", "chromium"], { env });
  assert.throws(
    () => readFileSync(join(stage.browser.userDataFolder, "NativeMessagingHosts", `${hostName}.json`)),
    /ENOENT/,
  );
});

test("a host that is too old: the setup page says which versions do not fit, and what to do", async (t) => {
  const stage = await withoutHost(t);
  // The real host, built with yesterday's version numbers: an overlay replaces two lines of its source.
  const folder = stage.life.folder("old-host");
  const root = dirname(dirname(hostProgram));
  const replace: Record<string, string> = {};
  for (const [file, edit] of [
    ["protocol/message.go", (text: string) => text.replace(/ProtocolVersion = 1\b/, "ProtocolVersion = 0")],
    ["nativehost/version/version.go", (text: string) => text.replace(/"0\.\d+\.\d+"/, '"0.0.9"')],
  ] as const) {
    const text = readFileSync(join(root, file), "utf8");
    assert.notEqual(edit(text), text, `${file}: nothing to replace`);
    const copy = join(folder, file.replaceAll("/", "-"));
    writeFileSync(copy, edit(text));
    replace[join(root, file)] = copy;
  }
  writeFileSync(join(folder, "overlay.json"), JSON.stringify({ Replace: replace }));
  const old = join(folder, "portside");
  await run("go", ["build", "-overlay", join(folder, "overlay.json"), "-o", old, "./nativehost/cmd/portside"], {
    cwd: root,
    env: { ...process.env, CGO_ENABLED: "0" },
  });
  assert.match((await run(old, ["--version"])).stdout, /^portside 0\.0\.9 \(protocol 0\)/);
  writeManifest(stage, { path: old });

  const page = await stage.open();
  assert.equal(await attempt(page, nowhere), "NetworkError");
  const setup = await setupPage(stage);
  assert.match(await setup.text("#problem"), /version 0\.0\.9 .*version 0\.\d+\.\d+/);
  assert.match(await setup.text("#steps"), /make build/);
});

test("a host that lists another extension: the setup page names this one's id", async (t) => {
  const stage = await withoutHost(t);
  writeManifest(stage, {
    path: hostProgram,
    allowed_origins: ["chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/"],
  });
  const page = await stage.open();
  assert.equal(await attempt(page, nowhere), "NetworkError");
  const setup = await setupPage(stage);
  assert.match(await setup.text("#steps"), new RegExp(`portside install --extension-id ${extensionId}`));
});

test("another copy of the extension, with an id of its own: the page's command lets it in", async (t) => {
  const life = lifeOf(t);
  const stage = await openStage(life, { portside: false });
  const { userDataFolder } = stage.browser;
  const install = async (...more: string[]): Promise<void> => {
    const env = { HOME: stage.life.folder("home"), PATH: process.env["PATH"] };
    await run(hostProgram, ["install", "--user-data-dir", userDataFolder, ...more], { env });
  };
  await install();
  // Without its key an unpacked extension gets its id from its folder.
  const copy = life.folder("extension");
  cpSync(extensionFolder, copy, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(copy, "manifest.json"), "utf8")) as { key?: string };
  delete manifest.key;
  writeFileSync(join(copy, "manifest.json"), JSON.stringify(manifest));
  const { id } = await stage.browser.cdp.send("Extensions.loadUnpacked", { path: copy });
  assert.notEqual(id, extensionId);

  const page = await stage.open();
  assert.equal(await attempt(page, nowhere), "NetworkError");
  const setup = await setupPage(stage);
  const command = await setup.text("pre");
  assert.equal(command.trim(), `portside install --extension-id ${id}`);
  await install("--extension-id", id);
  await setup.click("#check");
  await setup.waitFor("the good news", () =>
    (document.querySelector("#problem")?.textContent ?? "").includes("program is there"),
  );
});

test("a host that dies at once: the setup page says so", async (t) => {
  const stage = await withoutHost(t);
  writeManifest(stage, { path: "/bin/false" });
  const page = await stage.open();
  assert.equal(await attempt(page, nowhere), "NetworkError");
  const setup = await setupPage(stage);
  assert.match(await setup.text("#problem"), /does not run as it should/);
  assert.match(await setup.text("#steps"), /portside status/);
});

// The system's folder is root's, and the test must not touch the machine's own: it gives the browser an /etc with a layer on top.
test("installed for the whole system, in /etc", { skip: canLayerEtc ? false : whyNoLayer }, async (t) => {
  const life = lifeOf(t);
  const inEtc = `/etc/chromium/native-messaging-hosts/${hostName}.json`;
  const before = existsSync(inEtc) ? readFileSync(inEtc, "utf8") : undefined;
  const { launcher } = layerEtc(
    life,
    {},
    `"${hostProgram}" install --system --browser chromium >&2
    cat ${inEtc} >&2`,
  );
  const stage = await openStage(life, {
    portside: false,
    extension: extensionFolder,
    launcher,
  });
  const peer = await peers.echoPeer(life);
  const page = await stage.open();
  await openTCP(stage, page, peer);
  assert.equal(await page.evaluate(() => (window as unknown as WithTCP).socket.remotePort), peer.port);
  assert.equal(
    existsSync(inEtc) ? readFileSync(inEtc, "utf8") : undefined,
    before,
    "the machine's own /etc was touched",
  );
});

test("without a gesture no page can make the setup page appear", async (t) => {
  const stage = await withoutHost(t);
  const page = await stage.open();
  const name = await attempt(page, nowhere, { click: false });
  assert.equal(name, "NotAllowedError");
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(stage.browser.targets().filter(({ url }) => url.includes("/ui/setup.html")).length, 0);
});
