// Whose a request is: a normal window's, a private one's, or nobody can say. What the two kinds of windows do is kept and counted apart.
//
// Requests of workers have no tab, and Chromium does not tell which profile they are of (Firefox does). As long as no private window is open
// they are normal windows'. While one is open, they have an account of their own: nothing of it reaches normal windows, or a site could mark
// there what its worker did in a private one. Private windows hear of it, since it can be theirs, and what they hear can only be stricter. So a
// normal window may miss a denial that only its worker fetched meanwhile: then its server is asked (header_lookup.ts).

import { ext } from "../../shared/ext.ts";
import { onTabGone } from "./documents.ts";

export type Kind = "normal" | "private" | "unknown";

/** Of which kinds a document hears what they did. Besides, each hears what normal windows have on disk. */
export const seenBy: Record<Kind, readonly Kind[]> = {
  //rule:normal-ignores-private-headers
  //rule:normal-ignores-unknown-headers
  normal: ["normal"],
  private: ["private", /*rule:private-ignores-normal-memory*/ "unknown"],
  unknown: [],
};

/** Where a request comes from: a tab, or a worker (-1). */
export interface Source {
  tabId: number;
  /** Absent: the browser does not tell it with the request (platform). */
  incognito?: boolean;
}

export function kindOfTab({ incognito }: Pick<chrome.tabs.Tab, "incognito">): Kind {
  return incognito ? /*rule:private-headers-not-kept*/ "private" : "normal";
}

/** Tabs of which it is known. */
const tabs = new Map<number, Kind>();
function noteTab(tab: chrome.tabs.Tab): void {
  if (tab.id !== undefined) tabs.set(tab.id, kindOfTab(tab));
}

/** Whether there is a private window; asked once for each change of the windows, since a page can ask for much in a moment. */
let asked: Promise<boolean> | undefined;
/** The kind of workers' requests, while the answer holds. */
let ofWorkers: Kind | undefined;

export function anyPrivate(): Promise<boolean> {
  return (asked ??= askForTabs());
}

function askForTabs(): Promise<boolean> {
  const asking: Promise<boolean> = ext.tabs.query({}).then(
    (all) => {
      const any = all.some(({ incognito }) => incognito);
      if (asked === asking) {
        all.forEach(noteTab);
        ofWorkers = any
          ? /*rule:worker-headers-while-private-open*/ /*rule:worker-headers-belong-to-neither*/ "unknown"
          : "normal";
      }
      return any;
    },
    () => {
      if (asked === asking) asked = undefined;
      return true; // as far as anybody knows
    },
  );
  return asking;
}

function windowsChanged(): void {
  asked = ofWorkers = undefined;
}

/** The kind, if it is known at once. */
export function kindNow({ tabId, incognito }: Source): Kind | undefined {
  //rule:browser-incognito-flag-counts
  if (incognito !== undefined) return kindOfTab({ incognito });
  return tabId < 0 ? ofWorkers : tabs.get(tabId);
}

/** Tabs that the browser is being asked about. */
const lookups = new Map<number, Promise<Kind>>();

/** The kind. Of a tab that the browser does not tell of, nobody can say. */
export function kindOf(source: Source): Promise<Kind> {
  const known = kindNow(source);
  if (known !== undefined) return Promise.resolve(known);
  const { tabId } = source;
  if (tabId < 0)
    return anyPrivate().then((any) =>
      any
        ? /*rule:worker-headers-while-private-open.2*/ /*rule:worker-headers-belong-to-neither.2*/ "unknown"
        : "normal",
    );
  const lookup = lookups.get(tabId) ?? lookUp(tabId).finally(() => lookups.delete(tabId));
  lookups.set(tabId, lookup);
  return lookup;
}

async function lookUp(tabId: number): Promise<Kind> {
  try {
    const tab = await ext.tabs.get(tabId);
    noteTab(tab);
    return kindOfTab(tab);
  } catch {
    return "unknown";
  }
}

/** Listens from now on. Call once, in the first turn of the background. */
export function watchKinds(): void {
  ext.tabs.onCreated.addListener((tab) => {
    windowsChanged();
    noteTab(tab);
  });
  ext.windows.onCreated.addListener(windowsChanged);
  ext.windows.onRemoved.addListener(windowsChanged);
  onTabGone((tabId) => {
    tabs.delete(tabId);
    windowsChanged();
  });
  void anyPrivate();
}
