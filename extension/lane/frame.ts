// The frame that has a document's lane: it shows the broker's key, and starts the worker that carries the bytes.
//
// It has no authority, and decides nothing. Whoever embeds it gets nothing from it but what a key of the broker's is good for, once; port and
// ticket come from the broker, and stay here and in the worker.

import { ext } from "../shared/ext.ts";
import { isKey } from "./key.ts";
import type { LaneOpenResult } from "../../protocol/message.ts";

// One message is looked at. Our content script has one to send, and no page can reach a frame that it has made; a page that embeds the frame
// itself may post as much as it likes.
addEventListener("message", function hear(event: MessageEvent<unknown>) {
  if (event.source !== parent) return;
  removeEventListener("message", hear);
  const [page] = event.ports;
  const { data } = event; // what is not asked for is not even copied
  if (page === undefined || !isKey(data)) return;
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
