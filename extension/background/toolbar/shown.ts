// Which sockets of a tab the popup shows. A socket that listens may have accepted hundreds of connections: of those only the oldest are shown,
// and the host is asked about no others.

import type { LiveSocket } from "../sockets/activity.ts";

/** So many connections are shown of each socket that listens, and of those of a site whose listener is closed. */
export const maxAccepted = 10;

/** Connections that were accepted and are not shown. */
export interface More {
  origin: string;
  /** The key of the socket that accepted them; absent: it is closed. */
  listener?: number;
  count: number;
}

/** Those that are shown, in their order, and how many there are besides. An accepted connection whose listener is closed names none. */
export function shownSockets(sockets: readonly LiveSocket[]): { shown: LiveSocket[]; more: More[] } {
  const listening = new Set(sockets.flatMap(({ kind, key }) => (kind === "listen" ? [key] : [])));
  const counted = new Map<string, More>();
  const shown: LiveSocket[] = [];
  for (const { listener, ...socket } of sockets) {
    const { origin } = socket.sender;
    const of = listener !== undefined && listening.has(listener) ? { origin, listener } : { origin };
    if (socket.kind === "accepted") {
      const key = JSON.stringify(of);
      const group = counted.get(key) ?? { ...of, count: 0 };
      counted.set(key, { ...group, count: group.count + 1 });
      //rule:popup-accepted-are-bounded
      if (group.count >= maxAccepted) continue;
    }
    shown.push("listener" in of ? { ...socket, listener: of.listener } : socket);
  }
  const more = [...counted.values()].flatMap(({ count, ...of }) =>
    count > maxAccepted ? [{ ...of, count: count - maxAccepted }] : [],
  );
  return { shown, more };
}
