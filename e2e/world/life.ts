// A Life owns what a test starts: processes, servers, folders, logs. When it ends, they end, last come first gone, and
// when its test failed their logs are printed and kept. Everything in this folder that starts something takes a Life first.
import { chmodSync, chownSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, type TestContext } from "node:test";
import { artifactsFolder } from "./places.ts";
import { rememberFolder, removeFolder } from "./remains.ts";
import { within } from "./wait.ts";

/** The account that servers run under when the tests run as root: `nobody` of every Debian system. */
const nobody = 65534;

export const isRoot = process.getuid?.() === 0;

export class Life {
  readonly name: string;
  readonly #endings: { what: string; end: () => void | Promise<void> }[] = [];
  readonly #logs: { what: string; read: () => string }[] = [];
  readonly #witnesses: ((folder: string) => Promise<void>)[] = [];
  #end: Promise<void> | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Runs `end` when this life ends, before everything that was asked for earlier. */
  onEnd(what: string, end: () => void | Promise<void>): void {
    if (this.#end !== undefined) throw new Error(`${what} was started after the end of "${this.name}"`);
    this.#endings.push({ what, end });
  }

  /** A log to be printed and kept when the test fails. */
  keepLog(what: string, read: () => string): void {
    this.#logs.push({ what, read });
  }

  /** Runs when the test has failed, while everything is still up; what it writes into `folder` is kept. */
  onFailure(witness: (folder: string) => Promise<void>): void {
    this.#witnesses.push(witness);
  }

  /** A new empty folder, removed at the end. `forServer`: one that an unprivileged program may write to. */
  folder(what: string, { forServer = false } = {}): string {
    const path = mkdtempSync(join(tmpdir(), `portside-e2e-${what}-`));
    rememberFolder(path);
    if (forServer) {
      handOver(path);
      chmodSync(path, 0o755);
    }
    this.onEnd(`folder ${path}`, () => {
      removeFolder(path);
    });
    return path;
  }

  /** What the processes and pages of this life have said so far. */
  logs(): string {
    return this.#logs
      .map(({ what, read }) => ({ what, text: read().trimEnd() }))
      .filter(({ text }) => text !== "")
      .map(({ what, text }) => `----- ${what}\n${text.slice(-20_000)}\n`)
      .join("");
  }

  /** Ends everything. A second call waits for the end of the first. */
  end(): Promise<void> {
    this.#end ??= this.#finish();
    return this.#end;
  }

  async #finish(): Promise<void> {
    const errors: unknown[] = [];
    for (const { what, end } of this.#endings.reverse()) {
      try {
        await within(`the end of ${what}`, Promise.resolve(end()), 20_000);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, `tidying up failed: ${errors.map(String).join("; ")}`);
  }

  /** Prints the logs of everything here, and keeps them and the pictures of all pages in e2e/artifacts. */
  async bearWitness(name: string): Promise<void> {
    const folder = join(artifactsFolder, name.replaceAll(/[^\w.-]+/g, "-").slice(0, 100));
    mkdirSync(folder, { recursive: true });
    for (const witness of this.#witnesses) {
      try {
        await within("a witness of the failure", witness(folder), 5_000);
      } catch (error) {
        console.error(`no witness: ${String(error)}`);
      }
    }
    const logs = this.logs();
    writeFileSync(join(folder, "log.txt"), logs);
    console.error(logs);
  }
}

/** Node 20.12 and newer tell a test's error in the hooks after it; the types of Node 20 do not know it yet. */
function hasFailed(test: unknown): boolean {
  const { error } = test as { error?: unknown };
  return error !== undefined && error !== null;
}

/** The life of one test: ends when the test ends, and tells what it knows if the test failed. */
export function lifeOf(test: TestContext): Life {
  const life = new Life(test.name);
  test.after(async () => {
    if (hasFailed(test)) await life.bearWitness(test.name);
    await life.end();
  });
  return life;
}

/**
 * The life of all tests of a suite: to be called once inside `describe`, or at the top of a file. It ends after the last
 * of them, and tells what it knows after each test that failed.
 */
export function lifeOfSuite(name: string): Life {
  const life = new Life(name);
  afterEach(async (test) => {
    if (hasFailed(test)) await life.bearWitness(test.name);
  });
  after(() => life.end());
  return life;
}

/** The options of setpriv(1) that take root's powers from a program. */
export function withoutPrivileges(): string[] {
  return isRoot ? ["--reuid", String(nobody), "--regid", String(nobody), "--clear-groups"] : [];
}

/** Makes a file or folder belong to the account that unprivileged servers run under. */
export function handOver(path: string): void {
  if (isRoot) chownSync(path, nobody, nobody);
}
