// Keys to lanes: who may have what the host has made for a document.
//
// The broker gives the document's content script a key, and whoever it is for shows it, once. Who that is, and what they get, is the platform's to
// say: in Chromium a frame of ours gets the ticket, in Firefox the document itself gets a background that carries its bytes.

import { background as platform } from "../../platform/current.ts";
import type { LaneAccount, LaneOffer, LanePlatform } from "../../platform/platform.ts";
import { ext } from "../../shared/ext.ts";
import type { HostConnection } from "../host/host.ts";
import type { Sender } from "../intake/sender.ts";
import type { DocumentLaneAccount } from "./lane_account.ts";
import type { LaneOpenResult } from "../../../protocol/message.ts";

/** What a key is good for. */
interface Offer {
  way: LaneOpenResult;
  account: LaneAccount;
  /** Called when whoever has come with the key is gone. */
  ended: () => void;
}

/** An offer, and what ends what has come of it. */
type Made = LaneOffer & Offer & { end: (() => void) | undefined };

/** A key that nobody has shown by then is no use, in ms: the host's tickets live as long. */
const keyLife = 10_000;

export class Lanes {
  readonly platform: LanePlatform;
  readonly #offers = new Map<string, Made>();

  constructor(lane: LanePlatform = platform.lane) {
    this.platform = lane;
  }

  /** Makes a key to a lane for a document. `end` ends what has come of it. */
  offer({ tabId, documentId }: LaneOffer, what: Offer): { key: string; end: () => void } {
    const key = crypto.randomUUID();
    const offer: Made = { tabId, documentId, ...what, end: undefined };
    this.#offers.set(key, offer);
    setTimeout(() => this.#offers.delete(key), keyLife);
    const end = (): void => {
      this.#offers.delete(key);
      offer.end?.();
    };
    return { key, end };
  }

  /** Somebody has come with a key. Whoever has a wrong one is sent away. */
  connect(port: chrome.runtime.Port, key: string): void {
    const { sender } = port;
    const offer = this.#offers.get(key);
    if (offer === undefined || sender?.id !== ext.runtime.id || !this.platform.isFor(sender, offer)) {
      port.disconnect();
      return;
    }
    //rule:lane-key-used-once
    this.#offers.delete(key);
    port.onDisconnect.addListener(offer.ended);
    offer.end = this.platform.give(port, offer.way, offer.account);
  }
}

/** A lane that no socket needs goes after this time, in ms: Chromium keeps no page in the back/forward cache that has a frame of an extension. */
const idleTime = 5_000;

/** What a document hears of its lane. */
type Word = { type: "lane"; key: string } | { type: "laneLost" };

/** One document's lane, made when it is first wanted. */
export class DocumentLane {
  readonly #sender: Sender;
  readonly #lanes: Lanes;
  readonly #tell: (message: Word) => void;
  readonly #rest: () => Promise<void>;
  /** Who makes lanes end does not get new ones for ever. */
  #left = 3;
  #coming: Promise<boolean> | undefined;
  /** Ends the lane that there is. */
  #end: (() => void) | undefined;
  readonly #account: DocumentLaneAccount;
  #users = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** `tell` reaches the document's content script. `rest` resolves when no socket of the lane's own can come any more. */
  constructor(
    sender: Sender,
    lanes: Lanes,
    tell: (message: Word) => void,
    rest: () => Promise<void>,
    account: DocumentLaneAccount,
  ) {
    this.#sender = sender;
    this.#lanes = lanes;
    this.#tell = tell;
    this.#rest = rest;
    this.#account = account;
  }

  /** What the document may say there. */
  get account(): Pick<DocumentLaneAccount, "opened" | "left"> {
    return this.#account;
  }

  /** The document is gone. */
  dispose(): void {
    clearTimeout(this.#idle);
    this.#end?.();
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
    const { documentId, private: isPrivate } = this.#sender;
    const { platform } = this.#lanes;
    if (this.#left === 0 || !connection.hello.capabilities.includes(platform.capability)) return false;
    //rule:lane-frames-per-document
    this.#left--;
    let close = (): void => undefined;
    const end = (): void => {
      if (this.#end !== end) return;
      this.#coming = undefined;
      this.#end = undefined;
      this.#account.lost();
      this.#tell({ type: "laneLost" });
      close();
    };
    try {
      const way = await connection.request("lane.open", {
        document: documentId,
        private: isPrivate,
        ...platform.wish(),
      });
      const offer = this.#lanes.offer(this.#sender, { way, account: this.#account, ended: end });
      close = offer.end;
      this.#end = end;
      this.#tell({ type: "lane", key: offer.key });
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
