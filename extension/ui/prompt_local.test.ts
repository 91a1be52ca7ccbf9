// The consent window's script, where others are to be able to send to the page. With a made-up page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OwnPage } from "../fake/own_page.ts";
import type { FakeElement } from "../fake/own_page.ts";
import type { LocalQuestion } from "../background/consent/question.ts";
import type { LocalPlace } from "../../protocol/message.ts";

const page = new OwnPage("prompt.html", { hash: "#1" });
await import("./prompt.ts");
const { clock } = page;
const once = page.element("allow-once");
type Field = FakeElement & { checked?: boolean };

const loopback: LocalPlace = { address: "127.0.0.1", reach: "computer", interface: "lo" };
const wired: LocalPlace = { address: "192.168.1.5", reach: "network", interface: "eth0" };
const everywhere: LocalPlace = { address: "0.0.0.0", reach: "anybody" };

/** A question is on the screen, and has been for long enough. */
async function ask(more: Partial<LocalQuestion> & Pick<LocalQuestion, "places">): Promise<void> {
  const question: LocalQuestion = {
    ...{ kind: "listen", origin: "https://a.test", port: 40_080, multicast: false, secure: false },
    ...{ private: false, remember: true },
    ...more,
  };
  await page.hear({ type: "question", question, waiting: 0, looks: false });
  await clock.advance(500);
}

const bind = (more: Partial<LocalQuestion> = {}): Promise<void> =>
  ask({ kind: "bind", peers: "internet", places: [loopback, wired], ...more });
const fields = (choices: string): Field[] => page.element(choices).all("input");
const words = (choices: string): string[] =>
  page
    .element(choices)
    .all("label")
    .map(({ textContent }) => textContent);

/** Picks one of several, as a person does, and waits until Allow is alive if it can be. */
async function pick(choices: "place-choices" | "peer-choices", n: number): Promise<void> {
  const buttons = fields(choices);
  for (const [index, button] of buttons.entries()) button.checked = index === n;
  buttons[n]?.dispatchEvent({ type: "change" });
  await clock.advance(500);
}
async function tick(checked: boolean): Promise<void> {
  const box: Field = page.element("outside-yes");
  box.checked = checked;
  box.dispatchEvent({ type: "change" });
  await clock.advance(500);
}
async function name(hosts: string): Promise<void> {
  const field = page.element("hosts");
  field.value = hosts;
  field.dispatchEvent({ type: "input" });
  await clock.advance(500);
}
const isDead = (): boolean => (once as unknown as { ariaDisabled: string }).ariaDisabled === "true";
const allow = (): Promise<OwnPage["said"]> => page.click(once);

test("it says who asks, for which port, and what that means; and nothing of a connection", async () => {
  await ask({ places: [loopback, wired] });
  assert.equal(page.element("title").textContent, "Let others connect to this page of a.test?");
  assert.equal(page.title, "Portside: a.test asks");
  assert.equal(page.element("encryption").hidden, true, "no place is chosen yet");
  assert.match(page.element("service").textContent, /40080/);
  assert.match(page.element("meaning").textContent, /server on your computer/);
  for (const id of ["where", "ask-address", "risk", "peers", "announce"])
    assert.equal(page.element(id).hidden, true, id);
  assert.equal(page.element("local").hidden, false);
});

test("a question about a connection has nothing of it", async () => {
  await bind();
  const question = { origin: "https://a.test", protocol: "tcp", host: "mail.test", port: 993, encryption: "off" };
  const rest = { place: "internet", risk: false, private: false, remember: true };
  await page.hear({ type: "question", question: { ...question, ...rest }, waiting: 0, looks: false });
  await clock.advance(500);
  assert.equal(page.element("local").hidden, true);
  assert.equal(page.element("title").textContent, "Let a.test connect to mail.test?");
  assert.deepEqual(await allow(), [{ type: "allow", remember: false }]);
});

test("nothing is chosen beforehand where there are several places, and without a place nothing can be allowed", async () => {
  await ask({ places: [loopback, wired] });
  assert.deepEqual(
    fields("place-choices").filter(({ checked }) => checked === true),
    [],
  );
  assert.equal(isDead(), true);
  assert.deepEqual(await allow(), []);
  await pick("place-choices", 1);
  assert.deepEqual(await allow(), [{ type: "allowLocal", remember: false, place: 1 }]);
});

test("the only place is chosen", async () => {
  await ask({ places: [loopback] });
  assert.deepEqual(await page.click(page.element("allow-remember")), [
    { type: "allowLocal", remember: true, place: 0 },
  ]);
});

test("a new choice keeps Allow dead for half a second", async () => {
  await ask({ places: [loopback, wired] });
  await pick("place-choices", 1);
  fields("place-choices")[0]?.dispatchEvent({ type: "change" });
  assert.equal(isDead(), true);
  assert.deepEqual(await allow(), []);
  await clock.advance(1_000);
  assert.deepEqual(await allow(), [{ type: "allowLocal", remember: false, place: 0 }]);
});

test("everybody takes a yes of its own, each time that it is chosen", async () => {
  await ask({ places: [wired, everywhere] });
  assert.equal(page.element("outside").hidden, true);
  await pick("place-choices", 1);
  assert.equal(page.element("outside").hidden, false);
  assert.equal(isDead(), true);
  assert.deepEqual(await allow(), []);
  await tick(true);
  assert.deepEqual(await allow(), [{ type: "allowLocal", remember: false, place: 1 }]);
  await pick("place-choices", 0);
  await pick("place-choices", 1);
  assert.deepEqual(await allow(), [], "the yes was for the choice before");
});

