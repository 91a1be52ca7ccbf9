// Deleting a site's data takes back what was remembered for it: by the browser's own settings, by Clear-Site-Data, when the browser closes.
// And nothing else does: the marker is out of the reach of pages, servers and private windows.
import assert from "node:assert/strict";
import { before } from "node:test";
import {
  attempt,
  openStage,
  openTCP,
  plainPage,
  to,
  untilMarkersLooked,
  type Page,
  type Stage,
  type WithTCP,
} from "./stage.ts";
import { lifeOf, lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { extensionId } from "./world/places.ts";
import { startBrowser } from "./world/start.ts";
import { until } from "./world/wait.ts";
import { describe, test } from "./world/where.ts";

interface Cookie {
  name: string;
  value: string;
  domain: string;
  path: string;
  hostOnly: boolean;
  httpOnly: boolean;
  secure: boolean;
  sameSite: string;
  expirationDate: number;
}

/** What the tests ask of the extension, from one of its own pages. */
interface Extension {
  cookies: {
    getAll(details: object): Promise<Cookie[]>;
    set(details: object): Promise<unknown>;
    onChanged: { addListener(listener: (change: { removed: boolean; cause: string; cookie: Cookie }) => void): void };
  };
  storage: Record<
    "local" | "session",
    {
      get(key: string | null): Promise<Record<string, unknown>>;
      set(items: object): Promise<void>;
      remove(key: string): Promise<void>;
    }
  >;
  runtime: { sendMessage(message: unknown): Promise<unknown> };
}
declare const chrome: Extension;

const life = lifeOfSuite("clearing");
let stage: Stage;
let own: Page;
let peer: peers.TcpPeer;
before(async () => {
  stage = await openStage(life);
  own = await stage.browser.newExtensionPage("ui/options.html");
  peer = await peers.echoPeer(life);
});

const markers = (page = own): Promise<Cookie[]> =>
  page.evaluate(() => chrome.cookies.getAll({ name: "portside-marker" }));
async function markerOf(host: string): Promise<Cookie> {
  return await until(`the marker of ${host}`, async () => (await markers()).find(({ domain }) => domain === host));
}
/** Has the extension look at all markers, as when the browser starts. */
async function lookAtMarkers(): Promise<void> {
  await own.evaluate(() => chrome.storage.session.remove("markersLooked"));
  await stage.browser.stopBackground();
  await own.evaluate(() => chrome.runtime.sendMessage("host-state"));
}
/** The origins with grants. */
const remembered = (page = own): Promise<string[]> =>
  page.evaluate(async () =>
    (((await chrome.storage.local.get("grants"))["grants"] ?? []) as { origin: string }[]).map(({ origin }) => origin),
  );

/** Opens a page of the origin and has the user remember what it asks for; the socket stays open. */
async function remember(origin: string, { person, open }: Pick<Stage, "person" | "open"> = stage): Promise<Page> {
  const page = await open(`${origin}/`);
  const opened = attempt(page, to(peer));
  await person.allowsAndRemembers();
  assert.equal(await opened, "");
  return page;
}

/** A new document of the origin opens without a question. */
async function stillCounts(origin: string): Promise<void> {
  const page = await stage.open(`${origin}/again`);
  assert.equal(await attempt(page, to(peer)), "", `${origin} was remembered`);
  await page.close();
}

/** The grant is gone at once, the socket with it, and the same document is asked again. */
async function isTakenBack(origin: string, page: Page): Promise<void> {
  await until(`the grants of ${origin} to go`, async () => !(await remembered()).includes(origin));
  const end = await page.evaluate(() =>
    (window as unknown as WithTCP).socket.readable
      .getReader()
      .read()
      .then(
        () => "",
        (error: unknown) => (error as Error).name,
      ),
  );
  assert.equal(end, "NetworkError", "the open socket ended");
  const again = attempt(page, to(peer));
  await stage.person.denies();
  assert.equal(await again, "NotAllowedError");
  assert.deepEqual(
    (await markers()).filter(({ domain }) => domain === new URL(origin).hostname),
    [],
  );
}

describe("the marker", () => {
  test("no page, no server and no other site sees it, and no script can take or keep it", async () => {
    const page = await remember("https://unseen.test");
    const marker = await markerOf("unseen.test");
    const { hostOnly, httpOnly, secure, sameSite } = marker;
    assert.deepEqual(
      { hostOnly, httpOnly, secure, sameSite },
      { hostOnly: true, httpOnly: true, secure: true, sameSite: "strict" },
    );
    assert.match(marker.path, /^\/\.portside-[\w-]{22}\/$/);
    await page.goto("https://unseen.test/");
    const sub = await stage.open("https://sub.unseen.test/");
    for (const one of [page, sub]) {
      const seen = await one.evaluate(async () => {
        const { cookieStore } = window as unknown as { cookieStore: { getAll(): Promise<unknown[]> } };
        document.cookie = "portside-marker=mine; path=/; secure";
        document.cookie = "portside-marker=; path=/; max-age=0; secure";
        await fetch("/some/where");
        return [document.cookie, (await cookieStore.getAll()).length];
      });
      assert.deepEqual(seen, ["", 0]);
    }
    // Where it is, is kept from the content script: that is a renderer that was taken over. Firefox does not refuse it storage.local, where nothing is.
    const stolen = await page.evaluateInContentScript(() =>
      chrome.storage.local.get(null).then(
        (all) => JSON.stringify(all),
        () => "",
      ),
    );
    assert.equal(stolen, stage.browser.name === "firefox" ? "{}" : "");
    // Even a script that knew the path could do nothing.
    await page.evaluate((path: string) => {
      document.cookie = `portside-marker=mine; path=${path}; secure`;
      document.cookie = `portside-marker=; path=${path}; max-age=0; secure`;
    }, marker.path);
    const sent = stage.pages.requests.filter(({ url, headers }) => url.includes("unseen.test") && headers.cookie);
    assert.deepEqual(sent, []);
    assert.equal((await markerOf("unseen.test")).value, marker.value);
    await stillCounts("https://unseen.test");
    for (const one of [page, sub]) await one.close();
  });

  test("is one for each origin, and goes with the last grant of it", async () => {
    const http = stage.pages.serve("http://localhost/", plainPage);
    const { origin } = new URL(http);
    const page = await stage.browser.newPage(http);
    const opened = attempt(page, to(peer));
    await stage.person.allowsAndRemembers();
    assert.equal(await opened, "");
    assert.equal((await markerOf("localhost")).secure, false, "loopback over http");
    const other = await peers.echoPeer(life);
    const second = attempt(page, to(other));
    await stage.person.allowsAndRemembers();
    assert.equal(await second, "");
    assert.equal((await markers()).filter(({ domain }) => domain === "localhost").length, 1);
    const elsewhere = await remember("https://elsewhere.test");
    assert.notEqual((await markerOf("elsewhere.test")).path, (await markerOf("localhost")).path);
    await elsewhere.close();
    for (const left of [1, 0]) {
      await own.click(`button.revoke[aria-label*="${origin}"]`);
      await until("the grant to go", async () => (await remembered()).filter((one) => one === origin).length === left);
      if (left > 0) await markerOf("localhost");
    }
    await until("the marker to go", async () => !(await markers()).some(({ domain }) => domain === "localhost"));
    await page.close();
  });

  test("a grant without its marker does not count, and neither does one with a marker of another value", async () => {
    const page = await remember("https://missing.test");
    await own.evaluate(() => chrome.storage.local.remove("markers"));
    const fresh = await stage.open("https://missing.test/fresh");
    const asked = attempt(fresh, to(peer));
    await stage.person.denies();
    assert.equal(await asked, "NotAllowedError");
    assert.equal((await remembered()).includes("https://missing.test"), false);
    await page.close();
    await fresh.close();

    // As a server could do that knew the path.
    const replaced = await remember("https://replaced.test");
    const { path } = await markerOf("replaced.test");
    stage.pages.serve("https://replaced.test/set", {
      headers: { "set-cookie": `portside-marker=theirs; Path=${path}; Secure; HttpOnly` },
      body: "",
    });
    await replaced.evaluate(() => fetch("/set").then(() => undefined));
    await isTakenBack("https://replaced.test", replaced);
    await replaced.close();
  });

  test("lives on while it is used", async () => {
    const page = await remember("https://used.test");
    const marker = await markerOf("used.test");
    const year = Date.now() / 1000 + 365 * 86_400;
    assert.ok(marker.expirationDate > year, "more than a year");
    // Some months later: half of its life is over.
    await own.evaluate(async ({ name, value, path }: Cookie) => {
      const markers = (await chrome.storage.local.get("markers"))["markers"] as Record<string, { renewed: number }>;
      const mine = markers["https://used.test"];
      if (mine !== undefined) mine.renewed -= 200 * 86_400_000;
      await chrome.storage.local.set({ markers });
      const url = `https://used.test${path}`;
      const expirationDate = Date.now() / 1000 + 200 * 86_400;
      await chrome.cookies.set({
        url,
        name,
        value,
        path,
        httpOnly: true,
        secure: true,
        sameSite: "strict",
        expirationDate,
      });
    }, marker);
    await stillCounts("https://used.test");
    assert.ok((await markerOf("used.test")).expirationDate > year, "its whole life again");
    await page.close();
  });

  test("all of them are looked at when the browser starts, and once a day", async () => {
    const page = await remember("https://kept.test");
    const lost = await remember("https://lost.test");
    const kept = await markerOf("kept.test");
    await own.evaluate(async () => {
      const markers = (await chrome.storage.local.get("markers"))["markers"] as Record<string, unknown>;
      delete markers["https://lost.test"];
      await chrome.storage.local.set({ markers });
      // Left over from a crash.
      const path = "/.portside-0123456789012345678901/";
      await chrome.cookies.set({
        url: `https://crash.test${path}`,
        name: "portside-marker",
        value: "x",
        path,
        secure: true,
      });
    });
    await lookAtMarkers();
    await until("what has lost its marker to go", async () => !(await remembered()).includes("https://lost.test"));
    await until("what stands for nothing to go", async () =>
      (await markers()).every(({ domain }) => domain !== "crash.test" && domain !== "lost.test"),
    );
    assert.deepEqual(await markerOf("kept.test"), kept);
    await stillCounts("https://kept.test");
    await page.close();
    await lost.close();
  });

  test("each is shown then to be wanted, so that the browser does not throw it out for its age; that gives it no longer life", async () => {
    const page = await remember("https://wanted.test");
    const kept = await markerOf("wanted.test");
    await own.evaluate(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      chrome.cookies.onChanged.addListener(({ cookie, removed }) => {
        if (!removed) seen.push(cookie.domain);
      });
    });
    await lookAtMarkers();
    await own.waitFor("the marker to be touched", () =>
      (window as unknown as { seen: string[] }).seen.includes("wanted.test"),
    );
    assert.deepEqual(await markerOf("wanted.test"), kept);
    await page.close();
  });
});

