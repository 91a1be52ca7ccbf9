// The browser's own Direct Sockets, in Chromium's content shell: there they work on an ordinary origin and ask nobody.
import { startContentShell } from "../../e2e/world/chromium/content-shell.ts";
import { measuringSwitches, servePage, Tab } from "./tab.ts";
import type { Peer, Scene } from "./peer.ts";

/** What a document must send, besides isolation, or its first socket kills it. */
const permissions = { "permissions-policy": "direct-sockets=(self), cross-origin-isolated=(self)" };

export async function startNative({ life, far, pages, script }: Scene): Promise<Peer> {
  const browser = await startContentShell(life, "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", measuringSwitches);
  const url = servePage(pages, "http://127.0.0.1/", script, permissions);
  const tab = new Tab(browser, url, "native", { address: far.address, tcp: far.tcp, udp: far.udp, relay: "" });
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
    collect: () => tab.collect(),
    renew: () => tab.open(),
    doubt: () => "",
  };
}
