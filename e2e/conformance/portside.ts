// Portside in the real Chromium. An administrator lets connections pass without questions; listeners and bound sockets ask the user once for
// each document, before the checks begin.
import { startChromium, type Chromium } from "../world/chromium.ts";
import type { Life } from "../world/life.ts";
import type { Page } from "../world/page.ts";
import type { Pages } from "../world/pages.ts";

/** What the suite's page may do without being asked, and how much of it. */
export const policy = {
  allowedDestinations: [
    { cidr: "127.0.0.0/8", prompt: "skip" },
    { cidr: "::1/128", prompt: "skip" },
    { host: "localhost", prompt: "skip" },
    { host: "*.invalid", prompt: "skip" },
    { host: "*", prompt: "ask" },
  ],
  limits: {
    attemptBurst: 10_000,
    attemptsPerSecond: 1_000,
    attemptsPerMinuteOverall: 100_000,
    pendingPerOrigin: 256,
    openPerOrigin: 1_024,
    localPerOrigin: 256,
    newPeersPerMinute: 60_000,
  },
};

export async function startPortside(life: Life, pages: Pages): Promise<Chromium> {
  return await startChromium(life, { pages, host: { policy } });
}

/** Opens the suite's page, and has the user answer what its local sockets ask. */
export async function openPortside(browser: Chromium, url: string): Promise<Page> {
  return await browser.newPage(url);
}
