// The administrator's settings in the browser: managed storage, as JSON text for the host, which judges by them and its own together.
//
// Chromium takes seconds to read them (managedComesLate): after the start of a browser it answers late, and after the first start of a forced install (some 3 s
// were seen) it says that there are none before it tells them, with nothing to tell that from "no settings". So they are asked for as soon as
// the worker starts, and where an administrator has installed the extension, nothing is opened before it is settled.

import { background as platform } from "../../platform/current.ts";
import type { BackgroundPlatform } from "../../platform/platform.ts";
import { ext } from "../../shared/ext.ts";
import { StorageFailure } from "../../storage/store.ts";
import { Stored } from "../../storage/stored.ts";
import { Refusal } from "../intake/refusal.ts";

/** How long a first start may take to bring the settings, in ms. */
const firstStartTimeout = 6_000;

/** Set once a start has shown whether there are settings: later starts have them with the first answer. */
const settled = new Stored("local", "managedSettled", (stored) => stored === true);

/** How many bytes the settings may have together as JSON text, and as a text in a message: the host hears of no more. */
const maxBytes = 49_152;
const maxEncoded = 60_000;

type Browser = Pick<BackgroundPlatform, "isNothingManaged" | "managedComesLate">;

async function read(browser: Browser): Promise<Record<string, unknown>> {
  try {
    return await ext.storage.managed.get(null);
  } catch (error) {
    if (browser.isNothingManaged(error)) return {};
    //rule:unreadable-managed-settings-fail
    //rule:unreadable-settings-are-not-none
    throw new StorageFailure(error);
  }
}

function onceChanged(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      ext.storage.onChanged.removeListener(changed);
      resolve();
    };
    const changed = (_: unknown, area: string): void => {
      if (area === "managed") done();
    };
    const timer = setTimeout(done, ms);
    ext.storage.onChanged.addListener(changed);
  });
}

let first: Promise<void> | undefined;

/** Waits, at most once in the life of a profile, until the settings of a forced install can be told from none. */
async function settle(browser: Browser): Promise<void> {
  if (!browser.managedComesLate) return;
  const change = onceChanged(firstStartTimeout); // listens before it looks, so that nothing falls between
  if (await settled.get().catch(() => false)) return;
  const forced = (await ext.management.getSelf()).installType === "admin";
  if (forced && Object.keys(await read(browser)).length === 0) /*rule:late-managed-settings-awaited*/ await change;
  await settled.setIfWritten(true);
}

/** Begins to find out what the settings are. Call once, in the first turn of the background. */
export function beginToReadSettings(browser: Browser = platform): void {
  void managedSettings(browser).catch(() => undefined);
}

/**
 * The settings as JSON text; "{}" when there are none. Rejects with StorageFailure when the browser does not say, and with a Refusal when
 * they are more than the host hears.
 */
export async function managedSettings(browser: Browser = platform): Promise<string> {
  first ??= settle(browser);
  await first.catch((error: unknown) => {
    first = undefined; // to be found out the next time
    throw error;
  });
  const settings = await read(browser);
  const text = JSON.stringify(settings);
  const bytes = bytesOf(text);
  //rule:oversized-managed-settings-refuse
  if (bytes <= maxBytes && bytesOf(JSON.stringify(text)) <= maxEncoded) return text;
  throw new Refusal("policy-broken", "settingsTooLarge", {
    hidden: true,
    by: `managed storage: ${longest(settings)}: ${bytes.toString()} bytes of settings, at most ${maxBytes.toString()} in all`,
  });
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** The name of the setting that takes most of the room. */
function longest(settings: Record<string, unknown>): string {
  const lengths = Object.entries(settings).map(([name, value]) => [name, JSON.stringify(value).length] as const);
  return lengths.sort(([, a], [, b]) => b - a)[0]?.[0] ?? "";
}

/** Calls `listener` when the administrator changes the settings. */
export function onManagedChange(listener: () => void): void {
  ext.storage.onChanged.addListener((_, area) => {
    if (area === "managed") listener();
  });
}
