// Carries the bytes of one document: from the page's port to the host's WebSocket and back, frame by frame. The other half of frame.ts.
//
// What comes from the host moves to a stream when the host offers one, and says when.

import { laneMessages, laneReader } from "../../protocol/lane.ts";
import {
  laneProtocol,
  laneStreamBegins,
  laneStreamProtocol,
  laneStreamReady,
  ticketPrefix,
} from "../../protocol/message.ts";
import type { LaneEvent, LaneRequest } from "../../protocol/lane.ts";
import type { LaneOpenResult } from "../../protocol/message.ts";
import { openStream, streamOffer, type MessageStream } from "./stream.ts";

addEventListener(
  "message",
  ({ data: { port, ticket }, ports: [page] }: MessageEvent<LaneOpenResult>) => {
    if (page === undefined) return;
    const host = new WebSocket(`ws://127.0.0.1:${port.toString()}/`, [
      laneStreamProtocol,
      laneProtocol,
      ticketPrefix + ticket,
    ]);
    host.binaryType = "arraybuffer";
    host.onopen = () => {
      page.onmessage = ({ data: request }: MessageEvent<LaneRequest>) => {
        for (const message of laneMessages(request)) host.send(message);
      };
      page.postMessage({ type: "lane" });
    };
    const read = laneReader();
    /** Takes one message of the host's. */
    const take = (message: ArrayBuffer): void => {
      const event: LaneEvent | undefined = read(message);
      if (event !== undefined) page.postMessage(event, event.type === "data" ? [event.data] : []);
    };
    /** Not a byte is to be missing without a word. */
    const fail = (): void => {
      host.close();
    };
    /** The stream that was asked for: undefined if it cannot be had. */
    let stream: Promise<MessageStream | undefined> | undefined;
    const hear = (text: string): void => {
      const offer = streamOffer(text);
      if (offer !== undefined) {
        stream = openStream(offer).catch(() => undefined); // then it goes on as it is
        void stream.then((opened) => {
          if (opened !== undefined) host.send(laneStreamReady);
        });
      } else if (text === laneStreamBegins && stream !== undefined) void stream.then(follow).catch(fail);
      else fail();
    };
    /** Takes messages from the stream for as long as it lasts. */
    const follow = async (messages: MessageStream | undefined): Promise<void> => {
      if (messages === undefined) throw new Error("there is no stream");
      for (;;) take(await messages.next());
    };
    host.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      try {
        if (typeof data === "string") hear(data);
        else take(data);
      } catch {
        fail();
      }
    };
    host.onclose = () => {
      page.postMessage({ type: "laneLost" });
      postMessage("over");
    };
  },
  { once: true },
);
