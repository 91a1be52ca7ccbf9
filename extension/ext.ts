// The one place that knows how browsers differ in their extension APIs.

/** `chrome` in Chromium, `browser` (promises, the same shape) in Firefox. */
export const ext: typeof chrome = (globalThis as { browser?: typeof chrome }).browser ?? chrome;

/** What `runtime.lastError` or a port's own error says, or "" when there is none. */
export function lastErrorMessage(port?: chrome.runtime.Port): string {
  const own = (port as { error?: { message?: string } | null } | undefined)?.error?.message;
  return own ?? ext.runtime.lastError?.message ?? "";
}
