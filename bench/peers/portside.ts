// Portside: with its binary lane, as it comes; or over native messaging alone, as an administrator can have it.
import type { Browser } from "../../e2e/world/browser.ts";
import { startChromium } from "../../e2e/world/chromium/chromium.ts";
import { Person } from "../../e2e/world/consent.ts";
import { childrenOf, commandLine } from "../../e2e/world/proc.ts";
import { sleep } from "../../e2e/world/wait.ts";
import type { Args, MeasureName, Result } from "../measures.ts";
import { extensionIds } from "../../e2e/world/places.ts";
import { Life } from "../../e2e/world/life.ts";
import { LaneWatch, Writes } from "./carrier.ts";
import { measuringSwitches, servePage, Tab } from "./tab.ts";
import { usualChunk, type Peer, type PeerKey, type Scene } from "./peer.ts";

/** What a measuring station's administrator allows: thousands of sockets, opened as fast as they can be. */
const limits = {
  attemptBurst: 10_000,
  attemptsPerSecond: 10_000,
  attemptsPerMinuteOverall: 600_000,
  pendingPerOrigin: 1_024,
  openPerOrigin: 4_096,
  openOverall: 16_384,
};

/** Which carrier the bytes are to take. */
export type Carrier = "lane" | "stdio";

/** What an administrator has set where the bytes are to take this carrier. */
export const policyFor = (carrier: Carrier): object => ({
  limits,
  ...(carrier === "stdio" ? { dataLane: "off" } : {}),
});

/** Tells whether the lane was in use since the last call, and whether it was lost. */
type Watch = Pick<LaneWatch, "report">;

/** Portside in a browser that has it. `watch`: where the lane can be seen from outside. */
export async function startIn(
  browser: Browser,
  { far, pages, script }: Scene,
  { key, carrier: wanted, host, watch }: { key: PeerKey; carrier: Carrier; host: string; watch?: Watch },
): Promise<Peer> {
  const person = new Person(browser);
  const url = servePage(pages, `https://${host}/`, script);
  const tab = new Tab(browser, url, "portside", { address: far.address, tcp: far.tcp, udp: far.udp, relay: "" });

  /**
   * The first socket to each destination takes a click; the first of all takes the user's word, which is remembered. The one over TCP stays
   * open, as a page's usually does: without any socket the host is let go after a while, and the lane with it.
   */
  const openDestinations = async (asked: boolean): Promise<void> => {
    for (const [kind, remotePort] of [
      ["openTCPSocket", far.tcp],
      ["openUDPSocket", far.udp],
    ] as const) {
      const opened = tab.page.evaluateOnClick(
        "#go",
        async (call: "openTCPSocket" | "openUDPSocket", remoteAddress: string, port: number) => {
          const socket = await navigator[call]({ remoteAddress, remotePort: port });
          if (call === "openUDPSocket") await socket.close();
          else Object.assign(window, { socket });
        },
        kind,
        far.address,
        remotePort,
      );
      if (asked) await person.allowsAndRemembers();
      await opened;
    }
  };
  await tab.open();
  await openDestinations(true);
  let wrong = "";

  return {
    key,
    udp: true,
    byob: true,
    saysOpen: true,
    idleShare: 1,
    chunk: usualChunk,
    measure: async <M extends MeasureName>(name: M, args: Args<M>, limit: number) => {
      const writes = new Writes(() => hostsOf(browser));
      const result = await tab.measure(name, args, limit);
      if (name === "receive" && (args as Args<"receive">).streams === 1) {
        const carrier = writes.carrier((result as Result<"receive">).bytes);
        if (carrier !== undefined && carrier !== wanted) wrong = `the bytes took ${carrier}`;
      }
      return result;
    },
    processes: () => {
      const hosts = hostsOf(browser);
      return { relay: hosts, browser: tab.processes(hosts) };
    },
    collect: () => tab.collect(),
    renew: async () => {
      await tab.open();
      await openDestinations(false);
    },
    doubt: () => {
      if (wrong !== "") {
        const why = wrong;
        wrong = "";
        return why;
      }
      if (watch === undefined) return "";
      const { seen, lost } = watch.report();
      if (wanted === "stdio") return seen ? "the lane was in use" : "";
      if (lost) return "the lane was lost meanwhile";
      return seen ? "" : "the lane was not in use";
    },
  };
}

/** The hosts that the browser has started. They run in a system of their own (e2e/world/host-space.ts), so it is their arguments that tell. */
function hostsOf({ process, name }: Browser): number[] {
  const whose = name === "firefox" ? extensionIds.firefox : `chrome-extension://${extensionIds.chromium}/`;
  return childrenOf(process.pid).filter((pid) => commandLine(pid).includes(whose));
}

/** What is said when the build has no lane, or it does not come up. */
export class NoLane extends Error {
  override readonly name = "NoLane";
}

/**
 * Portside as it comes. Rejects with NoLane unless its bytes do take the lane; `anyway`: takes whatever carrier there is, for work on the
 * benchmark itself.
 */
export async function startLane(scene: Scene, { anyway }: { anyway: boolean }): Promise<Peer> {
  const life = new Life("lane");
  scene.life.onEnd("the browser with the lane", () => life.end());
  return await insistOnLane(life, await startChromiumPeer({ ...scene, life }, "lane"), anyway);
}

/** The same for a peer that runs in `life` and has nothing else there. */
export async function insistOnLane(life: Life, peer: Peer, anyway: boolean): Promise<Peer> {
  // A lane that is not up within half a second is not waited for by the first sockets: the second look counts.
  await sleep(500);
  peer.doubt();
  await peer.measure("receive", { streams: 1, bytes: 24 << 20, ms: 10_000, byob: false }, 25_000);
  const doubt = peer.doubt();
  if (doubt === "") return peer;
  if (anyway) return { ...peer, doubt: () => "" };
  await life.end();
  throw new NoLane(`lane: not available in this build (${doubt})`);
}

export async function startStdio(scene: Scene): Promise<Peer> {
  return await startChromiumPeer(scene, "stdio");
}

async function startChromiumPeer(scene: Scene, carrier: Carrier): Promise<Peer> {
  const { life, pages } = scene;
  const browser = await startChromium(life, {
    pages,
    host: { policy: policyFor(carrier) },
    switches: measuringSwitches,
  });
  return await startIn(browser, scene, {
    key: carrier,
    carrier,
    host: `${carrier}.test`,
    watch: new LaneWatch(browser),
  });
}
