// What Firefox's package keeps: out of reach of content scripts, which may use storage.local there, and as lasting as storage.local is.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { attempt, openStage, to, type Page, type Stage } from "./stage.ts";
import { asFirefox } from "./world/firefox/firefox.ts";
import { lifeOf } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { browserName, extensionOrigin } from "./world/places.ts";
import { sleep } from "./world/wait.ts";

interface Extension {
  storage: { local: { get(keys: null): Promise<Record<string, unknown>>; set(items: object): Promise<void> } };
  runtime: { sendMessage(message: unknown): Promise<unknown>; connect(info: { name: string }): Port };
}
interface Port {
  onMessage: { addListener(listener: () => void): void };
  onDisconnect: { addListener(listener: () => void): void };
}
declare const chrome: Extension;

/** Opens what is remembered, without a gesture. Resolves with "", or the error's name. */
const quietly = async (stage: Stage, url: string, peer: peers.TcpPeer): Promise<string> =>
  await attempt(await stage.open(url), to(peer), { click: false });

async function remember(stage: Stage, url: string, peer: peers.TcpPeer): Promise<Page> {
  const page = await stage.open(url);
  const opened = attempt(page, to(peer));
  await stage.person.allowsAndRemembers();
  assert.equal(await opened, "");
  return page;
}

describe(
  "what Firefox's package keeps",
  { skip: browserName !== "firefox" && "Chromium's is in storage.local" },
  () => {
    test("a content script that was taken over neither reads nor changes it", async (t) => {
      const stage = await openStage(lifeOf(t));
      const peer = await peers.echoPeer(stage.life);
      await remember(stage, "https://a.test/", peer);
      const own = await stage.browser.newExtensionPage("ui/options.html");
      const kept = async (): Promise<Record<string, unknown>> =>
        await own.evaluate(() => chrome.storage.local.get(null));
      const { grants } = await kept();
      assert.equal((grants as object[]).length, 1);

      const evil = await stage.open("https://evil.test/");
      const grant = { ...(grants as object[])[0], origin: "https://evil.test" };
      const reached = await evil.evaluateInContentScript(async (given: object) => {
        const attempts: Record<string, () => Promise<unknown>> = {
          area: () => chrome.storage.local.get(null),
          message: () => chrome.runtime.sendMessage({ kept: "get", keys: null }),
          write: () => chrome.runtime.sendMessage({ kept: "set", items: { grants: [given] } }),
          told: () => chrome.runtime.sendMessage({ keptChanges: { grants: { newValue: [given] } } }),
          databases: async () => (await indexedDB.databases()).map(({ name }) => name),
          lock: () =>
            new Promise((resolve) => {
              const port = chrome.runtime.connect({ name: "alone:store local grants" });
              port.onMessage.addListener(() => {
                resolve("it has it");
              });
              port.onDisconnect.addListener(() => {
                resolve(undefined);
              });
            }),
        };
        await chrome.storage.local.set({ grants: [given], paused: ["https://a.test"] });
        const found: Record<string, unknown> = {};
        for (const [name, reach] of Object.entries(attempts)) found[name] = await reach().catch(() => undefined);
        return found;
      }, grant);
      assert.deepEqual(
        reached["area"],
        { grants: [grant], paused: ["https://a.test"] },
        "its own scribbling, nothing else",
      );
      assert.deepEqual(
        ["message", "write", "told", "lock"].map((name) => reached[name] ?? "nothing"),
        ["nothing", "nothing", "nothing", "nothing"],
      );
      assert.deepEqual(reached["databases"], []);
      assert.deepEqual((await kept())["grants"], grants);
      assert.equal(await quietly(stage, "https://evil.test/again", peer), "NotAllowedError");
      assert.equal(await quietly(stage, "https://a.test/again", peer), "", "it is not paused");
    });

    test("it outlives the browser, and the clearing of websites' data by the browser", async (t) => {
      const life = lifeOf(t);
      const home = life.folder("home");
      const peer = await peers.echoPeer(life);
      const first = await openStage(life, { home });
      await remember(first, "https://a.test/", peer);
      await first.browser.close();
      const stage = await openStage(life, { home });
      assert.equal(await quietly(stage, "https://a.test/", peer), "");
      const own = await stage.browser.newExtensionPage("ui/options.html");
      const kept = async (): Promise<string[]> =>
        await own.evaluate(async () => Object.keys(await chrome.storage.local.get(null)));
      assert.ok((await kept()).includes("networkSalt"), "it is kept");
      await asFirefox(stage.browser).clearWebsiteData();
      assert.ok((await kept()).includes("networkSalt"), "it is no website's");
      // With the cookies goes the marker, and with that what was remembered (rule P2).
      assert.equal(await quietly(stage, "https://a.test/again", peer), "NotAllowedError");
    });

    test("a page of the extension in a private window reaches it, and has a name in turn with the others", async (t) => {
      const stage = await openStage(lifeOf(t));
      const own = await stage.browser.newExtensionPage("ui/options.html");
      const hidden = await stage.browser.newPage(`${extensionOrigin}/ui/options.html`, { incognito: true });
      await own.evaluate(() => chrome.storage.local.set({ ofATest: "ahoy" }));
      assert.equal((await hidden.evaluate(() => chrome.storage.local.get(null)))["ofATest"], "ahoy");
      const takeName = (page: Page): Promise<void> =>
        page.evaluate(() => {
          const port = chrome.runtime.connect({ name: "alone:of a test" });
          Object.assign(window, { port, has: false });
          port.onMessage.addListener(() => Object.assign(window, { has: true }));
        });
      const has = (): boolean => (window as unknown as { has: boolean }).has;
      await takeName(hidden);
      await hidden.waitFor("its turn", has);
      await takeName(own);
      await sleep(300);
      assert.equal(await own.evaluate(has), false, "the private window has it still");
      await hidden.close();
      await own.waitFor("its turn", has);
    });

    test("in a Firefox that is always private sockets open, and nothing is remembered", async (t) => {
      const stage = await openStage(lifeOf(t), { preferences: { "browser.privatebrowsing.autostart": true } });
      const peer = await peers.echoPeer(stage.life);
      const opened = attempt(await stage.open("https://a.test/"), to(peer));
      const { text } = await stage.person.allowsOnce();
      assert.equal(await opened, "");
      assert.match(text, /private/i);
      assert.equal(await quietly(stage, "https://a.test/again", peer), "NotAllowedError");
    });
  },
);
