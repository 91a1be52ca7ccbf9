// Where a document is.

export interface TreeDocument {
  documentId: string;
  /** Where the document is now; same-document navigations count. */
  url: string;
}

/** A document as the sender of a message: where it was when it connected. */
export interface Place extends TreeDocument {
  tabId: number;
  frameId: number;
}
