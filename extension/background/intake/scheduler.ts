// Work in turn: each of those who want something done has a little of it under way at a time, however much of it waits. So a queue of one of
// them is nobody else's. Who calls bounds how much waits.

/** Under way at a time, for each; and for those of whom more waits than any page needs, which is a flood. */
const atOnce = { usual: 4, flood: 1 } as const;
const flood = 8;

/** After each work of a flood there is a pause of so many times what it took, so that most of the time is others'; in ms at most. */
const pause = { times: /*rule:flood-work-has-pauses*/ 3, most: 100 } as const;

interface Queue {
  running: number;
  readonly waiting: (() => void)[];
}

export class Scheduler {
  readonly #queues = new Map<string, Queue>();
  readonly #now: () => number;
  readonly #later: (work: () => void, ms: number) => void;

  /** `now` tells the time in ms; `later` runs something after so many of them. */
  constructor(
    now: () => number = () => performance.now(),
    later: (work: () => void, ms: number) => void = (run, ms) => setTimeout(run, ms),
  ) {
    this.#now = now;
    this.#later = later;
  }

  /** Does `work` for `who` when it is its turn. Resolves and rejects as the work does. */
  async run<T>(who: string, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(/*rule:work-queues-per-site*/ who) ?? { running: 0, waiting: [] };
    this.#queues.set(/*rule:work-queues-per-site.2*/ who, queue);
    if (queue.running >= atOnce.usual || queue.waiting.length > 0)
      await new Promise<void>((resolve) => {
        queue.waiting.push(resolve);
      });
    else queue.running++;
    const began = this.#now();
    try {
      return await work();
    } finally {
      const leave = (): void => {
        this.#leave(who, queue);
      };
      if (queue.waiting.length > flood) this.#later(leave, Math.min(pause.most, (this.#now() - began) * pause.times));
      else leave();
    }
  }

  /** A place is free. */
  #leave(who: string, queue: Queue): void {
    queue.running--;
    //rule:flood-is-done-one-at-a-time
    const most = queue.waiting.length > flood ? atOnce.flood : atOnce.usual;
    while (queue.running < most && queue.waiting.length > 0) {
      queue.running++;
      queue.waiting.shift()?.();
    }
    if (queue.running === 0) this.#queues.delete(who);
  }
}
