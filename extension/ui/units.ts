// Numbers and times as the user's language writes them.

import { numberLanguage } from "../shared/language.ts";

const language = numberLanguage();
const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
const formats = units.map(
  (unit) =>
    new Intl.NumberFormat(language, {
      style: "unit",
      unit,
      // "0 byte" is not how anybody counts.
      unitDisplay: unit === "byte" ? "long" : "short",
      maximumFractionDigits: unit === "byte" ? 0 : 1,
    }),
);
const numbers = new Intl.NumberFormat(language);
const time = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const dayAndTime = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });

/** "0 bytes", "1.2 MB": thousands, as network speeds are counted. */
export function bytes(count: number): string {
  let [rest, step] = [count, 0];
  while (rest >= 999.95 && step < units.length - 1) [rest, step] = [rest / 1000, step + 1];
  return formats[step]?.format(rest) ?? String(count);
}

/** How many there are. Not for ports, which are names more than numbers and are written like addresses. */
export function count(number: number): string {
  return numbers.format(number);
}

/** The time of day, with the date unless it is today's. `at` is in ms since 1970. */
export function moment(at: number): string {
  const today = new Date(at).toDateString() === new Date().toDateString();
  return (today ? time : dayAndTime).format(at);
}

export function date(at: number): string {
  return day.format(at);
}
