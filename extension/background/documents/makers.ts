// What a document without a response of its own has from the one that made it, when it is the top of its tab: about:blank and blob: documents
// have their maker's policies. By the time it asks, the maker may have closed, gone elsewhere or cut the tie, so its headers are looked up
// when the tab is created, or when the document takes its maker's place.
//
// Browsers tell which tab or frame opened a tab, not which document made a document. So what all documents of the document's origin there came
// with counts, the strictest of it.

import { ext } from "../../shared/ext.ts";
import { onTabGone, placeOf } from "./documents.ts";
import { strictest } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { isLocal } from "./frame_tree.ts";
import { recordsOf } from "./headers.ts";
import { MakerTable } from "./maker_table.ts";
import type { Makers } from "./maker_table.ts";
import { Shelf } from "../intake/shelf.ts";
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

const shelf = new Shelf<{ at: number; makers: Makers }>("session", "makers:", {
  entries: 500,
  size: 1_000_000,
  entriesOfOwner: 100,
  sizeOfOwner: 300_000,
});
/** By tab; what was written is read once. Kept in storage.session too, where a stop of the worker forgets nothing. */
const table = new MakerTable({
  read: async (tabId) => (await shelf.get(tabId.toString()))?.makers,
  write: async (tabId, makers) => {
    const origin = makers.find((maker) => maker.origin !== "")?.origin ?? "";
    const isPrivate = (await kindOf({ tabId })) !== "normal";
    await shelf.put(tabId.toString(), { at: Date.now(), makers }, placeOf(origin, origin, isPrivate));
  },
  remove: (tabId) => shelf.remove((id) => id === tabId.toString()),
});

function originOf(url: string): string {
  if (url.startsWith("about:") || !URL.canParse(url)) return "";
  const { origin } = new URL(url);
  return origin === "null" ? "" : origin;
}

/** Listens from now on. Call once, in the first turn of the background. */
export function watchMakers(): void {
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
      if (isLocal(url) && before !== undefined) table.add(tabId, factsOf(tabId, [before]));
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
  table.add(tabId, documents.length > 0 ? factsOf(openerTabId, documents) : askBrowser(openerTabId));
  // An empty window that opened this one has its policies from elsewhere.
  table.hand(openerTabId, tabId);
}

async function askBrowser(tabId: number): Promise<Makers> {
  const frames = (await ext.webNavigation.getAllFrames({ tabId })) ?? [];
  return await factsOf(
    tabId,
    frames.map(({ documentId, url }) => ({ documentId, origin: originOf(url) })),
  );
}

async function factsOf(tabId: number, documents: readonly Shown[]): Promise<Makers> {
  const records = await recordsOf(
    tabId,
    documents.map(({ documentId }) => documentId),
  );
  return documents.flatMap(({ origin }, index) => {
    const facts = records[index]?.facts ?? records[index]?.kept;
    return facts === undefined ? [] : [{ origin, facts }];
  });
}

/**
 * What an about:blank or blob: document of this origin, at the top of a tab, has from its maker. Undefined when that is not known.
 */
export async function makerFacts({ id, openerTabId }: chrome.tabs.Tab, origin: string): Promise<Facts | undefined> {
  const kept = id === undefined ? [] : await table.of(id);
  const now = openerTabId === undefined ? [] : await askBrowser(openerTabId);
  const facts = [...kept, ...now].flatMap((maker) => (["", origin].includes(maker.origin) ? [maker.facts] : []));
  return facts.length === 0 ? undefined : strictest(facts);
}
