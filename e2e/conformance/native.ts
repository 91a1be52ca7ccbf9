// The browser's own Direct Sockets: Chromium's content shell, where they work on an ordinary origin and ask nobody.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { Connection } from "../world/cdp.ts";
import { Chromium } from "../world/chromium.ts";
import { isRoot, type Life } from "../world/life.ts";
import type { Pages } from "../world/pages.ts";
import { start } from "../world/processes.ts";

/** The program itself: /usr/bin/chromium-shell is a script that stays in between. */
const contentShell = "/usr/lib/chromium/chromium-shell";

export const hasContentShell = (): boolean => existsSync(contentShell);

/** http://*.test leads to the web server, as in the world of the other suites. */
export async function startContentShell(life: Life, pages: Pages): Promise<Chromium> {
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
      `--host-resolver-rules=MAP *.test:80 127.0.0.1:${String(pages.httpPort)}, MAP *.invalid ~NOTFOUND`,
      // Without a port: with one the interfaces are absent.
      "--isolated-context-origins=http://127.0.0.1",
      `--user-data-dir=${profile}`,
      ...(isRoot ? ["--no-sandbox"] : []),
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
