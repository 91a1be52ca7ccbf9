// Who speaks: what the browser attests of a document, as opposed to what the document says of itself.

import { ext } from "../ext.ts";

/** What the browser attests of a document. */
export interface Sender {
  origin: string;
  documentId: string;
  tabId: number;
  windowId: number;
  private: boolean;
}

/** Reads what the browser attests; undefined when it is no document of a tab. */
export function attest(sender: chrome.runtime.MessageSender | undefined): Sender | undefined {
  if (sender?.id !== ext.runtime.id) return undefined;
  const { origin, documentId, tab } = sender;
  if (origin === undefined || documentId === undefined || tab?.id === undefined) return undefined;
  return { origin, documentId, tabId: tab.id, windowId: tab.windowId, private: tab.incognito };
}
