// For how long: the buttons of the consent window besides "Allow this time" and "Always allow".

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { OwnPage } from "../fake/own_page.ts";
import type { LocalQuestion, Question } from "../background/consent/question.ts";

const page = new OwnPage("prompt.html", { hash: "#1" });
await import("./prompt.ts");
const { clock } = page;
const [toggle, list] = [page.element("lifetimes"), page.element("lifetime-choices")];
const question = {
  ...{ origin: "https://a.test", protocol: "tcp", host: "mail.test", place: "internet", port: 993 },
  ...{ risk: false, private: false, remember: true, encryption: "off" },
} as Question;
const listens: LocalQuestion = {
  ...{ kind: "listen", origin: "https://a.test", port: 8080, multicast: false, secure: false, private: false },
  ...{ places: [{ address: "127.0.0.1", reach: "computer" }], remember: true },
};

async function ask(asked: Question | LocalQuestion): Promise<void> {
  await page.hear({ type: "question", question: asked, waiting: 0, looks: false });
  await clock.advance(500);
}
const press = (id: string): Promise<unknown> => page.click(page.element(id));
const isDead = (id: string): boolean =>
  (page.element(id) as unknown as { ariaDisabled: string }).ariaDisabled === "true";

beforeEach(() => ask(question));

test("the other lengths of time are out of sight until they are asked for, and dead for half a second then", async () => {
  assert.deepEqual([list.hidden, toggle.getAttribute("aria-expanded")], [true, "false"]);
  await press("lifetimes");
  assert.deepEqual([list.hidden, toggle.getAttribute("aria-expanded")], [false, "true"]);
  for (const id of ["allow-hour", "allow-browser", "allow-once", "allow-remember"]) {
    assert.equal(isDead(id), true, id);
    assert.deepEqual(await press(id), [], id);
  }
  await clock.advance(500);
  for (const id of ["allow-hour", "allow-browser", "allow-once", "allow-remember"]) assert.equal(isDead(id), false, id);
});

test("each button is an answer of its own", async () => {
  for (const [id, lasts] of [
    ["allow-hour", { remember: true, ends: "hour" }],
    ["allow-browser", { remember: true, ends: "browser" }],
    ["allow-remember", { remember: true }],
    ["allow-once", { remember: false }],
  ] as const) {
    await ask(question);
    assert.deepEqual(await press(id), [{ type: "allow", ...lasts }], id);
    await ask(listens);
    assert.deepEqual(await press(id), [{ type: "allowLocal", ...lasts, place: 0 }], id);
  }
});

test("where nothing may be remembered there are no other lengths of time", async () => {
  await press("lifetimes");
  await ask({ ...question, private: true, remember: false });
  assert.deepEqual([toggle.hidden, list.hidden, page.element("allow-remember").hidden], [true, true, true]);
});

test("a script opens nothing", () => {
  toggle.click();
  assert.equal(list.hidden, true);
});

test("Escape puts them out of sight first, and is a no only after that", async () => {
  await press("lifetimes");
  await clock.advance(500);
  const escape = { type: "keydown", key: "Escape", isTrusted: true };
  const before = page.said.length;
  const said = (): unknown[] => page.said.slice(before);
  page.window.dispatchEvent(escape);
  await clock.advance(500);
  assert.deepEqual([list.hidden, said(), page.focused], [true, [], toggle]);
  page.window.dispatchEvent(escape);
  await clock.advance(500);
  assert.deepEqual(said(), [{ type: "deny", key: true }]);
});
