// What developers of pages read on the console, and what a page may ask before it asks for a socket: rows 3 and E1.

import { becomes, gone, inUnit, never, row, type Mutant } from "./mutant.ts";

const asks = (name: string): ReturnType<typeof inUnit> => inUnit("extension/background/sockets/probe.test.ts", name);

export const developer: readonly Mutant[] = [
  ...row(
    "3",
    [
      "console-lines-are-bounded",
      "A document prints a bounded number of lines on the console",
      inUnit("extension/content/developer_console.test.ts", "a document prints fifty lines in a row"),
      becomes("(this.#budget.take(now) || true)"),
    ],
    [
      "presence-is-looked-up-rarely",
      "Pages that ask whether the program is there have it looked for once in five seconds",
      asks("whoever asks and however often"),
      gone,
    ],
  ),
  ...row(
    "E1",
    [
      "console-names-cause-after-consent",
      "A line on the console names the cause of a failure only where somebody agreed and administrators let pages know",
      inUnit(
        "extension/background/sockets/developer_line.test.ts",
        "where administrators keep causes from pages, the line names none",
      ),
      becomes("told || true"),
    ],
    [
      "presence-needs-gesture",
      "A page hears whether the program is there only with a gesture by which it could ask for a socket",
      asks("it takes a gesture that nobody has used, and leaves it"),
      gone,
    ],
    [
      "presence-needs-admission",
      "A page that may have no sockets does not hear whether the program is there",
      asks("a page that may have no sockets is not told"),
      never,
    ],
  ),
];
