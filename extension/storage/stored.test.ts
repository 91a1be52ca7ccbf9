// A value that is kept: checked when it is read, and edited by one at a time.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { installStorage } from "../fake/storage.ts";

const { local, session } = installStorage();
mock.method(console, "error", () => undefined);
const { Stored, listOf, tableOf } = await import("./stored.ts");

const isText = (value: unknown): value is string => typeof value === "string";
const names = new Stored("local", "names", (stored) => listOf(stored, isText));
const add = (name: string) => (all: string[]) => [...all, name];

beforeEach(() => {
  for (const area of [local, session]) area.stored.clear();
  local.broken = local.unreadable = false;
});

test("what is no such value counts as its default, and what is in it that does not belong is left out", async () => {
  assert.deepEqual(await names.get(), []);
  for (const [stored, read] of [
    [1, []],
    [null, []],
    [{ 0: "a" }, []],
    [
      ["a", 1, null, "b"],
      ["a", "b"],
    ],
  ] as const) {
    local.put({ names: stored });
    assert.deepEqual(await names.get(), read, JSON.stringify(stored));
  }
  const table = new Stored("local", "table", (stored) => tableOf(stored, isText));
  local.put({ table: { a: "1", b: 2, c: "3" } });
  assert.deepEqual(await table.get(), { a: "1", c: "3" });
  local.put({ table: ["1"] });
  assert.deepEqual(await table.get(), {});
});

test("edits that come at once are all made, in both ways of writing", async () => {
  await Promise.all(["a", "b", "c"].flatMap((name) => [names.edit(add(name)), names.editIfWritten(add(name))]));
  assert.deepEqual(await names.get(), ["a", "a", "b", "b", "c", "c"]);
});

test("on a disk that is full an edit holds, and one that is only for the disk leaves what was there", async () => {
  await names.edit(add("a"));
  local.broken = true;
  assert.equal(await names.editIfWritten(add("b")), false);
  assert.deepEqual(await names.get(), ["a"]);
  assert.equal(await names.edit(add("c")), false);
  assert.deepEqual(await names.get(), ["a", "c"]);
  assert.equal(await names.setIfWritten([]), false);
  assert.deepEqual(await names.get(), ["a", "c"]);
});

test("what cannot be read is not edited: it would be lost", async () => {
  await names.edit(add("a"));
  local.unreadable = true;
  await assert.rejects(names.edit(add("b")), /does not give/);
  await assert.rejects(names.editIfWritten(add("b")), /does not give/);
  local.unreadable = false;
  assert.deepEqual(await names.get(), ["a"]);
});

test("a change is told with what was before and what is now, both as they are read", async () => {
  const told: unknown[] = [];
  names.watch((before, after) => told.push([before, after]));
  await names.edit(add("a"));
  local.put({ names: ["a", 1] });
  await names.forget();
  assert.deepEqual(told, [
    [[], ["a"]],
    [["a"], ["a"]],
    [["a"], []],
  ]);
});
