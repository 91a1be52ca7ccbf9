// A host of the version before is understood, and understands what is said to it: its own recorded frames are played.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import "../../fake/globals.ts";
import { installStorage } from "../../fake/storage.ts";
import { oldestProtocolVersion, protocolVersion } from "../../../protocol/message.ts";
import type { HostListener } from "./host.ts";

interface Frame {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: unknown;
}

installStorage();

/** What the extension said to the host; and what the host says to that. */
let said: Frame[] = [];
let respond: (frame: Frame) => Frame | undefined = () => undefined;
let hear: (frame: unknown) => void = () => undefined;
let ended = false;
const extension = (globalThis as unknown as { chrome: object }).chrome;
Object.assign(extension, {
  runtime: {
    getManifest: () => ({ version: "9.0.0" }),
    connectNative: () => ({
      postMessage(frame: Frame) {
        said.push(frame);
        const answer = frame.id === undefined ? undefined : respond(frame);
        if (answer !== undefined)
          queueMicrotask(() => {
            hear({ jsonrpc: "2.0", id: frame.id, ...answer });
          });
      },
      disconnect() {
        ended = true;
      },
      onMessage: {
        addListener(listener: typeof hear) {
          hear = listener;
        },
      },
      onDisconnect: { addListener: () => undefined },
    }),
  },
});
Object.defineProperty(globalThis, "navigator", { configurable: true, value: { userAgent: "a browser" } });
const { HostConnection, HostUnavailable } = await import("./host.ts");

let heard: unknown[] = [];
const listener: HostListener = {
  data: (socketId, data) => heard.push({ method: "socket.data", params: { socketId, data } }),
  credit: (socketId, bytes) => heard.push({ method: "socket.credit", params: { socketId, bytes } }),
  end: (socketId) => heard.push({ method: "socket.end", params: { socketId } }),
  closed: (params) => heard.push({ method: "socket.closed", params }),
  found: (params) => heard.push({ method: "resolve.found", params }),
  reopened: () => 0,
  gone: () => heard.push("gone"),
};
beforeEach(() => {
  said = [];
  heard = [];
  ended = false;
});

const hello = (version: number): Frame => ({
  result: { protocolVersion: version, hostVersion: "0.1.0", capabilities: ["tcp"] },
});
const problemOf = async (opening: Promise<unknown>): Promise<unknown> => {
  const error = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof HostUnavailable, String(error));
  assert.equal(ended, true);
  return error.problem;
};

test("a host of this version, and a newer one that still speaks it, are asked once", async () => {
  for (const version of [protocolVersion, oldestProtocolVersion]) {
    said = [];
    respond = () => hello(version);
    const connection = await HostConnection.open(listener);
    assert.equal(connection.hello.protocolVersion, version);
    assert.equal(said.length, 1);
    assert.equal(said[0]?.params?.["protocolVersion"], protocolVersion);
    assert.equal(said[0].params["oldestVersion"], oldestProtocolVersion);
  }
});

test("a host that speaks what nobody asked for is none; one that speaks no common version says which it is", async () => {
  for (const version of [protocolVersion + 1, oldestProtocolVersion - 1]) {
    respond = () => hello(version);
    assert.deepEqual(await problemOf(HostConnection.open(listener)), {
      kind: "failed",
      detail: "The host's first answer is not understood.",
    });
  }
  const data = { name: "NetworkError", reason: "version", detail: "3.1.4 is the host's version." };
  respond = () => ({ error: { code: 1, message: "operation failed", data } });
  assert.deepEqual(await problemOf(HostConnection.open(listener)), { kind: "version", hostVersion: "3.1.4" });
});

test("a host of the version before: its frames are understood, and it gets what it understands", async () => {
  const url = new URL(`../../../protocol/testdata/version${oldestProtocolVersion.toString()}.json`, import.meta.url);
  const text = readFileSync(url, "utf8").replaceAll('"$PORT"', "4711");
  const recorded = JSON.parse(text) as { from: "extension" | "host"; frame: Frame }[];
  const answerTo = (id: number | undefined): Frame => {
    const found = recorded.find(({ from, frame }) => from === "host" && frame.method === undefined && frame.id === id);
    assert.ok(found, `the host's answer to ${String(id)}`);
    const { result, error } = found.frame;
    return error === undefined ? { result } : { error };
  };
  respond = ({ params }) =>
    params !== undefined && "oldestVersion" in params
      ? { error: { code: -32_602, message: "invalid params" } } // as that host does with a member that it does not know
      : answerTo(0);
  const connection = await HostConnection.open(listener);
  assert.equal(connection.hello.protocolVersion, oldestProtocolVersion);
  assert.deepEqual(Object.keys(said[1]?.params ?? {}).sort(), ["browser", "extensionVersion", "protocolVersion"]);

  for (const { from, frame } of recorded.slice(2)) {
    const { id, method, params } = frame;
    if (from === "host") {
      if (method === undefined) continue; // played as the answer below
      hear({ jsonrpc: "2.0", method, params });
      assert.deepEqual(heard.at(-1), { method, params });
      continue;
    }
    assert.ok(method !== undefined && params !== undefined, JSON.stringify(frame));
    said = [];
    if (id === undefined) {
      if (method === "socket.write") connection.write(params as never);
      else connection.notify(method as "socket.credit", params as never);
    } else {
      const answer = answerTo(id);
      respond = () => answer;
      const asked =
        method === "socket.write"
          ? connection.writeDatagram(params as never)
          : connection.request(method as "tcp.open", params as never);
      const outcome = await asked.then(
        (result) => ({ result }),
        (error: unknown) => ({ error: (error as { data?: unknown }).data }),
      );
      if ("error" in outcome)
        assert.deepEqual(outcome.error, (answer.error as { data?: unknown } | undefined)?.data, method);
      else if (method !== "socket.write") assert.deepEqual(outcome.result, answer.result, method);
    }
    const [{ id: mine, ...rest }] = said as [Frame];
    assert.deepEqual(rest, { jsonrpc: "2.0", method, params }, "what the host of then would get");
    assert.equal(mine === undefined, id === undefined);
  }
  assert.ok(heard.length > 5, "the host said something by itself");
});
