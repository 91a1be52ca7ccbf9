// The frame that has a document's lane: it brings the host's frames to the page, and the page's words to the host.
//
// It has no authority, and decides nothing. Whoever embeds it gets nothing from it but what a key of the broker's is good for, once; port and
// ticket come from the broker, and stay here.

import { ext } from "../ext.ts";
import { laneEvent, laneFrame, laneProtocol, ticketPrefix } from "../../protocol/lane.ts";
import type { LaneRequest } from "../../protocol/lane.ts";
import type { LaneOpenResult } from "../../protocol/message.ts";

/** Keys that are tried: a page may post what it likes before ours comes. */
let attempts = 8;

addEventListener("message", ({ source, data, ports }: MessageEvent<unknown>) => {
  const [page] = ports;
  if (source !== parent || typeof data !== "string" || page === undefined || attempts === 0) return;
  attempts--;
  const broker = ext.runtime.connect({ name: `lane:${data}` });
  broker.onMessage.addListener((way: LaneOpenResult) => {
    bring(way, page, broker);
  });
});

/** Connects the page's port to the host. Ends when either end does, or the broker. */
function bring({ port, ticket }: LaneOpenResult, page: MessagePort, broker: chrome.runtime.Port): void {
  const host = new WebSocket(`ws://127.0.0.1:${port.toString()}/`, [laneProtocol, ticketPrefix + ticket]);
  host.binaryType = "arraybuffer";
  host.onopen = () => {
    page.onmessage = ({ data: request }: MessageEvent<LaneRequest>) => {
      const frame = laneFrame(request);
      if (frame !== undefined) host.send(frame);
    };
    page.postMessage({ type: "lane" });
  };
  host.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
    const event = laneEvent(data);
    if (event !== undefined) page.postMessage(event, event.type === "data" ? [event.data] : []);
  };
  const end = (): void => {
    host.close();
    broker.disconnect();
    page.postMessage({ type: "laneLost" });
  };
  host.onclose = end;
  broker.onDisconnect.addListener(end);
}
