// From nothing to a first socket: what a person sees when the host is missing, foreign, broken or too old, and that what the setup
// page tells them to do mends it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { attempt, openStage, openTCP, to, type Page, type Stage, type WithTCP } from "./stage.ts";
import type { Browser } from "./world/browser.ts";
import { asChromium, startChromium } from "./world/chromium/chromium.ts";
import { canLayerEtc, layerEtc, whyNoLayer } from "./world/etc.ts";
import { isRoot, lifeOf, type Life } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { chromiumProgram, extensionFolder, extensionId, hostName, hostProgram } from "./world/places.ts";
import { childrenOf, programOf } from "./world/proc.ts";
import { until } from "./world/wait.ts";

const run = promisify(execFile);

/** A browser with the extension, for which no host was installed. */
function withoutHost(t: Parameters<typeof lifeOf>[0]): Promise<Stage> {
  return openStage(lifeOf(t), { portside: false, extension: extensionFolder });
}

function writeManifest(stage: Stage, manifest: object): void {
  const folder = join(asChromium(stage.browser).userDataFolder, "NativeMessagingHosts");
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

/** What the page says of the host, once it says this. */
async function says(setup: Page, words: RegExp): Promise<void> {
  await setup.waitFor(
    `the setup page to say ${words.source}`,
    (source: string) => new RegExp(source).test(document.querySelector("#problem")?.textContent ?? ""),
    words.source,
  );
}

/** A home in which the browser's profile is where a Chromium without switches has it. */
function homeOf(stage: Stage): string {
  const home = stage.life.folder("home");
  mkdirSync(join(home, ".config"));
  symlinkSync(asChromium(stage.browser).userDataFolder, join(home, ".config", "chromium"));
  return home;
}

/** Runs a command of the setup page as it stands there. */
async function runAsTold(home: string, command: string): Promise<string> {
  const { stdout: caches } = await run("go", ["env", "GOCACHE", "GOMODCACHE"]);
  const [GOCACHE, GOMODCACHE] = caches.trim().split("\n");
  const env = { HOME: home, PATH: process.env["PATH"], GOCACHE, GOMODCACHE };
  const { stdout } = await run("sh", ["-c", command], { cwd: root, env });
  return stdout;
}

const root = dirname(dirname(hostProgram));

test("the extension is installed: one page welcomes, says what it is, and what is missing", async (t) => {
  const stage = await openStage(lifeOf(t), { portside: false, extension: extensionFolder, welcome: true });
  const setup = await setupPage(stage);
  assert.equal(setup.url.includes("?"), false);
  assert.match(await setup.text("h1"), /Welcome/);
  assert.match(await setup.text("#about"), /connect directly.*\n.*asks you.*\n.*remove it/);
  await says(setup, /not installed/);
  assert.equal(await setup.evaluate(() => document.querySelector("#trying")?.checkVisibility()), false);
  await setup.close();
  // It is updated, as far as the browser is concerned: nobody is welcomed again.
  await stage.browser.loadExtension(extensionFolder);
  const again = await until("the extension to be back", () => stage.browser.newExtensionPage("ui/options.html"));
  await seesNoWelcome(stage.browser, again);
});

/** Gives the extension, of which this is a page, time to welcome: it does not. */
async function seesNoWelcome(browser: Browser, page: Page): Promise<void> {
  await page.waitFor("its worker", () => chrome.runtime.sendMessage("host-state"));
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.deepEqual(
    browser.targets().filter(({ url }) => url.includes("/ui/setup.html")),
    [],
  );
}

test(
  "an administrator has installed the extension: nobody is welcomed, and the page says when they have switched programs off",
  { skip: canLayerEtc ? false : whyNoLayer },
  async (t) => {
    const life = lifeOf(t);
    const { id, updates } = await pack(life);
    const policy = {
      ExtensionInstallForcelist: [`${id};${updates}`],
      DeveloperToolsAvailability: 1,
      NativeMessagingBlocklist: ["*"],
    };
    const { launcher } = layerEtc(life, { "chromium/policies/managed/portside-test.json": JSON.stringify(policy) });
    const browser = await startChromium(life, {
      launcher,
      portside: false,
      without: ["--disable-background-networking"], // that is how forced extensions come
    });
    const url = (page: string): string => `chrome-extension://${id}/ui/${page}`;
    const settings = await until("the extension to be installed", () => browser.newPage(url("options.html")), {
      timeout: 30_000,
    });
    assert.equal(await settings.evaluate(async () => (await chrome.management.getSelf()).installType), "admin");
    await seesNoWelcome(browser, settings);
    const setup = await browser.newPage(url("setup.html"));
    await says(setup, /administrator has switched native programs/);
    assert.equal(await setup.evaluate(() => document.querySelector("#todo")?.checkVisibility()), false);
  },
);

/** The extension as a package, signed with a new key, and where the browser finds it. */
async function pack(life: Life): Promise<{ id: string; updates: string }> {
  const folder = life.folder("package");
  const copy = join(folder, "portside");
  cpSync(extensionFolder, copy, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(copy, "manifest.json"), "utf8")) as { key?: string; version: string };
  delete manifest.key;
  writeFileSync(join(copy, "manifest.json"), JSON.stringify(manifest));
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = join(folder, "key.pem");
  writeFileSync(key, privateKey.export({ type: "pkcs8", format: "pem" }));
  const profile = `--user-data-dir=${join(folder, "profile")}`;
  const switches = ["--headless=new", ...(isRoot ? ["--no-sandbox"] : []), profile];
  await run(chromiumProgram, [...switches, `--pack-extension=${copy}`, `--pack-extension-key=${key}`]);
  // An extension's id is the hash of its key, with letters from a to p.
  const hash = createHash("sha256").update(publicKey.export({ type: "spki", format: "der" }));
  const id = hash
    .digest("hex")
    .slice(0, 32)
    .replaceAll(/./g, (digit) => String.fromCharCode(97 + parseInt(digit, 16)));
  const file = join(folder, "updates.xml");
  writeFileSync(
    file,
    `<?xml version="1.0"?><gupdate xmlns="http://www.google.com/update2/response" protocol="2.0"><app appid="${id}"><updatecheck codebase="file://${copy}.crx" version="${manifest.version}"/></app></gupdate>`,
  );
  return { id, updates: `file://${file}` };
}

