// What the extension keeps, in the browser that this package is built for (see current.ts). By itself, since content scripts have nothing of it.

import * as chromium from "./chromium_storage.ts";
import * as firefox from "./firefox_storage.ts";
import type { StoragePlatform } from "./platform.ts";

/** Put in by the build. */
declare const builtFor: "chromium" | "firefox" | undefined;

export const storage: StoragePlatform =
  typeof builtFor !== "undefined" && builtFor === "firefox" ? firefox.storage : chromium.storage;
