// Numbers made of many numbers.

/** The value below which `share` (0 to 1) of all lie: the nearest rank. NaN if there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? NaN;
}

/** The middle one, or the mean of the two in the middle. NaN if there are none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? NaN : (low + high) / 2;
}

/** One figure: the median of the rounds, and the spread between them. */
export interface Figure {
  median: number;
  min: number;
  max: number;
  /** How many rounds it is made of. */
  rounds: number;
}

/** Undefined if there is nothing to make it of. */
export function figureOf(values: readonly number[]): Figure | undefined {
  const real = values.filter(Number.isFinite);
  if (real.length === 0) return undefined;
  return { median: median(real), min: Math.min(...real), max: Math.max(...real), rounds: real.length };
}
