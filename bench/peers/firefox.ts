// Portside in Firefox. There the background has the lane, of which nothing is seen from outside: what the host writes tells the carriers apart.
import { startFirefox } from "../../e2e/world/firefox/start.ts";
import { Life } from "../../e2e/world/life.ts";
import type { Peer, Scene } from "./peer.ts";
import { insistOnLane, policyFor, startIn, type Carrier } from "./portside.ts";
import { measuringPreferences } from "./tab.ts";

async function start(scene: Scene, key: "firefox" | "firefoxstdio", carrier: Carrier): Promise<Peer> {
  const { life, pages } = scene;
  const browser = await startFirefox(life, {
    pages,
    host: { policy: policyFor(carrier) },
    preferences: measuringPreferences,
  });
  return await startIn(browser, scene, { key, carrier, host: `${key}.test` });
}

/** Portside as it comes. Rejects with NoLane as startLane does. */
export async function startFirefoxLane(scene: Scene, { anyway }: { anyway: boolean }): Promise<Peer> {
  const life = new Life("Firefox's lane");
  scene.life.onEnd("the Firefox with the lane", () => life.end());
  return await insistOnLane(life, await start({ ...scene, life }, "firefox", "lane"), anyway);
}

export async function startFirefoxStdio(scene: Scene): Promise<Peer> {
  return await start(scene, "firefoxstdio", "stdio");
}
