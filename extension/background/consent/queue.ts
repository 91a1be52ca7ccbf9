// Who is asked when: the queue of questions. Pure.
//
// Of one site, and of one tab, one question is on the screen at a time, and a few of all; so neither frames nor subdomains of one owner can
// put up several. The rest wait, and who waits for a turn the longest gets it: a site that asks much does not keep others waiting.

/** At most so many of one site, of one tab; and on the screen, of all. Those on the screen count. */
export const limits = { site: 5, tab: 8, screen: 3 } as const;

export interface Queued {
  /** The site that asks, in private windows or in a container. */
  readonly site: string;
  readonly tab: number;
  /** How many askers wait for this one answer. */
  readonly askers: number;
}

export class QuestionQueue<T extends Queued> {
  readonly #all: T[] = [];
  readonly #shown = new Set<T>();
  /** When a site that still has something in the queue was last shown, as a count. */
  readonly #turns = new Map<string, number>();
  #turn = 0;

  /** In the order of arrival. */
  get all(): readonly T[] {
    return this.#all;
  }

  /** Reports whether another asker of this site and tab may wait. */
  hasRoom(site: string, tab: number): boolean {
    const count = (some: readonly T[]): number => some.reduce((sum, { askers }) => sum + askers, 0);
    return (
      count(this.#all.filter((one) => one.site === site)) < limits.site &&
      count(this.#all.filter((one) => one.tab === tab)) < limits.tab
    );
  }

  join(one: T): void {
    this.#all.push(one);
  }

  leave(one: T): void {
    const index = this.#all.indexOf(one);
    if (index < 0) return;
    this.#all.splice(index, 1);
    this.#shown.delete(one);
    if (!this.#all.some(({ site }) => site === one.site)) this.#turns.delete(one.site);
  }

  /** Takes the one whose turn it is, if it is anybody's. */
  next(): T | undefined {
    //rule:few-prompts-on-screen
    if (this.#shown.size >= limits.screen) return undefined;
    const busy = [...this.#shown];
    const free = this.#all.filter(
      (one) =>
        !this.#shown.has(one) &&
        !busy.some(
          ({ site, tab }) =>
            /*rule:one-prompt-per-site*/ site === one.site || /*rule:one-prompt-per-tab*/ tab === one.tab,
        ),
    );
    const last = ({ site }: T): number => this.#turns.get(site) ?? 0;
    const first = free.reduce<T | undefined>(
      (best, one) => (best === undefined || last(one) < last(best) ? one : best),
      undefined,
    );
    return first && this.show(first);
  }

  /** It is this one's turn from now on. */
  show(one: T): T {
    this.#shown.add(one);
    //rule:longest-waiting-site-goes-first
    this.#turns.set(one.site, ++this.#turn);
    return one;
  }

  /** Reports whether it is this one's turn. */
  isShown(one: T): boolean {
    return this.#shown.has(one);
  }

  /** The oldest of a tab. */
  oldestOf(tab: number): T | undefined {
    return this.#all.find((one) => one.tab === tab);
  }

  /** The oldest on the screen of this site or tab: others of theirs wait for that. */
  shownOf(site: string, tab: number): T | undefined {
    return this.#all.find((one) => this.#shown.has(one) && (one.site === site || one.tab === tab));
  }

  /** The oldest on the screen that those of this site and tab are, or wait for; undefined where they have none. */
  inWayOf(site: string, tab: number): T | undefined {
    if (!this.#all.some((one) => one.site === site || one.tab === tab)) return undefined;
    return this.shownOf(site, tab) ?? this.#all.find((one) => this.#shown.has(one));
  }

  /** Those of a site that still wait. */
  waiting(site: string): T[] {
    return this.#all.filter((one) => one.site === site && !this.#shown.has(one));
  }
}
