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
} from "./builtins.ts";
import { asObject, copyBufferSource, enforceUnsigned, toDOMString, toSequence } from "./webidl.ts";
import type { OpenState, PageOpenOptions, PageTLSOptions } from "../../protocol/page.ts";

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
  readProtocols(from, tls);
  const dnsQueryType = from["dnsQueryType"];
  if (dnsQueryType !== undefined) {
    const family = toDOMString(dnsQueryType);
    if (family !== "ipv4" && family !== "ipv6")
      throw new NativeTypeError(`dnsQueryType "${family}" is not supported: use "ipv4" or "ipv6".`);
    open.dnsQueryType = family;
  }
  const keepAlive = from["keepAlive"];
  const keepAliveDelay = from["keepAliveDelay"];
  if (keepAliveDelay !== undefined) {
    open.keepAliveDelay = enforceUnsigned(keepAliveDelay, 32, "keepAliveDelay");
    // 0 means "off" on the wire, but here it is a delay that is too short: the broker refuses it as such.
    if (open.keepAliveDelay === 0) open.keepAliveDelay = 1;
  }
  if (keepAlive !== undefined) {
    if (typeof keepAlive === "boolean") {
      if (keepAlive) open.keepAliveDelay ??= defaultKeepAliveDelay;
    } else {
      // The 2021 form: seconds; 0 is off.
      const seconds = enforceUnsigned(keepAlive, 32, "keepAlive");
      if (seconds > 0 && open.keepAliveDelay === undefined)
        open.keepAliveDelay = seconds > 4294967 ? 4294967000 : seconds * 1000;
    }
  }
  const localAddress = from["localAddress"];
  if (localAddress !== undefined) toDOMString(localAddress); // accepted and ignored, as in 2021
  const localPort = from["localPort"];
  if (localPort !== undefined) enforceUnsigned(localPort, 16, "localPort");
  const noDelay = from["noDelay"];
  if (noDelay !== undefined) open.noDelay = !!noDelay;
  const onstate = from["onstate"];
  if (onstate !== undefined) {
    if (typeof onstate !== "function") throw new NativeTypeError("onstate is not a function.");
    result.onstate = onstate as (state: OpenState) => unknown;
  }
  const receiveBufferSize = from["receiveBufferSize"];
  if (receiveBufferSize !== undefined)
    open.receiveBufferSize = enforceUnsigned(receiveBufferSize, 32, "receiveBufferSize");
  const remoteAddress = from["remoteAddress"];
  if (remoteAddress !== undefined) open.remoteAddress = toDOMString(remoteAddress);
  const remotePort = from["remotePort"];
  if (remotePort !== undefined) open.remotePort = enforceUnsigned(remotePort, 16, "remotePort");
  const secureTransport = from["secureTransport"];
  if (secureTransport !== undefined) {
    const mode = toDOMString(secureTransport);
    if (mode !== "off" && mode !== "on" && mode !== "starttls")
      throw new NativeTypeError(`secureTransport "${mode}" is not supported: use "off", "on" or "starttls".`);
    open.secureTransport = mode;
  }
  const sendBufferSize = from["sendBufferSize"];
  if (sendBufferSize !== undefined) open.sendBufferSize = enforceUnsigned(sendBufferSize, 32, "sendBufferSize");
  readHashes(from, tls);
  readServerName(from, tls);
  const signal = from["signal"];
  if (signal !== undefined) {
    try {
      signalAborted(signal as object);
    } catch {
      throw new NativeTypeError("signal is not an AbortSignal.");
    }
    result.signal = signal as AbortSignal;
  }
  const timeout = from["timeout"];
  if (timeout !== undefined) open.timeout = enforceUnsigned(timeout, 32, "timeout");
  const useSecureTransport = from["useSecureTransport"];
  if (useSecureTransport !== undefined && !!useSecureTransport) {
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

function readProtocols(from: Record<string, unknown>, into: PageTLSOptions): void {
  const alpnProtocols = from["alpnProtocols"];
  if (alpnProtocols === undefined) return;
  const protocols = toSequence(alpnProtocols, "alpnProtocols", maxItems, toProtocol);
  if (protocols.length > 0) into.alpnProtocols = protocols;
}

function readHashes(from: Record<string, unknown>, into: PageTLSOptions): void {
  const serverCertificateHashes = from["serverCertificateHashes"];
  if (serverCertificateHashes === undefined) return;
  const hashes: ArrayBuffer[] = [];
  const given = toSequence(serverCertificateHashes, "serverCertificateHashes", maxItems, (item) => {
    const hash = toHash(item);
    if (hash !== undefined) arrayPush(hashes, hash);
  });
  // An empty list asks for nothing. One of unknown algorithms asks for something that must not become nothing.
  if (given.length > 0 && hashes.length === 0)
    throw new NativeTypeError("serverCertificateHashes has no hash of a known algorithm: use sha-256.");
  if (hashes.length > 0) into.serverCertificateHashes = hashes;
}

function readServerName(from: Record<string, unknown>, into: PageTLSOptions): void {
  const serverName = from["serverName"];
  if (serverName === undefined) return;
  const name = toDOMString(serverName);
  if (name === "" || name.length > maxServerName) throw new NativeTypeError("serverName is no host.");
  into.serverName = name;
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
  readProtocols(from, tls);
  readHashes(from, tls);
  readServerName(from, tls);
  return tls;
}
