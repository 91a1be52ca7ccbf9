// Conversions of members whose WebIDL type does not say it all: bounds of Portside's, and objects of the page's.
//
// Whatever the schema of messages would not take is refused here, with a TypeError that says why.

import {
  NativeTypeError,
  arrayPush,
  charCodeAt,
  encodeText,
  signalAborted,
  typedArrayBuffer,
  typedArrayLength,
} from "../builtins.ts";
import { portsideAnnouncement, portsideCertificateHash } from "./dictionaries.ts";
import { copyOf, enforceLong, readDictionary, toDOMString, toSequence } from "../webidl.ts";
import type { Announcement } from "../../../protocol/message.ts";
import type { OpenState } from "../../../protocol/page.ts";

/** More than anybody needs, and what the schema takes. */
const maxItems = 16;
const maxServerName = 253; // RFC 1035, section 2.3.4, without the final dot
const maxProtocol = 255; // RFC 7301, section 3.1
const sha256Length = 32;
const maxString = 255; // RFC 6763, section 6.1
const maxInstance = 63; // RFC 6763, section 4.1.1
const maxService = 15; // RFC 6335, section 5.1

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
  if (typeof value !== "function") throw new NativeTypeError(`${name} is not a function.`);
  return value as (state: OpenState) => unknown;
}

export function toSignal(value: unknown, name: string): AbortSignal {
  try {
    signalAborted(value as object);
  } catch {
    throw new NativeTypeError(`${name} is not an AbortSignal.`);
  }
  return value as AbortSignal;
}

/** Names of IANA's registry of ALPN protocol ids. */
export function toProtocols(value: unknown, name: string): string[] {
  return toSequence(value, name, maxItems, (item) => {
    const protocol = toDOMString(item);
    let fits = protocol.length > 0 && protocol.length <= maxProtocol;
    for (let i = 0; i < protocol.length && fits; i++) fits = charCodeAt(protocol, i) < 0x80;
    if (!fits) throw new NativeTypeError(`${name} has an item that is not 1 to 255 ASCII characters long.`);
    return protocol;
  });
}

/** WebTransportHash. Those of an algorithm that is not known are passed over, as in WebTransport. */
export function toHashes(value: unknown, name: string): ArrayBuffer[] {
  const hashes: ArrayBuffer[] = [];
  const given = toSequence(value, name, maxItems, (item) => {
    const hash = readDictionary(item, "A certificate hash", portsideCertificateHash);
    if (hash.algorithm !== "sha-256") return;
    if (typedArrayLength(hash.value) !== sha256Length) throw new NativeTypeError("A SHA-256 hash is 32 bytes long.");
    arrayPush(hashes, typedArrayBuffer(copyOf(hash.value)) as ArrayBuffer);
  });
  // An empty list asks for nothing. One of unknown algorithms asks for something that must not become nothing.
  if (given.length > 0 && hashes.length === 0)
    throw new NativeTypeError(`${name} has no hash of a known algorithm: use sha-256.`);
  return hashes;
}

export function toServerName(value: unknown, name: string): string {
  const host = toDOMString(value);
  if (host === "" || host.length > maxServerName) throw new NativeTypeError(`${name} is no host.`);
  return host;
}

/** Text of 1 to so many bytes of UTF-8. */
function boundedText(text: string, most: number, name: string): string {
  const { length } = text;
  const bytes = length > most ? length : typedArrayLength(encodeText(text));
  if (bytes === 0 || bytes > most) throw new NativeTypeError(`${name} is not 1 to ${most.toString()} bytes long.`);
  return text;
}

/** Strings of a TXT record. */
export function toStrings(value: unknown, name: string): string[] {
  return toSequence(value, name, maxItems, (item) => boundedText(toDOMString(item), maxString, `An item of ${name}`));
}

/** A service type (RFC 6763, section 7): letters, digits and single hyphens between them, after an underscore. */
function isServiceType(type: string): boolean {
  const end = type.length - 5;
  let transport = "";
  for (let i = end; i < type.length; i++) transport += type[i] ?? "";
  if ((transport !== "._tcp" && transport !== "._udp") || type[0] !== "_" || end < 2 || end > maxService + 1)
    return false;
  let hyphen = true; // none at the beginning
  for (let i = 1; i < end; i++) {
    const code = charCodeAt(type, i);
    const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
    if (!letter && !(code >= 0x30 && code <= 0x39) && (code !== 0x2d || hyphen)) return false;
    hyphen = code === 0x2d;
  }
  return !hyphen;
}

export function toAnnouncement(value: unknown, what: string): Announcement {
  const { type, name, txt } = readDictionary(value, what, portsideAnnouncement);
  boundedText(name, maxInstance, `${what}.name`);
  if (!isServiceType(type)) throw new NativeTypeError(`${what}.type is no service type: it is like "_http._tcp".`);
  return txt === undefined ? { type, name } : { type, name, txt };
}
