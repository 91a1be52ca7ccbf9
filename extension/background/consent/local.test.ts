// Who may be reached from outside, and where: the whole background, with a browser, a host and a user that are made up. The computer of the
// fake host has 192.168.1.5, in the network "home", besides loopback.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Background } from "../../fake/background.ts";
import type { FakeDocument, FakePrompt } from "../../fake/background.ts";
import { settled } from "../../fake/clock.ts";
import type { BindOptions, ListenOptions } from "../../../protocol/page.ts";
import type { LocalPlace, PolicyJudgeLocalResult, PolicyJudgeResult } from "../../../protocol/message.ts";

mock.method(console, "error", () => undefined);
mock.method(console, "info", () => undefined);
const world = await Background.start();
const { browser, clock, host } = world;
const grants = await import("./grants.ts");
const usual = { ...host.serve };

const everywhere: ListenOptions = { localAddress: "0.0.0.0", localPort: 40_000 };
const onLoopback: ListenOptions = { localAddress: "127.0.0.1", localPort: 40_000 };
const bound: BindOptions = { localAddress: "0.0.0.0", localPort: 5_000 };

beforeEach(async () => {
  for (const { id = 0 } of browser.tabs.tabs) browser.tabs.closeTab(id);
  browser.storage.local.stored.clear();
  browser.cookies.jar.clear();
  Object.assign(host.serve, usual);
  host.verdict = {};
  host.localVerdict = {};
  host.network = "home";
  await clock.advance(600_000); // also what was denied before
  host.asked.length = 0;
});

const optIn = [{ name: "permissions-policy", value: "direct-sockets-multicast=(self)" }];
const page = (url = "https://a.test/", multicast = false): Promise<FakeDocument> =>
  world.page(url, multicast ? { headers: optIn } : {});

/** What the host was asked to open, in a word each: the address, the port, and from where it may be reached. */
const opened = (): string[] =>
  host.asked.flatMap(({ method, params }) => {
    if (method !== "tcp.listen" && method !== "udp.bind") return [];
    const { localAddress, localPort, reach } = params as Record<string, string>;
    return [`${localAddress ?? ""}:${localPort ?? "any"} ${reach ?? ""}`];
  });

type How = Parameters<FakePrompt["allowLocal"]>[0];
/** The page asks, and the user answers the one question. Resolves with what came of it. */
async function answered(document: FakeDocument, ask: ListenOptions | Bind, how: How = {}): Promise<string> {
  const id = "bind" in ask ? await document.bind(ask.bind) : await document.listen(ask);
  await (await world.prompt()).allowLocal(how);
  return document.outcome(id);
}
interface Bind {
  bind: BindOptions;
}
/** The page asks without a click. Resolves with what came of it. */
async function quietly(document: FakeDocument, ask: ListenOptions | Bind): Promise<string> {
  const init = { click: false };
  const id = "bind" in ask ? await document.bind(ask.bind, init) : await document.listen(ask, init);
  await clock.advance(1_000);
  return document.outcome(id);
}

test("every listener is asked for, with a click, and opened where the user picked", async () => {
  const document = await page();
  const id = await document.listen(everywhere, { states: true });
  const prompt = await world.prompt();
  assert.deepEqual(prompt.local, {
    kind: "listen",
    origin: "https://a.test",
    port: 40_000,
    places: host.placesOf("0.0.0.0"),
    multicast: false,
    secure: false,
    private: false,
    remember: true,
  });
  assert.deepEqual(opened(), []);
  assert.equal(document.heardOf(id, "state")[0]?.state, "asking");
  await prompt.allowLocal({ place: 1 });
  assert.deepEqual([document.outcome(id), opened()], ["listening", ["192.168.1.5:40000 network"]]);
  assert.equal(await quietly(document, onLoopback), "NotAllowedError");
});

test("a no, or a place that was not offered, opens nothing", async () => {
  const document = await page();
  const id = await document.listen(onLoopback);
  const prompt = await world.prompt();
  for (const place of [1, -1, 0.5, "0", "length", undefined]) await prompt.allowLocal({ place: place as number });
  await prompt.allow();
  assert.equal(document.outcome(id), "");
  await prompt.deny();
  assert.deepEqual([document.outcome(id), opened()], ["NotAllowedError", []]);
});

