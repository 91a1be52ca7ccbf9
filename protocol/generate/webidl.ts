// What follows from the page's WebIDL: the tables by which the page reads its dictionaries, and the types of sdk/.
//
// An option that travels is also a member in definitions.json, which has its documentation and its range; the two must agree.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, validate, type Argument, type Definition, type IDLType, type Member } from "webidl2";
import { definition, root } from "./schemas.ts";

const file = "extension/page/api/direct_sockets.webidl";
const text = readFileSync(join(root, file), "utf8");
const lines = text.split("\n");
const tree = parse(text);
for (const { message } of validate(tree)) throw new Error(`${file}: ${message}`);

export const definitions = tree.filter(({ partial }) => partial !== true);
const enums = new Map(definitions.filter(({ type }) => type === "enum").map((one) => [one.name, one]));
const dictionaries = definitions.filter(({ type }) => type === "dictionary");

/** The members of a definition as they are written, with those that partial ones add. */
export function membersOf(name: string): Member[] {
  return tree.filter((one) => one.name === name).flatMap(({ members = [] }) => members);
}

/** In the order in which WebIDL reads a dictionary: what is inherited first, each by code units (https://webidl.spec.whatwg.org/#js-dictionary). */
function inOrder(name: string): Member[] {
  const inherited = dictionaries.find((one) => one.name === name)?.inheritance;
  return [
    ...(typeof inherited === "string" ? inOrder(inherited) : []),
    ...membersOf(name).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  ];
}

/** What converts a member for which its type does not say it all: bounds, or an object of the page's. */
const byHand: Readonly<Record<string, string>> = {
  alpnProtocols: "toProtocols",
  announce: "toAnnouncement",
  keepAlive: "toKeepAlive",
  onstate: "toCallback",
  serverCertificateHashes: "toHashes",
  serverName: "toServerName",
  signal: "toSignal",
  txt: "toStrings",
};

const integers: Readonly<Record<string, string>> = {
  octet: "enforceOctet",
  "unsigned short": "enforceShort",
  "unsigned long": "enforceLong",
};

/** The name of what converts a member. */
function converter({ name, idlType: { idlType }, extAttrs }: Member): string {
  const own = byHand[name];
  if (own !== undefined) return own;
  if (typeof idlType !== "string") throw new Error(`${name} has no conversion`);
  if (enums.has(idlType)) return `to${idlType}`;
  if (idlType in integers) {
    if (extAttrs.some((attribute) => attribute.name === "EnforceRange")) return integers[idlType] as string;
    if (idlType === "unsigned short") return "toShort";
  }
  switch (idlType) {
    case "boolean":
      return "toBoolean";
    case "DOMString":
      return "toDOMString";
    case "BufferSource":
      return "bufferSource";
    default:
      throw new Error(`${name} has no conversion: ${idlType}`);
  }
}

/** Dictionaries that go the other way: to the page. */
const made = /OpenInfo$|^MulticastMembership$/;
const lowerFirst = (name: string): string =>
  name.replace(/^(?:[A-Z]+(?=[A-Z][a-z])|[A-Z])/, (begin) => begin.toLowerCase());

/** Where what converts by hand is, in the folder of the API. */
const texts = ["toStrings"];
/** Dictionaries inside of others: those are read by converters, so the tables of these stand before them. */
const inner = ["PortsideCertificateHash", "PortsideAnnouncement"];

