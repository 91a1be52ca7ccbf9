// Writes that fail: what must hold holds, and is written later.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { installStorage } from "../fake/storage.ts";

const { local, session } = installStorage();
const store = await import("./store.ts");
const { editKept, isTroubled, keep, kept, onFull, onKept, tryToWrite, writeUnsaved } = store;
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

test("what was read is good until somebody changes it, and what two ask for at once is read once", async () => {
  local.stored.set("grants", ["a"]);
  const get = mock.method(local, "get");
  assert.deepEqual(await Promise.all([kept("local", "grants"), kept("local", "grants")]), [["a"], ["a"]]);
  assert.deepEqual(await kept("local", "grants"), ["a"]);
  assert.equal(get.mock.callCount(), 1);
  local.put({ grants: ["b"] }); // as another page of the extension does
  assert.deepEqual(await kept("local", "grants"), ["b"]);
  const reading = kept("local", "paused");
  local.put({ paused: ["c"] });
  await reading;
  assert.deepEqual(await kept("local", "paused"), ["c"], "what was read before the change");
  session.put({ "unsaved:paused": ["d"] });
  assert.deepEqual(await kept("local", "paused"), ["d"]);
  local.unreadable = true;
  await assert.rejects(kept("local", "other"));
  local.unreadable = false;
  assert.equal(await kept("local", "other"), undefined, "a failure is no value");
  get.mock.restore();
});

test("who changes a value reads it anew: what another page wrote may not have been told yet", async () => {
  local.stored.set("paused", ["a"]);
  await kept("local", "paused");
  Map.prototype.set.call(local.stored, "paused", ["a", "b"]); // written, and not told
  await editKept("local", "paused", (paused) => [...(paused as string[]), "c"], { mustHold: true });
  assert.deepEqual(local.stored.get("paused"), ["a", "b", "c"]);
});

test("what was written is what is read next, though the browser tells of it later", async () => {
  const told = mock.method(chrome.storage.onChanged as unknown as { emit(): void }, "emit", () => undefined);
  await kept("local", "paused");
  await keep("local", "paused", ["a"]);
  assert.deepEqual(await kept("local", "paused"), ["a"]);
  told.mock.restore();
});

test("a disk that cannot be written: it holds until the browser ends, and is written when that works again", async () => {
  local.stored.set("paused", ["old"]);
  local.broken = true;
  assert.equal(await keep("local", "paused", ["old", "new"]), false);
  assert.deepEqual(await kept("local", "paused"), ["old", "new"]);
  assert.deepEqual(
    session.stored.get("unsaved:paused"),
    ["old", "new"],
    "a stop of the worker forgets what is in memory",
  );
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

test("what a page of the extension can write nowhere holds in the background", async () => {
  const another = "./store.ts?background"; // the same file, and variables of its own
  const background = (await import(another)) as typeof store;
  const heard: unknown[] = [];
  background.onKept("local", "grants", (before, after) => heard.push([before, after]));
  const sent = mock.method(chrome.runtime as { sendMessage: (message: unknown) => Promise<unknown> }, "sendMessage");
  sent.mock.mockImplementation((message) => background.keepUnwritten(structuredClone(message)));
  await keep("local", "grants", ["a", "b"]);
  local.broken = session.broken = true;
  assert.equal(await keep("local", "grants", ["a"]), false);
  assert.deepEqual(await background.kept("local", "grants"), ["a"]);
  assert.deepEqual(heard, [
    [undefined, ["a", "b"]],
    [["a", "b"], ["a"]],
  ]);
  assert.equal(await background.isTroubled(), true);
  local.broken = session.broken = false;
  await background.writeUnsaved();
  assert.deepEqual(local.stored.get("grants"), ["a"]);
  assert.equal(await background.isTroubled(), false);
  assert.deepEqual(await kept("local", "grants"), ["a"]);
  assert.equal(await background.keepUnwritten("host-state"), false);
  sent.mock.restore();
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

test("what was kept in the meantime is not written over by what could not be written before", async () => {
  for (const works of [true, false]) {
    local.stored.clear();
    session.stored.clear();
    local.broken = true;
    await keep("local", "grants", ["a", "b"]);
    local.broken = !works;
    const writing = writeUnsaved();
    await keep("local", "grants", ["a"]); // b is taken back
    await writing;
    assert.deepEqual(await kept("local", "grants"), ["a"]);
  }
});

test("what could not be written is written with the next write that works", async () => {
  mock.timers.enable({ apis: ["Date"], now: Date.now() });
  local.broken = true;
  await keep("local", "paused", ["a"]);
  await keep("local", "grants", []);
  mock.timers.tick(60_000);
  local.broken = false;
  assert.equal(await tryToWrite("local", { other: 1 }), true);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([local.stored.get("paused"), local.stored.get("grants")], [["a"], []]);
  assert.equal(await isTroubled(), false);
  // And it is not tried with each write: of those a page can cause many.
  local.broken = true;
  await keep("local", "paused", ["b"]);
  const attempts = local.writes;
  local.broken = false;
  await tryToWrite("local", { other: 2 });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(local.writes, attempts + 1);
  mock.timers.reset();
});

test("a grant that is remembered after a write has failed counts", async () => {
  const { addGrants, listGrants, removeGrants } = await import("../background/consent/grants.ts");
  const grant = (port: number): Parameters<typeof addGrants>[0] => ({
    origin: "https://good.test",
    protocol: "tcp",
    host: "example.org",
    port,
    entered: false,
    risk: false,
    created: 1,
    protection: { encryption: "off" },
  });
  await addGrants(grant(1));
  await addGrants(grant(2));
  local.broken = true;
  await removeGrants(({ port }) => port === 1);
  local.broken = false;
  assert.equal(await addGrants(grant(3)), true);
  await writeUnsaved();
  assert.deepEqual(
    (await listGrants()).map(({ port }) => port),
    [2, 3],
  );
});