test("an answer to a listener is none to a connection", async () => {
  const document = await page();
  const id = await document.open({ remotePort: 80 });
  const prompt = await world.prompt();
  await prompt.allowLocal();
  assert.equal(document.outcome(id), "");
  await prompt.deny();
});

test("a page listens again at the same place without a question, and nowhere else", async () => {
  const document = await page();
  assert.equal(await answered(document, everywhere, { place: 1 }), "listening");
  assert.equal(await quietly(document, everywhere), "listening");
  assert.deepEqual(opened(), ["192.168.1.5:40000 network", "192.168.1.5:40000 network"]);
  const others: ListenOptions[] = [
    { ...everywhere, localPort: 40_001 },
    { localAddress: "0.0.0.0" },
    onLoopback,
    { ...everywhere, announce: { type: "_http._tcp", name: "Attic" } },
  ];
  for (const options of others) assert.equal(await quietly(document, options), "NotAllowedError");
  assert.equal(await quietly(document, { ...everywhere, secureTransport: "on" }), "listening", "which risks less");
  assert.equal(await quietly(await page(), everywhere), "NotAllowedError", "another document");
  host.network = "cafe";
  assert.equal(await quietly(document, everywhere), "NotAllowedError", "another network");
  host.network = "home";
  host.localVerdict = { places: [{ address: "127.0.0.1", reach: "computer" }] };
  assert.equal(await quietly(document, everywhere), "NotAllowedError", "the address is gone");
});

test("what was allowed with TLS is not allowed without", async () => {
  const document = await page();
  assert.equal(await answered(document, { ...onLoopback, secureTransport: "on" }, { remember: true }), "listening");
  assert.equal(host.askedFor("tcp.listen")[0]?.["secure"], true);
  for (const who of [document, await page()]) assert.equal(await quietly(who, onLoopback), "NotAllowedError");
});

test("a remembered place serves that place in its network: neither a wider one, nor one of another kind, port or site", async () => {
  const document = await page();
  assert.equal(await answered(document, everywhere, { place: 1, remember: true }), "listening");
  const [grant] = await grants.listGrants();
  assert.deepEqual(grant, {
    origin: "https://a.test",
    kind: "listen",
    protocol: "tcp",
    host: "192.168.1.5",
    port: 40_000,
    created: grant?.created,
    used: grant?.created,
    entered: false,
    risk: false,
    protection: { encryption: "off" },
    network: "home",
    local: { reach: "network", interface: "eth0", multicast: false, everywhere: true },
  });
  assert.equal(await quietly(await page(), everywhere), "listening");
  assert.equal(await quietly(await page(), { localAddress: "192.168.1.5", localPort: 40_000 }), "listening");
  assert.deepEqual(new Set(opened()), new Set(["192.168.1.5:40000 network"]));
  // One that has something remembered, too.
  assert.equal(
    await answered(await page("https://b.test/"), { localAddress: "127.0.0.1" }, { remember: true }),
    "listening",
  );
  assert.equal(await quietly(await page("https://b.test/"), everywhere), "NotAllowedError", "another origin");
  assert.equal(
    await quietly(await page(), { bind: { ...bound, localPort: 40_000 } }),
    "NotAllowedError",
    "a UDP socket",
  );
  assert.equal(await quietly(await page(), { ...everywhere, localPort: 40_001 }), "NotAllowedError", "another port");
  assert.equal(await quietly(await page(), { localAddress: "0.0.0.0" }), "NotAllowedError", "any port");
  host.localVerdict = { places: [{ address: "192.168.1.5", reach: "anybody", network: "home" }] };
  assert.equal(await quietly(await page(), everywhere), "NotAllowedError", "a wider reach");
  host.localVerdict = { remember: false };
  assert.equal(
    await quietly(await page(), everywhere),
    "NotAllowedError",
    "the administrator lets nothing be remembered",
  );
  host.localVerdict = {};
  host.network = "cafe";
  assert.equal(await quietly(await page(), everywhere), "NotAllowedError", "another network");
});

