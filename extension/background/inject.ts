// Puts the scripts into documents that are already open: after installation, an update or a reload of the extension.

import { ext } from "../ext.ts";

/** Runs the content scripts of the manifest, in their order, in every frame of every tab that lets us. */
export async function injectEverywhere(): Promise<void> {
  const scripts = ext.runtime.getManifest().content_scripts ?? [];
  const tabs = await ext.tabs.query({ url: ["https://*/*", "http://*/*"] });
  await Promise.all(
    tabs.map(async ({ id: tabId, discarded }) => {
      if (tabId === undefined || discarded) return;
      for (const { js, world } of scripts as { js?: string[]; world?: "MAIN" | "ISOLATED" }[]) {
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
