// How the page script gets its port: the content script hands it over in an event, before page scripts run (see protocol/page.ts).

import { addListener, messagePorts, preventDefault, stopImmediate } from "../builtins.ts";
import { handoverEvent } from "../../../protocol/page.ts";

/**
 * Takes the port from the content script, and calls `ready` with it. Call once, before any page script can run. Without a content script
 * (one that serves this document already, or none that may) nothing happens.
 */
export function takePort(window: EventTarget, ready: (port: MessagePort) => void): void {
  addListener(
    window,
    handoverEvent,
    (event) => {
      stopImmediate(event);
      preventDefault(event); // tells the content script that its port was taken
      const received = messagePorts(event)[0];
      if (received !== undefined) ready(received);
    },
    { once: true, capture: true },
  );
}
