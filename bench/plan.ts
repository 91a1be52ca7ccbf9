// How much is measured: the full run, and the quick one that shows in under a minute whether something has changed much.

import type { PeerKey } from "./peers/peer.ts";

/** Times in milliseconds, sizes in bytes. */
export interface Plan {
  name: "full" | "quick";
  /** Peers that are left out unless they are asked for. */
  without: readonly PeerKey[];
  rounds: number;
  /** The whole run is given up after this. */
  limit: number;
  hashBytes: number;
  /** One bulk transfer ends at the one or the other. */
  bulkBytes: number;
  bulkMs: number;
  bulk10Ms: number;
  tripCount: number;
  tripMs: number;
  loadedCount: number;
  loadedMs: number;
  openCount: number;
  openMs: number;
  openManyMs: number;
  openManyParallel: number;
  udpTripCount: number;
  udpSendMs: number;
  /** Numbers of idle sockets: the last for all peers, the ones before for Portside. */
  idle: number[];
  holdParallel: number;
  /** What is waited before memory is read. */
  settleMs: number;
}

export const plans: Record<Plan["name"], Plan> = {
  full: {
    name: "full",
    without: [],
    rounds: 3,
    limit: 30 * 60_000,
    hashBytes: 32 << 20,
    bulkBytes: 1 << 30,
    bulkMs: 10_000,
    bulk10Ms: 10_000,
    tripCount: 1_000,
    tripMs: 3_000,
    loadedCount: 500,
    loadedMs: 5_000,
    openCount: 200,
    openMs: 3_000,
    openManyMs: 1_500,
    openManyParallel: 8,
    udpTripCount: 500,
    udpSendMs: 1_000,
    idle: [1, 10, 100, 1_000],
    holdParallel: 16,
    settleMs: 2_000,
  },
  quick: {
    name: "quick",
    without: ["bare", "barelane", "baresocket", "firefox", "firefoxstdio", "firefoxwisp", "firefoxwebsockify"],
    rounds: 1,
    limit: 100_000,
    hashBytes: 4 << 20,
    bulkBytes: 1 << 30,
    bulkMs: 600,
    bulk10Ms: 300,
    tripCount: 200,
    tripMs: 250,
    loadedCount: 100,
    loadedMs: 400,
    openCount: 25,
    openMs: 300,
    openManyMs: 300,
    openManyParallel: 8,
    udpTripCount: 100,
    udpSendMs: 250,
    idle: [1, 10, 50],
    holdParallel: 16,
    settleMs: 100,
  },
};
