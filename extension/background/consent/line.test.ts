// Questions in line.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Line, limits } from "./line.ts";
import type { InLine } from "./line.ts";

interface One extends InLine {
  name: string;
}
const one = (name: string, site: string, tab: number, askers = 1): One => ({ name, site, tab, askers });

/** A line with these in it. */
function lineOf(...some: One[]): Line<One> {
  const line = new Line<One>();
  for (const each of some) line.join(each);
  return line;
}
/** All whose turn it is now. */
function turns(line: Line<One>): string[] {
  const names: string[] = [];
  for (let next = line.next(); next !== undefined; next = line.next()) names.push(next.name);
  return names;
}

test("one of a site at a time", () => {
  const [a, b] = [one("a", "evil.test", 1), one("b", "evil.test", 2)];
  const line = lineOf(a, b);
  assert.deepEqual(turns(line), ["a"]);
  assert.deepEqual(line.waiting("evil.test"), [b]);
  line.leave(a);
  assert.deepEqual(turns(line), ["b"]);
  assert.deepEqual(line.waiting("evil.test"), []);
});

test("one of a tab at a time, whatever its frames are", () => {
  const [a, b] = [one("a", "a.test", 1), one("b", "b.test", 1)];
  const line = lineOf(a, b);
  assert.deepEqual(turns(line), ["a"]);
  line.leave(a);
  assert.deepEqual(turns(line), ["b"]);
});

test("a few on the screen", () => {
  const all = [1, 2, 3, 4, 5].map((n) => one(`q${n.toString()}`, `${n.toString()}.test`, n));
  const line = lineOf(...all);
  assert.deepEqual(turns(line), ["q1", "q2", "q3"]);
  line.leave(all[1] as One);
  assert.deepEqual(turns(line), ["q4"]);
  assert.equal(line.isShown(all[3] as One), true);
  assert.equal(line.isShown(all[4] as One), false);
});

test("whoever has waited longest for a turn gets it, however much others ask", () => {
  const others = ["x", "y"].map((name, n) => one(name, `${name}.test`, 10 + n));
  const greedy = [1, 2, 3].map((n) => one(`g${n.toString()}`, "greedy.test", n));
  const late = one("late", "late.test", 20);
  const line = lineOf(...others, ...greedy, late);
  assert.deepEqual(turns(line), ["x", "y", "g1"]);
  line.leave(greedy[0] as One);
  assert.deepEqual(turns(line), ["late"], "before the second of greedy.test");
  line.leave(late);
  assert.deepEqual(turns(line), ["g2"]);
});

test("a few of a site and of a tab may wait, all askers counted", () => {
  const line = new Line<One>();
  for (let n = 1; n <= limits.site; n++) {
    assert.equal(line.hasRoom("a.test", n), true);
    line.join(one(`a${n.toString()}`, "a.test", n));
  }
  assert.equal(line.hasRoom("a.test", 99), false);
  assert.equal(line.hasRoom("b.test", 1), true);
  const tab = new Line<One>();
  for (let n = 1; n <= limits.tab; n++) {
    assert.equal(tab.hasRoom(`${n.toString()}.test`, 1), true);
    tab.join(one(`q${n.toString()}`, `${n.toString()}.test`, 1));
  }
  assert.equal(tab.hasRoom("fresh.test", 1), false);
  assert.equal(tab.hasRoom("fresh.test", 2), true);
  assert.equal(lineOf(one("many", "a.test", 1, limits.site)).hasRoom("a.test", 1), false);
});
