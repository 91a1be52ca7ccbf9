// On a screen on which one window has the focus at a time, as opposed to a headless browser, where all have it.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { asks, deadAfter, isOpen, somewhere } from "./asking.ts";
import { attempt, openStage, to, type Stage } from "./stage.ts";
import { openDisplay } from "./world/display.ts";
import { lifeOfSuite } from "./world/life.ts";
import { sleep, until } from "./world/wait.ts";

const life = lifeOfSuite("focus");
let stage: Stage;
before(async () => {
  stage = await openStage(life, {
    display: await openDisplay(life),
    switches: ["--window-position=0,0", "--window-size=600,800"],
  });
});

test("Allow is dead for half a second after each return of the focus, and all the time that another window has it", async (t) => {
  const page = await stage.open("https://behind.test/");
  const { answer } = await asks(page, somewhere(1));
  const prompt = await stage.person.seesPrompt();
  // Beside the page's window, so that it can be seen all the time.
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
  assert.equal(raised, 10);
  await prompt.deny();
  assert.deepEqual([...new Set(await Promise.all(answers))], ["NotAllowedError"]);
  await page.close();
});
