// A page that wants a yes that nobody meant: clicks at the wrong moment, floods of questions, questions again and again. And the window itself:
// when it comes, to the front, and when it goes.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { attempt, openStage, openTCP, plainPage, to, type Stage } from "./stage.ts";
import { asks, deadAfter, isOpen, somewhere, watchAllow } from "./asking.ts";
import type { Prompt } from "./world/consent.ts";
import { lifeOfSuite } from "./world/life.ts";
import type { Frame, Page } from "./world/page.ts";
import * as peers from "./world/peers.ts";
import { sleep, until } from "./world/wait.ts";

const life = lifeOfSuite("prompt");
let stage: Stage;
before(async () => {
  stage = await openStage(life);
});

describe("no Allow without a deliberate one", () => {
  test("Allow is dead for half a second when the window comes, and after each change of place, size and words", async (t) => {
    const page = await stage.open("https://dead.test/");
    const second = await stage.open("https://dead.test/second");
    const { answer } = await asks(page, somewhere(1));
    const prompt = await stage.person.seesPrompt();
    const shown = await prompt.page.evaluate(async () => {
      const allow = document.querySelector("#allow-once");
      while (allow?.ariaDisabled === "true") await new Promise((resolve) => setTimeout(resolve, 10));
      return performance.now();
    });
    assert.ok(shown >= 500, `alive ${shown.toString()} ms after the page began`);
    const update = (values: chrome.windows.UpdateInfo): Promise<void> =>
      prompt.page.evaluate(async (given: chrome.windows.UpdateInfo) => {
        const { id } = await chrome.windows.getCurrent();
        if (id !== undefined) await chrome.windows.update(id, given);
      }, values);
    const changes: Record<string, () => Promise<unknown>> = {
      "it is made larger": () => update({ height: 560 }),
      "it is moved": () => update({ left: 5, top: 7 }),
      "another question of the site waits": async () => {
        await second.click("#go"); // a gesture, and nothing else yet
        await prompt.waitUntilEnabled("#allow-once");
        await watchAllow(prompt);
        attempt(second, to(somewhere(2)), { click: false }).catch(() => undefined);
        await prompt.page.waitFor("the count", () => document.querySelector<HTMLElement>("#more")?.hidden === false);
      },
    };
    for (const [name, change] of Object.entries(changes)) {
      const ms = await deadAfter(prompt, change);
      t.diagnostic(`${name}: dead for ${ms.toFixed(0)} ms`);
      assert.ok(ms >= 450, `${name}: dead for ${ms.toString()} ms`);
    }
    await prompt.denyAll();
    assert.equal(await answer, "NotAllowedError");
    await page.close();
    await second.close();
  });

  test("so it is while the user names the destination: after each letter, and after what is said to it", async () => {
    const page = await stage.open("https://dead-field.test/");
    const answer = attempt(page, { remotePort: 9 });
    const prompt = await stage.person.seesPrompt();
    await sleep(800);
    assert.equal(await prompt.isEnabled("#allow-once"), false, "nothing is named yet");
    await prompt.typeAddress("10.0.0.5");
    const ms = await deadAfter(prompt, () => prompt.page.press("a"));
    assert.ok(ms >= 600, `${ms.toString()} ms: the letter, and then what was named by it`);
    assert.equal(await prompt.named(), "10.0.0.5a");
    await prompt.deny();
    await answer;
    await page.close();
  });

  test("what is no address: Allow stays dead, and the window says why when the user has paused", async () => {
    const page = await stage.open("https://no-address.test/");
    const answer = attempt(page, { remotePort: 9 });
    const prompt = await stage.person.seesPrompt();
    const complaint = (): Promise<string> => prompt.page.text("#address-error");
    await prompt.typeAddress("10.0.0.5");
    await prompt.waitUntilEnabled("#allow-once");
    await prompt.typeAddress("10.0.0.5/");
    await sleep(650);
    assert.equal(await prompt.isEnabled("#allow-once"), false, "nothing that could be allowed is named");
    assert.equal(await complaint(), "", "half an address is no mistake yet");
    assert.match(await prompt.complains(), /not a name or an address/);
    assert.equal(await prompt.page.evaluate(() => document.querySelector("#address")?.ariaInvalid), "true");
    await sleep(700);
    assert.equal(await prompt.isEnabled("#allow-once"), false);
    await prompt.typeAddress("10.0.0.5");
    assert.equal(await complaint(), "", "they are mending it");
    await prompt.waitUntilEnabled("#allow-once");
    assert.equal(await prompt.named(), "10.0.0.5");
    // Whoever goes on to something else has finished typing.
    await prompt.typeAddress("no such / place");
    await sleep(500);
    assert.equal(await complaint(), "");
    await prompt.page.press("Tab");
    assert.match(await complaint(), /not a name or an address/);
    await prompt.deny();
    assert.equal(await answer, "NotAllowedError");
    await page.close();
  });

  test("it is dead as long as the window is minimised, and half a second longer", async () => {
    const page = await stage.open("https://minimised.test/");
    const { answer } = await asks(page, somewhere(1));
    const prompt = await stage.person.seesPrompt();
    const become = (state: "minimized" | "normal"): Promise<void> =>
      prompt.page.evaluate(async (given: "minimized" | "normal") => {
        const { id } = await chrome.windows.getCurrent();
        if (id !== undefined) await chrome.windows.update(id, { state: given });
      }, state);
    const ms = await deadAfter(prompt, async () => {
      await become("minimized");
      await sleep(1_000);
      assert.equal(await prompt.isEnabled("#allow-once"), false);
      await become("normal");
    });
    assert.ok(ms >= 1_450, ms.toString());
    await prompt.deny();
    assert.equal(await answer, "NotAllowedError");
    await page.close();
  });

  test("a press counts only if all of it comes while Allow is alive: a double click, a held button, a change in between", async () => {
    const page = await stage.open("https://bait.test/");
    const { answer } = await asks(page, somewhere(1));
    const prompt = await stage.person.seesPrompt();
    // A double click whose first half was for the page, and somebody who goes on clicking for a second.
    const began = Date.now();
    let clicks = 0;
    for (; Date.now() - began < 400; clicks++) {
      await prompt.page.halfClick("press", "#allow-once");
      await prompt.page.halfClick("release", "#allow-once");
    }
    assert.ok(clicks > 3, `only ${clicks.toString()} clicks`);
    assert.equal(await isOpen(prompt, 0), true, "clicks at a dead button");
    // The button goes down while it is dead, and up when it is alive.
    await prompt.page.evaluate(() => dispatchEvent(new Event("resize")));
    await prompt.page.halfClick("press", "#allow-once");
    await prompt.waitUntilEnabled("#allow-once");
    await prompt.page.halfClick("release", "#allow-once");
    assert.equal(await isOpen(prompt), true, "a press that began before");
    // It goes down while it is alive, and the window changes before it goes up.
    await prompt.waitUntilEnabled("#allow-once");
    await prompt.page.halfClick("press", "#allow-once");
    await prompt.page.evaluate(() => dispatchEvent(new Event("resize")));
    await prompt.waitUntilEnabled("#allow-once");
    await prompt.page.halfClick("release", "#allow-once");
    assert.equal(await isOpen(prompt), true, "a press across a change");
    // It goes down elsewhere, and up on the button.
    await prompt.page.halfClick("press", "#title");
    await prompt.page.halfClick("release", "#allow-once");
    assert.equal(await isOpen(prompt), true, "a press that began elsewhere");
    await prompt.allowOnce();
    assert.equal(await answer, "NetworkError"); // it was tried: nobody has that name
    await page.close();
  });

  test("no script, no key that is held down, and no Enter in the field allows anything; a key that is pressed does", async () => {
    const page = await stage.open("https://keys.test/");
    const answer = attempt(page, { remotePort: 9 });
    const prompt = await stage.person.seesPrompt();
    await prompt.typeAddress("127.0.0.1");
    await prompt.waitUntilEnabled("#allow-once");
    await prompt.page.press("Enter");
    assert.equal(await isOpen(prompt), true, "Enter in the field");
    await prompt.page.evaluate(() => {
      const allow = document.querySelector<HTMLButtonElement>("#allow-once");
      for (const type of ["mousedown", "keydown", "mouseup"]) allow?.dispatchEvent(new Event(type, { bubbles: true }));
      allow?.click();
      allow?.focus();
    });
    assert.equal(await isOpen(prompt), true, "a script");
    assert.equal(await prompt.page.evaluate(() => document.activeElement?.id), "allow-once");
    await prompt.waitUntilEnabled("#allow-once");
    await prompt.page.press("Enter", { held: true });
    assert.equal(await isOpen(prompt), true, "a key that is held");
    await prompt.page.press("Enter").catch(() => undefined); // the window may be gone before the key is up
    assert.equal(await answer, "NetworkError"); // nobody is at port 9
    await page.close();
  });
});

