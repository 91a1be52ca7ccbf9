// The document's lane in Firefox, the background's part: it has the WebSocket, since no document may reach loopback, and passes on what the content
// script says (lane_port.ts).

import { LaneSocket } from "../shared/lane_socket.ts";
import type { LaneRequest } from "../../protocol/lane.ts";
import type { LaneOpenResult } from "../../protocol/message.ts";
import type { LaneAccount } from "./platform.ts";

const isRecord = (request: unknown): request is LaneRequest => typeof request === "object" && request !== null;

/** Connects a document's port to the host. Either end closes the other; so does what is returned, both. */
export function relayLane(port: chrome.runtime.Port, way: LaneOpenResult, account: LaneAccount): () => void {
  const host = new LaneSocket(way, {
    opened() {
      port.onMessage.addListener((request: unknown) => {
        const messages = isRecord(request) ? host.messages(request) : [];
        //rule:lane-misfits-cut-off
        if (messages.length === 0) account.misfit();
        else if (account.allows(request as LaneRequest)) host.send(messages);
      });
      port.postMessage({ type: "lane" });
    },
    heard(event) {
      account.heard(event);
      port.postMessage(event);
    },
    over() {
      port.postMessage({ type: "laneLost" }); // behind all else: the document then ends the port
    },
  });
  port.onDisconnect.addListener(() => {
    host.close();
  });
  return () => {
    port.disconnect(); // of which only the other end hears
    host.close();
  };
}
