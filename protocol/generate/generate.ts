// Writes everything that follows from protocol/schema: the Go and TypeScript types, the tables of methods and constants,
// the extension's compiled validators (an extension's CSP forbids the eval that ajv would otherwise need), and the schema by
// which Chromium checks what administrators set in the browser. Also the one script that the host serves, out of its TypeScript.
//
//   npm run generate            writes the files
//   npm run generate -- --check fails when a file on disk differs from what the schemas say
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2019 } from "ajv/dist/2019.js";
import standalone from "ajv/dist/standalone/index.js";
import { transformSync } from "esbuild";
import { compile } from "json-schema-to-typescript";
import * as prettier from "prettier";
import typescript from "typescript";

interface Schema {
  title?: string;
  description?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  oneOf?: Schema[];
}
interface Method {
  kind: "request" | "notification" | "data";
  from: "browser" | "host" | "both";
  doc: string;
}
interface Constant {
  value: number;
  doc: string;
}

// The package is CommonJS: under Node its default export is the whole module.
const standaloneCode = (
  typeof standalone === "function" ? standalone : (standalone as { default: unknown }).default
) as typeof standalone;

const here = dirname(fileURLToPath(import.meta.url));
const schemaDir = join(here, "..", "schema");
const check = process.argv.includes("--check");

const banner = "Code generated from protocol/schema by `npm run generate`. DO NOT EDIT.";
const readJSON = <T>(name: string): T => JSON.parse(readFileSync(join(schemaDir, name), "utf8")) as T;
const methods = readJSON<Record<string, Method>>("methods.json");
const constants = readJSON<Record<string, Constant>>("constants.json");
const schemas = new Map<string, Schema>();
for (const file of readdirSync(schemaDir).sort()) {
  if (file === "methods.json" || file === "constants.json") continue;
  schemas.set(file.replace(/\.json$/, ""), readJSON<Schema>(file));
}
for (const method of Object.keys(methods)) {
  const m = methods[method];
  if (!schemas.has(`${method}.params`)) throw new Error(`${method} has no params schema`);
  if (m?.kind === "request" && !schemas.has(`${method}.result`)) throw new Error(`${method} has no result schema`);
}

/** Messages that never leave the extension. */
const insideExtension = ["document", "frame"];

/** "socketId" -> "SocketID", "tcp.open" -> "TCPOpen". */
function goName(name: string): string {
  return name
    .split(/[.\-_]/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("")
    .replace(/^Tcp/, "TCP")
    .replace(/^Udp/, "UDP")
    .replace(/^(Alpn|Cidr|Csp|Dns|Sha|Tls|Url)(?=[A-Z\d]|$)/, (initials) => initials.toUpperCase())
    .replace(/Id(s?)(?=[A-Z]|$)/, "ID$1");
}

function comment(text: string | undefined, indent = ""): string {
  return text === undefined ? "" : `${indent}// ${text}\n`;
}

function goType(schema: Schema): string {
  if (schema.enum !== undefined) return "string";
  switch (schema.type) {
    case "string":
      return "string";
    case "integer":
      return "int64";
    case "boolean":
      return "bool";
    case "array":
      if (schema.items === undefined) break;
      return "[]" + goType(schema.items).replace(/^\*/, "");
    case "object":
      if (schema.title === undefined) break;
      return "*" + schema.title;
    default:
  }
  throw new Error(`no Go type for ${JSON.stringify(schema)}`);
}

/** A type may be part of several schemas; then it must be the same in each. */
function define(types: Map<string, string>, name: string, text: string): void {
  const known = types.get(name);
  if (known !== undefined && known !== text) throw new Error(`two schemas define ${name}, each in its own way`);
  types.set(name, text);
}

/** Where absent differs from false and 0: in settings that are merged, and in an answer to what was not asked. */
const withAbsence = ["policy", "policy.get.result"];

/** With `absence` an optional flag or number is a pointer, nil when it is absent. */
function goStruct(schema: Schema, out: Map<string, string>, absence = false): void {
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const inner = property.type === "array" ? property.items : property;
    if (inner?.type === "object") goStruct(inner, out, absence);
    const optional = schema.required?.includes(name) !== true;
    const scalar = property.type === "boolean" || property.type === "integer";
    const type = (absence && optional && scalar ? "*" : "") + goType(property);
    // An empty list says something else than none.
    const omit = absence && property.type === "array" ? "omitzero" : "omitempty";
    return (
      comment(property.description, "\t") +
      `\t${goName(name)} ${type} \`json:"${name}${optional ? "," + omit : ""}"\`\n`
    );
  });
  const doc =
    schema.description === undefined
      ? `${schema.title ?? ""} is defined by protocol/schema.`
      : `${schema.title ?? ""}: ${schema.description}`;
  define(out, schema.title ?? "", `// ${doc}\ntype ${schema.title ?? ""} struct {\n${fields.join("")}}\n`);
}

function goFile(): string {
  const structs = new Map<string, string>();
  for (const [name, schema] of schemas) {
    if (name !== "envelope" && !insideExtension.includes(name)) goStruct(schema, structs, withAbsence.includes(name));
  }
  const methodConstants = Object.entries(methods).map(
    ([name, m]) => comment(m.doc, "\t") + `\tMethod${goName(name)} = ${JSON.stringify(name)}\n`,
  );
  const constantLines = Object.entries(constants).map(
    ([name, c]) => comment(c.doc, "\t") + `\t${goName(name)} = ${c.value.toString()}\n`,
  );
  return `// ${banner}\n\npackage protocol\n\n// Limits and versions that both sides share.\nconst (\n${constantLines.join("")})\n\n// Methods.\nconst (\n${methodConstants.join("")})\n\n${[...structs.values()].join("\n")}`;
}

