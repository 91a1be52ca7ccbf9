// The documents from the top of a tab down to one of its frames, as the browser attests them (webNavigation).

import { background as platform } from "../../platform/current.ts";
import { heldBy } from "./handshake.ts";
import { isTrustworthyOrigin } from "../intake/origin.ts";
import type { Place, TreeDocument } from "./place.ts";
import { forgetFrames, framesAround, framesNow, type Frame } from "./tab_frames.ts";

const maxDepth = 32;

/** `now`: URLs are to be those of this moment, and not of when the frames of the tab were listed. */
interface How {
  now?: boolean;
}

/**
 * The way from the top-level document to `place`, both included. Undefined when it is not on the screen (it is gone, prerendered, or in
 * the back/forward cache), or in a fenced frame, which no policy of its embedder reaches.
 *
 * webNavigation lists no documents of blob: URLs, nor frames that came back out of the back/forward cache. Their parents are those that
 * answered the handshake: a document that answers for another one in its tab gives away no more than it could by holding it in a frame.
 */
export async function pathTo(place: Place, how: How = {}): Promise<TreeDocument[] | undefined> {
  const path = await find(place, how, 0);
  //rule:frames-asked-anew-after-refusal
  if (path === undefined) forgetFrames(place.tabId); // it may be on the screen the next time
  return path;
}

async function find(place: Place, how: How, depth: number): Promise<TreeDocument[] | undefined> {
  const { tabId, documentId, url, frameId } = place;
  const frames = await (how.now === true ? framesNow(tabId) : framesAround(documentId, tabId));
  // Not by the frame id that the sender had when it connected: a prerendered document changes its own when it is shown.
  const listed = frames.find((candidate) => candidate.documentId === documentId);
  if (listed !== undefined) return listedPath(frames, listed);
  if (frameId === 0) return frames.some((frame) => frame.frameId === 0) ? undefined : [{ documentId, url }];
  const held = depth < maxDepth ? await heldBy(documentId) : undefined;
  const above = held && (await find(held.parent, how, depth + 1));
  return above && [...above, { documentId, url }];
}

function listedPath(frames: readonly Frame[], last: Frame): TreeDocument[] | undefined {
  const byId = new Map(frames.map((frame) => [frame.frameId, frame]));
  const path: TreeDocument[] = [];
  for (let frame: Frame | undefined = last; frame !== undefined; frame = byId.get(frame.parentFrameId)) {
    if (!platform.isInPage(frame)) return undefined;
    path.unshift({ documentId: frame.documentId, url: frame.url });
    if (frame.parentFrameId < 0) return path;
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
      return isTrustworthyOrigin(new URL(url).origin); // blob: URLs have the origin of their creator, data: URLs none
    } catch {
      return false;
    }
  });
}
