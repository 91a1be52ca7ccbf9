// Starts peers by name. One that cannot be had is absent, with the reason; the others are measured.
import type { Browser } from "../../e2e/world/browser.ts";
import type { Chromium } from "../../e2e/world/chromium/chromium.ts";
import { startBare } from "./bare.ts";
import { startBareLane } from "./barelane.ts";
import { startFloor } from "./floor.ts";
import { startNative } from "./native.ts";
import type { Peer, PeerKey, Scene } from "./peer.ts";
import { startFirefoxLane, startFirefoxStdio } from "./firefox.ts";
import { startPlain, startPlainFirefox } from "./plain.ts";
import { NoLane, startLane, startStdio } from "./portside.ts";
import { startWebsockify } from "./websockify.ts";
import { startWisp } from "./wisp.ts";

export interface Cast {
  peers: Peer[];
  absent: Partial<Record<PeerKey, string>>;
}

export async function startPeers(
  scene: Scene,
  keys: readonly PeerKey[],
  { laneAnyway, say }: { laneAnyway: boolean; say: (text: string) => void },
): Promise<Cast> {
  let plain: Promise<Chromium> | undefined;
  // The relays share a browser: they never run at the same time.
  const browser = (): Promise<Chromium> => (plain ??= startPlain(scene));
  let plainFirefox: Promise<Browser> | undefined;
  const firefox = (): Promise<Browser> => (plainFirefox ??= startPlainFirefox(scene));
  /** What is measured of the others in Firefox. No round trips under load: its page with wisp-js does not come back from these, and keeps the processor. */
  const only = ["receive1", "send1", "tripP50", "udpCame", "udpReceived"] as const;
  const starters: Record<PeerKey, () => Promise<Peer>> = {
    lane: () => startLane(scene, { anyway: laneAnyway }),
    stdio: () => startStdio(scene),
    bare: () => startBare(scene),
    barelane: () => startBareLane(scene, "barelane"),
    baresocket: () => startBareLane(scene, "baresocket"),
    wisp: async () => await startWisp(scene, await browser()),
    websockify: async () => await startWebsockify(scene, await browser()),
    native: () => startNative(scene),
    floor: () => startFloor(scene),
    firefox: () => startFirefoxLane(scene, { anyway: laneAnyway }),
    firefoxstdio: async () => ({ ...(await startFirefoxStdio(scene)), only, idleShare: 0 }),
    firefoxwisp: async () => ({ ...(await startWisp(scene, await firefox())), key: "firefoxwisp", only, idleShare: 0 }),
    firefoxwebsockify: async () => ({
      ...(await startWebsockify(scene, await firefox())),
      key: "firefoxwebsockify",
      only,
      idleShare: 0,
    }),
  };
  const peers: Peer[] = [];
  const absent: Cast["absent"] = {};
  await Promise.all(
    keys.map(async (key) => {
      try {
        peers.push(await starters[key]());
        say(`${key} is ready`);
      } catch (error) {
        const why = error instanceof NoLane ? error.message : `did not start: ${String(error)}`;
        absent[key] = why;
        say(`${key} IS NOT THERE: ${why}`);
      }
    }),
  );
  peers.sort((a, b) => keys.indexOf(a.key) - keys.indexOf(b.key));
  return { peers, absent };
}
