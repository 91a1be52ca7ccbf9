// Who may not ask for a while, by origin and by site, and how the user undoes it.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { installStorage } from "../../fake/storage.ts";

const { session } = installStorage();
const { listCooldowns, cooldownUntil, noteAnswer, onCooldownChange, nextCooldown, endCooldown } =
  await import("./cooldown.ts");

beforeEach(() => {
  session.stored.clear();
});

const minute = 60_000;
async function denials(origin: string, count: number, isPrivate = false): Promise<void> {
  for (let n = 0; n < count; n++) await noteAnswer(origin, { private: isPrivate }, "no");
}
const mayNotAsk = async (origin: string, isPrivate = false): Promise<boolean> =>
  (await cooldownUntil(origin, { private: isPrivate })) !== undefined;

test("three denials mute the origin and its site, and nobody else", async () => {
  await denials("https://a.evil.test", 2);
  assert.equal(await mayNotAsk("https://a.evil.test"), false);
  assert.equal(await nextCooldown("https://b.evil.test", { private: false }), 10 * minute);
  await denials("https://a.evil.test", 1);
  assert.equal(await mayNotAsk("https://a.evil.test"), true);
  assert.equal(await mayNotAsk("https://b.evil.test"), true);
  assert.equal(await mayNotAsk("https://good.test"), false);
  assert.equal(await mayNotAsk("https://a.evil.test", true), false, "private windows have a count of their own");
  const all = await listCooldowns();
  assert.deepEqual(
    all.map(({ who, private: isPrivate }) => [who, isPrivate]),
    [["evil.test", false]],
  );
  const [entry] = all;
  assert.ok(entry !== undefined && Math.abs(entry.until - Date.now() - 10 * minute) < 5_000, "for ten minutes");
});

test("from three origins of one site it is the site", async () => {
  for (const n of [1, 2, 3]) await denials(`https://s${n.toString()}.evil.test`, 1);
  assert.equal(await mayNotAsk("https://s4.evil.test"), true);
  // Users of a host that many share are sites of their own.
  for (const n of [1, 2, 3]) await denials(`https://u${n.toString()}.github.io`, 1);
  assert.equal(await mayNotAsk("https://u4.github.io"), false);
});

test("a yes to one origin lets the site off, and not another of its origins", async () => {
  await denials("https://ads.example.test", 2);
  await noteAnswer("https://shop.example.test", { private: false }, "yes");
  assert.equal(await nextCooldown("https://shop.example.test", { private: false }), undefined);
  await denials("https://ads.example.test", 1);
  assert.equal(await mayNotAsk("https://ads.example.test"), true);
  assert.equal(await mayNotAsk("https://shop.example.test"), false);
  assert.deepEqual(
    (await listCooldowns()).map(({ who }) => who),
    ["https://ads.example.test"],
  );
});

test("the user undoes it: for an origin and its site, or for a site and its origins", async () => {
  let changes = 0;
  onCooldownChange(() => {
    changes++;
  });
  for (const who of ["https://a.evil.test", "evil.test"]) {
    await denials("https://a.evil.test", 3);
    await denials("https://b.evil.test", 3, true);
    const known = changes;
    await endCooldown(who, { private: false });
    assert.ok(changes > known, "no change was told");
    assert.equal(await mayNotAsk("https://a.evil.test"), false);
    assert.equal(await mayNotAsk("https://b.evil.test"), false);
    assert.equal(await mayNotAsk("https://b.evil.test", true), true, "the private one stays");
    await endCooldown("evil.test", { private: true });
    assert.equal(await mayNotAsk("https://b.evil.test", true), false);
  }
  assert.deepEqual(await listCooldowns(), []);
});

test("answers that come at once are all counted", async () => {
  await Promise.all([1, 2, 3].map(() => noteAnswer("https://quick.test", { private: false }, "no")));
  assert.equal(await mayNotAsk("https://quick.test"), true);
});

test("a clock that is set back: what remains is no longer than the term, and gets shorter", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const now = Date.now();
  t.mock.timers.setTime(now + 365 * 24 * 60 * minute);
  await denials("https://early.test", 3);
  t.mock.timers.setTime(now);
  assert.equal(await cooldownUntil("https://early.test", { private: false }), now + 10 * minute);
  t.mock.timers.setTime(now + 9 * minute);
  assert.equal(await cooldownUntil("https://early.test", { private: false }), now + 10 * minute);
  t.mock.timers.setTime(now + 11 * minute);
  assert.equal(await cooldownUntil("https://early.test", { private: false }), undefined);
});

test("a clock that is set back: denials grow old from then on, also those that have not muted yet", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const now = Date.now();
  t.mock.timers.setTime(now + 365 * 24 * 60 * minute);
  await denials("https://patient.test", 2);
  t.mock.timers.setTime(now);
  assert.equal(await mayNotAsk("https://patient.test"), false);
  t.mock.timers.setTime(now + 60 * minute);
  await denials("https://patient.test", 1);
  assert.equal(await mayNotAsk("https://patient.test"), false);
});

test("a document without an origin is nobody's", async () => {
  assert.equal(await cooldownUntil("null", { private: false }), undefined);
  assert.equal(await nextCooldown("null", { private: false }), undefined);
});
