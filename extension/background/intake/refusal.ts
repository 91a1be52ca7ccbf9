// Why the extension refuses what a document asks: which rule, and who may know.

import { consoleLines, type ConsoleLine } from "../../shared/console_lines.ts";
import type { AuditRefusedParams } from "../../../protocol/message.ts";

export type Rule = AuditRefusedParams["rule"];
/** What the host's rules name besides: an address, an origin, or a port of this computer that is too low. */
export type JudgedReason = "address" | "origin" | "port";

/** A refusal: which rule, and what the developer is told on the console. The page gets the same error for every rule. */
export class Refusal extends Error {
  readonly rule: Rule;
  /** The page cannot work it out by itself: the refusal comes after the refusal delay, so that the time says nothing of which rule it was. */
  readonly hidden: boolean;
  /** What the user may know: the reason that the host gave, and the administrator's setting that decided. */
  readonly reason: Rule | JudgedReason;
  readonly by: string | undefined;
  readonly line: ConsoleLine;
  constructor(
    rule: Rule,
    line: ConsoleLine,
    { hidden = false, reason, by }: { hidden?: boolean; reason?: JudgedReason; by?: string } = {},
  ) {
    super(consoleLines[line]);
    this.rule = rule;
    this.line = line;
    this.hidden = hidden;
    this.reason = reason ?? rule;
    this.by = by;
  }
}

/**
 * What takes a gesture has none. Hidden once the host's rules were asked: without a gesture, no page is to learn whether they would have
 * refused.
 */
export function noGesture({ hidden = /*rule:missing-gesture-is-hidden*/ true } = {}): Refusal {
  return new Refusal("activation", "activation", { hidden });
}
