// `make fuzz` and `make test-fuzz`: every fuzz target of Go, then those of TypeScript, for SECONDS each (the first argument; 10).
//
// Go's begin with the seeds in the code and the inputs under testdata/fuzz, which is where `go test` writes one that fails; it belongs into
// the repository. TypeScript's say in extension/fuzz what theirs is. `ONLY=words` runs the targets whose names hold the words.
import { execFileSync, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const seconds = Number(process.argv[2] ?? 10);
if (!(seconds > 0)) throw new RangeError("the first argument is a number of seconds");
const only = (process.env["ONLY"] ?? "").toLowerCase();
/** Two targets at a time, each with one worker: so many cores any machine has to spare, and one compiles while the other runs. */
const atOnce = 2;
/** What compiling, the seeds and an input that is being made smaller may take besides, in seconds. */
const grace = 150;
const env = { ...process.env, CGO_ENABLED: "0" };
const packages = ["./protocol/...", "./nativehost/...", "./install/...", "./manifest/..."];

interface Outcome {
  ok: boolean;
  output: string;
}

/** End what runs at this moment. */
const stops = new Set<() => void>();

/** Runs a command in a process group of its own, and ends all of it when it takes too long. */
function run(command: string, args: readonly string[], limit: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    const stop = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It is gone.
      }
    };
    stops.add(stop);
    const timer = setTimeout(() => {
      output += `\nit did not end within ${limit.toString()} s\n`;
      stop();
    }, limit * 1_000);
    child.on("close", (code) => {
      clearTimeout(timer);
      stops.delete(stop);
      resolve({ ok: code === 0, output });
    });
  });
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    for (const stop of stops) stop();
    process.exit(1);
  });

/** The fuzz targets of all packages. */
function targets(): { folder: string; name: string }[] {
  const list = execFileSync("go", ["test", "-list", "^Fuzz", ...packages], { cwd: root, env, encoding: "utf8" });
  const found: { folder: string; name: string }[] = [];
  let names: string[] = [];
  for (const line of list.split("\n")) {
    if (line.startsWith("Fuzz")) names.push(line);
    const folder = /^ok\s+(\S+)/.exec(line)?.[1];
    if (folder === undefined) continue;
    found.push(...names.map((name) => ({ folder, name })));
    names = [];
  }
  return found;
}

/**
 * Reports whether a run failed for no other reason than that its time was over. On a machine that is busy, `go test -fuzz` may report the end
 * of its own -fuzztime as a failure (go.dev/issue/75804, mended in Go 1.27): this message alone, and no input. Whatever fails with an input, or says anything
 * else, is a finding.
 */
function merelyOver(output: string): boolean {
  if (/Failing input written|testdata\/fuzz/.test(output)) return false;
  const said = /^--- FAIL: Fuzz.*\n([\s\S]*?)^FAIL$/m.exec(output)?.[1];
  return said?.trim() === "context deadline exceeded";
}

async function fuzz({ folder, name }: { folder: string; name: string }): Promise<boolean> {
  const args = [
    "test",
    "-run",
    "^$",
    "-fuzz",
    `^${name}$`,
    "-fuzztime",
    `${seconds.toString()}s`,
    "-parallel",
    "1",
    folder,
  ];
  let outcome = await run("go", args, seconds + grace);
  if (!outcome.ok && merelyOver(outcome.output)) {
    console.log(`    ${name}: its time was over, and go test took that for a failure; once more`);
    outcome = await run("go", args, seconds + grace);
  }
  const execs = [...outcome.output.matchAll(/execs: (\d+)/g)].at(-1)?.[1] ?? "0";
  const kept = [...outcome.output.matchAll(/new interesting: \d+ \(total: (\d+)\)/g)].at(-1)?.[1] ?? "0";
  const where = folder.replace(/^github\.com\/portside\/portside\//, "");
  console.log(`${outcome.ok ? "ok " : "RED"} ${where} ${name}: ${execs} inputs, ${kept} of them kept`);
  if (!outcome.ok) console.log(outcome.output.slice(-4_000));
  // A target that tried nothing has found nothing.
  return outcome.ok && execs !== "0";
}

/** The targets in TypeScript, one after the other. */
async function fuzzTypeScript(): Promise<boolean> {
  const { ok, output } = await run(
    process.execPath,
    ["--import", "tsx", "extension/fuzz/run.ts", "--seconds", seconds.toString()],
    10 * seconds + grace,
  );
  process.stdout.write(output);
  return ok;
}

const chosen = targets().filter(({ folder, name }) => `${folder} ${name}`.toLowerCase().includes(only));
console.log(`${chosen.length.toString()} targets in Go and those in TypeScript, ${seconds.toString()} s each`);
const red: string[] = [];
const work = [
  ...(only === "" ? [{ name: "extension/fuzz", run: fuzzTypeScript }] : []),
  ...chosen.map((target) => ({ name: target.name, run: () => fuzz(target) })),
].values();
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    for (const { name, run } of work) if (!(await run())) red.push(name);
  }),
);
if (red.length > 0) {
  console.error(`error: ${red.join(", ")}\nhint:  inputs that fail are under testdata/fuzz now; keep them`);
  process.exit(1);
}
