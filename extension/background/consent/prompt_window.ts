// The window of a question: an extension page that no web page can draw over, script or read.

import { ext } from "../../shared/ext.ts";
import { over, promptHash, type Place } from "./prompt_place.ts";
import { promptHeight, promptWidth } from "./prompt_size.ts";

/** How often a window may be brought to the front again. A person clicks a few times; somebody else's clicks shall not steal the focus for ever. */
const maxRaises = 10;

export class PromptWindow {
  readonly #id: number;
  #raises = 0;

  private constructor(id: number) {
    this.#id = id;
  }

  /**
   * Opens the window of the question `id` over the window that asks. Undefined: it was closed at once. Rejects when the browser opens no
   * window.
   */
  static async open(id: string, askingWindow: number, beside: number): Promise<PromptWindow | undefined> {
    const window = await ext.windows.get(askingWindow).catch(() => undefined); // gone: the prompt goes with it in a moment
    const created = await create(id, window === undefined ? undefined : over(window, beside));
    if (created?.id === undefined) return undefined;
    // Whoever closed it meanwhile told nobody yet.
    const there = await ext.windows.get(created.id).catch(() => undefined);
    return there === undefined ? undefined : new PromptWindow(created.id);
  }

  is(windowId: number): boolean {
    return this.#id === windowId;
  }

  /** Brings it to the front: the user clicked again in the page that asks. */
  raise(): void {
    //rule:prompt-raises-are-bounded
    if (++this.#raises > maxRaises) return;
    ext.windows.update(this.#id, { focused: true, drawAttention: true }).catch(() => undefined); // it is closing
  }

  close(): void {
    ext.windows.remove(this.#id).catch(() => undefined); // it may be closed already
  }
}

/** Chromium opens no window of which less than half would be on a screen: then it says where, and the page moves it as near as the screen allows. */
async function create(id: string, place: Place | undefined): Promise<chrome.windows.Window | undefined> {
  const window = { type: "popup", width: promptWidth, height: promptHeight, focused: true } as const;
  if (place !== undefined)
    //rule:prompt-opens-without-placement
    try {
      return await ext.windows.create({ ...window, ...place, url: `ui/prompt.html${promptHash({ id })}` });
    } catch {
      // Not there.
    }
  return await ext.windows.create({ ...window, url: `ui/prompt.html${promptHash({ id, place })}` });
}
