// That no host stays which nobody can use, whatever fails while it is started. The browser is made up.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import "../../fake/globals.ts";
import { installStorage } from "../../fake/storage.ts";

const areas = installStorage();
mock.timers.enable({ apis: ["setTimeout"] }); // an idle host is let go half a minute later: no test waits for that

/** The hosts that were started; what each answers to a method, if not what it should. */
let started: { ended: boolean; asked: string[]; answer(method: string): void }[] = [];
let answers: Record<string, unknown> = {};
/** What it does not answer. */
let silent = new Set<string>();
let managed: () => Promise<object> = () => Promise.resolve({});

const answersOf = (method: string): unknown =>
  answers[method] ??
  (method === "hello"
    ? { result: { protocolVersion: 2, hostVersion: "1.0.0", capabilities: [] } }
    : { result: { valid: true } });

function connectNative(): unknown {
  const host = { ended: false, asked: [] as string[] };
  let listener: (message: unknown) => void = () => undefined;
  const ids = new Map<string, number>();
  const answer = (method: string): void => {
    listener({ jsonrpc: "2.0", id: ids.get(method), ...(answersOf(method) as object) });
  };
  // What it was asked is compared as a whole; how it answers later is not part of that.
  started.push(Object.defineProperty(host, "answer", { value: answer }) as typeof host & { answer: typeof answer });
  return {
    postMessage({ id, method }: { id: number; method: string }) {
      host.asked.push(method);
      ids.set(method, id);
      if (silent.has(method)) return;
      queueMicrotask(() => {
        answer(method);
      });
    },
    disconnect() {
      host.ended = true;
    },
    onMessage: {
      addListener: (heard: typeof listener) => {
        listener = heard;
      },
    },
    onDisconnect: { addListener: () => undefined },
  };
}
const extension = (globalThis as unknown as { chrome: { storage: object } }).chrome;
Object.assign(extension.storage, { managed: { get: () => managed() } });
Object.assign(extension.storage, {
  onChanged: { addListener: () => undefined, removeListener: () => undefined },
});
Object.assign(extension, {
  runtime: { connectNative, getManifest: () => ({ version: "1.0.0" }) },
  management: { getSelf: () => Promise.resolve({ installType: "normal" }) },
});
Object.defineProperty(globalThis, "navigator", {
  configurable: true,
  value: { userAgent: "a browser", locks: navigator.locks },
});
const { background: platform } = await import("../../platform/current.ts");
const { background: firefox } = await import("../../platform/firefox.ts"); // where storage.managed rejects when nothing is set
const { Hosts } = await import("./hosts.ts");
const { HostUnavailable } = await import("./host.ts");

beforeEach(() => {
  started = [];
  answers = {};
  silent = new Set();
  managed = () => Promise.resolve({});
  areas.local.broken = false;
});

/** Tries to connect several times over; tells of the last failure's kind. */
async function fails(times: number): Promise<string> {
  const hosts = new Hosts();
  let kind = "it connected";
  for (let n = 0; n < times; n++) {
    await hosts.connect().catch((error: unknown) => {
      kind = error instanceof HostUnavailable ? error.problem.kind : String(error);
    });
  }
  return kind;
}

// First, since it is looked at once whether the profile is a new one.
test("storage that is full, or cannot be read, ends nothing and starts nothing more: the host is there", async () => {
  areas.local.broken = true;
  const get = areas.local.get.bind(areas.local);
  let tries = 0;
  areas.local.get = () => {
    tries++;
    return Promise.reject(new Error("IO error: corrupted"));
  };
  assert.equal(await fails(3), "it connected");
  assert.deepEqual(started, [{ ended: false, asked: ["hello", "policy.managed"] }]);
  assert.ok(tries > 0 && areas.local.writes > 0, "it was tried");
  areas.local.get = get;
});

test("settings that cannot be read: no host is started, and the reason is told", async () => {
  managed = () => Promise.reject(new Error("IO error: corrupted"));
  assert.equal(await fails(5), "storage");
  assert.deepEqual(started, []);
});

test("a browser without such settings is no failure", async () => {
  managed = () => Promise.reject(new Error("Managed storage manifest not found"));
  const look = mock.method(platform, "isNothingManaged", firefox.isNothingManaged);
  assert.equal(await fails(1), "it connected");
  look.mock.restore();
});

