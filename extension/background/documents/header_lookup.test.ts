// What the server is asked about documents whose headers nobody saw: the browser and the servers are made up.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import "../../fake/globals.ts";
import { installStorage } from "../../fake/storage.ts";

installStorage();
let now = 0;
mock.method(performance, "now", () => now);
const asked: string[] = [];
Object.assign((globalThis as { chrome?: object }).chrome ?? {}, {
  webNavigation: { getFrame: () => Promise.resolve(null) },
});
Object.assign(globalThis, {
  fetch: (url: string) => {
    asked.push(new URL(url).hostname);
    return Promise.reject(new Error("there is no server"));
  },
});
const { findPolicy } = await import("./header_lookup.ts");

let made = 0;
/** So many documents of a host come, of which nothing is known. Returns how many questions that brings its server. */
async function come(host: string, documents: number, incognito = false): Promise<number> {
  const before = asked.length;
  const tab = { id: 1, incognito } as chrome.tabs.Tab;
  for (let n = 0; n < documents; n++) {
    const document = { documentId: `document ${(made++).toString()}`, url: `https://${host}/` };
    await findPolicy(document, tab, undefined, true);
  }
  return asked.slice(before).filter((one) => one === host).length;
}

test("a server is asked ten times, and once in six seconds; whoever uses that up leaves other sites theirs", async () => {
  assert.equal(await come("greedy.test", 30), 10);
  assert.equal(await come("www.greedy.test", 30), 0, "another origin of the site");
  assert.equal(await come("other.test", 30), 10);
  now += 12_000;
  assert.equal(await come("greedy.test", 30), 2);
});

test("in all sixty times, and once in a second", async () => {
  now += 600_000;
  let all = 0;
  for (let n = 0; n < 10; n++) all += await come(`site${n.toString()}.test`, 10);
  assert.equal(all, 60);
});

test("nothing is asked about private windows", async () => {
  now += 600_000;
  assert.equal(await come("private.test", 3, true), 0);
});

test("a denial that was seen in a private window refuses there, and not in normal ones", async () => {
  const { cacheResponse } = await import("./header_cache.ts");
  const { readHeaders } = await import("./header_policy.ts");
  const denial = readHeaders([{ name: "permissions-policy", value: "direct-sockets=()" }]);
  await cacheResponse("https://marked.test/id", denial, "private");
  for (const path of ["id", "elsewhere"]) {
    const ask = (incognito: boolean): ReturnType<typeof findPolicy> =>
      findPolicy(
        { documentId: `${path} ${incognito.toString()}`, url: `https://marked.test/${path}` },
        { id: 1, incognito } as chrome.tabs.Tab,
        undefined,
        true,
      );
    assert.equal(await ask(false), undefined, path);
    assert.deepEqual((await ask(true))?.allowlist, denial.allowlist, path);
  }
});
