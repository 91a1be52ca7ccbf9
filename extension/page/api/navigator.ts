// The first generation of the API: navigator.openTCPSocket() and navigator.openUDPSocket().

import { getter, own } from "../builtins.ts";
import type { Connection } from "../core/connection.ts";
import { DatagramSocket } from "../core/datagram_socket.ts";
import { makeError } from "../core/errors.ts";
import { StreamSocket } from "../core/stream_socket.ts";
import type { PageTLSOptions } from "../../../protocol/page.ts";
import { token } from "./constructor.ts";
import { toSocketOptions } from "./options.ts";
import type { SocketOptions } from "./options.ts";
import { TCPSocket } from "./tcp_socket.ts";
import { UDPSocket } from "./udp_socket.ts";

/** The window whose API this is. */
export interface Scope {
  readonly navigator: object;
  readonly document: object;
  readonly Navigator: { readonly prototype: object };
  readonly Document: { readonly prototype: object };
}

/** Puts the API on the prototype of `navigator`. `clock` tells milliseconds. Call before any page script can run. */
export function install(
  { navigator, document, Navigator, Document }: Scope,
  connection: Connection,
  clock: () => number,
): void {
  const documentView = getter<Window | null>(Document.prototype, "defaultView");

  async function prepare(receiver: unknown, options: unknown): Promise<SocketOptions> {
    if (receiver !== navigator) throw makeError("TypeError", "Illegal invocation");
    const converted = toSocketOptions(options);
    if (documentView(document) === null) throw makeError("NotSupportedError");
    return converted;
  }
  // Methods of an object literal have no [[Construct]], as WebIDL operations have none.
  const operations = {
    async openTCPSocket(this: unknown, options = undefined as unknown): Promise<TCPSocket> {
      const prepared = await prepare(this, options);
      const { open } = prepared;
      let upgradable: PageTLSOptions | undefined;
      if (own(open, "secureTransport") === "starttls") {
        // Kept for startTls(): whoever says at open how TLS is to be spoken means it.
        upgradable = own(open, "tls") ?? {};
        delete open.tls;
      }
      const socket = await connection.open(
        "tcp",
        prepared,
        (channel, budget) => new StreamSocket(channel, budget, clock, upgradable),
      );
      return new TCPSocket(token, socket);
    },
    async openUDPSocket(this: unknown, options = undefined as unknown): Promise<UDPSocket> {
      const prepared = await prepare(this, options);
      const { open } = prepared;
      // Datagrams would go out in the clear where the page asked for the contrary.
      if ((own(open, "secureTransport") ?? "off") !== "off")
        throw makeError(
          "TypeError",
          "There is no TLS for datagrams: useSecureTransport and secureTransport are for TCP.",
        );
      const socket = await connection.open("udp", prepared, (channel, budget) => new DatagramSocket(channel, budget));
      return new UDPSocket(token, socket);
    },
  };
  Object.defineProperties(Navigator.prototype, Object.getOwnPropertyDescriptors(operations));
}
