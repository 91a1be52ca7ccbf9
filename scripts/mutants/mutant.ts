// What a mutant is: a rule of docs/SECURITY.md, how it is taken out, and the test that must then go red.

import type { How } from "./target.ts";

/** A test: Go's by package and name, TypeScript's by file and words of its name. The cheapest one that proves the rule. */
export type Proof = { name: string } & ({ go: string } | { unit: string } | { e2e: string });

/** A place that another rule's marker marks, taken out as that rule says, or in another way. */
export interface Elsewhere {
  mark: string;
  how?: How;
}

/** A value of a JSON file, which can have no markers, by its JSON Pointer (RFC 6901). Without a new value it is removed. */
export interface InJSON {
  json: string;
  pointer: string;
  value?: unknown;
}

/** What is done to take a rule out: how its own next marker's node is, or something elsewhere. */
export type Step = How | Elsewhere | InJSON;

export interface Mutant {
  /** The row of docs/SECURITY.md. */
  row: string;
  /** The id of the rule's marker: `//rule:id` in the code. See source.ts. */
  id: string;
  rule: string;
  /** Several where a rule is enforced in several places, any one of which would be enough. */
  steps: readonly Step[];
  proof: Proof;
}

/** A test of a Go package. */
export const inGo = (folder: string, name: string): Proof => ({ go: folder, name });
/** A TypeScript unit test. */
export const inUnit = (unit: string, name: string): Proof => ({ unit, name });
/** A test in the browser. */
export const inBrowser = (file: string, name: string): Proof => ({ e2e: `e2e/${file}.test.ts`, name });

/** What is marked is removed; an `if` is never taken. */
export const gone: How = "gone";
/** The condition that is marked, or that of the statement, never holds. */
export const never: How = "never";
/** The condition that is marked, or that of the statement, always holds. */
export const always: How = "always";
/** Other code comes in the place of what is marked. */
export const becomes = (code: string): How => ({ becomes: code });
/** Code comes in front of what is marked. */
export const precededBy = (code: string): How => ({ precededBy: code });
/** What is marked loses the one line that holds these words. */
export const withoutLine = (words: string): How => ({ withoutLine: words });
/** A place that another rule has marked. */
export const also = (mark: string, how?: How): Elsewhere => (how === undefined ? { mark } : { mark, how });
/** A value of a JSON file becomes another one, or is removed. */
export const inJSON = (json: string, pointer: string, value?: unknown): InJSON =>
  value === undefined ? { json, pointer } : { json, pointer, value };

/** Rules of one row. A rule without steps has one marker, and what that marks is removed. */
export function row(name: string, ...rules: [id: string, rule: string, proof: Proof, ...steps: Step[]][]): Mutant[] {
  return rules.map(([id, rule, proof, ...steps]) => ({
    row: name,
    id,
    rule,
    proof,
    steps: steps.length === 0 ? [gone] : steps,
  }));
}

/** A pattern that fits `text` and nothing else. */
export const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
