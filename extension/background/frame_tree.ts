// The documents from the top of a tab down to one of its frames, as the browser attests them (webNavigation).

import { ext } from "../ext.ts";
import { isTrustworthyOrigin } from "./origin.ts";

export interface TreeDocument {
  documentId: string;
  /** Where the document is now; same-document navigations count. */
  url: string;
}

/**
 * The way from the top-level document to `documentId`, both included. Undefined when it is not on the screen (it is gone, prerendered, or in
 * the back/forward cache), or in a fenced frame, which no policy of its embedder reaches.
 */
export async function pathTo(tabId: number, documentId: string): Promise<TreeDocument[] | undefined> {
  const frames = (await ext.webNavigation.getAllFrames({ tabId })) ?? [];
  const byId = new Map(frames.map((frame) => [frame.frameId, frame]));
  // Not by the frame id that the sender had when it connected: a prerendered document changes its own when it is shown.
  let frame = frames.find((candidate) => candidate.documentId === documentId);
  const path: TreeDocument[] = [];
  while (frame !== undefined) {
    const { frameType, documentLifecycle } = frame as { frameType?: string; documentLifecycle?: string };
    if (frameType === "fenced_frame" || (documentLifecycle ?? "active") !== "active") return undefined;
    path.unshift({ documentId: frame.documentId, url: frame.url });
    if (frame.parentFrameId < 0) return path;
    frame = byId.get(frame.parentFrameId);
  }
  return undefined;
}

/**
 * Reports whether a document at `url` has no response of its own, and so the policies of the document that made it: about:blank,
 * about:srcdoc, blob: and so on (HTML, "determining navigation params policy container").
 */
export function isLocal(url: string): boolean {
  return !/^https?:/i.test(url);
}

/**
 * Reports whether nothing in these URLs speaks against a secure context (Secure Contexts, section 3.2: all ancestors). Documents of about:
 * URLs have their origin from elsewhere, which the caller judges when it is attested.
 */
export function areSecure(path: readonly TreeDocument[]): boolean {
  return path.every(({ url }) => {
    if (url.startsWith("about:")) return true;
    try {
      return isTrustworthyOrigin(new URL(url).origin); // blob: URLs have the origin of their maker, data: URLs none
    } catch {
      return false;
    }
  });
}
