// Carries the bytes of one document: from the page's port to the host's WebSocket and back, frame by frame. The other half of frame.ts.

import { laneMessages, laneReader } from "../../protocol/lane.ts";
import { firstLaneProtocol, laneProtocol, ticketPrefix } from "../../protocol/message.ts";
import { giveBack } from "./give_back.ts";
import type { LaneEvent, LaneRequest } from "../../protocol/lane.ts";
import type { LaneOpenResult } from "../../protocol/message.ts";

addEventListener(
  "message",
  ({ data: { port, ticket }, ports: [page] }: MessageEvent<LaneOpenResult>) => {
    if (page === undefined) return;
    const host = new WebSocket(`ws://127.0.0.1:${port.toString()}/`, [
      laneProtocol,
      firstLaneProtocol,
      ticketPrefix + ticket,
    ]);
    host.binaryType = "arraybuffer";
    host.onopen = () => {
      const batches = host.protocol === laneProtocol;
      page.onmessage = ({ data: request }: MessageEvent<LaneRequest>) => {
        for (const message of laneMessages(request, batches)) host.send(message);
        if ("data" in request) giveBack(request.data);
      };
      page.postMessage({ type: "lane" });
    };
    const read = laneReader();
    host.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      let event: LaneEvent | undefined;
      try {
        event = read(data);
      } catch {
        host.close(); // not a byte is to be missing without a word
        return;
      }
      if (event !== undefined) page.postMessage(event, "data" in event ? [event.data] : []);
    };
    host.onclose = () => {
      page.postMessage({ type: "laneLost" });
      postMessage("over");
    };
  },
  { once: true },
);
