// What tests about the consent window share: who asks, and what Allow does meanwhile.
import assert from "node:assert/strict";
import { attempt, to } from "./stage.ts";
import type { Prompt } from "./world/consent.ts";
import type { Frame } from "./world/page.ts";
import { sleep } from "./world/wait.ts";

/** Somewhere to ask for. Nobody answers to it. */
export const somewhere = (n: number): { host: string; port: number } => ({
  host: `peer${n.toString()}.example.org`,
  port: 9,
});

/** Clicks and asks. Chromium drops clicks while windows come and go: like a person, click again. */
export async function asks(
  frame: Frame,
  destination: { host: string; port: number },
): Promise<{ answer: Promise<string> }> {
  await frame.evaluate(() => {
    Object.assign(window, { clicked: false });
    document.querySelector("#go")?.addEventListener("click", () => Object.assign(window, { clicked: true }), {
      once: true,
    });
  });
  const answer = attempt(frame, to(destination));
  answer.catch(() => undefined); // a page that goes away has no answer
  await sleep(100);
  while (!(await frame.evaluate(() => (window as unknown as { clicked: boolean }).clicked))) {
    await frame.click("#go");
    await sleep(200);
  }
  return { answer };
}

/** Notes each time at which Allow dies or comes alive. */
export async function watchAllow(prompt: Prompt): Promise<void> {
  await prompt.page.evaluate(() => {
    const button = document.querySelector("#allow-once");
    const states: { at: number; dead: boolean }[] = [];
    const look = (): void => {
      const dead = button?.ariaDisabled === "true";
      if (states.at(-1)?.dead !== dead) states.push({ at: performance.now(), dead });
    };
    if (button !== null) new MutationObserver(look).observe(button, { attributes: true });
    look();
    Object.assign(window, { states });
  });
}

/** How long Allow, which is alive, is dead after a change, in ms; 0 when it stays alive. */
export async function deadAfter(prompt: Prompt, change: () => Promise<unknown>): Promise<number> {
  await prompt.waitUntilEnabled("#allow-once");
  await watchAllow(prompt);
  await change();
  await sleep(300); // changes of windows take their time
  await prompt.waitUntilEnabled("#allow-once");
  await sleep(150);
  const states = await prompt.page.evaluate(
    () => (window as unknown as { states: { at: number; dead: boolean }[] }).states,
  );
  const [died, last] = [states.find(({ dead }) => dead), states.at(-1)];
  assert.equal(last?.dead, false);
  return died === undefined ? 0 : last.at - died.at;
}

/** Reports whether the window is still there after a while. */
export const isOpen = async (prompt: Prompt, ms = 300): Promise<boolean> => {
  await sleep(ms);
  return prompt.page.open;
};
