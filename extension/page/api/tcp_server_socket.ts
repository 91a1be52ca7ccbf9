// The global TCPServerSocket: one class for each window.

import { own } from "../builtins.ts";
import { ServerSocket } from "../core/server_socket.ts";
import type { ListenRequest } from "../core/connection.ts";
import type { StreamSocket } from "../core/stream_socket.ts";
import { readDictionary, refuse, toDOMString } from "../webidl.ts";
import { token } from "./constructor.ts";
import type { Context } from "./context.ts";
import { tcpServerSocketOptions } from "./dictionaries.ts";
import { promised, requireArguments, requireWindow } from "./interfaces.ts";
import { takeWish, toLocalAddress } from "./options.ts";
import { SocketState } from "./socket_state.ts";

/** TCPServerSocketOpenInfo, members in WebIDL's order. */
export interface TCPServerSocketOpenInfo {
  localAddress: string;
  localPort: number;
  readable: ReadableStream;
  serverCertificateHash?: { algorithm: "sha-256"; value: ArrayBuffer };
}

function openInfo({ listener: { info }, readable }: ServerSocket): TCPServerSocketOpenInfo {
  const { localAddress, localPort } = info;
  const value = own(info, "certificate");
  return {
    localAddress,
    localPort,
    readable,
    ...(value === undefined ? null : { serverCertificateHash: { algorithm: "sha-256", value } }),
  };
}

/** The checks of the constructor steps. */
function toListenRequest(localAddress: string, given: unknown): ListenRequest {
  const options = readDictionary(given, "The options", tcpServerSocketOptions);
  const address = toLocalAddress(localAddress, options.ipv6Only === true);
  // "If options["localPort"] is equal to 0, throw a TypeError. If options["backlog"] is equal to 0, throw a TypeError."
  if (options.localPort === 0 || options.backlog === 0) refuse("0", "localPort or backlog");
  return { ...takeWish(options), listen: { ...options, localAddress: address } };
}

/** Makes the class. `TCPSocket` is that of the connections. */
export function tcpServerSocketInterface(
  context: Context,
  TCPSocket: new (given: typeof token, socket: StreamSocket, open: typeof token) => object,
) {
  const { clock } = context;

  class TCPServerSocket {
    readonly #state = new SocketState(context, openInfo);

    constructor(localAddress: unknown, options = undefined as unknown) {
      requireArguments(arguments.length, 1);
      const request = toListenRequest(toDOMString(localAddress), options);
      requireWindow(context);
      const toChunk = (socket: StreamSocket): object => new TCPSocket(token, socket, token);
      void this.#state.start(
        context.connection.listen(request, (listener) => new ServerSocket(listener, clock, toChunk)),
      );
    }

    get opened(): Promise<TCPServerSocketOpenInfo> {
      return promised(() => this.#state.opened);
    }

    get closed(): Promise<undefined> {
      return promised(() => this.#state.closed);
    }

    close(): Promise<undefined> {
      return promised(() => this.#state.close());
    }
  }
  return TCPServerSocket;
}
