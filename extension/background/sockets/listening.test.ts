// Sockets that others can send to, from the question to the end: the whole background, with a browser, a host and a user that are made up.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Background } from "../../fake/background.ts";
import type { FakeDocument } from "../../fake/background.ts";
import { settled } from "../../fake/clock.ts";
import { HostFault, hold } from "../../fake/host.ts";
import { extensionURL } from "../../fake/identity.ts";
import { openBounds } from "../../shared/budget.ts";
import { datagramWindowBytes, stdioWindowBytes } from "../../../protocol/message.ts";
import type { BindOptions, ListenOptions } from "../../../protocol/page.ts";
import type { PopupView } from "../toolbar/popup.ts";

mock.method(console, "error", () => undefined);
mock.method(console, "info", () => undefined);
const world = await Background.start();
const { browser, clock, host } = world;
const grants = await import("../consent/grants.ts");
const { setPaused } = await import("./paused.ts");
const serve = { ...host.serve };
const local: ListenOptions = { localAddress: "192.168.1.5", localPort: 40_000 };
const bound: BindOptions = { localAddress: "192.168.1.5" };
const optIn = [{ name: "permissions-policy", value: "direct-sockets-multicast=(self)" }];

beforeEach(async () => {
  for (const { id = 0 } of browser.tabs.tabs) browser.tabs.closeTab(id);
  browser.storage.local.stored.clear();
  Object.assign(host.serve, serve);
  await clock.advance(600_000); // the host that nobody needs is let go, and denials are forgotten
  host.asked.length = 0;
});

/** The page listens, with the user's yes. */
async function listening(document: FakeDocument, { remember = false, states = false } = {}): Promise<number> {
  const id = await document.listen(local, { states });
  await (await world.prompt()).allowLocal({ remember });
  assert.equal(document.outcome(id), "listening");
  return id;
}

/** The page binds a UDP socket, with the user's yes. */
async function binding(document: FakeDocument, options = bound, { remember = false } = {}): Promise<number> {
  const id = await document.bind(options);
  await (await world.prompt()).allowLocal({ peers: "network", remember });
  assert.equal(document.outcome(id), "bound");
  return id;
}

/** Somebody connects to the page's listener, which waits for it. Resolves with the connection's id. */
async function accepted(document: FakeDocument, listener: number, remotePort?: number): Promise<number> {
  const id = await document.accept(listener);
  assert.equal(document.outcome(id), "");
  assert.ok(host.connect(remotePort), "nobody waits");
  await settled();
  assert.equal(document.outcome(id), "opened");
  return id;
}

const page = (url = "https://a.test/"): Promise<FakeDocument> => world.page(url);
const socketsOf = async (tabId: number): Promise<PopupView["sockets"]> => {
  const popup = await world.popup(tabId);
  const { sockets } = popup.view;
  popup.close();
  return sockets;
};
/** The number that the host knows a socket by that it was asked for last. */
const lastAsked = (method: string): number => Number(host.askedFor(method).at(-1)?.["socketId"]);

test("a listener is told where it is, and each connection is taken when the page waits for it", async () => {
  const document = await page();
  const listener = await listening(document, { states: true });
  const listenerId = lastAsked("tcp.listen");
  assert.deepEqual(document.heardOf(listener, "listening"), [{ type: "listening", id: listener, ...local }]);
  assert.deepEqual(
    document.heardOf(listener, "state").map(({ state }) => state),
    ["asking", "connecting"],
  );
  assert.equal(host.connect(), false, "a connection was taken that nobody waits for");
  const first = await accepted(document, listener, 1);
  const second = await accepted(document, listener, 2);
  const accepts = host.askedFor("tcp.accept");
  assert.equal(accepts.length, 2);
  assert.deepEqual(
    accepts.map((params) => [params["listenerId"], params["window"]]),
    [
      [listenerId, stdioWindowBytes],
      [listenerId, stdioWindowBytes],
    ],
  );
  const [told] = document.heardOf(second, "opened");
  assert.deepEqual(told, {
    type: "opened",
    id: second,
    remoteAddress: "192.168.1.9",
    remotePort: 2,
    localAddress: "192.168.1.5",
    localPort: 40_000,
    window: 1 << 20,
  });
  // They are sockets like others.
  const socketId = lastAsked("tcp.accept");
  host.say("socket.data", { socketId, data: "AAAA" });
  document.say({ type: "write", id: second, data: "AAAA" });
  document.say({ type: "credit", id: second, bytes: 3 });
  document.say({ type: "shutdown", id: second });
  await settled();
  assert.deepEqual([document.heardOf(second, "data").length, document.heardOf(second, "shut").length], [1, 1]);
  document.say({ type: "close", id: second });
  await settled();
  assert.deepEqual([document.ending(second), document.ending(first), document.ending(listener)], ["closed", "", ""]);
});

