// A page gives its worker sockets.

import type { Handover, ToPage } from "./worker/messages.ts";
import { open, type PageSockets, type Relays } from "./worker/relay.ts";

/** What is used of a Worker. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: Transferable[]): void;
}

/** The page's global object. */
type Page = PageSockets & { readonly navigator?: { readonly locks?: LockManager } };

/**
 * Has a dedicated worker that imports "portside/worker" use this page's sockets. They are the page's: it takes its gestures,
 * its user is asked, its headers count, and its limits. They close when the worker ends, and when the function that is
 * returned is called.
 */
export function exposeSockets(worker: WorkerLike, page = globalThis as unknown as Page): () => void {
  const relays: Relays = new Set();
  const { port1, port2 } = new MessageChannel();
  const lock = `portside-worker-${crypto.randomUUID()}`;
  const stop = (): void => {
    port1.close();
    for (const relay of [...relays]) relay.end();
  };
  port1.onmessage = ({ data }: MessageEvent<ToPage>) => {
    if (data.is === "open") open(page, data.open, relays);
    // A port does not tell that the worker at its other end is gone; the worker's lock does.
    else void page.navigator?.locks?.request(lock, stop);
  };
  const handover: Handover = { portside: "sockets", port: port2, lock };
  worker.postMessage(handover, [port2]);
  return stop;
}
