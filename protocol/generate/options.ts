// What the broker makes of a page's options for the host: their ranges, and what hosts of each version know of them.
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
