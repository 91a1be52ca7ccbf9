// The permissions policy `direct-sockets` (explainer: "Permissions Policy integration"; default allowlist `self`).
//
// For the top-level document the response header decides. A frame has the feature only when it and everything above it is of the top-level
// document's origin; a frame of another origin would need its `allow` attribute, which is not read yet, so it is refused.
//
// Headers are seen when a document loads, long before the API may be used, and the worker may stop in between: what matters is kept in
// storage.session, by documentId.

import { ext } from "../ext.ts";
import { allows, parseAllowlist } from "./allowlist.ts";
import type { Allowlist } from "./allowlist.ts";

const key = (documentId: string): string => `policy:${documentId}`;
const pendingKey = (tabId: number): string => `policy-pending:${tabId.toString()}`;

/** Watches navigations from now on. Call once, in the first turn of the background, so that events can start it. */
export function watchHeaders(): void {
  // Storage calls are chained: an onCommitted must see what the onHeadersReceived before it kept.
  let last: Promise<unknown> = Promise.resolve();
  const next = (work: () => Promise<unknown>): void => {
    last = last.then(work).catch((error: unknown) => {
      console.error("permissions policy:", error);
    });
  };
  ext.webRequest.onHeadersReceived.addListener(
    (details) => {
      // Firefox has the member, and null in it.
      const { documentId } = details as { documentId?: string | null };
      if (typeof documentId === "string") return undefined; // a prefetch, not this frame's own navigation
      if (details.statusCode >= 300 && details.statusCode < 400 && details.statusCode !== 304) return undefined;
      const values = (details.responseHeaders ?? []).flatMap((h) =>
        h.name.toLowerCase() === "permissions-policy" && h.value !== undefined ? [h.value] : [],
      );
      const list = parseAllowlist(values);
      const { tabId, url } = details;
      next(() =>
        list === undefined
          ? ext.storage.session.remove(pendingKey(tabId))
          : ext.storage.session.set({ [pendingKey(tabId)]: { url, list } }),
      );
      return undefined;
    },
    { urls: ["<all_urls>"], types: ["main_frame"] },
    ["responseHeaders"],
  );
  ext.webNavigation.onCommitted.addListener(({ tabId, frameId, documentId, url }) => {
    if (frameId !== 0) return;
    next(async () => {
      const stored = await ext.storage.session.get(pendingKey(tabId));
      const pending = stored[pendingKey(tabId)] as { url: string; list: Allowlist } | undefined;
      if (pending === undefined || stripFragment(pending.url) !== stripFragment(url)) return;
      await ext.storage.session.remove(pendingKey(tabId));
      await ext.storage.session.set({ [key(documentId)]: pending.list });
    });
  });
}

function stripFragment(url: string): string {
  const at = url.indexOf("#");
  return at < 0 ? url : url.slice(0, at);
}

/** Reports whether the document that sent this may use the feature. Stands on what the browser attests, not on what the document says. */
export async function isAllowed(sender: chrome.runtime.MessageSender): Promise<boolean> {
  const { tab, frameId, documentId, origin } = sender;
  if (
    tab?.id === undefined ||
    frameId === undefined ||
    documentId === undefined ||
    origin === undefined ||
    origin === "null"
  )
    return false;
  let top = documentId;
  if (frameId !== 0) {
    const frames = await ext.webNavigation.getAllFrames({ tabId: tab.id });
    const byId = new Map(frames?.map((frame) => [frame.frameId, frame]));
    let frame = byId.get(frameId);
    if (frame?.documentId !== documentId) return false;
    while (frame.parentFrameId >= 0) {
      const parent = byId.get(frame.parentFrameId);
      if (parent === undefined) return false;
      // about:blank and srcdoc documents are of their parent's origin, or of an opaque one, which its children inherit with the sandbox.
      if (!parent.url.startsWith("about:") && new URL(parent.url).origin !== origin) return false;
      frame = parent;
    }
    top = frame.documentId;
  }
  const stored = await ext.storage.session.get(key(top));
  return allows(stored[key(top)] as Allowlist | undefined, origin);
}
