// Pages that want an Allow that nobody meant to give: look-alikes, windows over windows, clicks and keys that were meant for something
// else, other extensions. On a screen with a window manager, a real pointer and a real keyboard. Floods are in prompt.test.ts, forged
// messages in attack.test.ts, names that are made to be misread in consent.test.ts.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { attempt, openStage, plainPage, to, type Page, type Stage } from "./stage.ts";
import type { Prompt } from "./world/consent.ts";
import { openDisplay, type Display } from "./world/display.ts";
import { lifeOfSuite } from "./world/life.ts";
import { extensionIds, extensionOrigin } from "./world/places.ts";
import { sleep, until } from "./world/wait.ts";

const life = lifeOfSuite("tricks");
let display: Display;
let stage: Stage;
before(async () => {
  display = await openDisplay(life);
  stage = await openStage(life, { display, window: { left: 40, top: 40, width: 900, height: 700 } });
});

/** A server on the internet as far as the page and the prompt can tell: nobody answers there, and an Allow would end in NetworkError. */
const somewhere = { host: "peer.example.org", port: 4711 };
/** How long a person looks before they press a button that they mean, in ms. */
const look = 900;

/** Where the middle of an element is on the screen: asked of the pointer itself, since window managers put frames around windows. */
async function onScreen(page: Page, selector: string): Promise<{ x: number; y: number }> {
  await page.evaluate(() => {
    addEventListener("mousemove", (event) => {
      Object.assign(window, { pointer: [event.screenX - event.clientX, event.screenY - event.clientY] });
    });
  });
  const corner = await until("the pointer over the window", async () => {
    const { x, y } = await page.evaluate(() => ({ x: screenX + outerWidth / 2, y: screenY + outerHeight / 2 }));
    await display.input("mousemove", Math.round(x).toString(), Math.round(y).toString());
    await display.input("mousemove_relative", "3", "3");
    return await page.evaluate(() => (window as unknown as { pointer?: [number, number] }).pointer);
  });
  const middle = await page.evaluate((wanted: string) => {
    const box = document.querySelector(wanted)?.getBoundingClientRect();
    if (box === undefined) throw new Error(`no ${wanted}`);
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }, selector);
  return { x: corner[0] + middle.x, y: corner[1] + middle.y };
}

/** Opens a question, and gives the answer that the page gets beside the prompt. */
async function ask(page: Page, destination = somewhere): Promise<{ prompt: Prompt; answer: Promise<string> }> {
  const answer = attempt(page, to(destination));
  return { prompt: await stage.person.seesPrompt(), answer };
}

/** Fails when the question has been answered. */
async function assertUnanswered(prompt: Prompt, answer: Promise<string>, what: string): Promise<void> {
  const said = await Promise.race([answer, sleep(300).then(() => "nothing")]);
  assert.equal(said, "nothing", what);
  assert.equal(prompt.page.open, true, what);
}

/** Where Allow stands on the screen: as a page finds out that has had one question before, since windows come up at the same place. */
async function placeOfAllow(): Promise<{ x: number; y: number }> {
  const page = await stage.open("https://scout.test/");
  const { prompt, answer } = await ask(page);
  const place = await onScreen(prompt.page, "#allow-once");
  await prompt.deny();
  await answer;
  await page.close();
  return place;
}

/** How long the steps of a trick took that must be fast. */
class Pace {
  /** The longest step so far, in ms. */
  longest = 0;
  #last = performance.now();

