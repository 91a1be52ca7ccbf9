// What the rule markers in Go files mark: a small Go program tells, since only Go reads Go well.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FoundMark } from "./typescript.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** The most that the program may answer, in bytes. */
const maxAnswer = 256 << 20;

/** Finds the markers of files, by name. Throws where a text is no Go. */
export function marksInGo(texts: ReadonlyMap<string, string>): Map<string, FoundMark[]> {
  const files = [...texts].map(([name, text]) => ({ name, text }));
  if (files.length === 0) return new Map();
  const output = execFileSync("go", ["run", "./scripts/mutants/goedit"], {
    cwd: root,
    input: JSON.stringify(files),
    maxBuffer: maxAnswer,
    encoding: "utf8",
  });
  const answers = JSON.parse(output) as { fault?: string; marks: FoundMark[] }[];
  return new Map(
    answers.map(({ fault, marks }, index) => {
      if (fault !== undefined) throw new Error(fault);
      return [files[index]?.name ?? "", marks];
    }),
  );
}

/**
 * Returns a Go text in which imports that only `before` used are imported for nothing: Go builds no file with an import that is not used.
 */
export function withUsedImports(before: string, after: string): string {
  return after.replaceAll(
    /^(\t|import )(?:(\w+) )?("([^"\n]+)")$/gm,
    (line, begin: string, alias: string | undefined, path: string, words: string) => {
      const name = alias ?? nameOf(words);
      const used = new RegExp(`\\b${name}\\.[A-Za-z_]`);
      return used.test(before) && !used.test(after) ? `${begin}_ ${path}` : line;
    },
  );
}

/** The name of a package, by its path. */
const nameOf = (path: string): string => /([^/]+?)(?:\/v\d+)?$/.exec(path)?.[1] ?? path;
