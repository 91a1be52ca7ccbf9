// What Firefox's package keeps for good: the database of the background, and how the extension's pages use it. IndexedDB is a library's; the messages
// between a page and the background are made up.

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { FakePort } from "../fake/events.ts";
import { extensionId, extensionURL } from "../fake/identity.ts";
import { installNavigator } from "../fake/locks.ts";
import type { Changes } from "./platform.ts";

type Listener = (message: unknown, sender: chrome.runtime.MessageSender) => unknown;
/** Of a page: what it sends reaches the background, and what the background tells reaches it. */
let background: (message: unknown) => Promise<unknown>;
let connected: (port: chrome.runtime.Port) => void;
const pages: Listener[] = [];
const own = { id: extensionId, url: extensionURL("_generated_background_page.html") };
Object.assign(globalThis, {
  chrome: {
    runtime: {
      id: extensionId,
      getURL: extensionURL,
      onMessage: { addListener: (listener: Listener) => pages.push(listener) },
      sendMessage: async (message: { keptChanges?: object }) => {
        await Promise.resolve();
        if (message.keptChanges === undefined) return structuredClone(await background(structuredClone(message)));
        for (const hear of pages) hear(structuredClone(message), own);
        return await Promise.reject(new Error("Could not establish connection. Receiving end does not exist."));
      },
      connect: ({ name }: { name: string }) => {
        const [near, far] = FakePort.pair(name);
        connected(far.asChrome);
        return near;
      },
    },
  },
});
installNavigator();
const { answerKept, giveAlone, KeptItems, tellPages } = await import("./kept_items.ts");
const { aloneRemotely, KeptRemotely } = await import("./kept_remotely.ts");

const told: Changes[] = [];
const area = new KeptItems((changes) => {
  told.push(changes);
  tellPages(changes);
});
beforeEach(async () => {
  background = (message) => Promise.resolve(answerKept(area, message));
  connected = (port) => {
    assert.equal(giveAlone(port), true);
  };
  await area.remove(Object.keys(await area.get(null)));
  told.length = 0;
});

test("it is a storage area: what was put in is there, by key or all of it, until it is taken out", async () => {
  await area.set({ grants: [{ port: 1 }], paused: ["a"], nothing: undefined });
  assert.deepEqual(await area.get("grants"), { grants: [{ port: 1 }] });
  assert.deepEqual(await area.get(["paused", "absent"]), { paused: ["a"] });
  assert.deepEqual(await area.get(null), { grants: [{ port: 1 }], paused: ["a"] });
  await area.remove(["grants", "absent"]);
  assert.deepEqual(await area.get(null), { paused: ["a"] });
});

test("a change is told with what there was before; what is the same as before is none", async () => {
  await area.set({ paused: ["a"] });
  await area.set({ paused: ["a"] });
  await area.set({ paused: ["a", "b"], history: 1 });
  await area.remove("history");
  await area.remove("history");
  assert.deepEqual(told, [
    { paused: { newValue: ["a"] } },
    { paused: { oldValue: ["a"], newValue: ["a", "b"] }, history: { newValue: 1 } },
    { history: { oldValue: 1 } },
  ]);
});

test("all items are written, or none; a write that fails is told to nobody", async () => {
  await area.set({ first: 1 });
  told.length = 0;
  await assert.rejects(area.set({ first: 2, second: () => undefined }), { name: "DataCloneError" });
  assert.deepEqual([await area.get(null), told], [{ first: 1 }, []]);
  const put = mock.method(IDBObjectStore.prototype, "put", () => {
    throw new DOMException("the disk is full", "QuotaExceededError");
  });
  await assert.rejects(area.set({ first: 3 }), /quota/i); // the word that makes room (storage/store.ts)
  put.mock.restore();
  assert.deepEqual([await area.get(null), told], [{ first: 1 }, []]);
});

