// Whether the program is there, for pages that ask before they ask for a socket.

import { HostUnavailable } from "./host.ts";
import type { Hosts } from "./hosts.ts";

/** An answer is good for this time, in ms, whoever asks. */
const fresh = 5_000;

export class Presence {
  readonly #hosts: Pick<Hosts, "probe">;
  readonly #now: () => number;
  #last: { at: number; problem: Promise<HostUnavailable | undefined> } | undefined;

  /** `now` tells the time in ms. */
  constructor(hosts: Pick<Hosts, "probe">, now: () => number = () => performance.now()) {
    this.#hosts = hosts;
    this.#now = now;
  }

  /** Why there is no program to talk to; undefined: there is one. A program is started for it once in five seconds at most. */
  problem(): Promise<HostUnavailable | undefined> {
    const now = this.#now();
    //rule:presence-is-looked-up-rarely
    if (this.#last !== undefined && now - this.#last.at < fresh) return this.#last.problem;
    this.#last = { at: now, problem: this.#look() };
    return this.#last.problem;
  }

  async #look(): Promise<HostUnavailable | undefined> {
    try {
      await this.#hosts.probe();
      return undefined;
    } catch (error) {
      return error instanceof HostUnavailable ? error : new HostUnavailable({ kind: "failed", detail: String(error) });
    }
  }
}
