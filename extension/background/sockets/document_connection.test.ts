// What a page hears of an open that is stopped while it is under way: browser, host and person are made up.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import "../../fake/globals.ts";
import type { PolicyJudgeResult, SocketClosedParams } from "../../../protocol/message.ts";
import type { BrokerMessage, DocumentMessage } from "../../../protocol/page.ts";
import { installStorage } from "../../fake/storage.ts";
import type { Activity } from "./activity.ts";
import type { HostConnection } from "../host/host.ts";
import type { Hosts } from "../host/hosts.ts";
import type { RefusalAudit } from "./refusal_audit.ts";
import type { Shared } from "./socket_home.ts";
import type { Sender } from "../intake/sender.ts";

installStorage();
mock.method(console, "error", () => undefined);
const url = "https://a.test/";
const documentId = "one";
Object.assign((globalThis as unknown as { chrome: object }).chrome, {
  webNavigation: { getAllFrames: async () => [{ frameId: 0, parentFrameId: -1, documentId, url }] },
});
Object.assign(globalThis, {
  fetch: () => Promise.reject(new Error("there is no server")),
});
const { DocumentConnection } = await import("./document_connection.ts");
const { GestureLedger } = await import("../consent/gestures.ts");
const { HostError } = await import("../host/host.ts");
const { Lanes } = await import("./lanes.ts");
const { Intake } = await import("../intake/intake.ts");

const sender: Sender = { origin: "https://a.test", documentId, tabId: 1, windowId: 1, private: false };

/** What documents share, as far as a test says; nobody is audited. */
function sharing(some: Partial<Shared>): Shared {
  const audit = { refused: () => Promise.resolve() } as unknown as RefusalAudit;
  return { gestures: new GestureLedger(), lanes: new Lanes(), audit, ...some } as Shared;
}

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
    sharing({ hosts, activity: { refusals: { add: () => Promise.resolve() } } as unknown as Activity }),
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
  // After the refusal delay, as all that a page is not to know more of.
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
      postMessage: () => undefined,
      disconnect: mock.fn(),
    };
    const gone = mock.fn();
    new DocumentConnection(
      port as unknown as chrome.runtime.Port,
      { ...sender, documentId: "misfit" },
      sharing({}),
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

test("what crosses the end of a socket is no fault, however much of it the credit allowed", async () => {
  // More strays than a document may send, sent to sockets before it heard of their end.
  const intake = new Intake(() => 0);
  const account = intake.connect(sender);
  assert.ok(account !== undefined, "it may connect");
  const ends: ((params?: SocketClosedParams) => void)[] = [];
  let reserved = 0;
  const host = connectingHost();
  const connection = {
    alive: true,
    hello: { capabilities: [] },
    request: (method: string) =>
      method === "udp.open"
        ? Promise.resolve({ window: 1 << 20, localAddress: "", localPort: 1, remoteAddress: "", remotePort: 1 })
        : host.connection.request(method as "tcp.open", {} as never),
  };
  let say: (message: DocumentMessage) => void = () => undefined;
  const disconnect = mock.fn();
  const opened = new Map<number, () => void>();
  const port = {
    sender: { tab: { id: 1, incognito: false }, documentId, url, frameId: 0, origin: sender.origin },
    onMessage: { addListener: (listener: typeof say) => (say = listener) },
    onDisconnect: { addListener: () => undefined },
    disconnect,
    postMessage: (message: BrokerMessage) => {
      if (message.type === "opened") opened.get(message.id)?.();
    },
  };
  new DocumentConnection(
    port as unknown as chrome.runtime.Port,
    sender,
    sharing({
      hosts: {
        connect: () => Promise.resolve(connection),
        reserve: () => ++reserved,
        attach: (_: unknown, __: unknown, handlers: { closed: (params?: SocketClosedParams) => void }) =>
          ends.push((params) => {
            handlers.closed(params);
          }),
        forget: () => undefined,
        release: () => undefined,
      } as unknown as Hosts,
      activity: {
        refusals: { add: () => Promise.resolve() },
        opened: () => ({}),
        closed: () => undefined,
      } as unknown as Activity,
    }),
    account,
    () => undefined,
  );
  for (const id of [1, 2]) {
    const open = new Promise<void>((resolve) => opened.set(id, resolve));
    say({
      type: "open",
      id,
      protocol: "udp",
      secure: true,
      options: { remoteAddress: "mail.example", remotePort: 53 },
      evidence: { policies: [], evalBlocked: true, controlled: false },
    });
    await open;
  }
  for (const end of ends) end({ socketId: 1, name: "NetworkError", reason: "network" } as SocketClosedParams);
  for (const id of [1, 2]) for (let ack = 1; ack <= 16_384; ack++) say({ type: "write", id, data: "", ack });
  assert.equal(disconnect.mock.callCount(), 0);
  for (let ack = 1; ack <= 20_001; ack++) say({ type: "write", id: 3, data: "", ack });
  assert.equal(disconnect.mock.callCount(), 1, "to a socket that never was");
});

test("what leads elsewhere goes on", async () => {
  const { broker, closed } = await opening();
  broker.revoke(({ port }) => port === 994);
  assert.deepEqual(closed, []);
  broker.dispose();
});
