// Rule markers: what they mark in both languages, how it is taken out, and what is no marker.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withUsedImports } from "./go.ts";
import { withValue } from "./json.ts";
import { findMarks, without } from "./source.ts";
import type { How } from "./target.ts";

/** The texts of files, by name. */
const files = (texts: Record<string, string>): Map<string, string> => new Map(Object.entries(texts));

/** What is left of a text when the rule "it" is taken out of it. */
function taken(file: string, text: string, how: How = "gone"): string {
  const texts = files({ [file]: text });
  const result = without([{ mark: "it", how }], findMarks(texts), (name) => texts.get(name) ?? "");
  return (result.get(file) ?? "").replace(/\/\/rule:it\n|\/\*rule:it\*\/ ?/, "");
}

/** Cases of one language: what is tried, the text, what it comes to, and how. */
type Cases = [what: string, text: string, result: string, how?: How][];

function check(file: string, cases: Cases, around: (text: string) => string = (text) => text): void {
  for (const [what, text, result, how] of cases)
    test(what, () => {
      const squeeze = (one: string): string => one.replaceAll(/\s+/g, " ");
      assert.equal(squeeze(taken(file, around(text), how)), squeeze(around(result)));
    });
}

describe("TypeScript", () => {
  check("a.ts", [
    ["a statement", "f();\n//rule:it\ng();\nh();", "f();\n\nh();"],
    ["a statement with a comment of its own", "//rule:it\n// Why.\ng();\nh();", "// Why.\n\nh();"],
    ["a declaration", "//rule:it\nexport const a = 1;\nf();", "\nf();"],
    ["a documented declaration", "/** What. */\n//rule:it\nfunction f() {}\ng();", "/** What. */\n\ng();"],
    ["an if is never taken", "//rule:it\nif (a || b) f();", "if (((a || b) && false)) f();"],
    ["an if that always is", "//rule:it\nif (a) f();", "if (((a) || true)) f();", "always"],
    ["a loop", "//rule:it\nwhile (a) f();\ng();", " g();"],
    ["a loop that never begins", "//rule:it\nwhile (a) f();", "while (((a) && false)) f();", "never"],
    [
      "the condition of a for",
      "for (let i = 0; /*rule:it*/ i < 9; i++) f();",
      "for (let i = 0; ((i < 9) || true); i++) f();",
      "always",
    ],
    ["a whole condition", "if (/*rule:it*/ a.b === c) f();", "if (((a.b === c) && false)) f();"],
    [
      "a clause of a switch",
      "switch (a) {\n  case 1:\n    f();\n  //rule:it\n  case 2:\n    g();\n}",
      "switch (a) {\n  case 1:\n    f();\n  \n}",
    ],
    [
      "a statement of a clause",
      "switch (a) {\n  case 1:\n    //rule:it\n    f();\n    break;\n}",
      "switch (a) {\n  case 1:\n    \n    break;\n}",
    ],
    ["a property", "const a = {\n  b: 1,\n  //rule:it\n  c: 2,\n};", "const a = {\n  b: 1,\n};"],
    ["a property on the line", "const a = { /*rule:it*/ b: 1, c };", "const a = { c };"],
    ["the only property", "const a = {\n  //rule:it\n  b,\n};", "const a = {\n  \n};"],
    ["a class member", "class A {\n  //rule:it\n  b() {}\n  c() {}\n}", "class A {\n  \n  c() {}\n}"],
    [
      "a member of an interface",
      "interface A {\n  //rule:it\n  b: 1;\n  c: 2;\n}",
      "interface A { d: 3; c: 2;\n}",
      { becomes: "d: 3;" },
    ],
    ["an element", "const a = [b, /*rule:it*/ c, d];", "const a = [b, d];"],
    ["a spread element at the end", "const a = [b, /*rule:it*/ ...c];", "const a = [b];"],
    ["an argument", "f(/*rule:it*/ a.b(c), d);", "f( d);"],
    ["the last argument", "f(a, /*rule:it*/ b);", "f(a);"],
    ["the only argument", "f(/*rule:it*/ a);", "f();"],
    ["a left operand", "if (/*rule:it*/ a === b && c) f();", "if (c) f();"],
    ["an operand in the middle", "if (a && /*rule:it*/ !b && c) f();", "if (a && c) f();"],
    ["a right operand", "const a = b ?? /*rule:it*/ c(d);", "const a = b;"],
    ["an operand on its line", "const a =\n  b ||\n  //rule:it\n  c ||\n  d;", "const a = b || d;"],
    ["an operand that always holds", "const a = b && /*rule:it*/ c;", "const a = b && ((c) || true);", "always"],
    ["a conditional expression", "const a = /*rule:it*/ b ? c : d;", "const a = ((b) && false) ? c : d;"],
    ["an expression in place of another", "const a = /*rule:it*/ b.c(d) + 1;", "const a = e;", { becomes: "e" }],
    ["a value", "const a = { b: /*rule:it*/ c };", "const a = { b: d };", { becomes: "d" }],
    ["code in front", "f();\n//rule:it\nreturn_();", "f();\ng();\nreturn_();", { precededBy: "g();" }],
    [
      "a line of it",
      'const a = [\n  "b",\n  "c",\n];'.replace("const", "//rule:it\nconst"),
      'const a = [\n  "b",\n];',
      { withoutLine: '"c"' },
    ],
    ["what only looks like a marker", "const a = `\n//rule:no\n`;\n//rule:it\nf();", "const a = `\n//rule:no\n`;\n"],
  ]);
});

