// A shelf within its bounds, over stops of the worker and writes that fail.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { installStorage } from "../../fake/storage.ts";

const { local, session } = installStorage();
const { BoundedStore } = await import("./bounded_store.ts");
mock.method(console, "error", () => undefined);

interface Note {
  at: number;
  text: string;
}
const bounds = { entries: 100, size: 200_000, entriesOfOwner: 40, sizeOfOwner: 60_000 };
const shelf = (prefix = "note:"): InstanceType<typeof BoundedStore<Note>> =>
  new BoundedStore<Note>("session", prefix, bounds);
const by = (owner: string): { owner: string; part: string } => ({ owner, part: owner });

beforeEach(() => {
  for (const area of [local, session]) {
    area.stored.clear();
    area.broken = false;
    area.quota = 10_000_000;
  }
});

test("what one site puts in without end pushes out its own, here and in storage", async () => {
  const notes = shelf();
  await notes.put("good", { at: 0, text: "kept" }, by("good"));
  for (let n = 0; n < 2_000; n++) await notes.put(n.toString(), { at: n, text: "x".repeat(n % 1_000) }, by("evil"));
  await notes.written();
  assert.equal((await notes.get("good"))?.text, "kept");
  assert.ok(session.stored.has("note:good"), "the other one went");
  assert.ok(session.stored.size <= 41, session.stored.size.toString());
  assert.ok(session.bytes <= bounds.sizeOfOwner + 2_000, session.bytes.toString());
});

test("many sites together stay within the bound of all", async () => {
  const notes = shelf();
  await notes.put("good", { at: 0, text: "kept" }, by("good"));
  for (let n = 0; n < 2_000; n++)
    await notes.put(n.toString(), { at: n, text: "x".repeat(10_000) }, by(`evil${(n % 50).toString()}`));
  await notes.written();
  assert.ok(session.bytes <= bounds.size, session.bytes.toString());
  assert.ok(session.stored.has("note:good"), "the other one went");
});

test("after a stop of the worker it is as it was, the bounds with it", async () => {
  const before = shelf();
  for (let n = 0; n < 40; n++) await before.put(n.toString(), { at: n, text: "" }, by("a"));
  await before.written();
  const after = shelf();
  await after.put("new", { at: 40, text: "" }, by("a"));
  await after.written();
  assert.equal(await after.get("0"), undefined);
  assert.equal(session.stored.has("note:0"), false);
  assert.deepEqual((await after.entries()).length, 40);
});

test("what an earlier version kept without a bound is cut to it", async () => {
  for (let n = 0; n < 3_000; n++) session.stored.set(`note:${n.toString()}`, { at: n, text: "x".repeat(1_000) });
  const notes = shelf();
  await notes.get("0");
  await notes.written();
  assert.ok(session.bytes <= bounds.size, session.bytes.toString());
  assert.ok(session.stored.has("note:2999"), "the youngest stay");
});

test("a write that fails forgets nothing as long as the worker runs", async () => {
  const notes = shelf();
  session.broken = true;
  await notes.put("a", { at: 0, text: "here" }, by("a"));
  await notes.written();
  assert.equal((await notes.get("a"))?.text, "here");
});

test("what could not be deleted is deleted with the next write, and does not come back after a stop of the worker", async () => {
  const notes = shelf();
  await notes.put("taken back", { at: 0, text: "" }, by("a"));
  await notes.written();
  const remove = mock.method(session, "remove", () => Promise.reject(new Error("IO error")));
  await notes.remove((id) => id === "taken back");
  await notes.written();
  remove.mock.restore();
  await notes.put("b", { at: 1, text: "" }, by("b"));
  await notes.written();
  assert.deepEqual([...session.stored.keys()], ["note:b"]);
  assert.equal(await shelf().get("taken back"), undefined);
});

