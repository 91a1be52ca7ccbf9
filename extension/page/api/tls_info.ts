// What was agreed with the peer, as a page gets it.

import { freeze } from "../builtins.ts";
import type { PageTLSInfo } from "../../../protocol/page.ts";

export type TLSInfo = Readonly<{
  version: string;
  cipherSuite: string;
  alpnProtocol: string;
  peerCertificates: readonly ArrayBuffer[];
  omittedCertificates: number;
}>;

/** Undefined without TLS. */
export function toTLSInfo(agreed: PageTLSInfo | undefined): TLSInfo | undefined {
  if (agreed === undefined) return undefined;
  const { peerCertificates } = agreed;
  return freeze({ alpnProtocol: "", omittedCertificates: 0, ...agreed, peerCertificates: freeze(peerCertificates) });
}
