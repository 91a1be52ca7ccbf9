// A page of the extension that hears what a scene tells it, in the place of the background: for states of it that take long to bring about.

import type { Theatre } from "./scene.ts";
import type { Page } from "./world/page.ts";

/** What the page hears once it listens; and what it hears after it has said something of a type. */
export interface Script {
  views: readonly object[];
  replies?: Readonly<Record<string, readonly object[]>>;
}

/** Opens a page such as "ui/prompt.html" with its one connection in the hand of the script. */
export async function scripted({ browser }: Pick<Theatre, "browser">, path: string, script: Script): Promise<Page> {
  const page = await browser.newExtensionPage("icons/16.png"); // any address of the extension's
  await page.callFirst(({ views, replies = {} }: Script) => {
    const listeners: ((view: unknown) => void)[] = [];
    const tell = (told: readonly object[]): void => {
      setTimeout(() => {
        for (const view of told) for (const listener of listeners) listener(view);
      });
    };
    const port = {
      postMessage: ({ type }: { type: string }) => {
        tell(replies[type] ?? []);
      },
      onMessage: {
        addListener: (listener: (view: unknown) => void) => {
          listeners.push(listener);
          tell(views);
        },
      },
      onDisconnect: { addListener: () => undefined },
    };
    Object.assign(chrome.runtime, { connect: () => port });
    // Nothing is to move or resize the window that this page is in.
    Object.assign(chrome.windows, { getCurrent: () => Promise.resolve({}) });
  }, script);
  await page.goto(page.url.replace("icons/16.png", path));
  return page;
}
