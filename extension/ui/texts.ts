// Texts of the extension's pages. All of them live in _locales.

import { ext } from "../ext.ts";

export function text(name: string, ...values: (string | number)[]): string {
  return ext.i18n.getMessage(name, values.map(String));
}

/** The person's language, as a BCP 47 tag. */
export function language(): string {
  return ext.i18n.getUILanguage();
}

/** Fills every element with a data-text attribute, every field with a data-hint, and the page's title and language. */
export function fillTexts(): void {
  document.documentElement.lang = language();
  document.documentElement.dir = text("@@bidi_dir");
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

/** Ports whose service people know by name (IANA service names registry). */
const services: Record<number, string> = {
  21: "FTP", 22: "SSH", 23: "Telnet", 25: "SMTP", 53: "DNS", 80: "HTTP", 110: "POP3", 123: "NTP", 143: "IMAP", 389: "LDAP", 443: "HTTPS",
  465: "SMTP", 587: "SMTP", 631: "IPP", 993: "IMAPS", 995: "POP3S", 1883: "MQTT", 3389: "RDP", 5222: "XMPP", 5900: "VNC", 6667: "IRC",
  6697: "IRCS", 8883: "MQTT", 9100: "IPP",
}; // prettier-ignore

/** "IMAP mail, port 143", or "port 4711". */
export function describePort(port: number): string {
  const service = services[port];
  return service === undefined ? text("promptPort", port) : text("promptService", text(`service${service}`), port);
}
