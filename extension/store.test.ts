// Writes that fail: what must hold holds, and is written later.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { installStorage } from "./fake_storage.ts";

const { local, session } = installStorage();
const { isTroubled, keep, kept, onFull, onKept, tryToWrite, writeUnsaved } = await import("./store.ts");
mock.method(console, "error", () => undefined);

beforeEach(() => {
  for (const area of [local, session]) {
    area.stored.clear();
    area.broken = false;
    area.quota = 100_000;
  }
});

test("a value is where it belongs", async () => {
  assert.equal(await keep("local", "paused", ["a"]), true);
  assert.deepEqual(local.stored.get("paused"), ["a"]);
  assert.deepEqual(await kept("local", "paused"), ["a"]);
  assert.equal(await isTroubled(), false);
});

test("a disk that cannot be written: it holds until the browser ends, and is written when that works again", async () => {
  local.stored.set("paused", ["old"]);
  local.broken = true;
  assert.equal(await keep("local", "paused", ["old", "new"]), false);
  assert.deepEqual(await kept("local", "paused"), ["old", "new"]);
  assert.equal(await isTroubled(), true);
  await writeUnsaved();
  assert.deepEqual(local.stored.get("paused"), ["old"]);
  local.broken = false;
  await writeUnsaved();
  assert.deepEqual(local.stored.get("paused"), ["old", "new"]);
  assert.equal(await isTroubled(), false);
  assert.deepEqual([...session.stored.keys()], []);
});

test("nothing can be written: it holds in memory, until it is written", async () => {
  local.broken = session.broken = true;
  for (const area of ["local", "session"] as const) {
    assert.equal(await keep(area, "muted", { who: 1 }), false);
    assert.deepEqual(await kept(area, "muted"), { who: 1 });
  }
  assert.equal(await isTroubled(), true);
  local.broken = session.broken = false;
  for (const area of ["local", "session"] as const) assert.equal(await keep(area, "muted", { who: 2 }), true);
  assert.deepEqual(await kept("session", "muted"), { who: 2 });
  assert.equal(await isTroubled(), false);
});

test("who listens hears of every change, wherever it is kept", async () => {
  const heard: unknown[] = [];
  onKept("local", "heard", (before, after) => heard.push([before, after]));
  await keep("local", "heard", 1);
  local.broken = true;
  await keep("local", "heard", 2);
  await new Promise((resolve) => setImmediate(resolve));
  session.broken = true;
  await keep("local", "heard", 3);
  assert.deepEqual(heard, [
    [undefined, 1],
    [1, 2],
    [2, 3],
  ]);
});

test("an area that is full: room is made among what can be missed, and it is written", async () => {
  onFull(async () => {
    await local.remove("large");
  });
  local.stored.set("large", "x".repeat(60_000));
  local.quota = 10_000;
  assert.equal(await tryToWrite("local", { grants: ["a"] }), true);
  assert.deepEqual([...local.stored.keys()], ["grants"]);
});

test("what cannot be read is an error, not nothing", async () => {
  const get = mock.method(local, "get", () => Promise.reject(new Error("corrupt")));
  await assert.rejects(kept("local", "paused"), /does not give/);
  get.mock.restore();
});
