// What the extension keeps in Chromium and the browsers made from it.

import { ext } from "../shared/ext.ts";
import type { StoragePlatform } from "./platform.ts";

export const storage: StoragePlatform = {
  get areas() {
    return ext.storage;
  },
  onChanged: (listener) => {
    ext.storage.onChanged.addListener(listener);
  },
  alone: <T>(name: string, work: () => Promise<T>) => navigator.locks.request<Promise<T>>(name, work),
  service: { connect: () => false, answer: () => undefined }, // pages reach everything by themselves
};
