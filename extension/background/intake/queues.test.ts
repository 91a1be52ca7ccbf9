import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Queues } from "./queues.ts";

test("one after the other, and nobody waits for another's", async () => {
  const queues = new Queues(10);
  const done: string[] = [];
  let go: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (go = resolve));
  queues.add("a", async () => {
    await held;
    done.push("a1");
  });
  queues.add("a", () => Promise.resolve(done.push("a2")));
  queues.add("b", () => Promise.resolve(done.push("b")));
  await queues.idle("b");
  await queues.idle("nobody");
  await queues.idle((who) => who !== "a");
  assert.deepEqual(done, ["b"]);
  go();
  await queues.idle("a");
  assert.deepEqual(done, ["b", "a1", "a2"]);
});

test("what waits has a bound; what fails holds up nothing", async () => {
  mock.method(console, "error", () => undefined);
  const queues = new Queues(2);
  const fails = (): Promise<never> => Promise.reject(new Error("no"));
  assert.deepEqual([queues.add("a", fails), queues.add("a", fails), queues.add("a", fails)], [true, true, false]);
  assert.equal(queues.add("b", fails), true);
  await queues.idle();
  let done = false;
  assert.equal(
    queues.add("a", () => Promise.resolve((done = true))),
    true,
  );
  await queues.idle("a");
  assert.equal(done, true);
});
