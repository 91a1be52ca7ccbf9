// What the popup's lines about sockets are made of.

import type { SocketView } from "../background/toolbar/popup.ts";
import { destinationName, isolated } from "./foreign.ts";
import { text } from "./texts.ts";
import { bytes } from "./units.ts";

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

/** Closes one socket. `label` is the text that names the button. */
export function closeButton({ key, host, port }: SocketView, label: string, actions: SocketActions): HTMLElement {
  const close = part("button", "close", text("popupClose")) as HTMLButtonElement;
  close.type = "button";
  close.setAttribute("aria-label", text(label, isolated(destinationName(host, port))));
  close.addEventListener("click", (event) => {
    if (/*rule:popup-close-needs-trusted-click*/ event.isTrusted) actions.close(key);
  });
  return close;
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

/** Says how a connection is encrypted. */
export function sayEncryption(element: HTMLElement, socket: SocketView): void {
  const { words, safe } = encryption(socket);
  say(element, words);
  element.classList.toggle("plain", !safe);
}

/** Says how much has come and gone. */
export function sayTraffic(received: HTMLElement, sent: HTMLElement, { state }: SocketView): void {
  say(received, text("popupReceived", bytes(state?.bytesIn ?? 0)));
  say(sent, text("popupSent", bytes(state?.bytesOut ?? 0)));
}
