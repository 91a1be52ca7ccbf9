// The browser's own Direct Sockets, in Chromium's content shell: there they work on an ordinary origin and ask nobody.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { Connection } from "../../e2e/world/cdp.ts";
import { Chromium } from "../../e2e/world/chromium.ts";
import { isRoot } from "../../e2e/world/life.ts";
import { start } from "../../e2e/world/processes.ts";
import { contentShell } from "../places.ts";
import { measuringSwitches, servePage, Tab } from "./tab.ts";
import type { Peer, Scene } from "./peer.ts";

/** What a document must send, besides isolation, or its first socket kills it. */
const permissions = { "permissions-policy": "direct-sockets=(self), cross-origin-isolated=(self)" };

export async function startNative({ life, far, pages, script }: Scene): Promise<Peer> {
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
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
      // Without a port: with one the interfaces are absent.
      "--isolated-context-origins=http://127.0.0.1",
      `--user-data-dir=${profile}`,
      ...(isRoot ? ["--no-sandbox"] : []),
      ...measuringSwitches,
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
  const url = servePage(pages, "http://127.0.0.1/", script, permissions);
  const tab = new Tab(browser, url, "native", { tcp: far.tcp, udp: far.udp, relay: "" });
  await tab.open();
  return {
    key: "native",
    udp: true,
    byob: true,
    saysOpen: true,
    idleShare: 1,
    // Its writes lose data when one starts while the pipe of 64 KiB to the network process is exactly full. No loss has been seen with this size, which
    // is also its fastest; with 65,535 and a slow far end there is some. The far end counts, and a transfer with a loss is no figure.
    chunk: 1_000_000,
    measure: (name, args, limit) => tab.measure(name, args, limit),
    processes: () => ({ relay: [], browser: tab.processes() }),
    renew: () => tab.open(),
    doubt: () => "",
  };
}
