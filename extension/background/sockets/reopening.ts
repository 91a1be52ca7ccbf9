// What a document may open again on its lane without the broker, and what it has.
//
// The broker lets it where an open was decided by what stands already: a grant that the document has, and the host's last verdict, which the host
// compares again at each open. What such an open stood on may be taken back: then the host is told so, and what it opened before it heard of it is
// cut as soon as it tells of it.

import type { HostConnection } from "../host/host.ts";
import { Socket } from "./socket.ts";
import type { Connection, Reopenable, Reopens, SocketHome } from "./socket_home.ts";
import * as grants from "../consent/grants.ts";
import { lineOfReason } from "./developer_line.ts";
import { reopenableOfDocument } from "../../../protocol/message.ts";
import type { ReopenReportParams } from "../../../protocol/message.ts";

/** The version of the protocol that knows documents which open again by themselves. */
export const reopenSince = 5;

/** What a document says of a socket that the broker does not know may wait for the next report for so long, in ms: the host makes one at least every 50. */
const patience = 500;
/** So much may wait. */
const mostWaiting = 64;

export class Reopening implements Reopens {
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

  get ends(): number {
    return this.#ends;
  }

  asks(connection: HostConnection): void {
    this.#host = connection;
    this.#unhear ??= this.#home.shared.hosts.hearReopened(this.#home.sender.documentId, (from, report) => {
      this.#reported(from, report);
    });
  }

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

  dispose(): void {
    void this.end(() => true);
    this.#unhear?.();
    this.#unhear = undefined;
    this.#heard();
  }

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
    for (const { socketId, of, pageId } of opened) {
      const what = this.#allowed.get(of);
      const socket = what && new Socket(home, pageId, what.destination.protocol, what.asked);
      if (what === undefined || socket === undefined || !this.#add(socket)) {
        hosts.release(connection, socketId, true);
        continue;
      }
      hosts.attach(connection, socketId, socket.owner);
      socket.reopened(what.destination, { connection, socketId });
      void grants.noteUse(home.sender, what.destination).catch(() => undefined);
    }
    for (const { of, pageId, reason, by } of failed) {
      const what = this.#allowed.get(of);
      if (what === undefined) continue;
      const socket = new Socket(home, pageId, what.destination.protocol, what.asked);
      socket.failed("open", by === undefined ? { reason } : { reason, by }, what.destination.host);
      socket.print(lineOfReason(reason, hosts.tellsReasons));
    }
    this.#heard();
  }
}
