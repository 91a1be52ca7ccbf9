// Whether the browser lets Portside see websites. People can take that back: in Firefox the permission for all websites is a switch in
// about:addons, in Chromium it is "Site access". Then the scripts come into no page, and the API is gone.

import { ext } from "./ext.ts";

const everywhere = { origins: ["<all_urls>"] };

/** Reports whether it sees all websites. */
export function hasAccess(): Promise<boolean> {
  return ext.permissions.contains(everywhere);
}

/** Reports whether it sees this website, and may look at its cookies. Where the browser does not say, it does not. */
export async function hasAccessTo(origin: string): Promise<boolean> {
  try {
    const { protocol, hostname } = new URL(origin);
    return await ext.permissions.contains({ origins: [`${protocol}//${hostname}/*`] });
  } catch {
    return false;
  }
}

/** Asks the user for all websites. To be called in a person's click on a page of the extension. Resolves with whether they gave it. */
export function requestAccess(): Promise<boolean> {
  return ext.permissions.request(everywhere);
}

/** Calls `given` when websites can be seen that could not be before. */
export function onAccessGiven(given: () => void): void {
  ext.permissions.onAdded.addListener(({ origins = [] }) => {
    if (origins.length > 0) given();
  });
}

/** Calls `taken` when some can be seen no more. */
export function onAccessTaken(taken: () => void): void {
  ext.permissions.onRemoved.addListener(({ origins = [] }) => {
    if (origins.length > 0) taken();
  });
}
