// Pages that their own service worker serves: nobody sees the headers of what comes out of its cache. What was seen before counts, also after
// the browser was restarted and without a network.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { plainPage, type Page, type Stage } from "./stage.ts";
import { openWatchedStage, verdict } from "./verdict.ts";
import { Person } from "./world/consent.ts";
import { lifeOf, lifeOfSuite } from "./world/life.ts";
import type { Frame } from "./world/page.ts";
import type { Answer } from "./world/pages.ts";
import { startBrowser } from "./world/start.ts";
import { sleep } from "./world/wait.ts";

const life = lifeOfSuite("pwa");
let stage: Stage;
before(async () => {
  stage = await openWatchedStage(life);
});

type Headers = Record<string, string>;
const deny: Headers = { "Permissions-Policy": "direct-sockets=()" };
const unsafe: Headers = { "Content-Security-Policy": "script-src 'self' 'unsafe-inline' 'unsafe-eval'" };

/** What the worker does with a navigation. */
const strategies = {
  "from its cache": `event.respondWith(caches.match(new URL(event.request.url).pathname).then((found) => found ?? caches.match("/app")))`,
  "pass-through": `event.respondWith(fetch(event.request))`,
  "network first": `event.respondWith(fetch(event.request).then(async (response) => {
      if (response.ok) await (await caches.open("v1")).put("/app", response.clone());
      return response;
    }).catch(() => caches.match("/app")))`,
  "navigation preload": `event.respondWith((async () => {
      const response = await event.preloadResponse.catch(() => undefined);
      if (response?.ok !== true) return caches.match("/app");
      await (await caches.open("v1")).put("/app", response.clone());
      return response;
    })())`,
  "made up": `event.respondWith(new Response(\`${plainPage}\`, { headers: { "content-type": "text/html" } }))`,
} as const;
type Strategy = keyof typeof strategies;

/** An app with a worker: what its server says can change. */
class App {
  readonly url: string;
  readonly origin: string;
  headers: Headers;
  body = plainPage;
  offline = false;

  constructor(
    at: Pick<Stage, "pages">,
    host: string,
    strategy: Strategy,
    headers: Headers,
    { fillsCache = true } = {},
  ) {
    this.origin = `https://${host}`;
    this.headers = headers;
    const worker = `
      self.addEventListener("install", (event) => event.waitUntil((async () => {
        ${fillsCache ? `await (await caches.open("v1")).addAll(["/app"]);` : ""}
        await self.skipWaiting();
      })()));
      self.addEventListener("activate", (event) => event.waitUntil((async () => {
        if (${String(strategy === "navigation preload")}) await self.registration.navigationPreload.enable();
        await self.clients.claim();
      })()));
      self.addEventListener("fetch", (event) => { if (event.request.mode === "navigate") ${strategies[strategy]} });`;
    const answer = (make: () => Answer) => (request: { socket: { destroy(): void } }) => {
      if (this.offline) request.socket.destroy();
      return make();
    };
    this.url = at.pages.serve(
      `${this.origin}/app`,
      answer(() => ({ headers: this.headers, body: this.body })),
    );
    for (const path of ["/app/two", "/app/strict"])
      at.pages.serve(
        `${this.origin}${path}`,
        answer(() => ({ headers: this.headers, body: this.body })),
      );
    at.pages.serve(
      `${this.origin}/worker.js`,
      answer(() => ({ headers: { "content-type": "text/javascript" }, body: worker })),
    );
    at.pages.serve(`${this.origin}/start`, plainPage);
  }

  /** Registers the worker, from a page that it will not control itself, and waits until it is active. */
  async install({ browser }: Pick<Stage, "browser">, options: { incognito?: boolean } = {}): Promise<Page> {
    const page = await browser.newPage(`${this.origin}/start`, options);
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.register("/worker.js", { scope: "/app" });
      while (registration.active?.state !== "activated") await new Promise((resolve) => setTimeout(resolve, 20));
    });
    return page;
  }
}

const ask = (frame: Frame): Promise<string> => verdict(stage, frame);
const isControlled = (frame: Frame): Promise<boolean> =>
  frame.evaluate(() => navigator.serviceWorker.controller !== null);

