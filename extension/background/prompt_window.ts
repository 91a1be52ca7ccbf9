// The window of a question: an extension page that no web page can draw over, script or read.

import { ext } from "../ext.ts";
import { promptWidth } from "./prompt_size.ts";

/** To begin with: the page corrects it. */
const height = 430;
/** Windows that stand beside each other are shifted by so many pixels, so that each can be seen. */
const shift = 32;
/** How often a window may be brought to the front again. A person clicks a few times; somebody else's clicks shall not steal the focus for ever. */
const maxRaises = 10;

export class PromptWindow {
  readonly #id: number;
  #raises = 0;

  private constructor(id: number) {
    this.#id = id;
  }

  /** Opens the window of the question `id` over the window that asks. Undefined: it was closed at once. */
  static async open(id: string, askingWindow: number, beside: number): Promise<PromptWindow | undefined> {
    let place: { left?: number; top?: number } = {};
    try {
      const { left = 0, top = 0, width = promptWidth } = await ext.windows.get(askingWindow);
      const middle = Math.round(left + (width - promptWidth) / 2);
      place = { left: Math.max(0, middle + beside * shift), top: Math.max(0, top + 80 + beside * shift) };
    } catch {
      // The window is gone; the prompt goes with it in a moment, wherever it stands.
    }
    const created = await ext.windows.create({
      url: `ui/prompt.html#${id}`,
      type: "popup",
      width: promptWidth,
      height,
      focused: true,
      ...place,
    });
    if (created?.id === undefined) return undefined;
    // Whoever closed it meanwhile told nobody yet.
    const there = await ext.windows.get(created.id).catch(() => undefined);
    return there === undefined ? undefined : new PromptWindow(created.id);
  }

  is(windowId: number): boolean {
    return this.#id === windowId;
  }

  /** Brings it to the front: the person clicked again in the page that asks. */
  raise(): void {
    if (++this.#raises > maxRaises) return;
    ext.windows.update(this.#id, { focused: true, drawAttention: true }).catch(() => undefined); // it is closing
  }

  close(): void {
    ext.windows.remove(this.#id).catch(() => undefined); // it may be closed already
  }
}
