// The list of devices nearby, by name: one can be picked, with the mouse or with the arrow keys. It has a fixed height, and nothing moves in it
// while somebody has it in hand: under the pointer, or with the focus in it.

import { numberLanguage } from "../shared/language.ts";
import type { Device } from "../background/consent/question.ts";
import { plainText } from "./display.ts";
import { deadTime } from "./guard.ts";
import { kindMessage } from "./services.ts";
import { part } from "./shown.ts";
import { byId, text } from "./texts.ts";
import { count } from "./units.ts";

interface Row {
  device: Device;
  /** As it is shown, and sorted. */
  name: string;
  option: HTMLElement;
}

export class Nearby {
  readonly #list = byId("devices");
  readonly #status = byId("nearby-status");
  /** Read aloud, and not seen. */
  readonly #said = byId("nearby-said");
  readonly #picked: (device: Device | undefined) => void;
  readonly #compare: (a: Row, b: Row) => number;
  /** As they stand on the screen. */
  #rows: Row[] = [];
  #current: Row | undefined;
  #proposal: string | undefined;
  #hovered = false;
  #focused = false;
  /** Until then, by performance.now(), a click was aimed at what stood there before. */
  #stillAt = 0;
  #letGo: ReturnType<typeof setTimeout> | undefined;

  /** `picked` is called when the user picks another device. */
  constructor(picked: (device: Device | undefined) => void) {
    this.#picked = picked;
    const { compare } = new Intl.Collator(numberLanguage(), { numeric: true, sensitivity: "base" });
    this.#compare = (a, b) => compare(a.name, b.name) || a.device.index - b.device.index;
    this.#list.addEventListener("keydown", (event) => {
      this.#onKey(event);
    });
    for (const type of ["pointerenter", "pointermove", "pointerleave"])
      this.#list.addEventListener(type, () => {
        this.#hovered = type !== "pointerleave";
        this.#rest();
      });
    for (const type of ["focus", "blur"])
      this.#list.addEventListener(type, () => {
        this.#focused = type === "focus";
        this.#rest();
      });
  }

  get picked(): Device | undefined {
    return this.#current?.device;
  }

  /** `proposal`: what the site proposes, as the host writes it. */
  begin(proposal: string | undefined): void {
    this.#proposal = proposal;
    byId("nearby").hidden = false;
    this.#status.textContent = text("nearbyLooking");
  }

  add(device: Device): void {
    const name = plainText(device.name) || device.host;
    const row = { device, name, option: this.#option(device, name) };
    this.#rows.push(row);
    this.#list.append(row.option);
    //rule:devices-keep-still-in-hand
    if (!this.#inHand) this.#sort();
    this.#list.tabIndex = 0;
    this.#said.textContent = text("nearbyFound", name);
  }

  #option(device: Device, name: string): HTMLElement {
    const kind = kindMessage(device.service);
    const option = document.createElement("li");
    option.id = `device-${device.index.toString()}`;
    option.role = "option";
    option.ariaSelected = "false";
    option.append(
      part(name, "device-name"),
      kind === undefined
        ? part(plainText(device.service), "device-kind")
        : part(text(kind), "device-kind", { ours: true }),
      ...(this.#isProposed(device) ? [part(text("nearbyProposed"), "device-proposed", { ours: true })] : []),
      part(device.address, "device-address"),
    );
    option.addEventListener("click", (event) => {
      //rule:moved-device-is-not-picked
      if (performance.now() < this.#stillAt) return;
      const row = this.#rows.find((one) => one.option === option);
      if (event.isTrusted && row !== undefined) this.#pick(row);
    });
    return option;
  }

  #isProposed({ host, address }: Device): boolean {
    const proposal = this.#proposal?.replace(/^\[(.*)\]$/, "$1");
    return proposal !== undefined && (proposal === host || proposal === address);
  }

  /** Nobody answers any more. */
  end(how: "done" | "failed" | "forbidden"): void {
    const found = this.#rows.length;
    this.#list.hidden = found === 0;
    const nothing = { done: "nearbyNothing", failed: "nearbyFailed", forbidden: "nearbyForbidden" }[how];
    this.#status.textContent = found > 0 ? text("nearbyAnswered", count(found)) : text(nothing);
  }

  /** The user named something else. */
  clear(): void {
    this.#select(undefined);
  }

  get #inHand(): boolean {
    return this.#hovered || this.#focused;
  }

  /** What came in meanwhile gets its place once they have let go of the list for a while. */
  #rest(): void {
    clearTimeout(this.#letGo);
    this.#letGo = undefined;
    if (this.#inHand) return;
    this.#letGo = setTimeout(() => {
      this.#sort();
    }, deadTime);
  }

  #sort(): void {
    const sorted = this.#rows.toSorted(this.#compare);
    const first = sorted.findIndex((row, n) => row !== this.#rows[n]);
    if (first < 0) return;
    this.#rows = sorted;
    for (const { option } of sorted.slice(first)) this.#list.append(option);
    this.#stillAt = performance.now() + deadTime;
  }

  #pick(row: Row): void {
    if (row === this.#current) return;
    this.#select(row);
    this.#picked(this.picked);
  }

  #select(row: Row | undefined): void {
    this.#current = row;
    for (const { option } of this.#rows) option.ariaSelected = String(option === row?.option);
    if (row === undefined) {
      this.#list.removeAttribute("aria-activedescendant");
      return;
    }
    this.#list.setAttribute("aria-activedescendant", row.option.id);
    row.option.scrollIntoView({ block: "nearest" });
  }

  #onKey(event: KeyboardEvent): void {
    const last = this.#rows.length - 1;
    const now = this.#current === undefined ? undefined : this.#rows.indexOf(this.#current);
    const to: Record<string, number> = {
      ArrowDown: now === undefined ? 0 : Math.min(now + 1, last),
      ArrowUp: now === undefined ? last : Math.max(now - 1, 0),
      Home: 0,
      End: last,
      " ": now ?? 0,
      Enter: now ?? 0,
    };
    const row = this.#rows[to[event.key] ?? -1];
    if (!event.isTrusted || row === undefined) return;
    event.preventDefault();
    this.#pick(row);
  }
}