test("a database that cannot be opened is tried again by the next who asks", async () => {
  const other = new KeptItems(() => undefined);
  const open = mock.method(indexedDB, "open", () => {
    throw new DOMException("the profile cannot be read", "UnknownError");
  });
  await assert.rejects(other.get(null), { name: "UnknownError" });
  await assert.rejects(other.set({ first: 1 }), { name: "UnknownError" });
  open.mock.restore();
  await other.set({ first: 1 });
  assert.deepEqual(await area.get("first"), { first: 1 });
});

test("a page reads and writes by the background, is told of every change, and why something failed", async () => {
  const heard: Changes[] = [];
  const page = new KeptRemotely((changes) => heard.push(changes));
  await page.set({ paused: ["a"] });
  await area.set({ paused: ["b"] });
  assert.deepEqual(await page.get(null), { paused: ["b"] });
  await page.remove("paused");
  assert.deepEqual(await area.get(null), {});
  assert.deepEqual(heard, told);
  assert.equal(heard.length, 3);
  const set = mock.method(area, "set", () => Promise.reject(new Error("Quota exceeded")));
  await assert.rejects(page.set({ paused: ["c"] }), /Quota exceeded/);
  set.mock.restore();
  background = () => Promise.resolve(undefined);
  await assert.rejects(page.get(null), /does not answer/);
  assert.equal(answerKept(area, { unwritten: {} }), undefined, "another message is not its own");
  assert.equal(answerKept(area, null), undefined);
});

test("a page believes the extension only: a content script tells of no change", () => {
  const heard: Changes[] = [];
  new KeptRemotely((changes) => heard.push(changes));
  const message = { keptChanges: { grants: { newValue: [] } } };
  for (const sender of [{ ...own, url: "https://a.test/" }, { ...own, id: "other" }, { id: extensionId }])
    for (const hear of pages) hear(message, sender);
  assert.deepEqual(heard, []);
  for (const hear of pages) hear(message, own);
  assert.deepEqual(heard, [message.keptChanges]);
});

test("a page and the background have a name in turn", async () => {
  const order: string[] = [];
  const work = (name: string) => async (): Promise<string> => {
    order.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    order.push(`${name} ends`);
    return name;
  };
  const all = [
    aloneRemotely("paused", work("page")),
    navigator.locks.request("paused", work("background")),
    aloneRemotely("paused", work("other page")),
  ];
  assert.deepEqual(await Promise.all(all), ["page", "background", "other page"]);
  assert.deepEqual(
    order,
    ["page", "background", "other page"].flatMap((name) => [`${name} begins`, `${name} ends`]),
  );
  await assert.rejects(
    aloneRemotely("paused", () => Promise.reject(new Error("spoilt"))),
    /spoilt/,
  );
  assert.equal(await aloneRemotely("paused", () => Promise.resolve("again")), "again");
});

test("a background that stops meanwhile is asked again, three times at most", async () => {
  let times = 0;
  connected = (port) => {
    if (++times < 3) port.disconnect();
    else giveAlone(port);
  };
  assert.equal(await aloneRemotely("paused", () => Promise.resolve("there")), "there");
  connected = (port) => {
    times++;
    port.disconnect();
  };
  times = 0;
  await assert.rejects(
    aloneRemotely("paused", () => Promise.resolve("never")),
    /does not answer/,
  );
  assert.equal(times, 3);
});

test("who has left while it waited keeps nobody waiting", async () => {
  const ports: FakePort[] = [];
  for (let n = 0; n < 3; n++) {
    const [near, far] = FakePort.pair("alone:paused");
    assert.equal(giveAlone(far.asChrome), true);
    ports.push(near);
  }
  for (const port of ports.reverse()) port.disconnect();
  assert.equal(await aloneRemotely("paused", () => Promise.resolve("mine")), "mine");
  const [, popup] = FakePort.pair("popup");
  assert.equal(giveAlone(popup.asChrome), false);
});
