// Text that comes from elsewhere (sites, hosts, certificates), set apart from ours: it cannot turn the direction of what stands around it.

import { canonicalHost } from "../background/intake/origin.ts";
import { textDirection } from "../shared/language.ts";
import { hostAndPort, plainText } from "./display.ts";
import { hostElement } from "./shown.ts";

/** An element with foreign text. */
export function foreign(text: string, className?: string): HTMLElement {
  const element = document.createElement("bdi");
  element.textContent = text;
  if (className !== undefined) element.className = className;
  return element;
}

/** Foreign text for an attribute or inside of a sentence: between FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE. */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}

/** The same for the title of a window: window managers show what isolates it, too, so it is used only where it is needed. */
export function isolatedInTitle(text: string): string {
  return textDirection() === "rtl" ? isolated(text) : text;
}

/** A site as people know it. */
export function siteName(origin: string): string {
  return origin.replace(/^https:\/\//, "");
}

/** A destination as text: without a port where it is 0. */
export function destinationName(host: string, port: number): string {
  return port === 0 ? host : hostAndPort(host, port);
}

/** The same as an element. What is no host, such as what a page asked for in vain, is foreign text like any other. */
export function destination(host: string, port: number): HTMLElement {
  const element = document.createElement("bdi");
  element.className = "where";
  element.dir = "ltr";
  if (canonicalHost(host) !== host) element.append(foreign(plainText(host)), port === 0 ? "" : `:${port.toString()}`);
  else {
    const [before, after] = host.includes(":") ? ["[", "]"] : ["", ""];
    element.append(before, hostElement(host), after, port === 0 ? "" : `:${port.toString()}`);
  }
  return element;
}
