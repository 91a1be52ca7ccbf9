// The gatekeeper between a page script and the broker, with a made-up document and a made-up broker.

import assert from "node:assert/strict";
import { after, mock, test } from "node:test";
import "../fake/globals.ts";
import { installWindow } from "../fake/document.ts";
import { FakePort } from "../fake/events.ts";
import { handoverEvent } from "../../protocol/page.ts";
import type { BrokerMessage, DocumentMessage, PageMessage } from "../../protocol/page.ts";

const page = installWindow();
/** The broker's ends of the connections, and what came by them. */
const brokers: FakePort[] = [];
const said: DocumentMessage[] = [];
/** Messages beside the connection. */
const sent: unknown[] = [];
const runtime = {
  id: "us" as string | undefined,
  connect: ({ name }: { name: string }) => {
    const [near, far] = FakePort.pair(name);
    far.onMessage.addListener((message) => said.push(message as DocumentMessage));
    brokers.push(far);
    return near;
  },
  sendMessage: (message: unknown) => {
    sent.push(message);
    return Promise.resolve();
  },
};
Object.assign(globalThis, { chrome: { runtime } });

/** The page script takes the port. */
let port: MessagePort | undefined;
page.document.addEventListener(handoverEvent, (event: MessageEvent) => {
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

test("an open says what the document sees of itself, and what the page asks for", async () => {
  const message = await open({ remotePort: 80 });
  assert.ok(message?.type === "open", "nothing has come");
  const evidence = { policies: [], evalBlocked: true, controlled: false };
  const { type, id } = message;
  assert.deepEqual(message, { type, id, protocol: "tcp", secure: true, options: { remotePort: 80 }, evidence });
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
  const info = mock.method(console, "info", () => undefined);
  await open();
  const before = heard.length;
  await answer({ type: "hint", text: "a secret of the rules" });
  assert.deepEqual(
    info.mock.calls.map(({ arguments: words }) => words),
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

test("a document has 128 opens under way, and not one more", async () => {
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

test("a document that is not secure has nothing of it", async () => {
  const plain = page.load("http://plain.test/");
  Object.assign(globalThis, { isSecureContext: false, portsideAlive: undefined });
  let asked = false;
  plain.addEventListener(handoverEvent, () => (asked = true));
  const copy = "./main.ts?plain";
  await import(copy);
  assert.equal(asked, false);
});