test("what could not be written is written with a later write, and not tried with each", async () => {
  mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const notes = shelf();
  session.broken = true;
  await notes.put("a", { at: 0, text: "" }, by("a"));
  await notes.written();
  session.broken = false;
  await notes.put("b", { at: 1, text: "" }, by("b"));
  await notes.written();
  assert.deepEqual([...session.stored.keys()], ["note:b"]);
  mock.timers.tick(60_000);
  await notes.put("c", { at: 2, text: "" }, by("c"));
  await notes.written();
  assert.deepEqual([...session.stored.keys()].sort(), ["note:a", "note:b", "note:c"]);
  mock.timers.reset();
});

test("when the area is full, half of it goes, and not what is rare", async () => {
  const notes = shelf();
  await notes.put("good", { at: 0, text: "kept" }, by("good"));
  for (let n = 0; n < 40; n++) await notes.put(n.toString(), { at: n, text: "" }, by("evil"));
  await notes.written();
  session.quota = session.bytes;
  const { keep } = await import("../../storage/store.ts");
  assert.equal(await keep("session", "muted", { who: 1 }), true);
  assert.equal((await notes.get("good"))?.text, "kept");
  assert.ok(session.stored.has("note:good") && session.stored.has("muted"), "one of them went");
});

test("many at once are few writes", async () => {
  const notes = shelf();
  await notes.get("");
  session.writes = 0;
  await Promise.all([...Array(500).keys()].map((n) => notes.put(n.toString(), { at: n, text: "" }, by(n.toString()))));
  await notes.written();
  assert.ok(session.writes <= 5, session.writes.toString());
});

test("what storage.local does not take outlives a stop of the worker, and is written when it takes it", async () => {
  const instead = { prefix: "instead:", bounds: { ...bounds, entries: 10 } };
  const onDisk = (): InstanceType<typeof BoundedStore<Note>> =>
    new BoundedStore<Note>("local", "note:", bounds, instead);
  const first = onDisk();
  await first.put("old", { at: 1, text: "as written" }, by("a"));
  await first.put("gone", { at: 1, text: "as written" }, by("a"));
  await first.written();
  local.broken = true;
  await first.put("old", { at: 2, text: "as it is now" }, by("a"));
  await first.put("new", { at: 2, text: "never written" }, by("b"));
  await first.put("withdrawn", { at: 2, text: "never written" }, by("b"));
  await first.remove((id) => id === "withdrawn");
  await first.written();
  assert.deepEqual([...session.stored.keys()].sort(), ["instead:new", "instead:old"]);

  const second = onDisk(); // after a stop of the worker
  assert.deepEqual(
    [(await second.get("old"))?.text, (await second.get("new"))?.text],
    ["as it is now", "never written"],
  );
  assert.equal(await second.get("withdrawn"), undefined);
  local.broken = false;
  await second.put("other", { at: 3, text: "" }, by("c"));
  await second.written();
  assert.deepEqual([...session.stored.keys()], []);
  assert.deepEqual((local.stored.get("note:old") as Note).text, "as it is now");
  assert.ok(local.stored.has("note:new"), "it is where it belongs");
});

test("of what storage.local does not take so much is kept, and each site has its share", async () => {
  const instead = { prefix: "instead:", bounds: { entries: 10, size: 20_000, entriesOfOwner: 4, sizeOfOwner: 10_000 } };
  const notes = new BoundedStore<Note>("local", "note:", bounds, instead);
  local.broken = true;
  await notes.put("good", { at: 0, text: "kept" }, by("good"));
  for (let n = 0; n < 50; n++) await notes.put(n.toString(), { at: n, text: "" }, by(n % 2 === 0 ? "evil" : "worse"));
  await notes.written();
  assert.ok(session.stored.has("instead:good"), "the other one went");
  assert.equal(session.stored.size, 9);
  session.broken = true; // then it is in memory, as before
  await notes.put("late", { at: 60, text: "kept" }, by("good"));
  await notes.written();
  assert.equal((await notes.get("late"))?.text, "kept");
});
