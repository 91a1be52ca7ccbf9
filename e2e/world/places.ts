// Where things are in this repository, and in Debian; and which browser the tests run in.
import { fileURLToPath } from "node:url";
import type { BrowserName } from "./browser.ts";

const root = new URL("../../", import.meta.url);
const inRepository = (path: string): string => fileURLToPath(new URL(path, root));

/** The browser that is asked for: BROWSER=firefox, or BROWSER=chromium, which is also what there is without a word. */
export const browserName: BrowserName = readBrowserName(process.env["BROWSER"] ?? "chromium");

function readBrowserName(name: string): BrowserName {
  if (name !== "chromium" && name !== "firefox") throw new Error(`BROWSER is ${name}: chromium and firefox there are`);
  return name;
}

/** `npm run build` makes these two. */
export const hostProgram = inRepository("build/portside");
export const extensionFolderOf = (browser: BrowserName): string => inRepository(`build/extension/${browser}`);
export const extensionFolder = extensionFolderOf(browserName);

/** By what the host manifests know the extension. */
export const extensionIds = {
  chromium: "mchpniendjnegpciibfkjhhoiecglnaj",
  firefox: "portside@portside.dev",
} as const satisfies Record<BrowserName, string>;
export const extensionId = extensionIds.chromium;

/** In Firefox each profile has an address of its own for an extension: this is the tests'. */
export const firefoxUuid = "11111111-2222-3333-4444-555555555555";

/** Where the extension's own pages are, without a slash at the end. */
export const extensionOrigins = {
  chromium: `chrome-extension://${extensionIds.chromium}`,
  firefox: `moz-extension://${firefoxUuid}`,
} as const satisfies Record<BrowserName, string>;
export const extensionOrigin = extensionOrigins[browserName];

export const hostName = "portside.host";

export const chromiumProgram = "/usr/bin/chromium";
/** The program itself: /usr/bin/firefox-esr is a script that stays in between. FIREFOX in the environment names another one, which must stay in its place. */
export const firefoxProgram = process.env["FIREFOX"] ?? "/usr/lib/firefox-esr/firefox-esr";

/** Logs and pictures of failed tests. */
export const artifactsFolder = inRepository("e2e/artifacts");
