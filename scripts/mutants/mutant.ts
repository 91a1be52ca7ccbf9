// What a mutant is: a rule of docs/SECURITY.md, how it is taken out, and the test that must then go red.

/** A test: Go's by package and name, TypeScript's by file and words of its name. The cheapest one that proves the rule. */
export type Proof = { name: string } & ({ go: string } | { unit: string } | { e2e: string });

/** One change of a file. */
export interface Edit {
  file: string;
  /** The text that is the rule; exactly once in the file. */
  find: string;
  replace: string;
}

export interface Mutant {
  /** The row of docs/SECURITY.md. */
  row: string;
  rule: string;
  /** Several where a rule is enforced in several places, any one of which would be enough. */
  edits: readonly Edit[];
  proof: Proof;
}

/** A test of a Go package. */
export const inGo = (folder: string, name: string): Proof => ({ go: folder, name });
/** A TypeScript unit test. */
export const inUnit = (unit: string, name: string): Proof => ({ unit, name });
/** A test in the browser. */
export const inBrowser = (file: string, name: string): Proof => ({ e2e: `e2e/${file}.test.ts`, name });

/** A change of one file. */
export const change = (file: string, find: string, replace: string): Edit => ({ file, find, replace });

/** Rules of one row. */
export function row(name: string, ...rules: [rule: string, proof: Proof, ...edits: Edit[]][]): Mutant[] {
  return rules.map(([rule, proof, ...edits]) => ({ row: name, rule, proof, edits }));
}

/** A pattern that fits `text` and nothing else. */
export const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