/** The page's tables: those of dictionaries inside of others, or all others. */
export function dictionariesFile(which: "inner" | "outer"): string {
  const used = new Set<string>();
  const tables = dictionaries
    .filter(({ name }) => !made.test(name) && inner.includes(name) === (which === "inner"))
    .map(({ name }) => {
      const rows = inOrder(name).map((member) => {
        const { default: preset, required } = member;
        // An absent boolean is a false one everywhere.
        if (preset && preset.value !== false) throw new Error(`${member.name} has a default that nobody sets`);
        const convert = converter(member);
        used.add(convert);
        return `  [${JSON.stringify(member.name)}, ${convert}${required === true ? ", true" : ""}],\n`;
      });
      return `/** ${name}. */\nexport const ${lowerFirst(name)} = [\n${rows.join("")}] as const;\n`;
    });
  const lists = [...enums.values()].filter(({ name }) => used.has(`to${name}`));
  const sources: Record<string, string[]> = { "./converters.ts": [], "./texts.ts": [], "../webidl.ts": [] };
  if (lists.length > 0) sources["../webidl.ts"]?.push("enumeration");
  const handmade = new Set(Object.values(byHand));
  for (const name of used) {
    if (lists.some((list) => name === `to${list.name}`)) continue;
    const from = texts.includes(name) ? "./texts.ts" : handmade.has(name) ? "./converters.ts" : "../webidl.ts";
    sources[from]?.push(name);
  }
  const imports = Object.entries(sources)
    .filter(([, names]) => names.length > 0)
    .map(([from, names]) => `import { ${names.sort().join(", ")} } from "${from}";\n`);
  const enumerations = lists.map(
    ({ name, values = [] }) => `const to${name} = enumeration(${JSON.stringify(values.map(({ value }) => value))});\n`,
  );
  return `// Code generated from ${file} by \`make generate\`. DO NOT EDIT.
//
// Dictionaries that a page passes: the members of each in the order in which they are read, what converts them, and which must be there.

${imports.join("")}
${enumerations.join("")}
${tables.join("\n")}`;
}

// ---- sdk/ ----

/** The comment right above a part of the tree. */
function docOf(node: object): string {
  const line = Math.min(...linesOf(node));
  const comment: string[] = [];
  for (let i = line - 2; i >= 0 && /^\s*\/\/ (?!----)/.test(lines[i] ?? ""); i--)
    comment.unshift((lines[i] ?? "").replace(/^\s*\/\/ /, ""));
  return comment.join(" ");
}

/** The lines of all tokens of a part of the tree. */
function* linesOf(node: unknown): Generator<number> {
  if (typeof node !== "object" || node === null) return;
  if ("line" in node && typeof node.line === "number") yield node.line;
  const { tokens, extAttrs, idlType } = node as { tokens?: object; extAttrs?: object; idlType?: unknown };
  if (tokens !== undefined) for (const token of Object.values(tokens)) yield* linesOf(token);
  if (extAttrs !== undefined) yield* linesOf(extAttrs);
  yield* linesOf(idlType);
}

/** What definitions.json says of an option. */
function docOfOption(name: string): string {
  for (const group of ["PageDestination", "SharedOptions", "TCPOptions", "TLSOptions"]) {
    const page = definition(group).properties?.[name]?.page;
    if (typeof page === "object") return page.doc;
  }
  return "";
}

/** A doc comment, in lines of at most 120 characters. */
function docComment(doc: string, indent: string): string {
  if (doc === "") return "";
  const found = [""];
  for (const word of doc.split(" ")) {
    const last = found.length - 1;
    const line = found[last] ?? "";
    if (line.length + word.length > 110) found.push(word);
    else found[last] = line === "" ? word : `${line} ${word}`;
  }
  if (found.length === 1) return `${indent}/** ${doc} */\n`;
  return `${indent}/**\n${found.map((line) => `${indent} * ${line}\n`).join("")}${indent} */\n`;
}

/** What streams carry, and what WebIDL calls an object. */
const precise: Readonly<Record<string, string>> = {
  "TCPSocketOpenInfo.readable": "ReadableStream<PortsideBytes>",
  "TCPSocketOpenInfo.writable": "WritableStream<BufferSource>",
  "TCPSocketOpenInfo.tls": "PortsideTLSInfo",
  "UDPSocketOpenInfo.readable": "ReadableStream<UDPMessage & { data: PortsideBytes }>",
  "UDPSocketOpenInfo.writable": "WritableStream<UDPMessage>",
  "TCPServerSocketOpenInfo.readable": "ReadableStream<TCPSocket>",
  "TCPServerSocketOpenInfo.serverCertificateHash": `{ algorithm: "sha-256"; value: ArrayBuffer }`,
};
/** What is there only in some sockets. */
const sometimes = /^UDPSocketOpenInfo\.(?:remote|multicast)|\.tls$|\.serverCertificateHash$/;

