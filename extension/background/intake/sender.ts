// Who speaks: what the browser attests of a document, as opposed to what the document says of itself.

import { siteOf } from "../../shared/domain.ts";
import { background as platform } from "../../platform/current.ts";
import { ext } from "../../shared/ext.ts";

/** What the browser attests of a document. */
export interface Sender {
  origin: string;
  documentId: string;
  tabId: number;
  windowId: number;
  private: boolean;
  /** The container of its tab, where that is not the default one. */
  container?: string;
  /** It is the page in the tab, or a frame of the page's own site. Absent: that is not known. */
  ofPage?: boolean;
}

/** Reads what the browser attests; undefined when it is no document of a tab. */
export function attest(sender: chrome.runtime.MessageSender | undefined): Sender | undefined {
  if (sender?.id !== ext.runtime.id) return undefined;
  const { origin, tab } = sender;
  const documentId = platform.documentIdOf(sender);
  if (origin === undefined || documentId === undefined || tab?.id === undefined) return undefined;
  const container = platform.containerOf(tab);
  if (container === undefined) return undefined;
  const ofPage = isOfPage(sender);
  return {
    /*rule:prompt-shows-attested-origin*/ origin,
    documentId,
    tabId: tab.id,
    windowId: tab.windowId,
    private: tab.incognito,
    .../*rule:container-named-by-browser*/ container,
    ofPage,
  };
}

/** Reports whether a document is the page in its tab, or a frame of the page's own site. */
export function isOfPage({ frameId, origin = "null", tab }: chrome.runtime.MessageSender): boolean {
  const site = siteOf(origin);
  return frameId === 0 || (site !== "" && /*rule:page-site-named-by-browser*/ site === siteOf(tab?.url ?? ""));
}
