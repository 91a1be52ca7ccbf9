// The bare way through native messaging (../bare/): what Portside over stdio could reach if its own code cost nothing.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../../e2e/world/bundle.ts";
import { startChromium } from "../../e2e/world/chromium/chromium.ts";
import { childrenOf, commandLine } from "../../e2e/world/proc.ts";
import { extensionId } from "../../e2e/world/places.ts";
import { hostName } from "../bare/messages.ts";
import { programs } from "../places.ts";
import { measuringSwitches, servePage, Tab } from "./tab.ts";
import { usualChunk, type Peer, type Scene } from "./peer.ts";

/** Writes the extension into a folder. It has Portside's id, since that is the one which the browser's driver expects. */
async function makeExtension(folder: string): Promise<void> {
  const { key } = JSON.parse(readFileSync(new URL("../../manifest/chromium.json", import.meta.url), "utf8")) as {
    key: string;
  };
  const manifest = {
    manifest_version: 3,
    name: "The bare way, for the benchmark",
    version: "1",
    key,
    permissions: ["nativeMessaging"],
    content_scripts: [{ matches: ["https://bare.test/*"], js: ["content.js"], run_at: "document_start" }],
    background: { service_worker: "background.js" },
  };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  for (const part of ["content", "background"])
    writeFileSync(join(folder, `${part}.js`), await bundle(new URL(`../bare/${part}.ts`, import.meta.url)));
}

export async function startBare({ life, far, pages, script }: Scene): Promise<Peer> {
  const home = life.folder("bare");
  const manifests = join(home, "profile", "NativeMessagingHosts");
  mkdirSync(manifests, { recursive: true });
  const origin = `chrome-extension://${extensionId}/`;
  writeFileSync(
    join(manifests, `${hostName}.json`),
    JSON.stringify({
      name: hostName,
      description: "The bare way, for the benchmark",
      path: programs.bare,
      type: "stdio",
      allowed_origins: [origin],
    }),
  );
  const toy = life.folder("bare-extension");
  await makeExtension(toy);
  const browser = await startChromium(life, { pages, portside: false, toy, home, switches: measuringSwitches });
  const url = servePage(pages, "https://bare.test/", script);
  const tab = new Tab(browser, url, "bare", { address: far.address, tcp: far.tcp, udp: far.udp, relay: "" });
  await tab.open();
  const hosts = (): number[] => childrenOf(browser.process.pid).filter((pid) => commandLine(pid).includes(origin));
  return {
    key: "bare",
    udp: false,
    byob: false,
    saysOpen: true,
    idleShare: 0,
    only: ["receive1", "send1", "tripP50"],
    chunk: usualChunk,
    measure: (name, args, limit) => tab.measure(name, args, limit),
    processes: () => ({ relay: hosts(), browser: tab.processes(hosts()) }),
    collect: () => tab.collect(),
    renew: () => tab.open(),
    doubt: () => "",
  };
}
