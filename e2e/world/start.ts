// Starts the browser that the tests are to run in.
import type { Browser, BrowserOptions } from "./browser.ts";
import { startChromium } from "./chromium/chromium.ts";
import { startFirefox } from "./firefox/start.ts";
import type { Life } from "./life.ts";
import { browserName } from "./places.ts";

export async function startBrowser(life: Life, options: BrowserOptions = {}): Promise<Browser> {
  return browserName === "firefox" ? await startFirefox(life, options) : await startChromium(life, options);
}
