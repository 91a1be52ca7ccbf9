// What the policies in a document's <meta> elements come to. Pure: evidence.ts finds the elements.
//
// A policy stays in force when its element changes or goes, so what was read once stays. The texts stay here.

import { parseMetaPolicies } from "../shared/csp.ts";
import type { ScriptPolicy } from "../shared/csp.ts";

/** Texts that are read, and the length of one; what is more or longer counts as its worst reading. */
const maxTexts = 64;
const maxLength = 8_192;
const worst: ScriptPolicy = { eval: "unsafe", requiresTrustedTypes: false };

export class MetaPolicies {
  readonly #texts = new Set<string>();
  /** By what they say: there are few different ones, whatever a page writes. */
  readonly #found = new Map<string, ScriptPolicy>();

  /** A <meta> element has, or had, this `content` as a policy. */
  take(content: string): void {
    if (content === "" || this.#texts.has(content)) return;
    if (
      /*rule:overlong-csp-meta-is-unsafe*/ content.length > maxLength ||
      /*rule:excess-csp-meta-is-unsafe*/ this.#texts.size === maxTexts
    ) {
      this.add([worst]);
      return;
    }
    this.#texts.add(content);
    this.add(parseMetaPolicies([content]));
  }

  /** There were policies that nobody has read. */
  addWorst(): void {
    this.add([worst, { eval: "silent", requiresTrustedTypes: true }]);
  }

  /** What another document handed on. */
  add(policies: Iterable<ScriptPolicy>): void {
    for (const { eval: says, requiresTrustedTypes } of policies)
      this.#found.set(`${says} ${String(requiresTrustedTypes)}`, { eval: says, requiresTrustedTypes });
  }

  get all(): ScriptPolicy[] {
    return [...this.#found.values()];
  }
}
