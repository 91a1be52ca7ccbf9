// The dictionaries of the API: from what a page passes to what travels.
//
// Whatever the schema of messages would not take is refused here, with a TypeError that says why.

import {
  NativeTypeError,
  arrayPush,
  charCodeAt,
  hasOwn,
  signalAborted,
  typedArrayBuffer,
  typedArrayLength,
} from "../builtins.ts";
import { readSocketOptions, readTLSOptions, type ByHand } from "./socket_options.ts";
import { asObject, copyBufferSource, enforceUnsigned, toDOMString, toSequence } from "../webidl.ts";
import type { OpenState, PageOpenOptions, PageTLSOptions } from "../../../protocol/page.ts";

/** A converted SocketOptions dictionary: what travels, and what stays in the page. */
export interface SocketOptions {
  open: PageOpenOptions;
  signal?: AbortSignal;
  onstate?: (state: OpenState) => unknown;
}

/**
 * Converts `SocketOptions` (API: first generation, with Portside's TLS options, `dnsQueryType`, `secureTransport`, `signal`, `timeout` and `onstate`).
 * Members are read in lexicographical order, as WebIDL asks. Throws TypeError, or what a getter throws.
 */
export function toSocketOptions(value: unknown): SocketOptions {
  const open: PageOpenOptions = {};
  const result: SocketOptions = { open };
  const from = asObject(value, "The options");
  if (from === undefined) return result;

  const tls: PageTLSOptions = {};
  const older: { keepAlive: number | undefined; secure: boolean } = { keepAlive: undefined, secure: false }; // keepAlive, in ms, and useSecureTransport
  readSocketOptions(from, open, {
    ...tlsReaders(tls),
    keepAlive(value) {
      if (typeof value === "boolean") {
        if (value) older.keepAlive = defaultKeepAliveDelay;
        return;
      }
      // The 2021 form: seconds; 0 is off.
      const seconds = enforceUnsigned(value, 32, "keepAlive");
      if (seconds > 0) older.keepAlive = seconds > 4294967 ? 4294967000 : seconds * 1000;
    },
    keepAliveDelay(value) {
      // 0 means "off" on the wire, but here it is a delay that is too short: the broker refuses it as such.
      open.keepAliveDelay = enforceUnsigned(value, 32, "keepAliveDelay") || 1;
    },
    // Accepted and ignored, as in 2021.
    localAddress: toDOMString,
    localPort: (value) => enforceUnsigned(value, 16, "localPort"),
    onstate(value) {
      if (typeof value !== "function") throw new NativeTypeError("onstate is not a function.");
      result.onstate = value as (state: OpenState) => unknown;
    },
    signal(value) {
      try {
        signalAborted(value as object);
      } catch {
        throw new NativeTypeError("signal is not an AbortSignal.");
      }
      result.signal = value as AbortSignal;
    },
    useSecureTransport(value) {
      older.secure = !!value;
    },
  });
  if (older.keepAlive !== undefined) open.keepAliveDelay ??= older.keepAlive;
  if (older.secure) {
    open.secureTransport ??= "on";
    if (open.secureTransport !== "on")
      throw new NativeTypeError("useSecureTransport and secureTransport contradict each other.");
  }
  if (!isEmpty(tls)) {
    // Whoever lists certificates believes that there will be one.
    if (open.secureTransport !== "on" && open.secureTransport !== "starttls")
      throw new NativeTypeError(`TLS options need secureTransport "on" or "starttls".`);
    open.tls = tls;
  }
  return result;
}

/** Delay in ms of `keepAlive: true` without a `keepAliveDelay`: what Chromium uses for its own sockets. */
const defaultKeepAliveDelay = 45_000;

const minKeepAliveDelay = 1_000;

/** Converts the arguments of `setKeepAlive()`; 0 is off. As in Node, a delay of 0 is the default. Throws TypeError, or what a conversion throws. */
export function toKeepAlive(on: unknown, delay: unknown): number {
  const ms = delay === undefined ? 0 : enforceUnsigned(delay, 32, "delay");
  if (ms !== 0 && ms < minKeepAliveDelay) throw new NativeTypeError("delay must be at least 1000 ms.");
  if (!on) return 0;
  return ms === 0 ? defaultKeepAliveDelay : ms;
}

/** More than anybody needs, and what the schema takes. */
const maxItems = 16;
const maxServerName = 253; // RFC 1035, section 2.3.4, without the final dot
const maxProtocol = 255; // RFC 7301, section 3.1
const sha256Length = 32;

/** A name of IANA's registry of ALPN protocol ids. */
function toProtocol(value: unknown): string {
  const name = toDOMString(value);
  let fits = name.length > 0 && name.length <= maxProtocol;
  for (let i = 0; i < name.length && fits; i++) fits = charCodeAt(name, i) < 0x80;
  if (!fits) throw new NativeTypeError("alpnProtocols has an item that is not 1 to 255 ASCII characters long.");
  return name;
}

/** WebTransportHash. Undefined for an algorithm that is not known: WebTransport passes over such entries. */
function toHash(value: unknown): ArrayBuffer | undefined {
  const from = asObject(value, "A certificate hash");
  const algorithm = from?.["algorithm"];
  const given = from?.["value"];
  if (algorithm === undefined || given === undefined)
    throw new NativeTypeError("A certificate hash needs algorithm and value.");
  const name = toDOMString(algorithm);
  const bytes = copyBufferSource(given);
  if (name !== "sha-256") return undefined;
  if (typedArrayLength(bytes) !== sha256Length) throw new NativeTypeError("A SHA-256 hash is 32 bytes long.");
  return typedArrayBuffer(bytes) as ArrayBuffer;
}

/** What reads the members of TLS options that are there. */
function tlsReaders(into: PageTLSOptions): Pick<ByHand, "alpnProtocols" | "serverCertificateHashes" | "serverName"> {
  return {
    alpnProtocols(value) {
      const protocols = toSequence(value, "alpnProtocols", maxItems, toProtocol);
      if (protocols.length > 0) into.alpnProtocols = protocols;
    },
    serverCertificateHashes(value) {
      const hashes: ArrayBuffer[] = [];
      const given = toSequence(value, "serverCertificateHashes", maxItems, (item) => {
        const hash = toHash(item);
        if (hash !== undefined) arrayPush(hashes, hash);
      });
      // An empty list asks for nothing. One of unknown algorithms asks for something that must not become nothing.
      if (given.length > 0 && hashes.length === 0)
        throw new NativeTypeError("serverCertificateHashes has no hash of a known algorithm: use sha-256.");
      if (hashes.length > 0) into.serverCertificateHashes = hashes;
    },
    serverName(value) {
      const name = toDOMString(value);
      if (name === "" || name.length > maxServerName) throw new NativeTypeError("serverName is no host.");
      into.serverName = name;
    },
  };
}

/** Reports whether nothing at all is asked for. */
function isEmpty(tls: PageTLSOptions): boolean {
  return !hasOwn(tls, "alpnProtocols") && !hasOwn(tls, "serverCertificateHashes") && !hasOwn(tls, "serverName");
}

/** Converts the options of `startTls()`. Throws TypeError, or what a getter throws. */
export function toTLSOptions(value: unknown): PageTLSOptions {
  const tls: PageTLSOptions = {};
  const from = asObject(value, "The TLS options");
  if (from === undefined) return tls;
  readTLSOptions(from, tlsReaders(tls));
  return tls;
}
