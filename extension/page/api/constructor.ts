// Pages get these objects from the API and cannot make them.

import { makeError } from "../core/errors.ts";

export const token = Symbol();

/** Throws TypeError unless the constructor was given the token, which no page has. */
export function guard(given: unknown): void {
  if (given !== token) throw makeError("TypeError", "Illegal constructor");
}
