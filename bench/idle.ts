// What idle sockets cost: memory for each, time to open each, and whether one of many is slower than one alone.
import { sleep } from "../e2e/world/wait.ts";
import type { Peer } from "./peers/peer.ts";
import type { Plan } from "./plan.ts";
import type { GrowthStep } from "./results.ts";
import { percentile } from "./stats.ts";
import { memory } from "./usage.ts";

const KiB = 1024;
/** Opening one socket may take this long before the whole is given up, in milliseconds, plus `slack`. */
const patience = 400;
const slack = 15_000;

interface Held {
  relay: number;
  browser: number;
  kind: string;
}

/** What is held when garbage was collected: what sockets leave behind while they open is not what they cost. */
async function held(peer: Peer, settleMs: number): Promise<Held> {
  await peer.collect();
  await sleep(settleMs);
  const { relay, browser } = peer.processes();
  const [ofRelay, ofBrowser] = [memory(relay), memory(browser)];
  return { relay: ofRelay.bytes, browser: ofBrowser.bytes, kind: ofBrowser.kind };
}

/** Opens sockets up to each of `counts` in turn and measures there; closes them all at the end. */
export async function grow(
  peer: Peer,
  counts: readonly number[],
  plan: Plan,
): Promise<{ steps: GrowthStep[]; kind: string }> {
  const steps: GrowthStep[] = [];
  // The first few start what all share.
  const few = Math.ceil(plan.holdParallel * peer.idleShare);
  await peer.measure("hold", { count: few, parallel: few }, slack);
  await peer.measure("release", {}, slack);
  await sleep(plan.settleMs);
  const before = await held(peer, plan.settleMs);
  let open = 0;
  for (const sockets of counts) {
    const count = sockets - open;
    const { ms } = await peer.measure("hold", { count, parallel: plan.holdParallel }, count * patience + slack);
    open = sockets;
    await sleep(plan.settleMs);
    const now = await held(peer, plan.settleMs);
    const args = { count: 200, ms: 1_000, loaded: false, held: true, sinkId: 0, chunk: peer.chunk };
    const { times } = await peer.measure("trips", args, slack);
    steps.push({
      sockets,
      openMs: ms / count,
      relayKiB: (now.relay - before.relay) / sockets / KiB,
      browserKiB: (now.browser - before.browser) / sockets / KiB,
      tripMs: percentile(times, 0.5),
    });
  }
  await peer.measure("release", {}, slack + open * patience);
  return { steps, kind: before.kind };
}
