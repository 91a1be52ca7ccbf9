// Feeds a target: first its corpus, then inputs that are made up from the words of its language, and changes of the corpus.

import { address } from "./address.fuzz.ts";
import { allow, header } from "./allowlist.fuzz.ts";
import { csp } from "./csp.fuzz.ts";
import { lane } from "./lane.fuzz.ts";
import { named } from "./named_hosts.fuzz.ts";
import { Random } from "./random.ts";
import { maxTime } from "./target.ts";
import type { Target } from "./target.ts";

export const targets: readonly Target[] = [address, header, allow, csp, lane, named];

/** Longer than any header or attribute that gets through to us. */
const maxLength = 262_144;

function attempt(target: Target, input: string, random: Random, seed: number): void {
  const start = performance.now();
  try {
    target.check(input, random);
    const took = performance.now() - start;
    if (took > maxTime) throw new Error(`took ${took.toFixed(0)} ms`);
  } catch (error) {
    console.error(`${target.name}: failed with --seed ${seed.toString()} on ${JSON.stringify(input)}`);
    throw error;
  }
}

/** Runs one target: its corpus, then random inputs for `seconds`. Returns the number of inputs; throws on the first that fails. */
export function fuzz(target: Target, seed: number, seconds: number): number {
  const random = new Random(seed);
  for (const input of target.corpus) attempt(target, input, random, seed);
  let runs = target.corpus.length;
  for (const end = performance.now() + seconds * 1_000; performance.now() < end; runs++) {
    const input =
      random.next() < 0.5 ? random.text(target.words) : random.mutate(random.pick(target.corpus), target.words);
    attempt(target, input, random, seed);
    // Now and then a very long one: time must not grow with more than length.
    if (runs % 5_000 === 0) {
      const [piece, last] = [random.text(target.words, 4) || " ", random.text(target.words, 4)];
      attempt(target, piece.repeat(maxLength / piece.length) + last, random, seed);
      attempt(target, random.text(target.words, 4) + " ".repeat(maxLength) + last, random, seed);
    }
  }
  return runs;
}
