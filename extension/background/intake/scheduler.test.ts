import assert from "node:assert/strict";
import { test } from "node:test";
import { Scheduler } from "./scheduler.ts";

/** Work that ends when the test says so. */
function work(log: string[], name: string): { run(): Promise<string>; end(): void; fail(): void } {
  let resolve: (value: string) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<string>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  return {
    run: () => {
      log.push(name);
      return promise;
    },
    end: () => {
      resolve(name);
    },
    fail: () => {
      reject(new Error(name));
    },
  };
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a site has four under way at a time, in the order of their coming; another site does not wait", async () => {
  const scheduler = new Scheduler();
  const log: string[] = [];
  const jobs = [1, 2, 3, 4, 5, 6].map((n) => work(log, `a${n.toString()}`));
  const results = jobs.map((job) => scheduler.run("a", job.run));
  const other = work(log, "b1");
  const result = scheduler.run("b", other.run);
  await settle();
  assert.deepEqual(log, ["a1", "a2", "a3", "a4", "b1"]);
  other.end();
  assert.equal(await result, "b1");
  jobs[2]?.end();
  assert.equal(await results[2], "a3");
  await settle();
  assert.deepEqual(log.slice(5), ["a5"]);
});

test("of a flood one at a time is done, with a pause after each, until it is none any more", async () => {
  let now = 0;
  const pauses: number[] = [];
  const later = (run: () => void, ms: number): void => {
    pauses.push(ms);
    run();
  };
  const scheduler = new Scheduler(() => now, later);
  const log: string[] = [];
  const jobs = Array.from({ length: 20 }, (_, n) => work(log, n.toString()));
  for (const job of jobs) void scheduler.run("a", job.run);
  await settle();
  assert.equal(log.length, 4, "nobody knew yet");
  now = 10;
  for (const [ended, started] of [
    [4, 5], // 16 wait: one at a time
    [11, 12],
    [12, 16], // 8 wait
    [13, 17],
  ] as const) {
    for (const job of jobs.slice(0, ended)) job.end();
    await settle();
    assert.equal(log.length, started, `after ${ended.toString()}`);
  }
  assert.deepEqual(pauses.slice(0, 5), [30, 30, 30, 30, 0]);
  assert.equal(pauses.length, 11, "none where few wait");
});

test("no pause is long, and the place is taken until it is over", async () => {
  let now = 0;
  const paused: [() => void, number][] = [];
  const scheduler = new Scheduler(
    () => now,
    (run, ms) => paused.push([run, ms]),
  );
  const log: string[] = [];
  const jobs = Array.from({ length: 20 }, (_, n) => work(log, n.toString()));
  for (const job of jobs) void scheduler.run("a", job.run);
  await settle();
  now = 2_000;
  for (const job of jobs.slice(0, 4)) job.end();
  await settle();
  assert.equal(log.length, 4);
  assert.deepEqual(
    paused.map(([, ms]) => ms),
    [100, 100, 100, 100],
  );
  for (const [run] of paused) run();
  await settle();
  assert.equal(log.length, 5);
});

test("work that fails makes room like any other", async () => {
  const scheduler = new Scheduler();
  const log: string[] = [];
  const jobs = [1, 2, 3, 4, 5].map((n) => work(log, n.toString()));
  const results = jobs.map((job) => scheduler.run("a", job.run));
  await settle();
  jobs[0]?.fail();
  await assert.rejects(results[0] ?? Promise.resolve(), /1/);
  await settle();
  assert.deepEqual(log, ["1", "2", "3", "4", "5"]);
  await assert.rejects(
    scheduler.run("b", () => Promise.reject(new Error("at once"))),
    /at once/,
  );
});
