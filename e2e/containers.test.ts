// Containers, which Firefox has: what is allowed in one counts in no other, and goes with that one's data.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { attempt, openStage, plainPage, to, type Page, type Stage } from "./stage.ts";
import { asFirefox, type Firefox } from "./world/firefox/firefox.ts";
import { lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { browserName } from "./world/places.ts";
import { until } from "./world/wait.ts";

interface Extension {
  cookies: { getAll(details: { name: string; storeId: string }): Promise<object[]> };
  storage: { local: { get(key: string): Promise<Record<string, unknown>> } };
  tabs: { query(which: object): Promise<{ url?: string; cookieStoreId: string }[]> };
}
declare const chrome: Extension;

describe("containers", { skip: browserName !== "firefox" && "Chromium has none" }, () => {
  const life = lifeOfSuite("containers");
  let stage: Stage;
  let browser: Firefox;
  let own: Page;
  let peer: peers.TcpPeer;
  let [work, home] = ["", ""];
  before(async () => {
    stage = await openStage(life);
    browser = asFirefox(stage.browser);
    own = await browser.newExtensionPage("ui/options.html");
    peer = await peers.echoPeer(life);
    [work, home] = [await browser.newContainer(), await browser.newContainer()];
  });

  /** A page of this origin in a container; without one, in the default one. */
  const open = (url: string, container?: string, headers: Record<string, string> = {}): Promise<Page> =>
    browser.newPage(
      stage.pages.serve(url, { body: plainPage, headers: { "content-type": "text/html", ...headers } }),
      container === undefined ? {} : { container },
    );

  /** The browser's ids of the containers of what is remembered for an origin. */
  const remembered = (origin: string): Promise<string[]> =>
    own.evaluate(async (wanted: string) => {
      const grants = ((await chrome.storage.local.get("grants"))["grants"] ?? []) as Record<string, string>[];
      return grants.filter((grant) => grant["origin"] === wanted).map((grant) => grant["container"] ?? "default");
    }, origin);

  /** The browser's id of the container that has a tab of this origin. */
  const idOf = async (origin: string): Promise<string> =>
    await own.evaluate(
      async (wanted: string) =>
        (await chrome.tabs.query({})).find(({ url }) => url?.startsWith(wanted))?.cookieStoreId ?? "",
      origin,
    );

  /** Asks, and remembers the answer. Resolves with what the window says. */
  async function remember(page: Page): Promise<string> {
    const opened = attempt(page, to(peer));
    const { text } = await stage.person.allowsAndRemembers();
    assert.equal(await opened, "");
    return text;
  }

  test("what is remembered in a container counts there, and nowhere else; the window and the settings name it", async () => {
    const first = await open("https://one.test/", work);
    const id = await idOf("https://one.test");
    const number = /\d+$/.exec(id)?.[0] ?? "";
    assert.match(await remember(first), new RegExp(`In the container tab .Container ${number}.`));
    assert.deepEqual(await remembered("https://one.test"), [id]);
    assert.equal(await attempt(await open("https://one.test/again", work), to(peer), { click: false }), "");
    for (const elsewhere of [home, undefined]) {
      const page = await open("https://one.test/elsewhere", elsewhere);
      assert.equal(await attempt(page, to(peer), { click: false }), "NotAllowedError", elsewhere ?? "default");
    }
    await own.bringToFront();
    await own.waitFor(
      "the settings to name it",
      (name: string) => document.body.innerText.includes(name),
      `Container ${number}`,
    );
  });

  test("Clear-Site-Data takes what was remembered in its container, and nothing of another one", async () => {
    const mine = await open("https://two.test/");
    await remember(mine);
    const other = await open("https://two.test/work", work);
    await remember(other);
    assert.equal((await remembered("https://two.test")).length, 2);
    await open("https://two.test/logout", work, { "Clear-Site-Data": '"storage"' });
    await until("the container's grant to go", async () => (await remembered("https://two.test")).length === 1);
    assert.deepEqual(await remembered("https://two.test"), ["default"]);
  });

  test("with a container goes what was remembered in it", async () => {
    const gone = await browser.newContainer();
    const page = await open("https://three.test/", gone);
    await remember(page);
    const id = await idOf("https://three.test");
    const markers = (): Promise<number> =>
      own.evaluate(
        async (storeId: string) => (await chrome.cookies.getAll({ name: "portside-marker", storeId })).length,
        id,
      );
    assert.equal(await markers(), 1);
    await browser.deleteContainer(gone);
    await until("its grant to go", async () => (await remembered("https://three.test")).length === 0);
  });
});
