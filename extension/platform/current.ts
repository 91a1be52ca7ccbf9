// The browser that this package is built for (scripts/build.ts). Unit tests have Chromium, unless they take the other one by name.

import * as chromium from "./chromium.ts";
import * as firefox from "./firefox.ts";
import type { BackgroundPlatform, ContentPlatform } from "./platform.ts";

/** Put in by the build. */
declare const builtFor: "chromium" | "firefox" | undefined;
const isFirefox = typeof builtFor !== "undefined" && builtFor === "firefox";

export const background: BackgroundPlatform = isFirefox ? firefox.background : chromium.background;
export const content: ContentPlatform = isFirefox ? firefox.content : chromium.content;
