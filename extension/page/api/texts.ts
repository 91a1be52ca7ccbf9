// Texts of an announcement: their bounds are in bytes of UTF-8.

import { NativeBlob, blobSize, listOf } from "../builtins.ts";
import { refuse, toDOMString, toSequence } from "../webidl.ts";

/** The most items of a list: more than anybody needs, and what the schema takes. */
export const maxItems = 16;
const maxString = 255; // RFC 6763, section 6.1

/** Text of 1 to so many bytes of UTF-8. */
export function boundedText(text: string, most: number, name: string): string {
  const { length } = text;
  const bytes = length > most ? length : blobSize(new NativeBlob(listOf([text])));
  if (bytes === 0 || bytes > most) refuse(name, `text of 1 to ${most.toString()} bytes`);
  return text;
}

/** Strings of a TXT record. */
export function toStrings(value: unknown, name: string): string[] {
  return toSequence(value, name, maxItems, (item) => boundedText(toDOMString(item), maxString, `An item of ${name}`));
}
