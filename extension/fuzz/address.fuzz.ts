// IP addresses, as a page passes them to the API.

import assert from "node:assert/strict";
import { isIP, isIPv6 as isSix } from "node:net";
import { canonicalAddress, isIPv6 } from "../page/ip_address.ts";
import type { Target } from "./target.ts";

const words = ["0", "1", "10", "127", "224", "255", "256", "01", ".", "::", ":", "ff", "ffff", "FE80", "%lo", "[", "]"];

export const address: Target = {
  name: "IP addresses",
  corpus: ["", "127.0.0.1", "::", "::ffff:192.0.2.1", "1.2.3.4.", "127.1", "1::2::3", "[::1]", "fe80::1%lo", "..."],
  words,
  check(input) {
    const found = canonicalAddress(input);
    // An address with a zone is one for Node, and none for the API.
    const expected = input.includes("%") ? 0 : isIP(input);
    assert.equal(found !== undefined, expected !== 0, `${JSON.stringify(input)} becomes ${String(found)}`);
    if (found === undefined) return;
    assert.equal(canonicalAddress(found), found, "canonical is canonical");
    assert.equal(isIPv6(found), isSix(input));
  },
};
