// The frame that has a document's lane: it shows the broker's key, and starts the worker that carries the bytes.
//
// It has no authority, and decides nothing. Whoever embeds it gets nothing from it but what a key of the broker's is good for, once; port and
// ticket come from the broker, and stay here and in the worker.

import { ext } from "../ext.ts";
import type { LaneOpenResult } from "../../protocol/message.ts";

/** Keys that are tried: a page may post what it likes before ours comes. */
let attempts = 8;

addEventListener("message", ({ source, data, ports }: MessageEvent<unknown>) => {
  const [page] = ports;
  if (source !== parent || typeof data !== "string" || page === undefined || attempts === 0) return;
  attempts--;
  const broker = ext.runtime.connect({ name: `lane:${data}` });
  broker.onMessage.addListener((way: LaneOpenResult) => {
    // A thread of its own is faster than the frame's: docs/PERFORMANCE.md has the figures.
    const worker = new Worker("worker.js");
    worker.onmessage = () => {
      broker.disconnect(); // it has ended, and told the page
      worker.terminate();
    };
    broker.onDisconnect.addListener(() => {
      worker.terminate(); // the broker tells the page
    });
    worker.postMessage(way, [page]);
  });
});
