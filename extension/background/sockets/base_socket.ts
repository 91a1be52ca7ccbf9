// What all kinds of a document's sockets have in common, from the moment that the document asks for one until it ends: what state it is in, who
// may end it, and what is said of its end to the document, the host and the toolbar.

import type { LiveSocket } from "./activity.ts";
import * as grants from "../consent/grants.ts";
import type { Destination } from "../consent/grants.ts";
import { HostUnavailable } from "../host/host.ts";
import type { HostConnection } from "../host/host.ts";
import type { SocketOwner } from "../host/hosts.ts";
import { Refusal } from "../intake/refusal.ts";
import { lineOf, lineOfReason, textOf } from "./developer_line.ts";
import { Outgoing } from "./outgoing.ts";
import { pageReasonOf } from "./page_reason.ts";
import { reasonOfEnd } from "./refusals.ts";
import type { Attempt, Why } from "./refusals.ts";
import type { Connection, SocketHome } from "./socket_home.ts";
import type { ConsoleLine } from "../../shared/console_lines.ts";
import type { SocketClosedParams } from "../../../protocol/message.ts";
import { pageError } from "../../../protocol/page.ts";
import type { DocumentMessage, OpenState, PageReason } from "../../../protocol/page.ts";

/** What a document says to a socket that it has asked for. */
export type SocketMessage = Exclude<DocumentMessage, { type: "open" | "listen" | "bind" | "accept" | "pressed" }>;

/** Where a socket is at the host. */
export interface AtHost {
  connection: HostConnection;
  /** Its number there. */
  socketId: number;
}

/** The state of a socket. It only ever goes on to a later one of these. */
export type SocketState =
  /** Rules, the administrator and the user are asked. */
  | { phase: "deciding" }
  /** Somebody has agreed, and the host is asked for it. */
  | { phase: "connecting"; destination: Connection }
  | ({
      phase: "open";
      destination: Connection;
      /** What the toolbar shows of it. */
      live: LiveSocket;
      /** The toolbar has been told why it is about to end. */
      explained: boolean;
    } & AtHost)
  /** It will not be opened, and the answer may wait for the refusal delay. `destination`: somebody had agreed to it. */
  | { phase: "refused"; destination: Connection | undefined }
  | { phase: "ended"; destination: Connection | undefined };

/** What the toolbar shows of a socket besides what every one has. */
type Shown = Omit<LiveSocket, "key" | "sender" | "since" | "close" | "connection" | "socketId">;

/** What a socket has for `withdraw` once it is open: there is nothing to withdraw, and a document may have a thousand sockets that idle. */
const nothing = new AbortController();

export abstract class BaseSocket {
  /** The document's number for it. */
  readonly id: number;
  readonly protocol: "tcp" | "udp";
  /**
   * Ends the question and the connection attempt while it is not open yet. Its reason is the refusal where somebody else than the page has
   * stopped it. Only this class aborts it.
   */
  withdraw = new AbortController();
  /** The page wants to hear how far it is. */
  readonly #states: boolean;
  /** The document was allowed before what it asks for, whether or not that counts now. */
  known = false;
  protected readonly home: SocketHome;
  protected readonly outgoing = new Outgoing(0);
  /** Requests of the document that the host has not answered: one of a kind at a time. */
  #asking: Set<DocumentMessage["type"]> | undefined;
  #state: SocketState = { phase: "deciding" };
  /** It counts as a user of the document's lane. */
  #byLane = false;

  constructor(home: SocketHome, id: number, protocol: "tcp" | "udp", states = false) {
    this.home = home;
    this.id = id;
    this.protocol = protocol;
    this.#states = states;
  }