test("a grant to listen is none to connect, and the other way round", async () => {
  const document = await page();
  const there = { remoteAddress: "192.168.1.5", remotePort: 40_000 };
  assert.equal(await answered(document, everywhere, { place: 1, remember: true }), "listening");
  host.verdict = { network: "home" };
  for (const options of [there, { remotePort: 40_000 }])
    for (const who of [document, await page()]) {
      const id = await who.open(options, { click: false });
      await clock.advance(1_000);
      assert.equal(who.outcome(id), "NotAllowedError");
    }
  const other = await page("https://b.test/");
  await world.allowed(other, there, { remember: true });
  host.verdict = {};
  for (const who of [other, await page("https://b.test/")])
    assert.equal(await quietly(who, everywhere), "NotAllowedError");
});

test("who was asked about one address has not been asked about the others", async () => {
  const loopback = { localAddress: "127.0.0.1", localPort: 40_000 };
  assert.equal(await answered(await page(), loopback, { remember: true }), "listening");
  assert.equal(await quietly(await page(), loopback), "listening");
  assert.equal(await quietly(await page(), everywhere), "NotAllowedError");
  assert.equal(await answered(await page(), everywhere, { place: 0, remember: true }), "listening");
  assert.equal(await quietly(await page(), everywhere), "listening", "the same place, of all");
});

test("a grant to exchange datagrams is none to listen", async () => {
  const here = { localAddress: "0.0.0.0", localPort: 40_000 };
  const document = await page();
  assert.equal(await answered(document, { bind: here }, { place: 1, peers: "network", remember: true }), "bound");
  for (const who of [document, await page()]) assert.equal(await quietly(who, here), "NotAllowedError");
});

test("everybody is remembered only where the user picked that", async () => {
  assert.equal(await answered(await page(), everywhere, { place: 2, remember: true }), "listening");
  host.network = "cafe";
  assert.equal(await quietly(await page(), everywhere), "listening");
  assert.deepEqual(opened(), ["0.0.0.0:40000 anybody", "0.0.0.0:40000 anybody"]);
});

test("of several places that are remembered the last counts", async () => {
  assert.equal(await answered(await page(), everywhere, { place: 2, remember: true }), "listening");
  host.localVerdict = { prompt: "always" };
  assert.equal(await answered(await page(), everywhere, { place: 0, remember: true }), "listening");
  host.localVerdict = {};
  assert.equal(await quietly(await page(), everywhere), "listening");
  assert.equal(opened().at(-1), "127.0.0.1:40000 computer");
});

test("without remembering, and in private windows, nothing is written and nothing remembered counts", async () => {
  assert.equal(await answered(await page(), everywhere, { place: 1, remember: true }), "listening");
  const before = JSON.stringify([...browser.storage.local.stored]);
  const hidden = await world.page("https://a.test/", { incognito: true });
  const id = await hidden.listen(everywhere);
  const prompt = await world.prompt();
  assert.deepEqual([prompt.local.private, prompt.local.remember], [true, false]);
  await prompt.allowLocal({ remember: true });
  assert.equal(hidden.outcome(id), "listening");
  assert.equal(host.askedFor("tcp.listen").at(-1)?.["private"], true);
  assert.equal(await answered(await page("https://b.test/"), everywhere), "listening");
  assert.equal(JSON.stringify([...browser.storage.local.stored]), before);
});

test("a network that cannot be told from others is not remembered", async () => {
  host.network = "unknown";
  const document = await page();
  assert.equal(await answered(document, everywhere, { place: 1, remember: true }), "listening");
  assert.deepEqual(await grants.listGrants(), []);
  const popup = await world.popup(document.tabId);
  const [refusal] = popup.view.refusals;
  assert.deepEqual([refusal?.stage, refusal?.kind, refusal?.reason], ["remember", "listen", "network-unknown"]);
  popup.close();
});

