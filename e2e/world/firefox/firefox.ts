// Debian's Firefox with a profile of its own, kept off the network, driven by WebDriver BiDi, which it speaks by itself.
//
// It looks at nothing of the user who runs the tests: own HOME, own profile, own temporary folder. It reaches nothing but this machine: names of *.test
// lead to the test's web server, all other names lead nowhere.
import { renameSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserMemory, BrowserOptions, Target } from "../browser.ts";
import type { Display } from "../display.ts";
import { filesIn, hostsOf } from "../host-files.ts";
import { type HostSpace } from "../host-space.ts";
import { TargetGoneError, type Page } from "../page.ts";
import { extensionIds, extensionOrigins, hostName } from "../places.ts";
import { childrenOf, commandLine, memoryOf, type Memory } from "../proc.ts";
import { type Running } from "../processes.ts";
import { sleep, until, within } from "../wait.ts";
import type { Bidi } from "./bidi.ts";
import { Chrome } from "./chrome.ts";
import { FirefoxPopup } from "./popup.ts";
import { FirefoxPage } from "./tab.ts";

/** A page or frame, as events tell of it. */
interface ContextInfo {
  context: string;
  url: string;
  parent?: string | null;
}

interface Tree extends ContextInfo {
  children?: Tree[] | null;
}

const contextsIn = (tree: Tree, parent?: string): ContextInfo[] => [
  { context: tree.context, url: tree.url, parent: parent ?? null },
  ...(tree.children ?? []).flatMap((child) => contextsIn(child, tree.context)),
];

/** What the functions below find in the browser's own window. */
declare const WebExtensionPolicy: {
  getByID(id: string): {
    mozExtensionHostname: string;
    extension: { terminateBackground(options: object): Promise<void> };
  } | null;
};
declare const ChromeUtils: {
  importESModule(url: string): {
    AddonManager: { getAddonByID(id: string): Promise<{ reload(): Promise<void> } | null> };
    Sanitizer: {
      TIMESPAN_HOUR: number;
      getClearRange(timespan: number): unknown;
      sanitize(items: string[], options: object): Promise<void>;
    };
    SiteDataManager: { remove(host: string): Promise<void> };
    ExtensionPermissions: {
      add(id: string, allowed: { permissions: string[]; origins: string[] }): Promise<void>;
      remove(
        id: string,
        taken: { permissions: string[]; origins: string[] },
        extension: object | undefined,
      ): Promise<void>;
    };
  };
  requestProcInfo(): Promise<{ children: { pid: number; type: string }[] }>;
};
declare const Services: {
  prefs: { setStringPref(name: string, value: string): void };
  obs: { notifyObservers(subject: null, topic: string): void };
  locale: { availableLocales: string[]; requestedLocales: string[] };
};

export class Firefox implements Browser {
  readonly name = "firefox";
  readonly process: Running;
  readonly home: string;
  readonly stateFolder: string;
  readonly hostSpace: HostSpace | undefined;
  readonly bidi: Bidi;
  readonly chrome: Chrome;
  readonly #display: Display | undefined;
  readonly #contexts = new Map<string, Target & { parent: string | undefined }>();
  /** What an event has told to be gone. */
  readonly #destroyed = new Set<string>();
  readonly #pages = new Map<string, FirefoxPage>();

  constructor(
    process: Running,
    bidi: Bidi,
    home: string,
    stateFolder: string,
    hostSpace: HostSpace | undefined,
    display: Display | undefined,
  ) {
    this.#display = display;
    this.process = process;
    this.bidi = bidi;
    this.home = home;
    this.stateFolder = stateFolder;
    this.hostSpace = hostSpace;
    this.chrome = new Chrome(bidi, extensionIds.firefox);
    bidi.on("browsingContext.contextCreated", (info: ContextInfo) => {
      this.#destroyed.delete(info.context);
      this.#know(info);
    });
    for (const event of ["navigationCommitted", "fragmentNavigated", "historyUpdated", "domContentLoaded", "load"])
      bidi.on(`browsingContext.${event}`, ({ context, url }: ContextInfo) => {
        const known = this.#contexts.get(context);
        if (known !== undefined) known.url = url;
      });
    bidi.on("browsingContext.contextDestroyed", ({ context }: ContextInfo) => {
      this.#destroyed.add(context);
      this.#forget(context);
    });
    bidi.on(
      "log.entryAdded",
      ({ level, text, source }: { level: string; text: string; source: { context?: string } }) => {
        this.#pages.get(this.#top(source.context ?? ""))?.console.push(`${level}: ${text}`);
      },
    );
  }

