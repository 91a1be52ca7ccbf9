// What goes on, for the toolbar: every socket that is open now. The broker tells; the badge and the popup read.
//
// It lives in memory only, as the sockets do: a stop of the worker ends both. No web page, and no content script, can read or change it.

import type { Peers } from "../consent/question.ts";
import type { HostConnection } from "../host/host.ts";
import { Refusals } from "./refusals.ts";
import type { Sender } from "../intake/sender.ts";
import type { LocalPlace } from "../../../protocol/message.ts";

type Reach = LocalPlace["reach"];

/** An open socket, as far as the broker knows it. */
export interface LiveSocket {
  /** Names it for as long as this worker runs. Never used twice. */
  readonly key: number;
  readonly sender: Sender;
  readonly protocol: "tcp" | "udp";
  /** A connection of the page's; a socket that listens; a connection that one has accepted; a UDP socket that is bound. */
  readonly kind: "connect" | "listen" | "accepted" | "bind";
  /** Of an accepted connection: the key of the socket that listens. */
  readonly listener?: number;
  /** Of a socket that listens or is bound: where it is open. */
  readonly reach?: Reach;
  /** Of a socket that is bound: whom it may send to. */
  readonly peers?: Peers;
  /** The other side; of a socket that listens or is bound, its own address and port. */
  readonly host: string;
  readonly port: number;
  /** upgraded: it was opened for STARTTLS, and TLS is spoken now. */
  encryption: "off" | "on" | "starttls" | "upgraded";
  /** When it opened, in ms since 1970. */
  readonly since: number;
  readonly connection: HostConnection;
  readonly socketId: number;
  /** The user ends it. */
  readonly close: () => void;
}

export class Activity {
  readonly refusals: Refusals;
  readonly #sockets = new Map<number, LiveSocket>();
  readonly #changed: (tabId: number) => void;
  readonly #noted: (socket: LiveSocket) => void;
  #lastKey = 0;

  /** `changed` is called for a tab when its sockets or its refusals have changed; `noted` with each socket that opens. */
  constructor(changed: (tabId: number) => void, noted: (socket: LiveSocket) => void = () => undefined) {
    this.#noted = noted;
    // A toolbar that cannot be told keeps no socket open, and none from ending.
    this.#changed = (tabId) => {
      try {
        changed(tabId);
      } catch (error) {
        console.error("toolbar:", error);
      }
    };
    this.refusals = new Refusals(this.#changed);
  }

  opened(socket: Omit<LiveSocket, "key">): LiveSocket {
    const live: LiveSocket = { ...socket, key: ++this.#lastKey };
    //rule:every-socket-is-counted
    this.#sockets.set(live.key, live);
    this.#noted(live);
    this.#changed(live.sender.tabId);
    return live;
  }

  /** TLS is spoken on it from now on. */
  upgraded(live: LiveSocket): void {
    live.encryption = "upgraded";
    this.#changed(live.sender.tabId);
  }

  closed(live: LiveSocket): void {
    //rule:socket-counted-until-closed
    if (this.#sockets.delete(live.key)) this.#changed(live.sender.tabId);
  }

  /** The open sockets of a tab, those of all its frames, oldest first. */
  socketsOf(tabId: number): LiveSocket[] {
    return [...this.#sockets.values()].filter(({ sender }) => /*rule:sockets-counted-per-tab*/ sender.tabId === tabId);
  }
}
