// Whether a tab is an installed web app: in a window of its own, as the browser says it. What a document sees of itself does not tell: any
// page may go full screen, and looks like an app then.

import { ext } from "../../shared/ext.ts";

/** Reports whether the tab is in the window of an installed app now. */
export async function isInstalledApp(tabId: number | undefined): Promise<boolean> {
  if (tabId === undefined) return false;
  try {
    // Not by where it was when it connected: tabs are moved from window to window.
    const { windowId } = await ext.tabs.get(tabId);
    // Windows of apps are told of only to those who ask for them.
    const { type } = await ext.windows.get(windowId, { windowTypes: ["app", "normal", "popup"] });
    //rule:installed-app-by-window-type
    return type === "app";
  } catch {
    return false; // it is gone
  }
}
