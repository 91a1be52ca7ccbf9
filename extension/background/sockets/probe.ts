// A page asks whether the program is there, before it asks for a socket.
//
// That is what the page would learn by opening one, which it may do at this very moment: it needs the same gesture, and the document the same
// permissions. The answer does not depend on what the user or an administrator has set for the site.

import { admit } from "../documents/admission.ts";
import { Refusal, noGesture } from "../intake/refusal.ts";
import { lineOf } from "./developer_line.ts";
import type { SocketHome } from "./socket_home.ts";
import { consoleLines } from "../../shared/console_lines.ts";
import { pageError } from "../../../protocol/page.ts";
import type { DocumentMessage } from "../../../protocol/page.ts";

export type Probe = Extract<DocumentMessage, { type: "probe" }>;

/** Answers a document that asks whether the program is there. */
export async function answerProbe(home: SocketHome, { id, activation, secure, evidence }: Probe): Promise<void> {
  const { sender, attested, shared, intake } = home;
  try {
    const admission = await intake.inTurn(() => admit(attested, { secure, evidence }, "refuse-unsafe-eval"));
    if (/*rule:presence-needs-admission*/ !admission.allowed) throw new Refusal(admission.rule, admission.line);
    //rule:presence-needs-gesture
    if (!shared.gestures.of(sender, activation).unused()) throw noGesture({ hidden: false });
    const problem = await shared.presence.problem();
    if (problem !== undefined) home.tell({ type: "hint", text: consoleLines[lineOf(problem, true) ?? "hostFailed"] });
    home.tell({ type: "probed", id, there: problem === undefined });
  } catch (error) {
    if (!(error instanceof Refusal)) console.error(error);
    home.tell({ type: "hint", text: consoleLines[lineOf(error, false) ?? "network"] });
    home.tell({ type: "failed", id, error: pageError("NotAllowedError") });
  }
}
