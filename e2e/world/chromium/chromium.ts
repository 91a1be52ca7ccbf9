// Debian's Chromium with a profile of its own, kept off the network, driven over a pipe.
//
// It looks at nothing of the user who runs the tests: own HOME, own profile, own temporary folder. It reaches nothing
// but this machine: names of *.test lead to the test's web server, all other names lead nowhere.
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import { Connection, type Session } from "./cdp.ts";
import type { TargetInfo } from "./cdp-types.ts";
import type { Browser, BrowserMemory, BrowserOptions } from "../browser.ts";
import { certificates } from "../certs.ts";
import { filesIn, hostsOf, onCarrier } from "../host-files.ts";
import { makeHostSpace, type HostSpace } from "../host-space.ts";
import { isRoot, type Life } from "../life.ts";
import { deleteBrowsingData, deleteSiteData } from "./own-settings.ts";
import { ChromiumPage, Contexts } from "./tab.ts";
import { chromiumProgram, extensionFolderOf, extensionId, hostName, hostProgram } from "../places.ts";
import { childrenOf, commandLine, descendantsOf, memoryOf, type Memory } from "../proc.ts";
import { start, type Running } from "../processes.ts";
import { until, within } from "../wait.ts";

const switches = [
  "--remote-debugging-pipe",
  "--no-first-run",
  "--no-default-browser-check",
  "--no-pings",
  "--metrics-recording-only",
  "--password-store=basic",
  "--disable-background-networking",
  "--disable-breakpad",
  "--disable-client-side-phishing-detection",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-domain-reliability",
  "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication,CertificateTransparencyComponentUpdater",
  "--disable-gpu",
  "--disable-quic",
  "--disable-search-engine-choice-screen",
  "--disable-sync",
] as const;

export class Chromium implements Browser {
  readonly name = "chromium";
  readonly process: Running;
  readonly userDataFolder: string;
  /** Where the host of this browser keeps its logs. */
  readonly stateFolder: string;
  /** The host's own system, if it was asked for. */
  readonly hostSpace: HostSpace | undefined;
  readonly #connection: Connection;
  readonly #targets = new Map<string, TargetInfo>();
  readonly #attached = new Map<string, { session: Session; contexts: Contexts }>();
  readonly #pages = new Map<string, ChromiumPage>();

  constructor(
    process: Running,
    connection: Connection,
    userDataFolder: string,
    stateFolder: string,
    hostSpace: HostSpace | undefined,
  ) {
    this.hostSpace = hostSpace;
    this.process = process;
    this.userDataFolder = userDataFolder;
    this.stateFolder = stateFolder;
    this.#connection = connection;
    const remember = ({ targetInfo }: { targetInfo: TargetInfo }): void => {
      this.#targets.set(targetInfo.targetId, targetInfo);
    };
    connection.browser.on("Target.targetCreated", remember);
    connection.browser.on("Target.targetInfoChanged", remember);
    connection.browser.on("Target.targetDestroyed", ({ targetId }) => {
      this.#targets.delete(targetId);
      this.#attached.delete(targetId);
      this.#pages.delete(targetId);
    });
  }

  get home(): string {
    return dirname(this.userDataFolder);
  }

  get cdp(): Session {
    return this.#connection.browser;
  }

