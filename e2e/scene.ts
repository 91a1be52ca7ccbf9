// What a scene is: a page of the extension in one state.
import type { Stage } from "./stage.ts";
import type { Toolbar } from "./toolbar.ts";
import type { Network } from "./world/network.ts";
import type { Page } from "./world/page.ts";

/** A page on the screen. */
export interface Shown {
  page: Page;
  /** Takes it off the screen, and what it took to have it there. */
  close(): Promise<void>;
}

export interface Scene {
  name: string;
  /** For who looks at a picture of it. */
  about: string;
  /** The inner width of the window that it is shown in, in CSS pixels. */
  width: number;
  /** How long it takes until there is something to see, in ms. */
  ripens?: number;
  /** Its window grows with the zoom. */
  grows: boolean;
  open(theatre: Theatre): Promise<Shown>;
}

/** A stage in a small network of its own, in which the names of the scenes lead somewhere. */
export interface Theatre extends Stage {
  network: Network;
  toolbar: Toolbar;
}

/** The width of the consent window's content. */
export const promptWidth = 460;

export const awake = async (page: Page): Promise<void> => {
  await page.waitFor("Allow to be alive", () => document.querySelector("#allow-once")?.ariaDisabled !== "true");
};

/** A page of the extension, shown once `ready` can be seen in it. */
export async function show(theatre: Theatre, path: string, ready: string): Promise<Page> {
  const page = await theatre.browser.newExtensionPage(path);
  await page.waitFor(
    `${ready} in ${path}`,
    (wanted: string) =>
      document.documentElement.lang !== "" && (document.querySelector(wanted)?.getClientRects().length ?? 0) > 0,
    ready,
  );
  return page;
}
