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
};

export const content: ContentPlatform = {
  shadowRootOf: (element) => ext.dom.openOrClosedShadowRoot(element),
  openDataChannel: (key, up) => new LaneFrame(key, up),
};

export const pages: PagesPlatform = { pinText: "setupPinHow", missingText: "setupMissing" };
