// Firefox and the browsers made from it.

import { ext } from "../shared/ext.ts";
import { LanePort, messageBytes } from "./lane_port.ts";
import { relayLane } from "./lane_relay.ts";
import type { BackgroundPlatform, ContentPlatform, HostEnd } from "./platform.ts";

/** Reads Firefox's words as one of our causes. It says the same of a manifest that is not there and of one that does not list the extension. */
const causeOf = (text: string): HostEnd["cause"] => (/no such native application/i.test(text) ? "missing" : "other");

export const background: BackgroundPlatform = {
  documentIdOf: ({ documentId }) => documentId, // older versions have none: then nothing is opened
  // What has come into the frame meanwhile takes the script, and makes nothing of it before its page uses the API.
  targetOf: ({ frameId = 0 }, tabId) => ({ tabId, frameIds: [frameId] }),
  // It prerenders nothing, and has no fenced frames; of what is in the back/forward cache, webNavigation lists nothing.
  isActive: () => true,
  isInPage: () => true,
  isPrivateRequest: (request) => (request as { incognito?: boolean }).incognito,
  everyHeader: () => ["responseHeaders"], // an error for any other word
  protectStorage: () => Promise.resolve(), // it has no way to: storage.local is there for content scripts, storage.session never is
  isNothingManaged: (error) => /manifest not found/i.test(String(error)),
  hostEnd: (port) => {
    const text = (port as { error?: { message?: string } | null }).error?.message ?? "";
    return { cause: causeOf(text), text };
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
