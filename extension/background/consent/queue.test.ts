// The queue of questions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { QuestionQueue, limits } from "./queue.ts";
import type { Queued } from "./queue.ts";

interface One extends Queued {
  name: string;
}
const one = (name: string, site: string, tab: number, askers = 1): One => ({ name, site, tab, askers });

/** A queue with these in it. */
function queueOf(...some: One[]): QuestionQueue<One> {
  const queue = new QuestionQueue<One>();
  for (const each of some) queue.join(each);
  return queue;
}
/** All whose turn it is now. */
function turns(queue: QuestionQueue<One>): string[] {
  const names: string[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next()) names.push(next.name);
  return names;
}

test("one of a site at a time", () => {
  const [a, b] = [one("a", "evil.test", 1), one("b", "evil.test", 2)];
  const queue = queueOf(a, b);
  assert.deepEqual(turns(queue), ["a"]);
  assert.deepEqual(queue.waiting("evil.test"), [b]);
  queue.leave(a);
  assert.deepEqual(turns(queue), ["b"]);
  assert.deepEqual(queue.waiting("evil.test"), []);
});

test("one of a tab at a time, whatever its frames are", () => {
  const [a, b] = [one("a", "a.test", 1), one("b", "b.test", 1)];
  const queue = queueOf(a, b);
  assert.deepEqual(turns(queue), ["a"]);
  queue.leave(a);
  assert.deepEqual(turns(queue), ["b"]);
});

test("a few on the screen", () => {
  const all = [1, 2, 3, 4, 5].map((n) => one(`q${n.toString()}`, `${n.toString()}.test`, n));
  const queue = queueOf(...all);
  assert.deepEqual(turns(queue), ["q1", "q2", "q3"]);
  queue.leave(all[1] as One);
  assert.deepEqual(turns(queue), ["q4"]);
  assert.equal(queue.isShown(all[3] as One), true);
  assert.equal(queue.isShown(all[4] as One), false);
});

test("whoever has waited longest for a turn gets it, however much others ask", () => {
  const others = ["x", "y"].map((name, n) => one(name, `${name}.test`, 10 + n));
  const greedy = [1, 2, 3].map((n) => one(`g${n.toString()}`, "greedy.test", n));
  const late = one("late", "late.test", 20);
  const queue = queueOf(...others, ...greedy, late);
  assert.deepEqual(turns(queue), ["x", "y", "g1"]);
  queue.leave(greedy[0] as One);
  assert.deepEqual(turns(queue), ["late"], "before the second of greedy.test");
  queue.leave(late);
  assert.deepEqual(turns(queue), ["g2"]);
});

test("a few of a site and of a tab may wait, all askers counted", () => {
  const queue = new QuestionQueue<One>();
  for (let n = 1; n <= limits.site; n++) {
    assert.equal(queue.hasRoom("a.test", n), true);
    queue.join(one(`a${n.toString()}`, "a.test", n));
  }
  assert.equal(queue.hasRoom("a.test", 99), false);
  assert.equal(queue.hasRoom("b.test", 1), true);
  const tab = new QuestionQueue<One>();
  for (let n = 1; n <= limits.tab; n++) {
    assert.equal(tab.hasRoom(`${n.toString()}.test`, 1), true);
    tab.join(one(`q${n.toString()}`, `${n.toString()}.test`, 1));
  }
  assert.equal(tab.hasRoom("fresh.test", 1), false);
  assert.equal(tab.hasRoom("fresh.test", 2), true);
  assert.equal(queueOf(one("many", "a.test", 1, limits.site)).hasRoom("a.test", 1), false);
});
