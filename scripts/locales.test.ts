// The texts of the extension: every language has all of them, with the same placeholders; each is used, and each that is used exists.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

interface Message {
  message: string;
  placeholders?: Record<string, { content: string }>;
}
type Messages = Record<string, Message>;

const folder = new URL("../extension/_locales/", import.meta.url);
const messagesOf = (locale: string): Messages =>
  JSON.parse(readFileSync(new URL(`${locale}/messages.json`, folder), "utf8")) as Messages;
const locales = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
const english = messagesOf("en");

const sources = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "extension", "manifest"], {
  encoding: "utf8",
  cwd: new URL("..", import.meta.url),
})
  .split("\n")
  .filter((file) => /\.(ts|html|json)$/.test(file) && !file.includes("_locales") && !file.includes(".test."))
  .map((file) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8"))
  .join("\n");

/** The placeholders that a text uses, "$HOST$" in any case. */
const used = ({ message }: Message): string[] =>
  [...message.matchAll(/\$([A-Za-z0-9_@]+)\$/g)].map(([, name = ""]) => name.toLowerCase()).sort();

test("English, and at least two more languages, one of which runs from right to left", () => {
  assert.ok(locales.includes("en"), "no English");
  assert.ok(locales.length >= 3, locales.join(", "));
  assert.ok(
    locales.some((locale) => ["ar", "fa", "he"].includes(locale)),
    "no language from right to left",
  );
});

for (const locale of locales) {
  test(`${locale}: all texts are there, with the same placeholders`, () => {
    const messages = messagesOf(locale);
    assert.deepEqual(Object.keys(messages).sort(), Object.keys(english).sort());
    for (const [name, message] of Object.entries(messages)) {
      const original = english[name] as Message;
      assert.notEqual(message.message.trim(), "", name);
      assert.deepEqual([...new Set(used(message))], [...new Set(used(original))], name);
      assert.deepEqual(message.placeholders, original.placeholders, `${name}: placeholders`);
      // Chromium takes a lone dollar sign for the beginning of a placeholder.
      assert.deepEqual(used(message), [...new Set(used(message))], `${name}: a placeholder twice`);
    }
  });

  test(`${locale}: the name of a button begins with what the button shows`, () => {
    // Who speaks to the computer says what they see (WCAG 2.5.3).
    const messages = messagesOf(locale);
    const named = Object.entries(messages).flatMap(([name, label]) => {
      const shown = messages[name.replace(/Label$/, "")];
      return name.endsWith("Label") && shown !== undefined ? [{ name, label, shown }] : [];
    });
    assert.ok(named.length >= 7, named.map(({ name }) => name).join(", "));
    for (const { name, label, shown } of named) assert.ok(label.message.startsWith(shown.message), name);
  });

  test(`${locale}: the manifest's texts have the length that browsers take`, () => {
    const { extensionName, extensionDescription } = messagesOf(locale);
    assert.ok((extensionName?.message ?? "").length <= 75, "extensionName is too long");
    assert.ok((extensionDescription?.message ?? "").length <= 132, "extensionDescription is too long");
  });
}

test("texts are used, and what is used is a text", () => {
  // Names that are put together, as in text(`service${name}`): what they begin with.
  const prefixes = [...sources.matchAll(/`([A-Za-z]+)\$\{/g)].map(([, prefix = ""]) => prefix);
  const unused = Object.keys(english).filter(
    (name) =>
      !new RegExp(`["'\`_]${name}(?:["'\`]|__)`).test(sources) && !prefixes.some((prefix) => name.startsWith(prefix)),
  );
  assert.deepEqual(unused, [], "texts that nobody uses");
  const wanted = [
    ...sources.matchAll(/data-(?:text|label|title|placeholder)="([A-Za-z0-9]+)"/g),
    ...sources.matchAll(/\btext\(\s*"([A-Za-z0-9]+)"/g),
    ...sources.matchAll(/__MSG_([A-Za-z0-9]+)__/g),
  ].map(([, name = ""]) => name);
  assert.ok(wanted.length > 20, "texts are missing");
  assert.deepEqual(
    [...new Set(wanted)].filter((name) => !Object.hasOwn(english, name)),
    [],
    "texts that are missing",
  );
});
