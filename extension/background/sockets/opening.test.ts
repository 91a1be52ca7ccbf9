import assert from "node:assert/strict";
import { test } from "node:test";
import "../../fake/globals.ts";
import { installStorage } from "../../fake/storage.ts";

installStorage();
const { HostError, HostUnavailable } = await import("../host/host.ts");
const { open } = await import("./opening.ts");

/** How it ended, and how often the socket was released. */
async function run(ask: () => Promise<string>, use: (result: string) => void): Promise<[string, number]> {
  let released = 0;
  const end = await open(ask, use, () => released++).then(
    () => "open",
    (error: unknown) => (error as Error).message,
  );
  return [end, released];
}
const yes = (): Promise<string> => Promise.resolve("yes");
const no = (error: Error) => (): Promise<string> => Promise.reject(error);
const nothing = (): void => undefined;

test("a socket that is open, and known, stays", async () => {
  const heard: string[] = [];
  assert.deepEqual(await run(yes, (result) => heard.push(result)), ["open", 0]);
  assert.deepEqual(heard, ["yes"]);
});

test("whatever fails after the host's yes ends the socket", async () => {
  const broken = (): void => {
    throw new Error("a port that is gone");
  };
  assert.deepEqual(await run(yes, broken), ["a port that is gone", 1]);
});

test("so does an answer that is not understood, or a host that goes: it may have been a yes", async () => {
  assert.deepEqual(await run(no(new HostError("does not fit its schema", undefined)), nothing), [
    "does not fit its schema",
    1,
  ]);
  const [, released] = await run(no(new HostUnavailable({ kind: "missing" })), nothing);
  assert.equal(released, 1);
});

test("a refusal of the host's leaves nothing to end", async () => {
  const refusal = new HostError("refused", { name: "NetworkError", reason: "refused" });
  assert.deepEqual(await run(no(refusal), nothing), ["refused", 0]);
});
