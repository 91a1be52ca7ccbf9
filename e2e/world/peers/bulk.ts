// The peers for big transfers. They live in a thread of their own: hashing 256 MiB must not keep the test from driving the
// browser, and driving the browser must not slow the transfer down.
import type { Life } from "../life.ts";
import { until, within } from "../wait.ts";
import { startThread } from "./thread.ts";

/** What a bulk peer tells when one of its connections is over. */
export interface Transfer {
  /** Bytes that came from the other side. */
  received: number;
  /** Their SHA-256 in hex. */
  receivedSha256: string;
  /** Bytes that went to the other side (were given to the kernel). */
  sent: number;
  /** Date.now() when the first and the last byte came or went. */
  firstByteAt: number;
  lastByteAt: number;
  closedAt: number;
  error: string | undefined;
}

export interface BulkRequest {
  behaviour: "sink" | "source" | "echo";
  seed: number;
  length: number;
}

export type BulkReport = { port: number } | { transfer: Transfer };

export interface BulkPeer {
  readonly host: string;
  readonly port: number;
  readonly transfers: readonly Transfer[];
  /** Waits for the end of the connection of this index, the first by default. */
  transfer(index?: number, timeout?: number): Promise<Transfer>;
}

async function bulkPeer(life: Life, request: BulkRequest): Promise<BulkPeer> {
  const transfers: Transfer[] = [];
  let port: number | undefined;
  const worker = startThread(new URL("./bulk-thread.ts", import.meta.url), request);
  life.onEnd(`the bulk ${request.behaviour} peer`, async () => {
    await worker.terminate();
  });
  const failed = new Promise<never>((_, reject) => worker.once("error", reject));
  failed.catch(() => undefined);
  worker.on("message", (report: BulkReport) => {
    if ("port" in report) port = report.port;
    else transfers.push(report.transfer);
  });
  const found = await Promise.race([until("the bulk peer to listen", () => port), failed]);
  return {
    host: "127.0.0.1",
    port: found,
    transfers,
    transfer: (index = 0, timeout = 60_000) =>
      within(
        `transfer ${String(index)} of the bulk ${request.behaviour} peer`,
        Promise.race([until("the transfer", () => transfers[index], { timeout }), failed]),
        timeout,
      ),
  };
}

/** Counts and hashes what comes; ends when the other side ends. */
export function bulkSinkPeer(life: Life): Promise<BulkPeer> {
  return bulkPeer(life, { behaviour: "sink", seed: 0, length: 0 });
}

/** Sends the first `length` bytes of the pattern (pattern.ts) to whoever connects, then ends. */
export function bulkSourcePeer(life: Life, { seed = 1, length }: { seed?: number; length: number }): Promise<BulkPeer> {
  return bulkPeer(life, { behaviour: "source", seed, length });
}

/** Sends everything back, counts and hashes it on the way. */
export function bulkEchoPeer(life: Life): Promise<BulkPeer> {
  return bulkPeer(life, { behaviour: "echo", seed: 0, length: 0 });
}
