// Texts of the extension's pages. All of them live in _locales.

import { ext } from "../shared/ext.ts";
import { textDirection, textLanguage } from "../shared/language.ts";
import { serviceMessage } from "./services.ts";

export function text(name: string, ...values: (string | number)[]): string {
  return ext.i18n.getMessage(name, values.map(String));
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

/** Names the page, and its heading `#title`, by a text. */
export function entitle(name: string): void {
  byId("title").textContent = document.title = text(name);
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