  /** All targets that there are now. Looking at them attaches to none. */
  targets(): readonly TargetInfo[] {
    return [...this.#targets.values()];
  }

  /** The pages that the test has opened or found. */
  pages(): readonly ChromiumPage[] {
    return [...this.#pages.values()];
  }

  /** Opens a tab and, with a URL, waits for it to load. */
  async newPage(url?: string, { incognito = false } = {}): Promise<ChromiumPage> {
    if (incognito) return await this.#newPrivatePage(url);
    const { targetId } = await this.cdp.send("Target.createTarget", { url: "about:blank" });
    const page = await this.#adopt(targetId, url ?? "a new page");
    if (url !== undefined) await page.goto(url);
    return page;
  }

  /**
   * Opens a private window as a person does. A browser context of the protocol's would be a private profile of its own, which extensions
   * are told less of.
   */
  async #newPrivatePage(url?: string): Promise<ChromiumPage> {
    const helper = await this.newExtensionPage("ui/options.html");
    const known = new Set(this.#targets.keys());
    await helper.evaluate(async () => {
      await chrome.windows.create({ incognito: true, url: "about:blank" });
    });
    const { targetId } = await until("the private window", () =>
      this.targets().find((target) => target.type === "page" && !known.has(target.targetId)),
    );
    const page = await this.#adopt(targetId, url ?? "a private window");
    if (url !== undefined) await page.goto(url);
    await helper.close();
    return page;
  }

  /** Opens a page of the extension, such as "ui/options.html". */
  async newExtensionPage(path: string): Promise<ChromiumPage> {
    return await this.newPage(`chrome-extension://${extensionId}/${path}`);
  }

  /**
   * Waits for a page that the test did not open, such as the consent window, and gives it once it has loaded. A page is
   * given once only: the next call waits for the next one.
   */
  async nextPage(what: string, url: RegExp, { timeout }: { timeout?: number } = {}): Promise<ChromiumPage> {
    const found = await until(
      what,
      () =>
        this.targets().find(
          (target) => target.type === "page" && url.test(target.url) && !this.#pages.has(target.targetId),
        ),
      timeout === undefined ? {} : { timeout },
    );
    const page = await this.#adopt(found.targetId, found.url);
    await page.waitFor(`${what} to load`, () => document.readyState === "complete" && location.href !== "about:blank");
    return page;
  }

  /** Loads another extension, from a folder. Returns its id. */
  async loadExtension(path: string): Promise<string> {
    const { id } = await this.cdp.send("Extensions.loadUnpacked", { path });
    return id;
  }

  originOf(id: string): Promise<string> {
    return Promise.resolve(`chrome-extension://${id}`);
  }

  async reloadExtension(): Promise<void> {
    await this.cdp.send("Extensions.loadUnpacked", { path: extensionFolderOf("chromium"), enableInIncognito: true });
  }

  async deleteSiteData(origin: string): Promise<void> {
    await deleteSiteData(this, origin);
  }

  async deleteLastHour(): Promise<void> {
    await deleteBrowsingData(this);
  }

  /** Puts what is downloaded into this folder. */
  async saveDownloadsTo(folder: string): Promise<void> {
    await this.cdp.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
  }

  async openUnwatched(url: string): Promise<void> {
    await this.cdp.send("Target.createTarget", { url });
  }

  async closeTarget(targetId: string): Promise<void> {
    await this.cdp.send("Target.closeTarget", { targetId });
    await until(`target ${targetId} to close`, () => !this.#targets.has(targetId));
  }

  /** The extension's worker while it runs. */
  serviceWorker(): TargetInfo | undefined {
    return this.targets().find(
      ({ type, url }) => type === "service_worker" && url.startsWith(`chrome-extension://${extensionId}/`),
    );
  }

  /** Stops the extension's worker as the browser itself may at any time. Attaches to nothing: that would keep it alive. */
  async stopBackground(): Promise<void> {
    const worker = await until("the extension's worker", () => this.serviceWorker());
    await this.closeTarget(worker.targetId);
  }

  /** The host processes that this browser has started and that still run. */
  hosts(): number[] {
    return hostsOf(this.process.pid);
  }

  /** Takes the host away as if it had never been installed, and ends the one that runs. Call what this returns to put it back. */
  hideHost(): () => void {
    const file = join(this.userDataFolder, "NativeMessagingHosts", `${hostName}.json`);
    renameSync(file, `${file}.hidden`);
    for (const pid of childrenOf(this.process.pid).filter((pid) =>
      commandLine(pid).includes(`chrome-extension://${extensionId}/`),
    ))
      process.kill(pid, "SIGTERM");
    return () => {
      renameSync(`${file}.hidden`, file);
    };
  }

  /** What the host has written into its state folder: file name to text. */
  hostFiles(): Record<string, string> {
    return filesIn(this.stateFolder);
  }

  memory(): Promise<BrowserMemory> {
    const browser = memoryOf(this.process.pid);
    if (browser === undefined) throw new Error("the browser is gone");
    const renderers = descendantsOf(this.process.pid).filter((pid) => commandLine(pid).includes("--type=renderer"));
    const ofExtension = renderers.filter((pid) => commandLine(pid).includes("--extension-process"));
    const read = (pids: number[]): Memory[] => pids.map(memoryOf).filter((memory) => memory !== undefined);
    return Promise.resolve({
      browser,
      extension: read(ofExtension)[0],
      renderers: read(renderers.filter((pid) => !ofExtension.includes(pid))),
      hosts: read(this.hosts()),
    });
  }

  /** Ends the browser as a person does: all windows close, the profile is written. */
  async close(): Promise<void> {
    if (!this.process.alive) return;
    // The answer and the end of the pipe race: either will do.
    await this.cdp.send("Browser.close").catch(() => undefined);
    await within("the browser to close", this.process.exited, 10_000);
  }

  /** Ends the browser as a crash does: SIGKILL to the browser process. */
  async kill(): Promise<void> {
    this.process.kill();
    await within("the browser to die", this.process.exited);
  }

  /** Attaches to a page or frame once and remembers it. Not for the worker: a client attached to it keeps it alive. */
  async attach(targetId: string, name: string): Promise<{ session: Session; contexts: Contexts }> {
    const known = this.#attached.get(targetId);
    if (known !== undefined) return known;
    const { sessionId } = await this.cdp.send("Target.attachToTarget", { targetId, flatten: true });
    const session = this.#connection.session(sessionId, name);
    const contexts = new Contexts(session);
    this.#attached.set(targetId, { session, contexts });
    await session.send("Runtime.enable");
    return { session, contexts };
  }

  /** Has every page and frame, their workers, and the background collect their garbage. */
  async collectGarbage(): Promise<void> {
    for (const { targetId, type } of this.targets()) {
      if (!["page", "iframe", "service_worker"].includes(type)) continue;
      const { sessionId } = await this.cdp.send("Target.attachToTarget", { targetId, flatten: true });
      const session = this.#connection.session(sessionId, type);
      const workers: string[] = [];
      session.on("Target.attachedToTarget", (attached) => workers.push(attached.sessionId));
      // Answers once those that there are have been attached to.
      await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: true });
      await session.send("HeapProfiler.collectGarbage", {});
      for (const worker of workers)
        await this.#connection.session(worker, "a worker").send("HeapProfiler.collectGarbage", {});
      await this.cdp.send("Target.detachFromTarget", { sessionId });
    }
  }

  async #adopt(targetId: string, name: string): Promise<ChromiumPage> {
    const { sessionId } = await this.cdp.send("Target.attachToTarget", { targetId, flatten: true });
    const session = this.#connection.session(sessionId, name);
    const contexts = new Contexts(session);
    const page = new ChromiumPage(this, session, contexts, targetId);
    this.#attached.set(targetId, { session, contexts });
    this.#pages.set(targetId, page);
    await session.send("Runtime.enable");
    await session.send("Page.enable");
    await session.send("Page.setLifecycleEventsEnabled", { enabled: true });
    return page;
  }
}

