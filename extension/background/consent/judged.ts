// What follows from the host's judgement, and from the user's no, before and after they are asked: for connections and for sockets that others
// can send to alike.

import { admit } from "../documents/admission.ts";
import { isInstalledApp } from "../documents/app_window.ts";
import type { Claims } from "../documents/admission.ts";
import { Refusal } from "../intake/refusal.ts";
import type { Answer } from "./question.ts";
import type { PolicyJudgeLocalResult, PolicyJudgeResult } from "../../../protocol/message.ts";

type Judged = PolicyJudgeResult | PolicyJudgeLocalResult;

/** What to call it when the answer is no. Only the user's own no comes when they gave it. */
export const answerRefusals: Record<Extract<Answer, { allow: false }>["rule"], () => Refusal> = {
  user: () => new Refusal("user", "denied"),
  muted: () =>
    new Refusal("muted", "muted", {
      /*rule:cooldown-refusal-is-delayed*/ hidden: true,
    }),
  limit: () =>
    new Refusal("limit", "questions", {
      /*rule:full-queue-refusal-is-delayed*/ hidden: true,
    }),
  prompt: () => new Refusal("prompt", "noWindow", { hidden: true }),
};

/** Reports whether no earlier yes counts, neither a remembered one nor one of the document: each open is to be asked for, or none. */
export function asksAnew({ prompt }: Pick<Judged, "prompt">): boolean {
  return prompt === "always" || prompt === "forbid";
}

/** The administrator's setting that decided. */
function told({ by }: Judged): { by?: string } {
  //rule:judgement-names-deciding-setting
  if (by !== undefined) return { by };
  return {};
}

/** The administrator lets only pass what needs no question, and this needs one. */
export function questionForbidden(verdict: Judged): Refusal {
  return new Refusal("policy", "onlyWithoutQuestion", {
    hidden: true,
    ...told(verdict),
  });
}

/** Throws a Refusal where the rules refuse whatever the user would say. */
export async function mustPass(verdict: Judged, claims: Claims, attested: chrome.runtime.MessageSender): Promise<void> {
  // Before the rules about the page, which are the strictest while a policy cannot be used: it is the policy that is to be mended then.
  if (/*rule:broken-policy-told-before-page-rules*/ !verdict.allowed) {
    const { reason } = verdict;
    const broken = reason === "policy-broken";
    throw new Refusal(broken ? reason : "policy", broken ? "policyBroken" : "rules", {
      hidden: true,
      ...(reason === "address" || reason === "origin" || reason === "port" ? { reason } : {}),
      ...told(verdict),
    });
  }
  if (verdict.cspRule !== "refuse-unsafe-eval") {
    const admission = await admit(attested, claims, /*rule:admin-csp-rule-reaches-page*/ verdict.cspRule);
    if (!admission.allowed) throw new Refusal(admission.rule, admission.line, { hidden: true });
  }
  //rule:installed-apps-only
  if (verdict.installedOnly && !(await isInstalledApp(attested.tab?.id)))
    throw new Refusal("installed-only", "installedOnly", { hidden: true });
}

/** Reports whether a destination is public, as far as its name tells; one that the user is still to name counts as public. */
export function isPublic({ place, mustEnter }: PolicyJudgeResult): boolean {
  return place === undefined ? !mustEnter : place === "internet";
}

/** A header or the attribute of a frame denies direct-sockets-private. `hidden`: the host was asked first. */
export function privateDenied({ hidden = true } = {}): Refusal {
  return new Refusal("permissions-policy", "policyPrivate", { hidden });
}
