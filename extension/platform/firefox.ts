// Firefox and the browsers made from it.

import { isContainer } from "../shared/container.ts";
import { ext } from "../shared/ext.ts";
import { LanePort, messageBytes } from "./lane_port.ts";
import { relayLane } from "./lane_relay.ts";
import type { BackgroundPlatform, ContentPlatform, HostEnd, PagesPlatform } from "./platform.ts";

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
    //rule:initiator-named-by-browser
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

export const content: ContentPlatform = {
  shadowRootOf: (element) => (element as { openOrClosedShadowRoot?: ShadowRoot | null }).openOrClosedShadowRoot ?? null,
  openDataChannel: (key, page) => new LanePort(key, page),
};

export const pages: PagesPlatform = {
  pinText: "setupPinHowFirefox",
  missingText: "setupMissingFirefox",
  screenScale: (zoom) => zoom, // a page is told all of them in its own pixels
};
