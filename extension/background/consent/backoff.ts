// How often somebody was told no without a yes in between, and how long they may not ask after that. Pure; cooldown.ts keeps it.

/** Noes count for this long, in ms. */
export const denialLifetime = 10 * 60_000;
/** After this many in a row nobody may ask for a while. */
export const threshold = 3;
/** How long: the first time, the second, and ever after. In ms. */
export const delays: readonly number[] = [10 * 60_000, 60 * 60_000, 24 * 60 * 60_000];
/** Whoever was quiet for this long after the end of it begins anew, in ms. */
const resetAfter = 24 * 60 * 60_000;

/** What weighs how much: a question that the asker takes back once it is on the screen is half a no, or questions could flash for ever. */
export const weights = { no: 1, withdrawn: 0.5 } as const;

export interface BackOff {
  /** The denials that count, in ms since 1970. */
  denials: { at: number; weight: number }[];
  /** How often that has happened. */
  times: number;
  /** No question before then, in ms since 1970; 0: not yet. */
  until: number;
}

/** Reports whether what was kept is one. */
export function isBackOff(value: unknown): value is BackOff {
  const { denials, times, until } = (value ?? {}) as Partial<Record<keyof BackOff, unknown>>;
  if (!Array.isArray(denials) || !Number.isSafeInteger(times) || !Number.isFinite(until)) return false;
  return denials.every((no: unknown) => {
    const { at, weight } = (no ?? {}) as { at?: unknown; weight?: unknown };
    return Number.isFinite(at) && Number.isFinite(weight);
  });
}

export const fresh: BackOff = { denials: [], times: 0, until: 0 };

/** How long it lasts after it has happened so often. */
function delayAfter(times: number): number {
  return delays[Math.min(times, delays.length - 1)] ?? 0;
}

const counting = ({ denials }: BackOff, now: number): BackOff["denials"] =>
  denials.filter(({ at }) => now - at < denialLifetime);
const sum = (denials: BackOff["denials"]): number => denials.reduce((total, { weight }) => total + weight, 0);

/**
 * The same as the clock is now. It may have been ahead: what is still to come is no longer than it was to last, and a no was not later than
 * now.
 */
export function asOf(backOff: BackOff, now: number): BackOff {
  const until =
    backOff.times === 0
      ? 0
      : /*rule:cooldown-survives-clock-change*/ Math.min(backOff.until, now + delayAfter(backOff.times - 1));
  if (until === backOff.until && backOff.denials.every(({ at }) => at <= now)) return backOff;
  return { ...backOff, until, denials: backOff.denials.map(({ at, weight }) => ({ at: Math.min(at, now), weight })) };
}

/** After another no. */
export function afterDenial(backOff: BackOff, now: number, weight: number): BackOff {
  const denials = [...counting(backOff, now), { at: now, weight }];
  if (sum(denials) < threshold) return { ...backOff, denials };
  return { denials: [], times: /*rule:cooldown-backs-off*/ backOff.times + 1, until: now + delayAfter(backOff.times) };
}

/** How long nobody may ask after another no, in ms; undefined: they may. */
export function nextDelay(backOff: BackOff, now: number): number | undefined {
  return sum(counting(backOff, now)) + weights.no < threshold ? undefined : delayAfter(backOff.times);
}

/** Reports whether nothing of it counts any more. */
export function isExpired(backOff: BackOff, now: number): boolean {
  return counting(backOff, now).length === 0 && now > backOff.until + (backOff.times > 0 ? resetAfter : 0);
}
