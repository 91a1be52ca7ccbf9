// `make bench-network`: Portside beside a plain Go client over a link that has a length, a rate, and losses.
//
// Two machines (network namespaces) are joined by a link of the benchmark's own (link/). This program starts itself once more on the first, where
// the browser, the host and the Go client are; the far end is on the second.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../e2e/world/bundle.ts";
import { Life } from "../e2e/world/life.ts";
import { Machine, makeNetwork } from "../e2e/world/network.ts";
import { startPages } from "../e2e/world/pages.ts";
import { Far } from "./far.ts";
import { number } from "./judge.ts";
import { machine } from "./machine.ts";
import { startPeers } from "./peers/all.ts";
import { usualChunk, type Peer } from "./peers/peer.ts";
import { networkScript, programs, resultsFolder } from "./places.ts";
import { Asked } from "./program.ts";
import { figureOf } from "./stats.ts";
import { markdownTable, plainTable } from "./table.ts";
import { othersShare, usedSoFar } from "./usage.ts";

/** How the link is: its round trip in milliseconds, its rate in Mbit/s, and the part of packets that it loses. */
interface Condition {
  tripMs: number;
  mbits: number;
  loss: number;
}

const conditions: Condition[] = [0, 0.005].flatMap((loss) =>
  [100, 1_000].flatMap((mbits) => [20, 80].map((tripMs) => ({ tripMs, mbits, loss }))),
);
const rounds = 3;
/** How long one transfer may take, in milliseconds: a long link takes a second to get going. */
const bulkMs = 4_000;
/** Datagrams of this many bytes, so many a second: a fifth of the slower link. */
const datagramBytes = 1_200;
const datagramsPerSecond = 2_000;
const datagramMs = 1_500;
const slack = 30_000;
const target = 0.95;

/** The link's ends, and where the far end is: an address of the internet, that no rule takes for a device nearby. */
const link = { here: "100.64.8.2/30", there: "100.64.8.1/30", gateway: "100.64.8.1", far: "93.184.215.14" } as const;
const MiB = 1 << 20;
const names = ["floor", "lane"] as const;
type Name = (typeof names)[number];
type Measured = "receive" | "send";

/** Makes the machines and runs this program on the first. */
async function outside(): Promise<void> {
  const life = new Life("bench-network");
  try {
    const network = await makeNetwork(life);
    const [, , far = ""] = network.there.command; // nsenter --target PID
    const [enter = "", ...words] = network.command;
    const { status } = spawnSync(enter, [...words, process.execPath, "--import", "tsx", networkScript, far], {
      stdio: "inherit",
    });
    process.exitCode = status ?? 1;
  } finally {
    await life.end();
  }
}

