// The browser's own settings pages, as a person uses them. They are built of nested shadow trees, and their text is no part of this project:
// elements are found by the ids that they have there.
import type { Browser } from "../browser.ts";
import type { Page } from "../page.ts";
import { sleep, until } from "../wait.ts";

/** The middle of the first such element in all shadow trees, once it can be seen. */
function middleOf(selector: string): { x: number; y: number } | undefined {
  const search = (root: ParentNode): Element | undefined => {
    for (const element of root.querySelectorAll("*")) {
      if (element.matches(selector)) return element;
      const inside = element.shadowRoot === null ? undefined : search(element.shadowRoot);
      if (inside !== undefined) return inside;
    }
    return undefined;
  };
  const element = search(document);
  element?.scrollIntoView({ block: "center", behavior: "instant" });
  const box = element?.getBoundingClientRect();
  return box === undefined || box.width === 0 ? undefined : { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

async function click(page: Page, selector: string): Promise<void> {
  let last: { x: number; y: number } | undefined;
  // Dialogs slide in: the place is right when it has stayed the same.
  const place = await until(`${selector} on the browser's settings page`, async () => {
    const [before, now] = [last, await page.evaluate(middleOf, selector)];
    last = now;
    await sleep(100);
    return now !== undefined && before?.x === now.x && before.y === now.y ? now : undefined;
  });
  await page.bringToFront();
  await page.clickAt(place.x, place.y);
}

/** "Delete browsing data", as the dialog offers it to begin with: the last hour; history, cookies and other site data, cached files. */
export async function deleteBrowsingData(browser: Browser): Promise<void> {
  const page = await browser.newPage("chrome://settings/clearBrowserData");
  await click(page, "#deleteButton");
  // The dialog says that it is done by going.
  await until("the browser to delete browsing data", async () =>
    (await page.evaluate(middleOf, "#deleteButton")) === undefined ? true : undefined,
  );
  await page.close();
}

/** The page about one site: "Delete data", and yes. */
export async function deleteSiteData(browser: Browser, origin: string): Promise<void> {
  const page = await browser.newPage(`chrome://settings/content/siteDetails?site=${encodeURIComponent(origin)}`);
  await click(page, "#clearStorage");
  await click(page, "#confirmClearStorage .action-button");
  await until("the browser to delete the site's data", async () =>
    (await page.evaluate(middleOf, "#confirmClearStorage .action-button")) === undefined ? true : undefined,
  );
  await page.close();
}
