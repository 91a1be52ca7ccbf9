// The marker of an origin: a cookie that the browser keeps among the origin's own data, and that is gone when somebody deletes that data.
//
// No page and no server sees it, can put it back, or can tell that it is there: it is HttpOnly and host-only, and its path is a random one
// that nobody asks for. It is set among the cookies of the container that the grants were given in, never in those of private windows. Cookies do not tell ports apart, but
// paths do: every origin has a marker of its own.

import type { Whose } from "../../shared/container.ts";
import { background as platform } from "../../platform/current.ts";
import { ext } from "../../shared/ext.ts";

export interface Marker {
  /** Unguessable: whoever does not know it can neither read the cookie nor set one in its place. */
  path: string;
  /** Another one with each new grant, so that the cookie is as young as the youngest of them: "delete the last hour" takes it. */
  value: string;
  /** When it was last set, in ms since 1970. */
  renewed: number;
}

/** Reports whether what was kept is one. */
export function isMarker(value: unknown): value is Marker {
  const { path, value: text, renewed } = (value ?? {}) as Partial<Record<keyof Marker, unknown>>;
  return typeof path === "string" && typeof text === "string" && Number.isFinite(renewed);
}

export const markerName = "portside-marker";

const paths = /^\/\.portside-[\w-]{22}\/$/;
/** As long as browsers keep a cookie, in seconds: what is not used for that long is forgotten. */
const lifetime = 400 * 86_400;

function random(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toBase64({ alphabet: "base64url", omitPadding: true });
}

function urlOf(origin: string, { path }: Pick<Marker, "path">): string {
  return origin + path;
}

/** Reports whether this could be a marker of somebody's. Cheap: it is asked of every cookie that changes. */
export function mayBeMarker({ name, path }: chrome.cookies.Cookie): boolean {
  return name === markerName && paths.test(path);
}

/** Reports whether `cookie` is the one that was set for the origin, in its container. */
export function isMarkerOf(
  { origin, container }: Whose,
  { path, value }: Marker,
  cookie: chrome.cookies.Cookie | null | undefined,
): boolean {
  return (
    cookie?.name === markerName &&
    cookie.path === path &&
    cookie.value === value &&
    //rule:marker-is-http-only.2
    cookie.httpOnly &&
    platform.isCookieOf(container, cookie) &&
    cookie.domain === new URL(origin).hostname
  );
}

/** The path of a marker that is to be set. */
export function newPath(): string {
  return `/.portside-${/*rule:marker-path-is-random*/ random()}/`;
}

/** Sets a marker, in place of `old` if there is one, else at `path`. Resolves with undefined where the browser does not let us. */
export async function setMarker(whose: Whose, old: Marker | undefined, path: string): Promise<Marker | undefined> {
  const marker = { path: old?.path ?? path, value: /*rule:new-grant-renews-marker*/ random(), renewed: Date.now() };
  await put(whose, marker, Date.now() / 1000 + lifetime);
  return (await isThere(whose, marker)) ? marker : undefined;
}

/** The origin's grants are in use: the marker lives on for its whole lifetime. */
export async function renewMarker(whose: Whose, marker: Marker): Promise<Marker> {
  await put(whose, marker, Date.now() / 1000 + lifetime);
  return { ...marker, renewed: Date.now() };
}

/** Shows the browser that the cookie is wanted: it throws out those that were not touched for long when it has too many. */
export async function touchMarker(
  whose: Whose,
  marker: Marker,
  { expirationDate }: chrome.cookies.Cookie,
): Promise<void> {
  await put(whose, marker, expirationDate ?? Date.now() / 1000 + lifetime);
}

async function put({ origin, container }: Whose, marker: Marker, expirationDate: number): Promise<void> {
  const { path, value } = marker;
  try {
    await ext.cookies.set({
      url: urlOf(origin, marker),
      name: markerName,
      value,
      path,
      //rule:marker-is-http-only
      httpOnly: true,
      secure: origin.startsWith("https:"),
      sameSite: "strict",
      expirationDate,
      .../*rule:marker-set-in-its-container*/ platform.cookiesOf(container),
    });
  } catch {
    // The user or an administrator keeps us away from this site: isThere will say so.
  }
}

/** The cookie that was set for the origin, if it is there. */
export async function cookieOf(whose: Whose, marker: Marker): Promise<chrome.cookies.Cookie | undefined> {
  try {
    const cookie = await ext.cookies.get({
      url: urlOf(whose.origin, marker),
      name: markerName,
      ...platform.cookiesOf(whose.container),
    });
    return cookie !== null && isMarkerOf(whose, marker, cookie) ? cookie : undefined;
  } catch {
    return undefined;
  }
}

export async function isThere(whose: Whose, marker: Marker): Promise<boolean> {
  return (await cookieOf(whose, marker)) !== undefined;
}

export async function removeMarker({ origin, container }: Whose, marker: Pick<Marker, "path">): Promise<void> {
  try {
    await ext.cookies.remove({
      url: urlOf(origin, marker),
      name: markerName,
      .../*rule:marker-goes-from-its-container*/ platform.cookiesOf(container),
    });
  } catch {
    // As in put: then it was never set.
  }
}

/** A cookie, and the container that it is in. */
export interface Contained {
  cookie: chrome.cookies.Cookie;
  container?: string;
}

/** Every marker in the default container and in these, of whichever origin. Rejects when the browser does not say. */
export async function allMarkers(containers: ReadonlySet<string>): Promise<Contained[]> {
  const inDefault = (await ext.cookies.getAll({ name: markerName })).map((cookie) => ({ cookie }));
  const inOthers = [...containers].map(async (container) => {
    // Of one that was deleted it has none.
    const all = await ext.cookies.getAll({ name: markerName, ...platform.cookiesOf(container) }).catch(() => []);
    return all.map((cookie) => ({ cookie, container }));
  });
  return [...inDefault, ...(await Promise.all(inOthers)).flat()].filter(({ cookie }) => mayBeMarker(cookie));
}
