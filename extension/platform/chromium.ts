// Chromium and the browsers made from it.

import { ext } from "../shared/ext.ts";
import { LaneFrame } from "./lane_frame.ts";
import type { BackgroundPlatform, ContentPlatform, HostEnd, PagesPlatform } from "./platform.ts";

/** Members that @types/chrome does not have everywhere. */
interface Lifecycle {
  frameType?: string;
  documentLifecycle?: string;
}

const isActive = ({ documentLifecycle = "active" }: Lifecycle): boolean => documentLifecycle === "active";

/** Reads Chromium's words as one of our causes. */
function causeOf(text: string): HostEnd["cause"] {
  if (/not found/i.test(text)) return "missing";
  if (/forbidden/i.test(text)) return "forbidden";
  if (/disabled by the system administrator/i.test(text)) return "blocked";
  if (/failed to start/i.test(text)) return "unstarted";
  if (/has exited/i.test(text)) return "ended";
  if (/error when communicating/i.test(text)) return "garbled";
  return "other";
}

export const background: BackgroundPlatform = {
  documentIdOf: ({ documentId }) => documentId,
  isActive,
  isInPage: (frame: Lifecycle) => frame.frameType !== "fenced_frame" && isActive(frame),
  isPrivateRequest: () => undefined,
  initiatorOf: ({ initiator }) => initiator,
  // It has no containers.
  containerOf: () => ({}),
  cookiesOf: () => ({}),
  isCookieOf: () => true,
  // Some, such as Clear-Site-Data, are kept from those who do not ask for "extraHeaders".
  everyHeader: () => ["responseHeaders", "extraHeaders"],
  isNothingManaged: () => false, // then it answers with {}
  protectStorage: () =>
    ext.storage.local.setAccessLevel({
      accessLevel: /*rule:storage-local-is-trusted-only*/ /*rule:storage-session-is-trusted-only*/ "TRUSTED_CONTEXTS",
    }),
  managedComesLate: true, // some 3 s were seen
  hostEnd: () => {
    const text = ext.runtime.lastError?.message ?? "";
    return { cause: causeOf(text), text };
  },
  // A frame of ours in the page, which may reach loopback. The browser does not say in which document it sits (webNavigation.getFrame gives null
  // for it), only in which tab: so the key is what ties the two together, and the tab is looked at, too.
  lane: {
    capability: "lane",
    wish: () => ({}), // the browser has told the host the origin
    isFor: ({ tab, url }, { tabId }) =>
      // Its address on the web changes from session to session (getURL with its path); what the browser attests is the extension's own.
      /*rule:lane-key-for-lane-frame*/ url === `${ext.runtime.getURL("")}lane/frame.html` &&
      /*rule:lane-key-for-its-tab*/ tab?.id === tabId,
    give: (port, way) => {
      port.postMessage(way);
      return () => {
        port.disconnect();
      };
    },
  },
};

export const content: ContentPlatform = {
  shadowRootOf: (element) => ext.dom.openOrClosedShadowRoot(element),
  openDataChannel: (key, page) => new LaneFrame(key, page),
};

export const pages: PagesPlatform = {
  pinText: "setupPinHow",
  missingText: "setupMissing",
  screenScale: () => 1,
};
