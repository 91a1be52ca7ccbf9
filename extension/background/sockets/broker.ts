// The broker: decides for each open, and passes bytes between documents and the host.
//
// Facts are what the browser attests of the sender (origin, documentId, frame, tab, private window). What the document says
// of itself (activation, secure) can only make the answer stricter.

import type { Activity, LiveSocket } from "./activity.ts";
import { admit } from "../documents/admission.ts";
import * as grants from "../consent/grants.ts";
import type { Destination } from "../consent/grants.ts";
import { protectionOf } from "../consent/protection.ts";
import type { Protection } from "../consent/protection.ts";
import { consentTo } from "../consent/consent.ts";
import { Refusal, noGesture } from "../intake/refusal.ts";
import { InFlight } from "./in_flight.ts";
import type { GestureLedger } from "../consent/gestures.ts";
import { HostError, HostUnavailable } from "../host/host.ts";
import type { HostConnection } from "../host/host.ts";
import type { Hosts } from "../host/hosts.ts";
import { isReadable, maxText } from "../intake/intake.ts";
import type { DocumentIntake } from "../intake/intake.ts";
import { DocumentLane } from "./lanes.ts";
import type { Lanes } from "./lanes.ts";
import { Invalid } from "./host_options.ts";
import { canonicalTLS, checkOptions, tcpOpen, udpOpen } from "./open_options.ts";
import { isRefusal, open } from "./opening.ts";
import { canonicalHost } from "../intake/origin.ts";
import { Outgoing } from "./outgoing.ts";
import { isPaused } from "./paused.ts";
import type { Prompts } from "../consent/prompt.ts";
import type { RefusalAudit } from "./refusal_audit.ts";
import { reasonOf, reasonOfEnd } from "./refusals.ts";
import type { Attempt, Why } from "./refusals.ts";
import type { Sender } from "../intake/sender.ts";
import { openSetupPage } from "../host/setup.ts";
import { refusalDelay } from "./refusal_delay.ts";
import { datagramWindowBytes, stdioWindowBytes } from "../../../protocol/message.ts";
import type { SocketClosedParams } from "../../../protocol/message.ts";
import { pageError } from "../../../protocol/page.ts";
import { pageReasonOf } from "./page_reason.ts";
import type { BrokerMessage, DocumentMessage, OpenOptions, PageError, PageReason } from "../../../protocol/page.ts";
import { validateDocumentMessage } from "../../../protocol/validators.js";

type Open = Extract<DocumentMessage, { type: "open" }>;
type StartTls = Extract<DocumentMessage, { type: "startTls" }>;

/** Where a socket leads, and how it is protected. */
type Connection = Destination & { protection: Protection };

interface Socket {
  id: number;
  protocol: "tcp" | "udp";
  asked: OpenOptions;
  /** Aborts the question and the connection attempt while the socket is not open yet. */
  withdraw: AbortController;
  host?: { connection: HostConnection; socketId: number };
  /** What the document may say to it. */
  readonly outgoing: Outgoing;
  /** Requests of the document that the host has not answered: one of a kind at a time. */
  readonly asking: Set<DocumentMessage["type"]>;
  destination?: Connection;
  /** The document was allowed before what it asks for, whether or not that counts now. */
  known?: boolean;
  /** While it is open: what the toolbar shows of it. */
  live?: LiveSocket;
  /** The user has stopped it while it was opening: what its open is refused with. */
  stopped?: Refusal;
  /** It is refused already, and waits for the refusal delay. */
  refused?: boolean;
  /** Why it ends has been told. */
  blamed?: boolean;
  /** It counts as a user of the document's lane. */
  byLane?: boolean;
}

/** The credit that a page's socket gives at the beginning (extension/page), in bytes. */
const windows = { tcp: stdioWindowBytes, udp: datagramWindowBytes } as const;

/** The user has paused the site. */
function pausedRefusal(): Refusal {
  return new Refusal("paused", "Portside is paused on this site.", { hidden: true });
}

/** What the open stood on has been taken back. */
function takenBackRefusal(): Refusal {
  return new Refusal("user", "what was allowed has been taken back.", { hidden: true });
}

/** One document's connection to the broker. */
export class DocumentConnection {
  readonly sender: Sender;
  readonly #attested: chrome.runtime.MessageSender;
  readonly #port: chrome.runtime.Port;
  readonly #hosts: Hosts;
  readonly #prompts: Prompts;
  readonly #activity: Activity;
  readonly #lane: DocumentLane;
  readonly #gestures: GestureLedger;
  readonly #intake: DocumentIntake;
  readonly #gone: () => void;
  readonly #audit: RefusalAudit;
  readonly #sockets = new Map<number, Socket>();
  readonly #inFlight = new InFlight();
  #disposed = false;

