// Work in turn: each of those who want something done has a little of it under way at a time, however much of it waits. So a queue of one of
// them is nobody else's. Who calls bounds how much waits.

/** Under way at a time, for each; and for those of whom more waits than any page needs, which is a flood. */
const atOnce = { usual: 4, flood: 1 } as const;
const flood = 8;

interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

export class Turns {
  readonly #lanes = new Map<string, Lane>();

  /** Does `work` for `who` when it is its turn. Resolves and rejects as the work does. */
  async take<T>(who: string, work: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(who) ?? { running: 0, waiting: [] };
    this.#lanes.set(who, lane);
    if (lane.running >= atOnce.usual || lane.waiting.length > 0)
      await new Promise<void>((resolve) => {
        lane.waiting.push(resolve);
      });
    else lane.running++;
    try {
      return await work();
    } finally {
      lane.running--;
      const most = lane.waiting.length > flood ? atOnce.flood : atOnce.usual;
      while (lane.running < most && lane.waiting.length > 0) {
        lane.running++;
        lane.waiting.shift()?.();
      }
      if (lane.running === 0) this.#lanes.delete(who);
    }
  }
}
