// Writes extension/ui/lookalikes.ts from Unicode's table of confusable characters. Usage, with the file of the version that is wanted, from
// https://www.unicode.org/Public/security/: node --import tsx scripts/lookalikes.ts confusables.txt
//
// Of the table (UTS 39, section 4) it takes letters of the scripts that names are read out in (extension/ui/idn.ts) that look like letters
// or digits of ASCII, with marks or without.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format } from "prettier";

const scripts = [
  "Arabic",
  "Armenian",
  "Bengali",
  "Cyrillic",
  "Devanagari",
  "Georgian",
  "Greek",
  "Gujarati",
  "Gurmukhi",
  "Hebrew",
  "Tamil",
  "Telugu",
  "Thai",
];

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("which confusables.txt?");
const table = readFileSync(file, "utf8");
const version = /^# Version: ([\d.]+)$/m.exec(table)?.[1];
if (version === undefined) throw new Error(`${file} is no table of confusable characters`);

/** The text of code points such as "0069 0308". */
const textOf = (points: string): string =>
  points
    .split(" ")
    .map((point) => String.fromCodePoint(Number.parseInt(point, 16)))
    .join("");

const found = new Map(scripts.map((script) => [script, new Set<string>()]));
for (const [, from = "", to = ""] of table.matchAll(/^([0-9A-F]+) ;\t([0-9A-F ]+) ;\tMA\t/gm)) {
  const letter = textOf(from);
  if (!/^[\p{Ll}\p{Lo}]$/u.test(letter) || letter.normalize("NFKC") !== letter) continue; // no host has any other
  if (!/^[a-zA-Z0-9|'\p{M}]+$/u.test(textOf(to).normalize("NFD"))) continue;
  for (const [script, letters] of found)
    if (new RegExp(`^\\p{Script=${script}}$`, "u").test(letter)) letters.add(letter);
}

const entries = [...found].map(([script, letters]) => `${script}: "${[...letters].sort().join("")}",`);
const source = `// Written by scripts/lookalikes.ts from Unicode's confusables.txt, version ${version} (https://www.unicode.org/Public/security/${version}/, Unicode
// License V3, https://www.unicode.org/license.txt). Do not edit.

/** Letters that look like letters or digits of ASCII, by script. */
export const lookalikes = {
  ${entries.join("\n  ")}
} as const;
`;
writeFileSync(
  fileURLToPath(new URL("../extension/ui/lookalikes.ts", import.meta.url)),
  await format(source, { parser: "typescript", printWidth: 120 }),
);
