// Puts scripts into documents: those of the manifest into documents that are already open, after installation, an update or a reload of the extension; and
// the rest of the content script into a document whose page uses the API.

import { ext } from "../../shared/ext.ts";
import { restMessage } from "../../../protocol/page.ts";
import { placeOf } from "../intake/intake.ts";
import { spendAll } from "../intake/budgets.ts";
import { attest } from "../intake/sender.ts";
import { TabBudgets } from "../intake/tab_budgets.ts";

/** The rest of the content script, as it is in the package. */
const rest = "rest.js";
/** How often documents of one tab get it: each once, and a thousand frames may all ask at once. */
const asked = new TabBudgets({ atOnce: 1, burst: 4_000, perSecond: 100 });

/** Listens from now on. Call once, in the first turn of the background. */
export function watchFirstUses(): void {
  ext.runtime.onMessage.addListener((message: unknown, from, respond) => {
    if (message !== restMessage) return false;
    const sender = attest(from);
    if (sender === undefined) return false;
    const now = performance.now();
    //rule:first-uses-limited-per-tab
    if (!spendAll(asked.of(placeOf(sender), now), now)) return false;
    void ext.scripting
      .executeScript({
        target: { tabId: sender.tabId, documentIds: [sender.documentId] },
        files: [rest],
        injectImmediately: true,
      })
      .then(
        () => true,
        () => false, // it has gone meanwhile
      )
      .then(respond);
    return true; // the answer comes later
  });
}

/**
 * Runs the content scripts of the manifest, in its order, in every frame of every tab that lets us. The page script goes first and waits: the other one then
 * hands it a port, and the API is on the page only when it works.
 */
export async function injectEverywhere(): Promise<void> {
  const scripts = (ext.runtime.getManifest().content_scripts ?? []) as { js?: string[]; world?: "MAIN" | "ISOLATED" }[];
  const tabs = await ext.tabs.query({ url: ["https://*/*", "http://*/*"] });
  await Promise.all(
    tabs.map(async ({ id: tabId, discarded }) => {
      if (tabId === undefined || discarded) return;
      for (const { js, world } of scripts) {
        if (js === undefined) continue;
        try {
          await ext.scripting.executeScript({
            target: { tabId, allFrames: true },
            files: js,
            world: world ?? "ISOLATED",
            injectImmediately: true,
          });
        } catch {
          // A page that no extension may touch (a store, an error page), or a tab that closed meanwhile.
          return;
        }
      }
    }),
  );
}
