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

  /** The host has opened it. `reopen`: the document may open the same again on its lane. */
  opened(destination: Connection, at: AtHost, result: TCPOpenResult, reopen = false): void {
    this.granted(at, result.window);
    this.#begin(destination, at);
    this.home.tell({
      type: "opened",
      id: this.id,
      ...result,
      ...(this.byLane ? { lane: at.socketId } : {}),
      ...(reopen ? { reopen } : {}),
    });
  }

  /** The document has opened it on its lane, and knows. */
  reopened(destination: Connection, at: AtHost): void {
    this.joinsLane();
    this.#begin(destination, at);
  }

  #begin(destination: Connection, at: AtHost): void {
    const shown = {
      protocol: this.protocol,
      kind: "connect",
      host: destination.host,
      port: destination.port,
      encryption: destination.protection.encryption,
    } as const;
    this.begin(destination, at, shown, () => void this.closeByHand(destination));
  }

  override attempt(named?: string): Omit<Attempt, "origin" | "stage"> {
    const { remoteAddress = "", remotePort = 0 } = this.asked;
    const host = named ?? canonicalHost(remoteAddress) ?? remoteAddress.trim();
    return { protocol: this.protocol, host, port: remotePort };
  }
}