describe("Go", () => {
  const inFunction = (text: string): string => `package p\n\nfunc f() {\n${text}\n}\n`;
  check(
    "a.go",
    [
      ["a statement", "f()\n//rule:it\ng()\nh()", "f()\n\nh()"],
      ["an if is never taken", "//rule:it\nif a || b {\nf()\n}", "if ((a || b) && false) {\nf()\n}"],
      [
        "an if with a statement in front",
        "//rule:it\nif err := f(); err != nil {\n}",
        "if err := f(); ((err != nil) && false) {\n}",
      ],
      ["an if that always is", "//rule:it\nif a {\n}", "if ((a) || true) {\n}", "always"],
      ["a loop", "//rule:it\nfor a {\n}\ng()", "\ng()"],
      ["a loop that never begins", "//rule:it\nfor a {\n}", "for ((a) && false) {\n}", "never"],
      ["a whole condition", "if b := c; /*rule:it*/ b == d {\n}", "if b := c; ((b == d) && false) {\n}"],
      [
        "a case with a condition",
        "switch {\n//rule:it\ncase a, b:\nf()\n}",
        "switch {\ncase ((a) && false), ((b) && false):\nf()\n}",
      ],
      ["a clause with a value", "switch a {\n//rule:it\ncase 1:\nf()\ncase 2:\n}", "switch a {\n\ncase 2:\n}"],
      ["a value of a clause", "switch a {\ncase /*rule:it*/ 1, 2:\n}", "switch a {\ncase 2:\n}"],
      ["a default clause", "switch {\ncase a:\n//rule:it\ndefault:\nf()\n}", "switch {\ncase a:\n\n}"],
      ["a clause of a select", "select {\n//rule:it\ncase <-a:\ncase <-b:\n}", "select {\n\ncase <-b:\n}"],
      ["a statement of a clause", "switch {\ncase a:\n//rule:it\nf()\ng()\n}", "switch {\ncase a:\n\ng()\n}"],
      ["an element", "a := []int{1,\n//rule:it\n2,\n3,\n}", "a := []int{1, 3,\n}"],
      ["the last element", "a := []int{\n1,\n//rule:it\n2,\n}", "a := []int{\n1,\n}"],
      ["a member with its name", "a := T{\nb: 1,\n//rule:it\nc: 2,\n}", "a := T{\nb: 1,\n}"],
      ["an argument", "f( /*rule:it*/ a.b(c), d)", "f( d)"],
      ["the only argument", "f(\n//rule:it\na,\n)", "f(\n\n)"],
      ["a left operand", "a = /*rule:it*/ b == c && d", "a = d"],
      ["a right operand", "a = b ||\n//rule:it\n!c || d", "a = b || d"],
      ["an operand that never holds", "a = b || /*rule:it*/ c", "a = b || ((c) && false)", "never"],
      ["an expression in place of another", "a := /*rule:it*/ b.c(d)[1]", "a := e", { becomes: "e" }],
      ["code in front", "f()\n//rule:it\nh()", "f()\ng()\nh()", { precededBy: "g()" }],
      ["what only looks like a marker", "a := `\n//rule:no\n`\n//rule:it\nf()", "a := `\n//rule:no\n`\n"],
    ],
    inFunction,
  );
  check("a.go", [
    [
      "a function",
      "package p\n\n// f does it.\n//\n//rule:it\nfunc f() {}\n\nvar a int\n",
      "package p\n\n// f does it.\n//\n\n\nvar a int\n",
    ],
    [
      "one of several declarations",
      "package p\n\nconst (\n\ta = 1\n\t//rule:it\n\tb = 2\n)\n",
      "package p\n\nconst (\n\ta = 1\n\t\n)\n",
    ],
    [
      "a field",
      "package p\n\ntype t struct {\n\ta int\n\t//rule:it\n\tb int\n}\n",
      "package p\n\ntype t struct {\n\ta int\n\t\n}\n",
    ],
    [
      "behind letters of several bytes",
      'package p\n\nvar a = "ä🦊" + /*rule:it*/ b\n',
      'package p\n\nvar a = "ä🦊" + c\n',
      { becomes: "c" },
    ],
    [
      "an import that nothing needs then",
      'package p\n\nimport (\n\t"os"\n\tx "net/url"\n)\n\n//rule:it\nvar a = os.Args\nvar b x.URL\n',
      'package p\n\nimport (\n\t_ "os"\n\tx "net/url"\n)\n\n\nvar b x.URL\n',
    ],
  ]);
});

