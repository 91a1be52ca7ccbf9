// Errors as pages see them.

import { NativeDOMException, NativeTypeError, defineProperty, own } from "../builtins.ts";
import { pageMessages } from "../../../protocol/page.ts";
import type { PageError, PageErrorName, PageReason } from "../../../protocol/page.ts";

/** A DOMException (or TypeError) as pages see it, in the usual words unless there are others. With a reason it has that as a property of its own. */
export function makeError(name: keyof typeof pageMessages): Error;
export function makeError(name: PageErrorName, message: string | undefined, reason?: PageReason): Error;
export function makeError(name: PageErrorName, message?: string, reason?: PageReason): Error {
  if (name === "TypeError") return new NativeTypeError(message);
  const error = new NativeDOMException(message ?? pageMessages[name as keyof typeof pageMessages], name);
  if (reason !== undefined)
    defineProperty(error, "reason", { __proto__: null, value: reason, enumerable: true } as PropertyDescriptor);
  return error;
}

/** The error that a message carries, if any. */
export function errorOf(message: { error?: PageError }): Error | undefined {
  const error = own(message, "error");
  return error === undefined ? undefined : makeError(error.name, error.message, own(error, "reason"));
}
