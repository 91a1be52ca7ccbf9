// Work in turn: each of those who want something done has a little of it under way at a time, however much of it waits. So a queue of one of
// them is nobody else's. Who calls bounds how much waits.

/** Under way at a time, for each; and for those of whom more waits than any page needs, which is a flood. */
const atOnce = { usual: 4, flood: 1 } as const;
const flood = 8;

/** After each work of a flood there is a pause of so many times what it took, so that most of the time is others'; in ms at most. */
const pause = { times: 3, most: 100 } as const;

interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

export class Turns {
  readonly #lanes = new Map<string, Lane>();
  readonly #now: () => number;
  readonly #later: (run: () => void, ms: number) => void;

  /** `now` tells the time in ms; `later` runs something after so many of them. */
  constructor(
    now: () => number = () => performance.now(),
    later: (run: () => void, ms: number) => void = (run, ms) => setTimeout(run, ms),
  ) {
    this.#now = now;
    this.#later = later;
  }

  /** Does `work` for `who` when it is its turn. Resolves and rejects as the work does. */
  async take<T>(who: string, work: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(who) ?? { running: 0, waiting: [] };
    this.#lanes.set(who, lane);
    if (lane.running >= atOnce.usual || lane.waiting.length > 0)
      await new Promise<void>((resolve) => {
        lane.waiting.push(resolve);
      });
    else lane.running++;
    const began = this.#now();
    try {
      return await work();
    } finally {
      const leave = (): void => {
        this.#leave(who, lane);
      };
      if (lane.waiting.length > flood) this.#later(leave, Math.min(pause.most, (this.#now() - began) * pause.times));
      else leave();
    }
  }

  /** A place is free. */
  #leave(who: string, lane: Lane): void {
    lane.running--;
    const most = lane.waiting.length > flood ? atOnce.flood : atOnce.usual;
    while (lane.running < most && lane.waiting.length > 0) {
      lane.running++;
      lane.waiting.shift()?.();
    }
    if (lane.running === 0) this.#lanes.delete(who);
  }
}
