// `make mutants`: takes each rule of docs/SECURITY.md out, one at a time, in a copy of the project, and shows which test goes red.
//
// A rule that can be taken out without a red test is a rule that nobody guards: then this fails. `make mutants ONLY=words` runs those
// whose row, id or description holds the words; `ONLY="row 6"` those of one row; `ONLY=a,b` those with either.
//
// Three lanes run beside each other, each in a copy of its own: tests in the browser, which mostly wait, those of Go, which mostly compile, and
// TypeScript's.
import { Lane, place } from "./lane.ts";
import type { Mutant, Proof } from "./mutant.ts";
import { mutants } from "./table.ts";

/** A rule in one line. */
const describe = ({ row, id, rule }: Mutant): string => `row ${row}: ${id}: ${rule}`;
const only = (process.env["ONLY"] ?? "").toLowerCase().split(",");
const chosen = mutants.filter((mutant) => only.some((words) => describe(mutant).toLowerCase().includes(words)));
if (chosen.length === 0) throw new Error(`no rule holds the words ${only.join()}`);
const began = performance.now();
const since = (): string => `${((performance.now() - began) / 60_000).toFixed(1)} min`;
const wrong: string[] = [];
let done = 0;

/** The tests that some mutants name, by package or file. */
function tests(some: readonly Mutant[]): { where: Proof; names: string[] }[] {
  const places = new Map<string, { where: Proof; names: string[] }>();
  for (const { proof } of some) {
    const known = places.get(place(proof)) ?? { where: proof, names: [] };
    places.set(place(proof), known);
    if (!known.names.includes(proof.name)) known.names.push(proof.name);
  }
  return [...places.values()];
}

/** Takes a rule out. Returns what came of it, and the files that it was taken out of. */
async function takeOut(lane: Lane, mutant: Mutant): Promise<({ red: string } | { fault: string }) & { from: string }> {
  let from = "nowhere";
  try {
    const files = lane.filesWithout(mutant);
    from = [...files.keys()].join(" and ");
    return { ...(await lane.check(mutant, files)), from };
  } catch (error) {
    return { fault: (error as Error).message, from };
  }
}

async function run(name: string, some: readonly Mutant[]): Promise<void> {
  if (some.length === 0) return;
  const lane = new Lane(name);
  const useless = new Set<string>();
  for (const { where, names } of tests(some)) {
    for (const [test, fault] of await lane.sound(where, names)) {
      console.log(`   NOT SOUND: ${place(where)}: ${test}: ${fault}`);
      wrong.push(`${place(where)}: ${test}: ${fault}`);
      useless.add(`${place(where)}: ${test}`);
    }
  }
  console.log(`   ${name}: ${useless.size === 0 ? "all of them are" : "the others are"} green (${since()})`);
  for (const mutant of some) {
    done++;
    if (useless.has(`${place(mutant.proof)}: ${mutant.proof.name}`)) continue;
    const { from, ...result } = await takeOut(lane, mutant);
    const verdict = "red" in result ? `red: ${place(mutant.proof)}: ${result.red}` : `NOT PROVED: ${result.fault}`;
    console.log(
      `\n[${done.toString()}/${chosen.length.toString()}, ${since()}] ${describe(mutant)}\n   taken out of ${from}\n   ${verdict}`,
    );
    if ("fault" in result) wrong.push(`${describe(mutant)}: ${result.fault.split("\n")[0] ?? ""}`);
  }
  lane.remove();
}

console.log(
  `${chosen.length.toString()} rules will be taken out, one at a time, of copies in build/mutants.\n` +
    `First the tests that prove them, with every rule in place`,
);
await Promise.all(
  (["e2e", "go", "unit"] as const).map((kind) =>
    run(
      kind,
      chosen.filter(({ proof }) => kind in proof),
    ),
  ),
);
if (wrong.length > 0) {
  console.error(`\nerror: not proved, of ${chosen.length.toString()} rules (${since()}):\n  ${wrong.join("\n  ")}`);
  process.exit(1);
}
console.log(`\nEvery rule that was taken out turned a test red: ${chosen.length.toString()}, in ${since()}`);
