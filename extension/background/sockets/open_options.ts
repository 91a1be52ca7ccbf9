// What a page passed to an open: which of it is no use, and how it reads in the host's words.

import type { Destination, Reached } from "../consent/grants.ts";
import { HostError } from "../host/host.ts";
import { canonicalHost } from "../intake/origin.ts";
import type { Sender } from "../intake/sender.ts";
import type { TCPOpenParams, UDPOpenParams } from "../../../protocol/message.ts";
import type { OpenOptions, TLSOptions } from "../../../protocol/page.ts";

/** For the page a TypeError with this message. */
export class Invalid extends Error {}

/** Delay that the API accepts for keep-alive, in ms (Direct Sockets, 2022). */
const minKeepAliveDelay = 1000;

/** What the host takes at most: buffers in bytes, a time-out in ms. */
const maxBuffer = 0x7fffffff;
const maxTimeout = 86_400_000;

/** Returns the port; throws Invalid where an option is out of its range. */
export function checkOptions({
  remotePort,
  keepAliveDelay = 0,
  sendBufferSize,
  receiveBufferSize,
}: OpenOptions): number {
  if (remotePort === undefined) throw new Invalid("remotePort is missing.");
  if (remotePort === 0) throw new Invalid("remotePort must be from 1 to 65535.");
  if (keepAliveDelay !== 0 && keepAliveDelay < minKeepAliveDelay)
    throw new Invalid("keepAliveDelay must be at least 1000 ms.");
  if (sendBufferSize === 0) throw new Invalid("sendBufferSize must not be 0.");
  if (receiveBufferSize === 0) throw new Invalid("receiveBufferSize must not be 0.");
  return remotePort;
}

/** What the host is asked to open: for whom, where to, and with whose word for it; and how many bytes it may send before it has credit. */
export function udpOpen(
  socketId: number,
  { origin, documentId, private: isPrivate }: Sender,
  { host, port }: Destination,
  { entered, risk }: Reached,
  { sendBufferSize, receiveBufferSize, timeout, dnsQueryType }: OpenOptions,
  window: number,
): UDPOpenParams {
  const params: UDPOpenParams = {
    socketId,
    origin,
    document: documentId,
    private: isPrivate,
    userEntered: entered,
    host,
    port,
    window,
  };
  if (risk) params.riskAccepted = true;
  if (sendBufferSize !== undefined) params.sendBufferSize = Math.min(sendBufferSize, maxBuffer);
  if (receiveBufferSize !== undefined) params.receiveBufferSize = Math.min(receiveBufferSize, maxBuffer);
  if (timeout !== undefined) params.timeout = Math.min(timeout, maxTimeout);
  if (dnsQueryType !== undefined) params.dnsQueryType = dnsQueryType;
  return params;
}

/** The same with what only TCP has. */
export function tcpOpen(...of: Parameters<typeof udpOpen>): TCPOpenParams {
  const { noDelay, keepAliveDelay, secureTransport, tls } = of[4];
  const params: TCPOpenParams = udpOpen(...of);
  if (noDelay !== undefined) params.noDelay = noDelay;
  if (keepAliveDelay !== undefined) params.keepAliveDelay = keepAliveDelay;
  if (secureTransport !== undefined) params.secureTransport = secureTransport;
  if (tls !== undefined) params.tls = canonicalTLS(tls);
  return params;
}

/** The server's name in its canonical form, as the destination's own. Throws what the page shall see of a name that is none. */
export function canonicalTLS(tls: TLSOptions): TLSOptions {
  if (tls.serverName === undefined) return tls;
  const serverName = canonicalHost(tls.serverName);
  if (serverName === undefined) throw new HostError("no server name", { name: "NetworkError", reason: "tls" });
  return { ...tls, serverName };
}
