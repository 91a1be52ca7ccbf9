// `make bench` and `make bench-quick`: Portside beside what a user would pick instead, in one run on one machine.
//
// Options: --quick; --only=lane,wisp (peers); --lane-anyway (measure Portside as it comes even if this build has no lane; for work on the benchmark).
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "../e2e/world/bundle.ts";
import { Life } from "../e2e/world/life.ts";
import { startPages } from "../e2e/world/pages.ts";
import { Far } from "./far.ts";
import { judge, number } from "./judge.ts";
import { machine } from "./machine.ts";
import { startPeers } from "./peers/all.ts";
import { peerKeys, type PeerKey } from "./peers/peer.ts";
import { resultsFolder } from "./places.ts";
import { plans } from "./plan.ts";
import { plot } from "./plot.ts";
import { charts, markdownReport, terminalReport } from "./report.ts";
import type { Results } from "./results.ts";
import { Run } from "./run.ts";
import { othersShare, usedSoFar } from "./usage.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    "lane-anyway": { type: "boolean", default: false },
  },
});
const plan = options.quick ? plans.quick : plans.full;
const usual = peerKeys.filter((key) => !plan.without.includes(key));
const wanted = options.only?.split(",") ?? usual;
const unknown = wanted.filter((key) => !(peerKeys as string[]).includes(key));
if (unknown.length > 0) throw new Error(`unknown peer ${unknown.join(", ")}: there are ${peerKeys.join(", ")}`);
const keys = peerKeys.filter((key): key is PeerKey => wanted.includes(key));

const begun = Date.now();
const seconds = (): number => (Date.now() - begun) / 1000;
const stamp = (): string => `${seconds().toFixed(1).padStart(6)} s  `;
const say = (text: string): void => {
  console.log(`${stamp()}${text}`);
};

const life = new Life("bench");
try {
  const here = machine();
  say(`the ${plan.name} run: ${here.cores} cores; starting the far end and the peers`);
  const [script, pages, far] = await Promise.all([
    bundle(new URL("page/main.ts", import.meta.url)),
    startPages(life),
    Far.start(life),
  ]);
  const { peers, absent } = await startPeers({ life, far, pages, script }, keys, {
    laneAnyway: options["lane-anyway"],
    say,
  });
  const before = usedSoFar();
  const run = new Run(peers, plan, far, (text) => process.stdout.write(text), stamp);
  const { figures, growth, memory, remarks } = await run.all();
  const others = othersShare(before, usedSoFar(), here.cores);
  if (options["lane-anyway"])
    remarks.push("Portside's lane was not insisted on: figures under its name may be those of native messaging");
  if (options.only !== undefined) remarks.push(`only these peers were asked for: ${keys.join(", ")}`);
  const results: Results = {
    date: new Date(begun).toISOString(),
    seconds: seconds(),
    plan,
    machine: here,
    othersShare: others,
    memory,
    absent,
    remarks,
    figures,
    growth,
    verdicts: judge(figures, growth),
  };
  write(results);
  console.log(`\n${terminalReport(results)}\n`);
} catch (error) {
  console.error(`\nerror: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${life.logs()}`);
  process.exitCode = 1;
} finally {
  await life.end();
}
say("done");
process.exit();

/** The full run's results stay; every other run's are put beside them, where git does not look. */
function write(results: Results): void {
  const whole = plan.name === "full" && options.only === undefined && !options["lane-anyway"];
  const name = whole ? "latest" : plan.name === "quick" ? "quick" : "part";
  const title = `Portside beside its alternatives: the ${plan.name} run, ${results.date.slice(0, 10)}`;
  const note = `${results.machine.processor}, ${results.machine.cores} cores, loopback. Bars: median of ${plan.rounds} round(s); lines: from least to most.`;
  mkdirSync(resultsFolder, { recursive: true });
  const put = (extension: string, text: string): void => {
    writeFileSync(join(resultsFolder, `${name}.${extension}`), text);
  };
  put("json", `${JSON.stringify(results, null, 2)}\n`);
  put("svg", plot(title, note, charts(results), number));
  put("md", markdownReport(results, `${name}.svg`));
  say(`results are in bench/results/${name}.md, .json and .svg`);
}
