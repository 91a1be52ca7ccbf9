// Carries the bytes of one document: from the page's port to the host's WebSocket and back, frame by frame. The other half of frame.ts.

import { laneEvent, laneFrame, laneProtocol, ticketPrefix } from "../../protocol/lane.ts";
import type { LaneRequest } from "../../protocol/lane.ts";
import type { LaneOpenResult } from "../../protocol/message.ts";

addEventListener(
  "message",
  ({ data: { port, ticket }, ports: [page] }: MessageEvent<LaneOpenResult>) => {
    if (page === undefined) return;
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
    host.onclose = () => {
      page.postMessage({ type: "laneLost" });
      postMessage("over");
    };
  },
  { once: true },
);
