// How often somebody was told no without a yes in between, and how long they may not ask after that. Pure; muted.ts keeps it.

/** Noes count for this long, in ms. */
export const memory = 10 * 60_000;
/** This many in a row mute. */
export const enough = 3;
/** How long: the first time, the second, and ever after. In ms. */
export const terms: readonly number[] = [10 * 60_000, 60 * 60_000, 24 * 60 * 60_000];
/** Whoever was quiet for this long after the end of it begins anew, in ms. */
const forgiven = 24 * 60 * 60_000;

/** What weighs how much: a question that the asker takes back once it is on the screen is half a no, or questions could flash for ever. */
export const weights = { no: 1, withdrawn: 0.5 } as const;

export interface Streak {
  /** The noes that count, in ms since 1970. */
  noes: { at: number; weight: number }[];
  /** How often it has been muted. */
  times: number;
  /** Muted until then, in ms since 1970; 0: not yet. */
  until: number;
}

export const begin: Streak = { noes: [], times: 0, until: 0 };

/** How long it would be muted the next time. */
function term(times: number): number {
  return terms[Math.min(times, terms.length - 1)] ?? 0;
}

const counting = ({ noes }: Streak, now: number): Streak["noes"] => noes.filter(({ at }) => now - at < memory);
const sum = (noes: Streak["noes"]): number => noes.reduce((total, { weight }) => total + weight, 0);

/**
 * The same as the clock is now. It may have been ahead: what is still to come is no longer than the term that it was muted for, and a no was
 * not later than now.
 */
export function asOf(streak: Streak, now: number): Streak {
  const until = streak.times === 0 ? 0 : Math.min(streak.until, now + term(streak.times - 1));
  if (until === streak.until && streak.noes.every(({ at }) => at <= now)) return streak;
  return { ...streak, until, noes: streak.noes.map(({ at, weight }) => ({ at: Math.min(at, now), weight })) };
}

/** After another no. */
export function afterNo(streak: Streak, now: number, weight: number): Streak {
  const noes = [...counting(streak, now), { at: now, weight }];
  if (sum(noes) < enough) return { ...streak, noes };
  return { noes: [], times: streak.times + 1, until: now + term(streak.times) };
}

/** How long another no would mute, in ms; undefined: it would not. */
export function threat(streak: Streak, now: number): number | undefined {
  return sum(counting(streak, now)) + weights.no < enough ? undefined : term(streak.times);
}

/** Reports whether nothing of it counts any more. */
export function isOver(streak: Streak, now: number): boolean {
  return counting(streak, now).length === 0 && now > streak.until + (streak.times > 0 ? forgiven : 0);
}
