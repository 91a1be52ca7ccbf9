// When a document gets a lane: the host and the browser are made up.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { HostConnection } from "../host/host.ts";
import type { Sender } from "../intake/sender.ts";

Object.assign(globalThis, {
  chrome: { runtime: { id: "ours", getURL: (path: string) => `chrome-extension://ours/${path}` } },
});
mock.timers.enable({ apis: ["setTimeout"] });
const { DocumentLane, Lanes } = await import("./lanes.ts");
const { DocumentLaneAccount } = await import("./lane_account.ts");
const firefox = await import("../../platform/firefox.ts");

const account = (): InstanceType<typeof DocumentLaneAccount> =>
  new DocumentLaneAccount(
    () => undefined,
    () => undefined,
  );

const sender: Sender = { origin: "https://a.test", documentId: "one", tabId: 1, windowId: 1, private: false };

/** A document, a host that refuses as long as `refuses`, and what takes the frame of the last lane away. */
function world(): { wanted: () => Promise<boolean>; host: { refuses: boolean; asked: number }; takeAway: () => void } {
  const host = { refuses: false, asked: 0 };
  const connection = {
    hello: { capabilities: ["lane"] },
    request: () => {
      host.asked++;
      return host.refuses
        ? Promise.reject(new Error("too many lanes"))
        : Promise.resolve({ port: 1, ticket: "ticket" });
    },
  } as unknown as HostConnection;
  const lanes = new Lanes();
  let takeAway: () => void = () => undefined;
  const lane = new DocumentLane(
    sender,
    lanes,
    (message) => {
      if (message.type !== "lane") return;
      const port = {
        sender: { id: "ours", url: "chrome-extension://ours/lane/frame.html", tab: { id: 1 } },
        onDisconnect: { addListener: (gone: () => void) => (takeAway = gone) },
        postMessage: () => undefined,
        disconnect: () => undefined,
      } as unknown as chrome.runtime.Port;
      lanes.connect(port, message.key);
    },
    () => Promise.resolve(),
    account(),
  );
  return {
    wanted: () => lane.wanted(connection),
    host,
    takeAway: () => {
      takeAway();
    },
  };
}

test("a host that has no lane for a while costs the document none", async () => {
  const { wanted, host } = world();
  host.refuses = true;
  for (let n = 1; n <= 5; n++) {
    assert.equal(await wanted(), false);
    assert.equal(host.asked, n, "each socket asks once");
  }
  host.refuses = false;
  assert.equal(await wanted(), true);
});

test("a page that takes the frame away gets three lanes in all", async () => {
  const { wanted, host, takeAway } = world();
  for (let n = 0; n < 3; n++) {
    host.refuses = true;
    assert.equal(await wanted(), false);
    host.refuses = false;
    assert.equal(await wanted(), true);
    takeAway();
  }
  assert.equal(await wanted(), false);
});

test("a key is good for a frame of ours, in the tab that it was made for, once and for ten seconds", () => {
  const lanes = new Lanes();
  const frame = { id: "ours", url: "chrome-extension://ours/lane/frame.html", tab: { id: 1 } };
  /** Whether somebody who shows the key gets the lane. */
  const gets = (key: string, sender: object): boolean => {
    const [told, sentAway] = [mock.fn(), mock.fn()];
    const onDisconnect = { addListener: () => undefined };
    lanes.connect({ sender, onDisconnect, postMessage: told, disconnect: sentAway } as never, key);
    assert.equal(told.mock.callCount() + sentAway.mock.callCount(), 1);
    return told.mock.callCount() === 1;
  };
  const what = { way: { port: 1, ticket: "ticket" }, account: account(), ended: () => undefined };
  const offer = (): string => lanes.offer({ tabId: 1, documentId: "one" }, what).key;
  const key = offer();
  assert.equal(gets("another", frame), false);
  assert.equal(gets(key, { ...frame, url: "https://a.test/" }), false, "a content script's");
  assert.equal(gets(key, { ...frame, url: "chrome-extension://ours/ui/popup.html" }), false, "another page of ours");
  assert.equal(gets(key, { ...frame, id: "theirs" }), false, "another extension's");
  assert.equal(gets(key, { ...frame, tab: { id: 2 } }), false, "in another tab");
  assert.equal(gets(key, frame), true);
  assert.equal(gets(key, frame), false, "once more");
  const late = offer();
  mock.timers.tick(10_000);
  assert.equal(gets(late, frame), false, "late");
});

test("where the background has the lane, a key is good for the very document that it was made for, once and for ten seconds", () => {
  const given: unknown[] = [];
  const lanes = new Lanes({
    ...firefox.background.lane,
    give: (_, way) => {
      given.push(way);
      return () => undefined;
    },
  });
  const way = { port: 1, ticket: "ticket" };
  const offer = (): string =>
    lanes.offer({ tabId: 1, documentId: "one" }, { way, account: account(), ended: () => undefined }).key;
  const document = { id: "ours", url: "https://a.test/", documentId: "one", tab: { id: 1 } };
  /** Whether somebody who shows the key gets the lane; the ticket stays here in any case. */
  const gets = (key: string, sender: object): boolean => {
    const [told, sentAway] = [mock.fn(), mock.fn()];
    const before = given.length;
    const onDisconnect = { addListener: () => undefined };
    lanes.connect({ sender, onDisconnect, postMessage: told, disconnect: sentAway } as never, key);
    assert.equal(told.mock.callCount(), 0);
    assert.equal(sentAway.mock.callCount() === 0, given.length > before);
    return given.length > before;
  };
  const key = offer();
  assert.equal(gets("another", document), false);
  assert.equal(gets(key, { ...document, documentId: "two" }), false, "another document of the tab");
  assert.equal(gets(key, { ...document, documentId: undefined }), false, "one that the browser gives no id");
  assert.equal(gets(key, { ...document, tab: { id: 2 } }), false, "in another tab");
  assert.equal(gets(key, { ...document, id: "theirs" }), false, "another extension's");
  assert.equal(gets(key, document), true);
  assert.equal(gets(key, document), false, "once more");
  const late = offer();
  mock.timers.tick(10_000);
  assert.equal(gets(late, document), false, "late");
});

test("what ends a lane in the broker ends the connection of whoever has it, and an offer that nobody has taken up", () => {
  const ended = mock.fn();
  const lanes = new Lanes({ ...firefox.background.lane, give: () => ended });
  const what = { way: { port: 1, ticket: "ticket" }, account: account(), ended: () => undefined };
  const sentAway = mock.fn();
  const port = {
    sender: { id: "ours", documentId: "one", tab: { id: 1 } },
    onDisconnect: { addListener: () => undefined },
    disconnect: sentAway,
  } as never;
  const taken = lanes.offer({ tabId: 1, documentId: "one" }, what);
  lanes.connect(port, taken.key);
  assert.equal(ended.mock.callCount(), 0);
  taken.end();
  assert.equal(ended.mock.callCount(), 1);
  assert.equal(sentAway.mock.callCount(), 0);
  const open = lanes.offer({ tabId: 1, documentId: "one" }, what);
  open.end();
  lanes.connect(port, open.key);
  assert.equal(sentAway.mock.callCount(), 1, "nobody is let in by it");
});
