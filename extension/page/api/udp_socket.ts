// The global UDPSocket, of the second generation, in both modes: one class for each window.

import { NativeTypeError, typedArrayLength } from "../builtins.ts";
import type { BindRequest, OpenRequest } from "../core/connection.ts";
import { makeError } from "../core/errors.ts";
import type { Memberships } from "../core/memberships.ts";
import { MessageSocket, type OutgoingMessage } from "../core/message_socket.ts";
import { canonicalAddress } from "../ip_address.ts";
import { readDictionary, type Dictionary } from "../webidl.ts";
import { token } from "./constructor.ts";
import type { Context } from "./context.ts";
import { udpMessage, udpSocketOptions } from "./dictionaries.ts";
import { asInterface, promised } from "./interfaces.ts";
import { checkBuffers, wishOf } from "./options.ts";
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
function wantsMulticast(options: Options): boolean {
  return (
    options.multicastTimeToLive !== undefined ||
    options.multicastLoopback !== undefined ||
    options.multicastAllowAddressSharing !== undefined
  );
}

/** The steps that infer the mode. Throws TypeError. */
function inferMode(options: Options): "connected" | "bound" {
  const { remoteAddress, remotePort, localAddress, localPort } = options;
  let mode: "connected" | "bound" | undefined;
  // "If only one of options["remoteAddress"] and options["remotePort"] is specified, throw a TypeError."
  if ((remoteAddress === undefined) !== (remotePort === undefined))
    throw new NativeTypeError("remoteAddress and remotePort come together.");
  // "Alternatively, if both are specified, assume connected mode."
  if (remoteAddress !== undefined) mode = "connected";
  // "If options["localPort"] is equal to 0 or specified without options["localAddress"], throw a TypeError."
  if (localPort === 0 || (localPort !== undefined && localAddress === undefined))
    throw new NativeTypeError("localPort is not 0, and needs localAddress.");
  // "If options["localAddress"] is specified: if connected mode was previously inferred, throw a TypeError. Assume bound mode."
  if (localAddress !== undefined) {
    if (mode !== undefined) throw new NativeTypeError("localAddress and remoteAddress exclude each other.");
    mode = "bound";
  }
  // "If no mode has been inferred at this point, throw a TypeError."
  if (mode === undefined) throw new NativeTypeError("There is neither remoteAddress nor localAddress.");
  return mode;
}

/** The steps that concern connected mode. */
function toConnected(options: Options): OpenRequest {
  // "If options["ipv6Only"] is specified and the mode is connected, throw a TypeError."
  if (options.ipv6Only !== undefined || options.announce !== undefined)
    throw new NativeTypeError("ipv6Only and announce need localAddress.");
  checkBuffers(options);
  const { signal: _s, onstate: _o, remoteAddress, ...open } = options;
  // Without a destination the user is asked for it.
  return { open: { ...open, ...(remoteAddress ? { remoteAddress } : null) }, ...wishOf(options) };
}

/** The steps that concern bound mode. */
function toBound(options: Options): BindRequest {
  const { signal: _s, onstate: _o, timeout: _t, dnsQueryType, ...bind } = options;
  // "If options["localAddress"] is not a valid IP address, throw a TypeError."
  const localAddress = canonicalAddress(options.localAddress ?? "");
  if (localAddress === undefined) throw new NativeTypeError("localAddress is no IP address.");
  // "If options["dnsQueryType"] is specified in bound mode, throw a TypeError."
  if (dnsQueryType !== undefined) throw new NativeTypeError("dnsQueryType needs remoteAddress.");
  // "If options["ipv6Only"] is specified and options["localAddress"] is not equal to the IPv6 unspecified address (::), throw a TypeError."
  if (options.ipv6Only !== undefined && localAddress !== "::")
    throw new NativeTypeError("ipv6Only is for the address :: only.");
  checkBuffers(options);
  return { bind: { ...bind, localAddress }, ...wishOf(options) };
}

const familyOf = { __proto__: null, ipv4: 4, ipv6: 6 } as unknown as Readonly<Record<"ipv4" | "ipv6", 4 | 6>>;

/** The steps of writeAlgorithm that convert a chunk. */
export function toOutgoing(chunk: unknown, bound: boolean): OutgoingMessage {
  // "If chunk cannot be converted to an IDL value of type UDPMessage, reject promise with a TypeError."
  const { data, remoteAddress, remotePort, dnsQueryType } = readDictionary(chunk, "The message", udpMessage);
  const named = remoteAddress !== undefined || remotePort !== undefined || dnsQueryType !== undefined;
  // "If either message["remoteAddress"], message["remotePort"] or message["dnsQueryType"] is specified in connected mode, reject with a TypeError."
  if (!bound && named) throw new NativeTypeError("The socket is connected: a message has no remote of its own.");
  // "If either message["remoteAddress"] or message["remotePort"] is not specified in bound mode, reject with a TypeError."
  if (bound && (remoteAddress === undefined || remotePort === undefined))
    throw new NativeTypeError("The socket is bound: a message needs remoteAddress and remotePort.");
  if (data === undefined || typedArrayLength(data) === 0) throw new NativeTypeError("The message has no data.");
  if (remoteAddress === undefined || remotePort === undefined) return { data, peer: undefined };
  return {
    data,
    peer: { address: remoteAddress, family: dnsQueryType === undefined ? 0 : familyOf[dnsQueryType], port: remotePort },
  };
}

/** Makes the class. `MulticastController` is that of its sockets. */
export function udpSocketInterface(
  { connection, isActive }: Context,
  MulticastController: new (given: typeof token, memberships: Memberships) => object,
) {
  /** The steps to perform in parallel. */
  async function connect(request: OpenRequest, multicast: boolean): Promise<MessageSocket> {
    // A connected socket sends to no group, with or without the policy.
    if (multicast) throw makeError("NotAllowedError");
    if (request.open.remotePort === 0) throw makeError("NetworkError");
    return connection.open(
      "udp",
      request,
      (channel, budget) => new MessageSocket(channel, budget, (chunk) => toOutgoing(chunk, false)),
    );
  }

  async function bind(request: BindRequest, multicast: boolean): Promise<MessageSocket> {
    const socket: MessageSocket = await connection.bind(
      request,
      (channel, budget) => new MessageSocket(channel, budget, (chunk) => toOutgoing(chunk, true)),
    );
    // "Without the policy any of the three options throws": of a policy the page does not know before.
    if (multicast && socket.memberships === undefined) {
      void socket.close();
      throw makeError("NotAllowedError");
    }
    return socket;
  }

  function openInfo({ channel: { info }, memberships, readable, writable }: MessageSocket): UDPSocketOpenInfo {
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
    readonly #state = new SocketState(openInfo);

    constructor(given = undefined as unknown) {
      const options = readDictionary(given, "The options", udpSocketOptions);
      if (!isActive()) throw makeError("NotAllowedError");
      const multicast = wantsMulticast(options);
      void this.#state.start(
        inferMode(options) === "bound" ? bind(toBound(options), multicast) : connect(toConnected(options), multicast),
      );
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
  return asInterface("UDPSocket", UDPSocket);
}
