// How much came and went in the last minute, as a small picture with words for who cannot see it.

import { text } from "./texts.ts";
import { bytes } from "./units.ts";

const namespace = "http://www.w3.org/2000/svg";
/** What is shown, in ms. */
const span = 60_000;
const [width, height] = [60, 18];
/** How often it is drawn anew for somebody who wants little motion, in ms. */
const calm = 10_000;
const littleMotion = matchMedia("(prefers-reduced-motion: reduce)");

interface Sample {
  at: number;
  bytesIn: number;
  bytesOut: number;
}

/** Bytes a second between two samples, and when the second was taken. */
interface Rate {
  at: number;
  received: number;
  sent: number;
}

export class Sparkline {
  readonly element = document.createElementNS(namespace, "svg");
  readonly #received = document.createElementNS(namespace, "polyline");
  readonly #sent = document.createElementNS(namespace, "polyline");
  #samples: Sample[] = [];
  #drawn = 0;

  constructor() {
    this.element.setAttribute("class", "spark");
    this.element.setAttribute("role", "img");
    this.element.setAttribute("viewBox", `0 -1 ${width.toString()} ${(height + 2).toString()}`);
    this.element.setAttribute("preserveAspectRatio", "none");
    this.#received.setAttribute("class", "received");
    this.#sent.setAttribute("class", "sent");
    const ground = document.createElementNS(namespace, "path");
    ground.setAttribute("d", `M0,${height.toString()}H${width.toString()}`);
    this.element.append(ground, this.#received, this.#sent);
    this.#draw([], Date.now());
  }

  /** Takes the totals at a time; the same time again changes nothing. */
  add(sample: Sample): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && sample.at <= last.at) return;
    this.#samples = [...this.#samples.filter(({ at }) => at > sample.at - span), sample];
    if (littleMotion.matches && sample.at - this.#drawn < calm) return;
    this.#drawn = sample.at;
    const rates = this.#samples.slice(1).map(({ at, bytesIn, bytesOut }, index): Rate => {
      const before = this.#samples[index] as Sample;
      const seconds = (at - before.at) / 1_000;
      return { at, received: (bytesIn - before.bytesIn) / seconds, sent: (bytesOut - before.bytesOut) / seconds };
    });
    this.#draw(rates, sample.at);
  }

  #draw(rates: readonly Rate[], now: number): void {
    const most = (of: (rate: Rate) => number): number => Math.max(0, ...rates.map(of));
    const [received, sent] = [most((rate) => rate.received), most((rate) => rate.sent)];
    const top = Math.max(received, sent, 1);
    const points = (of: (rate: Rate) => number): string =>
      [{ at: (rates[0]?.at ?? now) - 1_000, received: 0, sent: 0 }, ...rates]
        .map((rate) => {
          const x = width - ((now - rate.at) / span) * width;
          return `${Math.max(0, x).toFixed(1)},${(height - (of(rate) / top) * height).toFixed(1)}`;
        })
        .join(" ");
    this.#received.setAttribute(
      "points",
      points((rate) => rate.received),
    );
    this.#sent.setAttribute(
      "points",
      points((rate) => rate.sent),
    );
    this.element.setAttribute("aria-label", text("popupRates", bytes(received), bytes(sent)));
  }
}
