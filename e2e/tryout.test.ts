// The page by which a person tries that everything works, out of the host: what it says when it works, when it is denied, when it
// cannot, and without Portside.
import assert from "node:assert/strict";
import { test } from "node:test";
import { protocolVersion, type TryoutStartParams, type TryoutStartResult } from "../protocol/message.ts";
import { openStage, type Page, type Stage } from "./stage.ts";
import { lifeOf } from "./world/life.ts";
import { hostName } from "./world/places.ts";
import { startBrowser } from "./world/start.ts";

const texts = {
  title: "Try <Portside>",
  intro: "This page opens a socket to the program on this computer.",
  button: "Open a socket",
  asking: "You are asked now.",
  done: "It works. The program said:",
  denied: "It was not allowed.",
  failed: "It did not work.",
  missing: "Portside is not on this page.",
};

/** Has a host of its own serve the page, as only the extension can: from one of its pages, which must stay open. */
async function serveTryout(stage: Stage, how: Partial<TryoutStartParams> = {}): Promise<Page & { at: string }> {
  const helper = await stage.browser.newExtensionPage("ui/options.html");
  const at = await helper.evaluate(
    async (host: string, version: number, params: unknown) => {
      const port = chrome.runtime.connectNative(host);
      Object.assign(globalThis, { port });
      const answer = (id: number): Promise<{ result?: unknown }> =>
        new Promise((resolve) => {
          port.onMessage.addListener((message: { id?: number; result?: unknown }) => {
            if (message.id === id) resolve(message);
          });
        });
      const call = async (id: number, method: string, given: unknown): Promise<unknown> => {
        const answered = answer(id);
        port.postMessage({ jsonrpc: "2.0", id, method, params: given });
        return (await answered).result;
      };
      await call(1, "hello", { protocolVersion: version, extensionVersion: "test" });
      return ((await call(2, "tryout.start", params)) as TryoutStartResult).url;
    },
    hostName,
    protocolVersion,
    { lang: "en", dir: "ltr", texts, ...how },
  );
  return Object.assign(helper, { at });
}

/** Waits until the page says this, and returns what it shows of the server's words. */
async function says(page: Page, text: string): Promise<string> {
  await page.waitFor(text, (wanted: string) => document.querySelector("#outcome")?.textContent === wanted, text);
  return await page.evaluate(() => {
    const said = document.querySelector<HTMLElement>("#said");
    return said === null || said.hidden ? "" : said.innerText;
  });
}

test("the page to try it with: it works, it is denied, it fails, it is not there", async (t) => {
  const stage = await openStage(lifeOf(t));
  const helper = await serveTryout(stage);
  const page = await stage.browser.newPage(helper.at);
  assert.equal(await page.text("h1"), texts.title);
  assert.equal(await page.text("#try"), texts.button);
  assert.equal(await page.text("#outcome"), "");

  await page.click("#try");
  assert.equal(await says(page, texts.asking), "");
  await stage.person.denies();
  assert.equal(await says(page, texts.denied), "");

  await page.click("#try");
  const prompt = await stage.person.allowsOnce();
  assert.match(prompt.text, /127\.0\.0\.1/);
  assert.match(
    await says(page, texts.done),
    /^Hello from the Portside program on this computer\.\s+You said: Hello from a web page\.\s+The time here is \d\d:\d\d:\d\d\.$/,
  );
  // It may be tried again, and what was allowed is not asked for.
  await page.click("#try");
  await stage.person.seesNoPrompt(300);
  await says(page, texts.done);

  const bare = await startBrowser(stage.life, { portside: false });
  const without = await bare.newPage(helper.at);
  await says(without, texts.missing);
  await without.click("#try");
  await says(without, texts.missing);

  // With the host that serves them, page and server are gone.
  await helper.close();
  await page.waitFor(
    "the server to be gone",
    async (failed: string) => {
      document.querySelector<HTMLButtonElement>("#try")?.click();
      await new Promise((resolve) => setTimeout(resolve, 200));
      return document.querySelector("#outcome")?.textContent === failed;
    },
    texts.failed,
  );
});

test("the page to try it with: right to left, and nothing of anybody else's", async (t) => {
  const stage = await openStage(lifeOf(t));
  const helper = await serveTryout(stage, { lang: "ar", dir: "rtl" });
  const page = await stage.browser.newPage(helper.at);
  const seen = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    dir: getComputedStyle(document.body).direction,
    role: document.querySelector("#status")?.getAttribute("role"),
    elsewhere: performance.getEntriesByType("resource").filter(({ name }) => !name.startsWith(location.href)).length,
  }));
  assert.deepEqual(seen, { lang: "ar", dir: "rtl", role: "status", elsewhere: 0 });
  // Whoever does not know the path does not find it.
  const status = await page.evaluate(async () => {
    const answer = await fetch("/").catch(() => undefined);
    return answer?.status;
  });
  assert.equal(status, undefined, "its policy lets it fetch nothing");
});
