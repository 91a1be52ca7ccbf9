// When a name may be read out in its letters.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inLetters } from "./idn.ts";

/** The host as the browser would have it. */
const hostOf = (name: string): string => new URL(`http://${name}/`).hostname;
const read = (name: string): string | undefined => {
  const letters = inLetters(hostOf(name));
  return letters?.clear === true ? letters.labels.join(".") : undefined;
};

test("names of one script are read out", () => {
  for (const name of [
    "bücher.example",
    "straße.example",
    "đường.example",
    "łódź.pl",
    "пример.com",
    "почта.рф",
    "παράδειγμα.gr",
    "例え.テスト",
    "中文.example",
    "도메인.kr",
    "ツッピ日本abc.jp",
    "汉字nic.cn",
    "मराठी.भारत",
    "தமிழ்.example",
    "ไทยแลนด์.th",
    "مثال.إختبار",
    "דוגמה.example",
    "mail.bücher.example",
    "人々.example",
  ])
    assert.equal(read(name), name);
});

test("names in ASCII have nothing to be read out", () => {
  for (const host of ["example.org", "1.2.3.4", "[::1]", "localhost"]) assert.equal(inLetters(host), undefined);
});

test("what may be taken for something else is not", () => {
  for (const [name, why] of Object.entries({
    "аррӏе.com": "Cyrillic letters that all look Latin",
    "раураl.com": "Cyrillic and Latin",
    "xn--pypal-4ve.com": "pаypal with one Cyrillic letter",
    "ҽԗаур.com": "Cyrillic letters of other languages that all look Latin",
    "ѕсорё.com": "and one with a mark",
    "οικο.com": "Greek letters that all look Latin",
    "ὀΐκό.com": "and with marks",
    "օսհ.com": "Armenian letters that all look Latin",
    "סחו.com": "Hebrew letters that all look Latin",
    "αбв.com": "Greek and Cyrillic",
    "bücherж.com": "Latin and Cyrillic",
    "яndex.com": "ASCII and a Cyrillic letter that looks like no other",
    "büch中.com": "Latin with marks and Han",
    "google一.com": "a stroke of Han beside ASCII",
    "goノogle.com": "a stroke of Katakana beside ASCII",
    "丨丨.com": "nothing but strokes",
    "١٢٣.com": "Arabic digits",
    "kılıç.com": "a dotless i",
    "ɡoogle.com": "a phonetic letter",
    "i❤.ws": "a symbol",
    "ნ漢.com": "Georgian and Han",
    "한かな.com": "Hangul and Hiragana",
    "þorn.com": "a letter for b and p",
    "ᏚᎢ.com": "Cherokee, of which it is not known",
    "परीक्\u200dषा.com": "a joiner",
    "a\u0301b\u0323\u0301\u0302c.com": "letters with a heap of marks that no letter has",
  })) {
    const letters = inLetters(hostOf(name));
    assert.notEqual(letters, undefined, why);
    assert.equal(letters?.clear, false, `${why}: ${letters?.labels.join(".") ?? ""}`);
  }
});

test("what is no Punycode, or leads elsewhere, is not read out", () => {
  for (const host of [
    "xn--a.example",
    "xn--0.example",
    "xn--bcher-kvA.example",
    "xn--example-.com",
    "xn--ls8h.la",
    "xn--.example",
  ])
    assert.notEqual(inLetters(host)?.clear, true, host);
});
