// The consent window's script, with a made-up page. What a real window shows is tested there (e2e/prompt.test.ts, e2e/naming.test.ts).

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { settled } from "../fake/clock.ts";
import { OwnPage } from "../fake/own_page.ts";
import type { PromptView, Question } from "../background/consent/question.ts";

const page = new OwnPage("prompt.html", { hash: "#1" });
await import("./prompt.ts");
const { clock } = page;
const [once, field] = [page.element("allow-once"), page.element("address")];

const hear = (view: PromptView): Promise<void> => page.hear(view);
function question(more: Partial<Question> = {}): Question {
  const common = {
    origin: "https://a.test",
    protocol: "tcp",
    host: "mail.test",
    place: "internet",
    port: 993,
  } as const;
  return { ...common, risk: false, private: false, remember: true, encryption: "off", ...more } as Question;
}
/** The question is one where the user is to name the destination. */
async function askToName(more: Partial<Question> = {}): Promise<void> {
  const { host: _, place: __, ...asked } = question(more);
  await hear({ type: "question", question: asked, waiting: 0, looks: true });
  await clock.advance(500);
}
const isDead = (): boolean => (once as unknown as { ariaDisabled: string }).ariaDisabled === "true";
async function type(text: string): Promise<void> {
  field.value = text;
  field.dispatchEvent({ type: "input" });
  await clock.advance(250);
}

beforeEach(async () => {
  await hear({ type: "question", question: question(), waiting: 0, looks: false });
  await clock.advance(500);
  assert.equal(isDead(), false);
});

test("the dialog has the focus, and no button", async () => {
  page.element("deny").focus();
  await hear({ type: "question", question: question(), waiting: 0, looks: false });
  assert.equal(page.focused, page.element("dialog"));
});

test("Allow is dead for half a second after what the window says has changed", async () => {
  await hear({ type: "waiting", count: 3 });
  assert.equal(isDead(), true);
  assert.deepEqual(await page.click(once), []);
  await clock.advance(500);
  assert.equal(isDead(), false);
  assert.deepEqual(await page.click(once), [{ type: "allow", remember: false }]);
});

test("what the user named can be allowed once the background has found it good, and half a second later; not what they named before", async () => {
  await askToName();
  assert.equal(isDead(), true);
  await type("printer.test");
  await hear({
    type: "named",
    named: { address: "printer.test" },
    host: "printer.test",
    place: "network",
    risk: false,
  });
  assert.equal(isDead(), true);
  await clock.advance(500);
  assert.equal(isDead(), false);
  field.value = "other.test";
  field.dispatchEvent({ type: "input" });
  assert.equal(isDead(), true);
  await clock.advance(5_000); // the background has not said what the other one is
  assert.equal(isDead(), true);
  assert.deepEqual(await page.click(once), []);
});

test("what is no address cannot be allowed, also before the window says so", async () => {
  await askToName();
  field.focus(); // they may be typing still: it is said when they have paused
  await type("no address");
  await hear({ type: "named", named: { address: "no address" }, complaint: "invalid" });
  page.window.dispatchEvent({ type: "resize" });
  await clock.advance(600);
  assert.equal(page.element("address-error").textContent, "");
  assert.equal(isDead(), true);
  assert.deepEqual(await page.click(once), []);
  await clock.advance(5_000);
  assert.notEqual(page.element("address-error").textContent, "");
  assert.equal(isDead(), true);
  assert.deepEqual(await page.click(once), []);
});

test("the danger of a port is named, and that of no other", async () => {
  await hear({ type: "question", question: question({ port: 25, risk: true }), waiting: 0, looks: false });
  assert.match(page.element("risk").textContent, /25/);
  assert.equal(page.element("risk").hidden, false);
  await hear({ type: "question", question: question(), waiting: 0, looks: false });
  assert.equal(page.element("risk").hidden, true);
});

test("who may read along is said of the place that was named, and not of the one before", async () => {
  await askToName();
  const before = page.element("encryption").textContent;
  await type("localhost");
  await hear({ type: "named", named: { address: "localhost" }, host: "localhost", place: "computer", risk: false });
  const here = page.element("encryption").textContent;
  assert.match(here, /this computer/);
  assert.notEqual(here, before);
  await type("mail.test");
  assert.equal(page.element("encryption").textContent, before);
});

test("a key that is held down presses no button", () => {
  let prevented = 0;
  const preventDefault = (): void => {
    prevented++;
  };
  const key = { type: "keydown", key: "Enter", isTrusted: true, target: once, preventDefault };
  page.window.dispatchEvent({ ...key, repeat: true });
  page.window.dispatchEvent({ ...key, repeat: false });
  assert.equal(prevented, 1);
});

test("devices that are found come in at the end: nothing moves under the pointer", async () => {
  await askToName();
  for (const index of [0, 1, 2]) {
    const name = `device ${index.toString()}`;
    const device = { index, name, service: "_ipp._tcp", host: "p.local", address: "192.168.1.2" };
    await hear({ type: "device", device });
  }
  const names = page.element("devices").children.map(({ textContent }) => /device \d/.exec(textContent)?.[0]);
  assert.deepEqual(names, ["device 0", "device 1", "device 2"]);
  await settled();
});
