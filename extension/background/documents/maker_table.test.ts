import assert from "node:assert/strict";
import { test } from "node:test";
import type { Facts } from "./facts.ts";
import { MakerTable, merge } from "./maker_table.ts";
import type { Makers } from "./maker_table.ts";

const unsafe: Facts = { csp: [{ eval: "unsafe", requiresTrustedTypes: false }] };
const none: Facts = { allowlist: { all: false, self: false, origins: [] }, csp: [] };
const quiet: Facts = { csp: [] };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A storage that can be broken. */
function make(): { table: MakerTable; stored: Map<number, Makers>; broken: { is: boolean } } {
  const stored = new Map<number, Makers>();
  const broken = { is: false };
  const work = <T>(value: () => T): Promise<T> =>
    broken.is ? Promise.reject(new Error("no room")) : Promise.resolve(value());
  const storage = {
    read: (tabId: number) => work(() => stored.get(tabId)),
    write: (tabId: number, makers: Makers) => work(() => stored.set(tabId, makers)),
    remove: (tabId: number) => work(() => stored.delete(tabId)),
  };
  return { table: new MakerTable(storage), stored, broken };
}

test("what is being found out when somebody asks is waited for", async () => {
  const { table } = make();
  let found: (makers: Makers) => void = () => undefined;
  table.add(1, new Promise((resolve) => (found = resolve)));
  const asked = table.of(1);
  found([{ origin: "https://a.test", facts: unsafe }]);
  assert.deepEqual(await asked, [{ origin: "https://a.test", facts: unsafe }]);
});

test("it outlives the worker, and the tab outlives nothing of it", async () => {
  const { table, stored } = make();
  table.add(1, Promise.resolve([{ origin: "https://a.test", facts: none }]));
  await settle();
  const next = new MakerTable({
    read: (tabId) => Promise.resolve(stored.get(tabId)),
    write: () => Promise.resolve(),
    remove: (tabId) => Promise.resolve(stored.delete(tabId)),
  });
  assert.deepEqual(await next.of(1), [{ origin: "https://a.test", facts: none }]);
  next.forget(1);
  await settle();
  assert.equal(stored.size, 0);
  assert.deepEqual(await next.of(1), []);
});

test("a storage that takes nothing, or cannot be read, loses nothing while the worker runs", async () => {
  const { table, broken } = make();
  broken.is = true;
  table.add(1, Promise.resolve([{ origin: "https://a.test", facts: unsafe }]));
  table.add(1, Promise.reject(new Error("the browser does not know")));
  assert.deepEqual(await table.of(1), [{ origin: "https://a.test", facts: unsafe }]);
});

test("a window hands on what it has to those that it opens", async () => {
  const { table } = make();
  table.add(1, Promise.resolve([{ origin: "https://a.test", facts: unsafe }]));
  table.hand(1, 2);
  assert.deepEqual(await table.of(2), [{ origin: "https://a.test", facts: unsafe }]);
});

test("of one origin the strictest; of more than a few origins, one for all; of long lists, the document's own part", () => {
  assert.deepEqual(
    merge([
      { origin: "https://a.test", facts: quiet },
      { origin: "https://a.test", facts: none },
    ]),
    [{ origin: "https://a.test", facts: none }],
  );
  const many = merge(
    Array.from({ length: 1_000 }, (_, n) => ({
      origin: `https://s${n.toString()}.test`,
      facts: n === 900 ? unsafe : quiet,
    })),
  );
  assert.equal(many.length, 9);
  assert.equal(many.at(-1)?.origin, "");
  assert.deepEqual(many.at(-1)?.facts.csp[0], unsafe.csp[0]);
  const twice = merge(Array.from({ length: 5 }, () => ({ origin: "https://a.test", facts: unsafe })));
  assert.deepEqual(twice, [{ origin: "https://a.test", facts: unsafe }]);
  const origins = ["https://a.test", ...Array.from({ length: 100 }, (_, n) => `https://o${n.toString()}.example.org`)];
  const [a, b] = merge([
    { origin: "https://a.test", facts: { allowlist: { all: false, self: false, origins }, csp: [] } },
    { origin: "https://b.test", facts: { allowlist: { all: false, self: false, origins }, csp: [] } },
  ]);
  assert.deepEqual(a?.facts.allowlist, { all: false, self: true, origins: [] });
  assert.deepEqual(b?.facts.allowlist, { all: false, self: false, origins: [] });
});
