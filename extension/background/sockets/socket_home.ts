// What a document's sockets use of their document, and of what all documents share.

import type { Destination } from "../consent/grants.ts";
import type { Verdicts } from "../consent/judge.ts";
import type { GestureLedger } from "../consent/gestures.ts";
import type { Prompts } from "../consent/prompt.ts";
import type { Protection } from "../consent/protection.ts";
import type { Hosts } from "../host/hosts.ts";
import type { Presence } from "../host/presence.ts";
import type { DocumentIntake } from "../intake/intake.ts";
import type { Sender } from "../intake/sender.ts";
import type { Activity } from "./activity.ts";
import type { DocumentLane, Lanes } from "./lanes.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Reopening } from "./reopening.ts";
import type { RefusalAudit } from "./refusal_audit.ts";
import type { Attempt, Why } from "./refusals.ts";
import type { BrokerMessage } from "../../../protocol/page.ts";

/** Where a socket leads, and how it is protected. */
export type Connection = Destination & { protection: Protection };

/** A socket, by the document's number for it. */
interface Numbered {
  readonly id: number;
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
  readonly reopening: Reopening;
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
