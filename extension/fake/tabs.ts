// Windows, tabs, and the documents in them: what the browser attests of each. `chrome.windows`, `chrome.tabs` and `chrome.webNavigation`.

import { FakeEvent } from "./events.ts";
import { extensionURL } from "./identity.ts";

type Window = chrome.windows.Window & { id: number; incognito: boolean; left: number; top: number };
type Frame = chrome.webNavigation.GetAllFrameResultDetails;
export type Header = chrome.webRequest.HttpHeader;

/** What a new window may say of itself. */
export interface WindowInit {
  type?: "normal" | "popup" | "app";
  incognito?: boolean;
  left?: number;
  top?: number;
  width?: number;
  height?: number;
}

/** How a document comes into a tab. */
export interface Arrival {
  /** The headers of its response. */
  headers?: Header[];
  /** Nobody has seen its response: it was there before the extension, or a service worker made it. */
  unseen?: boolean;
}

/** Most of a window must be on the screen, or Chromium does not open it; in pixels. */
const screen = { width: 1_600, height: 900 };

export class FakeTabs {
  readonly #windows = new Map<number, Window>();
  readonly #tabs = new Map<number, chrome.tabs.Tab & { id: number; url: string }>();
  readonly #frames = new Map<number, Frame[]>();
  #lastId = 0;
  /** No window can be opened. */
  noWindows = false;
  /** What the browser calls the cookies of a tab that is in no container; undefined: it has no containers (Chromium). */
  cookieStoreId: string | undefined;
  /** The windows that were brought to the front, in order. */
  readonly raised: number[] = [];

  readonly onTabCreated = new FakeEvent<[chrome.tabs.Tab]>();
  readonly onTabUpdated = new FakeEvent<[tabId: number, info: chrome.tabs.OnUpdatedInfo, tab: chrome.tabs.Tab]>();
  readonly onTabRemoved = new FakeEvent<[tabId: number, info: chrome.tabs.OnRemovedInfo]>();
  readonly onTabReplaced = new FakeEvent<[added: number, removed: number]>();
  readonly onWindowCreated = new FakeEvent<[chrome.windows.Window]>();
  readonly onWindowRemoved = new FakeEvent<[windowId: number]>();
  readonly onCommitted = new FakeEvent<[Partial<chrome.webNavigation.WebNavigationTransitionCallbackDetails>]>();
  readonly onCreatedNavigationTarget = new FakeEvent<[{ tabId: number; sourceTabId: number }]>();
  readonly onHeadersReceived = new FakeEvent<[chrome.webRequest.OnHeadersReceivedDetails]>();

  /** The user, or a page, opens a window; it has no tab yet. */
  openWindow(init: WindowInit = {}): number {
    const { type = "normal", incognito = false, left = 0, top = 0, width = 1_000, height = 700 } = init;
    const id = ++this.#lastId;
    const window: Window = {
      ...{ id, incognito, left, top, width, height },
      ...{ alwaysOnTop: false, focused: true, type: type, state: "normal" },
    };
    this.#windows.set(id, window);
    this.onWindowCreated.emit({ ...window });
    return id;
  }

