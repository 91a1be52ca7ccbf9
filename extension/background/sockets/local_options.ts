// What a page passed with a socket that others can send to: which of it is no use, and how it reads in the host's words.

import type { Agreed } from "../consent/local.ts";
import { Invalid } from "./host_options.ts";
import type { Sender } from "../intake/sender.ts";
import type { TCPListenParams, UDPBindParams } from "../../../protocol/message.ts";
import type { BindOptions, DocumentMessage, ListenOptions } from "../../../protocol/page.ts";

/** What the user would not see, or not as others see it. The host has the last word: it knows which characters are graphic. */
const unseen = /[\p{C}\p{Zl}\p{Zp}]|^\s|\s$|\s\s/u;

/** What the schema lets through, and this computer has no use for: a service of another protocol than the socket's, and a misleading name. */
function checkAnnounced({ announce }: ListenOptions | BindOptions, protocol: "tcp" | "udp"): void {
  if (announce === undefined) return;
  if (!announce.type.endsWith(`._${protocol}`)) throw new Invalid(`The announced service must end with _${protocol}.`);
  //rule:announced-name-is-bounded
  if (new TextEncoder().encode(announce.name).length > 63)
    throw new Invalid("The announced name must have at most 63 bytes.");
  //rule:unseen-announced-name-not-asked
  if (unseen.test(announce.name))
    throw new Invalid("The announced name must have no characters that cannot be seen, and no blanks at its ends.");
}

/** Throws Invalid where an option is out of its range. */
export function checkListen(options: ListenOptions): void {
  checkAnnounced(options, "tcp");
}

export function checkBind(options: BindOptions): void {
  checkAnnounced(options, "udp");
}

/** Reports whether an option takes the permissions policy of multicast. */
export function usesMulticast({ type, options }: Extract<DocumentMessage, { type: "listen" | "bind" }>): boolean {
  return (
    type === "bind" &&
    [options.multicastTimeToLive, options.multicastLoopback, options.multicastAllowAddressSharing].some(
      (option) => option !== undefined,
    )
  );
}

/** Whose socket it is, and where it is to be open: as the user agreed to, whatever the page asked for. */
function localRequest(
  socketId: number,
  { origin, documentId, private: isPrivate }: Sender,
  { place, by }: Agreed,
): Pick<TCPListenParams, "socketId" | "origin" | "document" | "private" | "localAddress" | "reach" | "admitted"> {
  return {
    socketId,
    origin,
    document: documentId,
    //rule:host-told-of-private-listeners
    private: isPrivate,
    //rule:picked-place-is-bound
    localAddress: place.address,
    reach: place.reach,
    admitted: by,
  };
}

/** IPv6 only makes sense of the wildcard, and the user may have picked one address of it. */
function withoutMisfits<T extends { ipv6Only?: boolean }>(options: T, { place }: Agreed): T {
  if (options.ipv6Only === undefined || place.address === "::") return options;
  const { ipv6Only: _, ...others } = options;
  return others as T;
}

export function tcpListen(socketId: number, sender: Sender, agreed: Agreed, options: ListenOptions): TCPListenParams {
  const { localAddress: _, secureTransport = "off", ...others } = withoutMisfits(options, agreed);
  return {
    ...others,
    ...localRequest(socketId, sender, agreed),
    ...(secureTransport === "on" ? { secure: true } : {}),
  };
}

/** `window`: how many bytes the host may send before it has credit. */
export function udpBind(
  socketId: number,
  sender: Sender,
  agreed: Agreed,
  options: BindOptions,
  window: number,
): UDPBindParams {
  const { localAddress: _, ...others } = withoutMisfits(options, agreed);
  const { peers = "named", hosts, multicast } = agreed;
  return {
    ...others,
    ...localRequest(socketId, sender, agreed),
    window,
    peers,
    ...(hosts === undefined ? {} : { hosts }),
    ...(multicast ? { multicast: true } : {}),
  };
}
