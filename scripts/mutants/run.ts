// `make mutants`: takes each rule of docs/SECURITY.md out, one at a time, in a copy of the project, and shows which test goes red.
//
// A rule that can be taken out without a red test is a rule that nobody guards: then this fails. `make mutants ONLY=words` runs those
// whose description holds the words.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { mutants, type Mutant, type Proof } from "./table.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const copy = join(root, "build", "mutants");
/** How long one test may take, in ms: a mutant may also make it hang, which is as good as red. */
const patience = 180_000;

const run = (command: string, args: readonly string[]): { ok: boolean; output: string } => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: copy,
    encoding: "utf8",
    timeout: patience,
    killSignal: "SIGTERM",
    maxBuffer: 1 << 26,
    env: { ...process.env, CGO_ENABLED: "0" },
  });
  return { ok: status === 0, output: stdout + stderr };
};

const builds = (proof: Proof): { ok: boolean; output: string } => {
  if ("go" in proof) return run("go", ["vet", proof.go]);
  if ("unit" in proof) return { ok: true, output: "" };
  return run("make", ["build"]);
};

const tests = (proof: Proof): { ok: boolean; output: string } => {
  if ("go" in proof) return run("go", ["test", "-count=1", "-run", proof.run, proof.go]);
  const file = "unit" in proof ? proof.unit : proof.e2e;
  const only = proof.name === undefined ? [] : [`--test-name-pattern=${proof.name}`];
  return run("node", ["--import", "tsx", "--test", "--test-reporter=tap", ...only, file]);
};

/** The first test that failed, in the words of its runner. */
function red(output: string): string {
  const go = /^ *--- FAIL: (\S+)/m.exec(output)?.[1];
  const node = [...output.matchAll(/^( *)not ok \d+ - (.+)$/gm)].sort(
    (a, b) => (b[1]?.length ?? 0) - (a[1]?.length ?? 0),
  )[0]?.[2];
  return go ?? node ?? "(it did not end)";
}

/** Reports whether any test ran at all: a pattern that fits nothing proves nothing. */
function ran(proof: Proof, output: string): boolean {
  return "go" in proof
    ? !output.includes("no tests to run")
    : !/^# tests 0$/m.test(output) && !/^# pass 0$/m.test(output);
}

const key = (proof: Proof): string => JSON.stringify(proof);

function makeCopy(): void {
  rmSync(copy, { recursive: true, force: true });
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" });
  for (const file of files.split("\n")) {
    if (file === "" || !existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
}

function check(mutant: Mutant): string | undefined {
  const path = join(copy, mutant.file);
  const text = readFileSync(path, "utf8");
  const times = text.split(mutant.find).length - 1;
  if (times !== 1) return `its text is in ${mutant.file} ${times.toString()} times, not once: mend the table`;
  writeFileSync(
    path,
    text.replace(mutant.find, () => mutant.replace),
  );
  try {
    for (const proof of mutant.proofs) {
      const built = builds(proof);
      if (!built.ok) return `it does not build:\n${built.output.slice(-2_000)}`;
      const tested = tests(proof);
      if (tested.ok) return `survived ${key(proof)}`;
      console.log(`   red: ${red(tested.output)}`);
    }
    return undefined;
  } finally {
    writeFileSync(path, text);
  }
}

const only = process.env["ONLY"]?.toLowerCase() ?? "";
const chosen = mutants.filter(({ row, rule }) => `${row} ${rule}`.toLowerCase().includes(only));
console.log(`Making a copy in build/mutants; ${chosen.length.toString()} rules will be taken out, one at a time`);
makeCopy();
const proofs = new Map(chosen.flatMap(({ proofs }) => proofs).map((proof) => [key(proof), proof]));
console.log(`First the ${proofs.size.toString()} tests with every rule in place`);
const wrong: string[] = [];
const build = run("make", ["build"]);
if (!build.ok) throw new Error(`the copy does not build:\n${build.output}`);
for (const [name, proof] of proofs) {
  const { ok, output } = tests(proof);
  if (!ok || !ran(proof, output))
    wrong.push(`${name}: ${ok ? "no test of this name" : "red with every rule in place"}`);
}
for (const mutant of wrong.length > 0 ? [] : chosen) {
  console.log(`\n${mutant.row}: ${mutant.rule}\n   taken out of ${mutant.file}`);
  const fault = check(mutant);
  if (fault !== undefined) {
    console.log(`   NOT PROVED: ${fault}`);
    wrong.push(`${mutant.row}: ${mutant.rule}: ${fault.split("\n")[0] ?? ""}`);
  }
}
rmSync(copy, { recursive: true, force: true });
if (wrong.length > 0) {
  console.error(
    `\nerror: ${wrong.length.toString()} of ${chosen.length.toString()} are not proved:\n  ${wrong.join("\n  ")}`,
  );
  process.exit(1);
}
console.log(
  `\nEvery rule that was taken out turned a test red: ${chosen.length.toString()} of ${chosen.length.toString()}`,
);
