// What the page script does at its start, in a window that is handed to it.

import { addListener, getter, microtask, now, removeListener, report } from "./builtins.ts";
import type { Context } from "./api/context.ts";
import { expose, type GlobalScope } from "./api/globals.ts";
import { install } from "./api/navigator.ts";
import type { Scope } from "./api/navigator.ts";
import { connect, type Connection } from "./core/connection.ts";
import { takePort } from "./core/handover.ts";
import { isEvalBlocked } from "./eval.ts";

/** The window of a document. */
export interface PageScope extends Scope, GlobalScope {
  readonly isSecureContext: boolean;
  readonly window: EventTarget;
  readonly document: object;
  readonly Document: { readonly prototype: object };
}

/** Puts the API on a secure page, once the content script has handed over the port. Call before any page script can run. */
export function start(scope: PageScope): void {
  //rule:api-only-in-secure-contexts
  if (!scope.isSecureContext) return;
  const { document, Document } = scope;
  const documentView = getter<Window | null>(Document, "defaultView");
  const { window } = scope;
  takePort(window, (port) => {
    let connection: Connection | undefined;
    let replaced = false;
    const context: Context = {
      // Made when it is used, which most pages never do.
      get connection() {
        if (connection === undefined) {
          connection = connect(port, now, isEvalBlocked, report);
          if (replaced) connection.lost(true);
          else addListener(window, "pagehide", leave);
        }
        return connection;
      },
      clock: now,
      active: () => documentView(document) !== null,
    };
    install(scope, context);
    const { prototype } = scope.Navigator;
    const operation = (): unknown => (prototype as Record<string, unknown>)["openTCPSocket"];
    const installed = operation();
    expose(scope, context);
    // Where the document goes into the back/forward cache, Firefox loses what the content script says of it. A page that changes what is read here
    // fools itself only; and to take it beforehand would cost every document.
    const leave = (event: Event): void => {
      if ((event as PageTransitionEvent).persisted) connection?.lost(false);
    };
    // When the extension is loaded again, Firefox ends the content script of before without a word. Then another copy of this script puts its own API
    // on the page, in this very event; where that has not changed, a page has made the event up.
    return (stop) => {
      microtask(() => {
        if (replaced || operation() === installed) return;
        replaced = true;
        stop();
        removeListener(window, "pagehide", leave);
        connection?.lost(true);
      });
    };
  });
}
