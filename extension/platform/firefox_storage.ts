// What the extension keeps in Firefox and the browsers made from it.

import { ext } from "../shared/ext.ts";
import { answerKept, giveAlone, KeptItems, tellPages } from "./kept_items.ts";
import { aloneRemotely, KeptRemotely } from "./kept_remotely.ts";
import type { Area, AreaName, Changes, StoragePlatform } from "./platform.ts";

/**
 * storage.local is open to content scripts here, and cannot be closed to them. So what belongs there is in the extension's own IndexedDB, and
 * storage.local stays empty: whatever a content script puts there counts for nothing.
 */
class OwnStorage implements Omit<StoragePlatform, "service"> {
  readonly areas: Readonly<Record<AreaName, Area>>;
  readonly #isPage = location.href.startsWith(ext.runtime.getURL("ui/"));
  readonly #listeners: ((changes: Changes, area: string) => void)[] = [];

  constructor() {
    const tell = (changes: Changes): void => {
      for (const listener of this.#listeners) listener(changes, "local");
    };
    const local = this.#isPage
      ? new KeptRemotely(tell)
      : new KeptItems((changes) => {
          tell(changes);
          tellPages(changes);
        });
    this.areas = { local: /*rule:kept-out-of-storage-local*/ local, session: ext.storage.session };
  }

  onChanged(listener: (changes: Changes, area: string) => void): void {
    this.#listeners.push(listener);
    ext.storage.onChanged.addListener((changes, area) => {
      if (/*rule:storage-local-counts-for-nothing*/ area !== "local") listener(changes, area);
    });
  }

  alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#isPage ? aloneRemotely(name, work) : navigator.locks.request<Promise<T>>(name, work);
  }
}

let made: OwnStorage | undefined;
/** Made with the first use: content scripts have none. */
const ownStorage = (): OwnStorage => (made ??= new OwnStorage());

export const storage: StoragePlatform = {
  get areas() {
    return ownStorage().areas;
  },
  onChanged: (listener) => {
    ownStorage().onChanged(listener);
  },
  alone: (name, work) => ownStorage().alone(name, work),
  service: {
    connect: giveAlone,
    answer: (message) => answerKept(ownStorage().areas.local, message),
  },
};
