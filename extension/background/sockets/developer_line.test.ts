// What the developer of a page reads on the console, with the whole background. The browser, the host and the user are made up.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Background, type FakeDocument } from "../../fake/background.ts";
import { settled } from "../../fake/clock.ts";
import { HostFault } from "../../fake/host.ts";
import { consoleLines, type ConsoleLine } from "../../shared/console_lines.ts";
import type { ErrorData } from "../../../protocol/message.ts";
import type { OpenOptions } from "../../../protocol/page.ts";

const world = await Background.start();
const { browser, clock, host } = world;
const { lineOfReason, textOf } = await import("./developer_line.ts");
const serve = { ...host.serve };
const mail: OpenOptions = { remoteAddress: "mail.example", remotePort: 993 };
mock.method(console, "error", () => undefined);

beforeEach(() => {
  for (const { id = 0 } of browser.tabs.tabs) browser.tabs.closeTab(id);
  Object.assign(host.serve, serve);
  host.verdict = {};
});

/** The lines of a document by their names. */
function linesOf({ console: printed }: FakeDocument): string[] {
  const names = Object.entries(consoleLines);
  return printed.map((text) => names.find(([, line]) => line === text)?.[0] ?? text);
}

/** The host cannot open what it is asked for. */
function fails(data: ErrorData): void {
  host.serve["tcp.open"] = () => {
    throw new HostFault(data);
  };
}

/** An open that the user allows and that fails so. */
async function failure(data: ErrorData, verdict: typeof host.verdict = {}): Promise<FakeDocument> {
  host.verdict = verdict;
  fails(data);
  const page = await world.page("https://a.test/");
  const id = await page.open(mail);
  await (await world.prompt()).allow();
  assert.notEqual(page.outcome(id), "");
  return page;
}

test("a failure of the network is one line, with its cause where somebody agreed", async () => {
  for (const reason of ["refused", "dns", "timeout", "unreachable", "reset", "tls"] as const)
    assert.deepEqual(linesOf(await failure({ name: "NetworkError", reason, pageReason: reason })), [reason]);
  for (const [reason, name, line] of [
    ["cors", "NotAllowedError", "cors"],
    ["address", "NotAllowedError", "address"],
    ["rate", "QuotaExceededError", "rate"],
    ["limit", "NotAllowedError", "limit"],
    ["network", "NetworkError", "network"],
    ["protocol", "NetworkError", "network"],
  ] as const satisfies [ErrorData["reason"], ErrorData["name"], ConsoleLine][])
    assert.deepEqual(linesOf(await failure({ name, reason })), [line]);
});

test("where administrators keep causes from pages, the line names none", async () => {
  const page = await failure({ name: "NetworkError", reason: "refused" }, { errorDetail: "none" });
  assert.deepEqual(linesOf(page), ["network"]);
  assert.equal(lineOfReason("refused", false), "network");
});

test("a line ends with what the page asked for, and never with what the user named", async () => {
  const page = await failure({ name: "NetworkError", reason: "refused", pageReason: "refused" });
  const [hint] = page.heard.filter(({ type }) => type === "hint");
  assert.deepEqual(hint, { type: "hint", text: `${consoleLines.refused} (tcp connect mail.example:993)` });
  const texts = [
    [{ protocol: "tcp", host: "", port: 22 }, "(tcp connect named by the user:22)"],
    [{ protocol: "udp", kind: "bind", host: "::", port: 0 }, "(udp bind [::]:0)"],
    [{ protocol: "tcp", host: `evil ${"x".repeat(2_000)}`, port: 1 }, "(tcp connect no host:1)"],
    [{ protocol: "tcp", host: "\u202eevil.example", port: 1 }, "(tcp connect no host:1)"],
  ] as const;
  for (const [attempt, end] of texts) assert.equal(textOf("denied", attempt), `${consoleLines.denied} ${end}`);

  host.verdict = { mustEnter: true };
  fails({ name: "NetworkError", reason: "refused", pageReason: "refused" });
  const asks = await world.page("https://b.test/");
  await asks.open({ remotePort: 22 });
  await (await world.prompt()).allow({ address: "192.168.1.20" });
  assert.match(JSON.stringify(asks.heard), /refused|listens/);
  assert.doesNotMatch(JSON.stringify(asks.heard), /192\.168/);
});

test("a refusal is one line", async () => {
  const page = await world.page("https://a.test/");
  await page.open(mail, { click: false });
  await clock.advance(1_000);
  await page.open(mail, { policies: [{ eval: "unsafe", requiresTrustedTypes: false }], evalBlocked: false });
  const denied = await page.open(mail);
  await (await world.prompt()).deny();
  assert.equal(page.outcome(denied), "NotAllowedError");
  host.verdict = { allowed: false, reason: "policy" } as never;
  await page.open(mail);
  await clock.advance(1_000);
  assert.deepEqual(linesOf(page), ["activation", "unsafeEval", "denied", "rules"]);
});

test("what waits for a click says so; what the page withdraws, and its own mistakes, are no lines", async () => {
  const page = await world.page("https://a.test/");
  await page.open(mail, { click: false, waits: true });
  await clock.advance(1_000);
  assert.deepEqual(linesOf(page), ["waits"]);
  const other = await world.page("https://b.test/");
  const id = await other.open(mail);
  other.say({ type: "close", id });
  await settled();
  await other.open({ ...mail, remotePort: 0 });
  assert.deepEqual(linesOf(other), []);
});

test("the end of an open socket is one line: whose doing it was", async () => {
  const page = await world.page("https://a.test/");
  await world.allowed(page, mail);
  const last = (): number => host.askedFor<{ socketId: number }>("tcp.open").at(-1)?.socketId ?? 0;
  const counts = { bytesIn: 0, bytesOut: 0 };
  host.say("socket.closed", {
    socketId: last(),
    ...counts,
    name: "NetworkError",
    reason: "reset",
    pageReason: "reset",
  });
  await settled();
  assert.deepEqual(linesOf(page), ["reset"]);
  await page.open(mail);
  host.say("socket.closed", { socketId: last(), ...counts });
  await settled();
  assert.deepEqual(linesOf(page), ["reset"], "an orderly end is no line");
  await page.open(mail);
  host.die();
  await settled();
  assert.deepEqual(linesOf(page), ["reset", "hostFailed"]);
});

test("without a program the line says what is missing, before any consent", async () => {
  const { native } = browser;
  browser.native = undefined;
  const page = await world.page("https://a.test/");
  host.die();
  await settled();
  await page.open(mail);
  assert.deepEqual(linesOf(page), ["hostMissing"]);
  browser.native = native;
});
