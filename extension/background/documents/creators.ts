// What a document without a response of its own has from the one that created it, when it is the top of its tab: about:blank and blob: documents
// have their creator's policies. By the time it asks, the creator may have closed, gone elsewhere or cut the tie, so its headers are looked up
// when the tab is created, or when the document takes its creator's place.
//
// Browsers tell which tab or frame opened a tab, not which document created a document. So what all documents of the document's origin there came
// with counts, the strictest of it.

import { ext } from "../../shared/ext.ts";
import { onTabGone, placeOf } from "./documents.ts";
import { strictest } from "./header_policy.ts";
import type { HeaderPolicy } from "./header_policy.ts";
import { isLocal } from "./frame_tree.ts";
import { recordsOf } from "./headers.ts";
import { CreatorTable } from "./creator_table.ts";
import type { Creators } from "./creator_table.ts";
import { BoundedStore } from "../intake/bounded_store.ts";
import { kindOf } from "./window_kind.ts";

interface Shown {
  documentId: string;
  /** "" when it is not known: about: documents have theirs from elsewhere. */
  origin: string;
}

/** Documents on the screen by tab and frame. Memory is enough: after a stop of the worker the browser is asked. */
const shown = new Map<number, Map<number, Shown>>();
/** Frames that are remembered of one tab. */
const maxFrames = 100;

const store = new BoundedStore<{ at: number; creators: Creators }>("session", "creators:", {
  entries: 500,
  size: 1_000_000,
  entriesOfOwner: 100,
  sizeOfOwner: 300_000,
});
/** By tab; what was written is read once. Kept in storage.session too, where a stop of the worker forgets nothing. */
const table = new CreatorTable({
  read: async (tabId) => (await store.get(tabId.toString()))?.creators,
  write: async (tabId, creators) => {
    const origin = creators.find((creator) => creator.origin !== "")?.origin ?? "";
    const isPrivate = (await kindOf({ tabId })) !== "normal";
    await store.put(tabId.toString(), { at: Date.now(), creators }, placeOf(origin, origin, isPrivate));
  },
  remove: (tabId) => store.remove((id) => id === tabId.toString()),
});

function originOf(url: string): string {
  if (url.startsWith("about:") || !URL.canParse(url)) return "";
  const { origin } = new URL(url);
  return origin === "null" ? "" : origin;
}

/** Listens from now on. Call once, in the first turn of the background. */
export function watchCreators(): void {
  ext.tabs.onCreated.addListener(({ id, openerTabId }) => {
    if (id !== undefined && openerTabId !== undefined) note(id, openerTabId);
  });
  // Of windows without an opener, too: rel=noopener.
  ext.webNavigation.onCreatedNavigationTarget.addListener(({ tabId, sourceTabId }) => {
    note(tabId, sourceTabId);
  });
  ext.webNavigation.onCommitted.addListener(({ tabId, frameId, documentId, url }) => {
    const frames = shown.get(tabId) ?? new Map<number, Shown>();
    const before = frames.get(frameId);
    if (frameId === 0) {
      frames.clear();
      if (isLocal(url) && before !== undefined) table.add(tabId, policiesOf(tabId, [before]));
    }
    shown.set(tabId, frames);
    if (frames.size < maxFrames) frames.set(frameId, { documentId, origin: originOf(url) });
  });
  onTabGone((tabId) => {
    shown.delete(tabId);
    table.forget(tabId);
  });
}

/** A document in `openerTabId` has opened `tabId`. What is shown there now is looked at now: in a moment it may be gone. */
function note(tabId: number, openerTabId: number): void {
  const documents = [...(shown.get(openerTabId)?.values() ?? [])];
  table.add(tabId, documents.length > 0 ? policiesOf(openerTabId, documents) : askBrowser(openerTabId));
  // An empty window that opened this one has its policies from elsewhere.
  table.hand(openerTabId, tabId);
}

async function askBrowser(tabId: number): Promise<Creators> {
  const frames = (await ext.webNavigation.getAllFrames({ tabId })) ?? [];
  return await policiesOf(
    tabId,
    frames.map(({ documentId, url }) => ({ documentId, origin: originOf(url) })),
  );
}

async function policiesOf(tabId: number, documents: readonly Shown[]): Promise<Creators> {
  const records = await recordsOf(
    tabId,
    documents.map(({ documentId }) => documentId),
  );
  return documents.flatMap(({ origin }, index) => {
    const policy = records[index]?.policy ?? records[index]?.cached;
    return policy === undefined ? [] : [{ origin, policy }];
  });
}

/**
 * What an about:blank or blob: document of this origin, at the top of a tab, has from its creator. Undefined when that is not known.
 */
export async function creatorPolicy(
  { id, openerTabId }: chrome.tabs.Tab,
  origin: string,
): Promise<HeaderPolicy | undefined> {
  //rule:makers-outlive-their-document
  const before = id === undefined ? [] : await table.of(id);
  const now = openerTabId === undefined ? [] : await askBrowser(openerTabId);
  const policies = [...before, ...now].flatMap((creator) =>
    ["", origin].includes(creator.origin) ? [creator.policy] : [],
  );
  return policies.length === 0 ? undefined : strictest(policies);
}