describe("the user deletes data in the browser's own settings", () => {
  test("of one site, on its page: its grants go, its sockets close; those of others stay", async () => {
    const page = await remember("https://site.test");
    const once = await stage.open("https://site.test/once");
    const other = await peers.echoPeer(life);
    await openTCP(stage, once, other);
    const neighbour = await remember("https://neighbour.test");
    await stage.browser.deleteSiteData("https://site.test");
    await isTakenBack("https://site.test", page);
    // Also what was allowed once: all that the user had agreed to with this site.
    await (await other.connection()).waitUntilClosed(2_000);
    const again = attempt(once, to(other));
    await stage.person.denies();
    assert.equal(await again, "NotAllowedError");
    await stillCounts("https://neighbour.test");
    for (const one of [page, once, neighbour]) await one.close();
  });

  test("of all sites, for the last hour", async () => {
    const page = await remember("https://all.test");
    await stage.browser.deleteLastHour();
    await isTakenBack("https://all.test", page);
    assert.deepEqual(await remembered(), []);
    await page.close();
  });

  test("a grant of the last hour is not hidden by an older one", async () => {
    const page = await remember("https://young.test");
    const old = await markerOf("young.test");
    const second = await peers.echoPeer(life);
    const opened = attempt(page, to(second));
    await stage.person.allowsAndRemembers();
    assert.equal(await opened, "");
    // Browsers keep a cookie's age when it is set anew with the same value.
    const young = await markerOf("young.test");
    assert.equal(young.path, old.path);
    assert.notEqual(young.value, old.value);
    await stillCounts("https://young.test");
    await page.close();
  });
});

