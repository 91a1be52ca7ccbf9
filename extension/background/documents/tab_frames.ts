// The frames of tabs, as the browser lists them: asked once for all opens in a tab, and again when another document has come into it.
//
// The documents above a document are the same for as long as it lives: frames do not move from document to document, and who takes a document's
// place comes with a commit. URLs do change within a document, which the browser does not tell here: whoever needs those asks anew. What is not
// in a list, or is refused by it, is asked anew, too.

import { ext } from "../../shared/ext.ts";
import { onTabGone } from "./documents.ts";

export type Frame = chrome.webNavigation.GetAllFrameResultDetails;

/** By tab; undefined while nobody watches for what would make them wrong. */
let lists: Map<number, Promise<readonly Frame[]>> | undefined;

/** The frames of a tab; the document is among them if the browser lists it. Who asks first is answered first. */
export async function framesAround(documentId: string, tabId: number): Promise<readonly Frame[]> {
  const asked = lists?.get(tabId);
  const known = await (asked ?? framesNow(tabId));
  if (asked === undefined || known.some((frame) => frame.documentId === documentId)) return known;
  return await framesNow(tabId);
}

/** The frames of a tab as they are now. */
export function framesNow(tabId: number): Promise<readonly Frame[]> {
  const asking = ext.webNavigation.getAllFrames({ tabId }).then((frames) => frames ?? []);
  lists?.set(tabId, asking); // before the answer: a commit that comes meanwhile takes it away
  asking.catch(() => {
    if (lists?.get(tabId) === asking) forgetFrames(tabId);
  });
  return asking;
}

export function forgetFrames(tabId: number): void {
  lists?.delete(tabId);
}

/** Watches from now on, and keeps lists. Call once, in the first turn of the background. */
export function watchFrames(): void {
  lists = new Map();
  ext.webNavigation.onCommitted.addListener(({ tabId }) => {
    //rule:frames-asked-anew-after-commit
    forgetFrames(tabId);
  });
  onTabGone(forgetFrames);
}
