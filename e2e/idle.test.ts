// A page that never uses the API pays (almost) nothing for it: two small scripts, a millisecond or two, no message, nothing to notice.
import assert from "node:assert/strict";
import { appendFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { restMessage } from "../protocol/page.ts";
import { startChromium } from "./world/chromium/chromium.ts";
import { lifeOf, type Life } from "./world/life.ts";
import { startPages } from "./world/pages.ts";
import { extensionFolder } from "./world/places.ts";
import type { Page } from "./world/page.ts";
import { median, reference, scriptCosts, type Cost } from "./world/chromium/script-cost.ts";
import { sleep, until } from "./world/wait.ts";

/** What every document gets. */
const scripts = ["page.js", "content.js"] as const;
/** What the scripts may cost at the start of a document, in ms on the reference's machine: a fifth more than they do. */
const bounds = { "page.js": 0.62, "content.js": 1.24 } as const;

test("what every document gets is under 17 KiB compressed, and what it gets with the first use is not among it", (t) => {
  const size = (name: string): number => gzipSync(readFileSync(join(extensionFolder, name)), { level: 9 }).length;
  t.diagnostic(
    [...scripts, "rest.js"].map((name) => `${name} ${size(name).toString()} bytes compressed (gzip)`).join(", "),
  );
  assert.ok(size("page.js") < 14_400, `page.js: ${size("page.js").toString()} bytes`);
  assert.ok(size("content.js") < 2_716, `content.js: ${size("content.js").toString()} bytes`);
  const manifest = readFileSync(join(extensionFolder, "manifest.json"), "utf8");
  const { content_scripts } = JSON.parse(manifest) as { content_scripts: { js: string[] }[] };
  assert.deepEqual(
    content_scripts.flatMap(({ js }) => js),
    scripts,
  );
});

/** Fails when the scripts cost more than they may, beside the reference. */
function assertCheap(t: TestContext, costs: Record<(typeof scripts)[number], Cost>, documents: number): void {
  for (const name of scripts) {
    const { seen, ratio, time, median } = costs[name];
    t.diagnostic(
      `${name}: ${ratio.toFixed(2)} of the reference, ${time.toFixed(2)} ms (${median.toFixed(2)} ms here and now)`,
    );
    assert.ok(seen >= documents, `${name} was seen ${seen.toString()} times in ${documents.toString()} documents`);
    assert.ok(time < bounds[name], `${name} takes ${time.toFixed(2)} ms`);
  }
}

test("the scripts take less than two milliseconds at the start of a document", { timeout: 120_000 }, async (t) => {
  const life = lifeOf(t);
  const pages = await startPages(life);
  const browser = await startChromium(life, { pages });
  const url = pages.serve("https://a.test/", `<!doctype html><title>A page</title>${reference}`);
  const page = await browser.newPage(url);
  const loads = 60;
  const costs = await scriptCosts(
    browser,
    (other) => other === url,
    scripts,
    async () => {
      for (let i = 0; i < loads; i++) await page.reload();
    },
  );
  assertCheap(t, costs, loads);
});

/** A page as there are many: styles, pictures, text, a form, scripts that make more of it, and frames of its own site and another one. */
function usualPage(frames: number): string {
  const paragraphs = Array.from(
    { length: 40 },
    (_, i) => `<h2>Part ${i.toString()}</h2><p>${"Words of it. ".repeat(30)}</p>`,
  );
  const held = Array.from(
    { length: frames },
    (_, i) => `<iframe src="https://${i % 3 === 0 ? "b" : "a"}.test/inner?${i.toString()}"></iframe>`,
  );
  return `<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content="width=device-width">
    <meta http-equiv=Content-Security-Policy content="object-src 'none'"><title>A page</title>
    <style>body { font: 16px/1.5 sans-serif } iframe { width: 120px; height: 60px; border: 0 }</style>
    <link rel=icon href="data:,">${reference}</head><body><nav><a href="#a">One</a> <a href="#b">Two</a></nav>
    ${paragraphs.join("")}<form><input name=q><button>Find</button></form>${held.join("")}
    <script>for (let i = 0; i < 50; i++) document.body.append(Object.assign(document.createElement("div"), { textContent: i }));</script>`;
}

test("the same holds in pages with one to fifty frames", { timeout: 240_000 }, async (t) => {
  const life = lifeOf(t);
  const pages = await startPages(life);
  for (const host of ["a", "b"])
    pages.serve(`https://${host}.test/inner`, `<!doctype html><title>A frame</title>${reference}<p>Something small`);
  const browser = await startChromium(life, { pages });
  const page = await browser.newPage("about:blank");
  const counts = [1, 2, 3, 5, 8, 12, 18, 25, 35, 50];
  let documents = 0;
  const costs = await scriptCosts(
    browser,
    (url) => /^https:\/\/[ab]\.test\//.test(url),
    scripts,
    async () => {
      for (const frames of counts) {
        const url = pages.serve(`https://a.test/${frames.toString()}`, usualPage(frames));
        for (let i = 0; i < 2; i++) {
          await page.goto(url);
          documents += 1 + frames;
        }
      }
    },
  );
  assertCheap(t, costs, documents);
});

test(
  "the first use waits for the rest of the content script no longer than for three answers",
  { timeout: 240_000 },
  async (t) => {
    const life = lifeOf(t);
    // The other extension has all of it in the document from the start.
    const eager = join(life.folder("extension"), "eager");
    cpSync(extensionFolder, eager, { recursive: true });
    appendFileSync(join(eager, "content.js"), readFileSync(join(eager, "rest.js")));
    const browsers = await Promise.all(
      [extensionFolder, eager].map(async (extension) => {
        const pages = await startPages(life);
        const browser = await startChromium(life, { pages, extension });
        return await browser.newPage(pages.serve("https://a.test/", "<!doctype html><title>A page</title>"));
      }),
    );
    /** A look whether the program is there, which is refused without a gesture: how long the first takes in a document, and the next. */
    const looks = async (page: Page): Promise<[number, number]> => {
      await page.reload();
      return await page.evaluate(async () => {
        const look = async (): Promise<number> => {
          const began = performance.now();
          const { openTCPSocket } = navigator as unknown as { openTCPSocket: { available(): Promise<boolean> } };
          await openTCPSocket.available().catch(() => false);
          return performance.now() - began;
        };
        return [await look(), await look()];
      });
    };
    const more: number[] = [];
    const answers: number[] = [];
    for (let round = 0; round < 30; round++) {
      const [late, early] = [await looks(browsers[0] as Page), await looks(browsers[1] as Page)];
      more.push(late[0] - early[0]);
      answers.push(late[1], early[1]);
    }
    const [waited, answer] = [median(more), median(answers)];
    t.diagnostic(`the first use waits ${waited.toFixed(1)} ms longer, an answer takes ${answer.toFixed(1)} ms`);
    assert.ok(waited < 3 * answer, `${waited.toFixed(1)} ms`);
  },
);

/** The extension as it is, but for its background: that one only writes down who speaks to it. */
function withListener(life: Life): string {
  const folder = join(life.folder("extension"), "listening");
  cpSync(extensionFolder, folder, { recursive: true });
  writeFileSync(
    join(folder, "background.js"),
    `const heard = [];
     chrome.runtime.onConnect.addListener((port) => { heard.push("connect " + port.name); });
     chrome.runtime.onMessage.addListener((message, sender, answer) => {
       if (message === "what have you heard?") answer(heard);
       else heard.push("message " + JSON.stringify(message));
     });`,
  );
  return folder;
}

const busyPage = `<!doctype html><title>A page</title><button id=go>Go</button>
  <iframe src="https://a.test/frame"></iframe><iframe src="https://b.test/frame"></iframe>
  <script>
    for (let i = 0; i < 20; i++) {
      postMessage(i, "*");
      for (const frame of document.querySelectorAll("iframe")) frame.contentWindow.postMessage(i, "*", [new MessageChannel().port1]);
    }
  </script>`;
const framePage = `<!doctype html><script>onmessage = ({ data }) => parent.postMessage({ echo: data }, "*", [new MessageChannel().port1])</script>`;

test("no message reaches the extension until the API is used, from the page or its frames", async (t) => {
  const life = lifeOf(t);
  const pages = await startPages(life);
  for (const host of ["a", "b"]) pages.serve(`https://${host}.test/frame`, framePage);
  const browser = await startChromium(life, { pages, portside: false, toy: withListener(life) });
  const page = await browser.newPage(pages.serve("https://a.test/", busyPage));
  await page.reload();
  await sleep(1_000);
  const listener = await browser.newExtensionPage("icons/16.png");
  const heard = (): Promise<string[]> =>
    listener.evaluate(() => chrome.runtime.sendMessage<string, string[]>("what have you heard?"));
  assert.deepEqual(await heard(), []);
  await page.evaluateOnClick("#go", () => {
    void navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort: 7 }).catch(() => undefined);
  });
  await until("the first call to be heard", async () =>
    (await heard()).includes(`message ${JSON.stringify(restMessage)}`),
  );
});

