// How often a document asks the broker after it was told that its tab or site has no room for opens: less and less often, until there is room.

/** From when the broker says so to the next open, in ms: the first pause, and the longest. Each is twice the one before. */
const pauses = { first: 250, most: 2_000 } as const;

/** Times are in ms. */
export class Backoff {
  /** The pause in force; 0 while there is room as far as is known. */
  #pause = 0;
  #until = -Infinity;
  /** The open that finds out whether there is room again. */
  #probe: number | undefined;

  /** Reports whether the broker may be asked now. */
  may(now: number): boolean {
    return now >= this.#until;
  }

  /** An open is sent to the broker. */
  sent(id: number, now: number): void {
    if (this.#pause === 0) return;
    this.#probe = id;
    //rule:one-open-probes-for-room
    this.#until = now + this.#pause;
  }

  /** The broker has said that there is no room. All opens that were under way at that moment bring the same word: that is one time. */
  full(now: number): void {
    if (this.#pause === 0) this.#pause = pauses.first;
    else if (this.#probe !== undefined)
      this.#pause = /*rule:content-script-backs-off*/ Math.min(pauses.most, 2 * this.#pause);
    this.#probe = undefined;
    this.#until = now + this.#pause;
  }

  /** An open is answered. */
  answered(id: number): void {
    if (id !== this.#probe) return;
    this.#probe = undefined;
    this.#pause = 0;
    this.#until = -Infinity;
  }
}
