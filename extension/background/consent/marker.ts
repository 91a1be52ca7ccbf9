// The marker of an origin: a cookie that the browser keeps among the origin's own data, and that is gone when somebody deletes that data.
//
// No page and no server sees it, can put it back, or can tell that it is there: it is HttpOnly and host-only, and its path is a random one
// that nobody asks for. It is set in the normal cookie store only, never in that of private windows. Cookies do not tell ports apart, but
// paths do: every origin has a marker of its own.

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

/** Reports whether `cookie` is the one that was set for the origin. */
export function isMarkerOf(
  origin: string,
  { path, value }: Marker,
  cookie: chrome.cookies.Cookie | null | undefined,
): boolean {
  return (
    cookie?.name === markerName &&
    cookie.path === path &&
    cookie.value === value &&
    //rule:marker-is-http-only.2
    cookie.httpOnly &&
    cookie.domain === new URL(origin).hostname
  );
}

/** The path of a marker that is to be set. */
export function newPath(): string {
  return `/.portside-${/*rule:marker-path-is-random*/ random()}/`;
}

/** Sets a marker, in place of `old` if there is one, else at `path`. Resolves with undefined where the browser does not let us. */
export async function setMarker(origin: string, old: Marker | undefined, path: string): Promise<Marker | undefined> {
  const marker = { path: old?.path ?? path, value: /*rule:new-grant-renews-marker*/ random(), renewed: Date.now() };
  await put(origin, marker, Date.now() / 1000 + lifetime);
  return (await isThere(origin, marker)) ? marker : undefined;
}

/** The origin's grants are in use: the marker lives on for its whole lifetime. */
export async function renewMarker(origin: string, marker: Marker): Promise<Marker> {
  await put(origin, marker, Date.now() / 1000 + lifetime);
  return { ...marker, renewed: Date.now() };
}

/** Shows the browser that the cookie is wanted: it throws out those that were not touched for long when it has too many. */
export async function touchMarker(
  origin: string,
  marker: Marker,
  { expirationDate }: chrome.cookies.Cookie,
): Promise<void> {
  await put(origin, marker, expirationDate ?? Date.now() / 1000 + lifetime);
}

async function put(origin: string, marker: Marker, expirationDate: number): Promise<void> {
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
    });
  } catch {
    // The user or an administrator keeps us away from this site: isThere will say so.
  }
}

/** The cookie that was set for the origin, if it is there. */
export async function cookieOf(origin: string, marker: Marker): Promise<chrome.cookies.Cookie | undefined> {
  try {
    const cookie = await ext.cookies.get({ url: urlOf(origin, marker), name: markerName });
    return cookie !== null && isMarkerOf(origin, marker, cookie) ? cookie : undefined;
  } catch {
    return undefined;
  }
}

export async function isThere(origin: string, marker: Marker): Promise<boolean> {
  return (await cookieOf(origin, marker)) !== undefined;
}

export async function removeMarker(origin: string, marker: Pick<Marker, "path">): Promise<void> {
  try {
    await ext.cookies.remove({ url: urlOf(origin, marker), name: markerName });
  } catch {
    // As in put: then it was never set.
  }
}

/** Every marker that the browser has, of whichever origin. Rejects when the browser does not say. */
export async function allMarkers(): Promise<chrome.cookies.Cookie[]> {
  return (await ext.cookies.getAll({ name: markerName })).filter(mayBeMarker);
}
