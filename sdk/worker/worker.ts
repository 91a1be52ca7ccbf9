// `import "portside/worker"` gives a dedicated worker the constructors TCPSocket, UDPSocket and TCPServerSocket. Its page calls
// exposeSockets(worker). Import it before code of your own that listens to messages.

import type { Handover, Open, ToPage } from "./messages.ts";
import { makeSockets } from "./sockets.ts";

/** How long a socket waits for the page to call exposeSockets(), in milliseconds. */
const patience = 10_000;

/** What is used of a worker's global object. */
export interface WorkerScope {
  addEventListener(type: "message", listener: (event: MessageEvent<unknown>) => void): void;
  readonly navigator?: { readonly locks?: LockManager };
}

/** Puts the constructors on a worker's global object. */
export function install(scope: WorkerScope, wait = patience): void {
  let page: MessagePort | undefined;
  const early = new Set<Open>();
  const connect = (open: Open): void => {
    if (page !== undefined) {
      send(page, open);
      return;
    }
    early.add(open);
    setTimeout(() => {
      if (!early.delete(open)) return;
      const message = `No page has called exposeSockets() for this worker, for ${wait} ms.`;
      open.port.postMessage({ is: "failed", failure: { name: "NotAllowedError", message } });
    }, wait);
  };
  scope.addEventListener("message", (event) => {
    const data = event.data as Partial<Handover> | null;
    if (typeof data !== "object" || data?.portside !== "sockets" || !(data.port instanceof MessagePort)) return;
    event.stopImmediatePropagation();
    page = data.port;
    for (const open of early) send(page, open);
    early.clear();
    if (data.lock !== undefined) hold(page, data.lock, scope.navigator?.locks);
  });
  for (const [name, value] of Object.entries(makeSockets(connect)))
    Object.defineProperty(scope, name, { value, writable: true, configurable: true });
}

function send(page: MessagePort, open: Open): void {
  page.postMessage({ is: "open", open } satisfies ToPage, [open.port]);
}

/** Holds a lock until the worker ends, by which the page hears of that. */
function hold(page: MessagePort, lock: string, locks: LockManager | undefined): void {
  void locks?.request(lock, () => {
    page.postMessage({ is: "holding" } satisfies ToPage);
    return new Promise(() => undefined);
  });
}