async function run(there: Machine, farPid: string): Promise<void> {
  const life = new Life("bench-network");
  const say = (text: string): void => {
    console.log(text);
  };
  try {
    const here = new Machine([]);
    const cable = await Asked.start(life, "link", [programs.link, process.pid.toString(), farPid]);
    await cable.next(5_000);
    for (const [end, address] of [
      [here, link.here],
      [there, link.there],
    ] as const) {
      // Nothing but what is measured takes the link, and no connection knows of the one before.
      await end.run("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/wan/disable_ipv6");
      await end.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/tcp_no_metrics_save");
      await end.addAddress(address, "wan");
      await end.run("ip", "link", "set", "wan", "up");
    }
    await there.addLoneAddresses(link.far);
    await here.run("ip", "route", "add", link.far, "via", link.gateway);
    const set = async ({ tripMs, mbits, loss }: Condition): Promise<{ lost: number; full: number }> =>
      (await cable.ask({ delayMs: tripMs / 2, mbits, loss }, 5_000)) as { lost: number; full: number };
    await set({ tripMs: 0, mbits: 10_000, loss: 0 });
    const [script, pages, far] = await Promise.all([
      bundle(new URL("page/main.ts", import.meta.url)),
      startPages(life),
      Far.start(life, there.command, link.far),
    ]);
    const { peers, absent } = await startPeers({ life, far, pages, script }, [...names], { laneAnyway: false, say });
    for (const why of Object.values(absent)) throw new Error(why);
    const before = usedSoFar();
    const rows: string[][] = [];
    for (const condition of conditions) rows.push(await measure(condition, peers, far, set, say));
    write(rows, othersShare(before, usedSoFar(), machine().cores));
  } catch (error) {
    console.error(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${life.logs()}`);
    process.exitCode = 1;
  } finally {
    await life.end();
  }
  process.exit();
}

/** Measures both peers in turns under one condition, and gives its row of the report. */
async function measure(
  condition: Condition,
  peers: readonly Peer[],
  far: Far,
  set: (condition: Condition) => Promise<{ lost: number; full: number }>,
  say: (text: string) => void,
): Promise<string[]> {
  const rates: Record<Measured, Record<Name, number[]>> = {
    receive: { floor: [], lane: [] },
    send: { floor: [], lane: [] },
  };
  const lost: Record<Name, { sent: number; lost: number; byLink: number }> = {
    floor: { sent: 0, lost: 0, byLink: 0 },
    lane: { sent: 0, lost: 0, byLink: 0 },
  };
  await set(condition);
  for (let round = 0; round < rounds; round++)
    for (const peer of round % 2 === 0 ? peers : peers.toReversed()) {
      const name = peer.key as Name;
      rates.receive[name].push(await receive(peer));
      rates.send[name].push(await send(peer, far));
      const run = far.newIds(1);
      await set(condition); // counts from here
      const args = { ms: datagramMs, size: datagramBytes, perSecond: datagramsPerSecond, run };
      const { sent } = await peer.measure("udpRate", args, slack);
      const { count } = await far.datagramArrival(run, sent);
      const { lost: byChance, full } = await set(condition);
      await peer.measure("release", {}, slack);
      lost[name].sent += sent;
      lost[name].lost += sent - count;
      lost[name].byLink += byChance + full;
    }
  const cells = (what: Measured): string[] => {
    const [go = NaN, ours = NaN] = names.map((name) => figureOf(rates[what][name])?.median);
    return [number(go), number(ours), `${number(ours / go)}x ${ours >= target * go ? "met" : "missed"}`];
  };
  const { sent, lost: gone, byLink } = lost.lane;
  const row = [
    `${condition.tripMs} ms, ${condition.mbits} Mbit/s, ${100 * condition.loss} % lost`,
    ...cells("receive"),
    ...cells("send"),
    `${gone} of ${sent}; the link ${byLink}: ${gone <= byLink ? "met" : "missed"}`,
  ];
  say(row.join("  "));
  return row;
}

async function receive(peer: Peer): Promise<number> {
  const args = { streams: 1, bytes: 1 << 30, ms: bulkMs, byob: false };
  const { bytes, ms } = await peer.measure("receive", args, bulkMs + slack);
  return bytes / MiB / (ms / 1000);
}

async function send(peer: Peer, far: Far): Promise<number> {
  const firstId = far.newIds(1);
  const args = { streams: 1, bytes: 1 << 30, ms: bulkMs, firstId, chunk: usualChunk };
  const { sent } = await peer.measure("send", args, bulkMs + slack);
  const { bytes, ms, missing, right } = await far.arrival(firstId, sent);
  if (missing !== 0 || !right) throw new Error(`${missing} bytes were lost on the way to the far end`);
  await peer.measure("release", {}, slack);
  return bytes / MiB / (ms / 1000);
}

function write(rows: string[][], others: number): void {
  const head = [
    "the link",
    "receive: Go client, MiB/s",
    "Portside, MiB/s",
    `ratio (at least ${target})`,
    "send: Go client, MiB/s",
    "Portside, MiB/s",
    `ratio (at least ${target})`,
    "datagrams lost",
  ];
  const { processor, cores } = machine();
  const text = `# Benchmark over a link

Written by \`make bench-network\`; [bench/README.md](../README.md) says how it is taken. One stream each way,
medians of ${rounds} rounds in turns; ${datagramsPerSecond} datagrams of ${datagramBytes} bytes a second. ${processor}, ${cores} cores; others used
${Math.round(100 * others)} % of them meanwhile.

${markdownTable([head, ...rows])}
`;
  mkdirSync(resultsFolder, { recursive: true });
  writeFileSync(join(resultsFolder, "network.md"), text);
  console.log(`\n${plainTable([head, ...rows])}\n\nresults are in bench/results/network.md`);
}

const inside = process.argv[2];
if (inside === undefined) await outside();
else await run(new Machine(["nsenter", "--target", inside, "--net"]), inside);
