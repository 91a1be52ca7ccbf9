// Keys to lanes: which frame of ours may have the host's ticket.
//
// The broker gives a document's content script a key, the script's frame shows it, once, and gets what the host has made for that document.
// Browsers do not say in which document an extension's frame sits (`webNavigation.getFrame` gives null for it), only in which tab: so the key
// is what ties the two together, and the tab is looked at, too.

import { ext } from "../../shared/ext.ts";
import type { HostConnection } from "../host/host.ts";
import type { Sender } from "../intake/sender.ts";
import type { LaneOpenResult } from "../../../protocol/message.ts";

interface Offer {
  tabId: number;
  way: LaneOpenResult;
  ended: () => void;
}

/** A key that no frame has shown by then is no use, in ms: the host's tickets live as long. */
const keyLife = 10_000;

export class Lanes {
  readonly #offers = new Map<string, Offer>();

  /** Returns a key to this lane for a frame in this tab. `ended` is called when the frame that came is gone. */
  offer(tabId: number, way: LaneOpenResult, ended: () => void): string {
    const key = crypto.randomUUID();
    this.#offers.set(key, { tabId, way, ended });
    setTimeout(() => this.#offers.delete(key), keyLife);
    return key;
  }

  /** A frame has come with a key. Whoever has a wrong one is sent away. */
  connect(port: chrome.runtime.Port, key: string): void {
    const { id, tab, url } = port.sender ?? {};
    const offer = this.#offers.get(key);
    // Its address on the web changes from session to session (getURL with its path); what the browser attests is the extension's own.
    const isFrame =
      id === ext.runtime.id && /*rule:lane-key-for-lane-frame*/ url === `${ext.runtime.getURL("")}lane/frame.html`;
    if (offer === undefined || !isFrame || /*rule:lane-key-for-its-tab*/ tab?.id !== offer.tabId) {
      port.disconnect();
      return;
    }
    //rule:lane-key-used-once
    this.#offers.delete(key);
    port.onDisconnect.addListener(offer.ended);
    port.postMessage(offer.way);
  }
}

/** A lane that no socket needs goes after this time, in ms: browsers keep no page in the back/forward cache that has a frame of an extension. */
const idleTime = 5_000;

/** What a document hears of its lane. */
type Word = { type: "lane"; key: string } | { type: "laneLost" };

/** One document's lane, made when it is first wanted. */
export class DocumentLane {
  readonly #sender: Sender;
  readonly #lanes: Lanes;
  readonly #tell: (message: Word) => void;
  readonly #rest: () => Promise<void>;
  /** A page that takes its lane's frame away does not get new ones for ever. */
  #left = 3;
  #coming: Promise<boolean> | undefined;
  /** Ends the lane that there is. */
  #end: (() => void) | undefined;
  #users = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** `tell` reaches the document's content script, which makes the frame. `rest` resolves when no socket of the lane's own can come any more. */
  constructor(sender: Sender, lanes: Lanes, tell: (message: Word) => void, rest: () => Promise<void>) {
    this.#sender = sender;
    this.#lanes = lanes;
    this.#tell = tell;
    this.#rest = rest;
  }

  /** A socket was opened on it. It counts as a user until `leave`. */
  joined(): void {
    this.#users++;
    clearTimeout(this.#idle);
  }

  /**
   * Resolves with whether there is a lane, or may be in a moment: then a socket is opened without credit, and takes what there is. It counts
   * as a user then, until `leave`.
   */
  async wanted(connection: HostConnection): Promise<boolean> {
    const there = await (this.#coming ??= this.#ask(connection));
    if (there) this.joined();
    return there;
  }

  /** A user needs it no more. */
  leave(): void {
    if (--this.#users > 0) return;
    this.#idle = setTimeout(() => void this.#letGo(), idleTime);
  }

  async #letGo(): Promise<void> {
    const end = this.#end;
    //rule:lane-rests-before-it-goes
    await this.#rest();
    if (this.#users > 0 || end === undefined || end !== this.#end) return;
    this.#left++; // nobody took it away
    end();
  }

  async #ask(connection: HostConnection): Promise<boolean> {
    const { documentId, tabId, private: isPrivate } = this.#sender;
    if (this.#left === 0 || !connection.hello.capabilities.includes("lane")) return false;
    //rule:lane-frames-per-document
    this.#left--;
    const end = (): void => {
      if (this.#end !== end) return;
      this.#coming = undefined;
      this.#end = undefined;
      this.#tell({ type: "laneLost" });
    };
    try {
      const way = await connection.request("lane.open", { document: documentId, private: isPrivate });
      this.#end = end;
      this.#tell({ type: "lane", key: this.#lanes.offer(tabId, way, end) });
      return true;
    } catch {
      // The administrator's choice, or too many: the bytes take the other carrier, and the next socket asks again.
      //rule:host-without-lane-costs-no-frame
      this.#left++; // nobody took a frame away
      this.#coming = undefined;
      return false;
    }
  }
}
