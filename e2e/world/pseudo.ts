// The extension in a language that nobody speaks: every text in brackets, with accents, and two fifths longer. What is not in brackets on
// the screen is a text that cannot be translated; what does not fit will not fit in German.
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Life } from "./life.ts";
import { extensionFolder } from "./places.ts";

const accented = "áƀçđéƒǧĥíĵķĺɱñóƥqŕšŧúvŵẋýž";

/** What a translator would make of it. Placeholders stay as they are. */
function pseudo(message: string): string {
  const words = message
    .split(/(\$[A-Za-z0-9_@]+\$)/)
    .map((part, n) =>
      n % 2 === 1 ? part : part.replaceAll(/[a-z]/g, (letter) => accented.charAt(letter.charCodeAt(0) - 97)),
    );
  return `⟦${words.join("")}${" ~".repeat(Math.ceil(message.length / 5))}⟧`;
}

/** Names that are no texts: the tag of the language itself. */
const untranslated = ["language"];

/** Makes the extension, and returns its folder. */
export function pseudoExtension(life: Life): string {
  const folder = join(life.folder("pseudo"), "extension");
  cpSync(extensionFolder, folder, { recursive: true });
  const file = join(folder, "_locales", "en", "messages.json");
  const messages = JSON.parse(readFileSync(file, "utf8")) as Record<string, { message: string }>;
  for (const [name, text] of Object.entries(messages))
    if (!untranslated.includes(name)) text.message = pseudo(text.message);
  writeFileSync(file, JSON.stringify(messages));
  return folder;
}
