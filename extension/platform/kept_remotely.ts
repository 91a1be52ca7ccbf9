// What kept_items.ts keeps, for the extension's own pages: they ask the background.

import { ext } from "../shared/ext.ts";
import { alonePrefix, type KeptAnswer, type KeptChanges, type KeptRequest } from "./kept_items.ts";
import type { Area, Changes, Items } from "./platform.ts";

/** The storage area that the background has. */
export class KeptRemotely implements Area {
  /** `tell` hears of every change, whoever made it. */
  constructor(tell: (changes: Changes) => void) {
    ext.runtime.onMessage.addListener((message: unknown, sender) => {
      const { keptChanges } = (message ?? {}) as Partial<KeptChanges>;
      if (keptChanges !== undefined && /*rule:kept-changes-from-own-pages*/ isOurs(sender)) tell(keptChanges);
      return false;
    });
  }

  async get(keys: string | string[] | null): Promise<Items> {
    return await this.#ask({ kept: "get", keys });
  }

  async set(items: Items): Promise<void> {
    await this.#ask({ kept: "set", items });
  }

  async remove(keys: string | string[]): Promise<void> {
    await this.#ask({ kept: "remove", keys });
  }

  async #ask(request: KeptRequest): Promise<Items> {
    const answer: KeptAnswer | undefined = await ext.runtime.sendMessage<KeptRequest, KeptAnswer | undefined>(request);
    if (answer === undefined) throw new Error("the background does not answer");
    if ("failed" in answer) throw new Error(answer.failed);
    return answer.items;
  }
}

/** A content script sends messages in the extension's name, too. */
function isOurs({ id, url }: chrome.runtime.MessageSender): boolean {
  return id === ext.runtime.id && url?.startsWith(ext.runtime.getURL("")) === true;
}

/** How often the background may stop while a page waits for its turn. */
const attempts = 3;

/** Runs `work` while nobody else of the extension has the name. The browser's own locks do not reach from a private window to the background. */
export async function aloneRemotely<T>(name: string, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const port = ext.runtime.connect({ name: alonePrefix + name });
    const given = await new Promise<boolean>((resolve) => {
      port.onMessage.addListener(() => {
        resolve(true);
      });
      port.onDisconnect.addListener(() => {
        resolve(false);
      });
    });
    if (!given && attempt < attempts) continue;
    if (!given) throw new Error("the background does not answer");
    try {
      return await work();
    } finally {
      port.disconnect();
    }
  }
}