test("a consent is for the network of the answer, and for an address that is still there", async () => {
  const document = await page();
  const id = await document.listen(everywhere);
  host.network = "cafe";
  await (await world.prompt()).allowLocal({ place: 1, remember: true });
  assert.equal(document.outcome(id), "listening");
  assert.deepEqual(
    (await grants.listGrants()).map((grant) => grant.network),
    ["cafe"],
  );
  const other = await page("https://b.test/");
  const gone = await other.listen(everywhere);
  host.localVerdict = { places: [{ address: "127.0.0.1", reach: "computer" }] };
  await (await world.prompt()).allowLocal({ place: 1, remember: true });
  await clock.advance(1_000);
  assert.equal(other.outcome(gone), "NotAllowedError");
  assert.equal((await grants.listGrants()).length, 1);
});

test("the rules refuse whatever the user would say, and the toolbar knows why", async () => {
  const cases: [Partial<PolicyJudgeLocalResult>, string][] = [
    [{ allowed: false, reason: "port" }, "port"],
    [{ allowed: false, reason: "address" }, "address"],
    [{ allowed: false, reason: "policy", by: "servers" }, "policy"],
    [{ places: [] }, "address"],
    [{ prompt: "forbid" }, "policy"],
    [{ installedOnly: true }, "installed-only"],
    [{ cspRule: "require-eval-blocked" }, "csp"],
  ];
  for (const [verdict, reason] of cases) {
    host.localVerdict = verdict;
    const document = await page("https://c.test/");
    const id = await document.listen(everywhere, { evalBlocked: false });
    assert.equal(document.outcome(id), "", reason);
    await clock.advance(1_000);
    assert.equal(document.outcome(id), "NotAllowedError", reason);
    const popup = await world.popup(document.tabId);
    const [refusal] = popup.view.refusals;
    assert.deepEqual(
      [refusal?.kind, refusal?.host, refusal?.port, refusal?.reason],
      ["listen", "0.0.0.0", 40_000, reason],
    );
    popup.close();
  }
  assert.deepEqual(await world.prompts(), []);
  const audited = host.askedFor("audit.refused");
  assert.equal(audited.length, cases.length);
  const { protocol, local, host: address, port } = audited[0] ?? {};
  assert.deepEqual([protocol, local, address, port], ["tcp", true, "0.0.0.0", 40_000]);
});

test("an administrator can have each listener asked for; one who has questions skipped has not said so of listeners", async () => {
  host.localVerdict = { prompt: "always" };
  const document = await page();
  assert.equal(await answered(document, onLoopback, { remember: true }), "listening");
  assert.equal(await quietly(document, onLoopback), "NotAllowedError");
  await document.listen(onLoopback);
  await document.listen(onLoopback);
  await (await world.prompt()).allowLocal();
  assert.equal(opened().length, 2, "one answer was taken for two");
  await (await world.prompt()).deny();
  host.localVerdict = { prompt: "skip" };
  assert.equal(await quietly(await page("https://b.test/"), onLoopback), "NotAllowedError");
});

test("a bound socket: whom it may send to is the user's to pick, no wider than the rules allow", async () => {
  host.localVerdict = { peers: "network" };
  const document = await page();
  const id = await document.bind(bound);
  const prompt = await world.prompt();
  assert.deepEqual([prompt.local.kind, prompt.local.peers, prompt.local.port], ["bind", "network", 5_000]);
  await prompt.allowLocal({ place: 1 });
  await prompt.allowLocal({ place: 1, peers: "internet" });
  await prompt.allowLocal({ place: 1, peers: "constructor" as never });
  assert.equal(document.outcome(id), "");
  await prompt.allowLocal({ place: 1, peers: "network" });
  assert.equal(document.outcome(id), "bound");
  const [asked] = host.askedFor("udp.bind");
  assert.deepEqual(
    [asked?.["localAddress"], asked?.["peers"], asked?.["hosts"]],
    ["192.168.1.5", "network", undefined],
  );
});

