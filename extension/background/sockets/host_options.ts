// Code generated from protocol/schema by `make generate`. DO NOT EDIT.
import type { OpenOptions, SharedOptions, TCPOptions } from "../../../protocol/message.ts";

/** For the page a TypeError with this message. */
export class Invalid extends Error {}

/** Throws Invalid where an option is out of its range. */
export function checkRanges(options: OpenOptions): void {
  if (options.sendBufferSize !== undefined && options.sendBufferSize < 1)
    throw new Invalid("sendBufferSize must not be 0.");
  if (options.receiveBufferSize !== undefined && options.receiveBufferSize < 1)
    throw new Invalid("receiveBufferSize must not be 0.");
  if (options.ipTypeOfService !== undefined && options.ipTypeOfService > 63)
    throw new Invalid("ipTypeOfService must be at most 63.");
  if (options.keepAliveDelay !== undefined && options.keepAliveDelay < 1000 && options.keepAliveDelay !== 0)
    throw new Invalid("keepAliveDelay must be at least 1000 ms.");
}

/** The options of every socket, as the host takes them that speaks this version of the protocol. What it does not know is left out. */
export function sharedOptions(options: OpenOptions, version: number): SharedOptions {
  const taken: SharedOptions = {};
  if (options.timeout !== undefined) taken.timeout = Math.min(options.timeout, 86400000);
  if (options.sendBufferSize !== undefined) taken.sendBufferSize = Math.min(options.sendBufferSize, 2147483647);
  if (options.receiveBufferSize !== undefined)
    taken.receiveBufferSize = Math.min(options.receiveBufferSize, 2147483647);
  if (options.dnsQueryType !== undefined) taken.dnsQueryType = options.dnsQueryType;
  if (options.ipTypeOfService !== undefined && version >= 3) taken.ipTypeOfService = options.ipTypeOfService;
  return taken;
}

/** The options that only TCP sockets have, but for `tls`. */
export function tcpOptions(options: OpenOptions): Omit<TCPOptions, "tls"> {
  const taken: Omit<TCPOptions, "tls"> = {};
  if (options.noDelay !== undefined) taken.noDelay = options.noDelay;
  if (options.keepAliveDelay !== undefined) taken.keepAliveDelay = options.keepAliveDelay;
  if (options.secureTransport !== undefined) taken.secureTransport = options.secureTransport;
  return taken;
}
