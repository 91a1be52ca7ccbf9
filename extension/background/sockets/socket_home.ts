// What a document's sockets use of their document, and of what all documents share.

import type { Destination } from "../consent/grants.ts";
import type { Verdicts } from "../consent/judge.ts";
import type { GestureLedger } from "../consent/gestures.ts";
import type { Prompts } from "../consent/prompt.ts";
import type { Protection } from "../consent/protection.ts";
import type { HostConnection } from "../host/host.ts";
import type { Hosts } from "../host/hosts.ts";
import type { Presence } from "../host/presence.ts";
import type { DocumentIntake } from "../intake/intake.ts";
import type { Sender } from "../intake/sender.ts";
import type { Activity } from "./activity.ts";
import type { DocumentLane, Lanes } from "./lanes.ts";
import type { Outgoing } from "./outgoing.ts";
import type { RefusalAudit } from "./refusal_audit.ts";
import type { Attempt, Why } from "./refusals.ts";
import type { BrokerMessage, OpenOptions } from "../../../protocol/page.ts";

/** Where a socket leads, and how it is protected. */
export type Connection = Destination & { protection: Protection };

/** A socket, by the document's number for it. */
interface Numbered {
  readonly id: number;
}

/** What a document may open again. */
export interface Reopenable {
  destination: Connection;
  asked: OpenOptions;
}

/** What a document may open again on its lane by itself (reopening.ts). */
export interface Reopens {
  /** A number that changes when something is taken back: what was asked for before is not allowed any more. */
  readonly ends: number;
  /** The host is about to be asked for a socket that may be opened again. */
  asks(connection: HostConnection): void;
  /** It has opened it: the document may open it again, unless something was taken back since `ends` was looked at. Returns whether it may. */
  allow(socketId: number, what: Reopenable, ends: number): boolean;
  /**
   * Nothing may be opened again by what was allowed so far. What the host opens before it hears of it is cut if it leads where `concerned` says.
   * Resolves when nothing more can come of it.
   */
  end(concerned?: (destination: Connection) => boolean): Promise<void>;
  /** The document is gone. */
  dispose(): void;
  /** Whether something that is said of a socket which nobody knows may be about one that the next report tells of. Then `again` is called after that. */
  waits(again: () => void): boolean;
}

/** What the connections of all documents use. */
export interface Shared {
  hosts: Hosts;
  prompts: Prompts;
  activity: Activity;
  lanes: Lanes;
  gestures: GestureLedger;
  audit: RefusalAudit;
  presence: Presence;
}

/** What a socket uses of its document. */
export interface SocketHome {
  readonly sender: Sender;
  /** What the browser attested when the document connected. */
  readonly attested: chrome.runtime.MessageSender;
  readonly shared: Shared;
  readonly intake: DocumentIntake;
  readonly lane: DocumentLane;
  /** What it may open again on its lane. */
  readonly reopening: Reopens;
  /** What the host said last of this document's destinations. */
  readonly verdicts: Verdicts;
  tell(message: BrokerMessage): void;
  /** The document has said something that there is no use for. */
  useless(): void;
  /** Tells the toolbar what did not work, and why. */
  failed(attempt: Omit<Attempt, "origin">, why: Why): void;
  has(socket: Numbered): boolean;
  /** Takes it off the document's list. Returns false when it was not there. */
  remove(socket: Numbered): boolean;
  /** It was open and has ended, which the document has not heard yet. `outgoing`: what it might say to it. */
  ended(id: number, outgoing: Outgoing): void;
  /** The page hears on the lane that it has ended: its content script is to know, too, before long. */
  left(id: number): void;
}
