// The browser that this package is built for (scripts/build.ts). Unit tests have Chromium, unless they take the other one by name.

import * as chromium from "./chromium.ts";
import * as firefox from "./firefox.ts";
import type { BackgroundPlatform, ContentPlatform, PagesPlatform } from "./platform.ts";

/** Put in by the build. */
declare const builtFor: "chromium" | "firefox" | undefined;

export const background: BackgroundPlatform =
  typeof builtFor !== "undefined" && builtFor === "firefox" ? firefox.background : chromium.background;
export const content: ContentPlatform =
  typeof builtFor !== "undefined" && builtFor === "firefox" ? firefox.content : chromium.content;
export const pages: PagesPlatform =
  typeof builtFor !== "undefined" && builtFor === "firefox" ? firefox.pages : chromium.pages;
