// A socket that a document has opened to somewhere.

import { DataSocket } from "./data_socket.ts";
import type { AtHost } from "./base_socket.ts";
import { canonicalHost } from "../intake/origin.ts";
import type { Attempt } from "./refusals.ts";
import type { Connection, SocketHome } from "./socket_home.ts";
import type { TCPOpenResult } from "../../../protocol/message.ts";
import type { OpenOptions } from "../../../protocol/page.ts";

export class Socket extends DataSocket {
  readonly asked: OpenOptions;

  constructor(home: SocketHome, id: number, protocol: "tcp" | "udp", asked: OpenOptions, states?: boolean) {
    super(home, id, protocol, states);
    this.asked = asked;
  }

  /** The host has opened it. */
  opened(destination: Connection, at: AtHost, result: TCPOpenResult): void {
    this.outgoing.granted(result.window);
    const shown = {
      protocol: this.protocol,
      kind: "connect",
      host: destination.host,
      port: destination.port,
      encryption: destination.protection.encryption,
    } as const;
    this.begin(destination, at, shown, () => void this.closeByHand(destination));
    this.home.tell({ type: "opened", id: this.id, ...result, ...(this.byLane ? { lane: at.socketId } : {}) });
  }

  override attempt(named?: string): Omit<Attempt, "origin" | "stage"> {
    const { remoteAddress = "", remotePort = 0 } = this.asked;
    const host = named ?? canonicalHost(remoteAddress) ?? remoteAddress.trim();
    return { protocol: this.protocol, host, port: remotePort };
  }
}
