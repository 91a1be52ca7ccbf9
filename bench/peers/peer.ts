// What the benchmark needs of a peer, and all peers by name. One module for each; to add one, write it, list it in all.ts and name it here.
import type { Life } from "../../e2e/world/life.ts";
import type { Pages } from "../../e2e/world/pages.ts";
import type { Far } from "../far.ts";
import type { MetricKey } from "../metrics.ts";
import type { Args, MeasureName, Result } from "../measures.ts";

/** In the order in which they are shown. */
export const peerTitles = {
  lane: "Portside, lane",
  stdio: "Portside, stdio",
  bare: "bare stdio",
  barelane: "bare lane",
  baresocket: "bare lane, WebSocket",
  wisp: "wisp-js",
  websockify: "websockify",
  native: "native",
  floor: "Go client",
  firefox: "Firefox, lane",
  firefoxstdio: "Firefox, stdio",
  firefoxwisp: "Firefox, wisp-js",
  firefoxwebsockify: "Firefox, websockify",
} as const;
export type PeerKey = keyof typeof peerTitles;
export const peerKeys = Object.keys(peerTitles) as PeerKey[];

export interface Processes {
  /** The host or the relay, with all that it started. Empty if there is none. */
  relay: number[];
  /** The browser's processes without the host. Empty for a client without a browser. */
  browser: number[];
}

/** A peer that runs. Its measures are asked for one after the other. */
export interface Peer {
  readonly key: PeerKey;
  readonly udp: boolean;
  /** Whether a page can read into a buffer of its own. */
  readonly byob: boolean;
  /** Whether its API says when a connection is open, as opposed to when a relay has taken the wish. */
  readonly saysOpen: boolean;
  /** How much of the planned number of idle sockets it is to hold, 0 to 1: less where each one is a process of its own. */
  readonly idleShare: number;
  /** The stages that it takes part in, by the figure they show; absent: all. */
  readonly only?: readonly MetricKey[];
  /** Bytes in one write. */
  readonly chunk: number;
  /** Rejects after `limit` milliseconds. */
  measure<M extends MeasureName>(name: M, args: Args<M>, limit: number): Promise<Result<M>>;
  processes(): Processes;
  /** Has the browser collect its garbage. */
  collect(): Promise<void>;
  /** Begins again in a new page, after a measure has failed. */
  renew(): Promise<void>;
  /** Why the figures since the last call are not this peer's, or "". */
  doubt(): string;
}

/** Where peers start: what they share. */
export interface Scene {
  life: Life;
  far: Far;
  pages: Pages;
  /** The page script. */
  script: string;
}

/** The usual size of a write, in bytes. */
export const usualChunk = 65_536;
