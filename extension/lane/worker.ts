// Carries the bytes of one document: from the page's port to the host's WebSocket and back, frame by frame. The other half of frame.ts.

import { LaneSocket } from "../shared/lane_socket.ts";
import { giveBack } from "./give_back.ts";
import type { LaneRequest } from "../../protocol/lane.ts";
import type { LaneOpenResult } from "../../protocol/message.ts";

addEventListener(
  "message",
  ({ data: way, ports: [page] }: MessageEvent<LaneOpenResult>) => {
    if (page === undefined) return;
    const host = new LaneSocket(way, {
      opened() {
        page.onmessage = ({ data: request }: MessageEvent<LaneRequest>) => {
          host.send(host.messages(request));
          if ("data" in request) giveBack(request.data);
        };
        page.postMessage({ type: "lane" });
      },
      heard(event) {
        page.postMessage(event, "data" in event ? [event.data] : []);
      },
      over() {
        page.postMessage({ type: "laneLost" });
        postMessage("over");
      },
    });
  },
  { once: true },
);
