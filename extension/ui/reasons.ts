// Why something was refused or failed, in plain words, and what one can do about it.

import type { Reason } from "../background/sockets/refusals.ts";
import { text } from "./texts.ts";

/** What was to be opened: a connection, a socket that listens, or a bound UDP socket. */
export type Kind = "connect" | "listen" | "bind";

/** What the popup can do about it by itself. */
export type Remedy = "resume" | "unmute" | "openSetup";

interface Explanation {
  /** Names of texts. */
  why: string;
  what?: string;
  remedy?: Remedy;
}

const explanations: Record<Reason, Explanation> = {
  aborted: { why: "whyAborted" },
  activation: { why: "whyActivation", what: "doActivation" },
  address: { why: "whyAddress", what: "doAddress" },
  cors: { why: "whyCors", what: "doCors" },
  csp: { why: "whyCsp", what: "doCsp" },
  dns: { why: "whyDns", what: "doDns" },
  gone: { why: "whyGone", what: "doGone" },
  "in-use": { why: "whyInUse", what: "doInUse" },
  insecure: { why: "whyInsecure", what: "doInsecure" },
  "installed-only": { why: "whyInstalledOnly", what: "doInstalledOnly" },
  marker: { why: "whyMarker", what: "doMarker" },
  limit: { why: "whyLimit", what: "doLimit" },
  "message-size": { why: "whyMessageSize", what: "doMessageSize" },
  muted: { why: "whyMuted", what: "doMuted", remedy: "unmute" },
  network: { why: "whyNetwork", what: "doNetwork" },
  "network-unknown": { why: "whyNetworkUnknown", what: "doNetworkUnknown" },
  origin: { why: "whyOrigin", what: "doOrigin" },
  paused: { why: "whyPaused", remedy: "resume" },
  "permissions-policy": { why: "whyPermissionsPolicy", what: "doPermissionsPolicy" },
  plaintext: { why: "whyPlaintext", what: "doPlaintext" },
  policy: { why: "whyPolicy", what: "doPolicy" },
  "policy-broken": { why: "whyPolicyBroken", what: "doPolicyBroken" },
  port: { why: "whyPort", what: "doPort" },
  prompt: { why: "whyPrompt", what: "doPrompt" },
  protocol: { why: "whyProtocol", what: "doProtocol" },
  rate: { why: "whyRate", what: "doRate" },
  refused: { why: "whyRefused", what: "doRefused" },
  reset: { why: "whyReset", what: "doReset" },
  risk: { why: "whyRisk", what: "doRisk" },
  storage: { why: "whyStorage", what: "doStorage" },
  timeout: { why: "whyTimeout", what: "doTimeout" },
  tls: { why: "whyTls", what: "doTls" },
  unreachable: { why: "whyUnreachable", what: "doUnreachable" },
  user: { why: "whyUser", what: "doUser" },
  version: { why: "whyVersion", what: "doVersion", remedy: "openSetup" },
  "host-missing": { why: "whyHostMissing", what: "doHostMissing", remedy: "openSetup" },
  "host-forbidden": { why: "whyHostForbidden", what: "doHostForbidden", remedy: "openSetup" },
  "host-blocked": { why: "whyHostBlocked", what: "doHostBlocked", remedy: "openSetup" },
  "host-version": { why: "whyHostVersion", what: "doHostVersion", remedy: "openSetup" },
  "host-storage": { why: "whyStorage", what: "doStorage" },
  "host-failed": { why: "whyHostFailed", what: "doHostFailed", remedy: "openSetup" },
};

/** Where it is another thing for sockets that others can send to. */
const local: Partial<Record<Reason, Explanation>> = {
  activation: { why: "whyLocalActivation", what: "doActivation" },
  address: { why: "whyLocalAddress", what: "doCsp" },
  "permissions-policy": { why: "whyLocalPermissionsPolicy", what: "doPermissionsPolicy" },
};

export function explain(
  reason: Reason,
  kind: Kind = "connect",
): { why: string; what: string; remedy: Remedy | undefined } {
  const ofKind = kind === "connect" ? undefined : local[reason];
  const { why, what, remedy } = ofKind ?? explanations[reason];
  return { why: text(why), what: what === undefined ? "" : text(what), remedy };
}