const plain: Readonly<Record<string, string>> = {
  boolean: "boolean",
  DOMString: "string",
  octet: "number",
  "unsigned short": "number",
  "unsigned long": "number",
  undefined: "undefined",
  any: "unknown",
};

/** A WebIDL type in TypeScript. */
function typeOf({ idlType, generic }: IDLType): string {
  if (typeof idlType === "string") return plain[idlType] ?? idlType;
  const parts = idlType.map(typeOf).join(" | ");
  switch (generic) {
    case "":
      return parts;
    case "sequence":
      return `Iterable<${parts}>`;
    case "FrozenArray":
      return `readonly (${parts})[]`;
    default:
      return `${generic}<${parts}>`;
  }
}

const argumentsOf = (all: readonly Argument[] = []): string =>
  all.map(({ name, optional, idlType }) => `${name}${optional ? "?" : ""}: ${typeOf(idlType)}`).join(", ");

function dictionaryType({ name }: Definition, doc: string): string {
  const tls = membersOf("PortsideTLSOptions").map((member) => member.name);
  const all = membersOf(name);
  const extended = name !== "PortsideTLSOptions" && tls.every((one) => all.some((member) => member.name === one));
  const rows = all
    .filter((member) => !extended || !tls.includes(member.name))
    .map((member) => {
      const path = `${name}.${member.name}`;
      const there = made.test(name) ? !sometimes.test(path) : member.required === true || path === "UDPMessage.data";
      const comment = docOf(member) || (name.endsWith("Options") ? docOfOption(member.name) : "");
      return `${docComment(comment, "  ")}  ${member.name}${there ? "" : "?"}: ${precise[path] ?? typeOf(member.idlType)};\n`;
    });
  return `${doc}interface ${name}${extended ? " extends PortsideTLSOptions" : ""} {\n${rows.join("")}}\n`;
}

function interfaceType({ name }: Definition, doc: string): string {
  const all = membersOf(name);
  const rows = all.map((member) => {
    const comment = docComment(docOf(member), "  ");
    switch (member.type) {
      case "constructor":
        return `${comment}  constructor(${argumentsOf(member.arguments)});\n`;
      case "operation":
        return `${comment}  ${member.name}(${argumentsOf(member.arguments)}): ${typeOf(member.idlType)};\n`;
      default:
        return `${comment}  readonly ${member.name}: ${typeOf(member.idlType)};\n`;
    }
  });
  const none = all.some(({ type }) => type === "constructor") ? "" : "  private constructor();\n";
  return `${doc}declare class ${name} {\n${none}${rows.join("")}}\n`;
}

/** The types of both generations, as page authors see them. */
export function sdkTypes(): string {
  return definitions
    .map((one) => {
      const doc = docComment(docOf(one), "");
      switch (one.type) {
        case "enum":
          return `${doc}type ${one.name} = ${(one.values ?? []).map(({ value }) => JSON.stringify(value)).join(" | ")};\n`;
        case "callback":
          return `${doc}type ${one.name} = (${argumentsOf(one.arguments)}) => ${typeOf(one.idlType as IDLType)};\n`;
        case "interface":
          return interfaceType(one, doc);
        default:
          return dictionaryType(one, doc);
      }
    })
    .join("\n");
}

// An option that travels has the same type in both places.
for (const group of ["PageDestination", "SharedOptions", "TCPOptions", "TLSOptions"])
  for (const [name, { page }] of Object.entries(definition(group).properties ?? {})) {
    if (typeof page !== "object") continue;
    const member = membersOf("PortsideSocketOptions").find((one) => one.name === name);
    const type = member?.idlType.idlType;
    const said = typeof type === "string" && enums.has(type) ? "enum" : type;
    if (member === undefined || (page.idl !== undefined && page.idl !== said))
      throw new Error(`${name} is another thing in ${file} than in definitions.json`);
  }
