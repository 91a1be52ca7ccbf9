// One run: every peer is checked, then measured in turns, so that a slow minute of the machine hits all of them.
import { createHash } from "node:crypto";
import type { Far } from "./far.ts";
import { grow } from "./idle.ts";
import { number } from "./judge.ts";
import { metrics, type MetricKey, type Values } from "./metrics.ts";
import { patternAt } from "./pattern/pattern.ts";
import { peerTitles, type Peer, type PeerKey } from "./peers/peer.ts";
import type { Plan } from "./plan.ts";
import type { Figures, Growth, GrowthStep } from "./results.ts";
import { stages } from "./stages.ts";
import { figureOf } from "./stats.ts";
import { memory } from "./usage.ts";

export interface Outcome {
  figures: Figures;
  growth: Growth;
  memory: string;
  remarks: string[];
}

/** What a host or relay may hold, in bytes. One that holds more takes everything without end: the whole run is given up. */
const mostMemory = 2 * 1024 ** 3;

/** What a measure has given. */
interface Finding {
  /** For the line on the terminal. */
  shown: string;
  values?: Values;
  growth?: GrowthStep[];
}

function patternSha256(length: number): string {
  const hash = createHash("sha256");
  const step = 1 << 20;
  for (let at = 0; at < length; at += step) hash.update(patternAt(at, Math.min(step, length - at)));
  return hash.digest("hex");
}

export class Run {
  readonly #peers: Peer[];
  readonly #plan: Plan;
  readonly #far: Far;
  readonly #write: (text: string) => void;
  readonly #stamp: () => string;
  readonly #end: number;
  readonly #values = new Map<PeerKey, Map<MetricKey, number[]>>();
  readonly #growth: Growth = {};
  readonly #remarks: string[] = [];
  #memory = "PSS";

  /** `write` gets text as it comes, in pieces of a line; `stamp` gives what a line begins with. */
  constructor(peers: readonly Peer[], plan: Plan, far: Far, write: (text: string) => void, stamp: () => string) {
    this.#peers = [...peers];
    this.#plan = plan;
    this.#far = far;
    this.#write = write;
    this.#stamp = stamp;
    this.#end = Date.now() + plan.limit;
  }

  async all(): Promise<Outcome> {
    // Memory first: before processes have grown by what bulk transfers leave behind.
    await this.#row(
      "idle sockets",
      "KiB each in host or relay",
      ({ idleShare }) => idleShare > 0,
      (peer) => this.#idle(peer),
    );
    await this.#row("every byte, SHA-256", "", any, (peer) => this.#check(peer));
    const { rounds } = this.#plan;
    for (let round = 0; round < rounds; round++) {
      for (const stage of stages) {
        const title = rounds === 1 ? stage.title : `${round + 1}/${rounds} ${stage.title}`;
        await this.#row(
          title,
          metrics[stage.shown].unit,
          (peer) => stage.fits(peer) && peer.only?.includes(stage.shown) !== false,
          async (peer) => {
            const values = await stage.run(peer, this.#plan, this.#far);
            return { shown: number(values[stage.shown] ?? NaN), values };
          },
          round,
        );
      }
    }
    return { figures: this.#figures(), growth: this.#growth, memory: this.#memory, remarks: this.#remarks };
  }

