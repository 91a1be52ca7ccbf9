// The bare lane (../barelane/): what Portside's lane could reach if its own code cost nothing.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../../e2e/world/bundle.ts";
import { startChromium } from "../../e2e/world/chromium/chromium.ts";
import { extensionId } from "../../e2e/world/places.ts";
import { start } from "../../e2e/world/processes.ts";
import { until } from "../../e2e/world/wait.ts";
import { programs } from "../places.ts";
import { measuringSwitches, servePage, Tab } from "./tab.ts";
import { usualChunk, type Peer, type Scene } from "./peer.ts";

/** Writes the extension into a folder. It has Portside's id, since that is the one which the browser's driver expects. */
async function makeExtension(folder: string): Promise<void> {
  const { key } = JSON.parse(readFileSync(new URL("../../manifest/chromium.json", import.meta.url), "utf8")) as {
    key: string;
  };
  const put = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text);
  };
  put(
    "manifest.json",
    JSON.stringify({
      manifest_version: 3,
      name: "The bare lane, for the benchmark",
      version: "1",
      key,
      background: { service_worker: "background.js" },
      cross_origin_embedder_policy: { value: "require-corp" }, // the benchmark's page takes no other frame
      web_accessible_resources: [{ resources: ["frame.html"], matches: ["https://*.test/*"] }],
    }),
  );
  put("background.js", "");
  put("frame.html", '<!doctype html><title>Bare lane</title><script src="frame.js"></script>');
  for (const part of ["frame", "worker"])
    put(`${part}.js`, await bundle(new URL(`../barelane/${part}.ts`, import.meta.url)));
}

/** Starts one of its kinds: bytes for the page come by a stream, or by the WebSocket. */
export async function startBareLane(
  { life, far, pages, script }: Scene,
  key: "barelane" | "baresocket",
): Promise<Peer> {
  const relay = await start(life, { name: key, command: programs.barelane, args: [far.tcp.toString()] });
  const ports = await until(`the ports of ${key}`, () => /^[\d,]+$/m.exec(relay.output())?.[0]);
  const toy = life.folder(`${key}-extension`);
  await makeExtension(toy);
  const browser = await startChromium(life, { pages, portside: false, toy, switches: measuringSwitches });
  const url = servePage(pages, `https://${key}.test/`, script);
  const frame = `chrome-extension://${extensionId}/frame.html#${ports}`;
  const kind = key === "barelane" ? "bareLane" : "bareSocket";
  const tab = new Tab(browser, url, kind, { address: far.address, tcp: far.tcp, udp: far.udp, relay: frame });
  await tab.open();
  return {
    key,
    udp: false,
    byob: false,
    saysOpen: true,
    idleShare: 0,
    only: ["receive1", "receive10", "send1", "send10", "tripP50"],
    chunk: usualChunk,
    measure: (name, args, limit) => tab.measure(name, args, limit),
    processes: () => ({ relay: [relay.pid], browser: tab.processes() }),
    collect: () => tab.collect(),
    renew: () => tab.open(),
    doubt: () => "",
  };
}
