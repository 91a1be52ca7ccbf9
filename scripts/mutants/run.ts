// `make mutants`: takes each rule of docs/SECURITY.md out, one at a time, in a copy of the project, and shows which test goes red.
//
// A rule that can be taken out without a red test is a rule that nobody guards: then this fails. `make mutants ONLY=words` runs those
// whose row or description holds the words; `ONLY="row 6"` those of one row.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { literally, type Mutant, type Proof } from "./mutant.ts";
import { mutants } from "./table.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const copy = join(root, "build", "mutants");
/** How long one command may take, in ms: a mutant may also make a test hang, which is as good as red. */
const patience = 150_000;
/** What is left of a command that was told to end is killed after this time, in ms. Tests in the browser tidy up meanwhile. */
const grace = 15_000;

interface Outcome {
  ok: boolean;
  output: string;
  ended: boolean;
}

/** Runs a command in the copy, in a process group of its own: nothing that it starts outlives it. */
function run(command: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: copy,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, CGO_ENABLED: "0" },
    });
    const group = -(child.pid ?? 0);
    const tell = (signal: NodeJS.Signals): void => {
      try {
        if (group !== 0) process.kill(group, signal);
      } catch {
        // Nobody is left.
      }
    };
    running = tell;
    let output = "";
    let ended = true;
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    let last: ReturnType<typeof setTimeout> | undefined;
    const timer = setTimeout(() => {
      ended = false;
      tell("SIGTERM");
      last = setTimeout(() => {
        tell("SIGKILL");
        // A grandchild in a group of its own might still hold the pipes.
        child.stdout.destroy();
        child.stderr.destroy();
      }, grace);
    }, patience);
    const done = (ok: boolean): void => {
      clearTimeout(timer);
      clearTimeout(last);
      running = undefined;
      resolve({ ok, output, ended });
    };
    child.on("error", (error) => {
      output += String(error);
      done(false);
    });
    child.on("close", (code) => {
      done(code === 0);
    });
  });
}

let running: ((signal: NodeJS.Signals) => void) | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    running?.("SIGTERM");
    process.exit(1);
  });

/** The parts of the build that hold something else than what the unchanged copy makes; tests in the browser build them first. */
let stale = new Set(["build-host", "build-extension"]);

function partOf(file: string): string | undefined {
  if (/\.(?:go|mod|sum)$/.test(file)) return "build-host";
  return /^(?:extension|protocol|manifest|scripts)\//.test(file) ? "build-extension" : undefined;
}

async function build(): Promise<Outcome> {
  const parts = [...stale].sort();
  stale = new Set();
  return parts.length === 0 ? { ok: true, output: "", ended: true } : await run("make", parts);
}

/** Runs the named tests of one package or file. */
function test(where: Proof, names: readonly string[]): Promise<Outcome> {
  if ("go" in where) {
    const only = `^(${names.join("|")})$`;
    return run("go", ["test", "-v", "-vet=off", "-count=1", "-timeout=100s", "-run", only, `./${where.go}`]);
  }
  const file = "unit" in where ? where.unit : where.e2e;
  const only = names.map((name) => `--test-name-pattern=${literally(name)}`);
  return run("node", ["--import", "tsx", "--test", "--test-reporter=tap", ...only, file]);
}

/** The first test that failed, in the words of its runner. */
function red({ output, ended }: Outcome): string {
  const go = [...output.matchAll(/^ *--- FAIL: (\S+)/gm)].map(([, name]) => name);
  const deepest = go.find((name) => name?.includes("/")) ?? go[0];
  const node = [...output.matchAll(/^( *)not ok \d+ - (.+)$/gm)].sort(
    (a, b) => (b[1]?.length ?? 0) - (a[1]?.length ?? 0),
  )[0]?.[2];
  return deepest ?? node ?? (ended ? "(it ended without a word)" : `(it did not end within ${patience / 1000} s)`);
}

const place = (proof: Proof): string => ("go" in proof ? proof.go : "unit" in proof ? proof.unit : proof.e2e);

