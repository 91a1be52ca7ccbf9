// Where the first things wait that a page asks for, until the rest of the content script is there: it is asked of the background, which puts it into this
// very document.

import { ext } from "../shared/ext.ts";
import { openBounds } from "../shared/budget.ts";
import { restarted } from "../shared/restarted.ts";
import { pageError, restMessage } from "../../protocol/page.ts";
import type { ContentMessage, PageMessage } from "../../protocol/page.ts";
import { activationNow } from "./activation.ts";
import type { Asked, Beginning, FrameWord, Rest } from "./early.ts";

/** One more than may be under way: the rest refuses that one, and tells the developer. */
const mostAsked = openBounds.document.atOnce + 1;
const mostFrames = 1_000;
/** How long it waits, in ms. Where the user has taken the site from the extension meanwhile, the browser lets the script wait for a click on its icon. */
const patience = 10_000;

export class WaitingRoom {
  #page: MessagePort | undefined;
  #asked: Asked[] = [];
  #frames: FrameWord[] = [];
  #called = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #rest: Rest | undefined;

  /** The port to the page script. */
  set page(port: MessagePort) {
    this.#page = port;
    port.onmessage = ({ data }: MessageEvent<PageMessage>) => {
      this.#fromPage(data);
    };
  }

  #fromPage(message: PageMessage): void {
    switch (message.type) {
      case "open":
      case "listen":
      case "bind":
      case "probe":
        //rule:page-waits-within-bounds
        if (this.#asked.length === mostAsked) {
          this.#tellPage({ type: "failed", id: message.id, error: pageError("QuotaExceededError") });
          return;
        }
        // A gesture counts as it was at this moment.
        this.#asked.push({ message, activation: activationNow() });
        this.#call();
        return;
      case "close":
        this.#asked = this.#asked.filter((other) => other.message.id !== message.id);
        return;
      default: // of a socket that there is not
    }
  }

  fromFrame(word: FrameWord): void {
    if (this.#rest !== undefined) this.#rest.fromFrame(word);
    else if (/*rule:frames-wait-within-bounds*/ this.#frames.length < mostFrames) {
      this.#frames.push(word);
      this.#call();
    }
  }

  /** The rest is there. A second copy of it (two calls that crossed) is not made anything of. */
  begin(make: (beginning: Beginning) => Rest): void {
    if (this.#rest !== undefined) return;
    this.#stop();
    this.#rest = make({ page: this.#page, asked: this.#asked, frames: this.#frames });
    this.#asked = [];
    this.#frames = [];
  }

  #call(): void {
    if (this.#called) return;
    this.#called = true;
    addEventListener("pagehide", this.lose);
    //rule:first-use-is-answered-in-time
    this.#timer = setTimeout(this.lose, patience);
    const failed = (): void => {
      if (this.#rest === undefined) this.lose();
    };
    const ask = (): Promise<unknown> => ext.runtime.sendMessage(restMessage);
    try {
      // Firefox may stop the background at this very moment: then nobody has heard it.
      void ask()
        .then((answer: unknown) => answer ?? ask(), ask)
        .then(failed, failed);
    } catch {
      // The extension was reloaded or removed, and its new content script has taken over.
      console.warn(`Portside: ${restarted}`);
      this.lose();
    }
  }

  /** Nobody will answer what waits: the document leaves, or the background cannot help. The next time it is asked again. */
  readonly lose = (): void => {
    this.#stop();
    this.#called = false;
    this.#asked = [];
    this.#frames = [];
    if (this.#rest === undefined) this.#tellPage({ type: "lost" });
  };

  /** It waits no more. */
  #stop(): void {
    clearTimeout(this.#timer);
    removeEventListener("pagehide", this.lose);
  }

  #tellPage(message: ContentMessage): void {
    this.#page?.postMessage(message);
  }
}