  /** Tells a page that wants to know how far it is. */
  says(state: OpenState): void {
    if (this.#states) this.home.tell({ type: "state", id: this.id, state });
  }

  /** What was asked for, for the user to read. `named`: the host that somebody has agreed to, if it is not its own. */
  abstract attempt(named?: string): Omit<Attempt, "origin" | "stage">;

  /** The document says something to it while it is open. */
  protected abstract hear(message: SocketMessage, at: AtHost): void;

  get state(): SocketState {
    return this.#state;
  }

  /** Where it leads; undefined before somebody has agreed to it. */
  get destination(): Connection | undefined {
    return "destination" in this.#state ? this.#state.destination : undefined;
  }

  /** What it was stopped with by somebody else than the page. */
  get stopped(): Refusal | undefined {
    const { signal } = this.withdraw;
    return signal.reason instanceof Refusal ? signal.reason : undefined;
  }

  /** Its bytes choose their carrier with the first credit. */
  protected get byLane(): boolean {
    return this.#byLane;
  }

  /** From here on it is ended when that is taken back. */
  agreedTo(destination: Connection): void {
    this.#state = { phase: "connecting", destination };
  }

  /** Nobody had agreed to it after all: it is decided anew. */
  reconsidered(): void {
    if (this.#state.phase === "connecting") this.#state = { phase: "deciding" };
    this.#leaveLane();
  }

  /** Resolves with whether it shall choose its carrier by its first credit. */
  async choosesLane(connection: HostConnection): Promise<boolean> {
    this.#byLane = await this.home.lane.wanted(connection);
    if (!this.home.has(this)) this.#leaveLane(); // it has gone meanwhile
    return this.#byLane;
  }

  /** The host has opened it, and lets the document say so much. */
  protected granted({ socketId }: AtHost, window: number): void {
    this.outgoing.granted(window);
    if (this.#byLane) this.home.lane.account.opened(socketId, this.outgoing);
  }

  /** It was opened on the document's lane. */
  protected joinsLane(): void {
    this.#byLane = true;
    this.home.lane.joined();
  }

  /** The host has opened it. `close`: the user ends it. */
  protected begin(destination: Connection, at: AtHost, shown: Shown, close: () => void): void {
    const live = this.home.shared.activity.opened({
      sender: this.home.sender,
      since: Date.now(),
      ...at,
      ...shown,
      close,
    });
    this.#state = { phase: "open", destination, ...at, live, explained: false };
    this.withdraw = nothing;
  }

  /** It will not be opened. */
  refused(): void {
    this.#state = { phase: "refused", destination: this.destination };
  }

  /** Takes it off the document's list, the toolbar and the lane. Returns false when it was off the list. */
  end(): boolean {
    const known = this.home.remove(this);
    if (this.#state.phase === "open") {
      this.home.shared.activity.closed(this.#state.live);
      this.home.lane.account.left(this.#state.socketId);
    }
    this.#state = { phase: "ended", destination: this.destination };
    this.#leaveLane();
    return known;
  }

  #leaveLane(): void {
    if (this.#byLane) this.home.lane.leave();
    this.#byLane = false;
  }

  /** The document is gone. */
  dispose(): void {
    //rule:question-closes-with-tab
    this.#giveUp();
    if (this.#state.phase === "open") this.home.shared.hosts.release(this.#state.connection, this.#state.socketId);
    this.end();
  }

  /** Somebody else than the page stops it: what is open ends, and what is opening is refused with this. */
  stop(refusal: Refusal): void {
    if (this.#state.phase === "refused") return;
    this.#giveUp(/*rule:revoked-connect-is-refusal*/ /*rule:pause-of-pending-is-refusal*/ refusal); // without effect where the page has withdrawn it, or closes it
    this.cut(refusal.line);
  }

  #giveUp(reason?: Refusal): void {
    if (this.withdraw !== nothing) this.withdraw.abort(reason);
  }

  /** Ends it at once, if it is open: nothing of it goes on. For the page it is an error like any other of the network; `line` is for the console. */
  protected cut(line: ConsoleLine | undefined): void {
    if (this.#state.phase !== "open" || !this.home.has(this)) return;
    this.print(line);
    this.home.shared.hosts.release(this.#state.connection, this.#state.socketId, true);
    this.home.ended(this.id, this.outgoing);
    this.end();
    this.home.tell({ type: "closed", id: this.id, error: pageError("NetworkError") });
  }

  /** The user closes it. The document may not open it again by itself: that takes a gesture and, if it is not remembered, a yes. */
  protected async closeByHand(destination: Destination): Promise<void> {
    void this.home.reopening.end((other) => grants.sameDestination(other, destination));
    //rule:closed-by-user-loses-grant
    await grants.closeDocumentGrants(this.home.sender, destination); // before the page hears of it, and tries again
    //rule:popup-close-ends-socket
    this.cut("closedByUser");
  }

  /** Tells the toolbar what did not work, and why; undefined: it is none of the user's business. */
  failed(stage: Attempt["stage"], why: Why | undefined, named = this.destination?.host): void {
    if (why === undefined) return;
    this.home.failed({ stage, ...this.attempt(named) }, why);
  }

  /** The developer reads a line on the console, which the page cannot read. */
  print(line: ConsoleLine | undefined): void {
    if (line !== undefined) this.home.tell({ type: "hint", text: textOf(line, this.attempt()) });
  }

  /** The line for what the broker caught. */
  lineOf(error: unknown): ConsoleLine | undefined {
    return lineOf(error, this.destination !== undefined && this.home.shared.hosts.tellsReasons);
  }

  /** What the page may hear of why: once somebody has agreed to the destination; without a host nobody can say whether that still holds. */
  reason(error: unknown): PageReason | undefined {
    const agreed = this.destination !== undefined || (this.known && error instanceof HostUnavailable);
    return pageReasonOf(error, { agreed, tells: this.home.shared.hosts.tellsReasons });
  }

  /** What the host says of it. */
  get owner(): SocketOwner {
    return new BaseSocket.#Owner(this);
  }

  static readonly #Owner = class implements SocketOwner {
    readonly #socket: BaseSocket;
    constructor(socket: BaseSocket) {
      this.#socket = socket;
    }
    data(data: string): void {
      const { id, home, outgoing } = this.#socket;
      outgoing.heard();
      home.tell({ type: "data", id, data });
    }
    credit(bytes: number): void {
      const { id, home, outgoing } = this.#socket;
      outgoing.granted(bytes);
      home.tell({ type: "credit", id, bytes });
    }
    end(): void {
      const { id, home } = this.#socket;
      home.tell({ type: "end", id });
    }
    closed(params?: SocketClosedParams): void {
      this.#socket.#closed(params);
    }
  };

  /** The host's last word on it, or the host's own end (without parameters). */
  #closed(params: SocketClosedParams | undefined): void {
    if (this.#state.phase !== "open" || !this.home.has(this)) return; // still opening: the request's own answer tells the page
    const name = params === undefined ? "NetworkError" : params.name;
    const tellsReasons = this.home.shared.hosts.tellsReasons;
    const reason = params === undefined ? (tellsReasons ? "host" : undefined) : params.pageReason;
    if (name !== undefined && !this.#state.explained) {
      const why = reasonOfEnd(params);
      this.failed("end", why);
      this.print(lineOfReason(why.reason, tellsReasons || params === undefined));
    }
    this.home.ended(this.id, this.outgoing);
    this.end();
    const { id } = this;
    if (params?.onLane === true) this.home.left(id);
    else
      this.home.tell(
        name === undefined ? { type: "closed", id } : { type: "closed", id, error: pageError(name, reason) },
      );
  }

  /** The document says something to it. */
  receive(message: SocketMessage): void {
    if (message.type === "close") this.#giveUp();
    if (this.#state.phase !== "open") return;
    const { connection, socketId } = this.#state;
    if (message.type === "close")
      this.once("close", async () => {
        await connection.request("socket.close", { socketId }).catch(() => undefined); // it closed by itself meanwhile: `closed` is on its way
      });
    else this.hear(message, { connection, socketId });
  }

  /** Asks the host, unless it has not answered the same yet. Returns false then. */
  protected once(type: DocumentMessage["type"], ask: () => Promise<void>): boolean {
    const asking = (this.#asking ??= new Set());
    if (asking.has(type)) {
      this.home.useless();
      return false;
    }
    asking.add(type);
    void ask().finally(() => asking.delete(type));
    return true;
  }
}