test("hosts that the user names are read, judged, and asked for as they are called", async () => {
  const document = await page();
  const id = await document.bind(bound);
  const prompt = await world.prompt();
  const name = (...hosts: string[]): Promise<void> => prompt.allowLocal({ place: 2, peers: "named", hosts });
  const said = (): unknown[] => [prompt.last("complaint")?.named, prompt.last("complaint")?.complaint];
  await name();
  assert.deepEqual(said(), [{ address: "" }, "invalid"]);
  await name("good.example", "no host");
  assert.deepEqual(said(), [{ address: "no host" }, "invalid"]);
  for (const misfit of ["x:0", "x:65536", "x:y", "[::1", "x:1:2"]) {
    await name(misfit);
    assert.deepEqual(said(), [{ address: misfit }, "invalid"]);
  }
  await name(...Array.from({ length: 17 }, (_, n) => `h${n.toString()}.example`));
  assert.deepEqual(said(), [{ address: "h16.example" }, "invalid"]);
  for (const [verdict, complaint] of [
    [{ allowed: false, reason: "policy" }, "policy"],
    [{ allowed: false, reason: "address" }, "never"],
    [{ risk: true }, "policy"],
  ] as const) {
    host.verdict = verdict;
    await name("watched.example:5060");
    assert.deepEqual(said(), [{ address: "watched.example:5060" }, complaint]);
  }
  host.verdict = {};
  assert.equal(document.outcome(id), "");
  host.asked.length = 0;
  await name(" Good.Example ", "192.168.1.9:53", "[2001:db8::1]:9", "2001:DB8::2", "good.example");
  assert.equal(document.outcome(id), "bound");
  assert.deepEqual(host.askedFor("udp.bind")[0]?.["hosts"], [
    { host: "good.example" },
    { host: "192.168.1.9", port: 53 },
    { host: "2001:db8::1", port: 9 },
    { host: "2001:db8::2" },
  ]);
  const judged = host.askedFor("policy.judge");
  assert.deepEqual(
    [judged[1]?.["host"], judged[1]?.["port"], judged[1]?.["protocol"], judged[1]?.["userEntered"]],
    ["192.168.1.9", 53, "udp", true],
  );
});

test("a remembered bound socket keeps whom it may send to, in the networks of then", async () => {
  const inNetwork = (named: string): Partial<PolicyJudgeResult> => ({ host: named, network: host.network });
  host.serve["policy.judge"] = async (params) => ({
    ...(await usual["policy.judge"](params)),
    ...(params.host === "192.168.1.9" ? inNetwork(params.host) : {}),
  });
  const hosts = ["192.168.1.9:53", "good.example"];
  const ask = { bind: bound };
  assert.equal(await answered(await page(), ask, { place: 2, peers: "named", hosts, remember: true }), "bound");
  const [grant] = await grants.listGrants();
  assert.deepEqual(grant?.local, {
    reach: "anybody",
    multicast: false,
    everywhere: true,
    peers: "named",
    hosts: [{ host: "192.168.1.9", port: 53, network: "home" }, { host: "good.example" }],
  });
  assert.equal(await quietly(await page(), ask), "bound");
  const [first, second] = host.askedFor("udp.bind").map((params) => params["hosts"]);
  assert.deepEqual(second, first);
  assert.deepEqual(second, [{ host: "192.168.1.9", port: 53 }, { host: "good.example" }]);
  host.verdict = { allowed: false, reason: "policy" };
  assert.equal(await quietly(await page(), ask), "NotAllowedError", "a host that may not be reached any more");
  host.verdict = {};
  host.network = "cafe";
  assert.equal(await quietly(await page(), ask), "NotAllowedError", "another network");
});

test("what may send to any device nearby holds in these networks only, wherever it may be reached from", async () => {
  const ask = { bind: bound };
  assert.equal(await answered(await page(), ask, { place: 2, peers: "network", remember: true }), "bound");
  assert.equal(await quietly(await page(), ask), "bound");
  host.localVerdict = { peers: "named" };
  assert.equal(await quietly(await page(), ask), "NotAllowedError", "an administrator allows less now");
  host.localVerdict = {};
  host.network = "cafe";
  assert.equal(await quietly(await page(), ask), "NotAllowedError");
  host.network = "unknown";
  assert.equal(
    await answered(await page("https://b.test/"), ask, { place: 2, peers: "network", remember: true }),
    "bound",
  );
  assert.equal((await grants.listGrants()).length, 1);
});

