// The gatekeeper between a page script and the broker, with a made-up document and a made-up broker.

import assert from "node:assert/strict";
import { after, mock, test } from "node:test";
import "../fake/globals.ts";
import { installWindow } from "../fake/document.ts";
import { FakePort } from "../fake/events.ts";
import { handoverEvent, restMessage } from "../../protocol/page.ts";
import type { BrokerMessage, DocumentMessage, PageMessage } from "../../protocol/page.ts";

const page = installWindow();
/** The broker's ends of the connections, and what came by them. */
const brokers: FakePort[] = [];
const said: DocumentMessage[] = [];
/** Messages beside the connection. */
const sent: unknown[] = [];
/** The browser stops the background: whoever connects now is not heard. */
let stopping = false;
const runtime = {
  id: "us" as string | undefined,
  connect: ({ name }: { name: string }) => {
    const [near, far] = FakePort.pair(name);
    far.onMessage.addListener((message) => {
      said.push(message as DocumentMessage);
      if (!stopping && "secure" in (message as DocumentMessage))
        far.postMessage({ type: "heard", id: (message as DocumentMessage).id } satisfies BrokerMessage);
    });
    brokers.push(far);
    return near;
  },
  sendMessage: async (message: unknown) => {
    if (message === restMessage) await import("./rest.ts");
    else sent.push(message);
    return true;
  },
};
Object.assign(globalThis, { chrome: { runtime } });

/** The page script takes the port. */
let port: MessagePort | undefined;
page.addEventListener(handoverEvent, (event: MessageEvent) => {
  [port] = event.ports;
  event.preventDefault();
});
const heard: { type: string; id?: number; error?: { name: string } }[] = [];
await import("./main.ts");
assert.ok(port !== undefined, "no port was handed over");
port.onmessage = ({ data }: MessageEvent<(typeof heard)[number]>) => heard.push(data);
after(() => port?.close());

/** Everything has come that is on its way between the three. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => void setImmediate(resolve));
}

let lastId = 0;
/** The page asks for a socket. Resolves with what the broker hears of it. */
async function open(options: object = {}): Promise<DocumentMessage | undefined> {
  const id = ++lastId;
  const message: PageMessage = { type: "open", id, protocol: "tcp", options, evalBlocked: true };
  port?.postMessage(message);
  await settled();
  return said.find((one) => one.type === "open" && one.id === id);
}

async function answer(message: BrokerMessage): Promise<void> {
  brokers.at(-1)?.postMessage(message);
  await settled();
}

// The rest of the content script comes with the first that the page asks for.
port.postMessage({ type: "probe", id: lastId, evalBlocked: true } satisfies PageMessage);
while (said.length === 0) await settled();
await answer({ type: "failed", id: lastId, error: { name: "NetworkError", message: "" } });

test("an open says what the document sees of itself, and what the page asks for", async () => {
  const message = await open({ remotePort: 80 });
  assert.ok(message?.type === "open", "nothing has come");
  const evidence = { policies: [], evalBlocked: true, controlled: false };
  const { type, id } = message;
  assert.deepEqual(message, { type, id, protocol: "tcp", secure: true, options: { remotePort: 80 }, evidence });
});

test("an open that waits is asked for again with the next press, also of another background", async () => {
  await answer({ type: "failed", id: lastId, error: { name: "NetworkError", message: "" } }); // the one before
  const id = ++lastId;
  const options = { remoteAddress: "a.test", remotePort: 80 };
  port?.postMessage({
    type: "open",
    id,
    protocol: "tcp",
    options,
    evalBlocked: true,
    waits: true,
  } satisfies PageMessage);
  await settled();
  const asked = (): DocumentMessage[] => said.filter((one) => one.type === "open" && one.id === id);
  assert.equal(asked().length, 1);
  const before = heard.length;
  await answer({ type: "gestureWanted", id });
  brokers.at(-1)?.disconnect(); // it sleeps
  await settled();
  assert.equal(heard.length, before, "the page hears nothing");
  page.dispatchEvent({ type: "keydown", isTrusted: true, key: "a", timeStamp: performance.now() });
  page.isActive = true;
  page.dispatchEvent({ type: "keyup", isTrusted: true });
  await new Promise((resolve) => void setTimeout(resolve, 5));
  await settled();
  page.isActive = false;
  const [first, second] = asked();
  assert.ok(first?.type === "open" && second?.type === "open", "it is asked for again");
  assert.deepEqual(second.options, first.options);
  assert.ok(second.activation !== undefined, "with a gesture");
  // What the page withdraws is not asked for, nor does the broker hear of it.
  await answer({ type: "gestureWanted", id });
  port?.postMessage({ type: "close", id });
  await settled();
  assert.equal(
    said.some((one) => one.type === "close" && one.id === id),
    false,
  );
});

