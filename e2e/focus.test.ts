// On a screen on which one window has the focus at a time, as opposed to a headless browser, where all have it.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { asks, deadAfter, isOpen, somewhere } from "./asking.ts";
import { attempt, openStage, plainPage, to, type Stage } from "./stage.ts";
import { Toolbar } from "./toolbar.ts";
import type { Prompt } from "./world/consent.ts";
import { openDisplay, type Display } from "./world/display.ts";
import { lifeOfSuite } from "./world/life.ts";
import { sleep, until } from "./world/wait.ts";

const life = lifeOfSuite("focus");
let display: Display;
let stage: Stage;
before(async () => {
  display = await openDisplay(life);
  stage = await openStage(life, {
    display,
    window: { left: 0, top: 0, width: 600, height: 800 },
  });
});

test("Allow is dead for half a second after each return of the focus, and all the time that another window has it", async (t) => {
  const page = await stage.open("https://behind.test/");
  const { answer } = await asks(page, somewhere(1));
  const prompt = await stage.person.seesPrompt();
  // Beside the page's window, so that it can be seen all the time. Windows that have just come up are put back.
  await sleep(1_100);
  await prompt.page.evaluate(async () => {
    const { id } = await chrome.windows.getCurrent();
    if (id !== undefined) await chrome.windows.update(id, { left: 700, top: 20 });
  });
  const state = (): Promise<[boolean, string]> =>
    prompt.page.evaluate(() => [document.hasFocus(), document.visibilityState]);
  const ms = await deadAfter(prompt, async () => {
    await page.bringToFront();
    await sleep(1_000);
    assert.deepEqual(await state(), [false, "visible"]);
    assert.equal(await prompt.isEnabled("#allow-once"), false);
    await prompt.page.halfClick("press", "#allow-once");
    await prompt.page.halfClick("release", "#allow-once");
    assert.equal(await isOpen(prompt), true);
    await prompt.page.bringToFront();
  });
  t.diagnostic(`dead for ${ms.toFixed(0)} ms`);
  assert.ok(ms >= 1_450, ms.toString());
  await prompt.deny();
  assert.equal(await answer, "NotAllowedError");
  await page.close();
});

test("who clicks again in the page sees the question again; without a gesture, or again and again, it does not come to the front", async () => {
  const page = await stage.open("https://impatient.test/");
  const { answer } = await asks(page, somewhere(1));
  const prompt = await stage.person.seesPrompt();
  const hasFocus = (): Promise<boolean> => prompt.page.evaluate(() => document.hasFocus());
  const behind = async (): Promise<void> => {
    await page.bringToFront();
    await until("the prompt to lose the focus", async () => !(await hasFocus()));
  };
  await behind();
  const again = await asks(page, somewhere(1));
  await until("the prompt to come to the front", hasFocus);
  await stage.person.seesNoPrompt(300);
  // A script cannot do it.
  await behind();
  await sleep(5_100); // until nothing is left of the last gesture
  const byItself = [1, 2].map((n) => attempt(page, to(somewhere(n)), { click: false }));
  assert.deepEqual(await Promise.all(byItself), ["NotAllowedError", "NotAllowedError"]); // on the beat
  assert.equal(await hasFocus(), false, "the focus was stolen");
  // Somebody else's clicks do not steal the focus for ever.
  const answers = [answer, again.answer];
  let raised = 1;
  for (let n = 0; n < 14; n++) {
    await behind();
    answers.push((await asks(page, somewhere(1))).answer);
    await sleep(300);
    if (await hasFocus()) raised++;
  }
  // A click that Chromium dropped was made again, and counts as well.
  assert.ok(raised >= 5 && raised <= 10, raised.toString());
  await prompt.deny();
  assert.deepEqual([...new Set(await Promise.all(answers))], ["NotAllowedError"]);
  await page.close();
});

