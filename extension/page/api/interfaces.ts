// What WebIDL asks of interfaces beyond what a class of JavaScript is (https://webidl.spec.whatwg.org/#js-interfaces).

import { NativeTypeError, defineProperty, rejected } from "../builtins.ts";
import { makeError } from "../core/errors.ts";
import type { Context } from "./context.ts";

/** Gives a class the name, the class string and the enumerable members of an interface. */
export function asInterface<Interface extends { readonly prototype: object }>(
  name: string,
  type: Interface,
): Interface {
  const { prototype } = type;
  for (const member of Object.getOwnPropertyNames(prototype))
    if (member !== "constructor") defineProperty(prototype, member, { enumerable: true });
  defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
  defineProperty(type, "name", { value: name, configurable: true });
  return type;
}

/** Attributes and operations whose type is a promise: what they throw becomes a rejection. */
export function promised<T>(get: () => Promise<T>): Promise<T> {
  try {
    return get();
  } catch (error) {
    return rejected(error);
  }
}

/** Throws NotAllowedError in a document without a window: it is not allowed to use any feature (HTML, "allowed to use"). */
export function requireWindow({ active }: Context): void {
  //rule:no-window-no-sockets
  if (!active()) throw makeError("NotAllowedError");
}

/** Throws TypeError when there are fewer arguments than must be. */
export function requireArguments(given: number, least: number): void {
  if (given < least) throw new NativeTypeError("More arguments are needed.");
}
