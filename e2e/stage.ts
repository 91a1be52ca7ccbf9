// The scene that most tests play in: one browser with Portside, one page with a button, and the user before it.
import assert from "node:assert/strict";
import type { Life } from "./world/life.ts";
import type { Frame, Page } from "./world/page.ts";
import { openWorld, type World } from "./world/world.ts";

/** What a function in an extension's page sees. */
declare const chrome: {
  storage: { session: { get(key: string): Promise<Record<string, unknown>> } };
  runtime: { sendMessage(message: unknown): Promise<unknown> };
};

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

/**
 * Has something refused that comes on the beat of a second, and tells how long that took, in ms. Never is it sooner. A busy machine may be late
 * with one of three, a rule that keeps no beat is with each.
 */
export async function onTheBeat(refuse: () => Promise<number>): Promise<void> {
  const times: number[] = [];
  while (times.length < 3 && !times.some((took) => took < 1_600)) times.push(await refuse());
  const said = `refused after ${times.map(Math.round).join(", ")} ms: the beat is a second`;
  assert.ok(Math.min(...times) > 900, said);
  assert.ok(Math.min(...times) < 1_600, said);
}

/**
 * Waits until the extension has compared all grants with their markers, as it does a few seconds after the browser starts. A grant that a
 * test writes by itself has no marker: that look takes it away.
 */
export async function untilMarkersLooked(extensionPage: Page): Promise<void> {
  await extensionPage.waitFor("the worker's look at the markers", async () => {
    await chrome.runtime.sendMessage("host-state"); // starts the worker, if it does not run
    return (await chrome.storage.session.get("markersLooked"))["markersLooked"] !== undefined;
  });
}

/** Where a page's socket goes, as arguments of a page function. */
export interface Destination {
  host: string;
  port: number;
}

/** Options that a test can send to a page. Any type: some tests send what a page should not. */
type Options = Record<string, unknown> | null | undefined;

/**
 * Asks for a TCP socket in the page, with a real click unless told otherwise, and leaves it at `window.socket`. Returns "" or, when the page
 * is refused, the error's name. Who answers the question, if one comes, is the caller's business.
 */
export function attempt(frame: Frame, options: Options, { click = true } = {}): Promise<string> {
  const call = async (given: unknown): Promise<string> => {
    try {
      const socket = await navigator.openTCPSocket(given as PortsideSocketOptions);
      Object.assign(window, { socket });
      return "";
    } catch (error) {
      return (error as Error).name;
    }
  };
  return click ? frame.evaluateOnClick("#go", call, options) : frame.evaluate(call, options);
}

/** The options that lead to a destination. */
export function to({ host, port }: Destination, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { ...more, remoteAddress: host, remotePort: port };
}

/**
 * Opens a socket in the page with a real click and the user's "Allow this time", and leaves it at `window.socket`. The destination is a
 * new one: the test fails if no question comes.
 */
export async function openTCP(
  { person }: Pick<Stage, "person">,
  page: Page,
  destination: Destination,
  options: Omit<PortsideSocketOptions, "signal"> = {},
): Promise<void> {
  const opened = attempt(page, to(destination, { ...options }));
  await person.allowsOnce();
  assert.equal(await opened, "");
}

/** The same for UDP. */
export async function openUDP(
  { person }: Pick<Stage, "person">,
  page: Page,
  destination: Destination,
  more: Record<string, unknown> = {},
): Promise<void> {
  const opened = page.evaluateOnClick(
    "#go",
    async (given: PortsideSocketOptions) => {
      const socket = await navigator.openUDPSocket(given);
      Object.assign(window, { socket });
    },
    to(destination, more),
  );
  await person.allowsOnce();
  await opened;
}

/** What page functions find at `window.socket`. */
export interface WithTCP {
  socket: PortsideTCPSocket;
}
export interface WithUDP {
  socket: PortsideUDPSocket;
}

export type { Page };

/** For a page: reads `window.socket` to its end; tells how many bytes came, and how it ended. */
export const readAll = async (): Promise<{ bytes: number; end: string }> => {
  const { socket } = window as unknown as WithTCP;
  const reader = socket.readable.getReader();
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { bytes, end: "done" };
      bytes += value.length;
    }
  } catch (error) {
    return { bytes, end: (error as Error).name };
  }
};
