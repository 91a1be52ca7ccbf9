// The texts of the policies in a document's <meta> elements, as far as anybody reads them. Pure: policies.ts finds the elements.
//
// A policy stays in force when its element changes or goes, so what was read once stays. The texts stay in this world.

/** Texts that are read, and the length of one; what is more or longer counts as its worst reading. */
const maxTexts = 64;
const maxLength = 8_192;
/** Texts that say the worst. */
const worst = "script-src 'unsafe-eval'";
const worstTypes = "require-trusted-types-for 'script'";

export class MetaPolicies {
  readonly #texts = new Set<string>();

  /** A <meta> element has, or had, this `content` as a policy; or another document handed it on. */
  take(content: string): void {
    if (content === "" || this.#texts.has(content)) return;
    const fits =
      /*rule:overlong-csp-meta-is-unsafe*/ content.length <= maxLength &&
      /*rule:excess-csp-meta-is-unsafe*/ this.#texts.size < maxTexts;
    this.#texts.add(fits ? content : worst);
  }

  /** There were policies that nobody has read. */
  addWorst(): void {
    this.#texts.add(worst).add(worstTypes);
  }

  get all(): string[] {
    return [...this.#texts];
  }
}
