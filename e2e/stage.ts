// The scene that most tests play in: one browser with Portside, one page with a button, and the person before it.
import type { Life } from "./world/life.ts";
import type { Chromium } from "./world/chromium.ts";
import type { Page } from "./world/page.ts";
import type { Pages } from "./world/pages.ts";
import { openWorld, type World } from "./world/world.ts";

/** A page with a button to click, and a place for frames. */
export const plainPage =
  "<!doctype html><meta charset=utf-8><title>A page</title><button id=go>Go</button><div id=frames></div>";

export interface Stage extends World {
  /** Opens https://a.test/ with a button, or the same at another address. */
  open(url?: string): Promise<Page>;
}

export async function openStage(life: Life, options: Parameters<typeof openWorld>[1] = {}): Promise<Stage> {
  const world = await openWorld(life, options);
  return {
    ...world,
    open: (url = "https://a.test/") => world.browser.newPage(world.pages.serve(url, plainPage)),
  };
}

/** Where a page's socket goes, as arguments of a page function. */
export interface Destination {
  host: string;
  port: number;
}

/**
 * Opens a socket in the page with a real click and the person's "Allow once", and leaves it at `window.socket`. A page that has been to
 * the destination before gets it without a question.
 */
export async function openTCP(
  { person }: Pick<Stage, "person">,
  page: Page,
  { host, port }: Destination,
  options: Omit<SocketOptions, "signal"> = {},
): Promise<void> {
  const opened = page.evaluateOnClick(
    "#go",
    async (given: SocketOptions) => {
      const socket = await navigator.openTCPSocket(given);
      Object.assign(window, { socket });
    },
    { ...options, remoteAddress: host, remotePort: port },
  );
  const prompt = await person.seesPrompt();
  await prompt.allowOnce();
  await opened;
}

/** The same for UDP. */
export async function openUDP(
  { person }: Pick<Stage, "person">,
  page: Page,
  { host, port }: Destination,
): Promise<void> {
  const opened = page.evaluateOnClick(
    "#go",
    async (given: SocketOptions) => {
      const socket = await navigator.openUDPSocket(given);
      Object.assign(window, { socket });
    },
    { remoteAddress: host, remotePort: port },
  );
  const prompt = await person.seesPrompt();
  await prompt.allowOnce();
  await opened;
}

/** What page functions find at `window.socket`. */
export interface WithTCP {
  socket: PortsideTCPSocket;
}
export interface WithUDP {
  socket: PortsideUDPSocket;
}

/** The error name and message that a promise of the page rejects with; "" when it does not reject. */
export type Outcome = string;

export type { Chromium, Page, Pages };
