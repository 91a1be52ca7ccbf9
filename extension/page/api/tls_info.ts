// What was agreed with the peer, as a page gets it.

import { freeze, own } from "../builtins.ts";
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
  const alpnProtocol = own(agreed, "alpnProtocol") ?? "";
  const { version, cipherSuite, peerCertificates } = agreed;
  const omittedCertificates = own(agreed, "omittedCertificates") ?? 0;
  return freeze({
    version,
    cipherSuite,
    alpnProtocol,
    peerCertificates: freeze(peerCertificates),
    omittedCertificates,
  });
}
