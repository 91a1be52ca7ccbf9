// The popup's lines about connections of a page's own: one for each destination, and in it one for each connection. Where there are several
// to one destination they are folded up below what they have in common.

import type { SocketView } from "../background/toolbar/popup.ts";
import type { SocketState } from "../../protocol/message.ts";
import { disclosure, unfold } from "./disclosure.ts";
import { destination, destinationName, foreign, isolated } from "./foreign.ts";
import { KeyedList, type Line } from "./keyed.ts";
import { closeButton, closing, part, say, sayEncryption, sayTraffic, type SocketActions } from "./popup_parts.ts";
import { Sparkline } from "./sparkline.ts";
import { serviceMessage } from "./services.ts";
import { byId, text } from "./texts.ts";
import { count, date, moment } from "./units.ts";

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

/** What all connections to one destination have in common. */
function common({ port, protocol }: SocketView): HTMLElement[] {
  const service = serviceMessage(port, protocol);
  const name = foreign(protocol.toUpperCase(), "common");
  return service === undefined ? [name] : [part("span", "common", text(service)), name];
}

function connectionLine(socket: SocketView, actions: SocketActions): Line<SocketView> {
  const name = destinationName(socket.host, socket.port);
  const lock = part("span", "");
  const [received, sent] = [part("span", "received"), part("span", "sent")];
  const spark = new Sparkline();
  const summary = part("summary", "soft", text("popupDetails"));
  summary.setAttribute("aria-label", text("popupDetailsLabel", isolated(name)));
  const list = part("dl", "soft");
  const more = part("details", "", summary, list);
  let shown = "";
  const element = part(
    "div",
    "socket",
    part("div", "line", destination(socket.host, socket.port), closeButton(socket, "popupCloseLabel", actions)),
    part("div", "facts soft", ...common(socket), lock, part("span", "", text("popupSince", moment(socket.since)))),
    part("div", "traffic", received, sent),
    part("div", "more", spark.element, more),
  );
  return {
    element,
    update(now) {
      sayEncryption(lock, [now]);
      sayTraffic(received, sent, [now]);
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

/** What stands above several connections to one destination: folds them up, says what they come to, closes all of them. */
function head(first: SocketView, list: HTMLElement, close: () => void) {
  const name = destinationName(first.host, first.port);
  const [tally, lock] = [part("span", "tally"), part("span", "")];
  const [received, sent] = [part("span", "received"), part("span", "sent")];
  const fold = disclosure(list, part("span", "", destination(first.host, first.port), " ", tally));
  const element = part(
    "div",
    "head",
    part("div", "line", fold, closing(text("popupCloseAll"), text("popupCloseAllLabel", isolated(name)), close)),
    part("div", "facts soft", ...common(first), lock),
    part("div", "traffic", received, sent),
  );
  return {
    element,
    fold,
    update(sockets: readonly SocketView[]): void {
      say(tally, text("popupConnected", count(sockets.length)));
      sayEncryption(lock, sockets);
      sayTraffic(received, sent, sockets);
    },
  };
}

/** The connections to the destination of `first`. The head comes and goes around them, so that each stays the element that it was. */
export function destinationLine(first: SocketView, actions: SocketActions): Line<readonly SocketView[]> {
  let now: readonly SocketView[] = [];
  const list = part("div", "connections");
  const lines = new KeyedList<SocketView>(list, byId("open-title"), (socket) => connectionLine(socket, actions));
  const above = head(first, list, () => {
    for (const { key } of now) actions.close(key);
  });
  const element = part("li", "destination", list);
  return {
    element,
    update(sockets) {
      const [had, has] = [now.length > 1, sockets.length > 1];
      const inHead = above.element.contains(document.activeElement);
      // Several that are there from the beginning are folded up; what somebody looks at is not.
      if (has && !had) {
        element.prepend(above.element);
        unfold(above.fold, list, now.length > 0);
      } else if (had && !has) {
        above.element.remove();
        unfold(above.fold, list, true);
      }
      element.classList.toggle("several", has);
      now = sockets;
      if (has) above.update(sockets);
      lines.show(sockets, ({ key }) => String(key));
      if (inHead && !has) list.querySelector<HTMLElement>("button")?.focus();
    },
  };
}