test("a click of a person's is told while an open has no answer, for the question may be out of sight; no script's, and none later", async () => {
  const message = await open({ remotePort: 80 });
  const clicks = (): DocumentMessage[] => said.filter(({ type }) => type === "pressed");
  const before = clicks().length;
  const click = async (isTrusted: boolean): Promise<void> => {
    page.dispatchEvent({ type: "click", isTrusted });
    await new Promise((resolve) => void setTimeout(resolve, 60));
    await settled();
  };
  await click(false);
  assert.equal(clicks().length, before);
  await click(true);
  assert.deepEqual(
    clicks()
      .slice(before)
      .map(({ type }) => type),
    ["pressed"],
  );
  page.dispatchEvent({ type: "click", isTrusted: true });
  await open({ remotePort: 81 }); // it asks by itself, which tells the same
  await new Promise((resolve) => void setTimeout(resolve, 60));
  assert.equal(clicks().length, before + 1);
  for (const one of said.filter(({ type }) => type === "open"))
    await answer({ type: "failed", id: one.id, error: { name: "NotAllowedError", message: "" } });
  assert.equal(message?.type, "open");
  await click(true);
  assert.equal(clicks().length, before + 1);
});

test("activation is the document's own, as long as there is one", async () => {
  page.dispatchEvent({ type: "keydown", isTrusted: true, key: "a", timeStamp: performance.now() });
  const without = await open();
  assert.equal(without !== undefined && "activation" in without, false);
  page.isActive = true;
  const withOne = await open();
  assert.ok(withOne !== undefined && "activation" in withOne, "it has one now");
  page.isActive = false;
});

test("a policy in <meta> counts after its element has gone", async () => {
  const meta = page.document.policy("script-src 'unsafe-eval'");
  page.document.head.append(meta);
  meta.remove();
  const message = await open();
  assert.ok(message?.type === "open", "nothing has come");
  assert.deepEqual(
    message.evidence.policies.map((policy) => policy.eval),
    ["unsafe"],
  );
});

test("why an open is refused is said on the console, and nothing of it to the page", async () => {
  const warn = mock.method(console, "warn", () => undefined);
  await open();
  const before = heard.length;
  await answer({ type: "hint", text: "a secret of the rules" });
  assert.deepEqual(
    warn.mock.calls.map(({ arguments: words }) => words),
    [["Portside: a secret of the rules"]],
  );
  assert.equal(heard.length, before);
  assert.equal(page.document.title, "");
});

test("a broker that goes with open sockets is started again, and one without them is not", async () => {
  await open();
  brokers.at(-1)?.disconnect();
  await settled();
  assert.deepEqual(sent, []);
  await open();
  await answer({ type: "opened", id: lastId } as BrokerMessage);
  brokers.at(-1)?.disconnect();
  await settled();
  assert.deepEqual(sent, ["wake"]);
  assert.equal(heard.at(-1)?.type, "lost");
});

test("what nobody has heard, since the browser stopped the background meanwhile, is said once more", async () => {
  brokers.at(-1)?.disconnect();
  await settled();
  stopping = true;
  const [connections, before] = [brokers.length, heard.length];
  await open({ remotePort: 80 });
  const asked = (): DocumentMessage[] => said.filter((one) => one.type === "open" && one.id === lastId);
  stopping = false;
  brokers.at(-1)?.disconnect();
  await settled();
  const [first, second] = asked();
  assert.ok(first !== undefined, "nothing has come");
  assert.deepEqual(second, first);
  assert.equal(heard.length, before, "the page hears nothing of it");
  // That one was heard.
  brokers.at(-1)?.disconnect();
  await settled();
  assert.deepEqual([asked().length, brokers.length], [2, connections + 2]);
  assert.equal(heard.at(-1)?.type, "lost");
  // And a background that never hears is not asked without end.
  stopping = true;
  await open({ remotePort: 80 });
  brokers.at(-1)?.disconnect();
  await settled();
  brokers.at(-1)?.disconnect();
  await settled();
  stopping = false;
  assert.deepEqual([asked().length, heard.at(-1)?.type], [2, "lost"]);
});

test("a document has 128 opens under way, and not one more", async () => {
  brokers.at(-1)?.disconnect(); // with all that is under way
  await settled();
  const before = heard.length;
  const first = lastId + 1;
  for (let n = 0; n < 200; n++) void open();
  await settled();
  const refused = heard.slice(before);
  assert.equal(refused.length, 72);
  assert.ok(
    refused.every(({ type, error }) => type === "failed" && error?.name === "QuotaExceededError"),
    "they are refused for another reason",
  );
  assert.equal(said.filter((one) => one.type === "open" && one.id >= first).length, 128);
  brokers.at(-1)?.disconnect();
  await settled();
});