describe("floods", () => {
  /** A page with frames of other origins, which may ask. */
  async function withFrames(url: string, inner: readonly string[]): Promise<{ page: Page; frames: Frame[] }> {
    for (const one of inner) stage.pages.serve(one, plainPage);
    const html = inner.map((one, n) => `<iframe id=f${n.toString()} src="${one}" allow="direct-sockets"></iframe>`);
    const page = await stage.browser.newPage(stage.pages.serve(url, plainPage + html.join("")));
    const frames: Frame[] = [];
    for (const n of inner.keys()) frames.push(await page.frame(`#f${n.toString()}`, { url: /^https:/ }));
    return { page, frames };
  }

  test("frames of one page raise one question at a time, whatever their origins are", async () => {
    const { page, frames } = await withFrames("https://many-frames.test/", [
      "https://frame-one.test/",
      "https://frame-two.test/",
    ]);
    const [one, two] = frames;
    assert.ok(one !== undefined && two !== undefined, "two windows");
    const first = await asks(one, somewhere(1));
    const prompt = await stage.person.seesPrompt();
    const second = await asks(two, somewhere(2));
    await stage.person.seesNoPrompt(700);
    assert.equal(await prompt.who(), "frame-one.test");
    assert.doesNotMatch(await prompt.page.text("body"), /are waiting/, "the other one is another site's");
    await prompt.deny();
    assert.equal(await first.answer, "NotAllowedError");
    const next = await stage.person.seesPrompt();
    assert.equal(await next.who(), "frame-two.test");
    await next.deny();
    assert.equal(await second.answer, "NotAllowedError");
    await page.close();
  });

  test("one of a site at a time, whatever its subdomains are; it says how many wait, and all can be denied at once", async () => {
    const pages = await Promise.all(["a1", "a2", "a3"].map((name) => stage.open(`https://${name}.owner.test/`)));
    const answers: Promise<string>[] = [];
    for (const page of pages) answers.push((await asks(page, somewhere(1))).answer);
    const prompt = await stage.person.seesPrompt();
    await stage.person.seesNoPrompt(500);
    await prompt.page.waitFor("the count", () =>
      (document.querySelector("#waiting")?.textContent ?? "").includes("are waiting: 2"),
    );
    await prompt.denyAll();
    assert.deepEqual(await Promise.all(answers), Array(3).fill("NotAllowedError"));
    await stage.person.seesNoPrompt(500);
    for (const page of pages) await page.close();
  });

  test("three are on the screen; the next comes when one of them goes", async () => {
    const pages = await Promise.all([1, 2, 3, 4].map((n) => stage.open(`https://screen${n.toString()}.test/`)));
    const answers: Promise<string>[] = [];
    const prompts: Prompt[] = [];
    for (const [n, page] of pages.entries()) {
      answers.push((await asks(page, somewhere(1))).answer);
      if (n < 3) prompts.push(await stage.person.seesPrompt());
    }
    await stage.person.seesNoPrompt(700);
    // They do not hide each other.
    const places = await Promise.all(prompts.map(({ page }) => page.evaluate(() => `${screenX},${screenY}`)));
    assert.equal(new Set(places).size, 3, places.join(" "));
    await prompts[1]?.deny();
    const last = await stage.person.seesPrompt();
    assert.equal(await last.who(), "screen4.test");
    for (const prompt of [last, prompts[0], prompts[2]]) await prompt?.deny();
    assert.deepEqual(await Promise.all(answers), Array(4).fill("NotAllowedError"));
    for (const page of pages) await page.close();
  });

  test("five of a site may wait, eight of a tab; the next is refused without a question, on the beat", async () => {
    const { page, frames } = await withFrames("https://crowd.test/", [
      "https://crowd-frame-one.test/",
      "https://crowd-frame-two.test/",
    ]);
    const answers: Promise<string>[] = [];
    const ask = async (frame: Frame, n: number): Promise<number> => {
      const began = Date.now();
      const { answer } = await asks(frame, somewhere(n));
      answers.push(answer);
      const name = await Promise.race([answer, sleep(1_500).then(() => "waits")]);
      if (name === "waits") return 0;
      assert.equal(name, "NotAllowedError");
      return Date.now() - began;
    };
    // Five of the page itself; its sixth is one too many. Three more of a frame fill the tab.
    for (let n = 1; n <= 5; n++) answers.push((await asks(page, somewhere(n))).answer);
    const refused = await ask(page, 6);
    assert.ok(refused >= 900, `refused after ${refused.toString()} ms`);
    const [one, two] = frames;
    assert.ok(one !== undefined && two !== undefined, "two windows");
    for (let n = 1; n <= 3; n++) answers.push((await asks(one, somewhere(n))).answer);
    assert.ok((await ask(two, 1)) >= 900, "the ninth of the tab");
    const prompt = await stage.person.seesPrompt();
    await prompt.denyAll();
    const frame = await stage.person.seesPrompt();
    await frame.denyAll();
    assert.deepEqual([...new Set(await Promise.all(answers))], ["NotAllowedError"]);
    const lines = (stage.browser.hostFiles()["audit.log"] ?? "").split("\n").filter((line) => line.includes("crowd"));
    assert.equal(lines.filter((line) => line.includes('"reason":"limit"')).length, 2, lines.join("\n"));
    await page.close();
  });
});

