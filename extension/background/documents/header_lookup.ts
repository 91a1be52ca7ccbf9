// Documents that came without headers that anybody saw: a service worker made the response, or the document was there before the extension.
//
// What was last seen for the URL counts, the strictest of it. When that is nothing and the document is the top-level one, the server is asked
// once what it says now: a GET of the document's own URL, without credentials, cookies or referrer, that follows no redirect and reads no body.
// A page gains nothing by it: it may send the same request to its own origin itself, without its cookies, and sees nothing of the answer.
// Nothing is asked for private windows, nor for tabs in a container: the background's requests belong to the default one of the normal profile.

import { background as platform } from "../../platform/current.ts";
import { siteOf } from "../../shared/domain.ts";
import { Budgets, spendAll } from "../intake/budgets.ts";
import { isRestrictive, readHeaders, strictest } from "./header_policy.ts";
import type { HeaderPolicy } from "./header_policy.ts";
import { recordLater, lookUpCached } from "./headers.ts";
import { lookUpOrigin } from "./header_cache.ts";
import type { TreeDocument } from "./place.ts";
import { kindOfTab } from "./window_kind.ts";

const requestTimeout = 2_000;
/** Requests for the pages of a site, and for those of all: a site that uses up its own leaves five others theirs. */
const requests = {
  site: new Budgets({ atOnce: 10, burst: 10, perSecond: 1 / 6 }),
  all: new Budgets({ atOnce: 60, burst: 60, perSecond: 1 }),
};
const asked = new Map<string, Promise<HeaderPolicy | undefined>>();

function isInDefaultContainer(tab: chrome.tabs.Tab): boolean {
  const container = platform.containerOf(tab);
  return container !== undefined && !("container" in container);
}

/** What the headers of such a document may have been. Undefined when nothing is known. */
export async function findPolicy(
  { documentId, url }: TreeDocument,
  tab: chrome.tabs.Tab,
  cached: HeaderPolicy | undefined,
  top: boolean,
): Promise<HeaderPolicy | undefined> {
  const kind = kindOfTab(/*rule:header-lookup-by-window-kind*/ tab);
  const seen = [cached, await lookUpCached(url, kind)].filter((policy) => policy !== undefined);
  if (seen.length > 0) return strictest(seen);
  if (!top) return undefined;
  const mayAsk =
    /*rule:no-policy-request-in-private*/ !tab.incognito &&
    /*rule:no-policy-request-in-container*/ isInDefaultContainer(tab);
  if (mayAsk) {
    let answer = asked.get(documentId);
    if (answer === undefined) {
      //rule:server-asked-for-unknown-policy
      answer = askServer(url).finally(() => asked.delete(documentId));
      asked.set(documentId, answer);
    }
    const policy = await answer;
    if (policy !== undefined) {
      if (tab.id !== undefined) recordLater(documentId, tab.id, url, policy);
      return policy;
    }
  }
  // Nobody can say. If the origin is strict anywhere, it is here.
  const ofOrigin = await lookUpOrigin(url, kind);
  //rule:strictest-record-of-origin-counts
  return isRestrictive(ofOrigin) ? ofOrigin : undefined;
}

/**
 * For a window whose policies are its creator's, when the creator is not known: what restricts any document of the origin. Undefined when nothing
 * does.
 */
export async function findOriginPolicy(origin: string, tab: chrome.tabs.Tab): Promise<HeaderPolicy | undefined> {
  const first = await lookUpCached(origin, kindOfTab(tab)); // with what could not be noted
  const all = strictest([...(first === undefined ? [] : [first]), await lookUpOrigin(origin, kindOfTab(tab))]);
  return isRestrictive(all) ? all : undefined;
}

async function askServer(url: string): Promise<HeaderPolicy | undefined> {
  const now = performance.now();
  if (
    !spendAll(
      [
        /*rule:policy-requests-limited-per-site*/ requests.site.of(siteOf(new URL(url).origin), now),
        /*rule:policy-requests-limited-overall*/ requests.all.of("", now),
      ],
      now,
    )
  )
    return undefined;
  try {
    const response = await fetch(url, {
      credentials: "omit",
      redirect: "manual",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(requestTimeout),
    });
    void response.body?.cancel();
    if (!response.ok) return undefined; // an error page, or the way to a login: not this document
    return readHeaders([...response.headers].map(([name, value]) => ({ name, value })));
  } catch {
    return undefined;
  }
}
