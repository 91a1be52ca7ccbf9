// TLS options on their way to the wire, and what was agreed on its way back: bytes <-> base64.

import type { PageTLSInfo, PageTLSOptions, TLSInfo, TLSOptions } from "../../protocol/page.ts";

declare global {
  interface Uint8ArrayConstructor {
    fromBase64(text: string): Uint8Array<ArrayBuffer>;
  }
  interface Uint8Array {
    toBase64(): string;
  }
}

/** The schema's shape of the page's options. */
export function onTheWire({ serverName, alpnProtocols, serverCertificateHashes }: PageTLSOptions): TLSOptions {
  return {
    ...(serverName === undefined ? {} : { serverName }),
    ...(alpnProtocols === undefined ? {} : { alpnProtocols }),
    ...(serverCertificateHashes === undefined
      ? {}
      : {
          serverCertificateHashes: serverCertificateHashes.map((hash) => ({
            algorithm: "sha-256" as const,
            value: new Uint8Array(hash).toBase64(),
          })),
        }),
  };
}

export function certificatesOf(tls: TLSInfo): PageTLSInfo {
  return { ...tls, peerCertificates: tls.peerCertificates.map((text) => Uint8Array.fromBase64(text).buffer) };
}
