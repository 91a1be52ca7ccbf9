// The open sockets of the tab, grouped by the site that opened them.

import type { PopupView, SocketView } from "../background/toolbar/popup.ts";
import type { More } from "../background/toolbar/shown.ts";
import type { SocketState } from "../../protocol/message.ts";
import { destination, destinationName, foreign, isolated, siteName } from "./foreign.ts";
import { KeyedList } from "./keyed.ts";
import type { Line } from "./keyed.ts";
import { boundLine, listenerLine, orphansLine, type Accepted } from "./popup_local.ts";
import { closeButton, part, sayEncryption, sayTraffic, type SocketActions } from "./popup_parts.ts";
import { Sparkline } from "./sparkline.ts";
import { serviceMessage } from "./services.ts";
import { originElement } from "./shown.ts";
import { byId, text } from "./texts.ts";
import { date, moment } from "./units.ts";

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
  const close = closeButton(socket, "popupCloseLabel", actions);
  const lock = part("span", "");
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
      sayEncryption(lock, now);
      sayTraffic(received, sent, now);
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
  items: Item[];
  /** It is not the tab's own site. */
  other: boolean;
  /** Whether its name is shown: there are several, or it is not the tab's own. */
  named: boolean;
}

/** A socket of the list; or the connections that others have made to one that is closed. */
type Item = { socket: SocketView; accepted: Accepted } | { orphans: Accepted };

function itemLine(item: Item, actions: SocketActions): Line<Item> {
  if ("orphans" in item) return follow(orphansLine(actions), (now: Item) => "orphans" in now && now.orphans);
  const { socket } = item;
  const both = (now: Item): false | { socket: SocketView; accepted: Accepted } => "socket" in now && now;
  const alone = (now: Item): false | SocketView => "socket" in now && now.socket;
  switch (socket.kind) {
    case "listen":
      return follow(listenerLine(socket, actions), both);
    case "bind":
      return follow(boundLine(socket, actions), alone);
    default:
      return follow(socketLine(socket, actions), alone);
  }
}

/** A line of a part of the item. */
function follow<T>({ element, update }: Line<T>, pick: (item: Item) => T | false): Line<Item> {
  return {
    element,
    update(item) {
      const now = pick(item);
      if (now !== false) update(now);
    },
  };
}

function groupLine({ origin }: Group, actions: SocketActions): Line<Group> {
  const title = part("h3", "group", originElement(origin));
  const toggle = pauseSwitch(origin, actions);
  toggle.update(false); // a site that is paused has no open sockets
  const list = part("ul", "sockets");
  const lines = new KeyedList<Item>(list, byId("open-title"), (item) => itemLine(item, actions));
  return {
    element: part("div", "", title, toggle.element, list),
    update({ items, other, named }) {
      title.hidden = !named;
      toggle.element.hidden = !other;
      lines.show(items, (item) => ("socket" in item ? String(item.socket.key) : "orphans"));
    },
  };
}

/** What a site has open: each socket with the connections that it has accepted, and at the end those whose listener is closed. */
function itemsOf(sockets: readonly SocketView[], more: readonly More[]): Item[] {
  const acceptedBy = (key: number | undefined): Accepted => ({
    shown: sockets.filter(({ kind, listener }) => kind === "accepted" && listener === key),
    more: more.find(({ listener }) => listener === key)?.count ?? 0,
  });
  const own = sockets.filter(({ kind }) => kind !== "accepted");
  const orphans = acceptedBy(undefined);
  return [
    ...own.map((socket) => ({ socket, accepted: acceptedBy(socket.key) })),
    ...(orphans.shown.length > 0 ? [{ orphans }] : []),
  ];
}

export class SocketList {
  readonly #groups: KeyedList<Group>;

  constructor(parent: HTMLElement, actions: SocketActions) {
    this.#groups = new KeyedList(parent, byId("open-title"), (group) => groupLine(group, actions));
  }

  show({ sockets, more, site }: PopupView): void {
    const origins = [...new Set(sockets.map(({ origin }) => origin))];
    // The tab's own site first.
    origins.sort((a, b) => Number(b === site?.origin) - Number(a === site?.origin));
    const groups = origins.map((origin): Group => {
      const other = origin !== site?.origin;
      const ofSite = (one: { origin: string }): boolean => one.origin === origin;
      return {
        origin,
        items: itemsOf(sockets.filter(ofSite), more.filter(ofSite)),
        other,
        named: other || origins.length > 1,
      };
    });
    this.#groups.show(groups, ({ origin }) => origin);
  }
}