test("no host: a call opens the setup page; its command mends it, the page notices by itself, and the next call works", async (t) => {
  const stage = await withoutHost(t);
  const peer = await peers.echoPeer(stage.life);
  const page = await stage.open();
  assert.equal(await attempt(page, to(peer)), "NetworkError");
  await stage.person.seesNoPrompt(300);
  const setup = await setupPage(stage);
  await says(setup, /not installed/);
  // A second call brings no second page.
  assert.equal(await attempt(page, to(peer)), "NetworkError");
  assert.equal(stage.browser.targets().filter(({ url }) => url.includes("/ui/setup.html")).length, 1);

  // Copied by keyboard: it is on the clipboard, and that is said.
  await setup.waitFor("the command", () => document.querySelector("#todo")?.checkVisibility());
  await setup.evaluate(() => {
    document.querySelector<HTMLElement>("#copy")?.focus();
  });
  await setup.press("Enter");
  await setup.waitFor("the word", () => document.querySelector("#said[role=status]")?.textContent === "Copied");
  assert.equal(await setup.text("#copy"), "Copied");
  await page.evaluate(() => {
    document.body.insertAdjacentHTML("beforeend", "<input id=field>");
  });
  await page.click("#field");
  await page.paste();
  const command = await page.waitFor("the paste", () => document.querySelector<HTMLInputElement>("#field")?.value);
  assert.equal(command, "make install");

  await setup.bringToFront();
  const home = homeOf(stage);
  const installed = await runAsTold(home, command);
  assert.match(installed, /Put the program in place: .*\.local\/bin\/portside\n.*Chromium: wrote/s);
  const manifest = join(asChromium(stage.browser).userDataFolder, "NativeMessagingHosts", `${hostName}.json`);
  const { path: program } = JSON.parse(readFileSync(manifest, "utf8")) as { path: string };
  assert.equal(program, join(realpathSync(home), ".local/bin/portside"));
  await says(setup, /program is there, version \d.*try again/);
  assert.equal(await setup.evaluate(() => document.querySelector("#problem")?.getAttribute("role")), "status");
  assert.equal(await setup.evaluate(() => document.querySelector("#state")?.className), "card ready");
  // Seen is enough: no process is kept for it.
  const running = (): number[] => childrenOf(stage.browser.process.pid).filter((pid) => programOf(pid) === program);
  await until("the program to be let go", () => (running().length === 0 ? true : undefined), { timeout: 5_000 });

  await openTCP(stage, page, peer);
  assert.equal(await page.evaluate(() => (window as unknown as WithTCP).socket.remotePort), peer.port);
  await page.close();

  // Run again, it says that all is well; and back: what was put there is taken away.
  assert.match(await runAsTold(home, "make install"), /already in place: .*already in place/s);
  assert.match(await runAsTold(home, "make uninstall"), /Removed .*portside/);
  assert.equal(existsSync(manifest), false);
  assert.equal(existsSync(program), false);
  assert.match(await runAsTold(home, "make uninstall"), /no program/);
});

