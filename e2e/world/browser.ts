// The browser of a test, whichever it is: BROWSER=firefox in the environment asks for Firefox, else it is Chromium. What only one of them can do, its
// driver has besides (chromium/chromium.ts, firefox/firefox.ts).
import type { HostSpace, HostSpaceOptions } from "./host-space.ts";
import type { Display } from "./display.ts";
import type { Page } from "./page.ts";
import type { Pages } from "./pages.ts";
import type { Memory } from "./proc.ts";
import type { Running } from "./processes.ts";

export type BrowserName = "chromium" | "firefox";

export interface BrowserOptions {
  /** The web server that *.test leads to. Without one, *.test leads nowhere. */
  pages?: Pages;
  /** Load the built extension and install the built host for this profile. Default: both. */
  portside?: boolean;
  /** Run the host in a small system of its own: with a policy, or in a network of the test's. */
  host?: HostSpaceOptions;
  /** An unpacked extension to load instead of the built one: another build of Portside. */
  extension?: string;
  /** An unpacked extension with Portside's id that is not Portside. */
  toy?: string;
  /** Leave the page open that the extension opens when it is installed. Default: a person who closes it at once. */
  welcome?: boolean;
  /** More environment, for the browser and the hosts that it starts. */
  env?: Readonly<Record<string, string>>;
  /** A command that starts the browser: it gets the browser's own command line as further arguments, and must exec it. */
  launcher?: readonly [string, ...string[]];
  /** The folder of an earlier browser that has closed: this one goes on with its profile. */
  home?: string;
  /** The user has set that sites' data are deleted when the browser closes, or, with false, has set it back. */
  deletesAtEnd?: boolean;
  /** Show windows, if there is a DISPLAY to show them on. */
  headed?: boolean;
  /** Show windows on this screen. */
  display?: Display;
  /** The language that the user has set the browser to. */
  language?: string;
  /** Where the first window stands on that screen, and how large it is. */
  window?: Readonly<Record<"left" | "top" | "width" | "height", number>>;
  /** More command-line switches, and switches of ours that it shall not have: a test with these is one of Chromium's alone. */
  switches?: readonly string[];
  /** More preferences: a test with these is one of Firefox's alone. */
  preferences?: Readonly<Record<string, string | number | boolean>>;
  without?: readonly string[];
}

/** Something that the browser shows or runs: "page" for a tab or a window, "iframe" for a frame. */
export interface Target {
  targetId: string;
  type: string;
  url: string;
}

/** How much memory the browser's processes hold. */
export interface BrowserMemory {
  browser: Memory;
  /** The process of the extension's own pages and background, if it runs. */
  extension: Memory | undefined;
  /** Processes of web pages. */
  renderers: Memory[];
  hosts: Memory[];
}

export interface Browser {
  readonly name: BrowserName;
  readonly process: Running;
  /** What the profile is in, and HOME of the browser and its hosts. */
  readonly home: string;
  /** Where the host of this browser keeps its logs. */
  readonly stateFolder: string;
  /** The host's own system, if it was asked for. */
  readonly hostSpace: HostSpace | undefined;
  /** All targets that there are now. Looking at them touches none. */
  targets(): readonly Target[];
  /** The pages that the test has opened or found. */
  pages(): readonly Page[];
  /** Opens a tab, or a private window, and, with a URL, waits for it to load. */
  newPage(url?: string, options?: { incognito?: boolean }): Promise<Page>;
  /** Opens a page of the extension, such as "ui/options.html". */
  newExtensionPage(path: string): Promise<Page>;
  /** Opens a tab that nobody watches. */
  openUnwatched(url: string): Promise<void>;
  /**
   * Waits for a page that the test did not open, such as the consent window, and gives it once it has loaded. A page is given once only: the next
   * call waits for the next one.
   */
  nextPage(what: string, url: RegExp, options?: { timeout?: number }): Promise<Page>;
  /** Loads another extension, from a folder. Returns its id. */
  loadExtension(path: string): Promise<string>;
  /** Where the pages of an extension are, by its id: without a slash at the end. */
  originOf(id: string): Promise<string>;
  /** Loads Portside again, as after an update. */
  reloadExtension(): Promise<void>;
  /** Deletes the data of one site, as a person does in the browser's settings. */
  deleteSiteData(origin: string): Promise<void>;
  /** Deletes what the last hour has left, cookies and the data of all sites among it, as a person does in the browser's settings. */
  deleteLastHour(): Promise<void>;
  /** Puts what is downloaded from now on into this folder. */
  saveDownloadsTo(folder: string): Promise<void>;
  closeTarget(targetId: string): Promise<void>;
  /** Stops the extension's background as the browser itself may at any time. */
  stopBackground(): Promise<void>;
  /** The host processes that this browser has started and that still run. */
  hosts(): number[];
  /** Takes the host away as if it had never been installed, and ends the one that runs. Call what this returns to put it back. */
  hideHost(): () => void;
  /** What the host has written into its state folder: file name to text. */
  hostFiles(): Record<string, string>;
  memory(): Promise<BrowserMemory>;
  /** Has the browser's pages, frames and background collect their garbage. */
  collectGarbage(): Promise<void>;
  /** Ends the browser as a person does: all windows close, the profile is written. */
  close(): Promise<void>;
  /** Ends the browser as a crash does: SIGKILL to the browser process. */
  kill(): Promise<void>;
}
