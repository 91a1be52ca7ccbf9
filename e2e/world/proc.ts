// What /proc says about processes: who is whose child, what they run, how much memory they hold. Linux only.
//
// Every function takes a process that may be gone at any moment and answers as if it had never been there.
import { readFileSync, readdirSync, readlinkSync } from "node:fs";

interface Stat {
  state: string;
  parent: number;
  /** Clock ticks after boot. With the pid it names a process for good: pids are used again, the pair is not. */
  started: string;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function stat(pid: number): Stat | undefined {
  const text = read(`/proc/${String(pid)}/stat`);
  if (text === undefined) return undefined;
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, parent, started] = [fields[0], fields[1], fields[19]];
  if (state === undefined || parent === undefined || started === undefined) return undefined;
  return { state, parent: Number(parent), started };
}

function allPids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** A process and the moment it began, so that a later process with the same pid is not taken for it. */
export interface Identity {
  pid: number;
  started: string;
}

export function identify(pid: number): Identity | undefined {
  const found = stat(pid);
  return found === undefined ? undefined : { pid, started: found.started };
}

/** Reports whether the process still runs. A zombie does not: it only waits for its parent to look. */
export function isAlive(who: Identity | number): boolean {
  const found = stat(typeof who === "number" ? who : who.pid);
  if (found === undefined || found.state === "Z" || found.state === "X") return false;
  return typeof who === "number" || who.started === found.started;
}

export function childrenOf(pid: number): number[] {
  return allPids().filter((candidate) => stat(candidate)?.parent === pid);
}

/** The process's children, their children and so on, without itself. */
export function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const candidate of allPids()) {
    const parent = stat(candidate)?.parent;
    if (parent === undefined) continue;
    children.set(parent, [...(children.get(parent) ?? []), candidate]);
  }
  const found: number[] = [];
  for (let next: number[] = [pid]; next.length > 0;) {
    next = next.flatMap((parent) => children.get(parent) ?? []);
    found.push(...next);
  }
  return found;
}

/** Processes that were started with a variable (`NAME=value`) beginning like this, wherever they hang in the tree now. */
export function pidsWithEnvironment(beginning: string): number[] {
  return allPids().filter((pid) => {
    const variables = read(`/proc/${String(pid)}/environ`)?.split("\0") ?? [];
    return variables.some((variable) => variable.startsWith(beginning));
  });
}

export function commandLine(pid: number): string[] {
  // Chromium's children write their command line over with blanks in place of NULs.
  const text = read(`/proc/${String(pid)}/cmdline`) ?? "";
  return text.split(/[\0 ]/).filter((argument) => argument !== "");
}

/** The absolute path of the program that the process runs. */
export function programOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${String(pid)}/exe`);
  } catch {
    return undefined;
  }
}

/** Resident memory in bytes: now, and the most there has been (VmRSS and VmHWM). */
export interface Memory {
  pid: number;
  resident: number;
  peak: number;
}

export function memoryOf(pid: number): Memory | undefined {
  const text = read(`/proc/${String(pid)}/status`);
  if (text === undefined) return undefined;
  const field = (name: string): number | undefined => {
    const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  };
  const [resident, peak] = [field("VmRSS"), field("VmHWM")];
  return resident === undefined || peak === undefined ? undefined : { pid, resident, peak };
}

/** How many pages of memory the process has got from the system so far (proc(5), minflt); 0 when it is gone. */
export function pagesGotBy(pid: number): number {
  const stat = read(`/proc/${String(pid)}/stat`) ?? "";
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[7] ?? 0);
}

/** The number of file descriptors that the process has open, sockets and pipes included. */
export function openDescriptors(pid: number): number {
  try {
    return readdirSync(`/proc/${String(pid)}/fd`).length;
  } catch {
    return 0;
  }
}
