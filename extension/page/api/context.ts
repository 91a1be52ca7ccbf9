// What the faces of one window have in common.

import type { Connection } from "../core/connection.ts";

export interface Context {
  readonly connection: Connection;
  /** Milliseconds. */
  readonly clock: () => number;
  /** Whether the document is in its window. */
  readonly active: () => boolean;
}
