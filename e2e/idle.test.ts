// A page that never uses the API pays (almost) nothing for it: a small script, less than a millisecond, no message, nothing to notice.
import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { startChromium } from "./world/chromium.ts";
import { lifeOf, type Life } from "./world/life.ts";
import { startPages } from "./world/pages.ts";
import { extensionFolder } from "./world/places.ts";
import { reference, scriptCosts } from "./world/script-cost.ts";
import { sleep, until } from "./world/wait.ts";

const scripts = ["page.js", "content.js"] as const;

test("the script in the page's world is under 12.5 KiB compressed", (t) => {
  const size = (name: string): number => gzipSync(readFileSync(join(extensionFolder, name)), { level: 9 }).length;
  t.diagnostic(scripts.map((name) => `${name} ${size(name).toString()} bytes compressed (gzip)`).join(", "));
  assert.ok(size("page.js") < 12_800, `${size("page.js").toString()} bytes`);
});

/** What the scripts may cost, in ms on the reference's machine: a fifth more than they do. */
const bounds = { "page.js": 0.65, "content.js": 1.65 } as const;

test(
  "the script in the page's world takes less than a millisecond at the start of a document, and ours less than two",
  { timeout: 120_000 },
  async (t) => {
    const life = lifeOf(t);
    const pages = await startPages(life);
    const browser = await startChromium(life, { pages });
    const page = await browser.newPage(
      pages.serve("https://a.test/", `<!doctype html><title>A page</title>${reference}`),
    );
    const loads = 60;
    const costs = await scriptCosts(browser, page, scripts, loads);
    for (const name of scripts) {
      const { seen, ratio, time, median } = costs[name];
      assert.ok(seen >= loads, `${name} was seen ${seen.toString()} times in ${loads.toString()} loads`);
      t.diagnostic(
        `${name}: ${ratio.toFixed(2)} of the reference, ${time.toFixed(2)} ms (${median.toFixed(2)} ms here and now)`,
      );
      assert.ok(time < bounds[name], `${name} takes ${time.toFixed(2)} ms`);
    }
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
  await until("the first call to be heard", async () => (await heard()).includes("connect document"));
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
