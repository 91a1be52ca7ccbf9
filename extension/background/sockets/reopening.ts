// What a document may open again on its lane without the broker, and what it has.
//
// The broker lets it where an open was decided by what stands already: a grant that the document has, and the host's last verdict, which the host
// compares again at each open. What such an open stood on may be taken back: then the host is told so, and what it opened before it heard of it is
// cut as soon as it tells of it.

import type { HostConnection } from "../host/host.ts";
import { Socket } from "./socket.ts";
import type { Connection, SocketHome } from "./socket_home.ts";
import * as grants from "../consent/grants.ts";
import { lineOfReason } from "./developer_line.ts";
import { reopenableOfDocument } from "../../../protocol/message.ts";
import type { ReopenReportParams } from "../../../protocol/message.ts";
import type { OpenOptions } from "../../../protocol/page.ts";

/** The version of the protocol that knows documents which open again by themselves. */
export const reopenSince = 5;

/** What a document may open again. */
export interface Reopenable {
  destination: Connection;
  asked: OpenOptions;
}

/** What a document says of a socket that the broker does not know may wait for the next report for so long, in ms: the host makes one at least every 50. */
const patience = 500;
/** So much may wait. */
const mostWaiting = 64;

export class Reopening {
  readonly #home: SocketHome;
  readonly #add: (socket: Socket) => boolean;
  /** By the id of the socket that was opened first. */
  readonly #allowed = new Map<number, Reopenable>();
  /** The host that was told what may be opened again. */
  #host: HostConnection | undefined;
  #unhear: (() => void) | undefined;
  /** How often something was taken back. */
  #ends = 0;
  #waiting: (() => void)[] = [];

  /** `add` puts a socket on the document's list; it returns false when its number is taken. */
  constructor(home: SocketHome, add: (socket: Socket) => boolean) {
    this.#home = home;
    this.#add = add;
  }

  /** A number that changes when something is taken back: what was asked for before is not allowed any more. */
  get ends(): number {
    return this.#ends;
  }

  /** The host is about to be asked for a socket that may be opened again. */
  asks(connection: HostConnection): void {
    this.#host = connection;
    this.#unhear ??= this.#home.shared.hosts.hearReopened(this.#home.sender.documentId, (from, report) => {
      this.#reported(from, report);
    });
  }

  /** It has opened it: the document may open it again, unless something was taken back since `ends` was looked at. Returns whether it may. */
  allow(socketId: number, what: Reopenable, ends: number): boolean {
    if (/*rule:reopening-not-restored-by-open*/ ends !== this.#ends) {
      void this.end();
      return false;
    }
    this.#allowed.set(socketId, what);
    for (const oldest of this.#allowed.keys())
      if (this.#allowed.size > reopenableOfDocument) this.#allowed.delete(oldest);
    return true;
  }

  /**
   * Nothing may be opened again by what was allowed so far. What the host opens before it hears of it is cut if it leads where `concerned` says.
   * Resolves when nothing more can come of it.
   */
  async end(concerned: (destination: Connection) => boolean = () => false): Promise<void> {
    this.#ends++;
    const before = [...this.#allowed];
    for (const [socketId, { destination }] of before)
      //rule:late-reopened-of-revoked-is-cut
      if (concerned(destination)) this.#allowed.delete(socketId);
    const host = this.#host;
    if (host === undefined) return;
    //rule:reopening-ends-at-host
    await host.request("reopen.end", { document: this.#home.sender.documentId }).catch(() => undefined); // it is gone, and all with it
    for (const [socketId] of before) this.#allowed.delete(socketId);
  }

  /** The document is gone. */
  dispose(): void {
    void this.end(() => true);
    this.#unhear?.();
    this.#unhear = undefined;
    this.#heard();
  }

  /** Whether something that is said of a socket which nobody knows may be about one that the next report tells of. Then `again` is called after that. */
  waits(again: () => void): boolean {
    if (this.#allowed.size === 0 || this.#waiting.length >= mostWaiting) return false;
    const late = setTimeout(() => {
      this.#heard();
    }, patience);
    this.#waiting.push(() => {
      clearTimeout(late);
      again();
    });
    return true;
  }

  #heard(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const again of waiting) again();
  }

  #reported(connection: HostConnection, { opened, failed }: ReopenReportParams): void {
    const home = this.#home;
    const { hosts } = home.shared;
    for (const { socketId, of, page } of opened) {
      const what = this.#allowed.get(of);
      const socket = what && new Socket(home, page, what.destination.protocol, what.asked);
      if (what === undefined || socket === undefined || !this.#add(socket)) {
        hosts.release(connection, socketId, true);
        continue;
      }
      hosts.attach(connection, socketId, socket.owner);
      socket.reopened(what.destination, { connection, socketId });
      void grants.noteUse(home.sender, what.destination).catch(() => undefined);
    }
    for (const { of, page, reason, by } of failed) {
      const what = this.#allowed.get(of);
      if (what === undefined) continue;
      const socket = new Socket(home, page, what.destination.protocol, what.asked);
      socket.failed("open", by === undefined ? { reason } : { reason, by }, what.destination.host);
      socket.print(lineOfReason(reason, hosts.tellsReasons));
    }
    this.#heard();
  }
}
