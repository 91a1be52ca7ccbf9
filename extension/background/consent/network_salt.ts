// The secret of this profile under which the host gives networks their ids (nativehost/network). What is kept of a network says so nothing to
// anybody who does not have it. It is no page's business, and in no report.

import { Stored } from "../../storage/stored.ts";

const stored = new Stored("local", "networkSalt", (value) => (typeof value === "string" ? value : undefined));

let salt: Promise<string | undefined> | undefined;

/** The salt, made if need be. Undefined: it cannot be read, and no network is told from another. */
export function networkSalt(): Promise<string | undefined> {
  return (salt ??= readOrMake().catch(() => {
    salt = undefined; // it may be read the next time
    return undefined;
  }));
}

async function readOrMake(): Promise<string> {
  const before = await stored.get();
  if (before !== undefined) return before;
  const made = crypto.getRandomValues(new Uint8Array(16)).toBase64({ alphabet: "base64url", omitPadding: true });
  await stored.set(made);
  return made;
}
