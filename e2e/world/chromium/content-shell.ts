// Chromium's content shell: there the browser's own Direct Sockets work on an ordinary origin and ask nobody.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { Connection } from "./cdp.ts";
import { Chromium } from "./chromium.ts";
import { isRoot, type Life } from "../life.ts";
import { start } from "../processes.ts";

/** The program itself: /usr/bin/chromium-shell is a script that stays in between. */
export const contentShell = "/usr/lib/chromium/chromium-shell";

export const hasContentShell = (): boolean => existsSync(contentShell);

/** Starts it with further switches. http://127.0.0.1, on any port, has the interfaces. `hosts` are rules of --host-resolver-rules. */
export async function startContentShell(
  life: Life,
  hosts: string,
  switches: readonly string[] = [],
): Promise<Chromium> {
  const home = life.folder("content-shell");
  const profile = join(home, "profile");
  const temporary = join(home, "tmp");
  for (const folder of [profile, temporary]) mkdirSync(folder);
  const running = await start(life, {
    name: "content shell",
    command: contentShell,
    args: [
      "--remote-debugging-pipe",
      "--ozone-platform=headless",
      "--disable-gpu",
      `--host-resolver-rules=${hosts}`,
      // Without a port: with one the interfaces are absent.
      "--isolated-context-origins=http://127.0.0.1",
      `--user-data-dir=${profile}`,
      ...(isRoot ? ["--no-sandbox"] : []),
      ...switches,
      "about:blank",
    ],
    env: { HOME: home, TMPDIR: temporary, LANG: "C.UTF-8" },
    extraPipes: 2,
    noise: /ERROR:dbus\//,
    // It knows no Browser.close.
    grace: 1_000,
  });
  const connection = new Connection(running.child.stdio[3] as Writable, running.child.stdio[4] as Readable);
  const browser = new Chromium(running, connection, profile, home, undefined);
  await connection.browser.send("Browser.getVersion", {}, { timeout: 30_000, what: "content shell to start" });
  await connection.browser.send("Target.setDiscoverTargets", { discover: true });
  return browser;
}
