// What the part of the content script that every document has needs of the browser that this package is built for (see current.ts). By itself, since
// every document has it.

import * as chromium from "./chromium_early.ts";
import * as firefox from "./policies_event.ts";
import type { EarlyPlatform } from "./platform.ts";

/** Put in by the build. */
declare const builtFor: "chromium" | "firefox" | undefined;

// One by one, so that the build takes out what the other browser has.
export const offerPolicies: EarlyPlatform["offerPolicies"] =
  typeof builtFor !== "undefined" && builtFor === "firefox" ? firefox.offerPolicies : chromium.offerPolicies;
export const policiesOf: EarlyPlatform["policiesOf"] =
  typeof builtFor !== "undefined" && builtFor === "firefox" ? firefox.policiesOf : chromium.policiesOf;
