// A socket that bytes go through: what a document may say to it while it is open. Streams and datagrams are alike here.

import { BaseSocket } from "./base_socket.ts";
import type { AtHost, SocketMessage } from "./base_socket.ts";
import { HostError } from "../host/host.ts";
import type { HostConnection } from "../host/host.ts";
import { canonicalTLS } from "./open_options.ts";
import { isRefusal } from "./opening.ts";
import { reasonOf } from "./refusals.ts";
import { pageError } from "../../../protocol/page.ts";
import type { DocumentMessage, PageError } from "../../../protocol/page.ts";

type StartTls = Extract<DocumentMessage, { type: "startTls" }>;

export abstract class DataSocket extends BaseSocket {
  #hasLost = false;

  protected override hear(message: SocketMessage, { connection, socketId }: AtHost): void {
    const { id } = this;
    switch (message.type) {
      case "write":
        if (!this.outgoing.writes(message.data, message.ack)) this.#overrun();
        else if (message.ack === undefined) connection.write({ socketId, data: message.data });
        else void this.#writeDatagram(connection, socketId, message.data, message.ack);
        return;
      case "credit":
        if (!this.outgoing.credits()) this.#overrun();
        else connection.notify("socket.credit", { socketId, bytes: message.bytes });
        return;
      case "shutdown":
        this.once(message.type, async () => {
          try {
            await connection.request("socket.shutdown", { socketId });
            this.home.tell({ type: "shut", id });
          } catch {
            // The line comes with the end of the socket.
            this.home.tell({ type: "shut", id, error: pageError("NetworkError") });
          }
        });
        return;
      case "setOption":
        this.once(message.type, async () => {
          const { option, value } = message;
          try {
            await connection.request("socket.setOption", { socketId, option, value });
            this.home.tell({ type: "optionSet", id });
          } catch {
            this.print("option");
            this.home.tell({ type: "optionSet", id, error: pageError("NetworkError") });
          }
        });
        return;
      case "startTls":
        this.once(message.type, () => this.#startTls(connection, socketId, message));
        return;
      default:
        this.home.useless();
    }
  }

  /** The document has said more to it than the host has room for: it ends, before the host hears of it. */
  #overrun(): void {
    this.failed("end", { reason: "protocol" });
    this.cut("network");
  }

  async #writeDatagram(connection: HostConnection, socketId: number, data: string, ack: number): Promise<void> {
    const { id } = this;
    let error: PageError | undefined;
    try {
      await connection.writeDatagram({ socketId, data });
    } catch (cause) {
      error = pageError("NetworkError");
      this.#lost(cause);
    }
    this.outgoing.answered(ack);
    this.home.tell(error === undefined ? { type: "wrote", id, ack } : { type: "wrote", id, ack, error });
  }

  /** The first datagram of a socket that could not be sent is worth a line. */
  #lost(cause: unknown): void {
    if (this.#hasLost || this.state.phase !== "open") return;
    this.#hasLost = true;
    const tooLarge = cause instanceof HostError && cause.data?.reason === "message-size";
    this.print(tooLarge ? "messageSize" : "datagram");
  }

  /** What went wrong with the server is one error for the page, with no more of the reason than it may know; the host's log has it. */
  async #startTls(connection: HostConnection, socketId: number, { received, sent, tls }: StartTls): Promise<void> {
    const { id } = this;
    try {
      const result = await connection.request("socket.startTLS", {
        socketId,
        received,
        sent,
        ...(tls === undefined ? {} : { tls: canonicalTLS(tls) }),
      });
      this.home.tell({ type: "secured", id, tls: result.tls });
      //rule:popup-shows-tls-upgrade
      if (this.state.phase === "open") this.home.shared.activity.upgraded(this.state.live);
    } catch (error) {
      const why = reasonOf(error);
      const reason = this.reason(error);
      if (this.state.phase === "open") this.state.explained = why !== undefined;
      this.failed("upgrade", why);
      this.print(this.lineOf(error));
      if (!isRefusal(error)) this.cut(undefined); // the host may think that it is upgraded
      const name = (error instanceof HostError ? error.data?.name : undefined) ?? "NetworkError";
      this.home.tell({ type: "unsecured", id, error: pageError(name, reason) });
    }
  }
}