  /** A step begins, and none before it counts. */
  start(): void {
    this.#last = performance.now();
  }
  /** A step is over, and the next begins. */
  step(): void {
    this.longest = Math.max(this.longest, performance.now() - this.#last);
    this.start();
  }
}

/**
 * Plays a trick in which somebody is too fast for the prompt. On a machine that is busy with something else a fast click can come late, and
 * is then one that somebody may mean: where a step took that long, the trick is played again.
 */
async function fast(url: string, trick: (page: Page, pace: Pace) => Promise<void>): Promise<void> {
  for (let round = 1; ; round++) {
    const page = await stage.open(url);
    const pace = new Pace();
    try {
      await trick(page, pace);
      return;
    } catch (error) {
      if (pace.longest < 400 || round === 5) throw error;
    } finally {
      await page.close();
    }
  }
}

describe("look-alikes", () => {
  test("a picture of the prompt in the page, or a window that looks like it, allows nothing", async () => {
    const page = await stage.open("https://lookalike.test/");
    const { prompt, answer } = await ask(page);
    const html = await prompt.page.evaluate(() => document.documentElement.outerHTML);
    await page.evaluate((copy: string) => {
      document.body.insertAdjacentHTML("beforeend", "<iframe id=copy width=500 height=500></iframe>");
      const frame = document.querySelector<HTMLIFrameElement>("#copy");
      if (frame !== null) frame.srcdoc = copy.replaceAll("disabled", "");
    }, html);
    const copy = await page.frame("#copy");
    await copy.click("#allow-once");
    await copy.click("#allow-remember");
    const copyUrl = stage.pages.serve("https://lookalike.test/window", html.replaceAll("disabled", ""));
    await page.evaluateOnClick("#go", (url: string) => void open(url, "", "popup,width=460,height=360"), copyUrl);
    const fake = await stage.browser.nextPage("the false window", /lookalike\.test\/window/);
    await fake.click("#allow-once");
    await assertUnanswered(prompt, answer, "after clicks on copies");
    await fake.close();
    await prompt.deny();
    assert.equal(await answer, "NotAllowedError");
    await page.close();
  });

  test("the extension's pages cannot be framed, opened or read by a page", async () => {
    const page = await stage.open("https://framer.test/");
    for (const path of ["prompt.html", "options.html", "popup.html", "setup.html", "explain.html"]) {
      const url = `${extensionOrigin}/ui/${path}`;
      const seen = await page.evaluateOnClick(
        "#go",
        async (src: string) => {
          const frame = document.createElement("iframe");
          frame.src = src;
          document.body.append(frame);
          let opened: Window | null = null;
          try {
            opened = open(src, "_blank", "popup");
          } catch {
            // Firefox throws
          }
          await new Promise((resolve) => setTimeout(resolve, 400));
          const fetched = await fetch(src).then(
            () => true,
            () => false,
          );
          return { fetched, opened: opened !== null };
        },
        url,
      );
      assert.equal(seen.fetched, false, path);
      const content = (): string => document.documentElement.outerHTML;
      // A frame is there, and a window, and in them the browser's own page, which says that it is blocked.
      const frame = await page.frame("iframe");
      assert.doesNotMatch(await frame.evaluate(content), /data-text|<main/, path);
      await page.evaluate(() => {
        document.querySelector("iframe")?.remove();
      });
      const popup = seen.opened ? await stage.browser.nextPage("the window", /^chrome-(extension|error):/) : undefined;
      const inside = await popup?.evaluate(content);
      assert.doesNotMatch(inside ?? "", /data-text|<main/, path);
      await popup?.close();
    }
    await page.close();
  });
});

describe("clicks and keys that were meant for something else", () => {
  test("somebody who clicks fast at the place where Allow appears allows nothing, however long they go on", async () => {
    const place = await placeOfAllow();
    await fast("https://clicker.test/", async (page, pace) => {
      const { prompt, answer } = await ask(page);
      pace.start();
      for (let n = 0; n < 20; n++) {
        await display.clickAt(place.x, place.y);
        pace.step();
        await sleep(90);
      }
      await assertUnanswered(prompt, answer, "after 20 clicks within two seconds");
      // And somebody who stops and then means it, can.
      await sleep(look);
      const allow = await onScreen(prompt.page, "#allow-once");
      await display.clickAt(allow.x, allow.y);
      assert.equal(await answer, "NetworkError");
    });
  });

  test("a press that began before Allow came alive does not count when it ends", async () => {
    const place = await placeOfAllow();
    await fast("https://halfclick.test/", async (page, pace) => {
      pace.start();
      const { prompt, answer } = await ask(page);
      await display.input(
        "mousemove",
        Math.round(place.x).toString(),
        Math.round(place.y).toString(),
        "mousedown",
        "1",
      );
      pace.step();
      await sleep(look);
      await display.input("mouseup", "1");
      await assertUnanswered(prompt, answer, "after half a click");
      await prompt.deny();
      assert.equal(await answer, "NotAllowedError");
    });
  });

  test("a window over the prompt that closes under a double click", async () => {
    const page = await stage.open("https://popunder.test/");
    const { prompt, answer } = await ask(page);
    await sleep(look);
    const allow = await onScreen(prompt.page, "#allow-once");
    const bait = stage.pages.serve(
      "https://popunder.test/bait",
      "<!doctype html><title>Bait</title><body style='background: gold'>Double-click here<script>onmousedown = () => close()</script>",
    );
    // A click in the page brings the question to the front, so a page that wants to be over it waits for that.
    await page.evaluateOnClick(
      "#go",
      (url: string) => void setTimeout(() => open(url, "", "popup,left=0,top=0,width=1200,height=850"), 1_000),
      bait,
    );
    const over = await stage.browser.nextPage("the bait", /popunder\.test\/bait/);
    await until("the bait in front", async () => (await display.focused()).startsWith("Bait"));
    await sleep(look); // browsers take no clicks at what they have not drawn yet
    await display.input("mousemove", Math.round(allow.x).toString(), Math.round(allow.y).toString());
    await display.input("click", "--repeat", "4", "--delay", "60", "1");
    await over.waitUntilClosed();
    await assertUnanswered(prompt, answer, "after a double click through the bait");
    await prompt.deny();
    assert.equal(await answer, "NotAllowedError");
    await page.close();
  });

  test("a page that takes the focus and gives it back does not get the click in between", async () => {
    await fast("https://thief.test/", async (page, pace) => {
      const { prompt, answer } = await ask(page);
      await sleep(look);
      const allow = await onScreen(prompt.page, "#allow-once");
      for (let n = 0; n < 3; n++) {
        await page.bringToFront();
        pace.start();
        await prompt.page.bringToFront();
        await until("the prompt in front", async () => (await display.focused()).includes("Portside: thief"));
        await display.clickAt(allow.x, allow.y);
        pace.step();
        await assertUnanswered(prompt, answer, `a click right after the focus came back, ${n.toString()}`);
      }
      await prompt.deny();
      assert.equal(await answer, "NotAllowedError");
    });
  });

  test("while the prompt has not the focus, Allow is dead for as long as that lasts", async () => {
    const page = await stage.open("https://unfocused.test/");
    const { prompt, answer } = await ask(page);
    await sleep(look);
    await page.bringToFront();
    await until("the page in front", async () => (await display.focused()).startsWith("A page"));
    await sleep(look);
    assert.equal(await prompt.isEnabled("#allow-once"), false);
    await prompt.deny();
    await answer;
    await page.close();
  });

  test("keys that are held down or struck fast press Deny at most", async () => {
    // Enough to tab through, so that no key presses a button of the browser's own.
    const buttons = "<button>Nothing</button>".repeat(30);
    const url = stage.pages.serve("https://keys.test/", `${buttons}${plainPage}${buttons}`);
    for (const keys of [
      ["key", "--delay", "30", "--repeat", "12", "Return"],
      ["key", "--delay", "30", "--repeat", "12", "space"],
      ["key", "--delay", "25", "Tab", "Return", "Tab", "Return", "Tab", "Return"],
      ["key", "--delay", "25", "Tab", "space", "Tab", "space", "Tab", "space"],
      ["key", "--delay", "25", "shift+Tab", "Return", "shift+Tab", "Return"],
    ]) {
      for (const destination of [somewhere, { host: "192.0.0.9", port: 4711 }, { host: "localhost", port: 4711 }]) {
        const page = await stage.browser.newPage(url);
        const answer = attempt(page, to(destination)).catch(() => "the page is gone");
        // The keys come down before the prompt is there, and go on.
        await Promise.all([display.input(...keys), display.input("sleep", "0.3").then(() => display.input(...keys))]);
        const said = await Promise.race([answer, sleep(400).then(() => "nothing")]);
        assert.ok(said === "NotAllowedError" || said === "nothing", `${keys.join(" ")}: ${said}`);
        await page.close();
        await answer;
      }
    }
  });
});

describe("somebody is typing", () => {
  test("no letter, space or Escape of theirs answers the question, and no window that they close unseen mutes the site", async () => {
    const page = await stage.browser.newPage(
      stage.pages.serve("https://writer.test/", `${plainPage}<textarea id=text></textarea>`),
    );
    for (let n = 0; n < 4; n++) {
      const answer = attempt(page, to(somewhere));
      const done = new AbortController();
      const typing = (async () => {
        while (!done.signal.aborted) {
          await display.input("type", "--delay", "50", "a few short words ");
          await display.input("key", "Escape");
        }
      })();
      const prompt = await stage.person.seesPrompt();
      await sleep(look);
      assert.deepEqual(await prompt.page.evaluate(() => document.activeElement?.id), "dialog");
      // Three such denials would mute the site, if they counted.
      if (n < 3) await prompt.dismiss();
      done.abort();
      await typing;
      if (n === 3) {
        assert.equal(await prompt.page.evaluate(() => document.querySelector<HTMLElement>("#mutes")?.hidden), true);
        await prompt.waitUntilEnabled("#deny");
        await display.input("key", "Escape");
      }
      assert.equal(await answer, "NotAllowedError");
    }
    await page.close();
  });
});

describe("windows at the edge of the screen", () => {
  test("the question comes all the same, and all of it is on the screen", async () => {
    const page = await stage.open("https://edge.test/");
    /** As a person moves it: browsers let no extension put a window there. */
    const move = (left: number, top: number, width: number, height: number): Promise<string> => {
      const size = ["windowsize", String(width), String(height)];
      return display.input("getactivewindow", ...size, "windowmove", String(left), String(top));
    };
    for (const place of [
      [900, 100, 800, 600],
      [0, 675, 1280, 225],
    ] as const) {
      await page.bringToFront();
      await until("the page in front", async () => (await display.focused()).startsWith("A page"));
      await move(place[0], place[1], place[2], place[3]);
      await page.waitFor(
        "the page's window to stand there",
        ([left, top]: readonly number[]) => Math.abs(screenX - (left ?? 0)) < 50 && Math.abs(screenY - (top ?? 0)) < 50,
        place,
      );
      const { prompt, answer } = await ask(page);
      const inside = await until("all of the window on the screen", () =>
        prompt.page.evaluate(
          () =>
            screenX >= 0 &&
            screenY >= 0 &&
            screenX + outerWidth <= screen.availWidth &&
            screenY + outerHeight <= screen.availHeight,
        ),
      );
      assert.equal(inside, true);
      await prompt.deny();
      assert.equal(await answer, "NotAllowedError");
    }
    await move(40, 40, 900, 700);
    await page.close();
  });
});

describe("other extensions", () => {
  test("cannot answer, read or script a prompt, nor speak to the extension", async () => {
    const folder = join(life.folder("extension"), "other");
    mkdirSync(folder);
    writeFileSync(
      join(folder, "manifest.json"),
      JSON.stringify({
        manifest_version: 3,
        name: "Another extension",
        version: "1",
        permissions: ["tabs", "scripting", "nativeMessaging", "cookies", "storage"],
        host_permissions: ["<all_urls>"],
      }),
    );
    writeFileSync(join(folder, "page.html"), "<!doctype html><title>Another extension</title>");
    const other = await stage.browser.loadExtension(folder);
    const page = await stage.open("https://colluding.test/");
    const { prompt, answer } = await ask(page);
    const stranger = await stage.browser.newPage(`${await stage.browser.originOf(other)}/page.html`);
    const got = await stranger.evaluate(
      async (id: string, origin: string, name: string) => {
        const heard: string[] = [];
        for (const to of [name, "popup", "document", "prompt:"]) {
          const port = chrome.runtime.connect(id, { name: to });
          heard.push(
            await new Promise<string>((resolve) => {
              port.onMessage.addListener((message) => {
                resolve(`${to} answered ${JSON.stringify(message)}`);
              });
              port.onDisconnect.addListener(() => {
                resolve("");
              });
              try {
                port.postMessage({ type: "allow", remember: true });
              } catch {
                // it is closed already
              }
              setTimeout(() => {
                resolve("");
              }, 500);
            }),
          );
        }
        /** Whoever keeps silent has not answered. */
        const silence = new Promise<string>((resolve) => {
          setTimeout(() => {
            resolve("");
          }, 3_000);
        });
        heard.push(
          await Promise.race([
            silence,
            chrome.runtime.sendMessage(id, "host-state").then(
              (answered: unknown) => (answered === undefined ? "" : `message answered ${JSON.stringify(answered)}`),
              () => "",
            ),
          ]),
        );
        const tabs = await chrome.tabs.query({});
        const tab = tabs.find(({ url }) => url?.startsWith(`${origin}/ui/prompt.html`));
        if (tab?.id === undefined) return ["the prompt is not among the tabs"];
        heard.push(
          await chrome.scripting.executeScript({ target: { tabId: tab.id }, func: () => document.body.innerHTML }).then(
            () => "scripted the prompt",
            () => "",
          ),
          await new Promise<string>((resolve) => {
            void silence.then(resolve);
            const port = chrome.runtime.connectNative("portside.host");
            port.onMessage.addListener(() => {
              resolve("the host answered");
            });
            port.onDisconnect.addListener(() => {
              resolve("");
            });
            port.postMessage({ jsonrpc: "2.0", id: 0, method: "hello", params: {} });
          }),
        );
        return heard.filter((word) => word !== "");
      },
      extensionIds[stage.browser.name],
      extensionOrigin,
      `prompt:${new URL(prompt.page.url).hash.slice(1)}`,
    );
    assert.deepEqual(got, []);
    await assertUnanswered(prompt, answer, "after another extension's attempts");
    // The worst that it can do is to close the window, or to lead it elsewhere: a no.
    await stranger.evaluate(async (origin: string) => {
      const tabs = await chrome.tabs.query({});
      const tab = tabs.find(({ url }) => url?.startsWith(`${origin}/ui/prompt.html`));
      await chrome.tabs.update(tab?.id ?? 0, { url: "about:blank" });
    }, extensionOrigin);
    assert.equal(await answer, "NotAllowedError");
    await stranger.close();
    await page.close();
  });
});
