// Portside in the real Chromium. An administrator lets connections on loopback pass without questions. Listening and bound sockets have to be
// asked about, so a user is there who allows whatever is asked.
import { startChromium, type Chromium } from "../world/chromium/chromium.ts";
import { Prompt, promptUrl } from "../world/consent.ts";
import type { Life } from "../world/life.ts";
import type { Page } from "../world/page.ts";
import type { Pages } from "../world/pages.ts";
import { TimeoutError } from "../world/wait.ts";
import type { OpenPage } from "./runner.ts";
import type { Suite } from "./web.ts";

/** What the suite's page may do without being asked, and how much of it. */
const policy = {
  allowedDestinations: [
    { host: "127.0.0.1", prompt: "skip" },
    { host: "::1", prompt: "skip" },
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

/** Whom the suite's bound sockets send to. */
const peers = ["127.0.0.1", "[::1]", "localhost", "nothing.invalid"];

export interface Portside {
  browser: Chromium;
  openPage: OpenPage;
}

/** `remembers`: also what is allowed for one address counts for all documents. */
export async function startPortside(
  life: Life,
  pages: Pages,
  suite: Suite,
  { remembers = false } = {},
): Promise<Portside> {
  const browser = await startChromium(life, { pages, host: { policy } });
  let page: Page | undefined;
  suite.click = async () => {
    await page?.click("#go");
  };
  const over = new AbortController();
  const answering = (async () => {
    // A window that goes away while it is being answered is no concern of the user's.
    while (!over.signal.aborted) await answerNext(browser, remembers).catch(() => undefined);
  })();
  life.onEnd("the user", async () => {
    over.abort();
    await answering;
  });
  const openPage = async (): Promise<Page> => {
    page = await browser.newPage(suite.url);
    page.patience = 60_000;
    await page.evaluate(() =>
      (globalThis as unknown as { conformance: { askAll(): Promise<void> } }).conformance.askAll(),
    );
    return page;
  };
  return { browser, openPage };
}

/**
 * Waits a moment for a consent window, chooses the widest place and the peers of the suite, and allows it. What is allowed for every interface is
 * remembered. What is for one address is not: a page that asks for every interface would be given that address without a question.
 */
async function answerNext(browser: Chromium, remembers: boolean): Promise<void> {
  let page: Page;
  try {
    page = await browser.nextPage("a consent window", promptUrl, { timeout: 500 });
  } catch (error) {
    if (error instanceof TimeoutError) return;
    throw error;
  }
  await page.waitFor("the question", () => document.querySelector("#who")?.textContent !== "");
  const wide = await page.evaluate((hosts: string) => {
    const visible = (element: HTMLElement | null | undefined): element is HTMLElement =>
      element?.checkVisibility() === true;
    const places = [...document.querySelectorAll<HTMLElement>("#place-choices input")];
    places.at(-1)?.click();
    const outside = document.querySelector<HTMLInputElement>("#outside-yes");
    if (visible(outside) && !outside.checked) outside.click();
    const choice = document.querySelector<HTMLElement>("#peer-choices input");
    const field = document.querySelector<HTMLTextAreaElement>("#hosts");
    if (visible(choice) && field !== null) {
      choice.click();
      field.value = hosts;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    return places.length > 1;
  }, peers.join(" "));
  const prompt = new Prompt(page, "");
  await (wide || remembers ? prompt.allowAndRemember() : prompt.allowOnce());
}
