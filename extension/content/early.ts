// What the two content scripts of a document have of each other, by their world's global, which no page sees: main.ts is there from the start, and
// rest.ts comes when the page first uses the API.

import type { Activation } from "../../protocol/message.ts";
import type { PageMessage } from "../../protocol/page.ts";

/** How the page begins with a socket: nothing else can come before it has one, but that it gives one up. */
export type Asking = Extract<PageMessage, { type: "open" | "listen" | "bind" | "probe" }>;

/** Something that the page has asked for, and the activation that there was then. */
export interface Asked {
  message: Asking;
  activation: Activation | undefined;
}

/** A frame of this document has posted a nonce. */
export interface FrameWord {
  source: Window;
  origin: string;
  nonce: string;
}

/** The rest, as the first script uses it. */
export interface Rest {
  fromFrame(word: FrameWord): void;
}

/** What the rest is made of. */
export interface Beginning {
  /** The port to the page script; undefined where the page script has taken none. The rest listens to it from now on. */
  readonly page: MessagePort | undefined;
  /** What came before, in its order. */
  readonly asked: readonly Asked[];
  readonly frames: readonly FrameWord[];
}

/** What the first script has kept. */
export interface Early {
  /** Reports whether there is still an extension for this copy. */
  isAlive(this: void): boolean;
  /** Runs `end` when this copy has nothing more to do. */
  onEnd(this: void, end: () => void): void;
  /** The activation that there is now. Undefined: there is none. */
  activation(this: void): Activation | undefined;
  /** Texts of the policies in force, or their worst reading. */
  policies(this: void): string[];
  /** What `allow` was when a frame had loaded. */
  readonly allowAtLoad: WeakMap<Element, string | null>;
  /** The rest is there, and takes over. A second copy of it is not asked for anything. */
  begin(make: (beginning: Beginning) => Rest): void;
}

/** The global of the extension's world in a window: also in others of the same origin. */
export interface World {
  portside?: Early;
}
