// Firefox and the browsers made from it.

import { isContainer } from "../shared/container.ts";
import { ext } from "../shared/ext.ts";
import { LanePort, messageBytes } from "./lane_port.ts";
import { relayLane } from "./lane_relay.ts";
import { answerKept, giveAlone, KeptItems, tellPages } from "./kept_items.ts";
import { aloneRemotely, KeptRemotely } from "./kept_remotely.ts";
import type {
  Area,
  AreaName,
  BackgroundPlatform,
  Changes,
  ContentPlatform,
  HostEnd,
  PagesPlatform,
  StoragePlatform,
} from "./platform.ts";

/** Reads Firefox's words as one of our causes. Its error is null for a program that has ended, in whichever way and at whatever time. */
function causeOf(error: { message?: string } | null | undefined): HostEnd["cause"] {
  if (error === null) return "ended";
  const text = error?.message ?? "";
  // It says the same of a manifest that is not there, of one that it cannot use, and of one that does not list the extension.
  if (/no such native application/i.test(text)) return "missing";
  if (/exceeds the limit/i.test(text)) return "garbled";
  // A file that is not there or not executable. Rarely what such a program says is a frame, but no JSON: that is not told apart.
  if (/unexpected error/i.test(text)) return "unstarted";
  return "other";
}

/** What it calls the cookies of the default container, and those of private windows. Of any other container this is the container's id. */
const stores = { normal: "firefox-default", private: "firefox-private" } as const;

export const background: BackgroundPlatform = {
  documentIdOf: ({ documentId }) => documentId, // versions before 153 have none: then nothing is opened
  // It prerenders nothing, and has no fenced frames; of what is in the back/forward cache, webNavigation lists nothing.
  isActive: () => true,
  isInPage: () => true,
  isPrivateRequest: (request) => (request as { incognito?: boolean }).incognito,
  initiatorOf: (request) => {
    const { originUrl } = request as { originUrl?: string };
    if (originUrl === undefined) return undefined;
    return URL.canParse(originUrl) ? new URL(originUrl).origin : "null";
  },
  containerOf: (tabOrRequest) => {
    const { cookieStoreId } = tabOrRequest as { cookieStoreId?: unknown };
    if (cookieStoreId === stores.normal || cookieStoreId === stores.private) return {};
    //rule:unknown-container-opens-nothing
    return isContainer(cookieStoreId) ? { container: cookieStoreId } : undefined;
  },
  cookiesOf: (container) => (container === undefined ? {} : { storeId: container }),
  isCookieOf: (container, { storeId }) =>
    /*rule:marker-counts-in-its-container*/ storeId === (container ?? stores.normal),
  everyHeader: () => ["responseHeaders"], // an error for any other word
  protectStorage: () => Promise.resolve(), // nothing is in storage.local, and storage.session is never there for content scripts
  storageService: {
    connect: giveAlone,
    answer: (message) => answerKept(storage.areas.local, message),
  },
  isNothingManaged: (error) => /manifest not found/i.test(String(error)),
  managedComesLate: false, // it has read its policies before any extension starts
  hostEnd: (port) => {
    const { error } = port as { error?: { message?: string } | null };
    return { cause: causeOf(error), text: error?.message ?? "" };
  },
  // No frame in a page may reach loopback here, but the background may.
  lane: {
    capability: "laneOrigin",
    wish: () => ({ origin: ext.runtime.getURL("").slice(0, -1), messageBytes }),
    isFor: ({ tab, documentId }, offer) =>
      /*rule:lane-key-for-its-document*/ documentId === offer.documentId && tab?.id === offer.tabId,
    //rule:lane-ticket-stays-in-background
    give: relayLane,
  },
};

/**
 * storage.local is open to content scripts here, and cannot be closed to them. So what belongs there is in the extension's own IndexedDB, and
 * storage.local stays empty: whatever a content script puts there counts for nothing.
 */
class OwnStorage implements StoragePlatform {
  readonly areas: Readonly<Record<AreaName, Area>>;
  readonly #isPage = location.href.startsWith(ext.runtime.getURL("ui/"));
  readonly #listeners: ((changes: Changes, area: string) => void)[] = [];

  constructor() {
    const tell = (changes: Changes): void => {
      for (const listener of this.#listeners) listener(changes, "local");
    };
    const local = this.#isPage
      ? new KeptRemotely(tell)
      : new KeptItems((changes) => {
          tell(changes);
          tellPages(changes);
        });
    this.areas = { local: /*rule:kept-out-of-storage-local*/ local, session: ext.storage.session };
  }

  onChanged(listener: (changes: Changes, area: string) => void): void {
    this.#listeners.push(listener);
    ext.storage.onChanged.addListener((changes, area) => {
      if (/*rule:storage-local-counts-for-nothing*/ area !== "local") listener(changes, area);
    });
  }

  alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#isPage ? aloneRemotely(name, work) : navigator.locks.request<Promise<T>>(name, work);
  }
}

let made: OwnStorage | undefined;
/** Made with the first use: content scripts have none. */
const ownStorage = (): OwnStorage => (made ??= new OwnStorage());

export const storage: StoragePlatform = {
  get areas() {
    return ownStorage().areas;
  },
  onChanged: (listener) => {
    ownStorage().onChanged(listener);
  },
  alone: (name, work) => ownStorage().alone(name, work),
};

export const content: ContentPlatform = {
  shadowRootOf: (element) => (element as { openOrClosedShadowRoot?: ShadowRoot | null }).openOrClosedShadowRoot ?? null,
  openDataChannel: (key, page) => new LanePort(key, page),
};

export const pages: PagesPlatform = {
  pinText: "setupPinHowFirefox",
  missingText: "setupMissingFirefox",
  screenScale: (zoom) => zoom, // a page is told all of them in its own pixels
};
