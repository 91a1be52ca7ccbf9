import assert from "node:assert/strict";
import { test } from "node:test";
import { gatherTime, RefusalAudit } from "./refusal_audit.ts";
import type { HostConnection } from "../host/host.ts";
import {
  auditLinesOverall,
  auditLinesPerOrigin,
  auditLinesPerSite,
  auditPeriodSeconds,
} from "../../../protocol/message.ts";
import type { AuditRefusedParams } from "../../../protocol/message.ts";

/** A host that listens, a clock, and storage that lasts longer than an audit does. */
function world() {
  const told: AuditRefusedParams[] = [];
  const timers: { run: () => void; ms: number }[] = [];
  const stored: { budget?: unknown } = {};
  const state = { now: 1_800_000_000_000, failing: false };
  const begin = (): RefusalAudit =>
    new RefusalAudit({
      hosts: {
        connect: () =>
          Promise.resolve({
            notify: (_: string, params: AuditRefusedParams) => told.push(params),
          } as unknown as HostConnection),
      },
      now: () => state.now,
      later: (run, ms) => timers.push({ run, ms }),
      budget: {
        get: () => (state.failing ? Promise.reject(new Error("no storage")) : Promise.resolve(stored.budget)),
        setIfWritten: (budget) => {
          if (!state.failing) stored.budget = structuredClone(budget);
          return Promise.resolve(!state.failing);
        },
      },
    });
  /** What was counted is told. */
  const gathered = async (): Promise<void> => {
    for (const { run } of timers.splice(0)) run();
    await new Promise(setImmediate);
  };
  return { told, timers, stored, state, begin, gathered };
}

const flood = async (audit: RefusalAudit, times: number, originOf: (n: number) => string, isPrivate = false) => {
  for (let n = 0; n < times; n++) {
    await audit.refused(
      { origin: originOf(n), private: isPrivate },
      "tcp",
      { remoteAddress: "Server.example", remotePort: 993 },
      "activation",
    );
  }
};
const ones = (told: AuditRefusedParams[]) => told.filter(({ more }) => more === undefined);
const counted = (told: AuditRefusedParams[]) => told.reduce((sum, { more = 0 }) => sum + more, 0);

test("refusals are told one by one up to a bound, whatever documents, origins and sites there are", async () => {
  for (const [originOf, most] of [
    [() => "https://page.example", auditLinesPerOrigin],
    [(n: number) => `https://h${n.toString()}.page.example`, auditLinesPerSite],
    [(n: number) => `https://page${n.toString()}.example`, auditLinesOverall],
    [() => "null", auditLinesPerOrigin],
  ] as const) {
    const { told, timers, state, begin, gathered } = world();
    const audit = begin();
    await flood(audit, 1_000, originOf);
    assert.equal(told.length, most);
    assert.equal(timers.length, 1);
    assert.equal(timers[0]?.ms, gatherTime);
    await gathered();
    assert.equal(counted(told), 1_000 - most, "the others are counted");
    assert.ok(told.length - most <= 65, `${(told.length - most).toString()} counts`);
    assert.equal(told.filter(({ more, host, port }) => more !== undefined && (host ?? port) !== undefined).length, 0);
    // The next period has lines again.
    state.now += auditPeriodSeconds * 1_000;
    told.length = 0;
    await flood(audit, 1, originOf);
    assert.deepEqual(told, [
      { origin: originOf(0), protocol: "tcp", host: "server.example", port: 993, private: false, rule: "activation" },
    ]);
  }
});

test("what is left out of a site that floods hides no other site, and is counted under its origin", async () => {
  const { told, begin, gathered } = world();
  const audit = begin();
  await flood(audit, 500, (n) => `https://h${n.toString()}.evil.example`);
  await flood(audit, auditLinesPerOrigin + 5, () => "https://bank.example");
  assert.equal(ones(told).filter(({ origin }) => origin === "https://bank.example").length, auditLinesPerOrigin);
  await gathered();
  const counts = told.filter(({ more }) => more !== undefined);
  assert.equal(counts.find(({ origin }) => origin === "https://bank.example")?.more, 5);
  assert.equal(counts.filter(({ origin }) => origin?.endsWith("evil.example")).length, 8);
  assert.equal(counts.filter(({ origin }) => origin === undefined).length, 1);
});

test("a stop of the worker is no new beginning; without storage the bounds hold as long as it runs", async () => {
  const { told, stored, state, begin } = world();
  await flood(begin(), 500, (n) => `https://h${n.toString()}.page.example`);
  await flood(begin(), 500, (n) => `https://h${n.toString()}.page.example`);
  assert.equal(told.length, auditLinesPerSite);
  assert.ok(JSON.stringify(stored).length < 200, "by site, not by origin");

  state.failing = true;
  told.length = 0;
  await flood(begin(), 500, () => "https://page.example");
  assert.equal(told.length, auditLinesPerOrigin);

  state.failing = false;
  for (const nonsense of [1, "x", [], { began: "x" }, { began: 1, lines: 2, sites: 3 }]) {
    stored.budget = nonsense;
    told.length = 0;
    await flood(begin(), 1, () => "https://page.example");
    assert.equal(told.length, 1);
  }
});

test("private windows have bounds of their own, are counted without an origin, and are kept nowhere", async () => {
  const { told, stored, begin, gathered } = world();
  const audit = begin();
  await flood(audit, 1_000, (n) => `https://secret${n.toString()}.example`, true);
  assert.deepEqual(stored, {});
  await flood(audit, 1, () => "https://page.example");
  assert.equal(told.at(-1)?.origin, "https://page.example");
  await gathered();
  assert.deepEqual(
    told.filter(({ more }) => more !== undefined),
    [{ protocol: "tcp", private: true, rule: "activation", more: 1_000 - auditLinesOverall }],
  );
});