describe("several markers", () => {
  test("may mark the same node", () => {
    const texts = files({ "a.ts": "//rule:one\n//rule:two\nf();" });
    const marks = findMarks(texts);
    assert.deepEqual(marks.get("one"), marks.get("two"));
  });

  test("are taken out together, in several files", () => {
    const texts = files({
      "a.ts": "f(/*rule:one*/ a);\n//rule:one.2\ng();",
      "b.go": "package p\n\n//rule:two\nvar a int\n",
    });
    const removals = ["one", "one.2", "two"].map((mark) => ({ mark, how: "gone" as const }));
    const result = without(removals, findMarks(texts), (name) => texts.get(name) ?? "");
    assert.deepEqual([...result.values()], ["f(/*rule:one*/ );\n//rule:one.2\n", "package p\n\n//rule:two\n\n"]);
  });

  test("of which one is inside of the other are not", () => {
    const texts = files({ "a.ts": "//rule:one\nf(/*rule:two*/ a);" });
    const removals = ["one", "two"].map((mark) => ({ mark, how: "gone" as const }));
    assert.throws(() => without(removals, findMarks(texts), (name) => texts.get(name) ?? ""), /inside of another/);
  });
});

describe("what is wrong is told", () => {
  const wrong: [what: string, texts: Record<string, string>, words: RegExp][] = [
    ["a marker that marks nothing", { "a.ts": "f();\n//rule:it\n" }, /^a\.ts:2: it marks nothing$/],
    [
      "one in front of a bracket",
      { "a.go": "package p\n\nfunc f() {\n\t//rule:it\n}\n" },
      /^a\.go:4: it marks nothing$/,
    ],
    ["one behind code", { "a.ts": "f(); //rule:it\ng();" }, /^a\.ts:1: it marks nothing$/],
    [
      "one behind code, in Go",
      { "a.go": "package p\n\nvar a int //rule:it\nvar b int\n" },
      /^a\.go:3: it marks nothing$/,
    ],
    ["one in front of the name of a member", { "a.ts": "a./*rule:it*/ b();" }, /it marks nothing$/],
    [
      "an id that is there twice",
      { "a.ts": "//rule:it\nf();", "b.ts": "\n//rule:it\nf();" },
      /^b\.ts:2: it is marked in a\.ts, too$/,
    ],
    ["what is no id", { "a.ts": "//rule:It is\nf();" }, /^a\.ts:1: It is: this is no id$/],
    ["the number of a first place", { "a.ts": "//rule:it.1\nf();" }, /this is no id$/],
    ["all of it", { "a.ts": "//rule:A\nf();\n//rule:b" }, /^a\.ts:1: A: .*\na\.ts:3: b marks/],
    ["a text that is no TypeScript", { "a.ts": "f(;\n//rule:it\n" }, /^a\.ts:1: /],
    ["a text that is no Go", { "a.go": "package p\n\nfunc {\n" }, /^a\.go:3:/],
  ];
  for (const [what, texts, words] of wrong)
    test(what, () => {
      assert.throws(() => findMarks(files(texts)), { message: words });
    });

  test("an id that nothing has", () => {
    assert.throws(
      () => without([{ mark: "it", how: "gone" }], new Map(), () => ""),
      /^Error: nothing is marked rule:it$/,
    );
  });

  const ways: [what: string, text: string, how: How, words: RegExp][] = [
    [
      "to remove what the code around needs",
      "const a = /*rule:it*/ b;",
      "gone",
      /^rule:it in a\.ts: it cannot be removed/,
    ],
    ["a condition where there is none", "//rule:it\nf();", "never", /has no condition/],
    ["a line that is not there", "//rule:it\nf();", { withoutLine: "g" }, /none of its lines/],
    ["a line of several", "//rule:it\nf(f);", { withoutLine: "f" }, /more than once/],
  ];
  for (const [what, text, how, words] of ways)
    test(what, () => {
      assert.throws(() => taken("a.ts", text, how), { message: words });
    });
});