test("somebody who types hello world while the question comes says neither yes nor no, and a no of theirs that is meant counts", async () => {
  const page = await stage.browser.newPage(
    stage.pages.serve("https://typist.test/", `${plainPage}<textarea id=text></textarea>`),
  );
  const counted = async (): Promise<boolean> => (await stage.person.countedNoes()).includes("normal typist.test");
  await counted(); // the page that this is asked of comes up now, and not in front of the question
  await page.bringToFront();
  // A click, and half a second later, when the field has the focus again, a question.
  const answer = page.evaluateOnClick(
    "#go",
    async (options: PortsideSocketOptions) => {
      document.querySelector<HTMLElement>("#text")?.focus();
      await new Promise((resolve) => setTimeout(resolve, 500));
      return await navigator.openTCPSocket(options).then(
        () => "opened",
        (error: unknown) => (error as Error).name,
      );
    },
    to(somewhere(1)),
  );
  // One hand, without a pause: a new process for each word takes its time.
  const words = [
    "type",
    "--delay",
    "60",
    "--args",
    "1",
    "hello world ",
    "key",
    "--delay",
    "60",
    "space",
    "Return",
    "Escape",
  ];
  const done = new AbortController();
  const typing = (async () => {
    while (!done.signal.aborted) await display.input(...Array<string[]>(4).fill(words).flat());
  })();
  const prompt = await stage.person.seesPrompt();
  const focused = (): Promise<(boolean | string | undefined)[]> =>
    prompt.page.evaluate(() => [document.hasFocus(), document.activeElement?.id]);
  await until("the prompt to have the focus", async () => ((await focused())[0] === true ? true : undefined));
  await sleep(4_000);
  assert.equal(await Promise.race([answer, sleep(100).then(() => "nothing")]), "nothing", "a key has answered");
  assert.deepEqual(await focused(), [true, "dialog"]);
  done.abort();
  await typing;
  assert.match(
    await page.evaluate(() => document.querySelector<HTMLTextAreaElement>("#text")?.value ?? ""),
    /world|hello/,
    "the letters before went where they were meant to",
  );
  assert.equal(await counted(), false, "it counts, though nobody meant it");
  // And now they mean it.
  await prompt.waitUntilEnabled("#deny");
  for (let tabs = 0; tabs < 8 && (await focused())[1] !== "deny"; tabs++) {
    await display.input("key", "Tab");
    await sleep(50);
  }
  assert.deepEqual(await focused(), [true, "deny"]);
  await prompt.waitUntilEnabled("#deny");
  await display.input("key", "Return");
  assert.equal(await answer, "NotAllowedError");
  await until("the no to count", async () => ((await counted()) ? true : undefined));
  await page.close();
});

test("the fourth question waits without a window: the badge, the popup and a click in its page lead to it", async () => {
  const toolbar = await Toolbar.of(stage);
  const pages = await Promise.all([1, 2, 3, 4].map((n) => stage.open(`https://line${n.toString()}.test/`)));
  const answers: Promise<string>[] = [];
  const prompts: Prompt[] = [];
  for (const [n, page] of pages.entries()) {
    await page.bringToFront();
    answers.push((await asks(page, somewhere(1))).answer);
    if (n < 3) prompts.push(await stage.person.seesPrompt());
  }
  const [, , , fourth] = pages;
  const [oldest] = prompts;
  assert.ok(fourth !== undefined && oldest !== undefined, "no pages");
  const hasFocus = (): Promise<boolean> => oldest.page.evaluate(() => document.hasFocus());
  await until("the oldest question in front, as the fourth waits for it", hasFocus);
  await fourth.bringToFront();
  await until("the page in front", async () => !(await hasFocus()));
  await fourth.click("#go"); // its page asks for nothing more
  await until("the oldest question in front, for the click", hasFocus);
  const tab = await toolbar.tabOf(fourth);
  assert.match((await toolbar.shows(tab, "?")).title, /A question is waiting for you\./);
  const popup = await toolbar.popup(tab);
  assert.match(await popup.page.text("#asks"), /A question is waiting for you\.\s+Show it/);
  await popup.page.click("#bring");
  const last = await stage.person.seesPrompt();
  assert.equal(await last.who(), "line4.test");
  for (const prompt of [last, ...prompts]) await prompt.deny();
  assert.deepEqual(await Promise.all(answers), Array(4).fill("NotAllowedError"));
  await popup.page.waitFor("nothing to wait", () => document.querySelector<HTMLElement>("#asks")?.hidden === true);
  await toolbar.shows(tab, "");
  await popup.close();
  for (const page of [...pages, toolbar.desk]) await page.close();
});

test("the prompt stands below the address bar of the page that asks, which its title names", async () => {
  const page = await stage.open("https://placed.test/");
  await page.bringToFront();
  const below = await page.evaluate(() => screenY + outerHeight - innerHeight);
  assert.ok(below > 60, "the window has no address bar");
  const { answer } = await asks(page, somewhere(1));
  const prompt = await stage.person.seesPrompt();
  await until("the prompt in front", async () =>
    (await display.focused()).includes("Portside: placed.test asks") ? true : undefined,
  );
  const stands = (): Promise<number> => prompt.page.evaluate(() => screenY);
  for (let n = 0; n < 3; n++) {
    const top = await stands();
    assert.ok(top >= below, `it stands at ${top.toString()}, the page begins at ${below.toString()}`);
    await sleep(400);
  }
  await prompt.deny();
  assert.equal(await answer, "NotAllowedError");
  await page.close();
});
