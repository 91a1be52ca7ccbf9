// One document's connection to the broker, which decides for each open and passes bytes between documents and the host.
//
// Facts are what the browser attests of the sender (origin, documentId, frame, tab, private window). What the document says
// of itself (activation, secure) can only make the answer stricter.

import { Verdicts } from "../consent/judge.ts";
import { Departures } from "./departures.ts";
import { InFlight } from "./in_flight.ts";
import { isReadable, maxText } from "../intake/intake.ts";
import type { DocumentIntake } from "../intake/intake.ts";
import { Refusal } from "../intake/refusal.ts";
import type { Sender } from "../intake/sender.ts";
import { DocumentLaneAccount } from "./lane_account.ts";
import { DocumentLane } from "./lanes.ts";
import { Reopening } from "./reopening.ts";
import { AcceptedSocket, takeConnection } from "./accepted_socket.ts";
import type { BaseSocket } from "./base_socket.ts";
import { BoundSocket } from "./bound_socket.ts";
import { ListeningSocket } from "./listening_socket.ts";
import { openLocal } from "./local_request.ts";
import type { Bind, Listen } from "./local_request.ts";
import { openSocket } from "./open_request.ts";
import type { Open } from "./open_request.ts";
import { answerProbe } from "./probe.ts";
import type { Probe } from "./probe.ts";
import { pausedRefusal } from "./refuse.ts";
import { Socket } from "./socket.ts";
import type { Connection, Shared, SocketHome } from "./socket_home.ts";
import { pageError } from "../../../protocol/page.ts";
import type { BrokerMessage, DocumentMessage } from "../../../protocol/page.ts";
import { validateDocumentMessage } from "../../../protocol/validators.js";

/** What the open stood on has been taken back. */
function takenBackRefusal(): Refusal {
  return new Refusal("user", "takenBack", { hidden: true });
}

type Accept = Extract<DocumentMessage, { type: "accept" }>;

