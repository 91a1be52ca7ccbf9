// Runs the public web-platform tests about Direct Sockets from a folder of the reader's own: they are no part of this repository.
//
//   WPT_FOLDER=…/wpt/direct-sockets node --import tsx e2e/conformance/wpt.ts native
//
// The folder has the tests (*.html) and their headers (*.html.headers). Tests with "http" in their names run on an insecure origin, all others
// on a secure one. kit/harness.ts stands in for testharness.js, so what goes beyond its few functions fails.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../world/bundle.ts";
import type { Chromium } from "../world/chromium/chromium.ts";
import { Life } from "../world/life.ts";
import type { Page } from "../world/page.ts";
import { startPages, type Pages } from "../world/pages.ts";
import { until } from "../world/wait.ts";
import { startNative } from "./native.ts";
import { startPortside } from "./portside.ts";
import type { OpenPage } from "./runner.ts";
import { serveSuite } from "./web.ts";

interface WPTState {
  wptResults?: { name: string; passed: boolean; message: string }[];
  wptDone?: boolean;
}

/**
 * The headers of a test: lines "name: value". A page of content shell that does not allow itself to be isolated dies of its first socket, so that
 * permission is added.
 */
function headersOf(file: string): Record<string, string> {
  if (!existsSync(`${file}.headers`)) return {};
  const lines = readFileSync(`${file}.headers`, "utf8").split("\n");
  return Object.fromEntries(
    lines
      .map((line) => /^([^:]+):\s*(.*)$/.exec(line))
      .filter((found) => found !== null)
      .map(([, name = "", value = ""]) => [
        name,
        /^permissions-policy$/i.test(name) && !value.includes("cross-origin-isolated")
          ? `${value}, cross-origin-isolated=(self)`
          : value,
      ]),
  );
}

const harnessNames = [
  "testharness.js",
  "testharnessreport.js",
  "testdriver.js",
  "testdriver-vendor.js",
  "test-only-api.js",
];

/** Puts the harness, and all files of the folder, on both origins. Gives the URLs of the tests. */
async function serve(folder: string, pages: Pages): Promise<string[]> {
  const harness = await bundle(new URL("kit/harness.ts", import.meta.url));
  const script = { "content-type": "text/javascript" };
  const origins = { secure: "http://127.0.0.1", insecure: "http://wpt.test" };
  for (const origin of Object.values(origins))
    for (const name of harnessNames)
      pages.serve(`${origin}/resources/${name}`, { headers: script, body: name === "testharness.js" ? harness : "" });
  const urls = [];
  for (const name of readdirSync(folder).sort()) {
    const file = join(folder, name);
    if (!/\.(?:html|js)$/.test(name)) continue;
    const origin = name.includes(".http.") ? origins.insecure : origins.secure;
    const headers = { ...(name.endsWith(".js") ? script : {}), ...headersOf(file) };
    const url = pages.serve(`${origin}/${name}`, { headers, body: readFileSync(file, "utf8") });
    if (name.endsWith(".html")) urls.push(url);
  }
  return urls;
}

async function runTest(page: Page): Promise<Required<WPTState>["wptResults"]> {
  let looks = 0;
  await until(
    "the page's tests",
    async () => {
      const state = await page.evaluate(() => ({
        done: (globalThis as WPTState).wptDone === true,
        bless: document.querySelector("#bless") !== null,
      }));
      if (state.bless) await page.click("#bless");
      // What opens sockets as it loads waits for a click where the user is asked.
      else if (!state.done && ++looks % 40 === 0) await page.click("html");
      return state.done;
    },
    { every: 50, timeout: 60_000 },
  ).catch(() => undefined);
  return await page.evaluate(() => (globalThis as WPTState).wptResults ?? []).catch(() => []);
}

const folder = process.env["WPT_FOLDER"];
if (folder === undefined) throw new Error("WPT_FOLDER says where the tests are: a checkout's folder direct-sockets");
const life = new Life("web-platform tests");
let failed = 0;
try {
  const pages = await startPages(life);
  const urls = await serve(folder, pages);
  const portside = process.argv[2] === "portside";
  const suite = await serveSuite(life, pages);
  let browser: Chromium;
  let openPage: OpenPage;
  if (portside) ({ browser, openPage } = await startPortside(life, pages, suite, { remembers: true }));
  else {
    browser = await startNative(life, pages);
    openPage = () => browser.newPage("about:blank");
  }
  for (const url of urls) {
    const page = await openPage();
    const results = await page.goto(url).then(
      () => runTest(page),
      () => [],
    );
    if (results.length === 0) failed++;
    console.log(`${new URL(url).pathname}${results.length === 0 ? "  no result" : ""}`);
    for (const { name, passed, message } of results) {
      if (!passed) failed++;
      console.log(`  ${passed ? "pass" : "FAIL"}  ${name}${message === "" ? "" : `  (${message})`}`);
    }
    await browser.cdp.send("Target.closeTarget", { targetId: page.targetId }).catch(() => undefined);
  }
} finally {
  await life.end();
}
process.exitCode = failed === 0 ? 0 : 1;
