// What the page of the benchmark loads: `bench.start(peer, place)`, then `bench.measure(name, args)`.
import type { Args, MeasureName, Result } from "../measures.ts";
import type { Peer, Place } from "./link.ts";
import { measuresOf } from "./measures.ts";
import { bare, bareLane, bareSocket } from "./bare.ts";
import { native } from "./native.ts";
import { portside } from "./portside.ts";
import { websockify } from "./websockify.ts";
import { wisp } from "./wisp.ts";

const peers = { portside, bare, bareLane, bareSocket, native, websockify, wisp } satisfies Record<
  string,
  (place: Place) => Peer
>;

export interface Bench {
  start(peer: keyof typeof peers, place: Place): void;
  measure<M extends MeasureName>(name: M, args: Args<M>): Promise<Result<M>>;
}

let measures: ReturnType<typeof measuresOf> | undefined;
const bench: Bench = {
  start(peer, place) {
    measures = measuresOf(peers[peer](place));
  },
  measure(name, args) {
    if (measures === undefined) throw new Error("start() comes first");
    return measures[name](args);
  },
};
Object.assign(window, { bench });
