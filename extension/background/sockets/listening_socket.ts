// A socket that listens: a document has the host listen, and takes one connection after the other from it.

import { BaseSocket } from "./base_socket.ts";
import type { AtHost } from "./base_socket.ts";
import type { Agreed } from "../consent/local.ts";
import type { Attempt } from "./refusals.ts";
import type { SocketHome } from "./socket_home.ts";
import type { TCPListenResult } from "../../../protocol/message.ts";
import type { ListenOptions } from "../../../protocol/page.ts";

export class ListeningSocket extends BaseSocket {
  readonly asked: ListenOptions;

  constructor(home: SocketHome, id: number, asked: ListenOptions, states?: boolean) {
    super(home, id, "tcp", states);
    this.asked = asked;
  }

  /** The host listens. */
  opened({ destination, place }: Agreed, at: AtHost, { localAddress, localPort, certificate }: TCPListenResult): void {
    const { encryption } = destination.protection;
    const shown = { protocol: "tcp", kind: "listen", host: localAddress, port: localPort, encryption } as const;
    this.begin(destination, at, { ...shown, reach: place.reach }, () => void this.closeByHand(destination));
    this.home.tell({
      type: "listening",
      id: this.id,
      localAddress,
      localPort,
      ...(certificate === undefined ? {} : { certificate }),
    });
  }

  /** Has the document wait for a connection, by `take`, unless it waits for one already. Returns false then. */
  waits(take: () => Promise<void>): boolean {
    //rule:one-accept-at-a-time
    return this.once("accept", take);
  }

  override attempt(named?: string): Omit<Attempt, "origin" | "stage"> {
    const { localAddress, localPort = 0 } = this.asked;
    return { kind: "listen", protocol: "tcp", host: named ?? localAddress.trim(), port: localPort };
  }

  /** Nothing but `close` is of use to it. */
  protected override hear(): void {
    this.home.useless();
  }
}
