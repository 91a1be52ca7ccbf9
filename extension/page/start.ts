// What the page script does at its start, in a window that is handed to it.

import { now, report } from "./builtins.ts";
import { install } from "./api/navigator.ts";
import type { Scope } from "./api/navigator.ts";
import { connect } from "./core/connection.ts";
import { takePort } from "./core/handover.ts";
import { isEvalBlocked } from "./eval.ts";

/** The window of a document. */
export interface PageScope extends Scope {
  readonly isSecureContext: boolean;
  readonly window: EventTarget;
  readonly document: EventTarget;
}

/** Puts the API on a secure page, once the content script has handed over the port. Call before any page script can run. */
export function start(scope: PageScope): void {
  //rule:api-only-in-secure-contexts
  if (!scope.isSecureContext) return;
  takePort(scope, (port) => {
    install(scope, connect(port, now, isEvalBlocked, report), now);
  });
}
