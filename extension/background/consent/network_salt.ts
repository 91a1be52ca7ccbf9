// The secret of this profile under which the host gives networks their ids (nativehost/network). What is kept of a network says so nothing to
// anybody who does not have it. It is no page's business, and in no report.

import { keep, kept } from "../../shared/store.ts";

const key = "networkSalt";

let salt: Promise<string | undefined> | undefined;

/** The salt, made if need be. Undefined: it cannot be read, and no network is told from another. */
export function networkSalt(): Promise<string | undefined> {
  return (salt ??= readOrMake().catch(() => {
    salt = undefined; // it may be read the next time
    return undefined;
  }));
}

async function readOrMake(): Promise<string> {
  const before = await kept("local", key);
  if (typeof before === "string") return before;
  const made = crypto.getRandomValues(new Uint8Array(16)).toBase64({ alphabet: "base64url", omitPadding: true });
  await keep("local", key, made);
  return made;
}
