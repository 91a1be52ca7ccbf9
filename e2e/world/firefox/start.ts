// Starts Firefox with a profile of its own, the built host, and the extension as a temporary add-on.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BrowserOptions } from "../browser.ts";
import { certificates } from "../certs.ts";
import { onCarrier } from "../host-files.ts";
import { makeHostSpace, type HostSpace } from "../host-space.ts";
import type { Life } from "../life.ts";
import {
  extensionFolderOf,
  extensionIds,
  extensionOrigins,
  firefoxProgram,
  firefoxUuid,
  hostProgram,
} from "../places.ts";
import { start } from "../processes.ts";
import { until } from "../wait.ts";
import { Bidi } from "./bidi.ts";
import { preferences } from "./preferences.ts";
import { startSocks } from "./socks.ts";
import { Firefox, manifestIn } from "./firefox.ts";

const isWelcome = (url: string): boolean => url === `${extensionOrigins.firefox}/ui/setup.html`;

export async function startFirefox(life: Life, options: BrowserOptions = {}): Promise<Firefox> {
  if (options.switches !== undefined || options.without !== undefined)
    throw new Error("these switches are Chromium's: this test is in the table of what runs there only");
  const { caPem } = await certificates();
  const home = options.home ?? life.folder("browser");
  const profile = join(home, "profile");
  const stateFolder = join(home, "state");
  const temporary = join(home, "tmp");
  for (const folder of [profile, stateFolder, temporary, join(home, ".mozilla")])
    mkdirSync(folder, { recursive: true });
  const caFile = join(home, "ca.pem");
  writeFileSync(caFile, caPem);
  const display = options.display?.name ?? process.env["DISPLAY"];
  const headed = options.display !== undefined || (options.headed === true && display !== undefined);
  const env = {
    HOME: home,
    TMPDIR: temporary,
    XDG_RUNTIME_DIR: temporary,
    LANG: "C.UTF-8",
    MOZ_CRASHREPORTER_DISABLE: "1",
    MOZ_REMOTE_ALLOW_SYSTEM_ACCESS: "1", // newer ones than 153 want it here, and no switch
    // The host takes the system's roots from here (crypto/x509): the test's own CA and no other.
    SSL_CERT_FILE: caFile,
    PORTSIDE_STATE_DIR: stateFolder,
    ...(display === undefined ? {} : { DISPLAY: display }),
    ...options.env,
  };

  const portside = options.portside ?? true;
  const host = onCarrier(options.host);
  const hostSpace = host === undefined ? undefined : makeHostSpace(life, home, host);
  if (portside) await installHost(home, env, hostSpace);

  const socksPort = await startSocks(life, options.pages);
  writeFileSync(
    join(profile, "user.js"),
    Object.entries({
      ...preferences({ socksPort, uuids: { [extensionIds.firefox]: firefoxUuid } }),
      ...(options.deletesAtEnd === undefined ? {} : deletion(options.deletesAtEnd)),
      ...options.preferences,
    })
      .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
      .join(""),
  );
  const [launcher, ...launcherArgs] =
    options.launcher === undefined ? [firefoxProgram] : [...options.launcher, firefoxProgram];
  const running = await start(life, {
    name: "firefox",
    command: launcher,
    args: [
      ...launcherArgs,
      ...(headed ? [] : ["--headless"]),
      "--no-remote",
      "--profile",
      profile,
      "--remote-debugging-port=0",
      "--remote-allow-system-access",
      "about:blank",
    ],
    env,
    noise:
      /D-?Bus|OnProxyReady|glxtest|libEGL|Gtk-WARNING|Crash Annotation|Gdk-|RSLoader|RemoteSettings|BackupService|getRecipes/i,
    grace: 4_000,
  });
  const address = await until(
    "Firefox to listen",
    () => /WebDriver BiDi listening on (ws:\S+)/.exec(running.output())?.[1],
    { timeout: 60_000 },
  );
  const bidi = await Bidi.connect(`${address}/session`);
  const browser = new Firefox(running, bidi, home, stateFolder, hostSpace, options.display);
  life.onEnd("the browser", async () => {
    await browser.close();
    bidi.close();
  });
  life.keepLog("the host's state folder", () =>
    Object.entries(browser.hostFiles())
      .map(([name, text]) => `${name}:\n${text}`)
      .join("\n"),
  );
  life.keepLog("consoles of pages", () =>
    browser
      .pages()
      .flatMap((page) => page.console.map((line) => `${page.url}  ${line}`))
      .join("\n"),
  );
  life.onFailure(async (folder) => {
    for (const [index, page] of browser.pages().entries())
      await page.screenshot(join(folder, `page-${String(index)}.png`));
  });
  await bidi.send("session.new", { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } }, { timeout: 30_000 });
  await bidi.send("session.subscribe", { events: ["browsingContext", "log.entryAdded"] });
  void browser.watch();
  if (options.window !== undefined) await browser.placeWindow(options.window);
  if (options.language !== undefined) await browser.speak(options.language);
  const extension = options.toy ?? options.extension ?? (portside ? extensionFolderOf("firefox") : undefined);
  if (extension !== undefined) {
    await browser.allowPrivateWindows();
    const id = await browser.loadExtension(extension);
    if (id !== extensionIds.firefox) throw new Error(`the extension got the id ${id}, not ${extensionIds.firefox}`);
    // It welcomes whoever has installed it: once for each profile.
    if (options.toy === undefined && options.home === undefined && options.welcome !== true) {
      const { targetId } = await until("the welcome page", () => browser.targets().find(({ url }) => isWelcome(url)));
      await browser.closeTarget(targetId);
    }
  }
  return browser;
}

/** The preferences by which sites' data are deleted when the browser closes. */
const deletion = (deletes: boolean): Record<string, boolean> => ({
  "privacy.sanitize.sanitizeOnShutdown": deletes,
  "privacy.clearOnShutdown_v2.cookiesAndStorage": deletes,
});

/** Tells this one HOME where the host is, by the installer that people use. */
async function installHost(
  home: string,
  env: Readonly<Record<string, string>>,
  space: HostSpace | undefined,
): Promise<void> {
  await promisify(execFile)(hostProgram, ["install", "--browser", "firefox"], {
    env: { PATH: "/usr/bin:/bin", ...env },
  });
  const file = manifestIn(home);
  if (!existsSync(file)) throw new Error(`portside install wrote no ${file}`);
  if (space === undefined) return;
  const manifest = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...manifest, path: space.script }));
}
