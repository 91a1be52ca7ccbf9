// The far end, from the harness's side: starts the Go program (far/), and asks it what has arrived.
import type { Life } from "../e2e/world/life.ts";
import { sleep } from "../e2e/world/wait.ts";
import { programs } from "./places.ts";
import { Asked } from "./program.ts";

export interface SinkReport {
  bytes: number;
  wrongAt: number;
  firstNs: number;
  lastNs: number;
  sha256?: string;
}

export interface DatagramReport {
  count: number;
  bytes: number;
  firstNs: number;
  lastNs: number;
}

/** What has arrived of one transfer over several connections. */
export interface Arrival {
  bytes: number;
  /** From the first byte of any to the last byte of all, in milliseconds, on the far end's clock. */
  ms: number;
  /** Bytes that were sent and did not come. */
  missing: number;
  /** Reports whether every byte was the pattern's. */
  right: boolean;
}

/** How long nothing may arrive before what is missing counts as lost, in milliseconds. */
const patience = 3_000;
const datagramPatience = 500;
const limit = 5_000;

export class Far {
  readonly address: string;
  readonly tcp: number;
  readonly udp: number;
  readonly #program: Asked;
  #nextId = 1;

  private constructor(program: Asked, address: string, tcp: number, udp: number) {
    this.#program = program;
    this.address = address;
    this.tcp = tcp;
    this.udp = udp;
  }

  /** Starts it on this computer, or by a command that puts it on another machine, at an address of that one. */
  static async start(life: Life, by: readonly string[] = [], address = "127.0.0.1"): Promise<Far> {
    const program = await Asked.start(life, "far end", [...by, programs.far, address]);
    const { tcp, udp } = (await program.next(limit)) as { tcp: number; udp: number };
    return new Far(program, address, tcp, udp);
  }

  get pid(): number {
    return this.#program.process.pid;
  }

  /** The first of `count` numbers that nobody has used for a sink or a run of datagrams. */
  newIds(count: number): number {
    const first = this.#nextId;
    this.#nextId += count;
    return first;
  }

  async sink(id: number): Promise<SinkReport> {
    return (await this.#program.ask({ ask: "sink", id }, limit)) as SinkReport;
  }

  async datagrams(id: number): Promise<DatagramReport> {
    return (await this.#program.ask({ ask: "datagrams", id }, limit)) as DatagramReport;
  }

  /** Waits until all `sent` datagrams have come, or for half a second none. */
  async datagramArrival(id: number, sent: number): Promise<DatagramReport> {
    let [last, since] = [-1, Date.now()];
    for (;;) {
      const report = await this.datagrams(id);
      if (report.count > last) [last, since] = [report.count, Date.now()];
      if (report.count >= sent || Date.now() - since > datagramPatience) return report;
      await sleep(10);
    }
  }

  /** Waits until all that was sent to the sinks `firstId` and following has come, or nothing more comes. */
  async arrival(firstId: number, sent: readonly number[]): Promise<Arrival> {
    const wanted = sent.reduce((a, b) => a + b, 0);
    let [last, since] = [-1, Date.now()];
    for (;;) {
      const reports: SinkReport[] = [];
      for (let i = 0; i < sent.length; i++) reports.push(await this.sink(firstId + i));
      const bytes = reports.reduce((sum, report) => sum + report.bytes, 0);
      if (bytes > last) [last, since] = [bytes, Date.now()];
      if (bytes >= wanted || Date.now() - since > patience) {
        const used = reports.filter((report) => report.bytes > 0);
        const first = Math.min(...used.map(({ firstNs }) => firstNs));
        const end = Math.max(...used.map(({ lastNs }) => lastNs));
        return {
          bytes,
          ms: used.length === 0 ? 0 : (end - first) / 1e6,
          missing: wanted - bytes,
          right: reports.every((report, i) => report.wrongAt < 0 && report.bytes === sent[i]),
        };
      }
      await sleep(10);
    }
  }
}
