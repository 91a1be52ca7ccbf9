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

test("what has the focus comes into sight as a whole, unless it was clicked", () => {
  const seen: unknown[] = [];
  const dialog = page.element("dialog");
  let visible = true;
  for (const one of [field, dialog])
    Object.assign(one, {
      matches: (selector: string) => selector === ":focus-visible" && visible,
      scrollIntoView: (how: unknown) => seen.push([one === field, how]),
    });
  dialog.dispatchEvent({ type: "focusin", target: field });
  dialog.dispatchEvent({ type: "focusin", target: dialog });
  visible = false;
  dialog.dispatchEvent({ type: "focusin", target: field });
  assert.deepEqual(seen, [[true, { block: "nearest" }]]);
});

test("a no says whether it was given by the keyboard: by the mouse, with Escape, and to all", async () => {
  assert.deepEqual(await page.click(page.element("deny")), [{ type: "deny" }]);
  const before = page.said.length;
  page.window.dispatchEvent({ type: "keydown", key: "Escape", isTrusted: true, repeat: false });
  for (const type of ["keydown", "click"]) page.element("deny-all").dispatchEvent({ type, isTrusted: true });
  await settled();
  assert.deepEqual(page.said.slice(before), [
    { type: "deny", key: true },
    { type: "deny", all: true, key: true },
  ]);
});

test("a question of a container says so, and that the answer counts in no other", async () => {
  const note = page.element("container");
  assert.equal(note.hidden, true);
  for (const [container, words] of [
    ["firefox-container-2", /In the container tab “Container 2”: the answer counts in this container only/],
    ["another-sort", /“Container another-sort”/],
  ] as const) {
    await hear({ type: "question", question: question({ container }), waiting: 0, looks: false });
    assert.equal(note.hidden, false);
    assert.match(note.textContent, words);
  }
  await hear({ type: "question", question: question(), waiting: 0, looks: false });
  assert.equal(note.hidden, true);
});

test("it is Portside that asks, says the title; the heading says who asks for what, once", async () => {
  assert.equal(page.title, "Portside: a.test asks");
  assert.equal(page.element("title").textContent, "Let a.test connect to mail.test?");
  const { host: _, place: __, ...asked } = question();
  for (const [more, heading] of [
    [{}, "Let a.test connect to a server or device that you name?"],
    [{ proposal: "10.0.0.5", place: "network" }, "Let a.test connect to a device in your own network?"],
    [{ proposal: "localhost", place: "computer" }, "Let a.test connect to a program on this computer?"],
    [{ proposal: "192.0.2.1", place: "special" }, "Let a.test connect to an address that is not on the internet?"],
  ] as const) {
    await hear({ type: "question", question: { ...asked, ...more }, waiting: 0, looks: false });
    assert.equal(page.element("title").textContent, heading);
    assert.equal(page.element("where").hidden, true, heading);
  }
  const origin = `https://${"bank.example.".repeat(5)}evil.test:8443`;
  await hear({ type: "question", question: question({ origin }), waiting: 0, looks: false });
  assert.equal(page.title, "Portside: …evil.test:8443 asks");
});

test("a long name is shown whole, and cut again; what may be misread is a warning", async () => {
  const host = `xn--pple-43d.${"a".repeat(50)}.xn--pple-43d.test`;
  await hear({ type: "question", question: question({ host }), waiting: 0, looks: false });
  const [less, unclear] = page.element("where-notes").children;
  const button = less?.firstElementChild ?? undefined;
  const shown = (): (string | null | undefined)[] => [button?.textContent, button?.getAttribute("aria-expanded")];
  assert.deepEqual(shown(), ["Show the whole name", "false"]);
  await page.click(button);
  assert.deepEqual(shown(), ["Show less", "true"]);
  await page.click(button);
  assert.deepEqual(shown(), ["Show the whole name", "false"]);
  assert.match(unclear?.textContent ?? "", /may be taken for others/);
  assert.match(unclear?.className ?? "", /careful/);
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

test("where the site proposes a place of the user's own, nobody is in between before the user has typed one", async () => {
  const encryption = page.element("encryption");
  for (const place of ["computer", "network"] as const) {
    for (const how of ["off", "starttls"] as const) {
      const asked = { proposal: "192.168.1.7", place, encryption: how };
      const { host: _, ...rest } = question(asked);
      await hear({ type: "question", question: rest, waiting: 0, looks: false });
      assert.equal(encryption.hidden, true, `${place}, ${how}`);
    }
    await type("192.168.1.7");
    assert.equal(encryption.hidden, true, "the background has not said what it is");
    await hear({ type: "named", named: { address: "192.168.1.7" }, host: "192.168.1.7", place, risk: false });
    assert.equal(encryption.hidden, false);
    assert.doesNotMatch(encryption.textContent, /in between/);
  }
  const { host: _, ...tls } = question({ place: "network", encryption: "on", authentication: "name" });
  await hear({ type: "question", question: { ...tls, proposal: "192.168.1.7" }, waiting: 0, looks: false });
  assert.equal(encryption.hidden, false);
  assert.match(encryption.textContent, /^Encrypted/);
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

test("where devices are listed, the field below them is for those that are not; the focus stays where it is", async () => {
  await askToName();
  assert.equal(page.element("address-label").textContent, "Not listed? Type its name or address.");
  assert.equal(page.focused, page.element("dialog"));
});
