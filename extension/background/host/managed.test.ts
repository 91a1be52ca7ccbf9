// The settings that the browser keeps for its administrator: when they are known, and what becomes of too many.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import "../../fake/globals.ts";
import { installStorage } from "../../fake/storage.ts";
import type * as managedModule from "./managed.ts";

const { local } = installStorage();
let managed: Record<string, unknown> = {};
let failure: Error | undefined;
let installType = "admin";
const changes: ((changes: object, area: string) => void)[] = [];
const silent = { addListener: () => undefined };
const browser = (globalThis as unknown as { chrome: { storage: object } }).chrome;
Object.assign(browser.storage, {
  managed: { get: () => (failure === undefined ? Promise.resolve(managed) : Promise.reject(failure)) },
  onChanged: {
    addListener: (listener: (typeof changes)[number]) => changes.push(listener),
    removeListener: (listener: (typeof changes)[number]) => changes.splice(changes.indexOf(listener), 1),
    emit: (change: object, area: string) => {
      for (const listener of [...changes]) listener(change, area);
    },
  },
});
Object.assign(browser, {
  management: { getSelf: () => Promise.resolve({ installType }) },
  tabs: { onRemoved: silent, onReplaced: silent, onUpdated: silent },
});

const firefox = await import("../../platform/firefox.ts");

/** The module as a worker has it that has just started. */
async function start(): Promise<typeof managedModule> {
  return (await import(`./managed.ts?${Math.random().toString()}`)) as typeof managedModule;
}
/** Reports whether the promise is settled by now. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  const note = (): void => {
    done = true;
  };
  promise.then(note, note);
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
  return done;
}

beforeEach(() => {
  local.stored.clear();
  local.broken = false;
  managed = {};
  failure = undefined;
  installType = "admin";
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

test("a forced install without settings: the time runs from the worker's start, and nobody waits for it later", async () => {
  const { beginToReadSettings, managedSettings } = await start();
  beginToReadSettings();
  assert.equal(await settled(managedSettings()), false);
  mock.timers.tick(6_000);
  assert.equal(await settled(managedSettings()), true);
  assert.equal(await managedSettings(), "{}");
  // Never again in this profile.
  const later = await start();
  assert.equal(await settled(later.managedSettings()), true);
});

test("in Firefox, which has read its policies before it starts extensions, nobody waits", async () => {
  failure = new Error("Managed storage manifest not found");
  const { managedSettings } = await start();
  assert.equal(await settled(managedSettings(firefox.background)), true);
});

test("settings that come late are not missed, and waited for no longer than they take", async () => {
  const { managedSettings } = await start();
  const asked = managedSettings();
  assert.equal(await settled(asked), false);
  mock.timers.tick(3_000);
  managed = { enabled: false };
  for (const listener of [...changes]) listener({}, "managed");
  assert.equal(await asked, '{"enabled":false}');
});

test("an install of the user's own waits for nothing", async () => {
  installType = "normal";
  const { managedSettings } = await start();
  assert.equal(await settled(managedSettings()), true);
});

test("in Firefox, which has the settings from the first, a forced install without any waits for nothing", async () => {
  failure = new Error("Managed storage manifest not found");
  const { managedSettings } = await start();
  const asked = managedSettings(firefox.background);
  assert.equal(await settled(asked), true);
  assert.equal(await asked, "{}");
});

test("a storage that cannot be written changes nothing of it", async () => {
  local.broken = true;
  mock.method(console, "error", () => undefined);
  managed = { prompt: "always" };
  const { managedSettings } = await start();
  assert.equal(await managedSettings(), '{"prompt":"always"}');
});

test("a browser that does not say is not one without settings; that Firefox has no policy is", async () => {
  installType = "normal";
  failure = new Error("Managed storage manifest not found");
  const { managedSettings } = await start();
  assert.equal(await managedSettings(firefox.background), "{}");
  await assert.rejects(managedSettings(), /does not give/, "Chromium has no such answer");
  failure = new Error("An unexpected error occurred");
  await assert.rejects(managedSettings(firefox.background), /does not give/);
});

test("settings that are too large refuse everything, and the setting and the bound are named", async () => {
  managed = {
    prompt: "always",
    allowedOrigins: Array.from({ length: 3_000 }, (_, n) => `https://${n.toString()}.test`),
  };
  const { managedSettings } = await start();
  await assert.rejects(managedSettings(), ({ reason, hidden, by }: { reason: string; hidden: boolean; by: string }) => {
    assert.equal(reason, "policy-broken");
    assert.equal(hidden, true);
    assert.match(by, /^managed storage: allowedOrigins: \d{5} bytes of settings, at most 49152 in all$/);
    return true;
  });
  // Short of it in bytes, but not as a text in a message.
  managed = { allowedOrigins: Array.from({ length: 12_000 }, () => "1") };
  await assert.rejects(managedSettings(), /too large/);
});
