// For unit tests of the background as it is built for Firefox: where it runs, and its database. Import it before the modules that are built for one
// browser, in files that test Firefox's only.

import "fake-indexeddb/auto";
import { extensionURL } from "./identity.ts";

/** Takes the place of what Firefox has. */
export function installFirefox(): void {
  Object.assign(globalThis, {
    builtFor: "firefox",
    location: new URL(extensionURL("_generated_background_page.html")),
  });
}
