// The arithmetic of lifetimes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { installStorage } from "../../fake/storage.ts";

installStorage();
const { anHour, endsFrom, isOver, isSpan, lasting, movedOn } = await import("./lifetime.ts");

const start = 1_000_000;
const { ends: hour } = endsFrom("hour", start);

test("an hour is over when it has passed, and not before; so it is when the clock shows a time before it", () => {
  const times = [start - 1, start, start + anHour - 1, start + anHour, start + 10 * anHour];
  assert.deepEqual(
    times.map((now) => isOver(hour, now)),
    [true, false, false, true, true],
  );
  for (const now of times) for (const ends of [undefined, "browser"] as const) assert.equal(isOver(ends, now), false);
});

test("what was seen of an hour stays seen", () => {
  assert.ok(isSpan(hour), "no stretch of time");
  const later = movedOn(hour, start + 60_000);
  assert.deepEqual(movedOn(later, start), later);
  assert.equal(isOver(later, start + 59_999), true);
  assert.equal(isOver(movedOn(hour, start + anHour), start + 1), true);
});

test("what is kept is an hour only if it can be one", () => {
  assert.deepEqual(
    [
      hour,
      "browser",
      null,
      {},
      { from: 0, until: "1" },
      { from: 0, until: anHour },
      { from: 0, until: anHour + 1 },
    ].map(isSpan),
    [true, false, false, false, false, true, false],
  );
});

test("only what was offered and is a choice holds longer than this time", () => {
  assert.deepEqual(lasting({ remember: true, ends: "hour" }, true), { remember: true, ends: "hour" });
  assert.deepEqual(lasting({ remember: true }, true), { remember: true });
  for (const [said, offered] of [
    [{ remember: true }, false],
    [{ remember: false, ends: "hour" }, true],
    [{ remember: true, ends: "year" as never }, true],
  ] as const)
    assert.deepEqual(lasting(said, offered), { remember: false });
});
