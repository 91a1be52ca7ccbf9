// What scripts cost a page at its start, beside a script of fixed work in the same page: a time alone says as much of the machine as of the script.
//
// Counted is the processor's time of the page's own thread, so that whoever else has the processor meanwhile does not count.
import type { TraceEvent } from "./cdp-types.ts";
import type { Chromium } from "./chromium.ts";
import { until } from "../wait.ts";

/** Of what content scripts do at a start: classes are made, and what the browser has is looked up, each for the first time in its document. */
const work = `
  ${Array.from(
    { length: 40 },
    (_, i) => `class Reference${i.toString()} {
      #value = ${i.toString()};
      get value() { return this.#value; }
      set value(given) { this.#value = given; }
      next() { return new Reference${i.toString()}(); }
    }
    new Reference${i.toString()}().next().value;`,
  ).join("\n")}
  for (const { prototype } of [
    HTMLAreaElement, HTMLAudioElement, HTMLButtonElement, HTMLCanvasElement, HTMLDialogElement, HTMLFormElement, HTMLImageElement,
    HTMLLabelElement, HTMLMapElement, HTMLMeterElement, HTMLObjectElement, HTMLOutputElement, HTMLProgressElement,
    HTMLSelectElement, HTMLTableElement, HTMLTextAreaElement, HTMLTrackElement, HTMLVideoElement, IDBDatabase, IDBIndex,
  ])
    for (const name of Object.getOwnPropertyNames(prototype)) Object.getOwnPropertyDescriptor(prototype, name);
`;
/** The element that a page needs to be measured. Its script is the page's only one that is not a file's. */
export const reference = `<script>{${work}}</script>`;

/** What the reference takes on a quiet machine that has two processors of 2.1 GHz, in ms: where times are told, it is as if on that machine. */
const referenceTime = 0.8;

/** What each script took in one load of a document, in ms of the page's thread, in the order in which they ran. The reference is the last. */
type Load = { url: string; time: number }[];

/** Traces the browser while `during` loads documents with the reference in them, at addresses for which `isPage` holds. Resolves with the loads. */
async function trace(
  browser: Chromium,
  isPage: (url: string) => boolean,
  during: () => Promise<unknown>,
): Promise<Load[]> {
  const events: TraceEvent[] = [];
  let complete = false;
  const stop = [
    browser.cdp.on("Tracing.dataCollected", ({ value }) => events.push(...value)),
    browser.cdp.on("Tracing.tracingComplete", () => {
      complete = true;
    }),
  ];
  await browser.cdp.send("Tracing.start", {
    traceConfig: { includedCategories: ["devtools.timeline", "v8"] },
    transferMode: "ReportEvents",
  });
  await during();
  await browser.cdp.send("Tracing.end");
  await until("the trace", () => complete);
  for (const end of stop) end();
  const loads: Load[] = [];
  /** By frame: many load at a time. */
  const begun = new Map<string, Load>();
  for (const { args, tdur = Number.NaN } of events
    .filter(({ name, ph }) => name === "EvaluateScript" && ph === "X")
    .toSorted((one, other) => one.ts - other.ts)) {
    const { url = "", frame = "" } = args?.data ?? {};
    const load = begun.get(frame) ?? [];
    begun.set(frame, load);
    load.push({ url, time: tdur / 1_000 });
    if (!isPage(url)) continue;
    loads.push(load);
    begun.delete(frame);
  }
  return loads;
}

/** What scripts cost a document. */
export interface Cost {
  /** Loads in which they were seen. */
  seen: number;
  /** Times of the reference's time: the median of all loads. */
  ratio: number;
  /** The same in ms, on the machine of `referenceTime`. */
  time: number;
  /** As it was measured, in ms. */
  median: number;
}

/**
 * Resolves with what scripts cost, that have these names, in documents that have the reference, while `during` loads them at addresses for which `isPage` holds.
 * A ratio is of two times within one load, a moment apart: a machine that is busy makes both slower.
 */
export async function scriptCosts<Name extends string>(
  browser: Chromium,
  isPage: (url: string) => boolean,
  names: readonly Name[],
  during: () => Promise<unknown>,
): Promise<Record<Name, Cost>> {
  const all = await trace(browser, isPage, during);
  const costOf = (name: Name): Cost => {
    const times: number[] = [];
    const ratios: number[] = [];
    for (const load of all) {
      const script = load.find((one) => one.url.endsWith(`/${name}`));
      const work = load.at(-1);
      if (script === undefined || work === undefined) continue;
      times.push(script.time);
      ratios.push(script.time / work.time);
    }
    const ratio = median(ratios);
    return { seen: times.length, ratio, time: ratio * referenceTime, median: median(times) };
  };
  return Object.fromEntries(names.map((name) => [name, costOf(name)])) as Record<Name, Cost>;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
