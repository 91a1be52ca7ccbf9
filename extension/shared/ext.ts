// The extension API. How browsers differ in it: extension/platform.

/** `chrome` in Chromium, `browser` (promises, the same shape) in Firefox. */
export const ext: typeof chrome = (globalThis as { browser?: typeof chrome }).browser ?? chrome;
