// Runs the fuzz targets: node --import tsx extension/fuzz/run.ts [--seconds N] [--seed N] [--target NAME]
//
// Each target runs for N seconds (FUZZ_SECONDS, or 10), after its corpus. The seed is printed when something fails; with it the run repeats.
// An input that failed belongs into its target's corpus.

import { parseArgs } from "node:util";
import { fuzz, targets } from "./fuzz.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string" }, seed: { type: "string" }, target: { type: "string" } },
});
const seconds = Number(values.seconds ?? process.env["FUZZ_SECONDS"] ?? 10);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
if (!(seconds > 0) || !Number.isInteger(seed))
  throw new RangeError("--seconds takes a number above 0, --seed an integer");

const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) throw new RangeError(`no target ${values.target ?? ""}`);
for (const target of chosen)
  console.log(`${target.name}: ${fuzz(target, seed, seconds).toString()} inputs, seed ${seed.toString()}`);
