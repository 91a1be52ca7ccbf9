// What a run gives: the content of results/latest.json.
import type { Machine } from "./machine.ts";
import type { MetricKey } from "./metrics.ts";
import type { PeerKey } from "./peers/peer.ts";
import type { Plan } from "./plan.ts";
import type { Figure } from "./stats.ts";

export type Figures = Partial<Record<PeerKey, Partial<Record<MetricKey, Figure>>>>;

/** What it takes to hold so many sockets, on top of what there was before the first. */
export interface GrowthStep {
  sockets: number;
  /** Milliseconds for each socket of this step until its first byte, sixteen opened at a time. */
  openMs: number;
  /** KiB for each of all sockets. */
  relayKiB: number;
  browserKiB: number;
  /** Round trip of one byte over one of them, in milliseconds, p50. */
  tripMs: number;
}
export type Growth = Partial<Record<PeerKey, GrowthStep[]>>;

/** What is said of a target. */
export interface Verdict {
  target: string;
  state: "met" | "missed" | "not measured";
  /** The figures that it stands on. */
  why: string;
}

export interface Results {
  /** ISO 8601, when the run began. */
  date: string;
  seconds: number;
  plan: Plan;
  machine: Machine;
  /** What share of the processors other programs used meanwhile, 0 to 1. */
  othersShare: number;
  /** How memory was counted: PSS, or RSS where the system does not tell that. */
  memory: string;
  /** Peers that were to be measured and were not, with the reason. */
  absent: Partial<Record<PeerKey, string>>;
  /** Whatever went wrong, and whatever a reader must know to read the figures. */
  remarks: string[];
  figures: Figures;
  growth: Growth;
  verdicts: Verdict[];
}