describe("Clear-Site-Data", () => {
  /** The same response for a page and for what a page loads. */
  function serve(origin: string, header: string, status = 200): string {
    return stage.pages.serve(`${origin}/clear`, {
      status,
      headers: { "clear-site-data": header, ...(status === 302 ? { location: "/" } : {}) },
      body: "",
    });
  }

  for (const type of ["cookies", "storage", "*"]) {
    test(`"${type}", with a page and with what a page loads`, async () => {
      const origin = `https://csd-${type === "*" ? "all" : type}.test`;
      const page = await remember(origin);
      serve(origin, `"cache", "${type}"`);
      await page.evaluate(() => fetch("/clear").then(() => undefined));
      await isTakenBack(origin, page);
      await page.close();
      const second = await remember(origin);
      const tab = await stage.browser.newPage(`${origin}/clear`);
      await isTakenBack(origin, second);
      await tab.close();
      await second.close();
    });
  }

  test("on the way, with a redirection", async () => {
    const origin = "https://csd-redirect.test";
    const page = await remember(origin);
    serve(origin, '"storage"', 302);
    await page.evaluate(() => fetch("/clear").then(() => undefined));
    await isTakenBack(origin, page);
    await page.close();
  });

  test("of other data, of another origin, on another site's account, or in a private window: nothing goes", async () => {
    const origin = "https://csd-stays.test";
    const page = await remember(origin);
    serve(origin, '"cache", "executionContexts"');
    await page.evaluate(() => fetch("/clear").then(() => undefined));
    const stranger = await stage.open("https://csd-stranger.test/");
    serve("https://csd-stranger.test", '"*"');
    await stranger.goto("https://csd-stranger.test/clear");
    serve(origin, '"storage"');
    await stranger.goto("https://csd-stranger.test/");
    await stranger.evaluate(async (url: string) => {
      await fetch(url, { mode: "no-cors", credentials: "include" });
    }, `${origin}/clear`);
    serve(origin, '"*"');
    const secret = await stage.browser.newPage(`${origin}/clear`, { incognito: true });
    await secret.close();
    assert.equal((await remembered()).includes(origin), true, "the grant stays");
    await stillCounts(origin);
    const { socket } = { socket: () => (window as unknown as WithTCP).socket.remotePort };
    assert.equal(await page.evaluate(socket), peer.port);
    await page.close();
    await stranger.close();
  });
});

