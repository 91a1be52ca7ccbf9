// A Wisp server and client: @mercuryworkshop/wisp-js, as its own command runs it.
import type { Browser } from "../../e2e/world/browser.ts";
import { freePort } from "../../e2e/world/ports.ts";
import { descendantsOf } from "../../e2e/world/proc.ts";
import { start } from "../../e2e/world/processes.ts";
import { wispServer } from "../places.ts";
import { listening } from "./websockify.ts";
import { servePage, Tab } from "./tab.ts";
import { usualChunk, type Peer, type Scene } from "./peer.ts";

export async function startWisp({ life, far, pages, script }: Scene, browser: Browser): Promise<Peer> {
  const port = await freePort();
  const relay = await start(life, {
    name: "wisp-js server",
    command: process.execPath,
    args: [
      wispServer,
      ...["--host", "127.0.0.1", "--port", String(port), "--logging", "NONE"],
      ...["--options", JSON.stringify({ allow_loopback_ips: true, allow_private_ips: true })],
    ],
  });
  await listening("the Wisp server", port);
  const url = servePage(pages, "https://wisp.test/", script);
  const tab = new Tab(browser, url, "wisp", {
    address: far.address,
    tcp: far.tcp,
    udp: far.udp,
    relay: `ws://127.0.0.1:${port}/`,
  });
  await tab.open();
  return {
    key: "wisp",
    udp: true,
    byob: false,
    saysOpen: false,
    idleShare: 1,
    chunk: usualChunk,
    measure: (name, args, limit) => tab.measure(name, args, limit),
    processes: () => ({ relay: [relay.pid, ...descendantsOf(relay.pid)], browser: tab.processes() }),
    collect: () => tab.collect(),
    renew: () => tab.open(),
    doubt: () => "",
  };
}
