// What the toolbar is told of each kind of socket that others can send to: what a document's sockets use is made up.

import assert from "node:assert/strict";
import { test } from "node:test";
import { installBrowser } from "../../fake/browser.ts";
import type { Agreed } from "../consent/local.ts";
import type { LiveSocket } from "./activity.ts";
import type { AtHost } from "./base_socket.ts";
import type { SocketHome } from "./socket_home.ts";

installBrowser();
const { AcceptedSocket } = await import("./accepted_socket.ts");
const { BoundSocket } = await import("./bound_socket.ts");
const { ListeningSocket } = await import("./listening_socket.ts");

const told: Omit<LiveSocket, "key">[] = [];
const failed: object[] = [];
const home = {
  sender: { origin: "https://a.test", documentId: "one", tabId: 1, windowId: 1, private: false },
  shared: { activity: { opened: (live: LiveSocket) => ({ ...live, key: told.push(live) }) } },
  tell: () => undefined,
  failed: (attempt: object) => failed.push(attempt),
} as unknown as SocketHome;
const at: AtHost = { connection: undefined as unknown as AtHost["connection"], socketId: 7 };
const agreed = (kind: "listen" | "bind"): Agreed => ({
  place: { address: "192.168.1.5", reach: "network", interface: "eth0", network: "home" },
  destination: {
    kind,
    protocol: kind === "listen" ? "tcp" : "udp",
    host: "192.168.1.5",
    port: 0,
    protection: { encryption: "off" },
  },
  multicast: false,
  by: "asked",
  peers: "network",
});
const shown = (): Partial<LiveSocket> | undefined => {
  const last = told.at(-1);
  if (last === undefined) return undefined;
  const { sender: _, since: __, connection: ___, close: ____, ...rest } = last;
  return rest;
};

test("the toolbar knows where each is open, whose a connection is, and whom a bound socket may send to", () => {
  const listener = new ListeningSocket(home, 1, { localAddress: "0.0.0.0" });
  listener.opened(agreed("listen"), at, { localAddress: "192.168.1.5", localPort: 50_001 });
  const here = { host: "192.168.1.5", port: 50_001, encryption: "off", socketId: 7, reach: "network" } as const;
  assert.deepEqual(shown(), { protocol: "tcp", kind: "listen", ...here });
  const { state } = listener;
  assert.ok(state.phase === "open", "it listens");

  const accepted = new AcceptedSocket(home, 2, listener);
  const far = { remoteAddress: "192.168.1.9", remotePort: 60_000, localAddress: "192.168.1.5", localPort: 50_001 };
  accepted.opened(state.destination, state.live.key, { ...at, socketId: 8 }, { ...far, window: 1 });
  assert.deepEqual(shown(), {
    protocol: "tcp",
    kind: "accepted",
    listener: 1,
    host: "192.168.1.9",
    port: 60_000,
    encryption: "off",
    socketId: 8,
  });
  assert.deepEqual(accepted.destination, listener.destination, "it stands on the same consent");

  const bound = new BoundSocket(home, 3, { localAddress: "0.0.0.0" });
  bound.opened(agreed("bind"), at, { localAddress: "192.168.1.5", localPort: 50_001, window: 1 });
  assert.deepEqual(shown(), { protocol: "udp", kind: "bind", ...here, peers: "network" });
});

test("what fails of connections is told as the listener's, so that strangers do not fill the list", () => {
  const listener = new ListeningSocket(home, 1, { localAddress: "0.0.0.0", localPort: 40_000 });
  listener.opened(agreed("listen"), at, { localAddress: "192.168.1.5", localPort: 40_000 });
  new AcceptedSocket(home, 2, listener).failed("end", { reason: "reset" });
  assert.deepEqual(failed, [{ stage: "end", kind: "listen", protocol: "tcp", host: "192.168.1.5", port: 40_000 }]);
});
