// The one place that knows how browsers differ in their extension APIs.

/** `chrome` in Chromium, `browser` (promises, the same shape) in Firefox. */
export const ext: typeof chrome = (globalThis as { browser?: typeof chrome }).browser ?? chrome;

/** What to ask of webRequest to be told every response header: Chromium keeps some, such as Clear-Site-Data, from those who do not say so. */
export function everyHeader(): ("responseHeaders" | "extraHeaders")[] {
  const hides = "EXTRA_HEADERS" in ext.webRequest.OnHeadersReceivedOptions;
  return hides ? ["responseHeaders", "extraHeaders"] : ["responseHeaders"];
}

/** What `runtime.lastError` or a port's own error says, or "" when there is none. */
export function lastErrorMessage(port?: chrome.runtime.Port): string {
  const own = (port as { error?: { message?: string } | null } | undefined)?.error?.message;
  return own ?? ext.runtime.lastError?.message ?? "";
}

/** The shadow root of an element, open or closed. For content scripts. */
export function shadowRootOf(element: HTMLElement): ShadowRoot | null {
  const { dom } = ext as { dom?: Pick<typeof chrome.dom, "openOrClosedShadowRoot"> };
  if (dom !== undefined) return dom.openOrClosedShadowRoot(element);
  return (element as { openOrClosedShadowRoot?: ShadowRoot | null }).openOrClosedShadowRoot ?? null; // Firefox
}