test("a host that refuses the settings, or answers with nonsense, is ended", async () => {
  for (const [method, answer] of [
    ["policy.managed", { error: { code: -32_603, message: "broken" } }],
    ["policy.managed", { result: { surprise: true } }],
    ["hello", { error: { code: -32_603, message: "broken" } }],
    ["hello", { result: { protocolVersion: 1, hostVersion: "0.1.0", capabilities: [] } }],
    ["hello", { result: {} }],
  ] as const) {
    started = [];
    answers = { [method]: answer };
    assert.notEqual(await fails(2), "it connected");
    assert.deepEqual(
      started.map(({ ended }) => ended),
      [true, true],
      JSON.stringify(answer),
    );
  }
});

test("a host that does not answer is ended, and not before it had its time", async () => {
  answers = { hello: { method: "surprise" } };
  const hosts = new Hosts();
  const connected = assert.rejects(hosts.connect(), HostUnavailable);
  while (started.length === 0) await new Promise((resolve) => setImmediate(resolve));
  mock.timers.tick(29_000);
  assert.deepEqual(started, [{ ended: false, asked: ["hello"] }]);
  mock.timers.tick(1_000);
  await connected;
  assert.deepEqual(started, [{ ended: true, asked: ["hello"] }]);
});

test("a host that cannot be told the new settings is ended, and whoever waits for its answer hears of that", async () => {
  for (const change of [
    () => {
      managed = () => Promise.reject(new Error("IO error: corrupted"));
    },
    () => {
      managed = () => Promise.resolve({ blockedOrigins: ["https://long.test/".repeat(4_000)] });
    },
    () => {
      answers = { "policy.managed": { error: { code: -32_603, message: "broken" } } };
    },
  ]) {
    started = [];
    answers = {};
    managed = () => Promise.resolve({});
    silent = new Set(["policy.judge", "tcp.open"]);
    const hosts = new Hosts();
    const connection = await hosts.connect();
    const waiting = (["policy.judge", "tcp.open"] as const).map((method) =>
      connection.request(method, {} as never).catch((error: unknown) => error),
    );
    let ended = 0;
    hosts.attach(connection, hosts.reserve(connection), {
      data: () => undefined,
      credit: () => undefined,
      end: () => undefined,
      closed: () => ended++,
    });
    change();
    await hosts.managedChanged();
    const answered = await Promise.race([
      Promise.all(waiting),
      new Promise((resolve) => {
        setImmediate(resolve, []);
      }),
    ]);
    assert.deepEqual(
      (answered as unknown[]).map((error) => error instanceof HostUnavailable && error.problem.kind),
      ["failed", "failed"],
    );
    assert.equal(ended, 1, "the socket's owner hears of it once");
    assert.deepEqual(
      started.map((host) => host.ended),
      [true],
    );
  }
});

/** Lets time pass, and what is due then happen. Tells which of the hosts that were started have been ended. */
async function after(ms: number): Promise<boolean[]> {
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
  mock.timers.tick(ms);
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
  return started.map(({ ended }) => ended);
}

test("one that was started only to look is let go when it has answered, however long it takes to start", async () => {
  silent = new Set(["hello", "policy.get"]);
  const hosts = new Hosts();
  const probe = hosts.probe();
  await after(5_000);
  started[0]?.answer("hello");
  const connection = await probe;
  const said = connection.request("policy.get", {}).catch((error: unknown) => error);
  assert.deepEqual(await after(5_000), [false], "it owes an answer");
  started[0]?.answer("policy.get");
  assert.ok(!((await said) instanceof HostUnavailable), "it was let go before it answered");
  assert.deepEqual(await after(1_000), [true], "nobody needs it");
});

test("one that never answers is ended all the same, and whoever waits hears of it", async () => {
  silent = new Set(["policy.managed"]);
  const refused = assert.rejects(new Hosts().connect(), HostUnavailable);
  assert.deepEqual(await after(29_000), [false]);
  assert.deepEqual(await after(1_000), [true], "it does not take the settings");
  await refused;

  started = [];
  silent = new Set(["policy.get"]);
  const connection = await new Hosts().connect();
  const unanswered = assert.rejects(connection.request("policy.get", {}), HostUnavailable);
  for (let seconds = 30; seconds <= 120; seconds += 30) assert.deepEqual(await after(30_000), [false], String(seconds));
  assert.deepEqual(await after(30_000), [true], "it has had its time");
  await unanswered;
});
