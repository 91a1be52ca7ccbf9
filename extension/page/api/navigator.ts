// The first generation of the API: navigator.openTCPSocket() and navigator.openUDPSocket().

import { defineProperty, own } from "../builtins.ts";
import type { OpenRequest } from "../core/connection.ts";
import { DatagramSocket } from "../core/datagram_socket.ts";
import { makeError } from "../core/errors.ts";
import { openStream } from "../core/open_stream.ts";
import { token } from "./constructor.ts";
import type { Context } from "./context.ts";
import { OpenedTCPSocket } from "./opened_tcp_socket.ts";
import { OpenedUDPSocket } from "./opened_udp_socket.ts";
import { toSocketOptions } from "./options.ts";

/** The window whose API this is. */
export interface Scope {
  readonly navigator: object;
  readonly Navigator: { readonly prototype: object };
}

/** Puts the API on the prototype of `navigator`. Call before any page script can run. */
export function install({ navigator, Navigator }: Scope, context: Context): void {
  const { clock, active } = context;
  // At once: Firefox goes on with nothing that waits in a document that is gone, so that what was refused later would never be heard.
  function prepare(receiver: unknown, options: unknown): OpenRequest {
    if (receiver !== navigator) throw makeError("TypeError", "Illegal invocation");
    const converted = toSocketOptions(options);
    if (!active()) throw makeError("NotSupportedError");
    return converted;
  }
  // Methods of an object literal have no [[Construct]], as WebIDL operations have none.
  const operations = {
    async openTCPSocket(this: unknown, options = undefined as unknown): Promise<OpenedTCPSocket> {
      const prepared = prepare(this, options);
      return new OpenedTCPSocket(token, await openStream(context.connection, prepared, clock));
    },
    async openUDPSocket(this: unknown, options = undefined as unknown): Promise<OpenedUDPSocket> {
      const prepared = prepare(this, options);
      // Datagrams would go out in the clear where the page asked for the contrary.
      if ((own(prepared.open, "secureTransport") ?? "off") !== "off")
        throw makeError("TypeError", "useSecureTransport and secureTransport are for TCP.");
      const socket = await context.connection.open(
        "udp",
        prepared,
        (channel, budget) => new DatagramSocket(channel, budget),
      );
      return new OpenedUDPSocket(token, socket);
    },
  };
  const descriptors = Object.getOwnPropertyDescriptors(operations);
  const presence = {
    async available(this: void): Promise<boolean> {
      if (!active()) throw makeError("NotSupportedError");
      return context.connection.probe();
    },
  };
  // On the function, so that the window gets no further name.
  const { value } = descriptors.openTCPSocket;
  defineProperty(value as object, "available", { value: presence.available, writable: true, configurable: true });
  Object.defineProperties(Navigator.prototype, descriptors);
}
