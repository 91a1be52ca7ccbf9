import assert from "node:assert/strict";
import { test } from "node:test";
import type { HeaderPolicy } from "./header_policy.ts";
import { CreatorTable, merge } from "./creator_table.ts";
import type { Creators } from "./creator_table.ts";

const unsafe: HeaderPolicy = { csp: [{ eval: "unsafe", requiresTrustedTypes: false }] };
const none: HeaderPolicy = { allowlist: { all: false, self: false, origins: [] }, csp: [] };
const quiet: HeaderPolicy = { csp: [] };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A storage that can be broken. */
function make(): { table: CreatorTable; stored: Map<number, Creators>; broken: { is: boolean } } {
  const stored = new Map<number, Creators>();
  const broken = { is: false };
  const work = <T>(value: () => T): Promise<T> =>
    broken.is ? Promise.reject(new Error("no room")) : Promise.resolve(value());
  const storage = {
    read: (tabId: number) => work(() => stored.get(tabId)),
    write: (tabId: number, creators: Creators) => work(() => stored.set(tabId, creators)),
    remove: (tabId: number) => work(() => stored.delete(tabId)),
  };
  return { table: new CreatorTable(storage), stored, broken };
}

test("what is being found out when somebody asks is waited for", async () => {
  const { table } = make();
  let found: (creators: Creators) => void = () => undefined;
  table.add(1, new Promise((resolve) => (found = resolve)));
  const asked = table.of(1);
  found([{ origin: "https://a.test", policy: unsafe }]);
  assert.deepEqual(await asked, [{ origin: "https://a.test", policy: unsafe }]);
});

test("it outlives the worker, and the tab outlives nothing of it", async () => {
  const { table, stored } = make();
  table.add(1, Promise.resolve([{ origin: "https://a.test", policy: none }]));
  await settle();
  const next = new CreatorTable({
    read: (tabId) => Promise.resolve(stored.get(tabId)),
    write: () => Promise.resolve(),
    remove: (tabId) => Promise.resolve(stored.delete(tabId)),
  });
  assert.deepEqual(await next.of(1), [{ origin: "https://a.test", policy: none }]);
  next.forget(1);
  await settle();
  assert.equal(stored.size, 0);
  assert.deepEqual(await next.of(1), []);
});

test("a storage that takes nothing, or cannot be read, loses nothing while the worker runs", async () => {
  const { table, broken } = make();
  broken.is = true;
  table.add(1, Promise.resolve([{ origin: "https://a.test", policy: unsafe }]));
  table.add(1, Promise.reject(new Error("the browser does not know")));
  assert.deepEqual(await table.of(1), [{ origin: "https://a.test", policy: unsafe }]);
});

test("a window hands on what it has to those that it opens", async () => {
  const { table } = make();
  table.add(1, Promise.resolve([{ origin: "https://a.test", policy: unsafe }]));
  table.hand(1, 2);
  assert.deepEqual(await table.of(2), [{ origin: "https://a.test", policy: unsafe }]);
});

test("of one origin the strictest; of more than a few origins, one for all; of long lists, the document's own part", () => {
  assert.deepEqual(
    merge([
      { origin: "https://a.test", policy: quiet },
      { origin: "https://a.test", policy: none },
    ]),
    [{ origin: "https://a.test", policy: none }],
  );
  const many = merge(
    Array.from({ length: 1_000 }, (_, n) => ({
      origin: `https://s${n.toString()}.test`,
      policy: n === 900 ? unsafe : quiet,
    })),
  );
  assert.equal(many.length, 9);
  assert.equal(many.at(-1)?.origin, "");
  assert.deepEqual(many.at(-1)?.policy.csp[0], unsafe.csp[0]);
  const twice = merge(Array.from({ length: 5 }, () => ({ origin: "https://a.test", policy: unsafe })));
  assert.deepEqual(twice, [{ origin: "https://a.test", policy: unsafe }]);
  const origins = ["https://a.test", ...Array.from({ length: 100 }, (_, n) => `https://o${n.toString()}.example.org`)];
  const [a, b] = merge([
    { origin: "https://a.test", policy: { allowlist: { all: false, self: false, origins }, csp: [] } },
    { origin: "https://b.test", policy: { allowlist: { all: false, self: false, origins }, csp: [] } },
  ]);
  assert.deepEqual(a?.policy.allowlist, { all: false, self: true, origins: [] });
  assert.deepEqual(b?.policy.allowlist, { all: false, self: false, origins: [] });
});

test("a long list is cut to what it says of the document's own origin, of each feature", () => {
  const origins = Array.from({ length: 200 }, (_, n) => `https://long-name-${n.toString()}.example`);
  const list = { all: false, self: true, origins };
  const [one] = merge([
    { origin: "https://a.test", policy: { csp: [], allowlist: list, multicast: list, private: list } },
  ]);
  const cut = { all: false, self: true, origins: [] };
  assert.deepEqual(one?.policy, { csp: [], allowlist: cut, multicast: cut, private: cut });
});
