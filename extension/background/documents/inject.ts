// Puts the scripts into documents that are already open: after installation, an update or a reload of the extension.

import { ext } from "../../shared/ext.ts";

/**
 * Runs the content scripts of the manifest in every frame of every tab that lets us. The isolated one goes first and waits to be asked: the
 * page script then finds it there, and puts the API on the page only when it works.
 */
export async function injectEverywhere(): Promise<void> {
  const scripts = (ext.runtime.getManifest().content_scripts ?? []) as { js?: string[]; world?: "MAIN" | "ISOLATED" }[];
  const isolatedFirst = [...scripts].sort((a, b) => Number(a.world === "MAIN") - Number(b.world === "MAIN"));
  const tabs = await ext.tabs.query({ url: ["https://*/*", "http://*/*"] });
  await Promise.all(
    tabs.map(async ({ id: tabId, discarded }) => {
      if (tabId === undefined || discarded) return;
      for (const { js, world } of isolatedFirst) {
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
