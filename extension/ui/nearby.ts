// The list of devices nearby: one can be picked, with the mouse or with the arrow keys. It has a fixed height and grows at its end only, so
// that nothing moves under the pointer.

import type { Device } from "../background/consent/question.ts";
import { plainText } from "./display.ts";
import { kindMessage } from "./services.ts";
import { part } from "./shown.ts";
import { byId, text } from "./texts.ts";
import { count } from "./units.ts";

export class Nearby {
  readonly #list = byId("devices");
  readonly #status = byId("nearby-status");
  /** Read aloud, and not seen. */
  readonly #said = byId("nearby-said");
  readonly #picked: (device: Device | undefined) => void;
  readonly #devices: Device[] = [];
  #current: number | undefined;

  /** `picked` is called when the user picks another device. */
  constructor(picked: (device: Device | undefined) => void) {
    this.#picked = picked;
    this.#list.addEventListener("keydown", (event) => {
      this.#onKey(event);
    });
  }

  get picked(): Device | undefined {
    return this.#current === undefined ? undefined : this.#devices[this.#current];
  }

  begin(): void {
    byId("nearby").hidden = false;
    this.#status.textContent = text("nearbyLooking");
  }

  add(device: Device): void {
    const position = this.#devices.push(device) - 1;
    const name = plainText(device.name) || device.host;
    const kind = kindMessage(device.service);
    const option = document.createElement("li");
    option.id = `device-${position.toString()}`;
    option.role = "option";
    option.ariaSelected = "false";
    option.append(
      part(name, "device-name"),
      kind === undefined
        ? part(plainText(device.service), "device-kind")
        : part(text(kind), "device-kind", { ours: true }),
      part(device.address, "device-address"),
    );
    option.addEventListener("click", (event) => {
      if (event.isTrusted) this.#pick(position);
    });
    //rule:devices-appended-in-order
    this.#list.append(option);
    this.#list.tabIndex = 0;
    this.#said.textContent = text("nearbyFound", name);
  }

  /** Nobody answers any more. */
  end(how: "done" | "failed" | "forbidden"): void {
    const found = this.#devices.length;
    this.#list.hidden = found === 0;
    const nothing = { done: "nearbyNothing", failed: "nearbyFailed", forbidden: "nearbyForbidden" }[how];
    this.#status.textContent = found > 0 ? text("nearbyAnswered", count(found)) : text(nothing);
  }

  /** The user named something else. */
  clear(): void {
    this.#select(undefined);
  }

  #pick(position: number): void {
    if (position === this.#current) return;
    this.#select(position);
    this.#picked(this.picked);
  }

  #select(position: number | undefined): void {
    this.#current = position;
    for (const [n, option] of [...this.#list.children].entries()) option.ariaSelected = String(n === position);
    if (position === undefined) {
      this.#list.removeAttribute("aria-activedescendant");
      return;
    }
    this.#list.setAttribute("aria-activedescendant", `device-${position.toString()}`);
    this.#list.children[position]?.scrollIntoView({ block: "nearest" });
  }

  #onKey(event: KeyboardEvent): void {
    const last = this.#devices.length - 1;
    const now = this.#current;
    const to: Record<string, number> = {
      ArrowDown: now === undefined ? 0 : Math.min(now + 1, last),
      ArrowUp: now === undefined ? last : Math.max(now - 1, 0),
      Home: 0,
      End: last,
      " ": now ?? 0,
      Enter: now ?? 0,
    };
    const position = to[event.key];
    if (!event.isTrusted || position === undefined || last < 0) return;
    event.preventDefault();
    this.#pick(position);
  }
}
