// What the extension gets: types, constants, compiled validators (an extension's CSP forbids the eval that ajv would otherwise need), and the
// schema by which Chromium checks what administrators set in the browser.
import { Ajv2019 } from "ajv/dist/2019.js";
import standalone from "ajv/dist/standalone/index.js";
import { compile } from "json-schema-to-typescript";
import typescript from "typescript";
import {
  banner,
  constants,
  define,
  definition,
  insideExtension,
  lane,
  methods,
  schemas,
  standing,
  title,
  type Schema,
} from "./schemas.ts";

// The package is CommonJS: under Node its default export is the whole module.
const standaloneCode = (
  typeof standalone === "function" ? standalone : (standalone as { default: unknown }).default
) as typeof standalone;

/** The declarations of a piece of TypeScript, each with the comment before it. */
function declarations(text: string): { name: string; text: string }[] {
  const file = typescript.createSourceFile("types.ts", text, typescript.ScriptTarget.Latest);
  return file.statements.map((statement) => {
    const { name } = statement as typescript.DeclarationStatement;
    return { name: (name as typescript.Identifier).text, text: statement.getFullText(file).trim() };
  });
}

/** Adds the types of a schema. */
async function addTypes(types: Map<string, string>, schema: Schema): Promise<void> {
  const copy = structuredClone(schema) as Parameters<typeof compile>[0];
  const text = await compile(copy, schema.title ?? "Unnamed", {
    bannerComment: "",
    additionalProperties: false,
    format: false,
    ignoreMinAndMaxItems: true,
    strictIndexSignatures: true,
  });
  // A type that occurs twice in one schema comes out a second time, with a number: it is the same one.
  const names = new Set(declarations(text).map(({ name }) => name));
  const numbered = [...names].filter((name) => /\d$/.test(name) && names.has(name.replace(/\d+$/, "")));
  const once = numbered.reduce(
    (all, name) => all.replaceAll(new RegExp(`\\b${name}\\b`, "g"), name.replace(/\d+$/, "")),
    text,
  );
  for (const declaration of declarations(once)) define(types, declaration.name, declaration.text);
}

export async function tsFile(): Promise<string> {
  const parts: string[] = [`// ${banner}\n`];
  for (const [name, c] of Object.entries(constants))
    parts.push(`/** ${c.doc} */\nexport const ${name} = ${c.value.toString()};\n`);
  parts.push(
    `/** What may be called, by whom, and whether it is answered. */\nexport const methods = ${JSON.stringify(
      Object.fromEntries(Object.entries(methods).map(([name, m]) => [name, { kind: m.kind, from: m.from }])),
    )} as const;\nexport type MethodName = keyof typeof methods;\n`,
  );
  const kinds = Object.entries(lane.kinds).map(
    ([name, { doc, value }]) => `/** ${doc} */\n${name}: ${value.toString()},`,
  );
  parts.push(
    `/** ${lane.protocol.doc} */\nexport const laneProtocol = ${JSON.stringify(lane.protocol.value)};\n`,
    `/** ${lane.ticketPrefix.doc} */\nexport const ticketPrefix = ${JSON.stringify(lane.ticketPrefix.value)};\n`,
    `/** ${lane.headerBytes.doc} */\nexport const laneHeaderBytes = ${lane.headerBytes.value.toString()};\n`,
    ...Object.entries(lane.stream).map(
      ([name, { doc, value }]) =>
        `/** ${doc} */\nexport const laneStream${name[0]?.toUpperCase() ?? ""}${name.slice(1)} = ${JSON.stringify(value)};\n`,
    ),
    `/** The kinds of the lane's frames. */\nexport const laneKinds = {\n${kinds.join("\n")}\n} as const;\n`,
    `/** ${lane.closedNames.doc} */\nexport const laneClosedNames = ${JSON.stringify(lane.closedNames.value)} as const;\n`,
    `/** ${definition("PageReason").description ?? ""} */\nexport const hostReasons = ${JSON.stringify(definition("PageReason").enum)} as const;\n`,
    `/** Options of an open TCP socket that can be set. */\nexport type SettableOption = ${(definition("SettableOption").enum ?? []).map((option) => JSON.stringify(option)).join(" | ")};\n`,
  );
  const types = new Map<string, string>();
  for (const [, schema] of schemas) await addTypes(types, schema);
  for (const name of ["SharedOptions", "TCPOptions"]) await addTypes(types, standing(name));
  parts.push(...types.values());
  const requests = Object.entries(methods).filter(([, m]) => m.kind === "request");
  parts.push(
    `/** Parameters of each method. */\nexport interface MethodParams {\n${Object.keys(methods)
      .map((name) => `${JSON.stringify(name)}: ${title(`${name}.params`)};`)
      .join("\n")}\n}\n`,
    `/** Result of each request. */\nexport interface MethodResult {\n${requests
      .map(([name]) => `${JSON.stringify(name)}: ${title(`${name}.result`)};`)
      .join("\n")}\n}\n`,
  );
  return parts.join("\n");
}

/** The schemas that the extension checks: what the host answers and tells, and what documents say. */
function wantedInExtension(name: string): boolean {
  if (name === "envelope" || name === "error" || insideExtension.includes(name)) return true;
  if (name.endsWith(".result")) return true;
  const m = methods[name.replace(/\.params$/, "")];
  return m !== undefined && m.kind !== "data" && m.from !== "browser";
}

export function validatorFiles(): { js: string; dts: string } {
  const ajv = new Ajv2019({
    code: { source: true, esm: true },
    allErrors: false,
    discriminator: true,
    strict: true,
    allowUnionTypes: true,
    strictRequired: false,
    strictTypes: false,
  });
  const names: Record<string, string> = {};
  for (const [name, schema] of schemas) {
    if (!wantedInExtension(name)) continue;
    ajv.addSchema({ ...schema, $id: name });
    names[`validate${title(name)}`] = name;
  }
  const js = `// ${banner}\n` + standaloneCode(ajv, names);
  const dts =
    `// ${banner}\nimport type * as m from "./message.ts";\n` +
    Object.values(names)
      .map((name) => `export declare const validate${title(name)}: (value: unknown) => value is m.${title(name)};`)
      .join("\n") +
    "\n";
  return { js, dts };
}

/**
 * Types and descriptions only. Chromium drops a whole setting without a word when any part of it does not fit its schema, and a blocklist
 * that is dropped blocks nothing: so what only has the wrong value comes through to the host, which refuses everything and says why.
 * With additionalProperties the extension would not load at all.
 */
const managedKeywords = ["description"];

/** A schema for managed storage, where every value has a type. */
function managedSchema(schema: Schema): Record<string, unknown> {
  const kept = Object.entries(schema).filter(([keyword]) => managedKeywords.includes(keyword));
  return {
    type: schema.enum === undefined ? schema.type : "string",
    ...Object.fromEntries(kept),
    ...(schema.items === undefined ? {} : { items: managedSchema(schema.items) }),
    ...(schema.properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(schema.properties).map(([name, property]) => [name, managedSchema(property)]),
          ),
        }),
  };
}

/** What is for files only: where the audit log is and for whom a file counts; the rest is for who writes one. */
const filesOnly = ["$schema", "appliesTo", "audit", "tests"];

/** The settings of policy.json that managed storage has, too. */
export function managedFile(): string {
  const { properties, ...rest } = schemas.get("policy") ?? {};
  const settings = Object.entries(properties ?? {}).filter(([name]) => !filesOnly.includes(name));
  return JSON.stringify(managedSchema({ ...rest, properties: Object.fromEntries(settings) }));
}
