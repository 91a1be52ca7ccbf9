// What the popup's lines about sockets are made of.

import type { SocketView } from "../background/toolbar/popup.ts";
import { destinationName, isolated } from "./foreign.ts";
import { text } from "./texts.ts";
import { bytes, count } from "./units.ts";

/** What a person can do with sockets. */
export interface SocketActions {
  close(key: number): void;
  pause(origin: string, paused: boolean): void;
}

/** A part of the page: an element with a class, and what is in it. */
export function part(tag: string, className: string, ...content: (string | Node)[]): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...content);
  return element;
}

/** Changes a text only when it is another: what has not changed is not read out again. */
export function say(element: HTMLElement, words: string): void {
  if (element.textContent !== words) element.textContent = words;
}

/** A button that closes something. `label` names it where what it shows does not say what is closed. */
export function closing(words: string, label: string, close: () => void): HTMLElement {
  const button = part("button", "close", words) as HTMLButtonElement;
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.addEventListener("click", (event) => {
    if (/*rule:popup-close-needs-trusted-click*/ event.isTrusted) close();
  });
  return button;
}

/** Closes one socket. `label` is the text that names the button. */
export function closeButton({ key, host, port }: SocketView, label: string, actions: SocketActions): HTMLElement {
  return closing(text("popupClose"), text(label, isolated(destinationName(host, port))), () => {
    actions.close(key);
  });
}

function encryption({ encryption, state }: SocketView): { words: string; safe: boolean } {
  switch (encryption) {
    case "off":
      return { words: text("popupPlain"), safe: false };
    case "starttls":
      return { words: text("popupPlainYet"), safe: false };
    case "on":
    case "upgraded": {
      const version = state?.tlsVersion;
      return { words: version === undefined ? text("popupEncrypted") : text("popupEncryptedBy", version), safe: true };
    }
  }
}

/** Says how connections are encrypted; of several how many are not. */
export function sayEncryption(element: HTMLElement, sockets: readonly SocketView[]): void {
  const each = sockets.map(encryption);
  const plain = each.filter(({ safe }) => !safe).length;
  const [alike, ...others] = new Set(each.map(({ words }) => words));
  if (alike !== undefined && others.length === 0) say(element, alike);
  else if (plain === 0) say(element, text("popupEncrypted"));
  else
    say(element, plain === each.length ? text("popupPlain") : text("popupPlainSome", count(plain), count(each.length)));
  element.classList.toggle("plain", plain > 0);
}

/** Says how much has come and gone, all in all. */
export function sayTraffic(received: HTMLElement, sent: HTMLElement, sockets: readonly SocketView[]): void {
  const sum = (of: "bytesIn" | "bytesOut"): string =>
    bytes(sockets.reduce((all, { state }) => all + (state?.[of] ?? 0), 0));
  say(received, text("popupReceived", sum("bytesIn")));
  say(sent, text("popupSent", sum("bytesOut")));
}
