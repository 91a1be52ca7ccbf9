// What the host said of a destination: it is asked once, and each open carries that, so that nothing opens by what it would not say any more.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Background } from "../../fake/background.ts";
import type { FakeDocument } from "../../fake/background.ts";
import type { PolicyJudgeParams, PolicyJudgeResult } from "../../../protocol/message.ts";

const world = await Background.start();
const { Verdicts } = await import("./judge.ts");
const { browser, clock, host } = world;
const mail = { remoteAddress: "mail.example", remotePort: 993 };
const judgements = (): number => host.askedFor("policy.judge").length;
/** What became of each open that the host was asked for: the names that they carried. */
const carried = (): unknown[] => host.askedFor("tcp.open").map(({ verdict }) => verdict !== undefined);

beforeEach(async () => {
  for (const { id } of browser.tabs.windows) browser.tabs.closeWindow(id);
  host.verdict = {};
  await clock.advance(86_400_000);
  host.asked.length = 0;
});

/** A page with a socket that the user has allowed, and another that was opened by the same consent. */
async function allowed(): Promise<FakeDocument> {
  const page = await world.page("https://a.test/");
  await world.allowed(page, mail);
  assert.equal(page.outcome(await page.open(mail)), "opened");
  host.asked.length = 0;
  return page;
}

/** The page asks without a click. Resolves with what came of it, after the refusal delay. */
async function quietly(page: FakeDocument): Promise<string> {
  const id = await page.open(mail, { click: false });
  await clock.advance(1_000);
  return page.outcome(id);
}

test("what was allowed is opened again without asking what the rules say, which the open carries", async () => {
  const page = await allowed();
  for (let n = 0; n < 3; n++) assert.equal(page.outcome(await page.open(mail, { click: false })), "opened");
  assert.deepEqual([judgements(), carried()], [0, [true, true, true]]);
});

test("rules that have changed meanwhile are heard, whatever they say now", async () => {
  const page = await allowed();
  host.verdict = { allowed: false, reason: "policy" };
  assert.equal(await quietly(page), "NotAllowedError");
  assert.deepEqual([judgements(), carried()], [1, [true]], "nothing was opened, nor tried a second time");
  host.verdict = { prompt: "always" };
  assert.equal(await quietly(page), "NotAllowedError", "each open is to be asked for now");
  host.verdict = { cspRule: "require-eval-blocked" };
  const id = await page.open(mail, { evalBlocked: false });
  await clock.advance(1_000);
  assert.equal(page.outcome(id), "NotAllowedError");
  assert.equal(page.outcome(await page.open(mail)), "opened", "the document does what the rule wants");
});

test("in another network it is another machine: what was allowed there is asked for again", async () => {
  host.verdict = { place: "network", network: "home" };
  const page = await allowed();
  host.verdict = { place: "network", network: "work" };
  const id = await page.open(mail);
  assert.equal(page.outcome(id), "");
  await (await world.prompt()).deny();
  assert.equal(page.outcome(id), "NotAllowedError");
});

test("a page hears that somebody has agreed before the host is asked: one that listens to that waits for the rules", async () => {
  const page = await allowed();
  host.verdict = { allowed: false, reason: "policy" };
  const id = await page.open(mail, { states: true });
  await clock.advance(1_000);
  assert.deepEqual([page.outcome(id), page.heardOf(id, "state")], ["NotAllowedError", []]);
  assert.deepEqual(host.askedFor("tcp.open"), []);
});

test("of a destination that the host has found to be judged otherwise, the page hears no more than of any other", async () => {
  const page = await allowed();
  host.verdict = { errorDetail: "none", allowed: false, reason: "policy" };
  const id = await page.open(mail);
  await clock.advance(999);
  assert.equal(page.outcome(id), "", "the refusal delay");
  await clock.advance(1);
  assert.deepEqual(Object.keys(page.heardOf(id, "failed")[0]?.error ?? {}), ["name", "message"]);
});

test("what was taken back is not opened by what the rules said of it", async () => {
  const page = await world.page("https://a.test/");
  await world.allowed(page, mail, { remember: true });
  await page.open(mail);
  const { removeGrants } = await import("./grants.ts");
  await removeGrants(() => true);
  host.asked.length = 0;
  assert.equal(await quietly(page), "NotAllowedError");
  assert.deepEqual(host.askedFor("tcp.open"), []);
});

test("of so many destinations it is kept what was said, of one host, and only what it lets open", () => {
  const verdicts = new Verdicts();
  const [one, another] = [{}, {}];
  const asked = (port: number): PolicyJudgeParams => ({
    ...{ origin: "https://a.test", protocol: "tcp", host: "mail.example", port, secure: false, userEntered: false },
  });
  const said = { allowed: true, verdict: "yes" } as PolicyJudgeResult;
  for (let port = 1; port <= 65; port++) verdicts.note(one, asked(port), said);
  assert.deepEqual(
    [1, 2, 65].map((port) => verdicts.of(one, asked(port))),
    [undefined, said, said],
  );
  assert.equal(verdicts.of(another, asked(65)), undefined);
  verdicts.note(one, asked(65), { ...said, allowed: false });
  assert.equal(verdicts.of(one, asked(65)), undefined);
  verdicts.note(another, asked(1), said);
  assert.equal(verdicts.of(one, asked(2)), undefined);
});
