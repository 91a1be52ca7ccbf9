// What Chromium does for the part of the content script that every document has.

import type { EarlyPlatform } from "./platform.ts";

// The windows of one origin have the extension's world in common: its global is there by the window's name.
export const offerPolicies: EarlyPlatform["offerPolicies"] = () => undefined;
export const policiesOf: EarlyPlatform["policiesOf"] = (other) =>
  (other as { portside?: { policies(): string[] } }).portside?.policies();
