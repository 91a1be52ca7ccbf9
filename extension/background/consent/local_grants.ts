// Remembered grants of sockets that others can send to. They are in the same list as those of destinations (grants.ts), so that they are listed,
// taken back and cleared with them; a grant of one kind is never taken for another.

import type { Whose } from "../../shared/container.ts";
import { isGrantOf, listGrants } from "./grants.ts";
import type { Grant } from "./grants.ts";
import { covers } from "./protection.ts";
import type { Protection } from "./protection.ts";

/** What is asked for, but for where it may be open: that is the grant's to say. */
export interface LocalRequest {
  kind: "listen" | "bind";
  port: number;
  protection: Protection;
}

/** The grants of this origin, in its container, for sockets of this kind, at this port, that are protected no less than agreed; the oldest first. */
export async function findLocalGrants(whose: Whose, { kind, port, protection }: LocalRequest): Promise<Grant[]> {
  return (await listGrants()).filter(
    (grant) =>
      /*rule:local-grant-is-per-origin*/ isGrantOf(whose, grant) &&
      /*rule:local-grant-is-per-kind*/ grant.kind === kind &&
      /*rule:local-grant-is-per-port*/ grant.port === port &&
      covers(grant.protection, protection),
  );
}
