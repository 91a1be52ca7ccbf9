// What a page hears of an open that is stopped while it is under way: browser, host and person are made up.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mock, test } from "node:test";
import type { PolicyJudgeResult } from "../../protocol/message.ts";
import type { BrokerMessage, DocumentMessage } from "../../protocol/page.ts";
import { installStorage } from "../fake_storage.ts";
import type { Activity } from "./activity.ts";
import type { HostConnection } from "./host.ts";
import type { Hosts } from "./hosts.ts";
import type { Lanes } from "./lanes.ts";
import type { Prompts } from "./prompt.ts";
import type { RefusalAudit } from "./refusal_audit.ts";
import type { Sender } from "./sender.ts";

installStorage();
mock.method(console, "error", () => undefined);
const url = "https://a.test/";
const documentId = "one";
Object.assign((globalThis as unknown as { chrome: object }).chrome, {
  webNavigation: { getAllFrames: async () => [{ frameId: 0, parentFrameId: -1, documentId, url }] },
});
Object.assign(globalThis, {
  fetch: () => Promise.reject(new Error("there is no server")),
  // The generated validators are bundled for the browser, where nothing is required.
  require: createRequire(import.meta.url),
});
Object.assign(Uint8Array.prototype, {
  toBase64(this: Uint8Array) {
    return Buffer.from(this).toString("base64url");
  },
});
const { DocumentConnection } = await import("./broker.ts");
const { GestureLedger } = await import("./gestures.ts");
const { HostError } = await import("./host.ts");
const { Intake } = await import("./intake.ts");

const sender: Sender = { origin: "https://a.test", documentId, tabId: 1, windowId: 1, private: false };

/** A host that lets everything pass, and connects until it is told to stop. */
function connectingHost(): { connection: HostConnection; connects: Promise<void>; closed: string[] } {
  const closed: string[] = [];
  let connecting: () => void;
  let stop: (error: Error) => void = () => undefined;
  const connects = new Promise<void>((resolve) => {
    connecting = resolve;
  });
  const judgement: PolicyJudgeResult = {
    allowed: true,
    prompt: "skip",
    remember: true,
    cspRule: "refuse-unsafe-eval",
    installedOnly: false,
    mustEnter: false,
    risk: false,
    host: "mail.example",
    errorDetail: "reason",
  };
  const request = (method: string): Promise<unknown> => {
    if (method === "policy.judge") return Promise.resolve(judgement);
    if (method === "tcp.open") {
      connecting();
      return new Promise((_, reject) => {
        stop = reject;
      });
    }
    closed.push(method);
    stop(new HostError("withdrawn", { name: "AbortError", reason: "network" }));
    return Promise.resolve({});
  };
  return {
    connection: { alive: true, hello: { capabilities: [] }, request } as unknown as HostConnection,
    connects,
    closed,
  };
}

/** A document that opens mail.example, as far as the host connects; what it hears from then on. */
async function opening(): Promise<{
  broker: InstanceType<typeof DocumentConnection>;
  heard: Promise<BrokerMessage>;
  closed: string[];
}> {
  const { connection, connects, closed } = connectingHost();
  let say: (message: DocumentMessage) => void = () => undefined;
  let hear: (message: BrokerMessage) => void;
  const heard = new Promise<BrokerMessage>((resolve) => {
    hear = resolve;
  });
  const port = {
    sender: { tab: { id: 1, incognito: false }, documentId, url, frameId: 0, origin: sender.origin },
    onMessage: { addListener: (listener: typeof say) => (say = listener) },
    onDisconnect: { addListener: () => undefined },
    postMessage: (message: BrokerMessage) => {
      if (message.type === "failed") hear(message);
    },
  } as unknown as chrome.runtime.Port;
  const hosts = {
    connect: () => Promise.resolve(connection),
    reserve: () => 1,
    attach: () => undefined,
    forget: () => undefined,
    release: () => undefined,
  } as unknown as Hosts;
  const intake = new Intake().connect(sender);
  assert.ok(intake !== undefined, "it may connect");
  const broker = new DocumentConnection(
    port,
    sender,
    hosts,
    {} as unknown as Prompts,
    { refusals: { add: () => Promise.resolve() } } as unknown as Activity,
    {} as unknown as Lanes,
    new GestureLedger(),
    { refused: () => Promise.resolve() } as unknown as RefusalAudit,
    intake,
    () => undefined,
  );
  say({
    type: "open",
    id: 1,
    protocol: "tcp",
    secure: true,
    options: { remoteAddress: "mail.example", remotePort: 993 },
    evidence: { policies: [], evalBlocked: true, controlled: false },
  });
  await connects;
  return { broker, heard, closed };
}

test("what is connecting when its grant is taken back is refused, and the page is not told that it withdrew", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { broker, heard, closed } = await opening();
  broker.revoke(({ host, port }) => host === "mail.example" && port === 993);
  assert.deepEqual(closed, ["socket.close"]);
  // On the beat, as all that a page is not to know more of.
  let early = true;
  void heard.then((message) => {
    assert.equal(early, false, JSON.stringify(message));
  });
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
  early = false;
  mock.timers.tick(1_000);
  const message = await heard;
  assert.equal(message.type === "failed" && message.error.name, "NotAllowedError");
  mock.timers.reset();
});

test("what fits no schema ends the connection; who sends it again and again is not heard for a while", () => {
  const intake = new Intake(() => 0);
  let connections = 0;
  for (;;) {
    const account = intake.connect({ ...sender, documentId: "misfit" });
    if (account === undefined) break;
    connections++;
    let say: (message: unknown) => void = () => undefined;
    const port = {
      onMessage: { addListener: (listener: typeof say) => (say = listener) },
      onDisconnect: { addListener: () => undefined },
      disconnect: mock.fn(),
    };
    const gone = mock.fn();
    new DocumentConnection(
      port as unknown as chrome.runtime.Port,
      { ...sender, documentId: "misfit" },
      {} as unknown as Hosts,
      {} as unknown as Prompts,
      {} as unknown as Activity,
      {} as unknown as Lanes,
      new GestureLedger(),
      {} as unknown as RefusalAudit,
      account,
      gone,
    );
    say({ type: "no such thing" });
    say({ type: "no such thing" }); // nobody listens any more
    assert.deepEqual([port.disconnect.mock.callCount(), gone.mock.callCount()], [1, 1]);
  }
  assert.equal(connections, 31);
  assert.ok(intake.connect({ ...sender, documentId: "another" }) !== undefined, "another document is heard");
});

test("what leads elsewhere goes on", async () => {
  const { broker, closed } = await opening();
  broker.revoke(({ port }) => port === 994);
  assert.deepEqual(closed, []);
  broker.dispose();
});
