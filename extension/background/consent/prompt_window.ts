// The window of a question: an extension page that no web page can draw over, script or read.

import { ext } from "../../shared/ext.ts";
import { addressBar, over, promptHash, type Hash } from "./prompt_place.ts";
import { promptHeight, promptWidth } from "./prompt_size.ts";
import type { Sender } from "../intake/sender.ts";

/**
 * How often a window may be brought to the front again, for clicks in pages of its own tab or site, and for those in all others that wait behind
 * it. A person clicks a few times; somebody else's clicks shall not steal the focus for ever.
 */
const maxRaises = 10;

export class PromptWindow {
  readonly #id: number;
  readonly #raises = { own: 0, other: 0 };

  private constructor(id: number) {
    this.#id = id;
  }

  /**
   * Opens the window of the question `id` over the window that asks. `beside`: how many there are already. Undefined: it was closed at once.
   * Rejects when the browser opens no window.
   */
  static async open(
    id: string,
    asking: Pick<Sender, "windowId" | "tabId">,
    beside: number,
  ): Promise<PromptWindow | undefined> {
    const created = await create(await whereTo(id, asking, beside));
    if (created?.id === undefined) return undefined;
    // Whoever closed it meanwhile told nobody yet.
    const there = await ext.windows.get(created.id).catch(() => undefined);
    return there === undefined ? undefined : new PromptWindow(created.id);
  }

  is(windowId: number): boolean {
    return this.#id === windowId;
  }

  /** Brings it to the front: the user clicked in a page that asks, its own or another one that waits for it. */
  raise(whose: "own" | "other"): void {
    //rule:prompt-raises-are-bounded
    if (++this.#raises[whose] > maxRaises) return;
    this.bring();
  }

  /** Brings it to the front: the user has asked for it in the popup. */
  bring(): void {
    ext.windows.update(this.#id, { focused: true, drawAttention: true }).catch(() => undefined); // it is closing
  }

  close(): void {
    ext.windows.remove(this.#id).catch(() => undefined); // it may be closed already
  }
}

/** Where it is to stand, as the browser tells of the window and the tab that ask. They may be gone: then the question goes in a moment, too. */
async function whereTo(
  id: string,
  { windowId, tabId }: Pick<Sender, "windowId" | "tabId">,
  beside: number,
): Promise<Hash> {
  const [window, tab] = await Promise.all([
    // Windows of apps are told of only to those who ask for them.
    ext.windows.get(windowId, { windowTypes: ["app", "normal", "popup"] }).catch(() => undefined),
    ext.tabs.get(tabId).catch(() => undefined),
  ]);
  if (window === undefined) return { id };
  const bar = addressBar(window, tab?.height);
  return { id, place: over(window, bar, beside), bar };
}

/** Chromium opens no window of which less than half would be on a screen: then the page moves it as near as the screen allows. */
async function create(hash: Hash): Promise<chrome.windows.Window | undefined> {
  const url = `ui/prompt.html${promptHash(hash)}`;
  const window = { type: "popup", width: promptWidth, height: promptHeight, focused: true, url } as const;
  if (hash.place !== undefined)
    //rule:prompt-opens-without-placement
    try {
      return await ext.windows.create({ ...window, ...hash.place });
    } catch {
      // Not there.
    }
  return await ext.windows.create(window);
}
