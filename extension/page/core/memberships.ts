// The multicast groups of one bound UDP socket (RFC 1112; of one source only: RFC 4607).

import { arrayPush, deferred, mapDelete, mapForEach, mapGet, mapSet, settle } from "../builtins.ts";
import type { Deferred } from "../builtins.ts";
import type { Channel } from "./channel.ts";
import { makeError } from "./errors.ts";

/** A group, of one source or of all. Addresses are canonical. */
export interface Membership {
  readonly group: string;
  readonly source: string | undefined;
}

interface Known extends Membership {
  joined: boolean;
  /** Being joined, or being left. */
  busy: boolean;
}

export class Memberships {
  readonly #channel: Pick<Channel, "membership">;
  /** In the order in which they were asked for. */
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
      if (one.joined) arrayPush(list, one);
    });
    return list;
  }

  /**
   * Joins or leaves a group. Rejects with InvalidStateError when the socket is closed; where what is to be joined is joined, or being joined, or its
   * group is in the other way (all sources, or one); and where what is to be left is not joined, or being left. Also with what the system says, and
   * with AbortError when the socket closes meanwhile.
   */
  async change(change: "join" | "leave", { group, source }: Membership): Promise<undefined> {
    const joins = change === "join";
    const key = `${group} ${source ?? ""}`;
    let taken = false as boolean;
    mapForEach(this.#known, (one) => {
      if (one.group === group && (one.source === source || one.source === undefined || source === undefined))
        taken = true;
    });
    const known = joins ? { group, source, joined: false, busy: false } : mapGet(this.#known, key);
    if (this.#ended || known === undefined || known.busy || (joins && taken))
      throw makeError("InvalidStateError", "The group is joined already, or is not, or the socket is closed.");
    known.busy = true;
    mapSet(this.#known, key, known);
    const ack = ++this.#lastAck;
    const asked = deferred<undefined>();
    mapSet(this.#asked, ack, asked);
    this.#channel.membership(ack, change, group, source);
    try {
      await asked.promise;
      known.joined = joins;
      return undefined;
    } finally {
      known.busy = false;
      if (!known.joined) mapDelete(this.#known, key);
    }
  }

  /** The host's answer. */
  answered(ack: number, error: Error | undefined): void {
    const asked = mapGet(this.#asked, ack);
    mapDelete(this.#asked, ack);
    settle(asked, error);
  }

  /** The socket is closed. */
  end(): void {
    this.#ended = true;
    mapForEach(this.#asked, (_, ack) => {
      this.answered(ack, makeError("AbortError"));
    });
  }
}