/** Who serves what the browser's side may call, and the way there. */
function goDispatchFile(): string {
  const called = Object.entries(methods).filter(([, { from }]) => from !== "host");
  const served = called.map(([name, { kind, doc }]) => {
    const id = { request: "id int64, ", data: "id *int64, ", notification: "" }[kind];
    const fault = kind === "notification" ? "" : " *protocol.RPCError";
    const params = `params protocol.${schemas.get(`${name}.params`)?.title ?? ""}`;
    return `\t// ${goName(name)} serves ${name}. ${doc}\n\t${goName(name)}(ctx context.Context, ${id}${params})${fault}\n`;
  });
  const cases = called.map(
    ([name, { kind }]) => `\tcase protocol.Method${goName(name)}:\n\t\treturn ${kind}(ctx, m, h.${goName(name)})\n`,
  );
  return `// ${banner}

package rpc

import (
	"context"

	"github.com/portside/portside/protocol"
)

// Handler serves what the browser's side calls. A method with an id answers it, then or
// later, unless it returns a fault.
type Handler interface {
${served.join("")}}

// Serve hands a message that fits its schema to whoever serves its method, and returns
// their fault. A request has an id, as the envelope's schema says.
func Serve(ctx context.Context, h Handler, m protocol.Message) *protocol.RPCError {
	switch m.Method {
${cases.join("")}	default:
		// Only the host says it.
		return protocol.NewError(protocol.CodeUnknownMethod)
	}
}
`;
}

/** The declarations of a piece of TypeScript, each with the comment before it. */
function declarations(text: string): { name: string; text: string }[] {
  const file = typescript.createSourceFile("types.ts", text, typescript.ScriptTarget.Latest);
  return file.statements.map((statement) => {
    const { name } = statement as typescript.DeclarationStatement;
    return { name: (name as typescript.Identifier).text, text: statement.getFullText(file).trim() };
  });
}

async function tsFile(): Promise<string> {
  const parts: string[] = [`// ${banner}\n`];
  for (const [name, c] of Object.entries(constants))
    parts.push(`/** ${c.doc} */\nexport const ${name} = ${c.value.toString()};\n`);
  parts.push(
    `/** What may be called, by whom, and whether it is answered. */\nexport const methods = ${JSON.stringify(
      Object.fromEntries(Object.entries(methods).map(([name, m]) => [name, { kind: m.kind, from: m.from }])),
    )} as const;\nexport type MethodName = keyof typeof methods;\n`,
  );
  const types = new Map<string, string>();
  for (const [, schema] of schemas) {
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
  parts.push(...types.values());
  const requests = Object.entries(methods).filter(([, m]) => m.kind === "request");
  parts.push(
    `/** Parameters of each method. */\nexport interface MethodParams {\n${Object.keys(methods)
      .map((name) => `${JSON.stringify(name)}: ${schemas.get(`${name}.params`)?.title ?? "never"};`)
      .join("\n")}\n}\n`,
    `/** Result of each request. */\nexport interface MethodResult {\n${requests
      .map(([name]) => `${JSON.stringify(name)}: ${schemas.get(`${name}.result`)?.title ?? "never"};`)
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

function validatorName(name: string): string {
  return "validate" + (schemas.get(name)?.title ?? "");
}

function validatorFiles(): { js: string; dts: string } {
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
    names[validatorName(name)] = name;
  }
  const js = `// ${banner}\n` + standaloneCode(ajv, names);
  const dts =
    `// ${banner}\nimport type * as m from "./message.ts";\n` +
    Object.values(names)
      .map(
        (name) =>
          `export declare const ${validatorName(name)}: (value: unknown) => value is m.${schemas.get(name)?.title ?? ""};`,
      )
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

/** The settings of policy.json but the audit log: only a file can say where that is. */
function managedFile(): string {
  const { properties, ...rest } = schemas.get("policy") ?? {};
  const settings = Object.entries(properties ?? {}).filter(([name]) => name !== "audit");
  return JSON.stringify(managedSchema({ ...rest, properties: Object.fromEntries(settings) }));
}

/** The script of the page by which a person tries Portside. The host has it inside, and Go knows no TypeScript. */
function tryoutScript(): string {
  const source = "nativehost/tryout/page/page.ts";
  const { code } = transformSync(readFileSync(join(here, "..", "..", source), "utf8"), {
    loader: "ts",
    format: "iife",
    target: ["chrome140", "firefox142"],
    charset: "utf8",
  });
  return `// Code generated from ${source} by \`npm run generate\`. DO NOT EDIT.\n${code}`;
}

const { js, dts } = validatorFiles();
const ts = await prettier.format(await tsFile(), { parser: "typescript", printWidth: 140 });
const outputs: Record<string, string> = {
  "protocol/message.ts": ts,
  "protocol/message.go": goFile(),
  "nativehost/rpc/methods.go": goDispatchFile(),
  "protocol/validators.js": js,
  "protocol/validators.d.ts": dts,
  "nativehost/tryout/page/page.js": tryoutScript(),
  "extension/managed_schema.json": await prettier.format(managedFile(), { parser: "json", printWidth: 120 }),
};
let stale = false;
for (const [file, raw] of Object.entries(outputs)) {
  const text = file.endsWith(".go") ? execFileSync("gofmt", { input: raw, encoding: "utf8" }) : raw;
  const path = join(here, "..", "..", file);
  if (check) {
    let present = "";
    try {
      present = readFileSync(path, "utf8");
    } catch {
      // A missing file is a stale one.
    }
    if (present !== text) {
      stale = true;
      console.error(`${file} does not match what it is generated from: run \`npm run generate\` and commit the result`);
    }
  } else {
    writeFileSync(path, text);
    console.log(`wrote ${file}`);
  }
}
if (stale) process.exit(1);
