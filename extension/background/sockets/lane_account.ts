// What a document may say on its lane, where the background carries it (extension/platform/lane_relay.ts): what the host has given credit for, and each
// other word once. A page's script says no more, so nothing grows in the background that the host does not take; a script that lies is cut off.

import type { LaneAccount } from "../../platform/platform.ts";
import type { LaneEvent, LaneRequest } from "../../../protocol/lane.ts";
import { eachLength } from "../../../protocol/lane_batch.ts";
import { firstReopenedId, reopensAtOnce } from "../../../protocol/message.ts";
import { Outgoing } from "./outgoing.ts";

/** Of so many sockets of a document it is remembered that they have ended: what was on its way to them is no fault. */
const mostEnded = 64;

interface Entry {
  outgoing: Outgoing;
  /** What may be said once only, and was. */
  said?: Set<LaneRequest["type"]>;
}

export class DocumentLaneAccount implements LaneAccount {
  readonly #sockets = new Map<number, Entry>();
  readonly #ended = new Map<number, Entry>();
  /** What the document opens again by itself, until it is answered; true: it has given it up. */
  readonly #opening = new Map<number, boolean>();
  readonly #useless: () => void;
  readonly #cutOff: (why: string) => void;

  /** `useless` is called with each word that there is no use for, `cutOff` when no script of ours speaks. */
  constructor(useless: () => void, cutOff: (why: string) => void) {
    this.#useless = useless;
    this.#cutOff = cutOff;
  }

  /** The host has opened a socket that may take the lane, by its id there. `outgoing`: what the document may say to it. */
  opened(socketId: number, outgoing: Outgoing): void {
    this.#sockets.set(socketId, { outgoing });
  }

  /** A socket has ended. The document may not have heard of it yet. */
  left(socketId: number): void {
    const entry = this.#sockets.get(socketId);
    if (entry === undefined) return;
    this.#sockets.delete(socketId);
    this.#ended.set(socketId, entry);
    for (const oldest of this.#ended.keys()) if (this.#ended.size > mostEnded) this.#ended.delete(oldest);
  }

  misfit(): void {
    this.#cutOff("a message on its lane that does not fit");
  }

  allows(request: LaneRequest): boolean {
    const { id } = request;
    if (request.type === "open") return this.#opens(id);
    const entry = this.#sockets.get(id) ?? this.#ended.get(id);
    if (entry === undefined) {
      if (request.type === "close" && this.#opening.get(id) === false) {
        this.#opening.set(id, true);
        return true;
      }
    } else if (/*rule:lane-keeps-to-credit*/ covers(entry, request)) return true;
    // Not a byte of a socket that is open is to be missing without a word.
    if ("data" in request && this.#sockets.has(id)) {
      this.#cutOff("more on its lane than its credit");
      return false;
    }
    //rule:lane-strays-are-bounded
    this.#useless();
    return false;
  }

  #opens(id: number): boolean {
    //rule:lane-opens-at-once-are-bounded
    if (this.#opening.size >= reopensAtOnce) {
      this.#cutOff("too many opens on its lane");
      return false;
    }
    this.#opening.set(id, false);
    return true;
  }

  heard(event: LaneEvent): void {
    const { id } = event;
    const entry = this.#sockets.get(id);
    switch (event.type) {
      case "opened":
        this.#opening.delete(id);
        this.opened(id, new Outgoing(event.window));
        return;
      case "declined":
        this.#opening.delete(id);
        return;
      case "closed":
        this.#opening.delete(id);
        this.left(id);
        return;
      case "data":
      case "datagrams":
        entry?.outgoing.heard();
        return;
      case "credit":
        entry?.outgoing.granted(event.bytes);
        return;
      case "wrote":
        entry?.outgoing.answered(event.ack);
        return;
      case "sent":
        for (let n = 0; n < event.count; n++) entry?.outgoing.answered((event.ack + n) >>> 0);
        return;
      case "shut":
      case "end":
    }
  }

  /** The lane is over, and with it what has been opened on it. */
  lost(): void {
    this.#opening.clear();
    for (const id of this.#sockets.keys()) if (id > firstReopenedId) this.#sockets.delete(id);
    this.#ended.clear();
  }
}

/** Whether the document may say this to a socket now. */
function covers(entry: Entry, request: Exclude<LaneRequest, { type: "open" }>): boolean {
  const { outgoing } = entry;
  switch (request.type) {
    case "write":
      return outgoing.takes(request.data.byteLength, request.ack);
    case "datagrams": {
      let { ack } = request;
      let covered = true;
      eachLength(new Uint8Array(request.data), request.data.byteLength, (length) => {
        covered &&= outgoing.takes(length, ack);
        ack = (ack + 1) >>> 0;
      });
      return covered;
    }
    case "credit":
      return outgoing.credits();
    case "shutdown":
    case "close": {
      const said = (entry.said ??= new Set());
      if (said.has(request.type)) return false;
      said.add(request.type);
      return true;
    }
  }
}
