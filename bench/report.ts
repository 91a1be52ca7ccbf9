// What a run looks like: on a terminal, as Markdown, and the charts of its plot.
import { number } from "./judge.ts";
import { metricKeys, metrics, type MetricKey } from "./metrics.ts";
import { peerKeys, peerTitles, type PeerKey } from "./peers/peer.ts";
import type { Chart } from "./plot.ts";
import type { Figure } from "./stats.ts";
import type { Results } from "./results.ts";
import { markdownTable, plainTable } from "./table.ts";

const none = "–";
/** The share of the processors from which on others are warned of. */
const noisy = 0.1;

const measured = (results: Results): PeerKey[] => peerKeys.filter((key) => results.figures[key] !== undefined);

/** Peers in columns, figures in rows; rows that nobody has are left out. */
function figureRows(results: Results, cell: (peer: PeerKey, key: MetricKey) => string): string[][] {
  const peers = measured(results);
  const head = ["", ...peers.map((key) => peerTitles[key])];
  const rows = metricKeys
    .filter((key) => peers.some((peer) => results.figures[peer]?.[key] !== undefined))
    .map((key) => [`${metrics[key].title}, ${metrics[key].unit}`, ...peers.map((peer) => cell(peer, key))]);
  return [head, ...rows];
}

function growthRows({ growth }: Results): string[][] {
  const head = ["", "sockets", "open, ms each", "host or relay, KiB each", "browser, KiB each", "round trip p50, ms"];
  const rows = peerKeys.flatMap((peer) =>
    (growth[peer] ?? []).map((step) => [
      peerTitles[peer],
      String(step.sockets),
      ...[step.openMs, step.relayKiB, step.browserKiB, step.tripMs].map(number),
    ]),
  );
  return [head, ...rows];
}

const verdictRows = ({ verdicts }: Results): string[][] =>
  verdicts.map(({ target, state, why }) => [target, state, why]);

/** What a reader must see before any figure. */
function warnings(results: Results): string[] {
  const others = results.othersShare;
  const noise =
    others > noisy
      ? [
          `other programs used ${Math.round(100 * others)} % of the processors meanwhile: these figures are worth little`,
        ]
      : [];
  const gone = peerKeys.flatMap((key) => {
    const why = results.absent[key];
    return why === undefined ? [] : [`${peerTitles[key]} is not in these figures: ${why}`];
  });
  return [...noise, ...gone, ...results.remarks];
}

export function terminalReport(results: Results): string {
  const cell = (peer: PeerKey, key: MetricKey): string => {
    const figure = results.figures[peer]?.[key];
    return figure === undefined ? none : number(figure.median);
  };
  return [
    plainTable(figureRows(results, cell)),
    "",
    plainTable(growthRows(results)),
    "",
    plainTable(verdictRows(results)),
    ...warnings(results).map((warning) => `\n!! ${warning}`),
  ].join("\n");
}

export function markdownReport(results: Results, plotFile: string): string {
  const { machine, plan } = results;
  const cell = (peer: PeerKey, key: MetricKey): string => {
    const figure = results.figures[peer]?.[key];
    if (figure === undefined) return none;
    const spread = figure.rounds > 1 ? ` <sub>${number(figure.min)}-${number(figure.max)}</sub>` : "";
    return `${number(figure.median)}${spread}`;
  };
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const shown = metricKeys.filter((key) =>
    measured(results).some((peer) => results.figures[peer]?.[key] !== undefined),
  );
  return `# Benchmark, ${plan.name} run

Written by \`make ${plan.name === "full" ? "bench" : "bench-quick"}\`; [bench/README.md](../README.md) says what is compared and how to read it. Figures of one machine in one run: ratios count.

${warnings(results)
  .map((warning) => `* **${warning}**\n`)
  .join("")}
![The main figures as bars](${plotFile})

## Targets
${markdownTable([["target", "", "figures"], ...verdictRows(results)])}

## Figures
The median of ${plan.rounds} round${plan.rounds === 1 ? "" : "s"}${plan.rounds === 1 ? "" : ", and from the least to the most"}. Peers take turns within a round.

${markdownTable(figureRows(results, cell))}

## Idle sockets
On top of what there was before the first, with ${results.memory}.

${markdownTable(growthRows(results))}

## How each figure was taken
${markdownTable([["figure", "how"], ...shown.map((key) => [metrics[key].title, metrics[key].how])])}

A bulk transfer ends after ${plan.bulkBytes >> 20} MiB or ${plan.bulkMs / 1000} s with one stream, ${plan.bulk10Ms / 1000} s with ten. Round trips: at most ${plan.tripCount} idle and ${plan.loadedCount} loaded; openings: at most
${plan.openCount} one after the other. Before anything is timed, ${plan.hashBytes >> 20} MiB go each way with every peer and their SHA-256 is compared.

## Where
| | |
| --- | --- |
| begun | ${results.date}, took ${Math.round(results.seconds)} s |
| processor | ${machine.processor}, ${machine.cores} cores |
| memory | ${machine.memoryGiB} GiB |
| system | ${machine.system} |
| others' share of the processors meanwhile | ${Math.round(100 * results.othersShare)} % |
| versions | ${versions.join("; ")} |
`;
}

/** The charts of the plot. */
export function charts(results: Results): Chart[] {
  const chart = (key: MetricKey, better: Chart["better"]): Chart => ({
    title: metrics[key].title,
    unit: metrics[key].unit,
    better,
    bars: measured(results).flatMap((peer) => {
      const figure = results.figures[peer]?.[key];
      if (figure === undefined || peer === "floor") return [];
      const { median, min, max } = figure;
      const colour = peer === "lane" ? "first" : peer === "stdio" ? "second" : "other";
      return [{ label: peerTitles[peer], value: median, min, max, colour }];
    }),
    ...beside(results.figures.floor?.[key]),
  });
  // Without a browser all is so much faster that on one scale nothing else could be told apart.
  function beside(floor: Figure | undefined): { beside?: string } {
    return floor === undefined ? {} : { beside: `Go client ${number(floor.median)}` };
  }
  return [
    chart("receive1", "more"),
    chart("send1", "more"),
    chart("receive10", "more"),
    chart("send10", "more"),
    chart("tripP50", "less"),
    chart("loadedP99", "less"),
    chart("firstByteP50", "less"),
    chart("opensPerSecond", "more"),
    chart("udpP50", "less"),
    chart("udpCame", "more"),
    chart("udpReceived", "more"),
    chart("idleRelay", "less"),
    chart("cpuReceiveBrowser", "less"),
  ];
}
