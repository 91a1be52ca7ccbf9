// The suite's results in Markdown, and whether they are what the checks say of themselves.
import { departures, type Check, type Departure } from "./kit/check.ts";
import type { Outcome, Outcomes } from "./runner.ts";

export type Implementation = "native" | "portside";

/** A check that did not do what is recorded of it. */
export interface Surprise {
  check: Check;
  outcome: Outcome;
  expected: "pass" | "no pass";
}

export function surprises(of: Implementation, checks: readonly Check[], outcomes: Outcomes): Surprise[] {
  return checks.flatMap((check) => {
    const outcome = outcomes.get(check.id);
    if (outcome === undefined) return [];
    const departure = check[of];
    if (departure?.unsteady === true) return [];
    const passes = outcome.outcome === "pass";
    if (passes === (departure === undefined)) return [];
    return [{ check, outcome, expected: departure === undefined ? "pass" : "no pass" } satisfies Surprise];
  });
}

/** One line about a check that did something else than is recorded. */
export function told({ check, outcome, expected }: Surprise): string {
  const why = outcome.message === "" ? "" : `: ${outcome.message}`;
  return `${check.id}: ${outcome.outcome}${why}; ${expected} is recorded (${check.sentence})`;
}

const intro = `# Conformance

Made by \`make conformance\`. Do not edit.

One suite of checks, in plain page JavaScript (\`e2e/conformance\`), runs unchanged on Portside and on
the browser's own implementation of Direct Sockets. It covers the draft of the WICG and the parts of
[API.md](API.md) that follow it. Each difference has a reason; a run that differs from what is
recorded here fails.`;

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

function word(departure: Departure | undefined, outcome: Outcome | undefined): string {
  if (departure?.unsteady === true) return "mostly no";
  if (outcome !== undefined)
    return outcome.outcome === "pass" ? "yes" : outcome.outcome === "fail" ? "no" : outcome.outcome;
  return departure === undefined ? "yes" : "no";
}

export interface Report {
  checks: readonly Check[];
  versions: Record<Implementation, string>;
  outcomes: Record<Implementation, Outcomes>;
}

export function report({ checks, versions, outcomes }: Report): string {
  const groups = [...new Set(checks.map(({ group }) => group))];
  const passes = (of: Implementation, list: readonly Check[]): number =>
    list.filter((check) => word(check[of], outcomes[of].get(check.id)) === "yes").length;
  const parts = [
    intro,
    "",
    `| | Portside | ${versions.native} |`,
    "| --- | --- | --- |",
    ...groups.map((group) => {
      const list = checks.filter((check) => check.group === group);
      return `| ${group} | ${String(passes("portside", list))} of ${String(list.length)} | ${String(passes("native", list))} of ${String(list.length)} |`;
    }),
    `| **all** | ${String(passes("portside", checks))} of ${String(checks.length)} | ${String(passes("native", checks))} of ${String(checks.length)} |`,
    "",
    "## Differences",
    "",
    ...Object.entries(departures).map(([kind, meaning]) => `* **${kind}**: ${meaning}`),
    "",
    "| check | Portside | native | why |",
    "| --- | --- | --- | --- |",
  ];
  for (const check of checks) {
    const reasons = [check.portside, check.native].filter((departure) => departure !== undefined);
    if (reasons.length === 0) continue;
    const why = reasons.map(({ kind, why }) => `${kind}: ${why}`).join(" ");
    parts.push(
      `| \`${check.id}\` ${cell(check.sentence)} | ${word(check.portside, outcomes.portside.get(check.id))} | ${word(check.native, outcomes.native.get(check.id))} | ${cell(why)} |`,
    );
  }
  parts.push("", "## All checks");
  for (const group of groups) {
    parts.push("", `### ${group}`, "", "| check | Portside | native |", "| --- | --- | --- |");
    for (const check of checks.filter((one) => one.group === group))
      parts.push(
        `| \`${check.id}\` ${cell(check.sentence)} | ${word(check.portside, outcomes.portside.get(check.id))} | ${word(check.native, outcomes.native.get(check.id))} |`,
      );
  }
  return `${parts.join("\n")}\n`;
}
