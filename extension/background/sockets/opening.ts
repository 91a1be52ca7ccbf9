// A socket is open from the host's yes on, and the user can see and end it from the moment that the broker has it in its lists. Nothing may
// fail in between and leave it open with nobody to know of it.

import { HostError } from "../host/host.ts";
import type { HostConnection } from "../host/host.ts";
import type { Hosts } from "../host/hosts.ts";

/** The code of an answer to an open (docs/PROTOCOL.md, "Errors"). */
const otherVerdict = 2;

/**
 * Asks the host for a socket, and does with its answer what there is to do. If anything fails but the host's own refusal, `release` is called:
 * the host may have the socket open.
 */
export async function open<T>(ask: () => Promise<T>, use: (result: T) => void, release: () => void): Promise<void> {
  try {
    use(await ask());
  } catch (error) {
    //rule:failed-open-ends-host-socket
    if (!isRefusal(error)) release();
    throw error;
  }
}

/** Reports whether the host has said no, and so has no socket open. An answer that is not understood may have been a yes. */
export function isRefusal(error: unknown): boolean {
  if (isOutdated(error)) return true;
  return error instanceof HostError && /*rule:unclear-open-ends-host-socket*/ error.data !== undefined;
}

/** Reports whether the host has opened nothing, since it says something else of the destination than what the open was decided by. */
export function isOutdated(error: unknown): boolean {
  return error instanceof HostError && error.code === otherVerdict;
}

/** A socket to be, by its number at a host. */
export interface Place {
  connection: HostConnection;
  socketId: number;
}

/** The host may have died while the user was thinking: then another one is asked, and `at` is there. */
export async function reconnected(hosts: Hosts, at: Place, signal: AbortSignal): Promise<void> {
  if (at.connection.alive) return;
  hosts.forget(at.connection, at.socketId);
  at.connection = await hosts.connect();
  at.socketId = hosts.reserve(at.connection);
  signal.throwIfAborted();
}
