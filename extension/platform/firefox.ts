// Firefox and the browsers made from it.

import { isContainer } from "../shared/container.ts";
import type { BackgroundPlatform, ContentPlatform, HostEnd } from "./platform.ts";

/** Reads Firefox's words as one of our causes. It says the same of a manifest that is not there and of one that does not list the extension. */
const causeOf = (text: string): HostEnd["cause"] => (/no such native application/i.test(text) ? "missing" : "other");

/** What it calls the cookies of the default container, and those of private windows. Of any other container this is the container's id. */
const stores = { normal: "firefox-default", private: "firefox-private" } as const;

export const background: BackgroundPlatform = {
  documentIdOf: ({ documentId }) => documentId, // versions before 153 have none: then nothing is opened
  // It prerenders nothing, and has no fenced frames; of what is in the back/forward cache, webNavigation lists nothing.
  isActive: () => true,
  isInPage: () => true,
  isPrivateRequest: (request) => (request as { incognito?: boolean }).incognito,
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
  protectStorage: () => Promise.resolve(), // it has no way to: storage.local is there for content scripts, storage.session never is
  managedComesLate: false, // it has read its policies before it starts extensions
  isNothingManaged: (error) => /manifest not found/i.test(String(error)),
  hostEnd: (port) => {
    const text = (port as { error?: { message?: string } | null }).error?.message ?? "";
    return { cause: causeOf(text), text };
  },
};

export const content: ContentPlatform = {
  shadowRootOf: (element) => (element as { openOrClosedShadowRoot?: ShadowRoot | null }).openOrClosedShadowRoot ?? null,
  // No data channel: a frame in a page may not reach loopback here, and the host offers Firefox none.
};
