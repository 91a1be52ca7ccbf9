// Rule markers: comments that say where in the code a rule of docs/SECURITY.md is enforced, so that it can be taken out.
//
// `//rule:some-id`, alone on its line, marks the statement, declaration, clause or member that begins on the next line of code; or else the
// expression that does. `/*rule:some-id*/` marks the largest expression that begins behind it, but no more than an operand of && or || (or ??), an
// argument or an element. Several markers may mark the same node. A rule that is enforced in several places has `some-id`, `some-id.2`, and so on.

import { marksInGo, withUsedImports } from "./go.ts";
import { changed, takeOut, type Change, type How, type Target } from "./target.ts";
import { marksInTypeScript, type FoundMark } from "./typescript.ts";

/** A marker that marks something. */
export interface Mark {
  file: string;
  target: Target;
}

/** A marker, and how what it marks is taken out. */
export interface Removal {
  mark: string;
  how: How;
}

/** A comment that means to be a marker. Not a proof: it may stand in a string. */
export const mayHaveMarks = (text: string): boolean => /\/[/*]rule:/.test(text);

const form = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[2-9])?$/;

/** Finds the markers in Go and TypeScript files, by their names. Throws with all that is wrong with them. */
export function findMarks(texts: ReadonlyMap<string, string>): Map<string, Mark> {
  const found = new Map<string, Mark>();
  const faults: string[] = [];
  const inGo = marksInGo(new Map([...texts].filter(([name]) => name.endsWith(".go"))));
  for (const [file, text] of texts) {
    const marks: FoundMark[] = inGo.get(file) ?? marksInTypeScript(file, text);
    for (const { id, start, target } of marks) {
      const where = `${file}:${text.slice(0, start).split("\n").length.toString()}: ${id}`;
      const other = found.get(id);
      if (!form.test(id)) faults.push(`${where}: this is no id`);
      else if (target === undefined) faults.push(`${where} marks nothing`);
      else if (other !== undefined) faults.push(`${where} is marked in ${other.file}, too`);
      else found.set(id, { file, target });
    }
  }
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return found;
}

/**
 * Takes marked places out. Returns the files that differ then. Throws where a mark does not exist, cannot be taken out like this, or is inside of
 * another.
 */
export function without(
  removals: readonly Removal[],
  marks: ReadonlyMap<string, Mark>,
  textOf: (file: string) => string,
): Map<string, string> {
  const changes = new Map<string, Change[]>();
  for (const { mark, how } of removals) {
    const found = marks.get(mark);
    if (found === undefined) throw new Error(`nothing is marked rule:${mark}`);
    const of = changes.get(found.file) ?? [];
    changes.set(found.file, of);
    try {
      of.push(...takeOut(textOf(found.file), found.target, how));
    } catch (error) {
      throw new Error(`rule:${mark} in ${found.file}: ${(error as Error).message}`, { cause: error });
    }
  }
  return new Map(
    [...changes].map(([file, of]) => {
      const before = textOf(file);
      const after = changed(before, of);
      return [file, file.endsWith(".go") ? withUsedImports(before, after) : after];
    }),
  );
}
