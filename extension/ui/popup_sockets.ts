// The open sockets of the tab, grouped by the site that opened them.

import type { PopupView, SocketView } from "../background/toolbar/popup.ts";
import type { SocketState } from "../../protocol/message.ts";
import { destination, destinationName, foreign, isolated, siteName } from "./foreign.ts";
import { KeyedList } from "./keyed.ts";
import type { Line } from "./keyed.ts";
import { Sparkline } from "./sparkline.ts";
import { serviceMessage } from "./services.ts";
import { originElement } from "./shown.ts";
import { byId, text } from "./texts.ts";
import { bytes, date, moment } from "./units.ts";

/** What a person can do with sockets. */
export interface SocketActions {
  close(key: number): void;
  pause(origin: string, paused: boolean): void;
}

/** A part of the page: an element with a class, and what is in it. */
function part(tag: string, className: string, ...content: (string | Node)[]): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...content);
  return element;
}

/** Changes a text only when it is another: what has not changed is not read out again. */
function say(element: HTMLElement, words: string): void {
  if (element.textContent !== words) element.textContent = words;
}

/** A switch that pauses a site other than the tab's own. */
export function pauseSwitch(origin: string, actions: Pick<SocketActions, "pause">): Line<boolean> {
  const label = text("popupPauseOther", isolated(siteName(origin)));
  const toggle = document.createElement("button");
  toggle.type = "button";
  toggle.setAttribute("role", "switch");
  toggle.setAttribute("aria-label", label);
  toggle.addEventListener("click", (event) => {
    if (event.isTrusted) actions.pause(origin, toggle.getAttribute("aria-checked") !== "true");
  });
  return {
    element: part("div", "switch-line", part("span", "soft", label), toggle),
    update(paused) {
      toggle.setAttribute("aria-checked", String(paused));
    },
  };
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

/** A hash by its bytes, with room for a new line after each. */
function fingerprint(hex: string): HTMLElement {
  const pairs = hex.match(/../g) ?? [];
  const element = part("bdi", "fingerprint");
  element.dir = "ltr";
  for (const [n, pair] of pairs.entries())
    element.append(...(n === 0 ? [pair] : [":", document.createElement("wbr"), pair]));
  return element;
}

/** A line of the disclosure: the name of a text, and a value in foreign text or in our own words, or a date in ms since 1970. */
type Detail = { name: string } & ({ foreign: string } | { ours: string } | { on: number });

function details({ remoteAddress, cipherSuite, certificate }: SocketState): Detail[] {
  const found: Detail[] = remoteAddress === undefined ? [] : [{ name: "popupAddress", foreign: remoteAddress }];
  if (cipherSuite !== undefined) found.push({ name: "popupCipher", foreign: cipherSuite });
  if (certificate === undefined) return found;
  const { subject, issuer, names, notAfter, trust, sha256 } = certificate;
  const named = (name: string, foreign: string): Detail =>
    foreign === "" ? { name, ours: text("popupUnnamed") } : { name, foreign };
  return [
    ...found,
    named("popupSubject", subject),
    named("popupIssuer", issuer),
    named("popupNames", names.join(", ")),
    { name: "popupValidUntil", on: notAfter },
    { name: "popupTrust", ours: text(trust === "roots" ? "popupTrustRoots" : "popupTrustHash") },
    { name: "popupFingerprint", foreign: sha256 },
  ];
}

function detailValue(detail: Detail): string | HTMLElement {
  if ("ours" in detail) return detail.ours;
  if ("on" in detail) {
    const time = document.createElement("time");
    time.textContent = date(detail.on);
    return time;
  }
  return detail.name === "popupFingerprint" ? fingerprint(detail.foreign) : foreign(detail.foreign);
}

function socketLine(socket: SocketView, actions: SocketActions): Line<SocketView> {
  const name = destinationName(socket.host, socket.port);
  const close = part("button", "close", text("popupClose")) as HTMLButtonElement;
  close.type = "button";
  close.setAttribute("aria-label", text("popupCloseLabel", isolated(name)));
  close.addEventListener("click", (event) => {
    if (/*rule:popup-close-needs-trusted-click*/ event.isTrusted) actions.close(socket.key);
  });
  const lock = part("span", "lock");
  const [received, sent] = [part("span", "received"), part("span", "sent")];
  const spark = new Sparkline();
  const summary = part("summary", "soft", text("popupDetails"));
  summary.setAttribute("aria-label", text("popupDetailsLabel", isolated(name)));
  const list = part("dl", "soft");
  const more = part("details", "", summary, list);
  let shown = "";
  const service = serviceMessage(socket.port, socket.protocol);
  const element = part(
    "li",
    "socket",
    part("div", "line", destination(socket.host, socket.port), close),
    part(
      "div",
      "facts soft",
      ...(service === undefined ? [] : [part("span", "", text(service))]),
      foreign(socket.protocol.toUpperCase()),
      lock,
      part("span", "", text("popupSince", moment(socket.since))),
    ),
    part("div", "traffic", received, sent),
    part("div", "more", spark.element, more),
  );
  return {
    element,
    update(now) {
      const { words, safe } = encryption(now);
      say(lock, words);
      lock.classList.toggle("plain", !safe);
      say(received, text("popupReceived", bytes(now.state?.bytesIn ?? 0)));
      say(sent, text("popupSent", bytes(now.state?.bytesOut ?? 0)));
      more.hidden = now.state === undefined;
      if (now.state === undefined) return;
      spark.add(now.state);
      const rows = details(now.state);
      const key = JSON.stringify(rows);
      if (key === shown) return;
      shown = key;
      list.replaceChildren(
        ...rows.flatMap((row) => [part("dt", "", text(row.name)), part("dd", "", detailValue(row))]),
      );
    },
  };
}

interface Group {
  origin: string;
  sockets: SocketView[];
  /** It is not the tab's own site. */
  other: boolean;
  /** Whether its name is shown: there are several, or it is not the tab's own. */
  named: boolean;
}

function groupLine({ origin }: Group, actions: SocketActions): Line<Group> {
  const title = part("h3", "group", originElement(origin));
  const toggle = pauseSwitch(origin, actions);
  toggle.update(false); // a site that is paused has no open sockets
  const list = part("ul", "sockets");
  const lines = new KeyedList<SocketView>(list, byId("open-title"), (socket) => socketLine(socket, actions));
  return {
    element: part("div", "", title, toggle.element, list),
    update({ sockets, other, named }) {
      title.hidden = !named;
      toggle.element.hidden = !other;
      lines.show(sockets, ({ key }) => String(key));
    },
  };
}

export class SocketList {
  readonly #groups: KeyedList<Group>;

  constructor(parent: HTMLElement, actions: SocketActions) {
    this.#groups = new KeyedList(parent, byId("open-title"), (group) => groupLine(group, actions));
  }

  show({ sockets, site }: PopupView): void {
    const origins = [...new Set(sockets.map(({ origin }) => origin))];
    // The tab's own site first.
    origins.sort((a, b) => Number(b === site?.origin) - Number(a === site?.origin));
    const groups = origins.map((origin): Group => {
      const other = origin !== site?.origin;
      return {
        origin,
        sockets: sockets.filter((socket) => socket.origin === origin),
        other,
        named: other || origins.length > 1,
      };
    });
    this.#groups.show(groups, ({ origin }) => origin);
  }
}
