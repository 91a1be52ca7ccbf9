// The document's lane in Chromium: a frame of the extension's in the page, which may reach the host on loopback where the page may not.
//
// The frame sits in a closed shadow root, and is a document of another origin: the page can take it away, and see that it is there, but
// neither look into it nor speak with it. What it hears from us goes to documents of our origin only.

import { ext } from "../shared/ext.ts";
import type { ChannelPage, DataChannel } from "./platform.ts";
import { laneTimeout, Settling } from "./settling.ts";

/** How long a socket that is open waits for the frame to load before it takes the other carrier, in ms. Then it waits for the lane. */
const loadTimeout = 2_000;

const unseen = {
  position: "fixed",
  inset: "0 auto auto 0",
  width: "1px",
  height: "1px",
  overflow: "clip",
  opacity: "0",
  "pointer-events": "none",
};

export class LaneFrame implements DataChannel {
  readonly #element: HTMLElement;
  readonly #settling = new Settling();

  /** The key is the broker's, for one frame. */
  constructor(key: string, channel: Pick<ChannelPage, "up">) {
    const element = (this.#element = document.createElement("div"));
    const frame = document.createElement("iframe");
    const { port1, port2 } = new MessageChannel();
    // Pages with COEP take no frame whose address leads on to another one, as ours does, unless it is without credentials. It needs none.
    frame.setAttribute("credentialless", "");
    frame.src = ext.runtime.getURL("lane/frame.html"); // an address that no page knows (use_dynamic_url)
    // Nothing to see, and nothing to come across by keyboard or by ear. It takes part in the layout all the same: Chromium gives the process of
    // a frame that is not rendered a low priority.
    element.style.cssText = Object.entries(unseen)
      .map(([name, value]) => `${name}: ${value} !important`)
      .join(";");
    element.inert = true;
    element.ariaHidden = "true";
    port1.onmessage = ({ data }: MessageEvent<{ type: "lane" | "laneLost" }>) => {
      port1.onmessage = null;
      if (data.type === "lane") channel.up(port1);
      this.#settling.settle();
    };
    frame.addEventListener(
      "load",
      () => {
        // Its address names the extension by an id of this session's; its origin is the extension's own.
        frame.contentWindow?.postMessage(key, new URL(ext.runtime.getURL("")).origin, [port2]);
        this.#settling.within(laneTimeout);
      },
      { once: true },
    );
    element.attachShadow({ mode: /*rule:lane-frame-in-closed-shadow*/ "closed" }).append(frame);
    document.documentElement.append(element);
    this.#settling.within(loadTimeout);
  }

  settled(next: () => void): void {
    this.#settling.once(next);
  }

  lost(): void {
    this.#settling.settle();
    this.#element.remove();
  }

  remove(): void {
    this.#settling.end();
    this.#element.remove();
  }
}