const socket = (type: "listen" | "bind", options: object): PageMessage => ({
  type,
  id: ++lastId,
  options: { localAddress: "127.0.0.1", ...options },
  evalBlocked: true,
});

test("a socket that others can send to is asked for with what the document sees of itself, within the same bounds", async () => {
  const like = await open();
  assert.ok(like?.type === "open", "nothing has come");
  const { evidence } = like;
  for (const type of ["listen", "bind"] as const) {
    port?.postMessage(socket(type, { localPort: 40_000 }));
    await settled();
    const options = { localAddress: "127.0.0.1", localPort: 40_000 };
    assert.deepEqual(said.at(-1), {
      type,
      id: lastId,
      secure: true,
      options,
      evidence,
      waits: true,
    });
    port?.postMessage(socket(type, { localAddress: "1".repeat(2_000) }));
    await settled();
    const last = said.at(-1);
    assert.equal(last?.type === type && last.options.localAddress.length, 1_024);
  }
  brokers.at(-1)?.disconnect();
  await settled();
  const before = heard.length;
  for (let n = 0; n < 100; n++) {
    port?.postMessage(socket("listen", {}));
    port?.postMessage(socket("bind", {}));
  }
  await settled();
  const refused = heard.slice(before).filter(({ error }) => error?.name === "QuotaExceededError");
  assert.equal(refused.length, 72, "they have other bounds than opens");
  brokers.at(-1)?.disconnect();
  await settled();
});

test("a listener's connections are asked for one after the other, and do not count as opens", async () => {
  port?.postMessage(socket("listen", {}));
  await settled();
  const listener = lastId;
  await answer({ type: "listening", id: listener, localAddress: "127.0.0.1", localPort: 40_000 });
  assert.deepEqual(heard.at(-1), { type: "listening", id: listener, localAddress: "127.0.0.1", localPort: 40_000 });
  for (let n = 0; n < 300; n++) {
    const id = ++lastId;
    port?.postMessage({ type: "accept", id, listener });
    await settled();
    assert.deepEqual(said.at(-1), { type: "accept", id, listener });
    await answer({ type: "failed", id, error: { name: "AbortError", message: "" } });
    assert.equal(heard.at(-1)?.type, "failed");
  }
  const id = await open().then(() => lastId);
  assert.ok(
    said.some((message) => message.type === "open" && message.id === id),
    "there is room for an open",
  );
});

test("a certificate's hash comes as bytes, and what is no base64 ends the socket", async () => {
  for (const [certificate, type] of [
    ["A".repeat(43) + "=", "listening"],
    ["no base64!", "failed"],
  ] as const) {
    port?.postMessage(socket("listen", {}));
    await settled();
    await answer({ type: "listening", id: lastId, localAddress: "127.0.0.1", localPort: 1, certificate });
    const last = heard.at(-1) as { type: string; certificate?: ArrayBuffer };
    assert.equal(last.type, type);
    if (type === "listening") assert.equal(last.certificate?.byteLength, 32);
  }
});

test("memberships go to the broker, and their answers to the page; of a broker that is gone there are none", async () => {
  port?.postMessage(socket("bind", {}));
  await settled();
  const id = lastId;
  await answer({ type: "bound", id, localAddress: "127.0.0.1", localPort: 1, window: 1, multicast: true });
  assert.equal(heard.at(-1)?.type, "bound");
  const message: PageMessage = { type: "membership", id, ack: 1, change: "join", group: "233.252.0.1" };
  port?.postMessage(message);
  port?.postMessage({ ...message, ack: 2, change: "leave", source: "192.0.2.1" });
  await settled();
  assert.deepEqual(said.slice(-2), [message, { ...message, ack: 2, change: "leave", source: "192.0.2.1" }]);
  await answer({ type: "member", id, ack: 1 });
  assert.deepEqual(heard.at(-1), { type: "member", id, ack: 1 });
  brokers.at(-1)?.disconnect();
  await settled();
  const [connections, words] = [brokers.length, said.length];
  port?.postMessage(message);
  port?.postMessage({ type: "accept", id: ++lastId, listener: id });
  await settled();
  assert.deepEqual(
    [brokers.length, said.length],
    [connections, words],
    "a broker is started for a socket that is gone",
  );
});

test("a document that is not secure has nothing of it", async () => {
  page.load("http://plain.test/");
  Object.assign(globalThis, { isSecureContext: false, portside: undefined });
  let asked = false;
  page.addEventListener(handoverEvent, () => (asked = true));
  const copy = "./main.ts?plain";
  await import(copy);
  assert.equal(asked, false);
});
