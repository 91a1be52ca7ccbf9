// The history of connections: off to begin with, bounded, for seven days, and never of private windows.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { FakeClock, settled } from "../../fake/clock.ts";
import { installStorage } from "../../fake/storage.ts";
import type { LiveSocket } from "./activity.ts";

const { local } = installStorage();
const clock = new FakeClock().install();
const { History, bounds, clearHistory, isHistoryKept, keepHistory, listHistory } = await import("./history.ts");
const { tryToWrite } = await import("../../storage/store.ts");
const day = 86_400_000;
const history = new History();

function opens(more: Partial<LiveSocket> & { origin?: string; private?: boolean } = {}): void {
  const { origin = "https://a.test", private: isPrivate = false, ...socket } = more;
  history.note({
    ...{ kind: "connect", protocol: "tcp", host: "mail.example", port: 993, encryption: "on", since: clock.now },
    ...socket,
    sender: { origin, documentId: "1", tabId: 1, windowId: 1, private: isPrivate },
  } as LiveSocket);
}
const listed = async (): Promise<string[]> => {
  await clock.advance(2_000);
  return (await listHistory()).map(({ origin, host, count }) => `${origin} ${host} ${count.toString()}`);
};

beforeEach(async () => {
  local.quota = Infinity;
  local.stored.clear();
  await keepHistory(true);
});

test("it is off unless it is switched on", async () => {
  local.stored.clear();
  assert.equal(await isHistoryKept(), false);
  opens();
  assert.deepEqual(await listed(), []);
  await keepHistory(true);
  opens();
  assert.deepEqual(await listed(), ["https://a.test mail.example 1"]);
  await keepHistory(false);
  opens();
  assert.deepEqual(await listed(), ["https://a.test mail.example 1"], "what is there stays");
});

test("what repeats on a day is one line; the latest comes first", async () => {
  opens();
  await clock.advance(10);
  opens({ host: "other.example" });
  await clock.advance(10);
  opens();
  assert.deepEqual(await listed(), ["https://a.test mail.example 2", "https://a.test other.example 1"]);
  await clock.advance(day);
  opens({ host: "other.example" });
  assert.equal((await listed())[0], "https://a.test other.example 1");
  assert.equal((await listHistory()).length, 3);
});

test("private windows, and what others connect to a page, are not in it", async () => {
  opens({ private: true });
  opens({ kind: "accepted" });
  assert.deepEqual(await listed(), []);
  assert.doesNotMatch(JSON.stringify([...local.stored]), /mail\.example/);
});

test("after seven days it is gone, from the disk as well; what is from a time to come, too", async () => {
  opens();
  await clock.advance(7 * day - 3_000);
  assert.equal((await listed()).length, 1);
  await clock.advance(2_000);
  assert.deepEqual(await listed(), []);
  await history.tidy();
  assert.deepEqual(local.stored.get("history"), []);
  opens();
  await listed();
  clock.set(clock.now - 30 * day);
  assert.deepEqual(await listed(), []);
});

test("a site that connects to much pushes out its own, and the whole has a bound", async () => {
  opens({ origin: "https://quiet.test" });
  for (let n = 0; n < 400; n++) opens({ host: `${n.toString()}.example` });
  const all = await listed();
  assert.equal(all.length, bounds.entriesOfOwner + 1);
  assert.ok(all.includes("https://quiet.test mail.example 1"), "the quiet site is gone");
  const long = "a".repeat(200);
  for (let site = 0; site < 20; site++) {
    for (let n = 0; n < 200; n++) opens({ origin: `https://s${site.toString()}.test`, host: `${long}${n.toString()}` });
    await clock.advance(2_000);
  }
  const { length } = JSON.stringify(local.stored.get("history"));
  assert.ok(length <= bounds.size + bounds.entries, length.toString());
  assert.ok((await listHistory()).length <= bounds.entries, "too many lines");
});

test("when storage is full it goes, so that what must hold has room", async () => {
  opens();
  await listed();
  local.quota = local.bytes;
  assert.equal(await tryToWrite("local", { paused: ["https://a.test"] }), true);
  assert.deepEqual(await listHistory(), []);
});

test("what cannot be written is not in it, and nothing else is the worse for it", async () => {
  local.broken = true;
  opens();
  assert.deepEqual(await listed(), []);
  local.broken = false;
  opens();
  assert.deepEqual(await listed(), ["https://a.test mail.example 1"]);
});

test("it is cleared at once, and what is no history is none", async () => {
  opens();
  await listed();
  await clearHistory();
  assert.equal(local.stored.has("history"), false);
  local.put({ history: [{ origin: 1 }, null, "x"] });
  assert.deepEqual(await listHistory(), []);
  await settled();
});
