// The global UDPSocket, of the second generation, in both modes: one class for each window.

import { NativeTypeError, typedArrayLength } from "../builtins.ts";
import { makeError } from "../core/errors.ts";
import type { Memberships } from "../core/memberships.ts";
import { MessageSocket, type OutgoingMessage } from "../core/message_socket.ts";
import { checkRemoteAddress } from "../host.ts";
import { readDictionary, refuse, type Dictionary } from "../webidl.ts";
import { token } from "./constructor.ts";
import type { Context } from "./context.ts";
import { udpMessage, udpSocketOptions } from "./dictionaries.ts";
import { promised, requireWindow } from "./interfaces.ts";
import { checkBuffers, takeWish, toLocalAddress } from "./options.ts";
import { SocketState } from "./socket_state.ts";

/** UDPSocketOpenInfo, members in WebIDL's order. */
export interface UDPSocketOpenInfo {
  localAddress: string;
  localPort: number;
  multicastController?: object;
  readable: ReadableStream;
  remoteAddress?: string;
  remotePort?: number;
  writable: WritableStream;
}

type Options = Dictionary<typeof udpSocketOptions>;

/** Whether one of the three options is there that need the policy direct-sockets-multicast. */
function wantsMulticast({ multicastTimeToLive, multicastLoopback, multicastAllowAddressSharing }: Options): boolean {
  return (multicastTimeToLive ?? multicastLoopback ?? multicastAllowAddressSharing) !== undefined;
}

/** The steps that infer the mode, and what they say of members of the other one. Undefined in connected mode, else the canonical localAddress. */
function inferMode(options: Options): string | undefined {
  const { remoteAddress, remotePort, localAddress, localPort, ipv6Only, announce, dnsQueryType } = options;
  // Whoever asks for TLS believes that there will be TLS.
  if (options.secureTransport === "on") refuse("on", "secureTransport of a UDP socket");
  delete options.secureTransport;
  const connected = remoteAddress !== undefined;
  // "If only one of options["remoteAddress"] and options["remotePort"] is specified, throw a TypeError. Alternatively, if both are specified, assume
  // connected mode." "If options["localAddress"] is specified: if connected mode was previously inferred, throw a TypeError. Assume bound mode." "If no
  // mode has been inferred at this point, throw a TypeError."
  if (connected !== (remotePort !== undefined) || connected === (localAddress !== undefined))
    throw new NativeTypeError("A UDP socket has remoteAddress and remotePort, or localAddress.");
  // "If options["localPort"] is equal to 0 or specified without options["localAddress"], throw a TypeError." "If options["dnsQueryType"] is specified in
  // bound mode, throw a TypeError." "If options["ipv6Only"] is specified: if inferred mode is connected, throw a TypeError."
  if (localPort === 0 || (connected ? (localPort ?? ipv6Only ?? announce) : dnsQueryType) !== undefined)
    throw new NativeTypeError(
      "localPort (not 0), ipv6Only and announce need localAddress, dnsQueryType needs remoteAddress.",
    );
  return connected ? undefined : toLocalAddress(localAddress as string, ipv6Only !== undefined);
}

const familyOf = { __proto__: null, ipv4: 4, ipv6: 6 } as unknown as Readonly<Record<"ipv4" | "ipv6", 4 | 6>>;

/** The steps of writeAlgorithm that convert a chunk. */
export function toOutgoing(chunk: unknown, bound: boolean): OutgoingMessage {
  // "If chunk cannot be converted to an IDL value of type UDPMessage, reject promise with a TypeError."
  const { data, remoteAddress, remotePort, dnsQueryType } = readDictionary(chunk, "The message", udpMessage);
  const named = remoteAddress !== undefined && remotePort !== undefined;
  // "If either message["remoteAddress"], message["remotePort"] or message["dnsQueryType"] is specified in connected mode, reject with a TypeError. If either
  // message["remoteAddress"] or message["remotePort"] is not specified in bound mode, reject with a TypeError."
  if (bound ? !named : (remoteAddress ?? remotePort ?? dnsQueryType) !== undefined)
    throw new NativeTypeError("A message has remoteAddress and remotePort where the socket is bound, and only there.");
  if (data === undefined || typedArrayLength(data) === 0) refuse("Nothing", "data");
  if (!named) return { data, peer: undefined };
  return {
    data,
    peer: { address: remoteAddress, family: dnsQueryType === undefined ? 0 : familyOf[dnsQueryType], port: remotePort },
  };
}

/** Makes the class. `MulticastController` is that of its sockets. */
export function udpSocketInterface(
  context: Context,
  MulticastController: new (given: typeof token, memberships: Memberships) => object,
) {
  /** The steps to perform in parallel, in connected mode. */
  async function connect(options: Options): Promise<MessageSocket> {
    // A connected socket sends to no group, with or without the policy.
    if (wantsMulticast(options)) throw makeError("NotAllowedError");
    if (options.remotePort === 0) throw makeError("NetworkError");
    // Without a destination the user is asked for it.
    if (options.remoteAddress === "") delete options.remoteAddress;
    return context.connection.open(
      "udp",
      { ...takeWish(options), open: options, waits: true },
      (channel, budget) => new MessageSocket(channel, budget, (chunk) => toOutgoing(chunk, false)),
    );
  }

  /** The same in bound mode. */
  async function bind(localAddress: string, options: Options): Promise<MessageSocket> {
    delete options.timeout;
    const multicast = wantsMulticast(options);
    const socket: MessageSocket = await context.connection.bind(
      { ...takeWish(options), bind: { ...options, localAddress } },
      (channel, budget) => new MessageSocket(channel, budget, (chunk) => toOutgoing(chunk, true)),
    );
    // "Without the policy any of the three options throws": of a policy the page does not know before.
    //rule:page-rejects-multicast-options
    if (multicast && socket.memberships === undefined) {
      void socket.close();
      throw makeError("NotAllowedError");
    }
    return socket;
  }

  function openInfo({ socketChannel: { info }, memberships, readable, writable }: MessageSocket): UDPSocketOpenInfo {
    const { localAddress, localPort } = info;
    return {
      localAddress,
      localPort,
      ...(memberships === undefined ? null : { multicastController: new MulticastController(token, memberships) }),
      readable,
      // "For connected mode, populate … as well as …."
      ...(info.type === "opened" ? { remoteAddress: info.remoteAddress, remotePort: info.remotePort } : null),
      writable,
    };
  }

  class UDPSocket {
    readonly #state = new SocketState(context, openInfo);

    constructor(given = undefined as unknown) {
      const options = readDictionary(given, "The options", udpSocketOptions);
      requireWindow(context);
      const local = inferMode(options);
      checkBuffers(options);
      checkRemoteAddress(options.remoteAddress);
      void this.#state.start(local === undefined ? connect(options) : bind(local, options));
    }

    get opened(): Promise<UDPSocketOpenInfo> {
      return promised(() => this.#state.opened);
    }

    get closed(): Promise<undefined> {
      return promised(() => this.#state.closed);
    }

    close(): Promise<undefined> {
      return promised(() => this.#state.close());
    }
  }
  return UDPSocket;
}
