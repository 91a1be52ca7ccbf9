// What was measured on, and with which versions.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, cpus, release, totalmem, type } from "node:os";
import { contentShell } from "../e2e/world/chromium/content-shell.ts";
import { wispServer } from "./places.ts";
import { chromiumProgram } from "../e2e/world/places.ts";

export interface Machine {
  processor: string;
  cores: number;
  memoryGiB: number;
  system: string;
  /** Program to version. */
  versions: Record<string, string>;
}

/** The first line of what a program says, or "unknown". */
function said(program: string, ...args: string[]): string {
  try {
    return (
      execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 10_000 })
        .split("\n")[0]
        ?.trim() ?? "unknown"
    );
  } catch {
    return "unknown";
  }
}

const packageVersion = (name: string): string => said("dpkg-query", "-W", "-f=${Version}", name);

export function machine(): Machine {
  const root = new URL("..", import.meta.url);
  const wisp = JSON.parse(readFileSync(new URL("../../package.json", `file://${wispServer}`), "utf8")) as {
    version: string;
  };
  return {
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    versions: {
      Portside: said("git", "-C", root.pathname, "describe", "--always", "--dirty"),
      Chromium: packageVersion("chromium") === "unknown" ? chromiumProgram : packageVersion("chromium"),
      Firefox: packageVersion("firefox-esr"),
      "content shell": packageVersion("chromium-shell") === "unknown" ? contentShell : packageVersion("chromium-shell"),
      websockify: packageVersion("websockify"),
      numpy: packageVersion("python3-numpy"),
      "wisp-js": wisp.version,
      Go: said("go", "env", "GOVERSION"),
      Node: process.version,
    },
  };
}
