// The cookies of the normal profile, one for each URL: enough for markers, which have paths of their own.

import { FakeEvent } from "./events.ts";

type Cookie = chrome.cookies.Cookie;

export class FakeCookies {
  readonly onChanged = new FakeEvent<[chrome.cookies.CookieChangeInfo]>();
  /** By URL. */
  readonly jar = new Map<string, Cookie>();
  /** Origins at which the user or an administrator lets no extension set cookies. */
  readonly blocked = new Set<string>();
  /** What was set, in order, by URL: also what was set to the same as before. */
  readonly sets: string[] = [];
  /** How often all cookies of a name were asked for. */
  looks = 0;

  async set(details: chrome.cookies.SetDetails): Promise<Cookie> {
    await Promise.resolve();
    const { url, name = "", value = "", path = "/", expirationDate } = details;
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
      storeId: "0",
      ...(expirationDate === undefined ? {} : { expirationDate }),
    };
    this.put(url, cookie);
    return cookie;
  }

  /** Somebody sets a cookie: a server, or whoever has the profile. */
  put(url: string, cookie: Cookie): void {
    const before = this.jar.get(url);
    if (before !== undefined) this.onChanged.emit({ removed: true, cause: "overwrite", cookie: before });
    this.jar.set(url, cookie);
    this.onChanged.emit({ removed: false, cause: "explicit", cookie });
  }

  async get({ url, name }: { url: string; name: string }): Promise<Cookie | null> {
    await Promise.resolve();
    const cookie = this.jar.get(url);
    return cookie?.name === name ? { ...cookie } : null;
  }

  async getAll({ name }: { name?: string }): Promise<Cookie[]> {
    await Promise.resolve();
    this.looks++;
    return [...this.jar.values()].filter((cookie) => name === undefined || cookie.name === name);
  }

  async remove({ url, name }: { url: string; name: string }): Promise<{ url: string; name: string; storeId: string }> {
    await Promise.resolve();
    this.delete(url);
    return { url, name, storeId: "0" };
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
