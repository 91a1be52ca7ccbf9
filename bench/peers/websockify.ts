// websockify (Debian's), a process for each connection. TCP only.
import type { Browser } from "../../e2e/world/browser.ts";
import { connect } from "node:net";
import { freePort } from "../../e2e/world/ports.ts";
import { descendantsOf } from "../../e2e/world/proc.ts";
import { start } from "../../e2e/world/processes.ts";
import { until } from "../../e2e/world/wait.ts";
import { websockifyProgram } from "../places.ts";
import { servePage, Tab } from "./tab.ts";
import { usualChunk, type Peer, type Scene } from "./peer.ts";

/** Resolves once somebody listens on the port of 127.0.0.1. */
export async function listening(what: string, port: number): Promise<void> {
  await until(
    what,
    () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, "127.0.0.1");
        socket.once("connect", () => {
          socket.destroy();
          resolve(true);
        });
        socket.once("error", () => {
          resolve(false);
        });
      }),
  );
}

export async function startWebsockify({ life, far, pages, script }: Scene, browser: Browser): Promise<Peer> {
  const port = await freePort();
  const relay = await start(life, {
    name: "websockify",
    command: websockifyProgram,
    args: [`127.0.0.1:${port}`, `127.0.0.1:${far.tcp}`],
    noise: /./,
  });
  await listening("websockify", port);
  const url = servePage(pages, "https://websockify.test/", script);
  const tab = new Tab(browser, url, "websockify", {
    address: far.address,
    tcp: far.tcp,
    udp: far.udp,
    relay: `ws://127.0.0.1:${port}/`,
  });
  await tab.open();
  return {
    key: "websockify",
    udp: false,
    byob: false,
    saysOpen: false,
    // A process each, and Chromium has 255 WebSockets at most.
    idleShare: 0.2,
    chunk: usualChunk,
    measure: (name, args, limit) => tab.measure(name, args, limit),
    processes: () => ({ relay: [relay.pid, ...descendantsOf(relay.pid)], browser: tab.processes() }),
    collect: () => tab.collect(),
    renew: () => tab.open(),
    doubt: () => "",
  };
}
