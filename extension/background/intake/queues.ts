// Work one after the other, for each of many: nobody waits for another's. What waits has a bound.

export class Queues {
  readonly #most: number;
  readonly #all = new Map<string, { last: Promise<void>; length: number }>();

  /** Of each so much work at a time, with what is under way. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Does `work` after everything of `who` before it. Returns false when too much of it waits: then it is not done. */
  add(who: string, work: () => Promise<unknown>): boolean {
    const queue = this.#all.get(who) ?? { last: Promise.resolve(), length: 0 };
    if (queue.length >= this.#most) return false;
    queue.length++;
    this.#all.set(who, queue);
    queue.last = queue.last
      .then(work)
      .catch((error: unknown) => {
        console.error(error);
      })
      .then(() => {
        if (--queue.length === 0) this.#all.delete(who);
      });
    return true;
  }

  /** Resolves when everything is done that has come so far of one, of all that are picked, or of everybody. */
  async idle(picked: string | ((who: string) => boolean) = () => true): Promise<void> {
    const isPicked = typeof picked === "string" ? (who: string): boolean => who === picked : picked;
    await Promise.all([...this.#all].flatMap(([who, { last }]) => (isPicked(who) ? [last] : [])));
  }
}