test("a certificate of its own, and TLS of those who connect, are told", async () => {
  const certificate = "A".repeat(43) + "=";
  host.serve["tcp.listen"] = async (params) => ({ ...(await serve["tcp.listen"](params)), certificate });
  const document = await page();
  const id = await document.listen({ ...local, secureTransport: "on" });
  const prompt = await world.prompt();
  assert.equal(prompt.local.secure, true);
  await prompt.allowLocal();
  assert.equal(document.heardOf(id, "listening")[0]?.certificate, certificate);
  const tls = { version: "1.3", cipherSuite: "TLS_AES_128_GCM_SHA256", peerCertificates: [] } as const;
  const far = { remoteAddress: "192.168.1.9", remotePort: 1, localAddress: "192.168.1.5", localPort: 40_000 };
  host.serve["tcp.accept"] = () => ({ ...far, window: 1, tls: { ...tls, peerCertificates: [] } });
  const one = await document.accept(id);
  assert.deepEqual(document.heardOf(one, "opened")[0]?.tls, tls);
  const sockets = await socketsOf(document.tabId);
  assert.deepEqual(
    sockets.map(({ encryption }) => encryption),
    ["on", "on"],
  );
});

test("one connection is waited for at a time, of a listener of one's own, under a new name", async () => {
  const [document, other] = [await page(), await page("https://b.test/")];
  const listener = await listening(document);
  const waiting = await document.accept(listener);
  const second = await document.accept(listener);
  assert.deepEqual([document.outcome(waiting), document.outcome(second)], ["", "AbortError"]);
  assert.equal(host.askedFor("tcp.accept").length, 1);
  document.say({ type: "accept", id: listener, listener });
  document.say({ type: "accept", id: waiting, listener });
  await settled();
  assert.equal(host.askedFor("tcp.accept").length, 1);
  const socket = await binding(document);
  for (const [who, name] of [
    [document, 999],
    [document, socket],
    [document, waiting],
    [other, listener],
  ] as const)
    assert.equal(who.outcome(await who.accept(name)), "AbortError", name.toString());
  assert.equal(host.askedFor("tcp.accept").length, 1);
  host.connect();
  await settled();
  assert.equal(document.outcome(waiting), "opened");
  await accepted(document, listener);
});

test("a document that asks for connections of nobody's listener, without end, is cut off", async () => {
  const document = await page();
  for (let n = 0; n < 25_000; n++) document.say({ type: "accept", id: n + 1, listener: 7 });
  await settled();
  assert.equal(document.port.isOpen, false);
});

test("connections do not count as opens", async () => {
  const document = await page();
  const listener = await listening(document);
  for (let n = 0; n < openBounds.document.burst + 100; n++) {
    const id = await accepted(document, listener, 1 + n);
    document.say({ type: "close", id });
  }
  await settled();
  assert.equal(document.heard.filter(({ type }) => type === "full").length, 0);
});

test("listeners and bound sockets count as opens", async () => {
  for (const ask of ["listen", "bind"] as const) {
    const document = await page(`https://${ask}.test/`);
    const claims = { secure: true, evidence: { policies: [], evalBlocked: true, controlled: false } };
    const { atOnce } = openBounds.document;
    for (let id = 1; id <= atOnce + 10; id++) document.say({ type: ask, id, options: local, ...claims });
    await settled();
    assert.equal(document.heard.filter(({ type }) => type === "full").length, 10);
    document.port.disconnect();
    await settled();
  }
});

test("a listener that closes gives up what it waits for, and keeps what was taken", async () => {
  const document = await page();
  const listener = await listening(document);
  const taken = await accepted(document, listener);
  const waiting = await document.accept(listener);
  document.say({ type: "close", id: listener });
  await settled();
  assert.deepEqual(
    [document.ending(listener), document.outcome(waiting), document.ending(taken)],
    ["closed", "AbortError", ""],
  );
  const late = await document.accept(listener);
  assert.equal(document.outcome(late), "AbortError");
  document.say({ type: "write", id: taken, data: "AAAA" });
  await settled();
  assert.equal(document.ending(taken), "");
});

