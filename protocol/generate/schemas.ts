// The schemas as they are on disk, and with every reference replaced by what it names.
//
// A reference is "#/$defs/Name" in definitions.json and "definitions.json#/$defs/Name" elsewhere; what stands beside it, such as a
// description, comes on top. An allOf of references is one object with the properties of all: `unevaluatedProperties: false` beside it
// becomes `additionalProperties: false`, which says the same of one object.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What a page sees of an option (definitions.json says what the members mean). */
export interface PageMember {
  idl?: "boolean" | "enum" | "DOMString" | "octet" | "unsigned short" | "unsigned long";
  doc: string;
  least?: number;
  off?: number;
  unit?: string;
  beyond?: "lower";
}

export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  title?: string;
  description?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean;
  unevaluatedProperties?: boolean;
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  oneOf?: Schema[];
  allOf?: Schema[];
  minimum?: number;
  maximum?: number;
  /** On a member of PortsideSocketOptions, or `true` on a reference: the options as they leave the page. */
  page?: PageMember | true;
  /** The version of the protocol that brought the member; absent: hosts of every version know it. */
  since?: number;
  /** In Go, absent is told from zero. */
  absence?: boolean;
}
export interface Method {
  kind: "request" | "notification" | "data";
  from: "browser" | "host" | "both";
  doc: string;
}
export interface Constant<T = number> {
  value: T;
  doc: string;
}
export interface LaneTable {
  protocol: Constant<string>;
  ticketPrefix: Constant<string>;
  headerBytes: Constant;
  stream: Record<string, Constant<string | number>>;
  kinds: Record<string, Constant>;
  closedNames: Constant<string[]>;
}

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const folder = join(root, "protocol", "schema");
export const banner = "Code generated from protocol/schema by `make generate`. DO NOT EDIT.";

const readJSON = <T>(name: string): T => JSON.parse(readFileSync(join(folder, name), "utf8")) as T;

export const methods = readJSON<Record<string, Method>>("methods.json");
export const constants = readJSON<Record<string, Constant>>("constants.json");
export const lane = readJSON<LaneTable>("lane.json");
export const definitions = readJSON<Schema>("definitions.json").$defs ?? {};

/** The ranges of WebIDL's integer types (https://webidl.spec.whatwg.org/#idl-types). */
export const idlRange = { octet: 255, "unsigned short": 65_535, "unsigned long": 4_294_967_295 } as const;

/** Messages that never leave the extension. */
export const insideExtension = ["document", "frame"];
const noMessages = ["methods", "constants", "lane", "definitions", "audit"];

export function definition(name: string): Schema {
  const found = definitions[name];
  if (found === undefined) throw new Error(`definitions.json has no ${name}`);
  return found;
}

/** The name that a reference gives. */
export function referred(reference: string): string {
  const [, name] = /^(?:definitions\.json)?#\/\$defs\/(\w+)$/.exec(reference) ?? [];
  if (name === undefined) throw new Error(`${reference} is no reference to definitions.json`);
  return name;
}

/** An option as it leaves the page: within the range of its WebIDL type, whatever the host takes. */
function ofPage(option: Schema): Schema {
  const { idl } = (option.page ?? {}) as Partial<PageMember>;
  if (option.type !== "integer" || idl === undefined || !(idl in idlRange)) return option;
  return { ...option, minimum: 0, maximum: idlRange[idl as keyof typeof idlRange] };
}

/** One object instead of an allOf. */
function joined({ allOf = [], unevaluatedProperties, ...schema }: Schema, depth: number): Schema {
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  for (const part of [...allOf, schema]) {
    const { page, ...rest } = part;
    const whole = expanded(rest, depth);
    for (const [name, property] of Object.entries(whole.properties ?? {})) {
      if (name in properties) throw new Error(`${schema.title ?? "a schema"} has ${name} twice`);
      properties[name] = page === true ? ofPage(property) : property;
    }
    required.push(...(whole.required ?? []));
  }
  if (unevaluatedProperties !== false) throw new Error(`${schema.title ?? "a schema"} leaves open what it may hold`);
  return { ...schema, properties, ...(required.length > 0 ? { required } : {}), additionalProperties: false };
}

/** A schema without references. */
function expanded(schema: Schema, depth = 0): Schema {
  if (typeof schema === "boolean") return schema; // true admits everything, false nothing
  if (depth > 16) throw new Error("references go round in a circle");
  if (schema.allOf !== undefined) return joined(schema, depth + 1);
  if (schema.$ref !== undefined) {
    const { $ref, ...beside } = schema;
    return expanded({ ...definition(referred($ref)), ...beside }, depth + 1);
  }
  const each = (some: Record<string, Schema>): Record<string, Schema> =>
    Object.fromEntries(Object.entries(some).map(([name, property]) => [name, expanded(property, depth + 1)]));
  return {
    ...schema,
    ...(schema.properties === undefined ? {} : { properties: each(schema.properties) }),
    ...(schema.items === undefined ? {} : { items: expanded(schema.items, depth + 1) }),
    ...(schema.oneOf === undefined ? {} : { oneOf: schema.oneOf.map((one) => expanded(one, depth + 1)) }),
  };
}

/** Takes `page`, `since` and `absence` out, which are for this generator and no keywords of JSON Schema. */
function plain(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plain);
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).filter(
    ([key, value]) =>
      !(key === "page" && (value === true || (typeof value === "object" && value !== null && "doc" in value))) &&
      !(key === "since" && typeof value === "number") &&
      !(key === "absence" && typeof value === "boolean"),
  );
  return Object.fromEntries(entries.map(([key, value]) => [key, plain(value)]));
}

const files = readdirSync(folder)
  .sort()
  .map((file) => file.replace(/\.json$/, ""))
  .filter((name) => !noMessages.includes(name));

/** The schema of each message as it is written. */
export const written = new Map(files.map((name) => [name, readJSON<Schema>(`${name}.json`)]));
/** The same in plain JSON Schema, without references. */
export const schemas = new Map([...written].map(([name, schema]) => [name, plain(expanded(schema)) as Schema]));

/** A definition as a schema of its own. */
export function standing(name: string): Schema {
  return { ...(plain(expanded(definition(name))) as Schema), additionalProperties: false };
}

for (const [method, { kind }] of Object.entries(methods)) {
  if (!schemas.has(`${method}.params`)) throw new Error(`${method} has no params schema`);
  if (kind === "request" && !schemas.has(`${method}.result`)) throw new Error(`${method} has no result schema`);
}

export const title = (name: string): string => schemas.get(name)?.title ?? "never";

/** A type may be part of several schemas; then it must be the same in each. */
export function define(types: Map<string, string>, name: string, text: string): void {
  const known = types.get(name);
  if (known !== undefined && known !== text) throw new Error(`two schemas define ${name}, each in its own way`);
  types.set(name, text);
}
