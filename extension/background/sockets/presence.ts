// Whether the program is there, for a page that asks before it asks for a socket.
//
// That is what the page would learn by opening one, which it may do at this very moment: it needs the same gesture, and the document the same
// permissions. The answer does not depend on what the user or an administrator has set for the site.

import { admit } from "../documents/admission.ts";
import { HostUnavailable } from "../host/host.ts";
import type { Hosts } from "../host/hosts.ts";
import { Refusal, noGesture } from "../intake/refusal.ts";
import { lineOf } from "./developer_line.ts";
import type { SocketHome } from "./socket_home.ts";
import { consoleLines } from "../../shared/console_lines.ts";
import { pageError } from "../../../protocol/page.ts";
import type { DocumentMessage } from "../../../protocol/page.ts";

export type Probe = Extract<DocumentMessage, { type: "probe" }>;

/** An answer is good for this time, in ms, whoever asks. */
const fresh = 5_000;

export class Presence {
  readonly #hosts: Pick<Hosts, "probe">;
  readonly #now: () => number;
  #last: { at: number; problem: Promise<HostUnavailable | undefined> } | undefined;

  /** `now` tells the time in ms. */
  constructor(hosts: Pick<Hosts, "probe">, now: () => number = () => performance.now()) {
    this.#hosts = hosts;
    this.#now = now;
  }

  /** Why there is no program to talk to; undefined: there is one. A program is started for it once in five seconds at most. */
  problem(): Promise<HostUnavailable | undefined> {
    const now = this.#now();
    //rule:presence-is-looked-up-rarely
    if (this.#last !== undefined && now - this.#last.at < fresh) return this.#last.problem;
    this.#last = { at: now, problem: this.#look() };
    return this.#last.problem;
  }

  async #look(): Promise<HostUnavailable | undefined> {
    try {
      await this.#hosts.probe();
      return undefined;
    } catch (error) {
      return error instanceof HostUnavailable ? error : new HostUnavailable({ kind: "failed", detail: String(error) });
    }
  }
}

/** Answers a document that asks whether the program is there. */
export async function answerProbe(
  { sender, attested, shared, intake, tell }: SocketHome,
  { id, activation, secure, evidence }: Probe,
): Promise<void> {
  try {
    const admission = await intake.inTurn(() => admit(attested, { secure, evidence }, "refuse-unsafe-eval"));
    if (/*rule:presence-needs-admission*/ !admission.allowed) throw new Refusal(admission.rule, admission.line);
    //rule:presence-needs-gesture
    if (!shared.gestures.of(sender, activation).unused()) throw noGesture({ hidden: false });
    const problem = await shared.presence.problem();
    if (problem !== undefined) tell({ type: "hint", text: consoleLines[lineOf(problem, true) ?? "hostFailed"] });
    tell({ type: "probed", id, there: problem === undefined });
  } catch (error) {
    if (!(error instanceof Refusal)) console.error(error);
    tell({ type: "hint", text: consoleLines[lineOf(error, false) ?? "network"] });
    tell({ type: "failed", id, error: pageError("NotAllowedError") });
  }
}
