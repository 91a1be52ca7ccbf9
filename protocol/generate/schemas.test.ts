// What references become, and what options become on each leg of their way.
import assert from "node:assert/strict";
import { test } from "node:test";
import { definitions, idlRange, schemas, standing, written, type PageMember } from "./schemas.ts";

/** All schemas inside of one, itself among them. */
function* inside(schema: unknown): Generator<Record<string, unknown>> {
  if (typeof schema !== "object" || schema === null) return;
  if (!Array.isArray(schema)) yield schema as Record<string, unknown>;
  for (const part of Object.values(schema)) yield* inside(part);
}

test("nothing is left of references, of allOf and of what is for the generator only", () => {
  let references = 0;
  for (const schema of written.values()) for (const part of inside(schema)) if ("$ref" in part) references++;
  assert.ok(references > 60, `${references.toString()} references`);
  for (const [name, schema] of schemas)
    for (const part of inside(schema))
      for (const word of ["$ref", "$defs", "allOf", "unevaluatedProperties", "page", "since", "absence"])
        assert.ok(!(word in part), `${name} has ${word}`);
});

test("a schema that admits nothing still admits nothing", () => {
  const [, answer] = schemas.get("envelope")?.oneOf ?? [];
  assert.equal(answer?.properties?.["error"], false);
});

test("an object that joins definitions has all their members, those that are required, and no others", () => {
  const open = schemas.get("tcp.open.params");
  const parts = ["OpenRequest", "SharedOptions", "TCPOptions"].map(standing);
  assert.deepEqual(
    Object.keys(open?.properties ?? {}),
    parts.flatMap(({ properties }) => Object.keys(properties ?? {})),
  );
  assert.deepEqual(open?.required, definitions["OpenRequest"]?.required);
  assert.equal(open?.additionalProperties, false);
  for (const [name, schema] of schemas)
    for (const part of inside(schema))
      if (part["properties"] !== undefined && part["oneOf"] === undefined && name !== "envelope")
        assert.equal(part["additionalProperties"], false, `${name}: ${JSON.stringify(part).slice(0, 80)}`);
});

test("an option leaves the page within the range of its WebIDL type, and reaches the host within the host's", () => {
  const options = schemas.get("document")?.oneOf?.[0]?.properties?.["options"]?.properties ?? {};
  const host = schemas.get("tcp.open.params")?.properties ?? {};
  let seen = 0;
  for (const group of ["SharedOptions", "TCPOptions"])
    for (const [name, written] of Object.entries(definitions[group]?.properties ?? {})) {
      const { idl } = (written.page ?? {}) as Partial<PageMember>;
      if (written.type !== "integer" || idl === undefined) continue;
      seen++;
      assert.deepEqual(
        [options[name]?.minimum, options[name]?.maximum],
        [0, idlRange[idl as keyof typeof idlRange]],
        name,
      );
      assert.deepEqual([host[name]?.minimum, host[name]?.maximum], [written.minimum, written.maximum], name);
    }
  assert.ok(seen >= 5, `${seen.toString()} options`);
});

test("every definition is used", () => {
  const used = new Set<string>();
  const all: unknown[] = [...written.values(), definitions];
  for (const part of all.flatMap((schema) => [...inside(schema)]))
    if (typeof part["$ref"] === "string") used.add(part["$ref"].replace(/^.*\//, ""));
  const unused = Object.entries(definitions).filter(([name]) => !used.has(name));
  assert.deepEqual(
    unused.map(([name]) => name),
    [],
  );
});
