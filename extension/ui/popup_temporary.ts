// What the tab's site may open for a time: each destination, and when that ends, counted down while the popup is open.

import type { TemporaryView } from "../background/toolbar/temporary.ts";
import { destination } from "./foreign.ts";
import { KeyedList } from "./keyed.ts";
import { lifetimeText } from "./lifetime_words.ts";
import { part, say } from "./popup_parts.ts";
import { byId } from "./texts.ts";

/** How often what is left is said again, in ms. */
const pace = 10_000;

export class TemporaryList {
  readonly #lines = new KeyedList<TemporaryView>(byId("temporary"), byId("open-title"), ({ host, port }) => {
    const left = part("span", "soft");
    return {
      element: part("li", "line", destination(host, port), left),
      update: ({ ends }) => {
        say(left, lifetimeText(ends));
      },
    };
  });
  #all: readonly TemporaryView[] = [];

  constructor() {
    setInterval(() => {
      this.show(this.#all);
    }, pace);
  }

  /** Brings the list up to date. Without such destinations it is not there. */
  show(all: readonly TemporaryView[]): void {
    this.#all = all;
    byId("temporary-part").hidden = all.length === 0;
    this.#lines.show(all, (one) => JSON.stringify([one.kind, one.protocol, one.host, one.port, one.key]));
  }
}