test("a page finds the API, and nothing else that would not be there without it", async (t) => {
  const life = lifeOf(t);
  const look = async (portside: boolean): Promise<Record<string, string[]>> => {
    const pages = await startPages(life);
    const browser = await startChromium(life, { pages, portside });
    const page = await browser.newPage(pages.serve("https://a.test/", "<!doctype html><title>A page</title><p>Text"));
    await sleep(500);
    const found = await page.evaluate(() => {
      const all: Record<string, string[]> = {};
      const names = (what: string, object: object): void => {
        all[what] = Reflect.ownKeys(object).map(String);
      };
      for (const name of Object.getOwnPropertyNames(window)) {
        const value: unknown = Object.getOwnPropertyDescriptor(window, name)?.value;
        if (!(value instanceof Function)) continue;
        names(name, value);
        const prototype: unknown = value.prototype;
        if (typeof prototype === "object" && prototype !== null) names(`${name}.prototype`, prototype);
      }
      names("window", window);
      names("document", document);
      names("navigator", navigator);
      all["html"] = [document.documentElement.outerHTML];
      all["entries"] = performance.getEntriesByType("resource").map(({ name }) => name);
      return all;
    });
    await browser.close();
    return found;
  };
  const globals = ["TCPSocket", "UDPSocket", "TCPServerSocket", "MulticastController"];
  const api: Record<string, string[]> = { "Navigator.prototype": ["openTCPSocket", "openUDPSocket"], window: globals };
  const [without, together] = [await look(false), await look(true)];
  for (const [what, names] of Object.entries(together)) {
    if (globals.includes(what.replace(/\.prototype$/, ""))) continue;
    const more = names.filter((name) => without[what]?.includes(name) !== true);
    assert.deepEqual(more, api[what] ?? [], what);
  }
});