test("groups take a header of the page, and a yes that told of them", async () => {
  const ask = { bind: bound };
  const plain = await page();
  const refused = await plain.bind({ ...bound, multicastTimeToLive: 4 });
  assert.equal(plain.outcome(refused), "NotAllowedError", "at once: a page knows its own header");
  assert.equal(await answered(plain, ask, { place: 1, peers: "network", remember: true }), "bound");
  assert.equal(plain.heard.findLast((message) => message.type === "bound")?.multicast, false);
  assert.equal(host.askedFor("udp.bind")[0]?.["multicast"], undefined);
  assert.equal(await quietly(await page("https://a.test/", true), ask), "NotAllowedError", "nobody was told of groups");
  const able = await page("https://a.test/", true);
  const id = await able.bind({ ...bound, multicastTimeToLive: 4 });
  const prompt = await world.prompt();
  assert.equal(prompt.local.multicast, true);
  await prompt.allowLocal({ place: 1, peers: "network", remember: true });
  assert.equal(able.heardOf(id, "bound")[0]?.multicast, true);
  assert.deepEqual(
    [host.askedFor("udp.bind").at(-1)?.["multicast"], host.askedFor("udp.bind").at(-1)?.["multicastTimeToLive"]],
    [true, 4],
  );
  assert.equal(await quietly(await page("https://a.test/", true), ask), "bound");
  assert.equal(await quietly(await page(), ask), "bound", "which may do less");
  host.localVerdict = { multicast: false };
  const without = await page("https://b.test/", true);
  const last = await without.bind(bound);
  assert.equal((await world.prompt()).local.multicast, false);
  await (await world.prompt()).allowLocal({ place: 1, peers: "network" });
  assert.equal(without.heardOf(last, "bound")[0]?.multicast, false);
});

test("an announcement is told in the question, and goes with its own yes only", async () => {
  const announce = { type: "_http._tcp", name: "Attic", txt: ["path=/"] };
  const document = await page();
  const id = await document.listen({ ...everywhere, announce });
  const prompt = await world.prompt();
  assert.deepEqual(prompt.local.announce, { name: "Attic", type: "_http._tcp" });
  assert.equal(host.askedFor("policy.judgeLocal")[0]?.["announce"], true);
  await prompt.allowLocal({ place: 1, remember: true });
  assert.equal(document.outcome(id), "listening");
  assert.deepEqual(host.askedFor("tcp.listen")[0]?.["announce"], announce);
  assert.equal(await quietly(await page(), { ...everywhere, announce }), "listening");
  assert.equal(await quietly(await page(), everywhere), "listening");
  const renamed = { ...announce, name: "Bank" };
  assert.equal(await quietly(await page(), { ...everywhere, announce: renamed }), "NotAllowedError");
  for (const misfit of [
    { ...announce, type: "_http._udp" },
    { ...announce, name: "ä".repeat(32) },
    ...["a\nb", "a\u202eb", "a\u200bb", " a", "a ", "a  b"].map((name) => ({ ...announce, name })),
  ]) {
    const other = await document.listen({ ...everywhere, announce: misfit });
    assert.equal(document.outcome(other), "TypeError");
  }
});

test("what is private is denied by a header: no listeners, and nothing that is not public", async () => {
  const headers = [{ name: "permissions-policy", value: "direct-sockets-private=()" }];
  const document = await world.page("https://d.test/", { headers });
  assert.equal(document.outcome(await document.listen(onLoopback)), "NotAllowedError");
  assert.equal(document.outcome(await document.bind(bound)), "NotAllowedError");
  assert.deepEqual(host.askedFor("policy.judgeLocal"), []);
  assert.deepEqual(await world.prompts(), []);
});

