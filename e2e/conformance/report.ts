// Runs the suite on the browser's own implementation and on Portside, compares with what is recorded, and writes docs/conformance.md.
// With "native" or "portside" only that one runs, and nothing is written. More words choose checks: a part of an id or of a group.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hasContentShell } from "../world/chromium/content-shell.ts";
import { Life } from "../world/life.ts";
import { startPages } from "../world/pages.ts";
import "./checks/all.ts";
import { checks } from "./kit/check.ts";
import { startNative } from "./native.ts";
import { startPortside } from "./portside.ts";
import { runChecks, type Outcomes } from "./runner.ts";
import { report, surprises, told, type Implementation } from "./table.ts";
import { serveSuite } from "./web.ts";

const implementations = ["native", "portside"] as const;
const words = process.argv.slice(2);
const only = implementations.find((one) => words.includes(one));
const parts = words.filter((word) => word !== only);
const chosen = checks.filter(
  ({ id, group }) => parts.length === 0 || parts.some((part) => `${id} ${group}`.includes(part)),
);

async function run(of: Implementation): Promise<Outcomes> {
  const life = new Life(`conformance of ${of}`);
  try {
    const pages = await startPages(life);
    const suite = await serveSuite(life, pages);
    if (of === "native") {
      const browser = await startNative(life, pages);
      return await runChecks(browser, () => browser.newPage(suite.url), chosen);
    }
    const { browser, openPage } = await startPortside(life, pages, suite);
    return await runChecks(browser, openPage, chosen);
  } finally {
    await life.end();
  }
}

function version(): string {
  const text = execFileSync("dpkg-query", ["--show", "--showformat=${Version}", "chromium-shell"], {
    encoding: "utf8",
  });
  return `Chromium ${text.split("-")[0] ?? text}`;
}

if (!hasContentShell()) throw new Error("the content shell is not there: apt-get install chromium-shell");
const outcomes: Record<Implementation, Outcomes> = { native: new Map(), portside: new Map() };
let failed = false;
for (const of of implementations) {
  if (only !== undefined && only !== of) continue;
  outcomes[of] = await run(of);
  const found = surprises(of, chosen, outcomes[of]);
  const passed = [...outcomes[of].values()].filter(({ outcome }) => outcome === "pass").length;
  console.log(
    `${of}: ${String(passed)} of ${String(chosen.length)} pass, ${String(found.length)} otherwise than recorded`,
  );
  for (const surprise of found) console.log(`  ${told(surprise)}`);
  const slowest = [...outcomes[of]].sort(([, a], [, b]) => b.ms - a.ms).slice(0, 10);
  console.log(`  the slowest: ${slowest.map(([id, { ms }]) => `${id} ${(ms / 1_000).toFixed(1)} s`).join(", ")}`);
  failed ||= found.length > 0;
}
if (only === undefined && parts.length === 0) {
  const file = fileURLToPath(new URL("../../docs/conformance.md", import.meta.url));
  writeFileSync(file, report({ checks, versions: { native: version(), portside: "Portside" }, outcomes }));
  console.log(`written: ${file}`);
}
process.exitCode = failed ? 1 : 0;
