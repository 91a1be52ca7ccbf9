// One gesture, one question.
//
// Documents say which press their activation comes from (content/activation.ts). Here is the account of those that have been used, by tab
// and site, since one press activates several documents of a page: a press that is used is used for all of them. It is a claim of the
// renderer; what the user answers is not.
//
// In memory: a press is good for five seconds, and a stop of the worker takes more.

import { siteOf } from "../../shared/domain.ts";
import type { Activation } from "../../../protocol/message.ts";
import type { Sender } from "../intake/sender.ts";

/** Presses that are remembered, of all tabs together; the oldest go first. */
const most = 1_000;

interface Used extends Activation {
  who: string;
}

/** The gesture behind one call. */
export interface Gesture {
  /** Takes it. Reports whether there is one that no other call has taken; the same answer each time. */
  take(): boolean;
  /** Reports whether `take` would find one, and leaves it. */
  unused(): boolean;
}

export class GestureLedger {
  readonly #now: () => number;
  #used: Used[] = [];

  /** `now`: the time in ms since 1970, as documents tell it. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The gesture behind a call of this document. */
  of(sender: Pick<Sender, "origin" | "tabId">, activation: Activation | undefined): Gesture {
    const who = `${sender.tabId.toString()} ${/*rule:gesture-shared-by-site-frames*/ siteOf(sender.origin)}`;
    let taken: boolean | undefined;
    return {
      take: () => (taken ??= activation !== undefined && this.#take(who, activation)),
      unused: () => taken ?? (activation !== undefined && this.#find(who, activation) !== undefined),
    };
  }

  #take(who: string, activation: Activation): boolean {
    const press = this.#find(who, activation);
    if (press === undefined) return false;
    //rule:gesture-counts-once
    this.#used = [...this.#used, press].slice(-most);
    return true;
  }

  /** A press is the time from its beginning to the call. It was used if what was used overlaps with it: undefined then. */
  #find(who: string, activation: Activation): Used | undefined {
    const now = this.#now();
    this.#used = this.#used.filter(({ at }) => at <= now); // the clock was put back
    const at = Math.min(activation.at, now);
    const began = Math.min(activation.began, at);
    const overlaps = this.#used.some(
      (used) => /*rule:gesture-shared-across-documents*/ used.who === who && used.began <= at && used.at >= began,
    );
    return overlaps ? undefined : { who, began, at };
  }
}