  /** One measure with every peer that it fits, begun with another one in each round. */
  async #row(
    title: string,
    unit: string,
    fits: (peer: Peer) => boolean,
    work: (peer: Peer) => Promise<Finding>,
    round = 0,
  ): Promise<void> {
    const peers = this.#peers.filter(fits);
    if (peers.length === 0) return;
    this.#write(`${this.#stamp()}${title.padEnd(28)}`);
    for (let i = 0; i < peers.length; i++) {
      const peer = peers[(i + round) % peers.length];
      if (peer === undefined) break;
      if (Date.now() > this.#end) throw new Error(`the run has taken ${this.#plan.limit / 1000} s: given up`);
      this.#write(` ${peer.key} `);
      this.#write(await this.#attempt(title, peer, work));
      this.#write(i < peers.length - 1 ? "," : "");
      const held = memory(peer.processes().relay).bytes;
      if (held > mostMemory)
        throw new Error(
          `the relay of ${peer.key} holds ${Math.round(held / 2 ** 20)} MiB: given up before the machine suffers`,
        );
    }
    this.#write(unit === "" ? "\n" : `  ${unit}\n`);
  }

  /** A measure that fails leaves a remark and a new page; a peer that cannot begin again is measured no more. */
  async #attempt(title: string, peer: Peer, work: (peer: Peer) => Promise<Finding>): Promise<string> {
    try {
      const { shown, values = {}, growth } = await work(peer);
      const doubt = peer.doubt();
      if (doubt !== "") throw new Error(`${doubt}, so its figures do not count`);
      this.#keep(peer, values);
      if (growth !== undefined) this.#growth[peer.key] = growth;
      return shown;
    } catch (error) {
      this.#remark(peer, `${title}: ${error instanceof Error ? error.message : String(error)}`);
      try {
        await peer.renew();
        peer.doubt();
      } catch (second) {
        this.#remark(peer, `it did not begin again (${String(second)}) and is left out from here on`);
        this.#peers.splice(this.#peers.indexOf(peer), 1);
      }
      return "FAILED";
    }
  }

  #remark(peer: Peer, text: string): void {
    this.#remarks.push(`${peerTitles[peer.key]}: ${text}`);
  }

  async #check(peer: Peer): Promise<Finding> {
    const bytes = this.#plan.hashBytes;
    const wanted = patternSha256(bytes);
    const limit = 60_000;
    const received = await peer.measure("receiveHash", { bytes }, limit);
    if (received.sha256 !== wanted) throw new Error("what was received has another SHA-256");
    const id = this.#far.newIds(1);
    const { sent } = await peer.measure("sendHash", { bytes, id, chunk: peer.chunk }, limit);
    await this.#far.arrival(id, sent);
    const report = await this.#far.sink(id);
    await peer.measure("release", {}, limit);
    if (report.bytes !== bytes || report.sha256 !== wanted)
      throw new Error(`of ${bytes} bytes sent ${report.bytes} arrived, or others`);
    return { shown: "right" };
  }

  async #idle(peer: Peer): Promise<Finding> {
    const { idle } = this.#plan;
    const most = idle.at(-1) ?? 0;
    const planned = peer.key === "lane" || peer.key === "stdio" ? idle : [most];
    const counts = [...new Set(planned.map((count) => Math.ceil(count * peer.idleShare)))];
    const { steps: growth, kind } = await grow(peer, counts, this.#plan);
    this.#memory = kind;
    const last = growth.at(-1);
    if (last === undefined) throw new Error("no sockets were planned");
    const relay = peer.processes().relay.length > 0 ? { idleRelay: last.relayKiB } : {};
    const shown = `${number(last.relayKiB)} (${last.sockets})`;
    return { shown, values: { ...relay, idleBrowser: last.browserKiB }, growth };
  }

  #keep(peer: Peer, values: Values): void {
    const all = this.#values.get(peer.key) ?? new Map<MetricKey, number[]>();
    this.#values.set(peer.key, all);
    for (const [key, value] of Object.entries(values) as [MetricKey, number][])
      all.set(key, [...(all.get(key) ?? []), value]);
  }

  #figures(): Figures {
    const figures: Figures = {};
    for (const [peer, all] of this.#values) {
      const own: NonNullable<Figures[PeerKey]> = {};
      for (const [key, values] of all) {
        const figure = figureOf(values);
        if (figure !== undefined) own[key] = figure;
      }
      figures[peer] = own;
    }
    return figures;
  }
}

const any = (): boolean => true;
