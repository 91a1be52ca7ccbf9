// A UDP socket that is bound and not connected: each of its datagrams says whom it is for or from (protocol/peer.ts), which is the host's to judge.

import type { AtHost, SocketMessage } from "./base_socket.ts";
import { DataSocket } from "./data_socket.ts";
import type { Agreed } from "../consent/local.ts";
import { HostError } from "../host/host.ts";
import type { Attempt } from "./refusals.ts";
import type { SocketHome } from "./socket_home.ts";
import type { UDPBindResult } from "../../../protocol/message.ts";
import { pageError } from "../../../protocol/page.ts";
import type { BindOptions, DocumentMessage, PageError } from "../../../protocol/page.ts";

type Membership = Extract<DocumentMessage, { type: "membership" }>;

/** Requests about groups that the host has not answered. */
const mostChanges = 64;

export class BoundSocket extends DataSocket {
  readonly asked: BindOptions;
  /** Groups may be joined. */
  #multicast = false;
  readonly #changes = new Set<number>();

  constructor(home: SocketHome, id: number, asked: BindOptions, states?: boolean) {
    super(home, id, "udp", states);
    this.asked = asked;
  }

  /** The host has bound it. */
  opened(
    { destination, place, peers, multicast }: Agreed,
    at: AtHost,
    { localAddress, localPort, window }: UDPBindResult,
  ): void {
    this.granted(at, window);
    this.#multicast = multicast;
    const shown = {
      protocol: "udp",
      kind: "bind",
      host: localAddress,
      port: localPort,
      encryption: "off",
      reach: place.reach,
      ...(peers === undefined ? {} : { peers }),
    } as const;
    this.begin(destination, at, shown, () => void this.closeByHand(destination));
    const lane = this.byLane ? { lane: at.socketId } : {};
    this.home.tell({ type: "bound", id: this.id, localAddress, localPort, window, ...lane, multicast });
  }

  override attempt(named?: string): Omit<Attempt, "origin" | "stage"> {
    const { localAddress, localPort = 0 } = this.asked;
    return { kind: "bind", protocol: "udp", host: named ?? localAddress.trim(), port: localPort };
  }

  protected override hear(message: SocketMessage, at: AtHost): void {
    if (message.type === "write" || message.type === "credit") super.hear(message, at);
    else if (message.type === "membership") this.#membership(message, at);
    else this.home.useless();
  }

  #membership(message: Membership, at: AtHost): void {
    const { ack } = message;
    const refuse = (error: PageError): void => {
      this.home.useless();
      this.home.tell({ type: "member", id: this.id, ack, error });
    };
    if (this.#changes.has(ack)) this.home.useless();
    else if (/*rule:groups-need-permissions-policy*/ !this.#multicast) refuse(pageError("NotAllowedError"));
    else if (/*rule:group-requests-are-bounded*/ this.#changes.size >= mostChanges) refuse(pageError("NetworkError"));
    else void this.#change(message, at);
  }

  async #change({ ack, change, group, source }: Membership, { connection, socketId }: AtHost): Promise<void> {
    this.#changes.add(ack);
    const params = { socketId, group, ...(source === undefined ? {} : { source }) };
    const { id } = this;
    try {
      await connection.request(change === "join" ? "multicast.join" : "multicast.leave", params);
      this.home.tell({ type: "member", id, ack });
    } catch (error) {
      const name = (error instanceof HostError ? error.data?.name : undefined) ?? "NetworkError";
      if (name === "NetworkError") this.print("option");
      this.home.tell({ type: "member", id, ack, error: pageError(name) });
    } finally {
      this.#changes.delete(ack);
    }
  }
}