test("also where it is the only place", async () => {
  await ask({ places: [everywhere] });
  assert.equal(page.element("outside").hidden, false);
  assert.deepEqual(await allow(), []);
  await tick(true);
  await tick(false);
  assert.deepEqual(await allow(), []);
});

test("places are named by whom they let in, with their address; one on the internet says so", async () => {
  const direct: LocalPlace = { address: "2001:db8::5", reach: "network", interface: "eth0\u202e", public: true };
  await ask({ places: [loopback, direct, everywhere] });
  const [here = "", there = "", anybody = ""] = words("place-choices");
  assert.match(here, /this computer.*127\.0\.0\.1:40080/);
  assert.match(there, /eth0.*\[2001:db8::5\]:40080.*on the internet/);
  assert.doesNotMatch(there, /\u202e/);
  assert.match(anybody, /Everybody.*from the internet/);
});

test("whom a bound socket may send to: no choice that is wider than allowed, nor than the place can reach", async () => {
  await bind({ peers: "network" });
  await pick("place-choices", 1);
  assert.deepEqual(
    words("peer-choices").map((choice) => /those|device|server/.exec(choice)?.[0]),
    ["those", "device"],
  );
  await pick("peer-choices", 1);
  assert.deepEqual(await allow(), [{ type: "allowLocal", remember: false, place: 1, peers: "network" }]);
  await pick("place-choices", 0);
  assert.equal(words("peer-choices").length, 1, "from this computer to itself");
  assert.deepEqual(await allow(), [], "what was chosen is not offered any more");
  await pick("place-choices", 1);
  assert.deepEqual(await allow(), [], "and does not come back by itself");
});

test("what Allow would do stands beside it", async () => {
  const chosen = page.element("named");
  await bind({ peers: "network" });
  assert.equal(chosen.hidden, false);
  assert.match(chosen.textContent, /Nothing chosen/);
  await pick("place-choices", 1);
  await pick("peer-choices", 1);
  assert.match(chosen.textContent, /eth0.*any device/);
  await ask({ places: [loopback, wired] });
  await pick("place-choices", 1);
  assert.equal(chosen.textContent, "You chose: Devices in the network of \u2068eth0\u2069");
  await ask({ places: [loopback] });
  assert.equal(chosen.hidden, true, "there is nothing to choose");
});

test("hosts are named: at least one, at most sixteen, each once", async () => {
  await bind({ places: [wired] });
  assert.equal(page.element("hosts-part").hidden, true);
  await pick("peer-choices", 0);
  assert.equal(page.element("hosts-part").hidden, false);
  assert.deepEqual(await allow(), []);
  const many = (count: number): string => Array.from({ length: count }, (_, n) => `h${n.toString()}.test`).join("\n");
  await name(many(17));
  assert.match(page.element("hosts-error").textContent, /16/);
  assert.deepEqual(await allow(), []);
  await name(many(16));
  assert.equal(page.element("hosts-error").textContent, "");
  assert.equal(((await allow())[0]?.["hosts"] as string[]).length, 16);
  await name(" lamp.local, 192.168.1.7:80;lamp.local\n");
  const hosts = ["lamp.local", "192.168.1.7:80"];
  assert.deepEqual(await allow(), [{ type: "allowLocal", remember: false, place: 0, peers: "named", hosts }]);
});

test("a host that cannot be allowed is named, and nothing can be until it is another", async () => {
  await bind({ places: [wired], peers: "named" });
  await name("lamp.local nothing..test");
  const complaint = { type: "complaint", named: { address: "nothing..test" }, complaint: "invalid" };
  await page.hear(complaint);
  assert.match(page.element("hosts-error").textContent, /nothing\.\.test/);
  assert.equal(page.element("hosts").getAttribute("aria-invalid"), "true");
  await clock.advance(500);
  assert.equal(isDead(), true);
  assert.deepEqual(await allow(), []);
  await name("lamp.local");
  await page.hear(complaint); // late: they have gone on
  await clock.advance(500);
  assert.equal(page.element("hosts-error").textContent, "");
  assert.equal((await allow()).length, 1);
});

test("groups, an announcement and encryption are told; a stranger's words have no controls", async () => {
  await bind({ multicast: true });
  assert.equal(page.element("title").textContent, "Let a.test exchange messages with others?");
  assert.match(page.element("service").textContent, /40080 UDP: single messages without a connection/);
  assert.equal(page.element("multicast").hidden, false);
  await ask({ places: [wired], secure: true, announce: { name: "Hall\u202e printer", type: "_ipp._tcp" } });
  assert.equal(page.element("multicast").hidden, true);
  assert.match(page.element("announce").textContent, /Hall printer.*Printer/);
  assert.match(page.element("encryption").textContent, /^Encrypted/);
});

test("who may read along follows from the place", async () => {
  await ask({ places: [loopback, wired, everywhere] });
  const said = async (n: number): Promise<string> => {
    await pick("place-choices", n);
    return page.element("encryption").textContent;
  };
  assert.match(await said(0), /does not leave this computer/);
  assert.match(await said(1), /in your network/);
  assert.match(await said(2), /on the way/);
});

test("Deny answers such a question too", async () => {
  await ask({ places: [loopback, wired] });
  assert.deepEqual(await page.click(page.element("deny")), [{ type: "deny" }]);
});
