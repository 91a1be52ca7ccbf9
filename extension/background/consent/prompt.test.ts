// When whoever asks hears that the user is really asked. Whose turn it is, and what becomes of a question: prompting.test.ts.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import "../../fake/globals.ts";
import { installStorage } from "../../fake/storage.ts";
import type { Answer, Question } from "./question.ts";
import type { Sender } from "../intake/sender.ts";

// Windows open when the test says so.
const { session } = installStorage();
const opening: ((window: { id: number } | undefined) => void)[] = [];
const windows = {
  onRemoved: { addListener: () => undefined },
  get: async (id: number) => ({ id, left: 0, top: 0, width: 800, height: 600 }),
  create: () =>
    new Promise((resolve) => {
      opening.push(resolve);
    }),
  update: async () => undefined,
  remove: async () => undefined,
};
const tabs = { get: async (id: number) => ({ id, height: 500 }) };
Object.assign((globalThis as unknown as { chrome: object }).chrome, { windows, tabs });
const { Prompts } = await import("./prompt.ts");
const { noteAnswer } = await import("./cooldown.ts");

beforeEach(() => {
  session.stored.clear();
  opening.length = 0;
});

const sender: Sender = { origin: "https://a.test", documentId: "one", tabId: 1, windowId: 1, private: false };
const question: Question = {
  origin: sender.origin,
  protocol: "tcp",
  host: "mail.example",
  port: 993,
  risk: false,
  private: false,
  remember: true,
  encryption: "off",
};
const task = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

interface Asked {
  /** How often it was told that the user is asked. */
  told: number;
  answer: Promise<Answer>;
  withdraw: AbortController;
}
function ask(prompts: InstanceType<typeof Prompts>, port = 993, each = false): Asked {
  const withdraw = new AbortController();
  const asked: Asked = { told: 0, withdraw, answer: Promise.resolve({ allow: false, rule: "user" }) };
  const helpers = { each, stillNeeded: async () => undefined, check: async () => ({ complaint: "invalid" }) as const };
  asked.answer = prompts.ask({ ...question, port }, sender, helpers, withdraw.signal, () => asked.told++);
  return asked;
}

test("it is told once the window is there, to everybody who asks the same, and not to who waits behind it", async () => {
  const prompts = new Prompts();
  const [first, behind] = [ask(prompts), ask(prompts, 995)];
  await task();
  assert.equal(first.told, 0);
  opening[0]?.({ id: 7 });
  await task();
  const same = ask(prompts);
  await task();
  assert.deepEqual([first.told, same.told, behind.told], [1, 1, 0]);
  for (const one of [first, same, behind]) one.withdraw.abort();
  await Promise.all([first.answer, same.answer, behind.answer]);
});

test("it is not told where nobody is asked: muted, no window, or taken back before", async () => {
  const prompts = new Prompts();
  const taken = ask(prompts);
  await task();
  taken.withdraw.abort();
  opening[0]?.({ id: 7 });
  await taken.answer;
  session.stored.clear(); // taking it back counts as half a no

  const closed = ask(prompts);
  await task();
  opening[1]?.(undefined);
  await closed.answer;

  for (let n = 0; n < 3; n++) await noteAnswer(sender.origin, sender, "no");
  const muted = ask(prompts);
  assert.deepEqual(await muted.answer, { allow: false, rule: "muted" });
  await task();
  assert.deepEqual([taken.told, closed.told, muted.told], [0, 0, 0]);
  assert.equal(opening.length, 2);
});

test("where each open is to be asked for, equal ones are questions of their own; else they are one", async () => {
  const prompts = new Prompts();
  const [first, second, third] = [ask(prompts, 993, true), ask(prompts, 993, true), ask(prompts, 993)];
  await task();
  opening[0]?.({ id: 7 });
  await task();
  assert.deepEqual([first.told, second.told, third.told], [1, 0, 0]);
  first.withdraw.abort();
  await first.answer;
  await task();
  opening[1]?.({ id: 8 });
  await task();
  assert.deepEqual([second.told, third.told], [1, 0]);
  for (const one of [second, third]) one.withdraw.abort();
  await Promise.all([second.answer, third.answer]);
});
