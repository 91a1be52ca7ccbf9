// What a page may hear of why the network failed.
//
// Somebody agreed to the destination: then a page may know what it could find out anyway, by trying again and by the clock. Before, and where an
// administrator says `errorDetail: "none"`, it hears nothing. Refusals by a rule never have a reason.

import { HostError, HostUnavailable } from "../host/host.ts";
import type { PageReason } from "../../../protocol/page.ts";

/**
 * `agreed`: the user or an administrator agreed to this destination. `tells`: what the administrators let pages know, as the host said last,
 * for when there is no host that could say it.
 */
export function pageReasonOf(
  error: unknown,
  { agreed, tells }: { agreed: boolean; tells: boolean },
): PageReason | undefined {
  //rule:no-page-reason-before-consent
  if (!agreed) return undefined;
  if (error instanceof HostError) return error.data?.pageReason;
  return error instanceof HostUnavailable && /*rule:host-failure-hidden-from-page*/ tells ? "host" : undefined;
}
