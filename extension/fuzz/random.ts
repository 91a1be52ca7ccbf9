// A generator of random values that gives the same ones for the same seed, so that a failure can be repeated.

/** mulberry32: 32 bits of state, good enough to make odd inputs. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 (included) to 1 (not included). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** An integer from 0 to below `bound`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** Text of up to `most` pieces: words of the language at hand, its punctuation, and any character at all. */
  text(words: readonly string[], most = 24): string {
    let text = "";
    for (let left = this.below(most + 1); left > 0; left--) {
      const kind = this.next();
      if (kind < 0.65) text += this.pick(words);
      else if (kind < 0.9)
        text += this.pick([" ", ";", ",", "=", "(", ")", '"', "'", "*", "\t", "\n", "\f", ":", "/", "?", "#", "\\"]);
      else if (kind < 0.97) text += String.fromCharCode(this.below(0x180));
      else text += String.fromCodePoint(this.below(0x11_0000));
    }
    return text;
  }

  /** One change in `text`: a piece taken out, doubled, moved, or replaced. */
  mutate(text: string, words: readonly string[]): string {
    const [a, b] = [this.below(text.length + 1), this.below(text.length + 1)].sort((x, y) => x - y) as [number, number];
    const [before, middle, after] = [text.slice(0, a), text.slice(a, b), text.slice(b)];
    return this.pick([
      before + after,
      before + middle + middle + after,
      after + middle + before,
      before + this.text(words, 3) + after,
    ]);
  }
}
