// What the user is asked and what they answer; and what the consent window and the background say to each other about it.

import type { How } from "./grants.ts";
import type { Lasting } from "./lifetime.ts";
import type { Protection } from "./protection.ts";
import type { LocalPlace, NamedPeer, PolicyJudgeResult } from "../../../protocol/message.ts";

/** What kind of place a host is. */
export type Place = NonNullable<PolicyJudgeResult["place"]>;

/** What the user is asked of a connection: what for, and with which protection. */
export type Question = Destination & Protection;

/** Asks for a socket that others can send to: one that listens, or a UDP socket that is bound and not connected. */
export interface LocalQuestion {
  kind: "listen" | "bind";
  origin: string;
  /** Absent: the system picks one. */
  port?: number;
  /** Where it may be open, narrowest first: at least one, of which the user picks. One whose reach is `anybody` needs a yes of its own. */
  places: readonly LocalPlace[];
  /** `bind`: the widest choice there is of whom it may send to. */
  peers?: Peers;
  /** `bind`: the page wants to join multicast groups. */
  multicast: boolean;
  /** `listen`: by TLS, with a certificate of its own. */
  secure: boolean;
  /** It is to be announced on the link, by this name and as this service. Foreign texts. */
  announce?: { name: string; type: string };
  private: boolean;
  /** The container of its tab, where that is not the default one. */
  container?: string;
  /** Whether anything longer than "Allow this time" is offered. */
  remember: boolean;
}

/** Whom a bound UDP socket may send to, narrowest first. */
export type Peers = "named" | "network" | "internet";

interface Destination {
  origin: string;
  protocol: "tcp" | "udp";
  /** Absent: the user is to name it. */
  host?: string;
  /** What the page proposes where its word is not enough: shown beside the field, never in it. */
  proposal?: string;
  /** What kind of place the host, or else the proposal, is. */
  place?: Place;
  port: number;
  /** Routers watch this port: the prompt names the danger. */
  risk: boolean;
  private: boolean;
  /** The container of its tab, where that is not the default one. */
  container?: string;
  /** Whether anything longer than "Allow this time" is offered. */
  remember: boolean;
}

/** A yes. */
interface Allowed extends Lasting {
  allow: true;
  /** It was settled by a grant whose time ends. */
  timed?: true;
}

export type Answer =
  /** `rule`: what to call the refusal. The user said no; they may not be asked now; too many questions wait; no window could be opened. */
  | { allow: false; rule: "user" | "muted" | "limit" | "prompt" }
  /** `risk`: the danger of the port was named. */
  | (Allowed & { host: string; how: How; risk: boolean });

/** The same for a socket that others can send to. `place` is one of the question's; `hosts` are canonical, and only with peers "named". */
export type LocalAnswer =
  Extract<Answer, { allow: false }> | (Allowed & { place: LocalPlace; peers?: Peers; hosts?: NamedPeer[] });

/** What is wrong with an address that the user typed or picked. */
export type Complaint = "invalid" | "never" | "policy";
/** What the rules say of it: its canonical form, the kind of place, and whether routers watch the port there. */
export type Checked = { host: string; place?: Place; risk: boolean } | { complaint: Complaint };

/** A device nearby, as the prompt lists it. */
export interface Device {
  /** Its number in the list, from 0. */
  index: number;
  /** What it calls itself, and its service type: foreign texts. */
  name: string;
  service: string;
  host: string;
  address: string;
}

/** What the user named: in the field, or by picking from the list. */
export type Named = { address: string } | { device: number };

/** What the prompt page sends where the question is a LocalQuestion, in place of `allow`: the number of the place; whom it may send to; and whom the user named, as they typed it. */
export interface AllowLocal extends Lasting {
  type: "allowLocal";
  place: number;
  peers?: Peers;
  hosts?: string[];
}

/** What the prompt page sends. */
export type PromptMessage =
  | ({ type: "allow"; named?: Named } & Lasting)
  | AllowLocal
  /** They have had the time to look at the question. Sent once, before any answer. */
  | { type: "seen" }
  /** They named something, and have not pressed a button yet: what would it be? */
  | { type: "name"; named: Named }
  /** `all`: whatever else this site asks and has not shown yet. `key`: by the keyboard. */
  | { type: "deny"; all?: boolean; key?: boolean };

/** What it receives. */
export type PromptView =
  | {
      type: "question";
      question: Question | LocalQuestion;
      waiting: number;
      /** Devices nearby are looked for. */
      looks: boolean;
      /** It is Portside's own page to try it with that asks. */
      testPage?: boolean;
      /** For how long the site could not ask after another no, in ms. */
      cooldown?: number;
    }
  /** Allow was pressed, and what was named cannot be allowed after all. */
  | { type: "complaint"; named: Named; complaint: Complaint }
  /** What was named is this; the answer to `name`. */
  | ({ type: "named"; named: Named } & Checked)
  | { type: "waiting"; count: number }
  | { type: "device"; device: Device }
  /** Looking for devices is over; or it could not be done, or an administrator does not want it. */
  | { type: "looked"; how: "done" | "failed" | "forbidden" };
