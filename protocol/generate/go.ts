// What the host gets: types, constants, the lane's table, the dispatch of methods, and the schemas themselves.
import {
  banner,
  constants,
  define,
  definition,
  insideExtension,
  lane,
  methods,
  referred,
  schemas,
  title,
  written,
  type Schema,
} from "./schemas.ts";

/** "socketId" -> "SocketID", "tcp.open" -> "TCPOpen", "$schema" -> "Schema". */
function goName(name: string): string {
  return name
    .replace(/^\$/, "")
    .split(/[.\-_]/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("")
    .replace(/^Tcp/, "TCP")
    .replace(/^Udp/, "UDP")
    .replace(/^(Alpn|Cidr|Csp|Dns|Ip|Sha|Tls|Url)(?=[A-Z\d]|$)/, (initials) => initials.toUpperCase())
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

/** Where absent differs from false and 0: in settings that are merged, and in an answer to what was not asked. */
const withAbsence = ["policy", "policy.get.result"];

/** A reference with what it names, what stands beside it on top. */
function resolved(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  return resolved({ ...definition(referred($ref)), ...beside });
}

/** With `absence`, of the whole or of a member, an optional flag or number is a pointer, nil when it is absent. What an allOf takes in is embedded. */
function goStruct(schema: Schema, out: Map<string, string>, absence = false): void {
  const embedded = (schema.allOf ?? []).map((part) => {
    const whole = resolved(part);
    goStruct(whole, out, absence);
    return `\t${whole.title ?? ""}\n`;
  });
  const fields = Object.entries(schema.properties ?? {}).map(([name, reference]) => {
    const property = resolved(reference);
    const inner = property.type === "array" ? resolved(property.items ?? {}) : property;
    if (inner.type === "object") goStruct(inner, out, absence);
    const optional = schema.required?.includes(name) !== true;
    const scalar = property.type === "boolean" || property.type === "integer";
    const type =
      ((absence || property.absence === true) && optional && scalar ? "*" : "") +
      goType(property.type === "array" ? { ...property, items: inner } : property);
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
  const text = `// ${doc}\ntype ${schema.title ?? ""} struct {\n${embedded.join("")}${fields.join("")}}\n`;
  define(out, schema.title ?? "", text);
}

export function goFile(): string {
  const structs = new Map<string, string>();
  for (const [name, schema] of written) {
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

/** The kinds and numbers of the lane's frames. */
export function goLaneFile(): string {
  const list = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(", ");
  const kinds = Object.entries(lane.kinds).map(
    ([name, { doc, value }]) => comment(doc, "\t") + `\tLane${goName(name)} LaneKind = ${value.toString()}\n`,
  );
  const streams = Object.entries(lane.stream).map(
    ([name, { doc, value }]) =>
      comment(`LaneStream${goName(name)}: ${doc}`) + `const LaneStream${goName(name)} = ${JSON.stringify(value)}\n`,
  );
  return `// ${banner}

package protocol

// LaneProtocol: ${lane.protocol.doc}
const LaneProtocol = ${JSON.stringify(lane.protocol.value)}

// LaneTicketPrefix: ${lane.ticketPrefix.doc}
const LaneTicketPrefix = ${JSON.stringify(lane.ticketPrefix.value)}

// laneHeaderBytes: ${lane.headerBytes.doc}
const laneHeaderBytes = ${lane.headerBytes.value.toString()}

${streams.join("\n")}
// A LaneKind says what a frame of the lane is about.
type LaneKind byte

// The kinds of frames. Each stands for what a message of the same name says over
// stdio; docs/PROTOCOL.md has their bodies.
const (
${kinds.join("")})

// laneKinds is how many there are, numbered from 1.
const laneKinds = ${Object.keys(lane.kinds).length.toString()}

// laneNames: ${lane.closedNames.doc}
func laneNames() []string {
	return []string{${list(lane.closedNames.value)}}
}

// laneReasons are what closed can tell of the reason, by their number on the wire.
func laneReasons() []string {
	return []string{${list(["", ...(definition("PageReason").enum ?? [])])}}
}
`;
}

/** Who serves what the browser's side may call, and the way there. */
export function goDispatchFile(): string {
  const called = Object.entries(methods).filter(([, { from }]) => from !== "host");
  const served = called.map(([name, { kind, doc }]) => {
    const id = { request: "id int64, ", data: "id *int64, ", notification: "" }[kind];
    const fault = kind === "notification" ? "" : " *protocol.RPCError";
    const params = `params protocol.${title(`${name}.params`)}`;
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

/** The schemas that the host checks, without references, and the kinds of methods: it reads one file, and resolves nothing. */
export function goSchemas(): string {
  const wanted = [...schemas].filter(([name]) => !insideExtension.includes(name));
  const table = Object.fromEntries(Object.entries(methods).map(([name, { kind, from }]) => [name, { kind, from }]));
  return JSON.stringify({ methods: table, schemas: Object.fromEntries(wanted) }, undefined, 1) + "\n";
}
