// A browser in memory, as far as the extension's background uses one. It does at once what it is asked, tells what it tells in order, and
// throws where somebody asks for what is not faked.
//
// The extension has its browser from one place, shared/ext.ts, which takes it from the realm, as it takes `setTimeout` and `Date`. So that is
// where a test puts this one, and its clock, before it imports what it tests: no module needs to hand them on.

import { readFileSync } from "node:fs";
import "./globals.ts";
import { FakeClock, settled } from "./clock.ts";
import { FakeCookies } from "./cookies.ts";
import { FakeEvent, FakePort } from "./events.ts";
import { extensionId, extensionURL } from "./identity.ts";
import { installNavigator } from "./locks.ts";
import { FakeStorage } from "./storage.ts";
import { strict } from "./strict.ts";
import { FakeTabs } from "./tabs.ts";

const texts = JSON.parse(readFileSync(new URL("../_locales/en/messages.json", import.meta.url), "utf8")) as Record<
  string,
  { message: string; placeholders?: Record<string, { content: string }> } | undefined
>;

/** A text, with what stands for its parts put in ("$COUNT$" for "$1"). */
function textOf(name: string, parts: readonly string[]): string {
  const text = texts[name];
  if (text === undefined) throw new Error(`there is no text called ${name}`);
  let { message } = text;
  for (const [placeholder, { content }] of Object.entries(text.placeholders ?? {}))
    message = message.replaceAll(`$${placeholder.toUpperCase()}$`, parts[Number(content.slice(1)) - 1] ?? "");
  return message;
}

/** What the toolbar shows of a tab. */
export interface Badge {
  text: string;
  title: string;
  colour: string;
}

export class FakeBrowser {
  readonly storage = new FakeStorage();
  readonly cookies = new FakeCookies();
  readonly tabs = new FakeTabs();
  readonly badges = new Map<number, Badge>();
  readonly onConnect = new FakeEvent<[chrome.runtime.Port]>();
  readonly onMessage = new FakeEvent<
    [message: unknown, sender: chrome.runtime.MessageSender, respond: (answer: unknown) => void]
  >();
  readonly onInstalled = new FakeEvent<[chrome.runtime.InstalledDetails]>();
  /** What other extensions would reach. */
  readonly onMessageExternal = new FakeEvent();
  readonly onConnectExternal = new FakeEvent();
  /** Starts a native host at the far end of a port; undefined: there is none. */
  native: ((port: FakePort) => void) | undefined;
  /** Whether the user lets the extension see websites; and whether they give it back when they are asked. */
  readonly access = { given: true, willGive: true };
  readonly onPermissionsAdded = new FakeEvent<[chrome.permissions.Permissions]>();
  readonly onPermissionsRemoved = new FakeEvent<[chrome.permissions.Permissions]>();
  /** The items that the extension has put into menus, by id. */
  readonly menu = new Map<string, chrome.contextMenus.CreateProperties>();
  readonly onMenuClicked = new FakeEvent<[chrome.contextMenus.OnClickData, chrome.tabs.Tab?]>();
  installType: `${chrome.management.ExtensionInstallType}` = "development";
  /** Documents that have the content script. */
  readonly served = new Set<string>();
  /** What was put into pages, and where. */
  readonly scripts: { target: chrome.scripting.InjectionTarget; files: string[] }[] = [];
  /** Pages that a server has for whom the background asks, by URL: their headers. All others cannot be reached. */
  readonly servers = new Map<string, Record<string, string>>();
  /** What the background has asked servers for, by URL. */
  readonly fetched: string[] = [];

  /** Takes the place of the realm's browser. Before the modules are imported that use it. */
  install(): this {
    const fetchIt = async (address: string): Promise<Response> => {
      this.fetched.push(address);
      const headers = this.servers.get(address);
      if (headers === undefined) throw new TypeError("there is no server");
      return new Response("", { headers });
    };
    Object.assign(globalThis, { chrome: this.#api(), fetch: fetchIt });
    installNavigator();
    return this;
  }

  /** A document, a frame of ours or a page of ours connects. Returns its end. */
  connect(name: string, sender: chrome.runtime.MessageSender): FakePort {
    const [near, far] = FakePort.pair(name, { id: extensionId, ...sender });
    this.onConnect.emit(far.asChrome);
    if (sender.tab?.id !== undefined) this.#endsWith(near, sender.tab.id, sender.documentId);
    return near;
  }

  /** The end of a connection comes with the end of its document. */
  #endsWith(port: FakePort, tabId: number, documentId: string | undefined): void {
    const look = (changed: number): void => {
      if (changed !== tabId) return;
      const frames = this.tabs.frames(tabId);
      if (frames === null || (documentId !== undefined && !frames.some((frame) => frame.documentId === documentId)))
        port.disconnect();
    };
    this.tabs.onTabRemoved.addListener(look);
    this.tabs.onTabUpdated.addListener(look);
  }

  /** Somebody sends a message to the background. Resolves with the answer, or undefined where nobody has one. */
  async send(message: unknown, sender: chrome.runtime.MessageSender): Promise<unknown> {
    let answer: unknown;
    const answered = new Promise<void>((resolve) => {
      const respond = (value: unknown): void => {
        answer = structuredClone(value);
        resolve();
      };
      const taken = this.onMessage.emit(structuredClone(message), { id: extensionId, ...sender }, respond);
      if (!taken.includes(true)) resolve();
    });
    await answered;
    return answer;
  }

  /** A page of the extension's own, such as "ui/popup.html". */
  ownPage(path: string): chrome.runtime.MessageSender {
    return { id: extensionId, url: extensionURL(path), origin: extensionURL("").slice(0, -1) };
  }

  /** The user lets the extension see websites, or no more. */
  letSee(given: boolean): void {
    this.access.given = given;
    (given ? this.onPermissionsAdded : this.onPermissionsRemoved).emit({ origins: ["<all_urls>"], permissions: [] });
  }

  #badge(tabId: number, change: Partial<Badge>): Promise<void> {
    if (!this.tabs.tabs.some(({ id }) => id === tabId))
      return Promise.reject(new Error(`No tab with id: ${tabId.toString()}.`));
    this.badges.set(tabId, { ...{ text: "", title: "", colour: "" }, ...this.badges.get(tabId), ...change });
    return Promise.resolve();
  }