test("where no marker can be set, Always allow is Allow this time", async (t) => {
  const away = await openStage(lifeOf(t));
  const page = await away.open("https://withheld.test/");
  const late = await away.open("https://late.test/");
  const open = (remotePort: number): Promise<string> =>
    navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort }).then(
      () => "",
      (error: unknown) => (error as Error).name,
    );
  // Its content script comes whole with the first use of the API, even one without a gesture.
  assert.equal(await page.evaluate(open, peer.port), "NotAllowedError");
  // The user keeps the extension away from sites: this page has its scripts already.
  const extensions = await away.browser.newPage("chrome://extensions");
  await extensions.evaluate(async (extensionId: string) => {
    await (
      chrome as unknown as {
        developerPrivate: { updateExtensionConfiguration(update: object): Promise<void> };
      }
    ).developerPrivate.updateExtensionConfiguration({ extensionId, hostAccess: "ON_CLICK" });
  }, extensionId);
  const opened = attempt(page, to(peer));
  await away.person.allowsAndRemembers();
  assert.equal(await opened, "");
  const settings = await away.browser.newExtensionPage("ui/options.html");
  assert.deepEqual(await remembered(settings), []);
  assert.deepEqual(await markers(settings), []);
  await page.evaluate(() => (window as unknown as WithTCP).socket.close());
  assert.equal(await page.evaluate(open, peer.port), "", "this document may go on");
  // One that has not used the API before is not let in any more, and hears so.
  assert.equal(await attempt(late, to(peer)), "NetworkError");
});

test("a browser that deletes data when it closes keeps no grants either; one that does not, does", async (t) => {
  const own = lifeOf(t);
  const first = await openStage(own);
  const { pages, browser } = first;
  await remember("https://exit.test", first);
  const home = browser.home;
  /** `deletes`: as the user has set it for the end of the browser. */
  const start = async ({ deletes }: { deletes: boolean }): Promise<{ origins: string[]; close(): Promise<void> }> => {
    const next = await startBrowser(own, { home, pages, deletesAtEnd: deletes });
    const page = await next.newExtensionPage("ui/options.html");
    await untilMarkersLooked(page);
    return { origins: await remembered(page), close: () => next.close() };
  };
  await browser.close();
  const kept = await start({ deletes: false });
  assert.deepEqual(kept.origins, ["https://exit.test"]);
  await kept.close();
  await (await start({ deletes: true })).close();
  const gone = await start({ deletes: true });
  assert.deepEqual(gone.origins, []);
});