describe("the window goes", () => {
  const ways: Record<string, (page: Page) => Promise<unknown>> = {
    "when its tab is closed": (page) => page.close(),
    "when its document goes elsewhere": (page) => page.goto(stage.pages.serve("https://elsewhere.test/", plainPage)),
    "when its document is loaded anew": (page) => page.reload(),
    "when the page crashes": (page) => page.crash(),
    "when the worker is stopped": () => stage.browser.stopBackground(),
  };
  for (const [name, way] of Object.entries(ways))
    test(name, async () => {
      const page = await stage.open(`https://goes-${Object.keys(ways).indexOf(name).toString()}.test/`);
      await asks(page, somewhere(1));
      const prompt = await stage.person.seesPrompt();
      await way(page);
      await prompt.page.waitUntilClosed();
      if (page.open) await page.close();
    });

  test("when its document is put into the back/forward cache; it may ask again when it comes back", async () => {
    const page = await stage.open("https://kept.test/");
    await asks(page, somewhere(1));
    const prompt = await stage.person.seesPrompt();
    await page.goto(stage.pages.serve("https://elsewhere.test/", plainPage));
    await prompt.page.waitUntilClosed();
    const { restored } = await page.back();
    assert.equal(restored, true, "the page did not come out of the back/forward cache");
    await stage.person.seesNoPrompt(300);
    const { answer } = await asks(page, somewhere(1));
    await stage.person.denies();
    assert.equal(await answer, "NotAllowedError");
    await page.close();
  });

  test("when the frame that asks is removed; what waits behind it comes", async () => {
    stage.pages.serve("https://inner.test/", plainPage);
    const page = await stage.browser.newPage(
      stage.pages.serve(
        "https://outer.test/",
        `${plainPage}<iframe id=f src="https://inner.test/" allow="direct-sockets"></iframe>`,
      ),
    );
    const frame = await page.frame("#f", { url: /inner/ });
    await asks(frame, somewhere(1));
    const prompt = await stage.person.seesPrompt();
    const { answer } = await asks(page, somewhere(2));
    await page.evaluate(() => {
      document.querySelector("#f")?.remove();
    });
    await prompt.page.waitUntilClosed();
    const next = await stage.person.seesPrompt();
    assert.equal(await next.who(), "outer.test");
    await next.deny();
    assert.equal(await answer, "NotAllowedError");
    await page.close();
  });
});

