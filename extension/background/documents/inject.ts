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

/** For a document: reports whether the content script is there, and has its extension still. */
const isServed = (): boolean => (globalThis as { portside?: { isAlive(): boolean } }).portside?.isAlive() === true;

/**
 * Runs the content scripts of the manifest in every frame of every tab that lets us, but where they run already: Firefox itself puts them into open
 * documents when the extension starts, and a page script that nobody hands a port to would wait for that of the next start.
 */
export async function injectEverywhere(): Promise<void> {
  const tabs = await ext.tabs.query({ url: ["https://*/*", "http://*/*"] });
  await Promise.all(
    tabs.map(async ({ id: tabId, discarded }) => {
      if (tabId === undefined || discarded) return;
      const target = { tabId, allFrames: true };
      const found = await ext.scripting
        .executeScript({ target, func: isServed, injectImmediately: true })
        // A page that no extension may touch (a store, an error page), or a tab that closed meanwhile.
        .catch(() => []);
      await Promise.all(
        found.map(async ({ documentId, result }) => {
          if (/*rule:served-documents-get-no-second-copy*/ result !== true)
            await inject({ tabId, documentIds: [documentId] }).catch(() => undefined); // it has gone
        }),
      );
    }),
  );
}

/** In the manifest's order: the page script goes first and waits, the other one then hands it a port, and the API is on the page only when it works. */
async function inject(target: chrome.scripting.InjectionTarget): Promise<void> {
  const scripts = (ext.runtime.getManifest().content_scripts ?? []) as { js?: string[]; world?: "MAIN" | "ISOLATED" }[];
  for (const { js, world = "ISOLATED" } of scripts)
    if (js !== undefined) await ext.scripting.executeScript({ target, files: js, world, injectImmediately: true });
}
