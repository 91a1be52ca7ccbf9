// What frames of this document post, from the start on: the listener comes before any of the page's, so that the page sees nothing of it. Answers come
// from frames.ts.

import type { FrameWord } from "./early.ts";
import { endIfOver, isAlive, listen } from "./life.ts";

/** The member of the posted message that holds the nonce. */
export const mark = "portside:frame";

/** What `allow` was when a frame had loaded. A change takes effect with the next load, so until then nobody can say what is in force. */
export const allowAtLoad = new WeakMap<Element, string | null>();

/** Listens to the frames of this document from now on; `heard` gets what they say. */
export function listenToFrames(heard: (word: FrameWord) => void): void {
  listen(window, "message", (event: MessageEvent) => {
    const word = read(event);
    if (word !== undefined) heard(word);
  });
  listen(document, "load", noteLoad); // load events of elements do not reach the window
}

function read(event: MessageEvent): FrameWord | undefined {
  // Cheap things first: pages may post thousands of messages a second to themselves, and reading `data` copies it into this world.
  const { source, origin } = event;
  if (!event.isTrusted || event.ports.length !== 1 || !isChild(source)) return undefined;
  const nonce = (event.data as { [mark]?: unknown } | null)?.[mark];
  if (typeof nonce !== "string" || nonce.length !== 36) return undefined;
  if (!isAlive()) {
    endIfOver(); // the extension was reloaded: its new script answers
    return undefined;
  }
  //rule:nonces-hidden-from-page
  event.stopImmediatePropagation();
  return { source, origin, nonce };
}

function isChild(source: MessageEventSource | null): source is Window {
  return source !== null && source !== window && "parent" in source && source.parent === window;
}

function noteLoad({ target }: Event): void {
  if (!(target instanceof HTMLIFrameElement)) return;
  // What was there before the first document that the page asked for does not count.
  if (target.contentDocument?.URL === "about:blank") allowAtLoad.delete(target);
  else allowAtLoad.set(target, target.getAttribute("allow"));
}