/** For what only Chromium's driver can do. */
export function asChromium(browser: Browser): Chromium {
  if (!(browser instanceof Chromium)) throw new Error("this is for Chromium only");
  return browser;
}

/** Writes into the profile, which is there, how long sites may keep data. 1: for good. 4: until the browser closes. */
function setCookies(userDataFolder: string, cookies: 1 | 4): void {
  const file = join(userDataFolder, "Default", "Preferences");
  const all = JSON.parse(readFileSync(file, "utf8")) as { profile: Record<string, unknown> };
  all.profile["default_content_setting_values"] = { cookies };
  writeFileSync(file, JSON.stringify(all));
}

const placed = ({ left, top, width, height }: NonNullable<BrowserOptions["window"]>): string[] => [
  `--window-position=${left.toString()},${top.toString()}`,
  `--window-size=${width.toString()},${height.toString()}`,
];

export async function startChromium(life: Life, options: BrowserOptions = {}): Promise<Chromium> {
  const { spki, caPem } = await certificates();
  const home = options.home ?? life.folder("browser");
  const userDataFolder = join(home, "profile");
  const stateFolder = join(home, "state");
  const temporary = join(home, "tmp");
  for (const folder of [userDataFolder, stateFolder, temporary]) mkdirSync(folder, { recursive: true });
  const caFile = join(home, "ca.pem");
  writeFileSync(caFile, caPem);
  const env = {
    HOME: home,
    TMPDIR: temporary,
    LANG: "C.UTF-8",
    // The host takes the system's roots from here (crypto/x509): the test's own CA and no other.
    SSL_CERT_FILE: caFile,
    PORTSIDE_STATE_DIR: stateFolder,
    ...(process.env["DISPLAY"] === undefined ? {} : { DISPLAY: process.env["DISPLAY"] }),
    ...(options.display === undefined ? {} : { DISPLAY: options.display.name }),
    ...(options.language === undefined ? {} : { LANGUAGE: options.language }),
    ...options.env,
  };

  const portside = options.portside ?? true;
  const host = onCarrier(options.host);
  const hostSpace = host === undefined ? undefined : makeHostSpace(life, home, host);
  if (portside) await installHost(userDataFolder, env, hostSpace);
  if (options.deletesAtEnd !== undefined) setCookies(userDataFolder, options.deletesAtEnd ? 4 : 1);

  const headed = options.display !== undefined || (options.headed === true && process.env["DISPLAY"] !== undefined);
  const resolverRules = [
    ...(options.pages === undefined
      ? []
      : [
          `MAP *.test:443 127.0.0.1:${String(options.pages.httpsPort)}`,
          `MAP *.test:80 127.0.0.1:${String(options.pages.httpPort)}`,
        ]),
    "MAP * ~NOTFOUND",
    "EXCLUDE localhost",
    "EXCLUDE *.localhost",
    "EXCLUDE 127.0.0.1",
    "EXCLUDE [::1]",
  ];
  const [launcher, ...launcherArgs] =
    options.launcher === undefined ? [chromiumProgram] : [...options.launcher, chromiumProgram];
  const running = await start(life, {
    name: "chromium",
    command: launcher,
    args: [
      ...launcherArgs,
      ...switches.filter((one) => options.without?.includes(one) !== true),
      ...(headed ? [] : ["--headless=new"]),
      // The sandbox cannot be had as root; containers of CI are often root.
      ...(isRoot ? ["--no-sandbox"] : []),
      `--user-data-dir=${userDataFolder}`,
      `--host-resolver-rules=${resolverRules.join(", ")}`,
      `--ignore-certificate-errors-spki-list=${spki}`,
      ...(options.language === undefined ? [] : [`--lang=${options.language}`]),
      ...(options.window === undefined ? [] : placed(options.window)),
      ...(options.switches ?? []),
      "about:blank",
    ],
    env,
    extraPipes: 2,
    // Without a desktop there is no D-Bus; and Debian's wrapper trips over processors with many features.
    noise: /ERROR:dbus\/|unexpected operator/,
    grace: 2_000,
  });
  const connection = new Connection(running.child.stdio[3] as Writable, running.child.stdio[4] as Readable);
  const browser = new Chromium(running, connection, userDataFolder, stateFolder, hostSpace);
  life.onEnd("the browser", () => browser.close());
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

  await connection.browser.send("Browser.getVersion", {}, { timeout: 30_000, what: "Chromium to start" });
  await connection.browser.send("Target.setDiscoverTargets", { discover: true });
  const extension = options.toy ?? options.extension ?? (portside ? extensionFolderOf("chromium") : undefined);
  if (extension !== undefined) {
    const { id } = await connection.browser.send("Extensions.loadUnpacked", {
      path: extension,
      enableInIncognito: true,
    });
    if (id !== extensionId) throw new Error(`the extension got the id ${id}, not ${extensionId}: is its key gone?`);
    if (options.toy !== undefined) return browser;
    await ensureTexts(browser);
    // It welcomes whoever has installed it: once for each profile.
    if (options.home === undefined && options.welcome !== true) {
      const { targetId } = await until("the welcome page", () => browser.targets().find(({ url }) => isWelcome(url)));
      await browser.closeTarget(targetId);
    }
  }
  return browser;
}

