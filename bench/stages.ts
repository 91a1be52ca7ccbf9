// The stages of a run: each asks one peer for one measure and makes figures of what it gives.
import type { Far } from "./far.ts";
import type { MetricKey, Values } from "./metrics.ts";
import type { Peer } from "./peers/peer.ts";
import type { Plan } from "./plan.ts";
import { percentile } from "./stats.ts";
import { cpu } from "./usage.ts";

const MiB = 1 << 20;
const GiB = 1 << 30;
/** What a measure may take on top of its own time, in milliseconds, before it is given up. */
const slack = 15_000;

export interface Stage {
  title: string;
  /** The figure that is shown while it runs. */
  shown: MetricKey;
  fits(peer: Peer): boolean;
  run(peer: Peer, plan: Plan, far: Far): Promise<Values>;
}

const any = (): boolean => true;
const rate = (bytes: number, ms: number): number => bytes / MiB / (ms / 1000);

/** Runs `work` and gives, beside its result, the processor time of the peer's processes meanwhile, in seconds. */
async function withCpu<T>(peer: Peer, work: () => Promise<T>): Promise<{ result: T; relay: number; browser: number }> {
  const start = peer.processes();
  const before = { relay: cpu(start.relay), browser: cpu(start.browser) };
  const result = await work();
  // Those that have begun meanwhile count too.
  const end = peer.processes();
  return { result, relay: cpu(end.relay) - before.relay, browser: cpu(end.browser) - before.browser };
}

async function receive(peer: Peer, plan: Plan, streams: number, byob = false): Promise<{ bytes: number; ms: number }> {
  const ms = streams === 1 && !byob ? plan.bulkMs : plan.bulk10Ms;
  return await peer.measure("receive", { streams, bytes: plan.bulkBytes, ms, byob }, ms + slack);
}

async function send(peer: Peer, plan: Plan, far: Far, streams: number): Promise<{ bytes: number; ms: number }> {
  const ms = streams === 1 ? plan.bulkMs : plan.bulk10Ms;
  const firstId = far.newIds(streams);
  const args = { streams, bytes: plan.bulkBytes, ms, firstId, chunk: peer.chunk };
  const { sent } = await peer.measure("send", args, ms + slack);
  const arrival = await far.arrival(firstId, sent);
  if (arrival.missing !== 0)
    throw new Error(`${arrival.missing} of ${arrival.bytes + arrival.missing} bytes were lost`);
  if (!arrival.right) throw new Error("wrong bytes arrived");
  return arrival;
}

const release = (peer: Peer): Promise<unknown> => peer.measure("release", {}, slack);

export const stages: Stage[] = [
  {
    title: "receive, 1 stream",
    shown: "receive1",
    fits: any,
    async run(peer, plan) {
      const { result, relay, browser } = await withCpu(peer, () => receive(peer, plan, 1));
      const GiBs = result.bytes / GiB;
      return {
        receive1: rate(result.bytes, result.ms),
        cpuReceiveRelay: relay / GiBs,
        cpuReceiveBrowser: browser / GiBs,
      };
    },
  },
  {
    title: "receive, 10 streams",
    shown: "receive10",
    fits: any,
    async run(peer, plan) {
      const { bytes, ms } = await receive(peer, plan, 10);
      return { receive10: rate(bytes, ms) };
    },
  },
  {
    title: "receive, BYOB",
    shown: "receiveByob",
    fits: ({ byob }) => byob,
    async run(peer, plan) {
      const { bytes, ms } = await receive(peer, plan, 1, true);
      return { receiveByob: rate(bytes, ms) };
    },
  },
  {
    title: "send, 1 stream",
    shown: "send1",
    fits: any,
    async run(peer, plan, far) {
      const { result, relay, browser } = await withCpu(peer, () => send(peer, plan, far, 1));
      await release(peer);
      const GiBs = result.bytes / GiB;
      return { send1: rate(result.bytes, result.ms), cpuSendRelay: relay / GiBs, cpuSendBrowser: browser / GiBs };
    },
  },
  {
    title: "send, 10 streams",
    shown: "send10",
    fits: any,
    async run(peer, plan, far) {
      const { bytes, ms } = await send(peer, plan, far, 10);
      await release(peer);
      return { send10: rate(bytes, ms) };
    },
  },
  {
    title: "round trip, idle",
    shown: "tripP50",
    fits: any,
    async run(peer, { tripCount, tripMs }) {
      const args = { count: tripCount, ms: tripMs, loaded: false, held: false, sinkId: 0, chunk: peer.chunk };
      const { times } = await peer.measure("trips", args, tripMs + slack);
      return { tripP50: percentile(times, 0.5), tripP99: percentile(times, 0.99) };
    },
  },
  {
    title: "round trip, loaded",
    shown: "loadedP50",
    fits: any,
    async run(peer, { loadedCount, loadedMs }, far) {
      const sinkId = far.newIds(1);
      const args = { count: loadedCount, ms: loadedMs, loaded: true, held: false, sinkId, chunk: peer.chunk };
      const { times } = await peer.measure("trips", args, loadedMs + slack);
      return { loadedP50: percentile(times, 0.5), loadedP99: percentile(times, 0.99) };
    },
  },
  {
    title: "open",
    shown: "firstByteP50",
    fits: any,
    async run(peer, { openCount, openMs }) {
      const { opened, firstByte } = await peer.measure("open", { count: openCount, ms: openMs }, openMs + slack);
      return {
        ...(peer.saysOpen ? { openedP50: percentile(opened, 0.5), openedP99: percentile(opened, 0.99) } : {}),
        firstByteP50: percentile(firstByte, 0.5),
        firstByteP99: percentile(firstByte, 0.99),
      };
    },
  },
  {
    title: "open, several at a time",
    shown: "opensPerSecond",
    fits: any,
    async run(peer, { openManyMs, openManyParallel }) {
      const args = { ms: openManyMs, parallel: openManyParallel };
      const { count, ms } = await peer.measure("openMany", args, openManyMs + slack);
      return { opensPerSecond: count / (ms / 1000) };
    },
  },
  {
    title: "UDP round trip",
    shown: "udpP50",
    fits: ({ udp }) => udp,
    async run(peer, { udpTripCount }) {
      const { times } = await peer.measure("udpTrips", { count: udpTripCount, patience: 200 }, slack);
      return { udpP50: percentile(times, 0.5), udpP99: percentile(times, 0.99) };
    },
  },
  {
    title: "UDP, 1,200 bytes, received",
    shown: "udpReceived",
    fits: ({ udp }) => udp,
    async run(peer, { udpSendMs }) {
      const args = { ms: udpSendMs, size: 1_200, patience: 200 };
      const { received, lost, ms } = await peer.measure("udpReceive", args, udpSendMs + slack);
      return { udpReceived: received / (ms / 1000), udpReceiveLoss: (100 * lost) / (received + lost) };
    },
  },
  {
    title: "UDP, 1,200 bytes, sent",
    shown: "udpCame",
    fits: ({ udp }) => udp,
    async run(peer, { udpSendMs }, far) {
      const run = far.newIds(1);
      const { sent, ms } = await peer.measure("udpSend", { ms: udpSendMs, size: 1_200, run }, udpSendMs + slack);
      const { count, firstNs, lastNs } = await far.datagramArrival(run, sent);
      await release(peer);
      return {
        udpSent: sent / (ms / 1000),
        udpCame: count < 2 ? 0 : (count - 1) / ((lastNs - firstNs) / 1e9),
        udpLoss: (100 * (sent - count)) / sent,
      };
    },
  },
];
