// What a fuzz target is: a decoder of what pages and servers send, with what must hold for every input.

import type { Random } from "./random.ts";

export interface Target {
  name: string;
  /** Inputs to begin with, and those that once failed: run first, every time. */
  corpus: readonly string[];
  /** Pieces of the input's language. */
  words: readonly string[];
  /** Throws when something does not hold for `input`. Other random values that it needs come from `random`. */
  check(input: string, random: Random): void;
}

/** The longest time that one input may take, in ms: far more than any takes, though a quarter of a megabyte is parsed several times, and far less than a hang. */
export const maxTime = 3_000;
