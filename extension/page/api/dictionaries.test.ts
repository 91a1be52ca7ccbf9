// The page's readers of dictionaries are those of the IDL: members, their order, what must be there.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as outer from "./dictionaries.ts";
import * as inner from "./inner_dictionaries.ts";
import { readDictionary, type DictionaryMember } from "../webidl.ts";
import { definitions, membersOf } from "../../../protocol/generate/webidl.ts";

const tables = new Map<string, readonly DictionaryMember[]>(
  Object.entries({ ...outer, ...inner }).map(([name, table]) => [name.toLowerCase(), table]),
);

test("every dictionary that a page passes has a table, whose members are read in lexicographical order", () => {
  const passed = definitions.filter(({ type, name }) => type === "dictionary" && !/OpenInfo$|Membership$/.test(name));
  assert.equal(tables.size, passed.length);
  assert.ok(passed.length >= 9, "dictionaries are missing");
  for (const { name } of passed) {
    const members = membersOf(name).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const table = tables.get(name.toLowerCase()) ?? [];
    assert.deepEqual(
      table.map(([member, , required]) => [member, required === true]),
      members.map((member) => [member.name, member.required === true]),
      name,
    );
    const read: string[] = [];
    const from = new Proxy({}, { get: (_, member) => void read.push(String(member)) });
    if (members.some(({ required }) => required === true))
      assert.throws(() => readDictionary(from, name, table), TypeError);
    else assert.deepEqual({ ...readDictionary(from, name, table) }, {}, name);
    assert.deepEqual(
      read,
      members.slice(0, read.length).map((member) => member.name),
    );
  }
});

test("each type of the IDL is converted as it says", () => {
  const converted = new Map<string, number>();
  const convert = (table: readonly DictionaryMember[], name: string, value: unknown): unknown =>
    table.find(([member]) => member === name)?.[1](value, name);
  const own = Symbol("own");
  for (const { type, name: dictionary } of definitions) {
    const table = tables.get(dictionary.toLowerCase());
    if (type !== "dictionary" || table === undefined) continue;
    for (const { name, idlType, extAttrs } of membersOf(dictionary)) {
      if (typeof idlType.idlType !== "string" || name === "serverName") continue;
      const enforced = extAttrs.some((attribute) => attribute.name === "EnforceRange");
      const kind = `${enforced ? "enforced " : ""}${idlType.idlType}`;
      converted.set(kind, (converted.get(kind) ?? 0) + 1);
      const most = {
        "enforced octet": 255,
        "enforced unsigned short": 65_535,
        "enforced unsigned long": 4_294_967_295,
      }[kind];
      if (most !== undefined) {
        assert.equal(convert(table, name, most.toString()), most, name);
        for (const bad of [most + 1, -1, NaN, Infinity, 1n, own])
          assert.throws(() => convert(table, name, bad), TypeError, `${dictionary}.${name}`);
      } else if (kind === "unsigned short") {
        for (const [value, port] of [
          [65_536 + 9, 9],
          [-1, 65_535],
          [NaN, 0],
          ["9.9", 9],
        ] as const)
          assert.equal(convert(table, name, value), port);
      } else if (kind === "boolean") {
        assert.deepEqual(
          ["", "x", 0, {}].map((value) => convert(table, name, value)),
          [false, true, false, true],
          name,
        );
      } else if (kind === "DOMString") {
        assert.equal(convert(table, name, 7), "7", name);
        assert.throws(() => convert(table, name, own), TypeError, name);
      } else if (definitions.some((one) => one.type === "enum" && one.name === kind)) {
        const { values = [] } = definitions.find((one) => one.name === kind) ?? {};
        assert.ok(values.length > 0, kind);
        for (const { value } of values) assert.equal(convert(table, name, value), value);
        for (const bad of ["", "x", undefined]) assert.throws(() => convert(table, name, bad), TypeError, name);
      } else assert.throws(() => convert(table, name, 7), TypeError, `${name} is an object`);
    }
  }
  for (const [kind, least] of Object.entries({
    boolean: 7,
    DOMString: 8,
    "enforced octet": 4,
    "enforced unsigned short": 5,
    "enforced unsigned long": 10,
    "unsigned short": 1,
    BufferSource: 2,
  }))
    assert.ok((converted.get(kind) ?? 0) >= least, `${kind}: ${(converted.get(kind) ?? 0).toString()}`);
});
