// What must not be left behind: processes and folders. A Life (life.ts) tidies up in good order; this is the net under
// it, for a test run that ends in any other way: by a signal, by an exception nobody caught, by process.exit().
import { rmSync } from "node:fs";
import { identify, isAlive, descendantsOf, pidsWithEnvironment, type Identity } from "./proc.ts";
import { randomUUID } from "node:crypto";

// Everything that is started carries a mark in its environment, NAME=RUN/NUMBER/, and so do its children: by it they are
// found again when their parent is gone and they hang on process 1.
const markName = "PORTSIDE_TEST_PROCESS";
const run = randomUUID();
let count = 0;

/** A mark for the environment of one program. */
export function newMark(): Record<string, string> {
  count++;
  return { [markName]: `${run}/${String(count)}/` };
}

const processes = new Map<number, Identity>();
const folders = new Set<string>();

export function rememberProcess(pid: number): void {
  const identity = identify(pid);
  if (identity !== undefined) processes.set(pid, identity);
}

export function forgetProcess(pid: number): void {
  processes.delete(pid);
}

export function rememberFolder(path: string): void {
  folders.add(path);
}

export function removeFolder(path: string): void {
  // A process killed a moment ago may still have been writing: then the folder fills again while it is emptied.
  rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  folders.delete(path);
}

/** The process and all that came of it: what hangs below it in the tree, and what carries its mark. */
export function familyOf(pid: number, mark: Readonly<Record<string, string>>): Identity[] {
  const marked = pidsWithEnvironment(`${markName}=${mark[markName] ?? "?"}`);
  return [...new Set([pid, ...descendantsOf(pid), ...marked])].map(identify).filter((found) => found !== undefined);
}

/** Every living process that this run has started, directly or not. Empty at a good end. */
export function survivors(): Identity[] {
  const known = [...processes.values()].filter(isAlive).flatMap(({ pid }) => [pid, ...descendantsOf(pid)]);
  const marked = pidsWithEnvironment(`${markName}=${run}/`).filter((pid) => pid !== process.pid);
  return [...new Set([...known, ...marked])]
    .map(identify)
    .filter((found) => found !== undefined)
    .filter(isAlive);
}

/** The folders of this run that are still there. Empty at a good end. */
export function leftFolders(): string[] {
  return [...folders];
}

export function kill(identity: Identity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Ends everything at once and waits, blocking, until it is gone: there is no event loop any more at exit. */
function clear(): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let round = 0; round < 40; round++) {
    const left = survivors();
    if (left.length === 0) break;
    for (const identity of left) kill(identity, "SIGKILL");
    Atomics.wait(pause, 0, 0, 50);
  }
  for (const folder of leftFolders()) {
    try {
      removeFolder(folder);
    } catch (error) {
      console.error(`${folder} stays: ${String(error)}`);
    }
  }
}

process.on("exit", clear);
for (const [signal, number] of [
  ["SIGINT", 2],
  ["SIGTERM", 15],
  ["SIGHUP", 1],
] as const) {
  process.on(signal, () => process.exit(128 + number));
}
