// Tables, the plot and the reports: what is in them, and what is said where something is missing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, number } from "./judge.ts";
import { plans } from "./plan.ts";
import { plot } from "./plot.ts";
import { charts, markdownReport, terminalReport } from "./report.ts";
import type { Results } from "./results.ts";
import { markdownTable, plainTable } from "./table.ts";

const figure = { median: 300.4, min: 250, max: 320, rounds: 3 };
const results: Results = {
  date: "2026-11-21T15:00:00.000Z",
  seconds: 700,
  plan: plans.full,
  machine: {
    processor: "A & B",
    cores: 2,
    memoryGiB: 24,
    system: "Linux",
    versions: { Go: "go1.26" },
  },
  othersShare: 0.25,
  memory: "PSS",
  absent: { lane: "lane: not available in this build" },
  remarks: ["native: send, 1 stream failed: 5 of 10 bytes were lost"],
  figures: { wisp: { receive1: figure, tripP50: { ...figure, median: 0.42 } }, floor: { receive1: figure } },
  growth: { wisp: [{ sockets: 1_000, openMs: 1, relayKiB: 5, browserKiB: 6, tripMs: 0.4 }] },
  verdicts: [],
};

test("columns of a plain table are in line", () => {
  const rows = [
    ["", "one", "two"],
    ["a long name", "1", "22222"],
  ];
  assert.equal(plainTable(rows), "             one    two\na long name    1  22222");
});

test("cells of a Markdown table cannot break it", () => {
  assert.equal(
    markdownTable([
      ["a", "b"],
      ["x|y", "1"],
    ]),
    "| a | b |\n| --- | ---: |\n| x\\|y | 1 |",
  );
});

test("a peer that was not measured is named with the reason, not shown with figures", () => {
  for (const text of [terminalReport(results), markdownReport(results, "latest.svg")]) {
    assert.match(text, /Portside, lane is not in these figures: lane: not available in this build/);
    assert.match(text, /5 of 10 bytes were lost/);
    assert.match(text, /other programs used 25 % of the processors/);
    const [, head = ""] = /\n?(.*wisp-js.*Go client.*)/.exec(text) ?? [];
    assert.doesNotMatch(head, /Portside/);
  }
});

test("Markdown has the median with its spread, the machine, and how each figure shown was taken", () => {
  const text = markdownReport(results, "latest.svg");
  assert.match(text, /receive, 1 stream, MiB\/s \| 300 <sub>250-320<\/sub> \| 300 <sub>250-320<\/sub> \|/);
  assert.match(text, /round trip, idle, p50, ms \| 0\.42 .* \| – \|/);
  for (const part of ["A & B, 2 cores", "Go go1.26", "latest.svg", "1024 MiB or 10 s"])
    assert.ok(text.includes(part), part);
  const how = text.slice(text.indexOf("How each figure"));
  assert.match(how, /receive, 1 stream \|/);
  assert.doesNotMatch(how, /UDP/);
});

test("charts have the peers that were measured; the client without a browser only beside them, since nothing else is on its scale", () => {
  for (const { title, bars } of charts(results))
    assert.ok(bars.length === (title === "receive, 1 stream" ? 1 : title === "round trip, idle, p50" ? 1 : 0), title);
  assert.equal(charts(results)[0]?.beside, "Go client 300");
});

test("the plot draws what it is given, to scale, and escapes text", () => {
  const bars = [
    { label: "a<b", value: 100, min: 50, max: 200, colour: "first" } as const,
    { label: "c", value: 50, min: 50, max: 50, colour: "other" } as const,
  ];
  const svg = plot(
    "A & B",
    "note",
    [
      { title: "rate", unit: "MiB/s", better: "more", bars },
      { title: "none", unit: "", better: "less", bars: [] },
    ],
    number,
  );
  assert.match(svg, /^<svg [^>]*viewBox="0 0 \d+ \d+"/);
  assert.ok(svg.includes("a&lt;b") && svg.includes("A &amp; B") && !svg.includes(">none<"), svg);
  const widths = [...svg.matchAll(/<rect class="(?:first|other)"[^>]* width="([\d.]+)"/g)].map(([, width]) =>
    Number(width),
  );
  assert.equal(widths.length, 2);
  assert.ok(Math.abs((widths[0] ?? 0) / (widths[1] ?? 1) - 2) < 0.01, widths.join());
  // Only what has a spread shows one.
  assert.equal(svg.match(/class="spread"/g)?.length, 1);
  assert.match(svg, /prefers-color-scheme: dark/);
});

test("verdicts stand in both reports", () => {
  const judged = { ...results, verdicts: judge(results.figures, results.growth) };
  for (const text of [terminalReport(judged), markdownReport(judged, "x.svg")])
    assert.match(text, /2\. send, one stream: at least 1\.0x of wisp-js/);
});
