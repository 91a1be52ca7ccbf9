// The site that a tab shows, as the browser says it.

import { background as platform } from "../../platform/current.ts";
import type { Side } from "../../shared/container.ts";
import { ext } from "../../shared/ext.ts";

export interface Site extends Side {
  /** Of the document at the top; undefined where it is no web page. */
  origin: string | undefined;
}

/** Undefined: there is no such tab. */
export async function siteOfTab(tabId: number): Promise<Site | undefined> {
  let tab: chrome.tabs.Tab;
  try {
    tab = await ext.tabs.get(tabId);
  } catch {
    return undefined;
  }
  const container = platform.containerOf(tab);
  return { origin: container && originOf(tab.url), private: tab.incognito, ...container };
}

/** The browser tells no URLs of pages that are none of our business, such as its own. */
function originOf(url: string | undefined): string | undefined {
  if (url === undefined || !/^https?:/.test(url)) return undefined;
  return new URL(url).origin;
}
