// Texts of the extension's pages. All of them live in _locales.

import { ext } from "../shared/ext.ts";
import { textDirection, textLanguage } from "../shared/language.ts";
import { serviceMessage } from "./services.ts";

/** Texts without values that were asked for: a list has the same ones in each row, and Firefox takes its time for each. */
const plain = new Map<string, string>();

export function text(name: string, ...values: (string | number)[]): string {
  if (values.length > 0) return ext.i18n.getMessage(name, values.map(String));
  const known = plain.get(name) ?? ext.i18n.getMessage(name);
  plain.set(name, known);
  return known;
}

/** Fills every element with a data-text attribute, every field with a data-hint, and the page's title and language. */
export function fillTexts(): void {
  document.documentElement.lang = textLanguage();
  document.documentElement.dir = textDirection();
  for (const element of document.querySelectorAll<HTMLElement>("[data-text]"))
    element.textContent = text(element.dataset["text"] ?? "");
  for (const field of document.querySelectorAll<HTMLInputElement>("[data-hint]"))
    field.placeholder = text(field.dataset["hint"] ?? "");
  const title = document.querySelector("title");
  if (title !== null) document.title = title.textContent;
}

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`no element #${id}`);
  return element as T;
}

/** Where an element is to be in a text: characters that no text of ours has (Unicode's private use area). */
const firstPlace = 0xe000;

/** A text with elements in the places of its parts. */
export function textAround(name: string, ...elements: Node[]): (string | Node)[] {
  const places = elements.map((_, n) => String.fromCharCode(firstPlace + n));
  return text(name, ...places)
    .split(/([\ue000-\ue00f])/)
    .filter((piece) => piece !== "")
    .map((piece) => elements[places.indexOf(piece)] ?? piece);
}

/** Fills an element, or hides it where there is nothing to say. */
export function tell(id: string, ...content: (string | Node)[]): void {
  const element = byId(id);
  element.replaceChildren(...content);
  element.hidden = content.length === 0;
}

/** "IMAP mail, port 143", or "port 4711". */
export function describePort(port: number, protocol: "tcp" | "udp" = "tcp"): string {
  const service = serviceMessage(port, protocol);
  return service === undefined ? text("promptPort", port) : text("promptService", text(service), port);
}
