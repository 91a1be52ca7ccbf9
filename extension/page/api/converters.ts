// Conversions of members whose WebIDL type does not say it all: bounds of Portside's, and objects of the page's.
//
// Whatever the schema of messages would not take is refused here, with a TypeError that says why.

import { arrayPush, fits, signalAborted, typedArrayBuffer, typedArrayLength } from "../builtins.ts";
import { portsideAnnouncement, portsideCertificateHash } from "./inner_dictionaries.ts";
import { boundedText, maxItems } from "./texts.ts";
import { copyOf, enforceLong, readDictionary, refuse, toDOMString, toSequence } from "../webidl.ts";
import type { Announcement } from "../../../protocol/message.ts";
import type { OpenState } from "../../../protocol/page.ts";

const maxServerName = 253; // RFC 1035, section 2.3.4, without the final dot
const sha256Length = 32;
const maxInstance = 63; // RFC 6763, section 4.1.1

/** Delay in ms of `keepAlive: true` without a `keepAliveDelay`: what Chromium uses for its own sockets. */
export const defaultKeepAliveDelay = 45_000;

/** `keepAlive` of the first generation, in ms; undefined is off. */
export function toKeepAlive(value: unknown): number | undefined {
  if (typeof value === "boolean") return value ? defaultKeepAliveDelay : undefined;
  // The 2021 form: seconds; 0 is off.
  const seconds = enforceLong(value, "keepAlive");
  return seconds > 4294967 ? 4294967000 : seconds * 1000 || undefined;
}

export function toCallback(value: unknown, name: string): (state: OpenState) => unknown {
  if (typeof value !== "function") refuse(name, "function");
  return value as (state: OpenState) => unknown;
}

export function toSignal(value: unknown, name: string): AbortSignal {
  try {
    signalAborted(value as object);
  } catch {
    refuse(name, "AbortSignal");
  }
  return value as AbortSignal;
}

/** Names of IANA's registry of ALPN protocol ids (RFC 7301, section 3.1). An empty list asks for nothing. */
export function toProtocols(value: unknown, name: string): string[] | undefined {
  const protocols = toSequence(value, name, maxItems, (item) => {
    const protocol = toDOMString(item);
    if (!fits(/^[\0-\x7f]{1,255}$/, protocol)) refuse(`An item of ${name}`, "text of 1 to 255 ASCII characters");
    return protocol;
  });
  return protocols.length > 0 ? protocols : undefined;
}

/** WebTransportHash. Those of an algorithm that is not known are passed over, as in WebTransport. */
export function toHashes(value: unknown, name: string): ArrayBuffer[] | undefined {
  const hashes: ArrayBuffer[] = [];
  const given = toSequence(value, name, maxItems, (item) => {
    const hash = readDictionary(item, "A certificate hash", portsideCertificateHash);
    if (hash.algorithm !== "sha-256") return;
    if (typedArrayLength(hash.value) !== sha256Length) refuse("A hash", "32 bytes");
    arrayPush(hashes, typedArrayBuffer(copyOf(hash.value)) as ArrayBuffer);
  });
  if (hashes.length > 0) return hashes;
  // An empty list asks for nothing. One of unknown algorithms asks for something that must not become nothing.
  if (given.length > 0) refuse(name, "list with a hash of sha-256");
  return undefined;
}

export function toServerName(value: unknown, name: string): string {
  const host = toDOMString(value);
  if (host === "" || host.length > maxServerName) refuse(name, "host");
  return host;
}

/** Service type and protocol: letters, digits and single hyphens between them, after underscores (RFC 6763, section 7; RFC 6335, section 5.1). */
const serviceType = /^_[a-z\d](-?[a-z\d]){0,14}\._(tcp|udp)$/i;

export function toAnnouncement(value: unknown, what: string): Announcement {
  const { type, name, txt } = readDictionary(value, what, portsideAnnouncement);
  boundedText(name, maxInstance, `${what}.name`);
  if (!fits(serviceType, type)) refuse(`${what}.type`, `service type like "_http._tcp"`);
  return txt === undefined ? { type, name } : { type, name, txt };
}
