// What an administrator sets in the browser itself: a file below /etc (a layer of etc.ts has it), whose settings the extension has as its managed storage.
import { browserName, extensionIds } from "./places.ts";

const places = {
  chromium: {
    file: "chromium/policies/managed/portside.json",
    text: (settings: object): object => ({ "3rdparty": { extensions: { [extensionIds.chromium]: settings } } }),
  },
  firefox: {
    file: "firefox/policies/policies.json",
    text: (settings: object): object => ({
      policies: { "3rdparty": { Extensions: { [extensionIds.firefox]: settings } } },
    }),
  },
};
const place = places[browserName];

/** The file, below /etc. Chromium looks at it again while it runs, Firefox reads it when it starts. */
export const managedFile = place.file;

/** Its text, with these settings of Portside's. */
export const managedText = (settings: object): string => JSON.stringify(place.text(settings));
