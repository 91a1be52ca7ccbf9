// Browsers without Portside, for the relays: each has a page of its own in them.
import { startChromium, type Chromium } from "../../e2e/world/chromium/chromium.ts";
import type { Firefox } from "../../e2e/world/firefox/firefox.ts";
import { startFirefox } from "../../e2e/world/firefox/start.ts";
import { measuringPreferences, measuringSwitches } from "./tab.ts";
import type { Scene } from "./peer.ts";

export async function startPlain({ life, pages }: Scene): Promise<Chromium> {
  return await startChromium(life, { pages, portside: false, switches: measuringSwitches });
}

export async function startPlainFirefox({ life, pages }: Scene): Promise<Firefox> {
  return await startFirefox(life, { pages, portside: false, preferences: measuringPreferences });
}