export class DocumentConnection {
  readonly sender: Sender;
  readonly #port: chrome.runtime.Port;
  readonly #intake: DocumentIntake;
  readonly #gone: () => void;
  readonly #home: SocketHome;
  //rule:socket-ids-are-per-document
  readonly #sockets = new Map<number, BaseSocket>();
  readonly #inFlight = new InFlight();
  readonly #departures = new Departures((ids) => {
    this.#tell({ type: "left", ids });
  });
  #disposed = false;

  /** `gone` is called once, when the connection is over for whichever reason. */
  constructor(port: chrome.runtime.Port, sender: Sender, shared: Shared, intake: DocumentIntake, gone: () => void) {
    this.#port = port;
    this.sender = sender;
    this.#intake = intake;
    this.#gone = gone;
    this.#home = this.#makeHome(shared);
    port.onMessage.addListener((message: unknown) => {
      if (this.#disposed) return;
      // Our content script never sends this: something else speaks in its place.
      if (
        /*rule:document-messages-fit-schema*/ !isReadable(message, maxText) ||
        /*rule:document-messages-fit-schema.2*/ !validateDocumentMessage(message)
      )
        this.#misfit("a message that does not fit its schema");
      else this.#receive(message);
    });
    port.onDisconnect.addListener(() => {
      this.dispose();
    });
  }

  #makeHome(shared: Shared): SocketHome {
    const { sender } = this;
    const home: SocketHome = {
      sender,
      shared,
      attested: this.#port.sender ?? {},
      intake: this.#intake,
      verdicts: new Verdicts(),
      lane: new DocumentLane(
        sender,
        shared.lanes,
        (message) => {
          this.#tell(message.type === "lane" ? { ...message, reasons: shared.hosts.tellsReasons } : message);
        },
        () => home.reopening.end(),
        new DocumentLaneAccount(
          () => {
            this.#useless("stray");
          },
          (why) => {
            this.#misfit(why);
          },
        ),
      ),
      get reopening() {
        return reopening;
      },
      tell: (message) => {
        this.#tell(message);
      },
      useless: () => {
        this.#useless("stray");
      },
      failed: (attempt, why) => {
        if (this.#disposed) return; // what is known of a tab goes with it
        void shared.activity.refusals.add(sender.tabId, { origin: sender.origin, ...attempt }, why);
      },
      has: (socket) => this.#sockets.get(socket.id) === socket,
      remove: (socket) => this.#sockets.get(socket.id) === socket && this.#sockets.delete(socket.id),
      ended: (id, outgoing) => {
        this.#inFlight.ended(id, outgoing);
      },
      left: (id) => {
        this.#departures.note(id);
      },
    };
    const reopening = new Reopening(home, (socket) => {
      if (this.#disposed || this.#sockets.has(socket.id)) return false;
      this.#sockets.set(socket.id, socket);
      return true;
    });
    return home;
  }

  /** The document is gone, or may not go on: its sockets close. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#intake.leave();
    this.#gone();
    this.#home.reopening.dispose();
    this.#home.lane.dispose();
    for (const socket of [...this.#sockets.values()]) socket.dispose();
  }

  /** The document has said what no script of ours says. */
  #misfit(why: string): void {
    if (this.#disposed) return;
    //rule:misfits-silence-document
    if (!this.#intake.excess("misfit")) this.#intake.silence();
    this.#cutOff(why);
  }

  /** The document is not heard any more. */
  #cutOff(why: string): void {
    console.error(`a document was cut off: ${why}`);
    this.#port.disconnect();
    this.dispose();
  }

  /** What has come is of no use. A little of that there is always, a lot only from what is no script of ours. */
  #useless(kind: "open" | "stray"): void {
    //rule:excess-messages-cut-off
    if (this.#intake.excess(kind)) return;
    this.#intake.silence();
    this.#cutOff("too many messages");
  }

  /**
   * A grant is taken back: sockets to destinations that `concerned` picks end, and those that are connecting there are refused. What has no
   * destination yet finds out by itself (consent.ts).
   */
  revoke(concerned: (destination: Connection) => boolean): void {
    void this.#home.reopening.end(concerned);
    this.#stop(takenBackRefusal, ({ destination }) => destination !== undefined && concerned(destination));
  }

  /** The user has paused this site: open sockets end, and those that are opening are refused. */
  pause(): void {
    void this.#home.reopening.end(() => true);
    this.#stop(pausedRefusal, /*rule:pause-refuses-pending-opens*/ () => true);
  }

  #stop(refusal: () => Refusal, concerned: (socket: BaseSocket) => boolean): void {
    for (const socket of [...this.#sockets.values()]) if (concerned(socket)) socket.stop(refusal());
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

  /** `late`: it has waited for its socket. */
  #receive(message: DocumentMessage, late = false): void {
    if ("secure" in message) {
      this.#begin(message);
      return;
    }
    if (message.type === "accept") {
      this.#accept(message);
      return;
    }
    if (message.type === "pressed") {
      this.#home.shared.prompts.pressed(this.sender);
      this.#useless("stray"); // no person clicks so often that it counts
      return;
    }
    const socket = this.#sockets.get(message.id);
    if (socket !== undefined) {
      socket.receive(message);
      return;
    }
    // The document may know of a socket that it has opened on its lane before the broker does.
    if (message.type === "setOption" && !late) {
      const waits = this.#home.reopening.waits(() => {
        this.#receive(message, true);
      });
      if (waits) return;
    }
    //rule:crossing-messages-are-no-fault
    if (!this.#inFlight.covers(message)) this.#useless("stray");
    // close() is answered all the same, since the page waits.
    if (message.type === "close") this.#tell({ type: "closed", id: message.id });
  }

  /** A document asks for a socket, of whichever kind, or whether it could have one. */
  #begin(message: Open | Listen | Bind | Probe): void {
    const { id } = message;
    if (this.#sockets.has(id)) {
      this.#useless("open");
      return;
    }
    const answered = this.#intake.open();
    if (answered === /*rule:broker-limits-opens*/ undefined) {
      // Answered with what is at hand: no storage, browser or host is asked.
      this.#tell({ type: "full" });
      this.#tell({ type: "failed", id, error: pageError("QuotaExceededError") });
      this.#useless("open");
      return;
    }
    this.#tell({ type: "heard", id });
    void this.#open(message).finally(/*rule:broker-limits-opens.2*/ answered);
  }

  #open(message: Open | Listen | Bind | Probe): Promise<void> {
    const home = this.#home;
    const { id } = message;
    switch (message.type) {
      case "probe":
        return answerProbe(home, message);
      case "open": {
        const socket = new Socket(home, id, message.protocol, message.options, message.states);
        this.#sockets.set(id, socket);
        return openSocket(home, socket, message);
      }
      case "listen": {
        const socket = new ListeningSocket(home, id, message.options, message.states);
        this.#sockets.set(id, socket);
        return openLocal(home, { socket, message });
      }
      case "bind": {
        const socket = new BoundSocket(home, id, message.options, message.states);
        this.#sockets.set(id, socket);
        return openLocal(home, { socket, message });
      }
    }
  }

  /** A document waits for the next connection of a listener of its own. Whoever connects makes these: they do not count as opens. */
  #accept({ id, listener: listenerId }: Accept): void {
    if (this.#sockets.has(id)) {
      this.#useless("stray");
      return;
    }
    const listener = this.#sockets.get(listenerId);
    if (listener instanceof ListeningSocket && listener.state.phase === "open") {
      const socket = new AcceptedSocket(this.#home, id, listener);
      const taken = listener.waits(() => {
        this.#sockets.set(id, socket);
        return takeConnection(this.#home, listener, socket);
      });
      if (taken) return;
    } else /*rule:accept-needs-own-listener*/ this.#useless("stray"); // it may have closed meanwhile
    // The page waits, and has to hear that nothing will come.
    this.#tell({ type: "failed", id, error: pageError("AbortError") });
  }
}