test("a page that waits for no connection any more gives it up, and may wait for another", async () => {
  const document = await page();
  const listener = await listening(document);
  const waiting = await document.accept(listener);
  document.say({ type: "close", id: waiting });
  await settled();
  assert.equal(document.outcome(waiting), "AbortError");
  assert.equal(host.askedFor("socket.close").at(-1)?.["socketId"], lastAsked("tcp.accept"));
  await accepted(document, listener);
});

test("somebody who connects in the moment in which they are given up is let go", async () => {
  const document = await page();
  const listener = await listening(document);
  const held = hold();
  host.serve["tcp.accept"] = async () => {
    await held.promise;
    return { remoteAddress: "192.168.1.9", remotePort: 1, localAddress: "192.168.1.5", localPort: 40_000, window: 1 };
  };
  const waiting = await document.accept(listener);
  document.say({ type: "close", id: waiting });
  await settled();
  held.release();
  await settled();
  assert.equal(document.outcome(waiting), "AbortError");
  const closes = host.askedFor("socket.close").filter((params) => params["socketId"] === lastAsked("tcp.accept"));
  assert.equal(closes.length, 2, "the host has it open");
});

test("what was allowed is taken back: the listener goes, what it waits for, and what it has taken", async () => {
  const [document, hidden] = [await page(), await world.page("https://a.test/", { incognito: true })];
  const listener = await listening(document, { remember: true });
  const taken = await accepted(document, listener);
  const waiting = await document.accept(listener);
  const socket = await binding(document, bound, { remember: true });
  const ofPrivate = await listening(hidden);
  await grants.removeGrants(({ kind }) => kind === "bind");
  await settled();
  assert.deepEqual([document.ending(socket), document.ending(listener)], ["NetworkError", ""]);
  await grants.removeGrants(() => true);
  await settled();
  assert.deepEqual(
    [document.ending(listener), document.ending(taken), document.outcome(waiting), hidden.ending(ofPrivate)],
    ["NetworkError", "NetworkError", "AbortError", ""],
  );
  const again = await document.listen(local, { click: false });
  await clock.advance(1_000);
  assert.equal(document.outcome(again), "NotAllowedError");
});

test("a connection to the same address and port stays when a listener's grant goes", async () => {
  const document = await page();
  await listening(document, { remember: true });
  const there = { remoteAddress: "192.168.1.5", remotePort: 40_000 };
  const id = await document.open(there);
  await (await world.prompt()).allow();
  assert.equal(document.outcome(id), "opened");
  await grants.removeGrants(() => true);
  await settled();
  assert.equal(document.ending(id), "");
});

test("a paused site: what it has ends, and it gets no more", async () => {
  const document = await page();
  const listener = await listening(document);
  const taken = await accepted(document, listener);
  const socket = await binding(document);
  const asking = await document.listen({ localAddress: "127.0.0.1" });
  await setPaused("https://a.test", { private: false }, true);
  await settled();
  await clock.advance(1_000);
  assert.deepEqual(
    [listener, taken, socket].map((id) => document.ending(id)),
    Array(3).fill("NetworkError"),
  );
  assert.equal(document.outcome(asking), "NotAllowedError");
  const more = await document.bind(bound);
  assert.equal(document.outcome(more), "", "which a page could not foresee");
  await clock.advance(1_000);
  assert.equal(document.outcome(more), "NotAllowedError");
  await setPaused("https://a.test", { private: false }, false);
});

test("the user sees them all in the toolbar, and closes one without the others", async () => {
  const document = await page();
  const listener = await listening(document);
  const taken = await accepted(document, listener, 61_000);
  const socket = await binding(document);
  const sockets = await socketsOf(document.tabId);
  assert.deepEqual(
    sockets.map(({ protocol, host: shown, port }) => `${protocol} ${shown} ${port.toString()}`),
    ["tcp 192.168.1.5 40000", "tcp 192.168.1.9 61000", "udp 192.168.1.5 50001"],
  );
  const popup = await world.popup(document.tabId);
  await popup.say({ type: "close", key: sockets[0]?.key ?? 0 });
  assert.deepEqual(
    [listener, taken, socket].map((id) => document.ending(id)),
    ["NetworkError", "", ""],
  );
  const again = await document.listen(local, { click: false });
  await clock.advance(1_000);
  assert.equal(document.outcome(again), "NotAllowedError", "it comes back by itself");
  await popup.say({ type: "close", key: sockets[1]?.key ?? 0 });
  await popup.say({ type: "close", key: sockets[2]?.key ?? 0 });
  assert.deepEqual([document.ending(taken), document.ending(socket)], ["NetworkError", "NetworkError"]);
  popup.close();
});

