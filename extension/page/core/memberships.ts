// The multicast groups of one bound UDP socket (RFC 1112; of one source only: RFC 4607).

import { arrayPush, deferred, mapDelete, mapForEach, mapGet, mapSet } from "../builtins.ts";
import type { Deferred } from "../builtins.ts";
import type { Channel } from "./channel.ts";
import { makeError } from "./errors.ts";

/** A group, of one source or of all. Addresses are canonical. */
export interface Membership {
  readonly group: string;
  readonly source: string | undefined;
}

interface Known extends Membership {
  state: "joining" | "joined" | "leaving";
}

export class Memberships {
  readonly #channel: Pick<Channel, "membership">;
  /** In the order in which they were joined. */
  readonly #known = new Map<string, Known>();
  readonly #asked = new Map<number, Deferred<undefined>>();
  #lastAck = 0;
  #ended = false;

  constructor(channel: Pick<Channel, "membership">) {
    this.#channel = channel;
  }

  /** Those that are joined, earliest first. */
  get joined(): readonly Membership[] {
    const list: Membership[] = [];
    mapForEach(this.#known, (one) => {
      if (one.state !== "joining") arrayPush(list, one);
    });
    return list;
  }

  /**
   * Joins a group. Rejects with InvalidStateError where it is joined, or being joined, or the group is in the other way (all sources, or one), and when
   * the socket is closed; with what the system says; with AbortError when the socket closes meanwhile.
   */
  async join(group: string, source: string | undefined): Promise<undefined> {
    let taken = this.#ended;
    mapForEach(this.#known, (one) => {
      if (one.group === group && (one.source === source || one.source === undefined || source === undefined))
        taken = true;
    });
    if (taken) throw makeError("InvalidStateError", "The group is joined already, or the socket is closed.");
    const key = keyOf(group, source);
    const known: Known = { group, source, state: "joining" };
    mapSet(this.#known, key, known);
    try {
      await this.#ask("join", known);
    } catch (error) {
      mapDelete(this.#known, key);
      throw error;
    }
    // Its place in the list is by when it was joined, not by when that was asked for.
    mapDelete(this.#known, key);
    known.state = "joined";
    mapSet(this.#known, key, known);
    return undefined;
  }

  /** Leaves a group. Rejects with InvalidStateError where it is not joined, or being left, and when the socket is closed; with what the system says. */
  async leave(group: string, source: string | undefined): Promise<undefined> {
    const key = keyOf(group, source);
    const known = mapGet(this.#known, key);
    if (this.#ended || known?.state !== "joined")
      throw makeError("InvalidStateError", "The group is not joined, or the socket is closed.");
    known.state = "leaving";
    try {
      await this.#ask("leave", known);
    } catch (error) {
      known.state = "joined";
      throw error;
    }
    mapDelete(this.#known, key);
    return undefined;
  }

  /** The host's answer. */
  answered(ack: number, error: Error | undefined): void {
    const asked = mapGet(this.#asked, ack);
    mapDelete(this.#asked, ack);
    if (error === undefined) asked?.resolve(undefined);
    else asked?.reject(error);
  }

  /** The socket is closed. */
  end(): void {
    this.#ended = true;
    mapForEach(this.#asked, (_, ack) => {
      this.answered(ack, makeError("AbortError"));
    });
  }

  #ask(change: "join" | "leave", { group, source }: Membership): Promise<undefined> {
    const ack = ++this.#lastAck;
    const asked = deferred<undefined>();
    mapSet(this.#asked, ack, asked);
    this.#channel.membership(ack, change, group, source);
    return asked.promise;
  }
}

function keyOf(group: string, source: string | undefined): string {
  return source === undefined ? group : `${group} ${source}`;
}
