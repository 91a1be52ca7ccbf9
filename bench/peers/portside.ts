// Portside in Chromium: with its binary lane, as it comes; or over native messaging alone, as an administrator can have it.
import { startChromium, type Chromium } from "../../e2e/world/chromium.ts";
import { Person } from "../../e2e/world/consent.ts";
import { childrenOf, commandLine } from "../../e2e/world/proc.ts";
import { extensionId } from "../../e2e/world/places.ts";
import { Life } from "../../e2e/world/life.ts";
import { measuringSwitches, servePage, Tab } from "./tab.ts";
import { usualChunk, type Peer, type Scene } from "./peer.ts";

/** What a measuring station's administrator allows: thousands of sockets, opened as fast as they can be. */
const limits = {
  attemptBurst: 10_000,
  attemptsPerSecond: 10_000,
  attemptsPerMinuteOverall: 600_000,
  pendingPerOrigin: 1_024,
  openPerOrigin: 4_096,
  openOverall: 16_384,
};

const isLane = (url: string): boolean =>
  url.startsWith(`chrome-extension://${extensionId}/`) && new URL(url).pathname.endsWith("lane/frame.html");

/** Notes whether the browser has a lane's frame: the one sign of the lane that can be seen from outside. */
class LaneWatch {
  #seen = false;

  constructor(browser: Chromium) {
    const look = ({ targetInfo }: { targetInfo: { url: string } }): void => {
      if (isLane(targetInfo.url)) this.#seen = true;
    };
    browser.cdp.on("Target.targetCreated", look);
    browser.cdp.on("Target.targetInfoChanged", look);
  }

  /** Whether there is one, or was one since the last call. */
  seen(browser: Chromium): boolean {
    const seen = this.#seen || browser.targets().some(({ url }) => isLane(url));
    this.#seen = false;
    return seen;
  }
}

async function start({ life, far, pages, script }: Scene, key: "lane" | "stdio", host: string): Promise<Peer> {
  const policy = { limits, ...(key === "stdio" ? { dataLane: "off" } : {}) };
  const browser = await startChromium(life, { pages, host: { policy }, switches: measuringSwitches });
  const watch = new LaneWatch(browser);
  const person = new Person(browser);
  const url = servePage(pages, `https://${host}/`, script);
  const tab = new Tab(browser, url, "portside", { tcp: far.tcp, udp: far.udp, relay: "" });

  /** The first socket to each destination takes a click; the first of all takes the person's word, which is remembered. */
  const openDestinations = async (asked: boolean): Promise<void> => {
    for (const [kind, remotePort] of [
      ["openTCPSocket", far.tcp],
      ["openUDPSocket", far.udp],
    ] as const) {
      const opened = tab.page.evaluateOnClick(
        "#go",
        async (call: "openTCPSocket" | "openUDPSocket", port: number) => {
          const socket = await navigator[call]({ remoteAddress: "127.0.0.1", remotePort: port });
          await socket.close();
        },
        kind,
        remotePort,
      );
      if (asked) await person.allowsAndRemembers();
      await opened;
    }
  };
  await tab.open();
  await openDestinations(true);

  return {
    key,
    udp: true,
    byob: true,
    saysOpen: true,
    idleShare: 1,
    chunk: usualChunk,
    measure: (name, args, limit) => tab.measure(name, args, limit),
    processes: () => {
      const hosts = hostsOf(browser);
      return { relay: hosts, browser: tab.processes(hosts) };
    },
    renew: async () => {
      await tab.open();
      await openDestinations(false);
    },
    doubt: () => {
      if (watch.seen(browser) === (key === "lane")) return "";
      return key === "lane" ? "the lane was not in use" : "the lane was in use";
    },
  };
}

/** The hosts that the browser has started. They run in a system of their own (e2e/world/host-space.ts), so it is their arguments that tell. */
function hostsOf(browser: Chromium): number[] {
  return childrenOf(browser.process.pid).filter((pid) =>
    commandLine(pid).includes(`chrome-extension://${extensionId}/`),
  );
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
  const peer = await start({ ...scene, life }, "lane", "lane.test");
  await peer.measure("receiveHash", { bytes: 1 << 20 }, 15_000);
  const doubt = peer.doubt();
  if (doubt === "") return peer;
  if (anyway) return { ...peer, doubt: () => "" };
  await life.end();
  throw new NoLane("lane: not available in this build (no frame lane/frame.html after 1 MiB has come)");
}

export async function startStdio(scene: Scene): Promise<Peer> {
  return await start(scene, "stdio", "stdio.test");
}
