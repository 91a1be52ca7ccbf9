// What processes have used: processor time and memory, from /proc. A process that is gone has used nothing.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { descendantsOf, memoryOf } from "../e2e/world/proc.ts";

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Clock ticks a second, the unit of /proc/PID/stat. */
const ticks = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** Processor time of one process in seconds, user and system, with that of its children that have ended. Counted in steps of 10 ms. */
function cpuOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return 0;
  // proc(5): fields 14 to 17; the second is in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const used = [11, 12, 13, 14].map((i) => Number(fields[i] ?? 0));
  return used.reduce((a, b) => a + b, 0) / ticks;
}

/** Processor time of processes together, in seconds. */
export function cpu(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
}

/** Bytes that processes have written so far, to whatever; undefined where the system does not tell. */
export function written(pids: readonly number[]): number | undefined {
  const counts = pids.map((pid) => /^wchar: (\d+)$/m.exec(read(`/proc/${pid}/io`) ?? "")?.[1]);
  if (counts.length === 0 || counts.includes(undefined)) return undefined;
  return counts.reduce((sum, count) => sum + Number(count), 0);
}

/** What the whole machine and what this process with all that it started have used so far, in seconds of processor time. */
export interface Used {
  at: number;
  all: number;
  ours: number;
}

export function usedSoFar(): Used {
  // proc(5), /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal. Steal is what other machines on the same computer took.
  const line = read("/proc/stat")?.split("\n")[0]?.trim().split(/\s+/).slice(1).map(Number) ?? [];
  const busy = [0, 1, 2, 5, 6, 7].reduce((sum, i) => sum + (line[i] ?? 0), 0);
  return { at: performance.now() / 1000, all: busy / ticks, ours: cpu([process.pid, ...descendantsOf(process.pid)]) };
}

/** The share of the machine's processors that others used between two moments, 0 to 1. */
export function othersShare(from: Used, to: Used, cores: number): number {
  const others = to.all - from.all - (to.ours - from.ours);
  return Math.max(0, others) / ((to.at - from.at) * cores);
}

/** Memory of processes together, in bytes: their proportional share (PSS), or what is resident (RSS) where the system tells no more. */
export function memory(pids: readonly number[]): { bytes: number; kind: "PSS" | "RSS" } {
  const shares = pids.map((pid) => /^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? "")?.[1]);
  if (shares.every((share) => share !== undefined))
    return { bytes: shares.reduce((sum, share) => sum + Number(share) * 1024, 0), kind: "PSS" };
  return { bytes: pids.reduce((sum, pid) => sum + (memoryOf(pid)?.resident ?? 0), 0), kind: "RSS" };
}
