// Runs checks one after the other in a page, whatever they do to it: a page that hangs or crashes is replaced.
import type { Chromium } from "../world/chromium/chromium.ts";
import { TargetGoneError, type Page } from "../world/page.ts";
import { TimeoutError } from "../world/wait.ts";
import { usualLimit, type Check, type Result } from "./kit/check.ts";

export interface Outcome extends Omit<Result, "outcome"> {
  outcome: Result["outcome"] | "crash";
  ms: number;
}

export type Outcomes = Map<string, Outcome>;

/** Opens the suite's page. Portside's one also gets what the checks need of the user. */
export type OpenPage = () => Promise<Page>;

/** A page serves so many checks: what earlier ones have left behind does not add up. */
const perPage = 400;

export async function runChecks(
  browser: Chromium,
  openPage: OpenPage,
  checks: readonly Check[],
  patience = 1,
): Promise<Outcomes> {
  const outcomes: Outcomes = new Map();
  let page: Page | undefined;
  let served = 0;
  for (const check of checks) {
    if (page !== undefined && served >= perPage) {
      await leave(browser, page);
      page = undefined;
    }
    if (page === undefined) {
      page = await openPage();
      served = 0;
    }
    served++;
    const outcome = await runOne(page, check, patience);
    outcomes.set(check.id, outcome);
    if (outcome.outcome === "hang" || outcome.outcome === "crash") {
      await leave(browser, page);
      page = undefined;
    }
  }
  if (page !== undefined) await leave(browser, page);
  return outcomes;
}

async function runOne(page: Page, check: Check, patience: number): Promise<Outcome> {
  const begin = Date.now();
  // The page counts the time itself. Who does not answer a while later has died, or is busy for good.
  page.patience = (check.limit ?? usualLimit) * patience + 3_000;
  const ms = (): number => Date.now() - begin;
  try {
    const result = await page.evaluate(
      (id: string, times: number) =>
        (globalThis as unknown as { conformance: { run(id: string, times: number): Promise<Result> } }).conformance.run(
          id,
          times,
        ),
      check.id,
      patience,
    );
    return { ...result, ms: ms() };
  } catch (error) {
    if (page.crashed || error instanceof TargetGoneError)
      return { outcome: "crash", message: "the page crashed", ms: ms() };
    if (error instanceof TimeoutError) return { outcome: "hang", message: "the page does not answer", ms: ms() };
    return { outcome: "fail", message: String(error), ms: ms() };
  }
}

/** Closes a page. One that is stuck may not close: then it stays until the browser ends. */
async function leave(browser: Chromium, page: Page): Promise<void> {
  await browser.cdp.send("Target.closeTarget", { targetId: page.targetId }).catch(() => undefined);
}
