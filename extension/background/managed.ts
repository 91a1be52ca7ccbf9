// The administrator's settings in the browser: managed storage, as JSON text for the host, which judges by them and its own together.
//
// Chromium fills managed storage some seconds after the first start of a forced install (about 3 s were seen), and has nothing to tell
// it from "no settings" until then. Where an administrator installed the extension, nothing is opened before that is settled.

import { ext } from "../ext.ts";

/** How long a first start may take to bring the settings, in ms. */
const patience = 6_000;

/** Set once a start has shown whether there are settings: later starts have them at once. */
const settledKey = "managedSettled";

async function read(): Promise<Record<string, unknown>> {
  try {
    return await ext.storage.managed.get(null);
  } catch {
    return {}; // Firefox rejects when there is no policy
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
async function settle(): Promise<void> {
  if ((await ext.storage.local.get(settledKey))[settledKey] === true) return;
  const change = onceChanged(patience); // listens before it looks, so that nothing falls between
  const forced = (await ext.management.getSelf()).installType === "admin";
  if (forced && Object.keys(await read()).length === 0) await change;
  await ext.storage.local.set({ [settledKey]: true });
}

/** The settings as JSON text; "{}" when there are none. */
export async function managedSettings(): Promise<string> {
  first ??= settle();
  await first;
  return JSON.stringify(await read());
}

/** Calls `listener` when the administrator changes the settings. */
export function onManagedChange(listener: () => void): void {
  ext.storage.onChanged.addListener((_, area) => {
    if (area === "managed") listener();
  });
}
