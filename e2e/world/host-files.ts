// The host as tests see it from outside: its processes, and what it writes.
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { HostSpaceOptions } from "./host-space.ts";
import { hostProgram } from "./places.ts";
import { childrenOf, programOf } from "./proc.ts";

/** The host processes that a browser has started and that still run. */
export function hostsOf(browser: number): number[] {
  if (!existsSync(hostProgram)) return [];
  const program = realpathSync(hostProgram);
  const { dev, ino } = statSync(program);
  return childrenOf(browser).filter((pid) => {
    if (programOf(pid)?.replace(/ \(deleted\)$/, "") === program) return true;
    // One in a space of its own knows the program by another name.
    const running = statSync(`/proc/${pid.toString()}/exe`, { throwIfNoEntry: false });
    return running?.dev === dev && running.ino === ino;
  });
}

/** All files in a folder and below: name to text. */
export function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** With TEST_CARRIER=stdio every test plays where an administrator has switched the lane off, so that its bytes take the other carrier. */
export function onCarrier(host: HostSpaceOptions | undefined): HostSpaceOptions | undefined {
  if (process.env["TEST_CARRIER"] !== "stdio") return host;
  const policy = host?.policy ?? {};
  return { ...host, policy: typeof policy === "string" ? policy : { dataLane: "off", ...policy } };
}