test("looking for the host starts no flood of processes, and none while nobody looks", async (t) => {
  const stage = await withoutHost(t);
  const starts = join(stage.life.folder("starts"), "starts");
  const broken = join(dirname(starts), "portside");
  writeFileSync(starts, "");
  writeFileSync(broken, `#!/bin/sh\necho >> ${starts}\nexit 1\n`, { mode: 0o755 });
  const count = (): number => readFileSync(starts, "utf8").length;
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  writeManifest(stage, { path: broken });
  const setup = await stage.browser.newExtensionPage("ui/setup.html");
  await says(setup, /does not run as it should/);
  await sleep(6_000);
  // 0, 1, 2.5, 4.75 s: the pauses grow, up to five seconds.
  assert.ok(count() >= 3 && count() <= 5, `${count().toString()} starts in six seconds`);
  const other = await stage.open();
  await other.bringToFront();
  await setup.waitFor("the page to be out of sight", () => document.hidden);
  await sleep(500);
  const seen = count();
  await sleep(6_000);
  assert.equal(count(), seen, "nobody looks");
  await setup.bringToFront();
  await until("another look", () => count() > seen);
});

test("try it: the page out of the host asks, the user allows, the server answers; with the page everything goes", async (t) => {
  const stage = await openStage(lifeOf(t));
  const setup = await stage.browser.newExtensionPage("ui/setup.html");
  await says(setup, /program is there/);
  assert.match(await setup.text("#trying"), /127\.0\.0\.1/);
  const start = async (): Promise<Page> => {
    await setup.click("#try");
    const page = await stage.browser.nextPage("the page to try it with", /^http:\/\/127\.0\.0\.1:\d+\//);
    assert.match(await page.text("body"), /Try Portside[\s\S]*type 127\.0\.0\.1/);
    return page;
  };
  const page = await start();
  await page.click("#try");
  const prompt = await stage.person.seesPrompt();
  assert.match(prompt.text, /127\.0\.0\.1[\s\S]*Portside’s test page/);
  await prompt.allowAndRemember();
  await page.waitFor("the answer", () => document.querySelector("#outcome")?.textContent.includes("It works"));
  assert.match(await page.text("#said"), /Hello from the Portside program/);
  await setup.waitFor("the last step's tick", () => document.querySelector("#step-first")?.matches(".done"));
  assert.match(await setup.text("#try-state"), /Click the Portside button to see this connection/);
  const { href } = new URL(page.url);
  const grants = (): Promise<unknown[]> =>
    setup.evaluate(async () => ((await chrome.storage.local.get("grants"))["grants"] ?? []) as unknown[]);
  assert.equal((await grants()).length, 1);
  // Another one takes its place.
  const second = await start();
  assert.equal(page.open, false);
  assert.notEqual(second.url, href);
  await assert.rejects(fetch(href));
  assert.equal((await fetch(second.url)).status, 200);
  await until("the first one's grant to go", async () => (await grants()).length === 0);
  // Somewhere else in the same tab is the end of it, too.
  const { url } = second;
  await second.goto(stage.pages.serve("https://a.test/", "elsewhere"));
  await until("the server to stop", () =>
    fetch(url).then(
      () => false,
      () => true,
    ),
  );
  const third = await start();
  const last = third.url;
  await third.close();
  await until("the server to stop", () =>
    fetch(last).then(
      () => false,
      () => true,
    ),
  );
});

test("the host stays as long as the page to try it with does, and no longer", async (t) => {
  const stage = await openStage(lifeOf(t));
  const setup = await stage.browser.newExtensionPage("ui/setup.html");
  await says(setup, /program is there/);
  await setup.click("#try");
  const page = await stage.browser.nextPage("the page to try it with", /^http:\/\/127\.0\.0\.1:\d+\//);
  const { url } = page;
  await setup.close();
  // One that was only looked at is let go after a second.
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  assert.equal((await fetch(url)).status, 200, "it is still there");
  await page.close();
  await until("the host to be let go", () => stage.browser.hosts().length === 0, { timeout: 5_000 });
});

test("a host that is too old: the setup page says which versions do not fit, and what to do", async (t) => {
  const stage = await withoutHost(t);
  // The real host, built with yesterday's version numbers: an overlay replaces three lines of its source.
  const folder = stage.life.folder("old-host");
  const root = dirname(dirname(hostProgram));
  const replace: Record<string, string> = {};
  for (const [file, edit] of [
    ["protocol/message.go", (text: string) => text.replaceAll(/(ProtocolVersion *)= \d+/g, "$1= 1")],
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
  assert.match((await run(old, ["--version"])).stdout, /^portside 0\.0\.9 \(protocol 1 to 1\)/);
  writeManifest(stage, { path: old });

  const page = await stage.open();
  assert.equal(await attempt(page, nowhere), "NetworkError");
  const setup = await setupPage(stage);
  await says(setup, /version 0\.0\.9 .*version 0\.\d+\.\d+/);
  assert.match(await setup.text("#todo"), /Update it[\s\S]*make install/);
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
  await says(setup, /not for this copy/);
  assert.equal(await setup.text("#command"), `make install EXTENSION_ID=${extensionId}`);
});

test("another copy of the extension, with an id of its own: the page's command lets it in", async (t) => {
  const life = lifeOf(t);
  const stage = await openStage(life, { portside: false });
  const { userDataFolder } = asChromium(stage.browser);
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
  const id = await stage.browser.loadExtension(copy);
  assert.notEqual(id, extensionId);

  const page = await stage.open();
  assert.equal(await attempt(page, nowhere), "NetworkError");
  const setup = await setupPage(stage);
  await says(setup, /not for this copy/);
  const command = await setup.text("#command");
  assert.equal(command, `make install EXTENSION_ID=${id}`);
  await runAsTold(homeOf(stage), command);
  await says(setup, /program is there/);
});

test("a host that dies at once: the setup page says so", async (t) => {
  const stage = await withoutHost(t);
  writeManifest(stage, { path: "/bin/false" });
  const page = await stage.open();
  assert.equal(await attempt(page, nowhere), "NetworkError");
  const setup = await setupPage(stage);
  await says(setup, /does not run as it should/);
  assert.match(await setup.text("#state"), /make install[\s\S]*portside\.log/);
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
