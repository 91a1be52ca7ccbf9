// The second generation of the API, check by check, as the browser's own implementation of it is checked, too (conformance/). Each check has to do
// what is recorded of it. The same on both, side by side: `make conformance`.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import "./conformance/checks/all.ts";
import { checks } from "./conformance/kit/check.ts";
import { startPortside } from "./conformance/portside.ts";
import { runChecks, type Outcomes } from "./conformance/runner.ts";
import { surprises, told } from "./conformance/table.ts";
import { serveSuite } from "./conformance/web.ts";
import { lifeOfSuite } from "./world/life.ts";
import { startPages } from "./world/pages.ts";

/** Suites run beside each other on few processors: a check may take so many times as long as alone. */
const patience = 4;

const life = lifeOfSuite("conformance");
let outcomes: Outcomes;
before(
  async () => {
    const pages = await startPages(life);
    const { browser, openPage } = await startPortside(life, pages, await serveSuite(life, pages));
    outcomes = await runChecks(browser, openPage, checks, patience);
  },
  { timeout: 600_000 },
);

describe("conformance", () => {
  for (const name of new Set(checks.map(({ group }) => group)))
    test(name, () => {
      const group = checks.filter((check) => check.group === name);
      for (const { id } of group) assert.ok(outcomes.has(id), `${id} has run`);
      assert.deepEqual(surprises("portside", group, outcomes).map(told), []);
    });
});