test("a question that waited is settled by what was remembered meanwhile, unless that is taken back", async () => {
  const getCookie = browser.cookies.get.bind(browser.cookies);
  for (const back of [false, true]) {
    const [first, second, third] = [await page(), await page(), await page()];
    await first.listen(everywhere);
    await second.listen(everywhere);
    const id = await third.listen(everywhere);
    await (await world.prompt()).allowLocal({ place: 1, remember: true });
    // As soon as the marker has been found of the grant that is to settle the third.
    if (back)
      browser.cookies.get = async (details) => {
        const cookie = await getCookie(details);
        await grants.removeGrants(() => true);
        return cookie;
      };
    await (await world.prompt()).say({ type: "deny" }); // the second is on the screen by now
    browser.cookies.get = getCookie;
    await settled();
    assert.equal(third.outcome(id), back ? "" : "listening");
    assert.equal((await world.prompts()).length, back ? 1 : 0);
    for (const open of await world.prompts()) await open.say({ type: "deny" });
    await grants.removeGrants(() => true);
  }
});

test("what a document was allowed, and is taken back while it is used, opens nothing", async () => {
  const document = await page();
  assert.equal(await answered(document, onLoopback), "listening");
  host.serve["policy.judgeLocal"] = async (params) => {
    await grants.takeBackFromDocuments(new Set(["https://a.test"]));
    return await usual["policy.judgeLocal"](params);
  };
  assert.equal(await quietly(document, onLoopback), "NotAllowedError");
  assert.equal(opened().length, 1);
});

test("a grant whose marker is gone counts no more", async () => {
  assert.equal(await answered(await page(), onLoopback, { remember: true }), "listening");
  browser.cookies.jar.clear(); // without a word, as while the browser was closed
  assert.equal(await quietly(await page(), onLoopback), "NotAllowedError");
  assert.deepEqual(await grants.listGrants(), []);
});

test("what was kept is read as it was written, and what is no grant of its kind is none", async () => {
  const old = { origin: "https://a.test", protocol: "tcp", host: "mail.example", port: 993, created: 1 };
  const local: object = { reach: "computer", multicast: false };
  const kept = (grant: object): void => {
    browser.storage.local.stored.set("grants", [grant]);
  };
  for (const [grant, count] of [
    [old, 1],
    [{ ...old, kind: "listen", local }, 1],
    [{ ...old, kind: "listen" }, 0],
    [{ ...old, kind: "connect", local }, 0],
    [{ ...old, local }, 0],
    [{ ...old, kind: "bind", local: { ...local, reach: "all" } }, 0],
    [{ ...old, kind: "bind", local: { ...local, hosts: [{ port: 1 }] } }, 0],
    [{ ...old, kind: "bind", local: { ...local, peers: "all" } }, 0],
    [{ ...old, kind: "listen", local: { ...local, announce: { name: 1 } } }, 0],
  ] as const) {
    kept(grant);
    assert.equal((await grants.listGrants()).length, count, JSON.stringify(grant));
  }
  // Nor is a grant to listen one that the user has named a destination by.
  kept({ ...old, kind: "listen", local, entered: true });
  assert.deepEqual(
    await grants.findNamed({ origin: "https://a.test" }, "tcp", 993, () => ({
      encryption: "on",
      authentication: "name",
    })),
    [],
  );
});

test("places are compared with all that they are", async () => {
  const { placeOf, networkOf } = await import("./local_consent.ts");
  const places: LocalPlace[] = [
    { address: "10.0.0.1", reach: "network", network: "b" },
    { address: "192.168.1.5", reach: "network", network: "a" },
    { address: "0.0.0.0", reach: "anybody" },
  ];
  const [, link, wildcard] = places;
  assert.ok(link !== undefined && wildcard !== undefined, "they are there");
  assert.equal(networkOf(wildcard, "network", places), "a b");
  assert.equal(networkOf(wildcard, "internet", places), undefined);
  assert.equal(networkOf(link, "internet", places), "a");
  const local = { reach: "network", multicast: false } as const;
  assert.equal(placeOf({ host: "192.168.1.5", network: "a", local }, places), link);
  assert.equal(placeOf({ host: "192.168.1.5", network: "b", local }, places), undefined);
  assert.equal(placeOf({ host: "192.168.1.5", network: "a" }, places), undefined);
});
