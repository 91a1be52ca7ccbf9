// Which line the developer of a page reads on the console about what was refused or has failed (shared/console_lines.ts has the words).
//
// The content script prints them where the page cannot read them. Even so a line has no more than a page may hear of the network: its cause only
// where somebody agreed to the destination, and the administrators let pages know. The popup, which is the user's, has the rest.

import { HostUnavailable } from "../host/host.ts";
import type { HostProblem } from "../host/host.ts";
import { canonicalHost } from "../intake/origin.ts";
import { Refusal } from "../intake/refusal.ts";
import { reasonOf } from "./refusals.ts";
import type { Attempt, Reason } from "./refusals.ts";
import { consoleLines, type ConsoleLine } from "../../shared/console_lines.ts";

const ofHost: Readonly<Record<HostProblem["kind"], ConsoleLine>> = {
  missing: "hostMissing",
  forbidden: "hostForbidden",
  blocked: "hostBlocked",
  version: "hostVersion",
  storage: "hostStorage",
  failed: "hostFailed",
};

/** Causes that a line may name. What is not here is "network". */
const ofReason: Readonly<Partial<Record<Reason, ConsoleLine>>> = {
  address: "address",
  cors: "cors",
  dns: "dns",
  gone: "hostFailed",
  "in-use": "inUse",
  limit: "limit",
  "message-size": "messageSize",
  origin: "rules",
  plaintext: "plaintext",
  policy: "rules",
  "policy-broken": "policyBroken",
  port: "lowPort",
  rate: "rate",
  refused: "refused",
  reset: "reset",
  risk: "risk",
  timeout: "timeout",
  tls: "tls",
  unreachable: "unreachable",
};

/** The line for a reason of the host's. `told`: somebody agreed to the destination, and administrators let pages know why. */
export function lineOfReason(reason: Reason, told: boolean): ConsoleLine {
  return /*rule:console-names-cause-after-consent*/ told ? (ofReason[reason] ?? "network") : "network";
}

/** The line for what the broker caught; undefined where it concerns the page alone. */
export function lineOf(error: unknown, told: boolean): ConsoleLine | undefined {
  if (error instanceof Refusal) return error.line;
  if (error instanceof HostUnavailable) return ofHost[error.problem.kind];
  const why = reasonOf(error);
  return why === undefined ? undefined : lineOfReason(why.reason, told);
}

/** A line with what was to be opened: as the page asked for it, never as the user named it. */
export function textOf(line: ConsoleLine, { protocol, kind, host, port }: Omit<Attempt, "origin" | "stage">): string {
  const name = host === "" ? "named by the user" : (canonicalHost(host) ?? "no host");
  const place = `${name.includes(":") ? `[${name}]` : name}:${port.toString()}`;
  return `${consoleLines[line]} (${protocol} ${kind ?? "connect"} ${place})`;
}
