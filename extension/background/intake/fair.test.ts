// Who has to give when a table is full.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FairTable } from "./fair.ts";
import type { Bounds } from "./fair.ts";

const bounds: Bounds = { entries: 10, size: 1_000, entriesOfOwner: 6, sizeOfOwner: 600 };
const keys = (table: FairTable<number>): string[] => [...table.entries()].map(([key]) => key);
const place = (owner: string, part = owner): { owner: string; part: string } => ({ owner, part });

test("an owner over its own bound gives its own oldest, in number and in size", () => {
  const table = new FairTable<number>(bounds);
  table.put("good", 0, place("good"), 1);
  for (let n = 0; n < 8; n++) table.put(`evil${n.toString()}`, n, place("evil"), 1);
  assert.deepEqual(keys(table), ["good", "evil2", "evil3", "evil4", "evil5", "evil6", "evil7"]);
  assert.deepEqual(table.put("large", 0, place("evil"), 598), ["evil2", "evil3", "evil4", "evil5"]);
  assert.equal(table.get("good"), 0);
});

test("when all is full, whoever holds most gives", () => {
  const table = new FairTable<number>(bounds);
  table.put("good", 0, place("good"), 1);
  for (let n = 0; n < 40; n++) table.put(`evil${n.toString()}`, n, place(`evil${(n % 4).toString()}`), 1);
  assert.equal(table.count, 10);
  assert.equal(table.get("good"), 0);
  for (let n = 0; n < 40; n++) table.put(`large${n.toString()}`, n, place(`evil${(n % 4).toString()}`), 290);
  assert.ok(table.size <= 1_000, `${table.size.toString()} of 1000`);
  assert.equal(table.get("good"), 0);
});

test("of owners that hold the same a flood of new ones pushes out new ones, and who was there before stays", () => {
  const table = new FairTable<number>(bounds);
  for (let n = 0; n < 8; n++) table.put(`old${n.toString()}`, n, place(`old${n.toString()}`), 1);
  for (let n = 0; n < 100; n++) table.put(`new${n.toString()}`, n, place(`new${n.toString()}`), 1);
  assert.deepEqual(keys(table).slice(0, 7), ["old0", "old1", "old2", "old3", "old4", "old5", "old6"]);
  assert.equal(table.count, 10);
  const parts = new FairTable<number>(bounds);
  for (let n = 0; n < 100; n++) parts.put(n.toString(), n, place("one", n.toString()), 1);
  assert.deepEqual(keys(parts), ["0", "1", "2", "3", "98", "99"], "of the parts of one owner, too");
});

test("a newcomer is let in, and the next few do not push it out again", () => {
  const table = new FairTable<number>({ entries: 100, size: 100, entriesOfOwner: 10, sizeOfOwner: 10 });
  for (let n = 0; n < 1_000; n++) table.put(`other${n.toString()}`, n, place(`other${n.toString()}`), 1);
  table.put("honest", 0, place("honest"), 1);
  for (let n = 0; n < 24; n++) table.put(`more${n.toString()}`, n, place(`more${n.toString()}`), 1);
  assert.equal(table.get("honest"), 0);
});

test("who comes again is as old as before, though the entry is the youngest", () => {
  const table = new FairTable<number>(bounds);
  for (let n = 0; n < 10; n++) table.put(n.toString(), n, place(n.toString()), 1);
  table.put("0", 0, place("0"), 1);
  for (let n = 0; n < 100; n++) table.put(`new${n.toString()}`, n, place(`new${n.toString()}`), 1);
  assert.equal(table.get("0"), 0);
  table.put("large", 0, place("0"), 1_000);
  assert.equal(table.count, 10);
});

test("within an owner the part that holds most gives: a frame does not push out the page around it", () => {
  const table = new FairTable<number>(bounds);
  table.put("page", 0, place("site", "site"), 1);
  for (let n = 0; n < 40; n++) table.put(`frame${n.toString()}`, n, place("site", "advertisement"), 50);
  assert.equal(table.get("page"), 0);
});

test("what is too large by itself does not come in, and pushes nobody out", () => {
  const table = new FairTable<number>(bounds);
  table.put("good", 0, place("good"), 1);
  table.put("one", 0, place("evil"), 1);
  assert.deepEqual(table.put("one", 1, place("evil"), 601), ["one"]);
  assert.deepEqual(keys(table), ["good"]);
});

test("an entry that comes again is the youngest, and counted once", () => {
  const table = new FairTable<number>(bounds);
  for (let n = 0; n < 6; n++) table.put(n.toString(), n, place("a"), 100);
  table.put("0", 7, place("a"), 100);
  assert.equal(table.size, 600);
  assert.deepEqual(keys(table), ["1", "2", "3", "4", "5", "0"]);
  for (const key of keys(table)) table.delete(key);
  assert.deepEqual([table.size, table.count], [0, 0]);
});
