// A carrier: a port on which messages about sockets go out and come in. A document has two: the port to the content script, and the lane.
//
// Every message and every chunk of the page's sockets passes here, in both directions. So this is where a tap sees them.

import { addListener, listOf, messageData, portPost, portStart } from "../builtins.ts";
import type { LaneEvent, LaneRequest } from "../../../protocol/lane.ts";
import type { ContentMessage, OnLane, PageMessage } from "../../../protocol/page.ts";

/** What comes in on a lane. */
export type LaneMessage = LaneEvent | { type: "laneLost" };

export type CarrierKind = "port" | "lane";

/**
 * An inspector of a document's messages. It is called before a message is posted (its bytes are transferred then, and gone), and before what came in is
 * handed on. It must not change a message, nor keep its bytes without copying them, nor throw. On the lane a message's `id` is the one that the
 * socket's `opened` has as `lane`.
 */
export interface Tap {
  sent(message: PageMessage | LaneRequest, carrier: CarrierKind): void;
  received(message: ContentMessage | LaneMessage, carrier: CarrierKind): void;
}

/** Where a document's inspector is attached. */
export interface TapPoint {
  tap: Tap | undefined;
}

/** Posts a message. What is in `transfer` is gone from this side. */
export type Send<Message> = (this: void, message: Message, transfer?: Transferable[]) => void;

/** Takes a port into use: `receive` is called with each message that comes in, and its event. Returns what posts on it. */
export function openCarrier<
  Sent extends PageMessage | OnLane<LaneRequest> | LaneRequest,
  Received extends ContentMessage | OnLane<LaneMessage> | LaneMessage,
>(
  port: MessagePort,
  kind: CarrierKind,
  point: TapPoint,
  receive: (message: Received, event: Event) => void,
): Send<Sent> {
  addListener(port, "message", (event) => {
    const message = messageData(event) as Received;
    if (message.type === "onLane") point.tap?.received(message.message, "lane");
    else point.tap?.received(message, kind);
    receive(message, event);
  });
  portStart(port);
  return (message, transfer) => {
    if (message.type === "onLane") point.tap?.sent(message.message, "lane");
    else point.tap?.sent(message, kind);
    if (transfer === undefined) portPost(port, message);
    else portPost(port, message, listOf(transfer));
  };
}
