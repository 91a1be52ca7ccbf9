// Names in other letters than ASCII's (IDN): when may they be read out in their letters?
//
// What is shown, remembered and dialled is the ASCII form, "xn--…", always: no two names look alike there. But nobody can read it. So the
// letters are shown beside it, where they can hardly be taken for others. This follows the browsers' own rules and is stricter where those
// lean on large tables: letters of one script only, or of one script and ASCII's in the ways that Chinese, Japanese and Korean mix them
// (UTS 39, section 5.2, "highly restrictive"); no label made up of letters that look like Latin ones; no digits but ASCII's, no lone
// marks, symbols, or characters that format. When in doubt the answer is no.

import { decode } from "punycode/punycode.es6.js";
import { lookalikes } from "./lookalikes.ts";

const script = (name: string): RegExp => new RegExp(`^\\p{Script_Extensions=${name}}$`, "u");

interface Script {
  /** All that belongs to the script. */
  letters: RegExp;
  /** Letters of it that look like Latin ones, or like strokes and signs. A label made up of nothing else is not read out. */
  lookalikes: string;
}

/** `more`: what Unicode's table does not have: letters that browsers add to it, and what looks like a stroke or a sign. */
function writtenAlone(name: keyof typeof lookalikes, more = ""): Script {
  return { letters: script(name), lookalikes: /*rule:latin-lookalikes-stay-punycode.2*/ lookalikes[name] + more };
}

/** Scripts that are written alone. Living ones (UAX 31, table 5) of which it is known which letters look like Latin ones. */
const alone: readonly Script[] = [
  writtenAlone("Arabic"),
  writtenAlone("Armenian", "էլյ"),
  writtenAlone("Bengali"),
  writtenAlone("Cyrillic", "ԍԗкпъыь"),
  writtenAlone("Devanagari"),
  writtenAlone("Georgian", "იოძხჩჽ"),
  writtenAlone("Greek", "κτχω"),
  writtenAlone("Gujarati", "ડટ"),
  writtenAlone("Gurmukhi"),
  writtenAlone("Hebrew", "דחםת"),
  writtenAlone("Tamil", "டபய"),
  writtenAlone("Telugu"),
  writtenAlone("Thai", "เแทนบพหรลมฟปดสก"),
];

/** Scripts that are written together, and with ASCII's letters among them. */
const together: readonly (readonly RegExp[])[] = [
  [script("Han"), script("Hiragana"), script("Katakana")],
  [script("Han"), script("Bopomofo")],
  [script("Han"), script("Hangul")],
];
/** What looks like a stroke, a sign or a Latin letter beside ASCII's letters. */
const strokes = "一丨丿丶乀乁乛十工七丁〇口卜卩ノソゾンーヘへㅣㅡㅇㄧㄒㄚㄟㄨㄩㄈ";

const ascii = /^[a-z0-9-]$/;
/** Letters and the marks that belong to them. Of the modifying letters only two, which Chinese and Japanese words need. */
const written = /^(?:[\p{Ll}\p{Lo}\p{M}々ー]|[0-9-])$/u;
/** Latin letters that are no letter of ASCII with a mark on it. */
const latinBesides = "ßæœøłđħ";
/** Pinyin and transliterations, which nobody writes names in. */
const rareLatin = /[\u01cd-\u01dc\u1e00-\u1e9b]/u;

function isLatin(character: string): boolean {
  if (ascii.test(character) || latinBesides.includes(character)) return true;
  return /^[a-z]\p{M}+$/u.test(character.normalize("NFD")) && !rareLatin.test(character);
}

/** Reports whether a label can hardly be taken for another one. */
function isClear(label: string): boolean {
  const characters = Array.from(label);
  if (!characters.every((character) => written.test(character))) return false;
  if (characters.every(isLatin)) return true;
  const others = characters.filter((character) => !ascii.test(character));
  const mixed = characters.some((character) => /[a-z]/.test(character));
  // A mark does not tell a letter from another, or only to who looks twice.
  const bases = others.flatMap((character) =>
    Array.from(/*rule:latin-lookalikes-stay-punycode.3*/ character.normalize("NFD").replaceAll(/\p{Mn}/gu, "")),
  );
  const made = (known: string): boolean => bases.every((character) => known.includes(character));
  for (const one of alone)
    if (others.every((character) => one.letters.test(character)))
      return (
        /*rule:mixed-scripts-stay-punycode*/ !mixed && /*rule:latin-lookalikes-stay-punycode*/ !made(one.lookalikes)
      );
  return together.some(
    (scripts) =>
      others.every((character) => scripts.some((letters) => letters.test(character))) &&
      !(mixed ? others.some((character) => strokes.includes(character)) : made(strokes)),
  );
}

/** A name in its letters. */
export interface Letters {
  /** False: its letters may be taken for others, or are none. Not to be shown. */
  clear: boolean;
  labels: string[];
}

/** Reads a canonical host in its letters. Undefined when it is all ASCII anyway. */
export function inLetters(host: string): Letters | undefined {
  const labels = host.split(".");
  if (!labels.some((label) => label.startsWith("xn--"))) return undefined;
  try {
    const read = labels.map((label) => (label.startsWith("xn--") ? decode(label.slice(4)) : label));
    // What is read must lead to where it came from.
    const same = new URL(`http://${read.join(".")}/`).hostname === host;
    return {
      /*rule:shown-unicode-round-trips*/ clear: same && read.every((label, n) => label === labels[n] || isClear(label)),
      labels: read,
    };
  } catch {
    return { clear: false, labels };
  }
}