test("a remembered listener that the user has closed comes back with a click, and not by itself", async () => {
  const document = await page();
  await listening(document, { remember: true });
  const [shown] = await socketsOf(document.tabId);
  const popup = await world.popup(document.tabId);
  await popup.say({ type: "close", key: shown?.key ?? 0 });
  popup.close();
  const quiet = await document.listen(local, { click: false });
  await clock.advance(1_000);
  assert.equal(document.outcome(quiet), "NotAllowedError");
  const clicked = await document.listen(local);
  assert.equal(document.outcome(clicked), "listening");
  const other = await page();
  assert.equal(other.outcome(await other.listen(local, { click: false })), "listening");
});

test("a document that leaves takes all with it: what is open, what is waited for, and what is asked", async () => {
  const document = await page();
  const listener = await listening(document);
  await accepted(document, listener);
  await document.accept(listener);
  await binding(document);
  await document.listen({ localAddress: "127.0.0.1" });
  assert.equal((await world.prompts()).length, 1);
  document.port.disconnect();
  await settled();
  const closed = new Set(host.askedFor("socket.close").map((params) => params["socketId"]));
  assert.equal(closed.size, 4);
  assert.equal((await world.prompts()).length, 0);
  assert.deepEqual(await socketsOf(document.tabId), []);
});

test("a host that goes takes all with it, and what is asked then starts another", async () => {
  const document = await page();
  const listener = await listening(document, { remember: true });
  const taken = await accepted(document, listener);
  const waiting = await document.accept(listener);
  const socket = await binding(document);
  host.die();
  await settled();
  assert.deepEqual(
    [...[listener, taken, socket].map((id) => document.ending(id)), document.outcome(waiting)],
    Array(4).fill("NetworkError"),
  );
  assert.equal(document.heardOf(listener, "closed")[0]?.error?.reason, "host");
  const again = await document.listen(local, { click: false });
  assert.equal(document.outcome(again), "listening");
});

test("a host of an earlier version is not asked: who has clicked sees what to do", async () => {
  host.serve.hello = async (params) => ({ ...(await serve.hello(params)), protocolVersion: 3, capabilities: ["tcp"] });
  const setup = (): number =>
    browser.tabs.tabs.filter(({ url = "" }) => url.startsWith(extensionURL("ui/setup.html?problem=version"))).length;
  const document = await page();
  const quiet = await document.listen(local, { click: false });
  await clock.advance(1_000);
  assert.equal(document.outcome(quiet), "NotAllowedError");
  assert.deepEqual([setup(), host.askedFor("policy.judgeLocal")], [0, []]);
  assert.deepEqual(host.askedFor("audit.refused"), [], "it does not know what that is about");
  for (const id of [await document.listen(local), await document.bind(bound)])
    assert.equal(document.outcome(id), "NetworkError");
  assert.deepEqual([setup(), host.askedFor("policy.judgeLocal")], [1, []]);
});

test("what the host refuses is refused, with no more of the reason than the page may know", async () => {
  host.serve["tcp.listen"] = () => {
    throw new HostFault({ name: "NetworkError", reason: "network", detail: "the port is in use" });
  };
  host.serve["udp.bind"] = () => {
    throw new HostFault({ name: "QuotaExceededError", reason: "limit" });
  };
  const document = await page();
  const first = await document.listen(local);
  await (await world.prompt()).allowLocal();
  const second = await document.bind(bound);
  await (await world.prompt()).allowLocal({ peers: "internet" });
  assert.deepEqual([document.outcome(first), document.outcome(second)], ["NetworkError", "QuotaExceededError"]);
  host.serve["tcp.listen"] = serve["tcp.listen"];
  const listener = await document.listen(local, { click: false });
  assert.equal(document.outcome(listener), "listening", "the yes was the document's all the same");
  host.serve["tcp.accept"] = () => {
    throw new HostFault({ name: "QuotaExceededError", reason: "limit" });
  };
  assert.equal(document.outcome(await document.accept(listener)), "QuotaExceededError");
  const popup = await world.popup(document.tabId);
  assert.deepEqual(
    popup.view.refusals.map(({ kind, reason, host: shown, port }) => [kind, reason, shown, port]),
    [
      ["listen", "limit", "192.168.1.5", 40_000],
      ["bind", "limit", "192.168.1.5", 0],
      ["listen", "network", "192.168.1.5", 40_000],
    ],
  );
  popup.close();
});