  #api(): object {
    const { local, session, managed, onChanged } = this.storage;
    const runtime = {
      id: extensionId,
      lastError: undefined,
      getURL: extensionURL,
      getManifest: () => ({ version: "0.0.0", content_scripts: [{ js: ["content.js"], world: "ISOLATED" }] }),
      onConnect: this.onConnect,
      onMessage: this.onMessage,
      onInstalled: this.onInstalled,
      onMessageExternal: this.onMessageExternal,
      onConnectExternal: this.onConnectExternal,
      // The background does not hear itself.
      sendMessage: () => Promise.reject(new Error("Could not establish connection. Receiving end does not exist.")),
      connectNative: (name: string) => {
        const [near, far] = FakePort.pair(name);
        if (this.native === undefined) far.disconnect("Specified native messaging host not found.");
        else this.native(far);
        return near;
      },
    } satisfies Partial<Record<keyof typeof chrome.runtime, unknown>>;
    const action = {
      getBadgeText: ({ tabId }: { tabId: number }) => Promise.resolve(this.badges.get(tabId)?.text ?? ""),
      setBadgeText: ({ tabId, text }: { tabId: number; text: string }) => this.#badge(tabId, { text }),
      setBadgeBackgroundColor: ({ tabId, color }: { tabId: number; color: string }) =>
        this.#badge(tabId, { colour: color }),
      setBadgeTextColor: ({ tabId }: { tabId: number }) => this.#badge(tabId, {}),
      setTitle: ({ tabId, title }: { tabId: number; title: string }) => this.#badge(tabId, { title }),
    } satisfies Partial<Record<keyof typeof chrome.action, unknown>>;
    const i18n = {
      getMessage: (name: string, ...parts: (string | string[])[]) => textOf(name, parts.flat()),
      getUILanguage: () => "en-US",
    } satisfies Partial<Record<keyof typeof chrome.i18n, unknown>>;
    const scripting = {
      executeScript: async ({ target, files }: { target: chrome.scripting.InjectionTarget; files?: string[] }) => {
        await Promise.resolve();
        // A function asks whether the content script is there, of each document of the tab.
        if (files === undefined)
          return (this.tabs.frames(target.tabId) ?? []).map(({ documentId }) => ({
            documentId,
            result: this.served.has(documentId),
          }));
        this.scripts.push({ target, files });
        return [];
      },
    } satisfies Partial<Record<keyof typeof chrome.scripting, unknown>>;
    const permissions = {
      contains: () => Promise.resolve(this.access.given),
      request: async () => {
        await Promise.resolve();
        if (this.access.willGive && !this.access.given) this.letSee(true);
        return this.access.given;
      },
      onAdded: this.onPermissionsAdded,
      onRemoved: this.onPermissionsRemoved,
    } satisfies Partial<Record<keyof typeof chrome.permissions, unknown>>;
    const contextMenus = {
      create: (item: chrome.contextMenus.CreateProperties, done: () => void) => {
        this.menu.set(item.id ?? "", item);
        done();
      },
      onClicked: this.onMenuClicked,
    } satisfies Partial<Record<keyof typeof chrome.contextMenus, unknown>>;
    const { cookies } = this;
    return strict("chrome", {
      runtime: strict("runtime", runtime),
      storage: strict("storage", { local, session, managed, onChanged }),
      cookies: strict("cookies", {
        onChanged: cookies.onChanged,
        // Looked up at each call, so that a test may have something happen meanwhile.
        get: (...details: Parameters<FakeCookies["get"]>) => cookies.get(...details),
        getAll: (...details: Parameters<FakeCookies["getAll"]>) => cookies.getAll(...details),
        set: (...details: Parameters<FakeCookies["set"]>) => cookies.set(...details),
        remove: (...details: Parameters<FakeCookies["remove"]>) => cookies.remove(...details),
      } satisfies Partial<Record<keyof typeof chrome.cookies, unknown>>),
      tabs: strict("tabs", this.tabs.tabsAPI()),
      windows: strict("windows", this.tabs.windowsAPI()),
      webNavigation: strict("webNavigation", this.tabs.webNavigationAPI()),
      webRequest: strict("webRequest", {
        onHeadersReceived: this.tabs.onHeadersReceived,
        OnHeadersReceivedOptions: { EXTRA_HEADERS: "extraHeaders" },
      } satisfies Partial<Record<keyof typeof chrome.webRequest, unknown>>),
      action: strict("action", action),
      permissions: strict("permissions", permissions),
      contextMenus: strict("contextMenus", contextMenus),
      i18n: strict("i18n", i18n),
      scripting: strict("scripting", scripting),
      management: strict("management", { getSelf: () => Promise.resolve({ installType: this.installType }) }),
    });
  }
}

/** A browser and a clock, in the places of the realm's. */
export function installBrowser(): { browser: FakeBrowser; clock: FakeClock; settled: typeof settled } {
  return { browser: new FakeBrowser().install(), clock: new FakeClock().install(), settled };
}
