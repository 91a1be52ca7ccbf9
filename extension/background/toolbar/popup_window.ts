// The popup in a window of its own, for a tab: it stays while the user does something else, and it is there for windows of apps, whose toolbar
// has no room for a popup to hang from. An item in the menu of the toolbar's button opens it.

import { ext } from "../../shared/ext.ts";

const item = "popup-window";
const page = (): string => ext.runtime.getURL("ui/popup.html");
const urlOf = (tabId: number): string => `${page()}?tab=${tabId.toString()}#window`;
/** Its outer size at first, in CSS pixels. */
const size = { width: 420, height: 680 } as const;

/** The tabs that show the popup of this tab: one, in a window of its own; or none. */
async function shownFor(tabId: number): Promise<chrome.tabs.Tab[]> {
  const pages = await ext.tabs.query({ url: `${page()}*` });
  return pages.filter(({ url }) => url === urlOf(tabId));
}

async function open(tabId: number): Promise<void> {
  const [there] = await shownFor(tabId);
  if (there === undefined) await ext.windows.create({ type: "popup", url: urlOf(tabId), focused: true, ...size });
  else await ext.windows.update(there.windowId, { focused: true });
}

/** Puts the item into the menu. To be called in the first turn: a click may start the background. */
export function offerPopupWindow(): void {
  const title = ext.i18n.getMessage("popupWindow");
  // The browser keeps the item when it stops the background, and says so to whoever brings it again.
  ext.contextMenus.create({ id: item, title, contexts: ["action"] }, () => ext.runtime.lastError);
  ext.contextMenus.onClicked.addListener(({ menuItemId }, tab) => {
    if (menuItemId === item && tab?.id !== undefined) void open(tab.id).catch(() => undefined); // no window can be opened
  });
}

/** The tab is gone: what would show it has nothing to show. */
export async function closePopupWindow(tabId: number): Promise<void> {
  for (const { id } of await shownFor(tabId)) if (id !== undefined) await ext.tabs.remove(id).catch(() => undefined);
}
