// Handshakes of frames, with a browser of our own.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import "../../fake/globals.ts";
import { installStorage } from "../../fake/storage.ts";

installStorage();
mock.method(performance, "now", () => 0);
mock.method(console, "error", () => undefined);
type Listener = (message: unknown, sender: object) => unknown;
let onMessage: Listener = () => undefined;
const silent = { addListener: () => undefined };
const frames: { frameId: number; parentFrameId: number; documentId: string }[] = [
  { frameId: 0, parentFrameId: -1, documentId: "page" },
  { frameId: 2, parentFrameId: 0, documentId: "widget" },
];
Object.assign((globalThis as { chrome?: object }).chrome ?? {}, {
  runtime: { id: "us", onMessage: { addListener: (listener: Listener) => (onMessage = listener) } },
  tabs: { onRemoved: silent, onReplaced: silent, onUpdated: silent, query: () => Promise.resolve([]) },
  webNavigation: { getAllFrames: () => Promise.resolve(frames) },
});
// Node 20 has none of these.
(Promise as { withResolvers?: unknown }).withResolvers ??= () => {
  let [resolve, reject]: unknown[] = [];
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
};
const { heldBy, watchHandshakes } = await import("./handshake.ts");
watchHandshakes();

const tab = { id: 1, url: "https://page.test/", incognito: false };
const sender = (documentId: string, origin: string, frameId: number): object => ({
  id: "us",
  documentId,
  origin,
  frameId,
  tab,
  url: `${origin}/`,
});
let last = 0;
const fresh = (): string => (++last).toString().padStart(36, "0");

test("a frame that speaks without end uses up nothing of the page's, and pushes out nothing of other frames'", async () => {
  const ad = sender("ad", "https://ad.test", 1);
  const nonce = fresh();
  onMessage({ type: "child", nonce }, sender("widget", "https://widget.test", 2));
  for (let n = 0; n < 10_000; n++) onMessage({ type: "child", nonce: fresh() }, ad);
  onMessage({ type: "allow", nonce, found: true, allow: "direct-sockets *" }, sender("page", "https://page.test", 0));
  assert.equal((await heldBy("widget"))?.policy, "matches");
});

test("the page's own frames have what others leave, and no tab has more than its bound", async () => {
  // 2,000 go to one frame, also where no test came before this one.
  for (let n = 0; n < 10_000; n++) onMessage({ type: "child", nonce: fresh() }, sender("ad", "https://ad.test", 1));
  const other = { ...sender("other", "https://other.test", 3) };
  for (let n = 0; n < 10_000; n++) onMessage({ type: "child", nonce: fresh() }, other);
  const own = sender("widget2", "https://page.test", 4);
  frames.push({ frameId: 4, parentFrameId: 0, documentId: "widget2" });
  const nonce = fresh();
  onMessage({ type: "child", nonce }, own);
  onMessage({ type: "allow", nonce, found: true }, sender("page", "https://page.test", 0));
  assert.equal((await heldBy("widget2"))?.policy, "none");

  for (let n = 0; n < 1_000; n++) onMessage({ type: "child", nonce: fresh() }, own);
  frames.push({ frameId: 5, parentFrameId: 0, documentId: "late" });
  const late = fresh();
  onMessage({ type: "child", nonce: late }, sender("late", "https://page.test", 5));
  onMessage({ type: "allow", nonce: late, found: true }, sender("page", "https://page.test", 0));
  assert.equal(await heldBy("late"), undefined);
});
