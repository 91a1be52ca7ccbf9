// What a page passed to an open: which of it is no use, and how it reads in the host's words.

import type { Admitted } from "../consent/consent.ts";
import type { Destination, Reached } from "../consent/grants.ts";
import type { Carried } from "../consent/judge.ts";
import { HostError } from "../host/host.ts";
import { canonicalHost } from "../intake/origin.ts";
import type { Sender } from "../intake/sender.ts";
import type { TCPOpenParams, UDPOpenParams } from "../../../protocol/message.ts";
import type { OpenOptions, TLSOptions } from "../../../protocol/page.ts";
import { Invalid, checkRanges, sharedOptions, tcpOptions } from "./host_options.ts";

/** The version of the protocol in which the host hears whose word an open stands on, for its audit log. */
export const admittedSince = 4;

/** Returns the port; throws Invalid where an option is out of its range. */
export function checkOptions(options: OpenOptions): number {
  const { remotePort } = options;
  if (remotePort === undefined) throw new Invalid("remotePort is missing.");
  if (remotePort === 0) throw new Invalid("remotePort must be from 1 to 65535.");
  checkRanges(options);
  return remotePort;
}

/** What the host is asked to open: for whom, where to, and with whose word for it; and how many bytes it may send before it has credit. `version` is that of the protocol that the host speaks. */
export function udpOpen(
  socketId: number,
  { origin, documentId, private: isPrivate }: Sender,
  { host, port }: Destination,
  {
    entered,
    risk,
    by,
    carried,
    reopen,
  }: Pick<Reached, "entered" | "risk"> & { by: Admitted; carried?: Carried | undefined; reopen?: boolean },
  options: OpenOptions,
  window: number,
  version: number,
): UDPOpenParams {
  const params: UDPOpenParams = {
    socketId,
    origin,
    document: documentId,
    //rule:host-told-of-private-sockets
    private: isPrivate,
    //rule:user-entry-not-from-page.2
    userEntered: entered,
    host,
    port,
    window,
    ...sharedOptions(options, version),
    //rule:open-carries-its-verdict
    ...carried,
  };
  if (reopen === true) params.reopen = true;
  if (risk) params.riskAccepted = true;
  if (version >= admittedSince) params.admitted = by;
  return params;
}

/** The same with what only TCP has. */
export function tcpOpen(...of: Parameters<typeof udpOpen>): TCPOpenParams {
  const [, , , , options] = of;
  const params: TCPOpenParams = { ...udpOpen(...of), ...tcpOptions(options) };
  if (options.tls !== undefined) params.tls = canonicalTLS(options.tls);
  return params;
}

/** The server's name in its canonical form, as the destination's own. Throws what the page shall see of a name that is none. */
export function canonicalTLS(tls: TLSOptions): TLSOptions {
  if (tls.serverName === undefined) return tls;
  const serverName = canonicalHost(tls.serverName);
  if (serverName === undefined) throw new HostError("no server name", { name: "NetworkError", reason: "tls" });
  return { ...tls, serverName };
}
