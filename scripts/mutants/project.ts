// The rules of the table and their markers in a folder that holds the project: what taking a rule out makes of its files.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withValue } from "./json.ts";
import type { Elsewhere, InJSON, Mutant, Step } from "./mutant.ts";
import { findMarks, mayHaveMarks, without, type Mark, type Removal } from "./source.ts";
import type { How } from "./target.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The project's files, with those that are not committed yet. */
export function projectFiles(): string[] {
  const names = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" });
  return names.split("\n").filter((name) => name !== "" && name !== "node_modules" && existsSync(join(root, name)));
}

const isElsewhere = (step: Step): step is Elsewhere => typeof step === "object" && "mark" in step;
const isInJSON = (step: Step): step is InJSON => typeof step === "object" && "json" in step;

/** The markers that a rule has of its own, and how they are taken out. */
function ownRemovals({ id, steps }: Mutant): Removal[] {
  const hows = steps.filter((step): step is How => !isElsewhere(step) && !isInJSON(step));
  return hows.map((how, index) => ({ mark: index === 0 ? id : `${id}.${(index + 1).toString()}`, how }));
}

/** The markers that rules name, in the order of the table. */
export function marksOfRules(mutants: readonly Mutant[]): string[] {
  const named = mutants.flatMap((mutant) => [
    ...ownRemovals(mutant).map(({ mark }) => mark),
    ...mutant.steps.filter(isElsewhere).map(({ mark }) => mark),
  ]);
  return [...new Set(named)];
}

export class Project {
  readonly marks: ReadonlyMap<string, Mark>;
  readonly #folder: string;
  readonly #hows: ReadonlyMap<string, How>;

  /** Reads the markers in a folder that holds the project's files. Throws with all that is wrong with them. */
  constructor(folder: string, mutants: readonly Mutant[]) {
    this.#folder = folder;
    const texts = projectFiles()
      .filter((name) => /\.(?:go|ts)$/.test(name))
      .map((name) => [name, this.#read(name)] as const);
    this.marks = findMarks(new Map(texts.filter(([, text]) => mayHaveMarks(text))));
    this.#hows = new Map(mutants.flatMap(ownRemovals).map(({ mark, how }) => [mark, how]));
  }

  #read = (name: string): string => readFileSync(join(this.#folder, name), "utf8");

  /** Returns the files that are different without a rule. Throws where its markers and steps do not fit each other. */
  without(mutant: Mutant): Map<string, string> {
    const removals = [
      ...ownRemovals(mutant),
      ...mutant.steps.filter(isElsewhere).map(({ mark, how = this.#hows.get(mark) ?? "gone" }) => ({ mark, how })),
    ];
    const files = without(removals, this.marks, this.#read);
    for (const { json, pointer, value } of mutant.steps.filter(isInJSON))
      files.set(json, withValue(files.get(json) ?? this.#read(json), pointer, value));
    for (const [file, text] of files)
      if (text === this.#read(file)) throw new Error(`${mutant.id}: ${file} stays as it is`);
    return files;
  }
}