const isWelcome = (url: string): boolean => url === `chrome-extension://${extensionId}/ui/setup.html`;

/**
 * Makes sure that the extension has its texts. Once in hundreds of starts, under load, Chromium gives an extension that was loaded for private
 * windows too (which it reloads for that) an empty text for every name, for as long as it runs. People's installations are not reloaded.
 */
async function ensureTexts(browser: Chromium): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    // A page that runs nothing of ours.
    const page = await browser.newExtensionPage("icons/16.png");
    const name = await page.evaluate(() => chrome.i18n.getMessage("extensionName"));
    if (name !== "") {
      await page.close();
      return;
    }
    console.error("the extension has no texts: it is loaded again");
    await page.evaluate(() => {
      chrome.runtime.reload();
    });
    await page.waitUntilClosed();
  }
  throw new Error("the extension has no texts, however often it is loaded");
}

/** Tells this one profile where the host is, by the installer that people use. */
async function installHost(
  userDataFolder: string,
  env: Readonly<Record<string, string>>,
  space: HostSpace | undefined,
): Promise<void> {
  await promisify(execFile)(hostProgram, ["install", "--user-data-dir", userDataFolder], {
    env: { PATH: "/usr/bin:/bin", ...env },
  });
  if (space === undefined) return;
  const file = join(userDataFolder, "NativeMessagingHosts", `${hostName}.json`);
  const manifest = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...manifest, path: space.script }));
}
