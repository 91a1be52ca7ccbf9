// What a document hears when it does not get what it asked for, and what the toolbar and the audit log hear.

import type { BaseSocket } from "./base_socket.ts";
import type { Gesture } from "../consent/gestures.ts";
import { HostError, HostUnavailable } from "../host/host.ts";
import { openSetupPage } from "../host/setup.ts";
import { Refusal, noGesture } from "../intake/refusal.ts";
import { Invalid } from "./host_options.ts";
import { refusalDelay } from "./refusal_delay.ts";
import { reasonOf } from "./refusals.ts";
import type { SocketHome } from "./socket_home.ts";
import { pageError } from "../../../protocol/page.ts";

/** The user has paused the site. */
export function pausedRefusal(): Refusal {
  return new Refusal("paused", "paused", /*rule:pause-refusal-is-delayed*/ { hidden: true });
}

/** Without a host: with a gesture the user sees what to do, and without one no page is to learn whether there is a host. */
export function explained(socket: BaseSocket, error: unknown, gesture: Gesture): unknown {
  if (!(error instanceof HostUnavailable)) return error;
  if (/*rule:setup-page-needs-gesture*/ gesture.take()) void openSetupPage(error.problem);
  else if (!socket.known) return noGesture();
  return error;
}

/**
 * Reports whether the document is to ask again with a gesture, and tells it so. Where it would be refused for want of one it waits. So it does
 * where it would be refused for a reason that a page cannot know: else a page that waits would know that it is for a gesture.
 */
export function waitsForGesture(
  home: SocketHome,
  socket: BaseSocket,
  error: unknown,
  { waits }: { waits?: boolean },
  gesture: Gesture | undefined,
): boolean {
  if (waits !== true || !(error instanceof Refusal) || socket.withdraw.signal.aborted || gesture === undefined)
    return false;
  //rule:hidden-refusals-wait-alike
  if (error.rule !== "activation" && !error.hidden) return false;
  //rule:waiting-open-uses-gesture-up
  if (gesture.take()) return false;
  socket.refused();
  if (socket.end()) {
    socket.print("waits");
    home.tell({ type: "gestureWanted", id: socket.id });
  }
  return true;
}

/** The socket is not opened, because of `error`. `started`: when the document asked for it (performance.now()). */
export async function refuse(home: SocketHome, socket: BaseSocket, error: unknown, started: number): Promise<void> {
  const { id, withdraw } = socket;
  socket.refused();
  if (error instanceof Refusal && /*rule:hidden-refusals-are-delayed*/ error.hidden)
    await refusalDelay(started, withdraw.signal);
  const withdrawn = withdraw.signal.aborted && socket.stopped === undefined;
  const reason = socket.reason(error);
  if (home.has(socket) && !withdrawn) socket.failed("open", reasonOf(error));
  if (!socket.end()) return;
  if (!withdrawn && !(error instanceof Invalid)) socket.print(socket.lineOf(error) ?? "network");
  if (withdrawn) {
    home.tell({ type: "failed", id, error: pageError("AbortError") });
  } else if (error instanceof Invalid) {
    home.tell({ type: "failed", id, error: { name: "TypeError", message: error.message } });
  } else if (error instanceof Refusal) {
    home.tell({ type: "failed", id, error: pageError("NotAllowedError") });
    const { protocol, host, port, kind } = socket.attempt();
    const asked = { remoteAddress: host, remotePort: port };
    void home.shared.audit.refused(home.sender, protocol, asked, error.rule, kind !== undefined, error.by);
  } else if (error instanceof HostError && error.data !== undefined) {
    home.tell({ type: "failed", id, error: /*rule:page-errors-are-uniform*/ pageError(error.data.name, reason) });
  } else {
    if (!(error instanceof HostUnavailable)) console.error(error);
    home.tell({ type: "failed", id, error: pageError("NetworkError", reason) });
  }
}
