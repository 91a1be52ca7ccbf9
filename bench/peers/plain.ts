// Chromium without Portside, for the relays: each has a page of its own in it.
import { startChromium, type Chromium } from "../../e2e/world/chromium/chromium.ts";
import { measuringSwitches } from "./tab.ts";
import type { Scene } from "./peer.ts";

export async function startPlain({ life, pages }: Scene): Promise<Chromium> {
  return await startChromium(life, { pages, portside: false, switches: measuringSwitches });
}
