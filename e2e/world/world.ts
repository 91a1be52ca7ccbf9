// The whole world of one test: a Life, a web, a browser with Portside in it, and a person before it.
import type { TestContext } from "node:test";
import type { Browser, BrowserOptions } from "./browser.ts";
import { Person } from "./consent.ts";
import { Life, lifeOf } from "./life.ts";
import { startPages, type Pages } from "./pages.ts";
import { startBrowser } from "./start.ts";

export interface World {
  life: Life;
  pages: Pages;
  browser: Browser;
  person: Person;
}

/** Opens a world for one test, or for a Life that several tests share. It goes when its owner ends. */
export async function openWorld(
  owner: TestContext | Life,
  options: Omit<BrowserOptions, "pages"> = {},
): Promise<World> {
  const life = owner instanceof Life ? owner : lifeOf(owner);
  const pages = await startPages(life);
  const browser = await startBrowser(life, { ...options, pages });
  return { life, pages, browser, person: new Person(browser) };
}
