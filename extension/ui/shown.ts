// Elements for what display.ts has put together. Foreign text goes in as text, and each piece keeps its own direction.

import { textDirection } from "../shared/language.ts";
import { looksLikeAddress, showHost, showOrigin } from "./display.ts";
import type { ShownHost } from "./display.ts";
import { text } from "./texts.ts";

function piece(tag: "span" | "strong", className: string, content: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = content;
  return element;
}

/** The host's parts. What is cut is out of sight only: it is read aloud, found and copied. */
function fill(element: HTMLElement, { start, middle, end, domain }: ShownHost): void {
  if (start !== "") element.append(piece("span", "host-start", start));
  if (middle !== "") element.append(piece("span", "host-cut", ""), piece("span", "host-middle", middle));
  if (end !== "") element.append(piece("span", "host-end", end));
  element.append(piece("strong", "host-domain", domain));
}

/** A name or address runs from left to right, whatever is around it. */
function frame(): HTMLElement {
  const element = document.createElement("bdi");
  element.className = "host";
  element.dir = "ltr";
  element.translate = false;
  return element;
}

/** A host, its registrable domain in bold. */
export function hostElement(host: string): HTMLElement {
  const element = frame();
  fill(element, showHost(host));
  element.title = host;
  return element;
}

/** Who asks: the origin, its registrable domain in bold; in words where a document has none ("null"). */
export function originElement(origin: string): HTMLElement {
  if (!URL.canParse(origin)) return part(text("originNone"), "", { ours: true });
  const { scheme, host, port } = showOrigin(origin);
  const element = frame();
  if (scheme !== "") element.append(piece("span", "host-scheme", scheme));
  fill(element, host);
  if (port !== "") element.append(piece("span", "host-port", port));
  element.title = origin;
  return element;
}

/** A piece of a line. A stranger's words keep their own direction; ours run as the page does, also when "SSH" is the first of them. */
export function part(content: string, className = "", { ours = false } = {}): HTMLElement {
  const element = document.createElement("span");
  element.className = className;
  const inner = document.createElement("bdi");
  if (ours) inner.dir = textDirection();
  inner.textContent = content;
  element.append(inner);
  return element;
}

/** What to say of a host besides: its letters, or why they are not shown; that it is no address; and a button that shows all of it. */
export function hostNotes(host: string, element: HTMLElement): HTMLElement[] {
  const notes: HTMLElement[] = [];
  const note = (className: "soft" | "careful", ...content: (string | Node)[]): void => {
    const line = document.createElement("p");
    line.className = `${className} host-note`;
    line.append(...content);
    notes.push(line);
  };
  const { middle, letters, unclear } = showHost(host);
  if (middle !== "") {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = text("hostWhole");
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => {
      const whole = element.classList.toggle("whole");
      button.setAttribute("aria-expanded", String(whole));
      button.textContent = text(whole ? "hostLess" : "hostWhole");
    });
    note("soft", button);
  }
  if (letters !== undefined) {
    // Each label keeps its own direction, so that labels stay in their order.
    const name = frame();
    for (const [n, label] of letters.entries()) name.append(...(n === 0 ? [part(label)] : [".", part(label)]));
    note("soft", `${text("hostLetters")} `, name);
  }
  // What somebody may have chosen to be misread.
  if (unclear) note("careful", text("hostUnclear"));
  if (looksLikeAddress(host)) note("careful", text("hostNoAddress"));
  return notes;
}