  /** `gone` is called once, when the connection is over for whichever reason. */
  constructor(
    port: chrome.runtime.Port,
    sender: Sender,
    hosts: Hosts,
    prompts: Prompts,
    activity: Activity,
    lanes: Lanes,
    gestures: GestureLedger,
    audit: RefusalAudit,
    intake: DocumentIntake,
    gone: () => void,
  ) {
    this.#port = port;
    this.#attested = port.sender ?? {};
    this.sender = sender;
    this.#hosts = hosts;
    this.#prompts = prompts;
    this.#activity = activity;
    this.#lane = new DocumentLane(sender, lanes, (message) => {
      this.#tell(message.type === "lane" ? { ...message, reasons: hosts.tellsReasons } : message);
    });
    this.#gestures = gestures;
    this.#intake = intake;
    this.#gone = gone;
    this.#audit = audit;
    port.onMessage.addListener((message: unknown) => {
      if (this.#disposed) return;
      // Our content script never sends this: something else speaks with its voice.
      if (!isReadable(message, maxText) || !validateDocumentMessage(message)) {
        if (!this.#intake.excess("misfit")) this.#intake.silence();
        this.#cutOff("a message that does not fit its schema");
      } else this.#receive(message);
    });
    port.onDisconnect.addListener(() => {
      this.dispose();
    });
  }

  /** The document is gone, or may not go on: its sockets close. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#intake.leave();
    this.#gone();
    for (const socket of this.#sockets.values()) {
      socket.withdraw.abort();
      if (socket.host !== undefined) this.#hosts.release(socket.host.connection, socket.host.socketId);
      this.#ended(socket);
    }
    this.#sockets.clear();
  }

  /** The document is not heard any more. */
  #cutOff(why: string): void {
    console.error(`a document was cut off: ${why}`);
    this.#port.disconnect();
    this.dispose();
  }

  /** What has come is of no use. A little of that there is always, a lot only from what is no script of ours. */
  #useless(kind: "open" | "stray"): void {
    if (this.#intake.excess(kind)) return;
    this.#intake.silence();
    this.#cutOff("too many messages");
  }

  /**
   * A grant is taken back: sockets to destinations that `concerned` picks end, and those that are connecting there are refused. What has no
   * destination yet finds out by itself (consent.ts).
   */
  revoke(concerned: (destination: Connection) => boolean): void {
    this.#stop(takenBackRefusal, ({ destination }) => destination !== undefined && concerned(destination));
  }

  /** The user has paused this site: open sockets end, and those that are opening are refused. */
  pause(): void {
    this.#stop(pausedRefusal, () => true);
  }

  #stop(refusal: () => Refusal, concerned: (socket: Socket) => boolean): void {
    for (const socket of [...this.#sockets.values()]) {
      if (socket.refused === true || !concerned(socket)) continue;
      if (!socket.withdraw.signal.aborted) socket.stopped = refusal(); // else the page has withdrawn it, or closes it
      socket.withdraw.abort();
      this.#cut(socket);
    }
  }

  /** Ends a socket at once, if it is open: nothing of it goes on. For the page it is an error like any other of the network. */
  #cut(socket: Socket): void {
    if (socket.host === undefined || this.#sockets.get(socket.id) !== socket) return;
    this.#hosts.release(socket.host.connection, socket.host.socketId, true);
    this.#sockets.delete(socket.id);
    this.#inFlight.ended(socket.id, socket.outgoing);
    this.#ended(socket);
    this.#tell({ type: "closed", id: socket.id, error: pageError("NetworkError") });
  }

  /** The user closes it. The document may not open it again by itself: that takes a gesture and, if it is not remembered, a yes. */
  async #closeByHand(socket: Socket, destination: Destination): Promise<void> {
    await grants.closeDocumentGrants(this.sender, destination); // before the page hears of it, and tries again
    this.#cut(socket);
  }

  /** The toolbar shows it no longer, and it needs no lane. */
  #ended(socket: Socket): void {
    if (socket.live !== undefined) this.#activity.closed(socket.live);
    if (socket.byLane === true) this.#lane.leave();
    socket.byLane = false;
  }

  /** Reports whether the socket shall choose its carrier by its first credit. */
  async #choosesLane(socket: Socket, connection: HostConnection): Promise<boolean> {
    socket.byLane = await this.#lane.wanted(connection);
    if (this.#sockets.get(socket.id) !== socket) this.#ended(socket); // it has gone meanwhile
    return socket.byLane;
  }

  /** Tells the toolbar what did not work, and why. */
  #failed(
    { protocol, asked, destination }: Socket,
    stage: Attempt["stage"],
    why: Why | undefined,
    named = destination?.host,
  ): void {
    if (why === undefined || this.#disposed) return; // what is known of a tab goes with it
    const { origin, tabId } = this.sender;
    const { remoteAddress = "", remotePort = 0 } = asked;
    const host = named ?? canonicalHost(remoteAddress) ?? remoteAddress.trim();
    void this.#activity.refusals.add(tabId, { origin, stage, protocol, host, port: remotePort }, why);
  }

  #tell(message: BrokerMessage): void {
    if (this.#disposed) return; // answers may still come in for a document that has left
    try {
      this.#port.postMessage(message);
    } catch (error) {
      console.error(error); // a port that is gone without a word: nobody is there to whom its sockets could be of use
      this.dispose();
    }
  }

  #receive(message: DocumentMessage): void {
    if (message.type === "open") {
      this.#begin(message);
      return;
    }
    const socket = this.#sockets.get(message.id);
    if (socket === undefined) {
      if (!this.#inFlight.covers(message)) this.#useless("stray");
      // close() is answered all the same, since the page waits.
      if (message.type === "close") this.#tell({ type: "closed", id: message.id });
      return;
    }
    if (message.type === "close") socket.withdraw.abort();
    if (socket.host === undefined) return;
    const { connection, socketId } = socket.host;
    switch (message.type) {
      case "write":
        if (!socket.outgoing.writes(message.data, message.ack)) this.#overrun(socket);
        else if (message.ack === undefined) connection.write({ socketId, data: message.data });
        else void this.#writeDatagram(connection, socket, message.data, message.ack);
        return;
      case "credit":
        if (!socket.outgoing.credits()) this.#overrun(socket);
        else connection.notify("socket.credit", { socketId, bytes: message.bytes });
        return;
      case "shutdown":
        this.#once(socket, message, async () => {
          try {
            await connection.request("socket.shutdown", { socketId });
            this.#tell({ type: "shut", id: socket.id });
          } catch {
            this.#tell({ type: "shut", id: socket.id, error: pageError("NetworkError") });
          }
        });
        return;
      case "setOption":
        this.#once(socket, message, async () => {
          const { option, value } = message;
          try {
            await connection.request("socket.setOption", { socketId, option, value });
            this.#tell({ type: "optionSet", id: socket.id });
          } catch {
            this.#tell({ type: "optionSet", id: socket.id, error: pageError("NetworkError") });
          }
        });
        return;
      case "startTls":
        this.#once(socket, message, () => this.#startTls(connection, socket, socketId, message));
        return;
      case "close":
        this.#once(socket, message, async () => {
          await connection.request("socket.close", { socketId }).catch(() => undefined); // it closed by itself meanwhile: `closed` is on its way
        });
    }
  }

  /** Asks the host, unless it has not answered the same yet. */
  #once({ asking }: Socket, { type }: DocumentMessage, ask: () => Promise<void>): void {
    if (asking.has(type)) {
      this.#useless("stray");
      return;
    }
    asking.add(type);
    void ask().finally(() => asking.delete(type));
  }

  /** The document has said more to a socket than the host has room for: the socket ends, before the host hears of it. */
  #overrun(socket: Socket): void {
    this.#failed(socket, "end", { reason: "protocol" });
    this.#cut(socket);
  }

  #begin(message: Open): void {
    const { id, protocol, options: asked } = message;
    if (this.#sockets.has(id)) {
      this.#useless("open");
      return;
    }
    const answered = this.#intake.open();
    if (answered === undefined) {
      // Answered with what is at hand: no storage, browser or host is asked.
      this.#tell({ type: "full" });
      this.#tell({ type: "failed", id, error: pageError("QuotaExceededError") });
      this.#useless("open");
      return;
    }
    const socket: Socket = {
      id,
      protocol,
      asked,
      withdraw: new AbortController(),
      outgoing: new Outgoing(0),
      asking: new Set(),
    };
    this.#sockets.set(socket.id, socket);
    void this.#open(socket, message).finally(answered);
  }

  async #writeDatagram(connection: HostConnection, socket: Socket, data: string, ack: number): Promise<void> {
    if (socket.host === undefined) return;
    let error: PageError | undefined;
    try {
      await connection.writeDatagram({ socketId: socket.host.socketId, data });
    } catch {
      error = pageError("NetworkError");
    }
    socket.outgoing.answered(ack);
    this.#tell(
      error === undefined ? { type: "wrote", id: socket.id, ack } : { type: "wrote", id: socket.id, ack, error },
    );
  }

  /** What went wrong with the server is one error for the page, with no more of the reason than it may know; the host's log has it. */
  async #startTls(
    connection: HostConnection,
    socket: Socket,
    socketId: number,
    { received, sent, tls }: StartTls,
  ): Promise<void> {
    const { id, live } = socket;
    try {
      const result = await connection.request("socket.startTLS", {
        socketId,
        received,
        sent,
        ...(tls === undefined ? {} : { tls: canonicalTLS(tls) }),
      });
      this.#tell({ type: "secured", id, tls: result.tls });
      if (live !== undefined) this.#activity.upgraded(live);
    } catch (error) {
      const why = reasonOf(error);
      socket.blamed = why !== undefined;
      this.#failed(socket, "upgrade", why);
      if (!isRefusal(error)) this.#cut(socket); // the host may think that it is upgraded
      const name = (error instanceof HostError ? error.data?.name : undefined) ?? "NetworkError";
      this.#tell({ type: "unsecured", id, error: pageError(name, this.#reason(socket, error)) });
    }
  }

  /** What the page may hear of why: a socket has a destination once it was agreed to; without a host nobody can say that it still is. */
  #reason({ destination, known = false }: Socket, error: unknown): PageReason | undefined {
    const agreed = destination !== undefined || (known && error instanceof HostUnavailable);
    return pageReasonOf(error, { agreed, tells: this.#hosts.tellsReasons });
  }

  async #open(socket: Socket, open: Open): Promise<void> {
    const { options } = open;
    const started = performance.now();
    try {
      await this.#tryOpen(socket, open);
    } catch (thrown) {
      const error = socket.stopped ?? thrown;
      socket.refused = true;
      if (error instanceof Refusal && error.hidden) await refusalDelay(started, socket.withdraw.signal);
      const known = this.#sockets.delete(socket.id);
      this.#ended(socket);
      if (!known) return;
      const withdrawn = socket.withdraw.signal.aborted && socket.stopped === undefined;
      if (!withdrawn) this.#failed(socket, "open", reasonOf(error));
      if (withdrawn) {
        this.#tell({ type: "failed", id: socket.id, error: pageError("AbortError") });
      } else if (error instanceof Invalid) {
        this.#tell({ type: "failed", id: socket.id, error: { name: "TypeError", message: error.message } });
      } else if (error instanceof Refusal) {
        this.#tell({ type: "hint", text: error.message });
        this.#tell({ type: "failed", id: socket.id, error: pageError("NotAllowedError") });
        void this.#audit.refused(this.sender, socket.protocol, options, error.rule);
      } else if (error instanceof HostError && error.data !== undefined) {
        this.#tell({ type: "failed", id: socket.id, error: pageError(error.data.name, this.#reason(socket, error)) });
      } else {
        if (!(error instanceof HostUnavailable)) console.error(error);
        this.#tell({ type: "failed", id: socket.id, error: pageError("NetworkError", this.#reason(socket, error)) });
      }
    }
  }

  /** The checks in the order of the API: the document's own rules, arguments; then whatever needs host, gesture, person or network. */
  async #tryOpen(socket: Socket, open: Open): Promise<void> {
    const { activation, options, ...claims } = open;
    const { documentId } = this.sender;
    const { remoteAddress = "", remotePort } = options;
    // Spellings of one host are one request.
    const wanted = canonicalHost(remoteAddress) ?? remoteAddress.trim();
    const request = grants.requestKey(socket.protocol, wanted, remotePort ?? 0);
    // Asked for at once, and judged in turn: each answer takes its time.
    const [admission, reopened, paused] = await this.#intake.inTurn(() =>
      Promise.all([
        admit(this.#attested, claims, "refuse-unsafe-eval"),
        grants.documentGrants(documentId, request, (host) => protectionOf(options, host)),
        isPaused(this.sender),
      ]),
    );
    if (!admission.allowed) throw new Refusal(admission.rule, admission.hint);
    socket.known = reopened.length > 0;
    socket.withdraw.signal.throwIfAborted();
    const gesture = this.#gestures.of(this.sender, activation);
    let port: number;
    try {
      port = checkOptions(options);
    } catch (error) {
      // No destination is meant that could be remembered, so the gesture comes first.
      throw reopened.length === 0 && !gesture.take() ? noGesture({ hidden: false }) : error;
    }

    if (paused) throw pausedRefusal();
    const { withdraw } = socket;
    // A missing host is found out before the user is bothered with a question.
    const explained = (error: unknown): unknown => {
      if (!(error instanceof HostUnavailable)) return error;
      if (gesture.take()) void openSetupPage(error.problem);
      else if (reopened.length === 0) return noGesture(); // nor is a page to learn without one whether there is a host
      return error;
    };
    let connection = await this.#hosts.connect().catch((error: unknown) => {
      throw explained(error);
    });
    withdraw.signal.throwIfAborted();
    let socketId = this.#hosts.reserve(connection);
    try {
      const wish = { protocol: socket.protocol, remoteAddress, port, security: options };
      const reached = await consentTo(wish, { request, reopened }, claims, {
        sender: this.sender,
        attested: this.#attested,
        hosts: this.#hosts,
        prompts: this.#prompts,
        gesture,
        signal: withdraw.signal,
        asking: () => {
          this.#tell({ type: "state", id: socket.id, state: "asking" });
        },
        notRemembered: (host, reason) => {
          this.#failed(socket, "remember", { reason }, host);
        },
      });
      withdraw.signal.throwIfAborted();
      const { host } = reached;
      // From here on it is ended when that is taken back (revoke).
      socket.destination = { protocol: socket.protocol, host, port, protection: protectionOf(options, host) };
      if (!connection.alive) {
        // It died while the user was thinking.
        this.#hosts.forget(connection, socketId);
        connection = await this.#hosts.connect();
        socketId = this.#hosts.reserve(connection);
        withdraw.signal.throwIfAborted();
      }
      await this.#connect(socket, connection, socketId, reached, options);
    } catch (error) {
      this.#hosts.forget(connection, socketId);
      throw explained(error);
    }
  }

  async #connect(
    socket: Socket,
    connection: HostConnection,
    socketId: number,
    reached: grants.Reached,
    options: OpenOptions,
  ): Promise<void> {
    const destination = socket.destination as Connection;
    const byLane = await this.#choosesLane(socket, connection);
    socket.withdraw.signal.throwIfAborted();
    const wish = [
      socketId,
      this.sender,
      destination,
      reached,
      options,
      byLane ? 0 : windows[socket.protocol],
      connection.hello.protocolVersion,
    ] as const;
    socket.withdraw.signal.addEventListener("abort", () => {
      if (socket.host === undefined) connection.request("socket.close", { socketId }).catch(() => undefined);
    });
    // The host may speak of the socket in the very next message: it must be known before the answer is awaited.
    this.#hosts.attach(connection, socketId, {
      data: (data) => {
        socket.outgoing.heard();
        this.#tell({ type: "data", id: socket.id, data });
      },
      credit: (bytes) => {
        socket.outgoing.granted(bytes);
        this.#tell({ type: "credit", id: socket.id, bytes });
      },
      end: () => {
        this.#tell({ type: "end", id: socket.id });
      },
      closed: (params?: SocketClosedParams) => {
        this.#closed(socket, params);
      },
    });
    this.#tell({ type: "state", id: socket.id, state: "connecting" });
    await open(
      () =>
        socket.protocol === "tcp"
          ? connection.request("tcp.open", tcpOpen(...wish))
          : connection.request("udp.open", udpOpen(...wish)),
      (result) => {
        if (socket.withdraw.signal.aborted) throw new DOMException("withdrawn", "AbortError"); // while the answer was on its way
        socket.outgoing.granted(result.window);
        socket.host = { connection, socketId };
        socket.live = this.#activity.opened({
          sender: this.sender,
          protocol: socket.protocol,
          host: destination.host,
          port: destination.port,
          encryption: destination.protection.encryption,
          since: Date.now(),
          connection,
          socketId,
          close: () => void this.#closeByHand(socket, destination),
        });
        this.#tell({ type: "opened", id: socket.id, ...result, ...(byLane ? { lane: socketId } : {}) });
      },
      () => {
        this.#hosts.release(connection, socketId);
      },
    );
  }

  /** The host's last word on a socket, or the host's own end (without parameters). */
  #closed(socket: Socket, params: SocketClosedParams | undefined): void {
    if (socket.host === undefined || !this.#sockets.delete(socket.id)) return; // still opening: the request's own answer tells the page
    const name = params === undefined ? "NetworkError" : params.name;
    const reason = params === undefined ? (this.#hosts.tellsReasons ? "host" : undefined) : params.pageReason;
    this.#inFlight.ended(socket.id, socket.outgoing);
    this.#ended(socket);
    if (name !== undefined && socket.blamed !== true) this.#failed(socket, "end", reasonOfEnd(params));
    const { id } = socket;
    if (params?.onLane === true) this.#tell({ type: "left", id });
    else
      this.#tell(name === undefined ? { type: "closed", id } : { type: "closed", id, error: pageError(name, reason) });
  }
}
