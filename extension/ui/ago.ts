// How long ago something was, and how long it still lasts, as the user's language says it; the exact time is in the tooltip.

import { numberLanguage } from "../shared/language.ts";

const dates = new Intl.DateTimeFormat(numberLanguage(), { dateStyle: "medium", timeStyle: "short" });
const spans = new Intl.RelativeTimeFormat(numberLanguage(), { numeric: "auto" });
const shortSpans = new Intl.RelativeTimeFormat(numberLanguage(), { numeric: "always", style: "short" });

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "3 days ago". `time` is in ms since 1970; what is to come counts as now. */
export function ago(time: number, now = Date.now()): string {
  const seconds = Math.max(0, (now - time) / 1000);
  const [unit, length] = units.find(([, length]) => seconds >= length) ?? (["second", Infinity] as const);
  return spans.format(-Math.floor(seconds / length), unit);
}

/** "in 42 min.", rounded up, so that what has not ended is never "in 0 min."; from an hour and a half on in hours. */
export function inTime(until: number, now = Date.now()): string {
  const minutes = Math.max(1, Math.ceil((until - now) / 60_000));
  return minutes < 90 ? shortSpans.format(minutes, "minute") : shortSpans.format(Math.round(minutes / 60), "hour");
}

/** "28 Nov 2026, 06:42". */
export function exactly(time: number): string {
  return dates.format(time);
}

/** Shows a time as `words` say it, and exactly in the tooltip; changes nothing that is as it was. */
export function showTime(element: HTMLTimeElement, time: number, words: string): void {
  if (element.textContent === words) return;
  element.dateTime = new Date(time).toISOString();
  element.title = exactly(time);
  element.textContent = words;
}
