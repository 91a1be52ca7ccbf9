// Values that Web IDL's conversions refuse, and those that they take; used by the groups about construction.
import { draftSilent, type Expectation } from "../kit/check.ts";

/** What [EnforceRange] unsigned long refuses. */
export const notUnsignedLong: Record<string, unknown> = {
  "-1": -1,
  "2**32": 2 ** 32,
  NaN: NaN,
  Infinity: Infinity,
  "-Infinity": -Infinity,
  "a word": "abc",
  "an object": {},
};

/** What [EnforceRange] unsigned short refuses. */
export const notUnsignedShort: Record<string, unknown> = {
  "-1": -1,
  "65536": 65_536,
  NaN: NaN,
  Infinity: Infinity,
  "a word": "abc",
};

/** What is no IP address, though it looks like one to somebody. */
export const notAnAddress: Record<string, string> = {
  "a name": "localhost",
  nothing: "",
  "in brackets": "[::1]",
  "with a port": "127.0.0.1:80",
  "with a space": " 127.0.0.1",
  "of three parts": "127.0.1",
  "with a part above 255": "256.0.0.1",
  "in hexadecimal": "0x7f000001",
  "as one number": "2130706433",
  "with a prefix length": "127.0.0.0/8",
  "a wildcard": "*",
};

/** Spellings that inet_aton(3) and Chromium read. */
const loose = new Set(["of three parts", "in hexadecimal", "as one number"]);

export function looseAddress(what: string): Expectation {
  return loose.has(what)
    ? draftSilent("Chromium reads addresses as URLs do, the old spellings of IPv4 among them.")
    : {};
}
