// For how long: besides "Allow this time" and "Always allow", buttons for the times in between. They are out of sight until somebody asks for
// them, and each is an answer of its own, so that nothing that was chosen before makes another button mean something else.

import type { Ending } from "../background/consent/lifetime.ts";
import type { Guard } from "./guard.ts";
import { byId, text } from "./texts.ts";

const choices: readonly [id: string, ends: Ending][] = [
  ["allow-hour", "hour"],
  ["allow-browser", "browser"],
];

export class LifetimeChoice {
  readonly #toggle = byId("lifetimes");
  readonly #list = byId("lifetime-choices");
  readonly #changed: () => void;

  /** `ready`: there is something to allow. `changed` is called when the window has grown or shrunk, `allow` when the user has answered. */
  constructor(guard: Guard, ready: () => boolean, changed: () => void, allow: (ends: Ending) => void) {
    this.#changed = changed;
    this.#toggle.title = text("lifetimes");
    this.#toggle.setAttribute("aria-label", text("lifetimes"));
    this.#toggle.addEventListener("click", (event) => {
      if (event.isTrusted) this.#show(!this.isOpen);
    });
    for (const [id, ends] of choices)
      guard.guard(byId(id), ready, () => {
        allow(ends);
      });
  }

  get isOpen(): boolean {
    return !this.#list.hidden;
  }

  /** Another question: `offered` says whether anything may hold longer than this time. */
  begin(offered: boolean): void {
    this.#toggle.hidden = !offered;
    this.#list.hidden = true;
    this.#toggle.setAttribute("aria-expanded", "false");
  }

  /** Whether the buttons are dead, as "true" or "false". */
  set dead(dead: string) {
    for (const [id] of choices) byId(id).ariaDisabled = dead;
  }

  /** Puts them out of sight again. Returns whether they were in sight. */
  close(): boolean {
    if (!this.isOpen) return false;
    this.#show(false);
    this.#toggle.focus();
    return true;
  }

  #show(open: boolean): void {
    this.#list.hidden = !open;
    this.#toggle.setAttribute("aria-expanded", String(open));
    //rule:allow-disabled-after-lifetimes-shown
    this.#changed();
  }
}
