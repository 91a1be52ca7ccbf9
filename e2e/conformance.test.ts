// The second generation of the API, check by check, as the browser's own implementation of it is checked, too (conformance/). Each check has to do
// what is recorded of it. The same on both, side by side: `make conformance`.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import "./conformance/checks/all.ts";
import { checks } from "./conformance/kit/check.ts";
import { startPortside, type Portside } from "./conformance/portside.ts";
import { runChecks } from "./conformance/runner.ts";
import { surprises, told } from "./conformance/table.ts";
import { serveSuite } from "./conformance/web.ts";
import { lifeOfSuite } from "./world/life.ts";
import { startPages } from "./world/pages.ts";

/** Suites run beside each other on few processors: a check may take so many times as long as alone. */
const patience = 4;

const life = lifeOfSuite("conformance");
let portside: Portside;
before(async () => {
  const pages = await startPages(life);
  portside = await startPortside(life, pages, await serveSuite(life, pages));
});

describe("conformance", () => {
  for (const name of new Set(checks.map(({ group }) => group)))
    test(name, async () => {
      const group = checks.filter((check) => check.group === name);
      const outcomes = await runChecks(portside.browser, portside.openPage, group, patience);
      assert.equal(outcomes.size, group.length, "every check has run");
      assert.deepEqual(surprises("portside", group, outcomes).map(told), []);
    });
});
