// How the page script gets its port: the content script hands it over in an event, before page scripts run (see protocol/page.ts).

import { addListener, messagePorts, preventDefault, stopImmediate } from "../builtins.ts";
import { handoverEvent } from "../../../protocol/page.ts";

/**
 * Takes the port from the content script, and calls `ready` with it. Call once, before any page script can run. Without a content script
 * (one that serves this document already, or none that may) nothing happens. `replaced` is called when another one hands over a port to another copy
 * of this script: the extension was loaded again, and Firefox has ended the content script of before without a word.
 */
export function takePort(window: EventTarget, ready: (port: MessagePort) => void, replaced: () => void): void {
  const once = { once: true, capture: true } as const;
  addListener(
    window,
    handoverEvent,
    (event) => {
      stopImmediate(event);
      preventDefault(event); // tells the content script that its port was taken
      addListener(window, handoverEvent, replaced, once);
      const received = messagePorts(event)[0];
      if (received !== undefined) ready(received);
    },
    once,
  );
}
