// The options of opening a connection: from the dictionaries of both generations to what travels, and what stays in the page. Whatever the schema
// of messages would not take is refused here and in converters.ts.

import { NativeTypeError } from "../builtins.ts";
import type { OpenRequest, Wish } from "../core/connection.ts";
import { defaultKeepAliveDelay } from "./converters.ts";
import {
  portsideTLSOptions,
  portsideSocketOptions,
  type tcpSocketOptions,
  type udpSocketOptions,
} from "./dictionaries.ts";
import { checkRemoteAddress } from "../host.ts";
import { canonicalAddress } from "../ip_address.ts";
import { enforceLong, readDictionary, refuse, takeOut, type Dictionary } from "../webidl.ts";
import type { OpenState, PageOpenOptions, PageTLSOptions } from "../../../protocol/page.ts";

type Options = Dictionary<typeof tcpSocketOptions>;

/** Takes out what does not travel. `options` inherits nothing. */
export function takeWish(options: { signal?: AbortSignal; onstate?: (state: OpenState) => unknown }): Wish {
  return takeOut<typeof wishMembers, Wish>(options, wishMembers) ?? noWish;
}

const wishMembers = [["signal"], ["onstate"]] as const;
const noWish = { __proto__: null } as Wish;

/** Parts what travels of an open from what stays in the page. `options` inherits nothing. */
export function toRequest(options: Options): OpenRequest {
  const tls = takeOut<typeof portsideTLSOptions, PageTLSOptions>(options, portsideTLSOptions);
  const wish = takeWish(options);
  const open = options as PageOpenOptions;
  if (tls !== undefined) {
    // Whoever lists certificates believes that there will be one.
    if (options.secureTransport !== "on" && options.secureTransport !== "starttls")
      throw new NativeTypeError(`TLS options need secureTransport "on" or "starttls".`);
    open.tls = tls;
  }
  return { ...wish, open };
}

const ignored = [["localAddress"], ["localPort"], ["keepAlive"], ["useSecureTransport"]] as const;

/** Converts `PortsideSocketOptions`, of the first generation. Throws TypeError, or what a getter throws. */
export function toSocketOptions(value: unknown): OpenRequest {
  const options = readDictionary(value, "The options", portsideSocketOptions);
  const { keepAlive, keepAliveDelay = keepAlive, secureTransport, useSecureTransport } = options;
  checkRemoteAddress(options.remoteAddress);
  // Local addresses are accepted and ignored, as in 2021.
  takeOut(options, ignored);
  // 0 means "off" on the wire, but here it is a delay that is too short: the broker refuses it as such.
  if (keepAliveDelay !== undefined) options.keepAliveDelay = keepAliveDelay || 1;
  if (useSecureTransport) {
    if ((secureTransport ?? "on") !== "on") throw new NativeTypeError("useSecureTransport and secureTransport differ.");
    options.secureTransport = "on";
  }
  return toRequest(options);
}

const minKeepAliveDelay = 1_000;

/** Throws TypeError for a delay that is too short. */
export function checkKeepAliveDelay(ms: number, name: string): void {
  if (ms < minKeepAliveDelay) refuse(name, "delay of 1000 ms or more");
}

const maxTypeOfService = 63; // RFC 2474

/** Throws TypeError for a buffer of no bytes, and for what is no Differentiated Services Code Point. */
export function checkBuffers({
  sendBufferSize,
  receiveBufferSize,
  ipTypeOfService,
}: Dictionary<typeof tcpSocketOptions | typeof udpSocketOptions>): void {
  if (sendBufferSize === 0 || receiveBufferSize === 0) refuse("0", "buffer size");
  if (ipTypeOfService !== undefined && ipTypeOfService > maxTypeOfService) refuse("ipTypeOfService", "number up to 63");
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
  return readDictionary(value, "The TLS options", portsideTLSOptions);
}

/** The steps about localAddress and ipv6Only. Returns the canonical address, or throws TypeError. */
export function toLocalAddress(given: string, ipv6Only: boolean): string {
  // "If localAddress is not a valid IP address, throw a TypeError."
  const address = canonicalAddress(given);
  // "If ipv6Only is … but localAddress is not equal to the IPv6 unspecified address (::), throw a TypeError."
  if (address === undefined || (ipv6Only && address !== "::")) refuse("localAddress", ipv6Only ? "::" : "IP address");
  return address;
}