test("a bound socket: datagrams go both ways within the credit, and what is for streams is of no use", async () => {
  const document = await page();
  const id = await binding(document, { ...bound, sendBufferSize: 4_096 });
  const [asked] = host.askedFor("udp.bind");
  assert.deepEqual([asked?.["window"], asked?.["sendBufferSize"]], [datagramWindowBytes, 4_096]);
  const [told] = document.heardOf(id, "bound");
  assert.deepEqual(told, {
    type: "bound",
    id,
    localAddress: "192.168.1.5",
    localPort: 50_001,
    window: 1 << 20,
    multicast: false,
  });
  host.say("socket.data", { socketId: lastAsked("udp.bind"), data: "AAAA" });
  document.say({ type: "write", id, data: "AAAA", ack: 1 });
  document.say({ type: "credit", id, bytes: 3 });
  document.say({ type: "shutdown", id });
  document.say({ type: "setOption", id, option: "noDelay", value: 1 });
  await settled();
  assert.deepEqual([document.heardOf(id, "data").length, document.heardOf(id, "wrote")[0]?.ack], [1, 1]);
  assert.deepEqual([host.askedFor("socket.shutdown"), host.askedFor("socket.setOption")], [[], []]);
  host.serve["udp.bind"] = ({ localAddress }) => ({ localAddress, localPort: 50_002, window: 66 });
  const small = await document.bind({ ...bound, sendBufferSize: 4_096 }, { click: false });
  assert.equal(document.outcome(small), "bound");
  document.say({ type: "write", id: small, data: "AAAA", ack: 1 });
  await settled();
  assert.equal(document.ending(small), "NetworkError", "more than the host has room for");
});

test("groups: joined and left by the host, a bounded number at a time, and only where the page may", async () => {
  const document = await world.page("https://a.test/", { headers: optIn });
  const id = await binding(document);
  const group = "233.252.0.1";
  const membership = (ack: number, change: "join" | "leave", source?: string): void => {
    const from = source === undefined ? {} : { source };
    document.say({ type: "membership", id, ack, change, group, ...from });
  };
  membership(1, "join", "192.0.2.1");
  membership(2, "leave");
  await settled();
  assert.deepEqual(
    document.heardOf(id, "member").map(({ ack, error }) => [ack, error?.name]),
    [
      [1, undefined],
      [2, undefined],
    ],
  );
  const socketId = lastAsked("udp.bind");
  assert.deepEqual(host.askedFor("multicast.join"), [{ socketId, group, source: "192.0.2.1" }]);
  assert.deepEqual(host.askedFor("multicast.leave"), [{ socketId, group }]);
  host.serve["multicast.join"] = () => {
    throw new HostFault({ name: "InvalidStateError", reason: "policy" });
  };
  membership(3, "join");
  await settled();
  assert.equal(document.heardOf(id, "member").at(-1)?.error?.name, "InvalidStateError");
  const held = hold();
  host.serve["multicast.join"] = async (params) => {
    await held.promise;
    return { socketId: params.socketId };
  };
  for (let ack = 10; ack < 80; ack++) membership(ack, "join");
  membership(10, "join");
  await settled();
  assert.equal(host.askedFor("multicast.join").length, 2 + 64);
  held.release();
  await settled();
  const answers = document.heardOf(id, "member").filter(({ ack }) => ack >= 10);
  assert.equal(answers.filter(({ error }) => error === undefined).length, 64);
  assert.equal(answers.filter(({ error }) => error?.name === "NetworkError").length, 6);

  const plain = await page("https://b.test/");
  const other = await binding(plain);
  host.asked.length = 0;
  plain.say({ type: "membership", id: other, ack: 1, change: "join", group });
  await settled();
  assert.equal(plain.heardOf(other, "member")[0]?.error?.name, "NotAllowedError");
  assert.deepEqual(host.askedFor("multicast.join"), []);
});

test("where a document has a lane, connections and bound sockets choose their carrier by the first credit", async () => {
  host.serve.hello = async (params) => {
    const { capabilities, ...hello } = await serve.hello(params);
    return { ...hello, capabilities: [...capabilities, "lane"] };
  };
  const document = await page();
  const listener = await listening(document);
  assert.deepEqual(host.askedFor("lane.open"), [], "a listener has no bytes");
  const taken = await accepted(document, listener);
  const socket = await binding(document);
  for (const [method, id, type] of [
    ["tcp.accept", taken, "opened"],
    ["udp.bind", socket, "bound"],
  ] as const) {
    const params = host.askedFor(method).at(-1);
    assert.equal(params?.["window"], 0);
    assert.equal(document.heardOf(id, type)[0]?.lane, params["socketId"]);
  }
  assert.equal(host.askedFor("lane.open").length, 1);
});
