// A connection that somebody has made to a document's listener. From the moment that it is there it is a socket like those that the document opens
// itself, and lives longer than its listener; but it stands on the consent to the listener, and goes when that is taken back.

import type { AtHost } from "./base_socket.ts";
import { DataSocket } from "./data_socket.ts";
import { HostError, HostUnavailable } from "../host/host.ts";
import type { ListeningSocket } from "./listening_socket.ts";
import { open } from "./opening.ts";
import { reasonOf } from "./refusals.ts";
import type { Attempt } from "./refusals.ts";
import type { Connection, SocketHome } from "./socket_home.ts";
import { stdioWindowBytes } from "../../../protocol/message.ts";
import type { TCPAcceptResult } from "../../../protocol/message.ts";
import { pageError } from "../../../protocol/page.ts";
import type { PageError } from "../../../protocol/page.ts";

export class AcceptedSocket extends DataSocket {
  readonly #listener: Omit<Attempt, "origin" | "stage">;

  constructor(home: SocketHome, id: number, listener: ListeningSocket) {
    super(home, id, "tcp");
    this.#listener = listener.attempt(listener.destination?.host);
  }

  /** Somebody has connected. `listener`: what the toolbar knows the listener by. */
  opened(destination: Connection, listener: number, at: AtHost, result: TCPAcceptResult): void {
    this.granted(at, result.window);
    const shown = {
      protocol: "tcp",
      kind: "accepted",
      listener,
      host: result.remoteAddress,
      port: result.remotePort,
      encryption: result.tls === undefined ? "off" : "on",
    } as const;
    // The user ends this connection: the listener, and the consent to it, are another matter.
    this.begin(/*rule:accepted-stands-on-listener*/ destination, at, shown, () => {
      this.cut("closedByUser");
    });
    this.home.tell({ type: "opened", id: this.id, ...result, ...(this.byLane ? { lane: at.socketId } : {}) });
  }

  /** Those who connect are strangers with changing ports: the toolbar is told of the listener, so that what repeats is one line. */
  override attempt(): Omit<Attempt, "origin" | "stage"> {
    return this.#listener;
  }
}

/** Waits for the next connection of an open listener, and resolves when there is one, or when there will be none: the document hears which. */
export async function takeConnection(
  home: SocketHome,
  listener: ListeningSocket,
  socket: AcceptedSocket,
): Promise<void> {
  const { state } = listener;
  if (state.phase !== "open") return;
  const { connection, socketId: listenerId, destination, live } = state;
  const { hosts } = home.shared;
  const { signal } = socket.withdraw;
  const socketId = hosts.reserve(connection);
  socket.agreedTo(destination);
  try {
    const byLane = await socket.choosesLane(connection);
    signal.throwIfAborted();
    signal.addEventListener("abort", () => {
      if (socket.state.phase !== "open") connection.request("socket.close", { socketId }).catch(() => undefined);
    });
    hosts.attach(connection, socketId, socket.owner);
    await open(
      () => connection.request("tcp.accept", { listenerId, socketId, window: byLane ? 0 : stdioWindowBytes }),
      (result) => {
        signal.throwIfAborted(); // given up while the answer was on its way
        socket.opened(destination, live.key, { connection, socketId }, result);
      },
      () => {
        hosts.release(connection, socketId);
      },
    );
  } catch (error) {
    hosts.forget(connection, socketId);
    if (home.has(socket) && !signal.aborted) {
      socket.failed("open", reasonOf(error));
      socket.print(socket.lineOf(error));
    }
    const why = pageErrorOf(socket, error);
    if (socket.end()) home.tell({ type: "failed", id: socket.id, error: why });
  }
}

/** A connection that nobody waits for any more, or whose listener has closed, is given up, whoever did it. */
function pageErrorOf(socket: AcceptedSocket, error: unknown): PageError {
  if (socket.withdraw.signal.aborted) return pageError("AbortError");
  if (error instanceof HostError && error.data !== undefined) return pageError(error.data.name, socket.reason(error));
  if (!(error instanceof HostUnavailable)) console.error(error);
  return pageError("NetworkError", socket.reason(error));
}
