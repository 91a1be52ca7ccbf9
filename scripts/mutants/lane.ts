// A copy of the project in which mutants are made, one after the other, and what runs there.

import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { literally, type Mutant, type Proof } from "./mutant.ts";
import { Project, projectFiles } from "./project.ts";
import { mutants } from "./table.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** How long one command may take, in ms: a mutant may also make a test hang, which is as good as red. */
const patience = 150_000;
/** What is left of a command that was told to end is killed after this time, in ms. Tests in the browser tidy up meanwhile. */
const grace = 15_000;

interface Outcome {
  ok: boolean;
  output: string;
  ended: boolean;
}

/** Where a test is: a Go package, or a file. */
export const place = (proof: Proof): string => ("go" in proof ? proof.go : "unit" in proof ? proof.unit : proof.e2e);

/** What runs at this moment; each is the leader of a process group. */
const running = new Set<number>();

function tell(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Nobody is left.
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    for (const group of running) tell(group, "SIGTERM");
    process.exit(1);
  });

/** The first test that failed, in the words of its runner. */
function red({ output, ended }: Outcome): string {
  const go = [...output.matchAll(/^ *--- FAIL: (\S+)/gm)].map(([, name]) => name);
  const deepest = go.find((name) => name?.includes("/")) ?? go[0] ?? /^panic: (.+)/m.exec(output)?.[1];
  const node = [...output.matchAll(/^( *)not ok \d+ - (.+)$/gm)].sort(
    (a, b) => (b[1]?.length ?? 0) - (a[1]?.length ?? 0),
  )[0]?.[2];
  return deepest ?? node ?? (ended ? "(it ended without a word)" : `(it did not end within ${patience / 1000} s)`);
}

/** The part of the build that a file belongs to. */
function partOf(file: string): string | undefined {
  if (/\.(?:go|mod|sum)$/.test(file)) return "build-host";
  return /^(?:extension|protocol|manifest|scripts)\//.test(file) ? "build-extension" : undefined;
}

export class Lane {
  readonly #copy: string;
  readonly #project: Project;
  /** The parts of the build that do not hold what the unchanged copy makes. Tests in the browser build them first, and nobody else. */
  #stale = new Set(["build-host", "build-extension"]);

  /** Makes a copy of the project, with what is not committed yet, in build/mutants/NAME. */
  constructor(name: string) {
    this.#copy = join(root, "build", "mutants", name);
    rmSync(this.#copy, { recursive: true, force: true });
    for (const file of projectFiles()) {
      mkdirSync(dirname(join(this.#copy, file)), { recursive: true });
      cpSync(join(root, file), join(this.#copy, file));
    }
    symlinkSync(join(root, "node_modules"), join(this.#copy, "node_modules"));
    this.#project = new Project(this.#copy, mutants);
  }

  remove(): void {
    rmSync(this.#copy, { recursive: true, force: true });
  }

  /** Runs a command in the copy, in a process group of its own: nothing that it starts outlives it. */
  #run(command: string, args: readonly string[]): Promise<Outcome> {
    return new Promise((resolve) => {
      const child = spawn(command, args, {
        cwd: this.#copy,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, CGO_ENABLED: "0" },
      });
      const group = child.pid;
      if (group !== undefined) running.add(group);
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
        if (group !== undefined) tell(group, "SIGTERM");
        last = setTimeout(() => {
          if (group !== undefined) tell(group, "SIGKILL");
          // A grandchild in a group of its own might still hold the pipes.
          child.stdout.destroy();
          child.stderr.destroy();
        }, grace);
      }, patience);
      const done = (ok: boolean): void => {
        clearTimeout(timer);
        clearTimeout(last);
        if (group !== undefined) running.delete(group);
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

  async #build(): Promise<Outcome> {
    const parts = [...this.#stale].sort();
    this.#stale = new Set();
    return parts.length === 0 ? { ok: true, output: "", ended: true } : await this.#run("make", parts);
  }

  /** Runs the named tests of one package or file. */
  #test(where: Proof, names: readonly string[]): Promise<Outcome> {
    if ("go" in where) {
      const only = `^(${names.join("|")})$`;
      const flags = ["-v", "-vet=off", "-count=1", "-timeout=40s", "-run", only];
      return this.#run("go", ["test", ...flags, `./${where.go}`]);
    }
    const only = names.map((name) => `--test-name-pattern=${literally(name)}`);
    return this.#run("node", ["--import", "tsx", "--test", "--test-reporter=tap", ...only, place(where)]);
  }

  /**
   * Runs the tests of one package or file with every rule in place; twice if need be, since the machine may be busy. Returns what is wrong with
   * each test that proves nothing.
   */
  async sound(where: Proof, names: readonly string[]): Promise<Map<string, string>> {
    if ("e2e" in where) {
      const built = await this.#build();
      if (!built.ok)
        return new Map(names.map((name) => [name, `the copy does not build:\n${built.output.slice(-2_000)}`]));
    }
    let outcome = await this.#test(where, names);
    if (!outcome.ok) {
      console.log(`   ${place(where)}: red with every rule in place (${red(outcome)}); once more`);
      outcome = await this.#test(where, names);
    }
    const { ok, output } = outcome;
    const wrong = new Map<string, string>();
    for (const name of names) {
      // A name that fits nothing proves nothing.
      const [ran, failed] =
        "go" in where
          ? [`^=== RUN +${name}$`, `^--- FAIL: ${name} `]
          : [`^ *(?:# Subtest: |ok \\d+ - ).*${literally(name)}`, `^ *not ok \\d+ - .*${literally(name)}`];
      if (!new RegExp(ran, "m").test(output)) wrong.set(name, "there is no such test");
      else if (!ok && new RegExp(failed, "m").test(output)) wrong.set(name, "red with every rule in place");
    }
    if (!ok && wrong.size === 0) for (const name of names) wrong.set(name, `its file is red: ${red(outcome)}`);
    return wrong;
  }

  /** The files that are different without a rule. Throws where its markers and the table do not fit each other. */
  filesWithout(mutant: Mutant): Map<string, string> {
    return this.#project.without(mutant);
  }

  /** Writes files over those of the copy, and returns what puts these back. */
  #write(files: ReadonlyMap<string, string>): () => void {
    const before = [...files.keys()].map(
      (file) => [join(this.#copy, file), readFileSync(join(this.#copy, file))] as const,
    );
    for (const [file, text] of files) writeFileSync(join(this.#copy, file), text);
    return () => {
      for (const [path, bytes] of before) writeFileSync(path, bytes);
    };
  }

  /** Runs the test of a rule with files that are without it. Returns the test that went red, or why the rule is not proved. */
  async check({ proof }: Mutant, files: ReadonlyMap<string, string>): Promise<{ red: string } | { fault: string }> {
    const parts = new Set([...files.keys()].flatMap((file) => partOf(file) ?? []));
    const restore = this.#write(files);
    try {
      if ("e2e" in proof) {
        for (const part of parts) this.#stale.add(part);
        const built = await this.#build();
        this.#stale = parts;
        if (!built.ok) return { fault: `it does not build:\n${built.output.slice(-2_000)}` };
      }
      const tested = await this.#test(proof, [proof.name]);
      if (tested.ok) return { fault: `survived ${place(proof)}: ${proof.name}` };
      if (/\[(?:build|setup) failed\]|Transform failed with/.test(tested.output))
        return { fault: `it does not build:\n${tested.output.slice(-2_000)}` };
      return { red: red(tested) };
    } finally {
      restore();
    }
  }
}
