// The cookies of the normal profile, in each of its stores (containers) one for each URL: enough for markers, which have paths of their own.

import { FakeEvent } from "./events.ts";

type Cookie = chrome.cookies.Cookie;

export class FakeCookies {
  readonly onChanged = new FakeEvent<[chrome.cookies.CookieChangeInfo]>();
  /** The store that is meant where none is named: Chromium's. */
  normalStore = "0";
  /** Stores that can be named besides. */
  readonly stores = new Set<string>();
  /** By URL; in other stores than the normal one, by the store and URL. */
  readonly jar = new Map<string, Cookie>();
  /** Origins at which the user or an administrator lets no extension set cookies. */
  readonly blocked = new Set<string>();
  /** What was set, in order, by URL: also what was set to the same as before. */
  readonly sets: string[] = [];
  /** How often all cookies of a name were asked for. */
  looks = 0;

  #keyOf(url: string, storeId = this.normalStore): string {
    if (storeId === this.normalStore) return url;
    if (!this.stores.has(storeId)) throw new Error(`Invalid cookie store id: "${storeId}"`);
    return `${storeId} ${url}`;
  }

  async set(details: chrome.cookies.SetDetails): Promise<Cookie> {
    await Promise.resolve();
    const { url, name = "", value = "", path = "/", expirationDate, storeId = this.normalStore } = details;
    const key = this.#keyOf(url, storeId);
    const { origin, hostname } = new URL(url);
    if (this.blocked.has(origin)) throw new Error(`No host permissions for cookies at url: "${url}".`);
    this.sets.push(url);
    const cookie: Cookie = {
      name,
      value,
      path,
      domain: hostname,
      hostOnly: true,
      httpOnly: details.httpOnly ?? false,
      secure: details.secure ?? false,
      sameSite: details.sameSite ?? "unspecified",
      session: expirationDate === undefined,
      storeId,
      ...(expirationDate === undefined ? {} : { expirationDate }),
    };
    this.put(key, cookie);
    return cookie;
  }

  /** Somebody sets a cookie: a server, or whoever has the profile. */
  put(url: string, cookie: Cookie): void {
    const before = this.jar.get(url);
    if (before !== undefined) this.onChanged.emit({ removed: true, cause: "overwrite", cookie: before });
    this.jar.set(url, cookie);
    this.onChanged.emit({ removed: false, cause: "explicit", cookie });
  }

  async get({ url, name, storeId }: { url: string; name: string; storeId?: string }): Promise<Cookie | null> {
    await Promise.resolve();
    const cookie = this.jar.get(this.#keyOf(url, storeId));
    return cookie?.name === name ? { ...cookie } : null;
  }

  async getAll({ name, storeId = this.normalStore }: { name?: string; storeId?: string }): Promise<Cookie[]> {
    await Promise.resolve();
    this.#keyOf("", storeId);
    this.looks++;
    return [...this.jar.values()].filter(
      (cookie) => (name === undefined || cookie.name === name) && cookie.storeId === storeId,
    );
  }

  async remove({ url, name, storeId = this.normalStore }: { url: string; name: string; storeId?: string }) {
    await Promise.resolve();
    this.delete(this.#keyOf(url, storeId));
    return { url, name, storeId };
  }

  /** Deletes the cookies whose URLs begin with this, as when the user deletes a site's data. `quietly`: nobody was there to be told. */
  delete(start: string, { quietly = false } = {}): void {
    for (const [url, cookie] of [...this.jar]) {
      if (!url.startsWith(start)) continue;
      this.jar.delete(url);
      if (!quietly) this.onChanged.emit({ removed: true, cause: "explicit", cookie });
    }
  }
}