function makeCopy(): void {
  rmSync(copy, { recursive: true, force: true });
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" });
  for (const file of files.split("\n")) {
    if (file === "" || !existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  const modules = join(copy, "node_modules");
  if (!existsSync(modules)) symlinkSync(join(root, "node_modules"), modules);
}

/** Makes the changes of a mutant, and returns what puts the files back. */
function change(mutant: Mutant): () => void {
  const before = new Map<string, string>();
  const after = new Map<string, string>();
  for (const { file, find, replace } of mutant.edits) {
    const text = after.get(file) ?? readFileSync(join(copy, file), "utf8");
    if (!before.has(file)) before.set(file, text);
    const times = text.split(find).length - 1;
    if (times !== 1) throw new Error(`its text is in ${file} ${times.toString()} times, not once: mend the table`);
    after.set(
      file,
      text.replace(find, () => replace),
    );
  }
  for (const [file, text] of after) writeFileSync(join(copy, file), text);
  return () => {
    for (const [file, text] of before) writeFileSync(join(copy, file), text);
  };
}

/** Takes a rule out. Returns why it is not proved, or undefined when a test went red. */
async function check(mutant: Mutant): Promise<string | undefined> {
  const parts = new Set(mutant.edits.flatMap(({ file }) => partOf(file) ?? []));
  const restore = change(mutant);
  try {
    if ("e2e" in mutant.proof) {
      for (const part of parts) stale.add(part);
      const built = await build();
      stale = parts;
      if (!built.ok) return `it does not build:\n${built.output.slice(-2_000)}`;
    }
    const tested = await test(mutant.proof, [mutant.proof.name]);
    if (tested.ok) return `survived ${place(mutant.proof)}: ${mutant.proof.name}`;
    if (/\[(?:build|setup) failed\]|^Error: Transform failed/m.test(tested.output))
      return `it does not build:\n${tested.output.slice(-2_000)}`;
    console.log(`   red: ${red(tested)}`);
    return undefined;
  } finally {
    restore();
  }
}

/**
 * Runs every test that is named with every rule in place, each package or file once. Returns what is wrong; what is in `useless` proves
 * nothing.
 */
async function baseline(chosen: readonly Mutant[]): Promise<{ wrong: string[]; useless: Set<string> }> {
  const places = new Map<string, { where: Proof; names: Set<string> }>();
  for (const { proof } of chosen) {
    const { names } =
      places.get(place(proof)) ?? places.set(place(proof), { where: proof, names: new Set() }).get(place(proof)) ?? {};
    names?.add(proof.name);
  }
  console.log(`First the tests of ${places.size.toString()} packages and files, with every rule in place`);
  const built = await build();
  if (!built.ok) throw new Error(`the copy does not build:\n${built.output}`);
  const wrong: string[] = [];
  const useless = new Set<string>();
  for (const [name, { where, names }] of places) {
    let outcome = await test(where, [...names]);
    if (!outcome.ok) {
      console.log(`   ${name}: red with every rule in place (${red(outcome)}); once more`);
      outcome = await test(where, [...names]);
    }
    if (!outcome.ok) {
      wrong.push(`${name}: red with every rule in place: ${red(outcome)}`);
      useless.add(name);
    }
    // A name that fits nothing proves nothing.
    for (const one of names) {
      const found =
        "go" in where
          ? new RegExp(`^=== RUN +${one}$`, "m").test(outcome.output)
          : new RegExp(`^ *(?:# Subtest: |ok \\d+ - ).*${literally(one)}`, "m").test(outcome.output);
      if (!found) wrong.push(`${name}: no test called ${one}`);
    }
  }
  return { wrong, useless };
}

const only = (process.env["ONLY"] ?? "").toLowerCase();
const chosen = mutants.filter(({ row, rule }) => `row ${row}: ${rule}`.toLowerCase().includes(only));
if (chosen.length === 0) throw new Error(`no rule holds the words ${only}`);
const began = performance.now();
const since = (): string => `${((performance.now() - began) / 60_000).toFixed(1)} min`;
console.log(`Making a copy in build/mutants; ${chosen.length.toString()} rules will be taken out, one at a time`);
makeCopy();
const { wrong, useless } = await baseline(chosen);
for (const [index, mutant] of chosen.entries()) {
  if (useless.has(place(mutant.proof))) continue;
  console.log(
    `\n[${(index + 1).toString()}/${chosen.length.toString()}, ${since()}] row ${mutant.row}: ${mutant.rule}\n` +
      `   taken out of ${[...new Set(mutant.edits.map(({ file }) => file))].join(" and ")}`,
  );
  const fault = await check(mutant).catch((error: unknown) => (error as Error).message);
  if (fault !== undefined) {
    console.log(`   NOT PROVED: ${fault}`);
    wrong.push(`row ${mutant.row}: ${mutant.rule}: ${fault.split("\n")[0] ?? ""}`);
  }
}
rmSync(copy, { recursive: true, force: true });
if (wrong.length > 0) {
  console.error(`\nerror: not proved, of ${chosen.length.toString()} rules (${since()}):\n  ${wrong.join("\n  ")}`);
  process.exit(1);
}
console.log(`\nEvery rule that was taken out turned a test red: ${chosen.length.toString()}, in ${since()}`);
