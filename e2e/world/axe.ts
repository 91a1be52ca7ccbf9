// Looks at a page as axe-core does: what keeps somebody with a screen reader, a keyboard or weak eyes from using it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type * as axeCore from "axe-core";
import type { Page } from "./page.ts";

const source = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** What axe found, one line each: the rule, why it matters, and where. Empty: nothing. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.run(source);
  return await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof axeCore };
    const { violations } = await axe.run(document, {
      resultTypes: ["violations"],
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map((node) => `${id}: ${help}: ${node.target.join(" ")} ${node.failureSummary ?? ""}`),
    );
  });
}

/** Fails when axe finds anything. `what` says which page, in which state. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  assert.deepEqual(await axeFindings(page), [], what);
}