describe("what the server said when the worker, or the page, last asked it", () => {
  const cases: [Strategy, Headers, string][] = [
    ["from its cache", {}, "may ask"],
    ["from its cache", deny, "refused"],
    ["from its cache", unsafe, "refused"],
    ["pass-through", {}, "may ask"],
    ["pass-through", deny, "refused"],
    ["pass-through", unsafe, "refused"],
    ["navigation preload", {}, "may ask"],
    ["navigation preload", deny, "refused"],
    ["navigation preload", unsafe, "refused"],
    ["made up", {}, "may ask"],
    ["made up", deny, "refused"], // what the worker makes up cannot loosen what the server says
  ];
  for (const [strategy, headers, expected] of cases)
    test(`${strategy}, ${Object.keys(headers)[0] ?? "no header"}: ${expected}`, async () => {
      const app = new App(
        stage,
        `${strategy.replaceAll(" ", "-")}-${Object.keys(headers)[0]?.toLowerCase() ?? "none"}.test`,
        strategy,
        headers,
      );
      const page = await app.install(stage);
      await page.goto(app.url);
      assert.equal(await isControlled(page), true);
      assert.equal(await ask(page), expected);
      // Again, after the extension's worker has stopped.
      await stage.browser.stopBackground();
      await page.reload();
      assert.equal(await ask(page), expected);
      await page.close();
    });

  test("a denial ends when a later response denies no more", async () => {
    const app = new App(stage, "mended.test", "network first", deny);
    const page = await app.install(stage);
    await page.goto(app.url);
    assert.equal(await ask(page), "refused");
    app.offline = true;
    await page.reload();
    assert.equal(await ask(page), "refused");
    app.offline = false;
    app.headers = {};
    await page.reload();
    assert.equal(await ask(page), "may ask");
    app.offline = true;
    await page.reload();
    assert.equal(await ask(page), "may ask");
    await page.close();
  });

  test("a page of another path that the worker answers from the same cache: strict where the origin is strict anywhere", async () => {
    for (const [host, headers, expected] of [
      ["shell.test", {}, "may ask"],
      ["strict-shell.test", deny, "refused"],
    ] as const) {
      const app = new App(stage, host, "from its cache", headers);
      const page = await app.install(stage);
      app.offline = true;
      await page.goto(`${app.origin}/app/two?x#y`);
      assert.equal(await isControlled(page), true);
      assert.equal(await ask(page), expected);
      await page.close();
    }
  });

  test("a page that the server denies now, though the worker's cache is older", async () => {
    // The extension saw nothing of the filling of the cache: it forgets what it saw when it is loaded again, as it keeps denials only.
    const app = new App(stage, "turned.test", "from its cache", {});
    const page = await app.install(stage);
    await stage.browser.stopBackground();
    app.headers = deny;
    await page.goto(app.url);
    assert.equal(await ask(page), "refused");
    await page.close();
  });

  test("a page that the server denies no more, though what came out of the worker's cache was denied", async () => {
    const app = new App(stage, "turned-lax.test", "from its cache", deny);
    const page = await app.install(stage);
    app.headers = {};
    await page.goto(app.url);
    assert.equal(await ask(page), "refused");
    await page.close();
  });

  test("fetched by the page itself into the cache", async () => {
    const app = new App(stage, "page-fills.test", "from its cache", deny, { fillsCache: false });
    const page = await app.install(stage);
    await page.evaluate(async () => {
      await (await caches.open("v1")).addAll(["/app"]);
    });
    app.offline = true;
    await page.goto(app.url);
    assert.equal(await ask(page), "refused");
    await page.close();
  });
});

