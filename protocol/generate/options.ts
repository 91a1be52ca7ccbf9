// SocketOptions on each leg of its way: what a page's dictionary becomes (WebIDL), what the broker makes of it for the host, and what sdk/
// tells page authors. An option that needs no code of its own is written once, in definitions.json.
import { banner, definition, idlRange, type PageMember, type Schema } from "./schemas.ts";

interface Member {
  name: string;
  schema: Schema;
  page: PageMember;
}

function members(name: string): Member[] {
  const found: Member[] = [];
  for (const [member, schema] of Object.entries(definition(name).properties ?? {}))
    if (typeof schema.page === "object") found.push({ name: member, schema, page: schema.page });
  return found;
}

const shared = members("SharedOptions");
const tcp = members("TCPOptions");
const tls = members("TLSOptions");
/** In lexicographical order of code units, in which WebIDL reads a dictionary (https://webidl.spec.whatwg.org/#js-dictionary). */
const all = [...members("PageDestination"), ...members("PageMembers"), ...shared, ...tcp, ...tls].sort((a, b) =>
  a.name < b.name ? -1 : 1,
);
const byHand = all.filter(({ page }) => page.byHand === true);

/** The expression that converts a value of the page to what travels. */
function conversion({ name, schema, page: { idl } }: Member): string {
  switch (idl) {
    case "boolean":
      return "!!value";
    case "DOMString":
      return "toDOMString(value)";
    case "enum":
      return `toEnum(value, ${JSON.stringify(name)}, ${JSON.stringify(schema.enum)})`;
    case "octet":
    case "unsigned short":
    case "unsigned long":
      return `enforceUnsigned(value, ${Math.log2(idlRange[idl] + 1).toString()}, ${JSON.stringify(name)})`;
    default:
      throw new Error(`${name} has no WebIDL type`);
  }
}

/** The page's reader of SocketOptions. */
export function readerFile(): string {
  const reads = (some: readonly Member[]): string =>
    some
      .map((member) => {
        const { name, page } = member;
        const then = page.byHand === true ? `byHand.${name}(value);` : `open.${name} = ${conversion(member)};`;
        return `  value = from[${JSON.stringify(name)}];\n  if (value !== undefined) ${then}\n`;
      })
      .join("");
  const ofTLS = all.filter(({ name }) => tls.some((member) => member.name === name));
  return `// ${banner}
import type { PageOpenOptions } from "../../../protocol/page.ts";
import { enforceUnsigned, toDOMString, toEnum } from "../webidl.ts";

/** What converts the members that need code of their own: each is called with a value that is not undefined. */
export interface ByHand {
${byHand.map(({ name }) => `  ${name}: (this: void, value: unknown) => void;\n`).join("")}}

/** Converts the members of a SocketOptions dictionary, in lexicographical order, as WebIDL asks. Throws TypeError, or what a getter throws. */
export function readSocketOptions(from: Record<string, unknown>, open: PageOpenOptions, byHand: ByHand): void {
  let value: unknown;
${reads(all)}}

/** The same for the options of \`startTls()\`. */
export function readTLSOptions(
  from: Record<string, unknown>,
  byHand: Pick<ByHand, ${ofTLS.map(({ name }) => JSON.stringify(name)).join(" | ")}>,
): void {
  let value: unknown;
${reads(ofTLS)}}
`;
}

/** What is wrong with a number that a page passed, as statements. */
function check({ name, schema, page }: Member): string {
  if (schema.type !== "integer" || page.idl === undefined) return "";
  const { minimum = 0, maximum = Infinity } = schema;
  const { least = minimum, off, unit, beyond } = page;
  const value = `options.${name}`;
  const with_ = unit === undefined ? "" : ` ${unit}`;
  const low = [`${value} < ${least.toString()}`, ...(off === undefined ? [] : [`${value} !== ${off.toString()}`])];
  const says = least === 1 ? "must not be 0." : `must be at least ${least.toString()}${with_}.`;
  const tooLow = `  if (${value} !== undefined && ${low.join(" && ")})\n    throw new Invalid(${JSON.stringify(`${name} ${says}`)});\n`;
  const tooHigh = `  if (${value} !== undefined && ${value} > ${maximum.toString()})\n    throw new Invalid(${JSON.stringify(`${name} must be at most ${maximum.toString()}${with_}.`)});\n`;
  const mayBeHigh = beyond === undefined && maximum < idlRange[page.idl as keyof typeof idlRange];
  return (least > 0 ? tooLow : "") + (mayBeHigh ? tooHigh : "");
}

/** What the host is given of an option. */
function handedOver({ name, schema, page }: Member): string {
  const known = schema.since === undefined ? "" : ` && version >= ${schema.since.toString()}`;
  const value = page.beyond === "lower" ? `Math.min(options.${name}, ${String(schema.maximum)})` : `options.${name}`;
  return `  if (options.${name} !== undefined${known}) taken.${name} = ${value};\n`;
}

/** What the broker makes of the options for the host. */
export function brokerFile(): string {
  return `// ${banner}
import type { OpenOptions, SharedOptions, TCPOptions } from "../../../protocol/message.ts";

/** For the page a TypeError with this message. */
export class Invalid extends Error {}

/** Throws Invalid where an option is out of its range. */
export function checkRanges(options: OpenOptions): void {
${[...shared, ...tcp].map(check).join("")}}

/** The options of every socket, as the host takes them that speaks this version of the protocol. What it does not know is left out. */
export function sharedOptions(options: OpenOptions, version: number): SharedOptions {
  const taken: SharedOptions = {};
${shared.map(handedOver).join("")}  return taken;
}

/** The options that only TCP sockets have, but for \`tls\`. */
export function tcpOptions(options: OpenOptions): Omit<TCPOptions, "tls"> {
  const taken: Omit<TCPOptions, "tls"> = {};
${tcp.map(handedOver).join("")}  return taken;
}
`;
}

/** The TypeScript type of a member for page authors. */
function sdkType({ name, schema, page }: Member): string {
  if (page.type !== undefined) return page.type;
  switch (page.idl) {
    case "boolean":
      return "boolean";
    case "DOMString":
      return "string";
    case "enum":
      return (schema.enum ?? []).map((value) => JSON.stringify(value)).join(" | ");
    case "octet":
    case "unsigned short":
    case "unsigned long":
      return "number";
    default:
      throw new Error(`${name} has no type`);
  }
}

/** A doc comment, in lines of at most 120 characters. */
function docComment(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    const line = lines[last] ?? "";
    if (line.length + word.length > 110) lines.push(word);
    else lines[last] = line === "" ? word : `${line} ${word}`;
  }
  return lines.length === 1 ? `  /** ${text} */\n` : `  /**\n${lines.map((line) => `   * ${line}\n`).join("")}   */\n`;
}

function sdkInterface(doc: string, head: string, some: readonly Member[]): string {
  const lines = some.map((member) => `${docComment(member.page.doc)}  ${member.name}?: ${sdkType(member)};\n`);
  return `/** ${doc} */\ninterface ${head} {\n${lines.join("")}}\n`;
}

/** The options as page authors see them. */
export function sdkOptions(): string {
  const own = [...members("PageDestination"), ...members("PageMembers"), ...shared, ...tcp];
  return (
    sdkInterface("How TLS is to be spoken.", "PortsideTLSOptions", tls) +
    "\n" +
    sdkInterface(
      "Options of navigator.openTCPSocket() and navigator.openUDPSocket().",
      "SocketOptions extends PortsideTLSOptions",
      own,
    )
  );
}
