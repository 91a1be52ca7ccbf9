// The second generation of the API: the globals TCPSocket, UDPSocket, TCPServerSocket and MulticastController.

import { defineProperty } from "../builtins.ts";
import type { Context } from "./context.ts";
import { asInterface } from "./interfaces.ts";
import { multicastControllerInterface } from "./multicast_controller.ts";
import { tcpServerSocketInterface } from "./tcp_server_socket.ts";
import { tcpSocketInterface } from "./tcp_socket.ts";
import { udpSocketInterface } from "./udp_socket.ts";

/** The window whose globals they become. */
export interface GlobalScope {
  readonly window: object;
  readonly location?: { readonly protocol: string };
}

/** Puts the globals on a window. Call before any page script can run. */
export function expose({ window, location }: GlobalScope, context: Context): void {
  // An isolated web app has the browser's own, which work there. On other pages their presence does not mean that they do.
  if (location?.protocol === "isolated-app:" && "TCPSocket" in window) return;
  const TCPSocket = tcpSocketInterface(context);
  const MulticastController = multicastControllerInterface();
  const globals = {
    TCPSocket,
    UDPSocket: udpSocketInterface(context, MulticastController),
    TCPServerSocket: tcpServerSocketInterface(context, TCPSocket),
    MulticastController,
  };
  for (const [name, value] of Object.entries(globals))
    defineProperty(window, name, { value: asInterface(name, value), writable: true, configurable: true });
}
