// How the page script gets its port: the content script hands it over in an event, before page scripts run (see protocol/page.ts).

import { addListener, messagePorts, preventDefault, removeListener, stopImmediate } from "../builtins.ts";
import { handoverEvent } from "../../../protocol/page.ts";

/**
 * Takes the port from the content script, and calls `ready` with it. Call once, before any page script can run. Without a content script
 * (one that serves this document already, or none that may) nothing happens. What `ready` returns is called at each event of this kind after that,
 * until what it is given is called: perhaps another content script hands over a port to another copy of this script, perhaps a page makes one up.
 */
export function takePort(window: EventTarget, ready: (port: MessagePort) => (stop: () => void) => void): void {
  let again: ((stop: () => void) => void) | undefined;
  const hear = (event: Event): void => {
    if (again !== undefined) {
      again(stop);
      return;
    }
    stopImmediate(event);
    preventDefault(event); // tells the content script that its port was taken
    const received = messagePorts(event)[0];
    if (received !== undefined) again = ready(received);
  };
  const stop = (): void => {
    removeListener(window, handoverEvent, hear, true);
  };
  addListener(window, handoverEvent, hear, true);
}