test("imports that were not used before stay", () => {
  const text = 'package p\n\nimport "embed"\n\nvar a int\n';
  assert.equal(withUsedImports(text, text.replace("int", "bool")), text.replace("int", "bool"));
});

test("the last part of an import's path is its name, but for a version", () => {
  const text = 'package p\n\nimport "example.org/dns/v2"\n\nvar a = dns.B\n';
  assert.match(withUsedImports(text, text.replace("dns.B", "1")), /^import _ "example\.org\/dns\/v2"$/m);
});

describe("JSON", () => {
  const text = '{"a":{"b/c":["d","e"]}}';
  const changed = (pointer: string, value?: string): unknown => JSON.parse(withValue(text, pointer, value));
  test("a value becomes another one", () => {
    assert.deepEqual(changed("/a/b~1c/0", "x"), { a: { "b/c": ["x", "e"] } });
  });
  test("a value is appended", () => {
    assert.deepEqual(changed("/a/b~1c/-", "x"), { a: { "b/c": ["d", "e", "x"] } });
  });
  test("an element is removed", () => {
    assert.deepEqual(changed("/a/b~1c/0"), { a: { "b/c": ["e"] } });
  });
  test("a member is removed", () => {
    assert.deepEqual(changed("/a/b~1c"), { a: {} });
  });
  test("a place that is not there is told", () => {
    for (const pointer of ["", "/b", "/a/b/c", "/a/b~1c/2", "/a/b~1c/-"])
      assert.throws(() => changed(pointer), { message: `there is no ${pointer}` });
  });
});
