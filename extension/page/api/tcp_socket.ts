// The global TCPSocket, of the second generation: one class for each window.

import { own, rejected } from "../builtins.ts";
import { makeError } from "../core/errors.ts";
import { openStream } from "../core/open_stream.ts";
import type { StreamSocket } from "../core/stream_socket.ts";
import { checkRemoteAddress } from "../host.ts";
import { readDictionary, toDOMString, toShort } from "../webidl.ts";
import { token } from "./constructor.ts";
import type { Context } from "./context.ts";
import { tcpSocketOptions } from "./dictionaries.ts";
import { promised, requireArguments, requireWindow } from "./interfaces.ts";
import { checkBuffers, checkKeepAliveDelay, toKeepAlive, toRequest, toTLSOptions } from "./options.ts";
import { SocketState } from "./socket_state.ts";
import { toTLSInfo, type TLSInfo } from "./tls_info.ts";

/** TCPSocketOpenInfo, members in WebIDL's order. */
export interface TCPSocketOpenInfo {
  localAddress: string;
  localPort: number;
  readable: ReadableStream;
  remoteAddress: string;
  remotePort: number;
  tls?: TLSInfo;
  writable: WritableStream;
}

/** "Let openInfo be a new TCPSocketOpenInfo. Populate its fields." */
function openInfo({ socketChannel: { info }, readable, writable }: StreamSocket): TCPSocketOpenInfo {
  const { localAddress, localPort, remoteAddress, remotePort } = info;
  const tls = toTLSInfo(own(info, "tls"));
  return {
    localAddress,
    localPort,
    readable,
    remoteAddress,
    remotePort,
    ...(tls === undefined ? null : { tls }),
    writable,
  };
}

/** Makes the class. */
export function tcpSocketInterface(context: Context) {
  const { clock } = context;
  /** The constructor steps. Options that cannot be throw; what the user, a policy or the network says is heard of by `opened`. */
  function begin(given: unknown, givenPort: unknown, givenOptions: unknown): Promise<StreamSocket> {
    const remoteAddress = toDOMString(given);
    const remotePort = toShort(givenPort);
    const options = readDictionary(givenOptions, "The options", tcpSocketOptions);
    // "If the document is not allowed to use direct-sockets, throw a NotAllowedError": of a policy only the broker knows.
    requireWindow(context);
    // "If options["keepAliveDelay"] is less than 1,000, throw a TypeError", and so on.
    if (options.keepAliveDelay !== undefined) checkKeepAliveDelay(options.keepAliveDelay, "keepAliveDelay");
    checkBuffers(options);
    checkRemoteAddress(remoteAddress);
    const request = toRequest(options);
    // The operating system connects to no such port.
    if (remotePort === 0) return rejected(makeError("NetworkError"));
    request.open.remotePort = remotePort;
    // Without a destination the user is asked for it.
    if (remoteAddress !== "") request.open.remoteAddress = remoteAddress;
    request.waits = true;
    return openStream(context.connection, request, clock);
  }

  class TCPSocket {
    readonly #state = new SocketState(context, openInfo);

    constructor(remoteAddress: unknown, remotePort: unknown, options = undefined as unknown) {
      if (remoteAddress === token && options === token) {
        // One that is open.
        this.#state.open(remotePort as StreamSocket);
        return;
      }
      requireArguments(arguments.length, 2);
      void this.#state.start(
        remoteAddress === token ? (remotePort as Promise<StreamSocket>) : begin(remoteAddress, remotePort, options),
      );
    }

    get opened(): Promise<TCPSocketOpenInfo> {
      return promised(() => this.#state.opened);
    }

    get closed(): Promise<undefined> {
      return promised(() => this.#state.closed);
    }

    close(): Promise<undefined> {
      return promised(() => this.#state.close());
    }

    startTls(options = undefined as unknown): TCPSocket {
      const tls = toTLSOptions(options);
      // One that will be open.
      return new TCPSocket(token, openOf(this.#state).startTls(tls));
    }

    async setNoDelay(on = true as unknown): Promise<undefined> {
      return openOf(this.#state).setOption("noDelay", on ? 1 : 0);
    }

    async setKeepAlive(on = false as unknown, delay = undefined as unknown): Promise<undefined> {
      const socket = openOf(this.#state);
      return socket.setOption("keepAlive", toKeepAlive(on, delay));
    }
  }
  return TCPSocket;
}

type State = SocketState<StreamSocket, TCPSocketOpenInfo>;

function openOf({ socket }: State): StreamSocket {
  if (socket === undefined) throw makeError("InvalidStateError", "The socket is not open.");
  return socket;
}
