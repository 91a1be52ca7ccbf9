// The open sockets of a tab, as the toolbar knows them.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { installBrowser } from "../../fake/browser.ts";
import type { HostConnection } from "../host/host.ts";
import type { LiveSocket } from "./activity.ts";

installBrowser();
const { Activity } = await import("./activity.ts");

let changed: number[];
beforeEach(() => {
  changed = [];
});

function socketIn(tabId: number, encryption: LiveSocket["encryption"] = "off"): Omit<LiveSocket, "key"> {
  return {
    sender: { origin: "https://a.test", documentId: "one", tabId, windowId: 1, private: false },
    ...{ protocol: "tcp", kind: "connect", host: "mail.example", port: 993, encryption, since: 1, socketId: 1 },
    connection: undefined as unknown as HostConnection,
    close: () => undefined,
  };
}

test("every open socket is there, of its own tab, for as long as it is open", () => {
  const activity = new Activity((tabId) => changed.push(tabId));
  const [a, b, other] = [1, 1, 2].map((tabId) => activity.opened(socketIn(tabId))) as [
    LiveSocket,
    LiveSocket,
    LiveSocket,
  ];
  assert.deepEqual([activity.socketsOf(1), activity.socketsOf(2), activity.socketsOf(3)], [[a, b], [other], []]);
  assert.equal(new Set([a.key, b.key, other.key]).size, 3);
  activity.closed(a);
  assert.deepEqual([activity.socketsOf(1), activity.socketsOf(2)], [[b], [other]]);
  assert.deepEqual(changed, [1, 1, 2, 1]);
  activity.closed(a);
  assert.deepEqual(changed, [1, 1, 2, 1], "an end that was told before");
});

test("an upgrade to TLS shows, and is told", () => {
  const activity = new Activity((tabId) => changed.push(tabId));
  const live = activity.opened(socketIn(1, "starttls"));
  activity.upgraded(live);
  assert.deepEqual([activity.socketsOf(1)[0]?.encryption, changed], ["upgraded", [1, 1]]);
});

test("a toolbar that cannot be told keeps no socket from opening or ending", (t) => {
  t.mock.method(console, "error", () => undefined);
  const activity = new Activity(() => {
    throw new Error("there is no toolbar");
  });
  const live = activity.opened(socketIn(1));
  assert.deepEqual(activity.socketsOf(1), [live]);
  activity.closed(live);
  assert.deepEqual(activity.socketsOf(1), []);
});
