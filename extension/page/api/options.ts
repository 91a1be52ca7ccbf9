// The options of opening a connection: from the dictionaries of both generations to what travels, and what stays in the page. Whatever the schema
// of messages would not take is refused here and in converters.ts.

import { NativeTypeError, hasOwn } from "../builtins.ts";
import type { OpenRequest, Wish } from "../core/connection.ts";
import { defaultKeepAliveDelay, type toCallback, type toSignal } from "./converters.ts";
import { portsideTLSOptions, socketOptions, type tcpSocketOptions, type udpSocketOptions } from "./dictionaries.ts";
import { enforceLong, readDictionary, type Dictionary } from "../webidl.ts";
import type { PageTLSOptions } from "../../../protocol/page.ts";

/** Reports whether nothing at all is asked for. */
function isEmpty(tls: PageTLSOptions): boolean {
  return !hasOwn(tls, "alpnProtocols") && !hasOwn(tls, "serverCertificateHashes") && !hasOwn(tls, "serverName");
}

/** An empty list asks for nothing. */
function tlsOf({
  alpnProtocols,
  serverCertificateHashes,
  serverName,
}: Dictionary<typeof portsideTLSOptions>): PageTLSOptions {
  return {
    ...(serverName === undefined ? null : { serverName }),
    ...(alpnProtocols === undefined || alpnProtocols.length === 0 ? null : { alpnProtocols }),
    ...(serverCertificateHashes === undefined || serverCertificateHashes.length === 0
      ? null
      : { serverCertificateHashes }),
  };
}

/** What does not travel, where it is there. */
export function wishOf({
  signal,
  onstate,
}: Dictionary<readonly [["signal", typeof toSignal], ["onstate", typeof toCallback]]>): Wish {
  return { ...(signal === undefined ? null : { signal }), ...(onstate === undefined ? null : { onstate }) };
}

/** Parts what travels of an open from what stays in the page. `options` inherits nothing. */
export function toRequest(options: Dictionary<typeof tcpSocketOptions>): OpenRequest {
  const { signal: _s, onstate: _o, alpnProtocols: _a, serverCertificateHashes: _h, serverName: _n, ...open } = options;
  const tls = tlsOf(options);
  if (isEmpty(tls)) return { open, ...wishOf(options) };
  // Whoever lists certificates believes that there will be one.
  const transport = options.secureTransport;
  if (transport !== "on" && transport !== "starttls")
    throw new NativeTypeError(`TLS options need secureTransport "on" or "starttls".`);
  return { open: { ...open, tls }, ...wishOf(options) };
}

/** Converts `SocketOptions`, of the first generation. Throws TypeError, or what a getter throws. */
export function toSocketOptions(value: unknown): OpenRequest {
  const options = readDictionary(value, "The options", socketOptions);
  const { keepAlive, keepAliveDelay = keepAlive, secureTransport, useSecureTransport } = options;
  // Local addresses are accepted and ignored, as in 2021.
  delete options.keepAlive;
  delete options.useSecureTransport;
  delete options.localAddress;
  delete options.localPort;
  // 0 means "off" on the wire, but here it is a delay that is too short: the broker refuses it as such.
  if (keepAliveDelay !== undefined) options.keepAliveDelay = keepAliveDelay || 1;
  if (useSecureTransport) {
    if (secureTransport !== undefined && secureTransport !== "on")
      throw new NativeTypeError("useSecureTransport and secureTransport contradict each other.");
    options.secureTransport = "on";
  }
  return toRequest(options);
}

const minKeepAliveDelay = 1_000;

/** Throws TypeError for a delay that is too short. */
export function checkKeepAliveDelay(ms: number, name: string): void {
  if (ms < minKeepAliveDelay) throw new NativeTypeError(`${name} must be at least 1000 ms.`);
}

const maxTypeOfService = 63; // RFC 2474

/** Throws TypeError for a buffer of no bytes, and for what is no Differentiated Services Code Point. */
export function checkBuffers({
  sendBufferSize,
  receiveBufferSize,
  ipTypeOfService,
}: Dictionary<typeof tcpSocketOptions | typeof udpSocketOptions>): void {
  if (sendBufferSize === 0 || receiveBufferSize === 0) throw new NativeTypeError("A buffer size must not be 0.");
  if (ipTypeOfService !== undefined && ipTypeOfService > maxTypeOfService)
    throw new NativeTypeError("ipTypeOfService must be at most 63.");
}

/** Converts the arguments of `setKeepAlive()`; 0 is off. As in Node, a delay of 0 is the default. Throws TypeError, or what a conversion throws. */
export function toKeepAlive(on: unknown, delay: unknown): number {
  const ms = delay === undefined ? 0 : enforceLong(delay, "delay");
  if (ms !== 0) checkKeepAliveDelay(ms, "delay");
  if (!on) return 0;
  return ms === 0 ? defaultKeepAliveDelay : ms;
}

/** Converts the options of `startTls()`. Throws TypeError, or what a getter throws. */
export function toTLSOptions(value: unknown): PageTLSOptions {
  return tlsOf(readDictionary(value, "The TLS options", portsideTLSOptions));
}