describe("frames that a service worker serves", () => {
  test("of the page's own origin: the default allowlist; of another origin: no", async () => {
    const own = new App(stage, "framed.test", "made up", {});
    (await own.install(stage)).close().catch(() => undefined);
    own.offline = true;
    const holder = stage.pages.serve(
      "https://framed.test/holder",
      `${plainPage}<iframe id=f width=600 height=400 src="${own.url}"></iframe>`,
    );
    const page = await stage.browser.newPage(holder);
    const frame = await page.frame("#f", { url: /app/ });
    assert.equal(await isControlled(frame), true);
    assert.equal(await ask(frame), "may ask");
    await page.close();

    // Workers belong to the site at the top as well: this one is registered in the frame.
    const foreign = new App(stage, "foreign-framed.test", "made up", {}, { fillsCache: false });
    const outside = await stage.browser.newPage(
      stage.pages.serve(
        "https://outside.test/",
        `${plainPage}<iframe id=f allow="direct-sockets *" width=600 height=400 src="${foreign.origin}/start"></iframe>`,
      ),
    );
    const start = await outside.frame("#f", { url: /start/ });
    await start.evaluate(async () => {
      const registration = await navigator.serviceWorker.register("/worker.js", { scope: "/app" });
      while (registration.active?.state !== "activated") await new Promise((resolve) => setTimeout(resolve, 20));
    });
    await start.evaluate((url: string) => {
      setTimeout(() => (location.href = url));
    }, foreign.url);
    const served = await outside.frame("#f", { url: /app/ });
    assert.equal(await isControlled(served), true);
    assert.equal(await ask(served), "refused");
    await outside.close();
  });

  test("a page whose headers are not known may not hand the feature on", async () => {
    const inner = stage.pages.serve("https://inner.test/", plainPage);
    const made = new App(stage, "hands-on.test", "from its cache", {});
    made.body = `${plainPage}<iframe id=f allow="direct-sockets" width=600 height=400 src="${inner}"></iframe>`;
    const page = await made.install(stage);
    // Seen while the cache was filled: known.
    await page.goto(made.url);
    assert.equal(await ask(await page.frame("#f", { url: /inner/ })), "may ask");
    // Not known: a path of which nothing was seen, without a network.
    made.offline = true;
    await page.goto(`${made.origin}/app/two`);
    assert.equal(await ask(page), "may ask");
    assert.equal(await ask(await page.frame("#f", { url: /inner/ })), "refused");
    await page.close();
  });
});

test("after a restart of the browser, without a network: denials were kept, and nothing of private windows", async (t) => {
  const own = lifeOf(t);
  const first = await openWatchedStage(own);
  const kept = async ({ browser }: Pick<Stage, "browser">): Promise<string[]> => {
    const page = await browser.newExtensionPage("ui/options.html");
    const keys = await page.evaluate(async () => Object.keys(await chrome.storage.local.get(null)));
    await page.close();
    return keys.filter((key) => key.startsWith("kept:"));
  };
  const before = await kept(first);
  const apps = [
    new App(first, "free.test", "from its cache", {}),
    new App(first, "denied.test", "from its cache", deny),
    new App(first, "eval.test", "from its cache", unsafe),
    new App(first, "preload-denied.test", "navigation preload", deny, { fillsCache: false }),
    new App(first, "preload-eval.test", "navigation preload", unsafe, { fillsCache: false }),
  ];
  for (const app of apps) {
    const page = await app.install(first);
    await page.goto(app.url);
    await page.close();
  }
  const secret = new App(first, "secret.test", "from its cache", deny);
  const hidden = await secret.install(first, { incognito: true });
  await hidden.goto(secret.url);
  assert.equal(await verdict(first, hidden), "refused");
  await hidden.close();
  // Without a worker, too: the page itself brings the header.
  const plain = first.pages.serve("https://secret-plain.test/", { headers: deny, body: plainPage });
  const open = await first.browser.newPage(plain, { incognito: true });
  assert.equal(await verdict(first, open), "refused");
  await open.close();
  const keys = await kept(first);
  assert.equal(keys.length - before.length, 4, keys.join(", "));
  await first.browser.close();

  for (const app of apps) app.offline = true;
  const browser = await startBrowser(own, { pages: first.pages, home: first.browser.home });
  const second = { browser, person: new Person(browser) };
  await sleep(1_000); // the extension's first turn
  assert.deepEqual((await kept(second)).sort(), keys.sort());
  for (const [index, expected] of ["may ask", "refused", "refused", "refused", "refused"].entries()) {
    const app = apps[index] as App;
    const page = await browser.newPage(app.url);
    assert.equal(await isControlled(page), true, app.origin);
    assert.equal(await verdict(second, page), expected, app.origin);
    await page.close();
  }
});