  closeWindow(windowId: number): void {
    if (!this.#windows.delete(windowId)) return;
    for (const { id, windowId: its } of [...this.#tabs.values()])
      if (its === windowId) this.closeTab(id, { isWindowClosing: true });
    this.onWindowRemoved.emit(windowId);
  }

  /** Opens a tab, in a new window unless one is named, and loads a page. Returns its id. */
  openTab(
    url: string,
    {
      windowId,
      openerTabId,
      cookieStoreId = this.cookieStoreId,
      ...arrival
    }: Arrival & { windowId?: number; openerTabId?: number; cookieStoreId?: string | undefined } = {},
  ): number {
    const inWindow = windowId ?? this.openWindow();
    const window = this.#windows.get(inWindow);
    if (window === undefined) throw new Error(`No window with id: ${inWindow.toString()}.`);
    const id = ++this.#lastId;
    const tab = {
      ...{ id, windowId: inWindow, url: "", incognito: window.incognito, index: 0, active: true, highlighted: true },
      ...{
        pinned: false,

        discarded: false,
        autoDiscardable: true,
        frozen: false,
        groupId: -1,
        lastAccessed: 0,
      },
      ...(openerTabId === undefined ? {} : { openerTabId }),
      ...(cookieStoreId === undefined ? {} : { cookieStoreId }),
    } as chrome.tabs.Tab & { id: number; url: string };
    this.#tabs.set(id, tab);
    this.onTabCreated.emit({ ...tab });
    this.navigate(id, url, arrival);
    return id;
  }

  closeTab(tabId: number, { isWindowClosing = false } = {}): void {
    const tab = this.#tabs.get(tabId);
    if (tab === undefined) return;
    this.#tabs.delete(tabId);
    this.#frames.delete(tabId);
    this.onTabRemoved.emit(tabId, { windowId: tab.windowId, isWindowClosing });
  }

  /** Another page comes into a tab. */
  navigate(tabId: number, url: string, arrival: Arrival = {}): void {
    const tab = this.navigateQuietly(tabId, url, arrival);
    this.onTabUpdated.emit(tabId, { status: "complete" }, { ...tab });
  }

  /** The same, of which the ports of the page before have not heard yet. */
  navigateQuietly(tabId: number, url: string, arrival: Arrival = {}): chrome.tabs.Tab {
    const tab = this.#there(tabId);
    tab.url = url;
    this.#frames.set(tabId, []);
    this.#arrive(tab, { frameId: 0, parentFrameId: -1 }, url, arrival);
    return tab;
  }

  /** The page in a tab goes elsewhere within its document (history.pushState), or comes onto the screen: nobody is told. */
  changePage(tabId: number, change: { url?: string; documentLifecycle?: string }): void {
    const frames = this.#frames.get(tabId) ?? [];
    const changed = frames.map((frame) => (frame.frameId === 0 ? ({ ...frame, ...change } as Frame) : frame));
    this.#frames.set(tabId, changed);
  }

  #there(tabId: number): chrome.tabs.Tab & { id: number; url: string } {
    const tab = this.#tabs.get(tabId);
    if (tab === undefined) throw new Error(`No tab with id: ${tabId.toString()}.`);
    return tab;
  }

  /** A frame comes into a page. Returns its id. */
  addFrame(tabId: number, url: string, parentFrameId = 0, arrival: Arrival = {}): number {
    const tab = this.#there(tabId);
    const frameId = ++this.#lastId;
    this.#arrive(tab, { frameId, parentFrameId }, url, arrival);
    return frameId;
  }

  #arrive(
    tab: chrome.tabs.Tab & { id: number },
    place: { frameId: number; parentFrameId: number },
    url: string,
    { headers = [], unseen = false }: Arrival,
  ): void {
    const documentId = `document ${(++this.#lastId).toString()}`;
    const top = place.frameId === 0;
    const frames = this.#frames.get(tab.id) ?? [];
    const frame = {
      ...{ ...place, documentId, url, errorOccurred: false, processId: 1 },
      ...{ frameType: top ? "outermost_frame" : "sub_frame", documentLifecycle: "active" },
    } as Frame;
    if (!unseen && /^https?:/.test(url))
      this.onHeadersReceived.emit({
        ...{ tabId: tab.id, ...place, url, method: "GET", requestId: documentId, statusCode: 200 },
        ...{ type: top ? "main_frame" : "sub_frame", timeStamp: 0, statusLine: "HTTP/1.1 200 OK" },
        ...{ documentLifecycle: "active", frameType: frame.frameType, responseHeaders: headers },
        ...("cookieStoreId" in tab ? { cookieStoreId: tab.cookieStoreId } : {}),
      });
    this.#frames.set(tab.id, [...frames, frame]);
    const details = { tabId: tab.id, ...place, documentId, url, timeStamp: 0, processId: 1 };
    this.onCommitted.emit(details);
  }

  get tabs(): chrome.tabs.Tab[] {
    return [...this.#tabs.values()].map((tab) => ({ ...tab }));
  }

  get windows(): Window[] {
    return [...this.#windows.values()].map((window) => ({ ...window }));
  }

  frames(tabId: number): Frame[] | null {
    return this.#frames.get(tabId)?.map((frame) => ({ ...frame })) ?? null;
  }

  /** What the browser attests of a document's messages. */
  senderOf(tabId: number, frameId = 0): chrome.runtime.MessageSender {
    const tab = this.#tabs.get(tabId);
    const frame = this.#frames.get(tabId)?.find((one) => one.frameId === frameId);
    if (tab === undefined || frame === undefined)
      throw new Error(`no frame ${frameId.toString()} in tab ${tabId.toString()}`);
    const { url, documentId } = frame;
    const { origin } = new URL(url);
    return { url, origin, documentId, frameId, documentLifecycle: "active", tab: { ...tab } };
  }

  /** `chrome.windows`. */
  windowsAPI() {
    const there = (id: number): Window => {
      const window = this.#windows.get(id);
      if (window === undefined) throw new Error(`No window with id: ${id.toString()}.`);
      return window;
    };
    return {
      onCreated: this.onWindowCreated,
      onRemoved: this.onWindowRemoved,
      get: async (id: number, { windowTypes = ["normal", "popup"] }: { windowTypes?: string[] } = {}) => {
        await Promise.resolve();
        const window = there(id);
        // Windows of apps are told of only to those who ask for them.
        if (!windowTypes.includes(window.type ?? "")) throw new Error(`No window with id: ${id.toString()}.`);
        return { ...window };
      },
      getAll: async () => {
        await Promise.resolve();
        return this.windows;
      },
      create: async ({ url, ...init }: chrome.windows.CreateData) => {
        await Promise.resolve();
        if (this.noWindows) throw new Error("no window can be opened");
        const { left = 0, top = 0, width = 0, height = 0 } = init;
        const visible =
          Math.max(0, Math.min(left + width, screen.width) - Math.max(left, 0)) *
          Math.max(0, Math.min(top + height, screen.height) - Math.max(top, 0));
        if (visible < (width * height) / 2)
          throw new Error("Invalid value for bounds. Bounds must be at least 50% within visible screen space.");
        const id = this.openWindow({ type: "popup", left, top, width, height });
        this.openTab(new URL(String(url), extensionURL("")).href, { windowId: id });
        return { ...there(id) };
      },
      update: async (id: number, _: chrome.windows.UpdateInfo) => {
        await Promise.resolve();
        this.raised.push(id);
        return { ...there(id) };
      },
      remove: async (id: number) => {
        await Promise.resolve();
        there(id);
        this.closeWindow(id);
      },
    } satisfies Partial<Record<keyof typeof chrome.windows, unknown>>;
  }

  /** `chrome.tabs`. */
  tabsAPI() {
    const there = this.#there.bind(this);
    return {
      onCreated: this.onTabCreated,
      onUpdated: this.onTabUpdated,
      onRemoved: this.onTabRemoved,
      onReplaced: this.onTabReplaced,
      get: async (id: number) => {
        await Promise.resolve();
        return { ...there(id) };
      },
      query: async ({ url }: { url?: string | string[] }) => {
        await Promise.resolve();
        const patterns = url === undefined ? undefined : [url].flat();
        const fits = (tab: chrome.tabs.Tab): boolean =>
          patterns?.some((pattern) => (tab.url ?? "").startsWith(pattern.replace(/\*.*$/, ""))) ?? true;
        return this.tabs.filter(fits);
      },
      create: async ({ url = "about:blank" }: chrome.tabs.CreateProperties) => {
        await Promise.resolve();
        return { ...there(this.openTab(url)) };
      },
      update: async (id: number, { url }: chrome.tabs.UpdateProperties) => {
        await Promise.resolve();
        there(id);
        if (url !== undefined) this.navigate(id, url);
        return { ...there(id) };
      },
      remove: async (id: number) => {
        await Promise.resolve();
        there(id);
        this.closeTab(id);
      },
    } satisfies Partial<Record<keyof typeof chrome.tabs, unknown>>;
  }

  /** `chrome.webNavigation`. */
  webNavigationAPI() {
    return {
      onCommitted: this.onCommitted,
      onCreatedNavigationTarget: this.onCreatedNavigationTarget,
      getAllFrames: async ({ tabId }: { tabId: number }) => {
        await Promise.resolve();
        return this.frames(tabId);
      },
      getFrame: async ({ documentId }: { documentId?: string }) => {
        await Promise.resolve();
        for (const [, frames] of this.#frames)
          for (const frame of frames) if (frame.documentId === documentId) return { ...frame };
        return null;
      },
    } satisfies Partial<Record<keyof typeof chrome.webNavigation, unknown>>;
  }
}