describe("a site that was told no three times in a row", () => {
  /** Asks, and answers each time as told. */
  async function told(page: Page, answer: "denies" | "allowsOnce", n: number): Promise<Prompt> {
    const asked = await asks(page, somewhere(n));
    const prompt = await stage.person[answer]();
    assert.equal(await asked.answer, answer === "denies" ? "NotAllowedError" : "NetworkError");
    return prompt;
  }
  /** Asks, and is refused without a question. Gives how long that took, in ms. */
  async function refused(page: Page, n: number): Promise<number> {
    const began = Date.now();
    const { answer } = await asks(page, somewhere(n));
    assert.equal(await answer, "NotAllowedError");
    await stage.person.seesNoPrompt(100);
    return Date.now() - began;
  }

  test("may not ask for a while: the third question says so, and the refusal keeps the beat", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://www.again.test/");
    const opened = attempt(page, to(peer));
    await stage.person.allowsAndRemembers();
    assert.equal(await opened, "");
    const warned: boolean[] = [];
    for (const n of [1, 2, 3])
      warned.push((await told(page, "denies", n)).text.includes("cannot ask again for a while: 10 minutes"));
    assert.deepEqual(warned, [false, false, true]);
    const ms = await refused(page, 4);
    assert.ok(ms >= 900, `refused after ${ms.toString()} ms`);
    await until("the audit log to say why", () =>
      /again\.test.*"reason":"muted"/.test(stage.browser.hostFiles()["audit.log"] ?? "") ? true : undefined,
    );
    // So it is for all origins of the site, after a stop of the worker as well, and in every tab.
    const other = await stage.open("https://other.again.test/");
    await refused(other, 1);
    await stage.browser.stopBackground();
    await refused(other, 1);
    // What was remembered goes on working.
    const fresh = await stage.open("https://www.again.test/fresh");
    assert.equal(await attempt(fresh, to(peer)), "");
    // A private window has a count of its own.
    const secret = await stage.browser.newPage("https://www.again.test/", { incognito: true });
    await told(secret, "denies", 1);
    assert.ok(
      (await stage.person.countedNoes()).includes("private again.test"),
      "a no in a private window is not counted",
    );
    await secret.close(); // the last one of its window, and that the last private one
    await until("what was counted there to be forgotten", async () =>
      (await stage.person.countedNoes()).every((who) => who.startsWith("normal ")) ? true : undefined,
    );
    // And other sites have nothing to do with it.
    const stranger = await stage.open("https://bystander.test/");
    await told(stranger, "denies", 1);
    await stage.person.unmutesAll();
    await told(other, "denies", 1);
    for (const one of [page, other, fresh, stranger]) await one.close();
  });

  test("a destination that was allowed is reopened all the same", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://faithful.test/");
    await openTCP(stage, page, peer);
    for (const n of [1, 2, 3]) await told(page, "denies", n);
    await refused(page, 4);
    assert.equal(await attempt(page, to(peer), { click: false }), "");
    await page.close();
  });
});