  #know({ context, url, parent }: ContextInfo): void {
    const parentId = parent ?? undefined;
    const type = parentId === undefined ? "page" : "iframe";
    this.#contexts.set(context, { targetId: context, type, url, parent: parentId });
  }

  #forget(context: string): void {
    this.#contexts.delete(context);
    this.#pages.delete(context);
    this.bidi.abandon(context, "its page is gone");
  }

  /**
   * Looks what there is, for as long as the browser runs: no event tells of some that go, such as tabs of the extension, nor of the addresses of some
   * that come, such as windows of about:blank.
   */
  async watch(): Promise<void> {
    let missed = new Set<string>();
    while (this.process.alive) {
      // It fails where a window goes while the browser looks.
      const contexts = await this.bidi.send<{ contexts: Tree[] }>("browsingContext.getTree", {}).then(
        (answer) => answer.contexts,
        () => undefined,
      );
      if (contexts === undefined) {
        await sleep(100);
        continue;
      }
      const there = new Map(contexts.flatMap((tree) => contextsIn(tree)).map((info) => [info.context, info]));
      for (const [context, info] of there) {
        const known = this.#contexts.get(context);
        if (known !== undefined) known.url = info.url;
        // A busy browser may not list at first what it has told of: that was taken for gone.
        else if (!this.#destroyed.has(context)) this.#know(info);
      }
      const gone = [...this.#contexts.keys()].filter((context) => !there.has(context));
      // What has just come is not in an answer that was under way.
      for (const context of gone) if (missed.has(context)) this.#forget(context);
      missed = new Set(gone);
      await sleep(100);
    }
  }

  #top(context: string): string {
    const parent = this.#contexts.get(context)?.parent;
    return parent === undefined ? context : this.#top(parent);
  }

  targets(): readonly Target[] {
    return [...this.#contexts.values()];
  }

  pages(): readonly FirefoxPage[] {
    return [...this.#pages.values()];
  }

  /** `container`: of newContainer(). */
  async newPage(
    url?: string,
    { incognito = false, container }: { incognito?: boolean; container?: string } = {},
  ): Promise<FirefoxPage> {
    if (incognito) return await this.#newPrivatePage(url);
    const context = await this.#newTab(container === undefined ? {} : { userContext: container });
    const page = this.#adopt(context, url ?? "a new page");
    if (url !== undefined) await page.goto(url);
    return page;
  }

  /** Makes a container, as a person does in the settings. Returns the driver's name for it. */
  async newContainer(): Promise<string> {
    return (await this.bidi.send<{ userContext: string }>("browser.createUserContext", {})).userContext;
  }

  /** Deletes a container, with all that it keeps. */
  async deleteContainer(container: string): Promise<void> {
    await this.bidi.send("browser.removeUserContext", { userContext: container });
  }

  /** Clears cookies and the data of all websites, as a person does in the browser's settings. */
  async clearWebsiteData(): Promise<void> {
    await this.chrome.evaluate(async () => {
      const { Sanitizer } = ChromeUtils.importESModule("resource:///modules/Sanitizer.sys.mjs");
      await Sanitizer.sanitize(["cookiesAndStorage"], { ignoreTimespan: true });
    });
  }

  async deleteSiteData(origin: string): Promise<void> {
    await this.chrome.evaluate(async (host: string) => {
      const { SiteDataManager } = ChromeUtils.importESModule("resource:///modules/SiteDataManager.sys.mjs");
      await SiteDataManager.remove(host);
    }, new URL(origin).hostname);
  }

  async deleteLastHour(): Promise<void> {
    await this.chrome.evaluate(async () => {
      const { Sanitizer } = ChromeUtils.importESModule("resource:///modules/Sanitizer.sys.mjs");
      const range = Sanitizer.getClearRange(Sanitizer.TIMESPAN_HOUR);
      await Sanitizer.sanitize(["browsingHistoryAndDownloads", "cookiesAndStorage", "cache"], { range });
    });
  }

  /** Takes back Portside's permission for all websites, as its switch in about:addons does. */
  async takeAccess(): Promise<void> {
    await this.chrome.evaluate(async (id: string) => {
      const { ExtensionPermissions } = ChromeUtils.importESModule(
        "resource://gre/modules/ExtensionPermissions.sys.mjs",
      );
      const all = { permissions: [], origins: ["<all_urls>"], data_collection: [] };
      await ExtensionPermissions.remove(id, all, WebExtensionPolicy.getByID(id)?.extension);
    }, extensionIds.firefox);
  }

  /** Says yes where the browser itself asks whether an extension may have a permission. */
  async allowsPermission(): Promise<void> {
    await until("the browser to ask for the permission", () =>
      this.chrome.evaluate(() => {
        const asked = [...document.querySelectorAll<HTMLElement & { button: HTMLElement }>("popupnotification")].find(
          ({ id, hidden }) => !hidden && id.startsWith("addon-webext-permissions"),
        );
        asked?.button.click();
        return asked !== undefined;
      }),
    );
  }

  async #newPrivatePage(url?: string): Promise<FirefoxPage> {
    const helper = await this.newExtensionPage("ui/options.html");
    const known = new Set(this.#contexts.keys());
    await helper.evaluate(async () => {
      await chrome.windows.create({ incognito: true, url: "about:blank" });
    });
    const { targetId } = await until("the private window", () =>
      this.targets().find((target) => target.type === "page" && !known.has(target.targetId)),
    );
    const page = this.#adopt(targetId, url ?? "a private window");
    if (url !== undefined) await page.goto(url);
    await helper.close();
    return page;
  }

  async newExtensionPage(path: string): Promise<FirefoxPage> {
    return await this.newPage(`${extensionOrigins.firefox}/${path}`);
  }

  async openUnwatched(url: string): Promise<void> {
    const context = await this.#newTab();
    await this.bidi.send("browsingContext.navigate", { context, url, wait: "none" });
  }

  /** Opens a tab. Left to itself the browser takes the window in front, which may be a private one. */
  async #newTab(more: { userContext?: string } = {}): Promise<string> {
    const referenceContext = await this.chrome.inNormalWindow();
    const { context } = await this.bidi.send<{ context: string }>("browsingContext.create", {
      type: "tab",
      ...(referenceContext === undefined ? {} : { referenceContext }),
      ...more,
    });
    return context;
  }

  async nextPage(what: string, url: RegExp, { timeout }: { timeout?: number } = {}): Promise<Page> {
    const page = await until(
      what,
      async () => {
        const found = this.targets().find(
          (target) => target.type === "page" && url.test(target.url) && !this.#pages.has(target.targetId),
        );
        if (found !== undefined) return this.#adopt(found.targetId, found.url);
        if (!url.test(popupUrl)) return undefined;
        const popup = await this.chrome.popup();
        return popup !== undefined && url.test(popup.url) ? new FirefoxPopup(this, popup) : undefined;
      },
      timeout === undefined ? {} : { timeout },
    );
    await page.waitFor(`${what} to load`, () => document.readyState === "complete" && location.href !== "about:blank");
    return page;
  }

  async loadExtension(path: string): Promise<string> {
    const { extension } = await this.bidi.send<{ extension: string }>("webExtension.install", {
      extensionData: { type: "path", path },
    });
    return extension;
  }

  /** Sets the browser to a language, as if its package of translations was there: extensions that are loaded from now on are told so. */
  async speak(language: string): Promise<void> {
    await this.chrome.evaluate((tag: string) => {
      Services.locale.availableLocales = [...new Set([tag, "en-US"])];
      Services.locale.requestedLocales = [tag];
    }, language);
  }

  /** On a screen a window manager has the last word on what is in front. */
  async raise(context: string): Promise<void> {
    if (this.#display !== undefined) await this.#display.raise(await this.chrome.windowTitle(context));
  }

  /** Puts the window there, of which there is one. */
  async placeWindow({ left, top, width, height }: NonNullable<BrowserOptions["window"]>): Promise<void> {
    await this.chrome.evaluate(
      (x: number, y: number, w: number, h: number) => {
        resizeTo(w, h);
        moveTo(x, y);
      },
      ...([left, top, width, height] as const),
    );
  }

  async originOf(id: string): Promise<string> {
    const name = await this.chrome.evaluate((of: string) => WebExtensionPolicy.getByID(of)?.mozExtensionHostname, id);
    if (name === undefined) throw new Error(`there is no extension ${id}`);
    return `moz-extension://${name}`;
  }

  /** Lets Portside, which is not there yet, into private windows. (The protocol's own word for that installs it and loads it again.) */
  async allowPrivateWindows(): Promise<void> {
    await this.chrome.evaluate(async (id: string) => {
      const { ExtensionPermissions } = ChromeUtils.importESModule(
        "resource://gre/modules/ExtensionPermissions.sys.mjs",
      );
      await ExtensionPermissions.add(id, { permissions: ["internal:privateBrowsingAllowed"], origins: [] });
    }, extensionIds.firefox);
  }

  async reloadExtension(): Promise<void> {
    await this.chrome.evaluate(async (id: string) => {
      const { AddonManager } = ChromeUtils.importESModule("resource://gre/modules/AddonManager.sys.mjs");
      await (await AddonManager.getAddonByID(id))?.reload();
    }, extensionIds.firefox);
  }

  async saveDownloadsTo(folder: string): Promise<void> {
    await this.chrome.evaluate((path: string) => {
      Services.prefs.setStringPref("browser.download.dir", path);
    }, folder);
  }

  async closeTarget(targetId: string): Promise<void> {
    // The answer and the end of the page race: either will do.
    await this.bidi
      .send("browsingContext.close", { context: targetId, promptUnload: false })
      .catch((error: unknown) => {
        if (!(error instanceof TargetGoneError)) throw error;
      });
    await until(`target ${targetId} to close`, () => !this.#contexts.has(targetId));
  }

  async stopBackground(): Promise<void> {
    await this.chrome.evaluate(async (id: string) => {
      const options = { ignoreDevToolsAttached: true, disableResetIdleForTest: true };
      await WebExtensionPolicy.getByID(id)?.extension.terminateBackground(options);
    }, extensionIds.firefox);
  }

  hosts(): number[] {
    return hostsOf(this.process.pid);
  }

  hideHost(): () => void {
    const file = manifestIn(this.home);
    renameSync(file, `${file}.hidden`);
    for (const pid of childrenOf(this.process.pid).filter((pid) => commandLine(pid).includes(extensionIds.firefox)))
      process.kill(pid, "SIGTERM");
    return () => {
      renameSync(`${file}.hidden`, file);
    };
  }

  hostFiles(): Record<string, string> {
    return filesIn(this.stateFolder);
  }

  async memory(): Promise<BrowserMemory> {
    const browser = memoryOf(this.process.pid);
    if (browser === undefined) throw new Error("the browser is gone");
    const children = await this.chrome.evaluate(async () => {
      const { children } = await ChromeUtils.requestProcInfo();
      return children.map(({ pid, type }) => ({ pid, type }));
    });
    const read = (pids: number[]): Memory[] => pids.map(memoryOf).filter((memory) => memory !== undefined);
    const of = (wanted: (type: string) => boolean): Memory[] =>
      read(children.filter(({ type }) => wanted(type)).map(({ pid }) => pid));
    return {
      browser,
      extension: of((type) => type === "extension")[0],
      renderers: of((type) => type.startsWith("web")),
      hosts: read(this.hosts()),
    };
  }

  /** Has all its processes collect their garbage. */
  async collectGarbage(): Promise<void> {
    await this.chrome.evaluate(() => {
      for (const request of ["child-gc-request", "child-cc-request", "child-mmu-request"])
        Services.obs.notifyObservers(null, request);
    });
    await sleep(500); // nobody says when it is done
  }

  async close(): Promise<void> {
    if (!this.process.alive) return;
    // The answer and the end of the connection race: either will do.
    await this.bidi.send("browser.close", {}, { timeout: 10_000 }).catch(() => undefined);
    await within("the browser to close", this.process.exited, 10_000);
  }

  async kill(): Promise<void> {
    this.process.kill();
    await within("the browser to die", this.process.exited);
  }

  #adopt(context: string, name: string): FirefoxPage {
    const page = new FirefoxPage(this, context, name);
    this.#pages.set(context, page);
    return page;
  }
}

/** Where the host's manifest is, for this one user of the browser's. */
export const manifestIn = (home: string): string =>
  join(home, ".mozilla", "native-messaging-hosts", `${hostName}.json`);

/** What hangs from the icon. */
const popupUrl = `${extensionOrigins.firefox}/ui/popup.html`;

/** For what only Firefox's driver can do. */
export function asFirefox(browser: Browser): Firefox {
  if (!(browser instanceof Firefox)) throw new Error("this is for Firefox only");
  return browser;
}
