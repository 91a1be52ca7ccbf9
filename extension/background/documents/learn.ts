// Documents that came without headers that anybody saw: a service worker made the response, or the document was there before the extension.
//
// What was last seen for the URL counts, the strictest of it. When that is nothing and the document is the top-level one, the server is asked
// once what it says now: a GET of the document's own URL, without credentials, cookies or referrer, that follows no redirect and reads no body.
// A page gains nothing by it: it may send the same request to its own origin itself, without its cookies, and sees nothing of the answer.
// Nothing is asked for private windows, since the background's requests belong to the normal profile.

import { siteOf } from "../../shared/domain.ts";
import { Budgets, spendAll } from "../intake/budgets.ts";
import { isRestrictive, readHeaders, strictest } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { noteLater, recallNoted } from "./headers.ts";
import { recallOrigin } from "./kept.ts";
import type { TreeDocument } from "./place.ts";
import { kindOfTab } from "./window_kind.ts";

const patience = 2_000;
/** Requests for the pages of a site, and for those of all: a site that uses up its own leaves five others theirs. */
const requests = {
  site: new Budgets({ atOnce: 10, burst: 10, perSecond: 1 / 6 }),
  all: new Budgets({ atOnce: 60, burst: 60, perSecond: 1 }),
};
const asked = new Map<string, Promise<Facts | undefined>>();

/** What the headers of such a document may have been. Undefined when nothing is known. */
export async function recallNow(
  { documentId, url }: TreeDocument,
  tab: chrome.tabs.Tab,
  kept: Facts | undefined,
  top: boolean,
): Promise<Facts | undefined> {
  const kind = kindOfTab(tab);
  const seen = [kept, await recallNoted(url, kind)].filter((facts) => facts !== undefined);
  if (seen.length > 0) return strictest(seen);
  if (!top) return undefined;
  if (!tab.incognito) {
    let answer = asked.get(documentId);
    if (answer === undefined) {
      answer = askServer(url).finally(() => asked.delete(documentId));
      asked.set(documentId, answer);
    }
    const facts = await answer;
    if (facts !== undefined) {
      if (tab.id !== undefined) noteLater(documentId, tab.id, url, facts);
      return facts;
    }
  }
  // Nobody can say. If the origin is strict anywhere, it is here.
  const ofOrigin = await recallOrigin(url, kind);
  return isRestrictive(ofOrigin) ? ofOrigin : undefined;
}

/**
 * For a window whose policies are its maker's, when the maker is not known: what restricts any document of the origin. Undefined when nothing
 * does.
 */
export async function recallAnywhere(origin: string, tab: chrome.tabs.Tab): Promise<Facts | undefined> {
  const first = await recallNoted(origin, kindOfTab(tab)); // with what could not be noted
  const all = strictest([...(first === undefined ? [] : [first]), await recallOrigin(origin, kindOfTab(tab))]);
  return isRestrictive(all) ? all : undefined;
}

async function askServer(url: string): Promise<Facts | undefined> {
  const now = performance.now();
  if (!spendAll([requests.site.of(siteOf(new URL(url).origin), now), requests.all.of("", now)], now)) return undefined;
  try {
    const response = await fetch(url, {
      credentials: "omit",
      redirect: "manual",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(patience),
    });
    void response.body?.cancel();
    if (!response.ok) return undefined; // an error page, or the way to a login: not this document
    return readHeaders([...response.headers].map(([name, value]) => ({ name, value })));
  } catch {
    return undefined;
  }
}
