// The popup's lines about sockets that others can send to: what listens, with the connections that it has accepted, and bound UDP sockets.

import type { SocketView } from "../background/toolbar/popup.ts";
import { destination, foreign } from "./foreign.ts";
import { KeyedList } from "./keyed.ts";
import type { Line } from "./keyed.ts";
import { closeButton, part, say, sayEncryption, sayTraffic, type SocketActions } from "./popup_parts.ts";
import { peerTexts, reachText } from "./prompt_local.ts";
import { serviceMessage } from "./services.ts";
import { Sparkline } from "./sparkline.ts";
import { byId, text } from "./texts.ts";
import { count, moment } from "./units.ts";

/** Accepted connections: those that are shown, and how many there are besides. */
export interface Accepted {
  shown: readonly SocketView[];
  more: number;
}

/** Its own address, with Close beside it. */
function head(name: string, socket: SocketView, label: string, actions: SocketActions): HTMLElement {
  const where = part("div", "", text(name), " ", destination(socket.host, socket.port));
  return part("div", "line", where, closeButton(socket, label, actions));
}

/** A number with its name; nothing where there is none. */
function tally(element: HTMLElement, name: string, number: number | undefined): void {
  const words = number === undefined ? "" : text(name, count(number));
  say(element, words);
  element.hidden = words === "";
}

/** The same for what is seldom: nothing also where it is 0. */
function rare(element: HTMLElement, name: string, number: number | undefined): void {
  tally(element, name, number === 0 ? undefined : number);
}

function fact(...content: (string | Node)[]): HTMLElement {
  return part("span", "", ...content);
}

function acceptedLine(socket: SocketView, actions: SocketActions): Line<SocketView> {
  const [received, sent] = [part("span", "received"), part("span", "sent")];
  return {
    element: part(
      "li",
      "accepted",
      part("div", "line", destination(socket.host, socket.port), closeButton(socket, "popupCloseLabel", actions)),
      part("div", "traffic", received, sent),
    ),
    update(now) {
      sayTraffic(received, sent, [now]);
    },
  };
}

/** The list of accepted connections, and a line about those that are not in it. */
function acceptedList(actions: SocketActions): { parts: HTMLElement[]; update: (accepted: Accepted) => void } {
  const list = part("ul", "accepted-list");
  const lines = new KeyedList<SocketView>(list, byId("open-title"), (socket) => acceptedLine(socket, actions));
  const besides = part("p", "soft");
  return {
    parts: [list, besides],
    update({ shown, more }) {
      list.hidden = shown.length === 0;
      lines.show(shown, ({ key }) => String(key));
      rare(besides, "popupMore", more);
    },
  };
}

/** A socket that listens. Closing it leaves the connections that it has accepted. */
export function listenerLine(
  socket: SocketView,
  actions: SocketActions,
): Line<{ socket: SocketView; accepted: Accepted }> {
  const [lock, open, before, away] = [fact(), fact(), fact(), fact()];
  const list = acceptedList(actions);
  const service = serviceMessage(socket.port, "tcp");
  const element = part(
    "li",
    "socket",
    head("popupListens", socket, "popupCloseListeningLabel", actions),
    part(
      "div",
      "facts soft",
      ...(socket.reach === undefined ? [] : [fact(reachText("listen", { reach: socket.reach }))]),
      ...(service === undefined ? [] : [fact(text(service))]),
      lock,
      fact(text("popupSince", moment(socket.since))),
    ),
    part("div", "facts", open, before, away),
    ...list.parts,
  );
  return {
    element,
    update({ socket: now, accepted }) {
      sayEncryption(lock, [now]);
      tally(open, "popupConnected", accepted.shown.length + accepted.more);
      tally(before, "popupAccepted", now.state?.accepted);
      rare(away, "popupTurnedAway", now.state?.turnedAway);
      list.update(accepted);
    },
  };
}

/** Connections that others have made, and whose listener is closed. */
export function orphansLine(actions: SocketActions): Line<Accepted> {
  const list = acceptedList(actions);
  return {
    element: part("li", "socket", part("div", "line", text("popupOrphans")), ...list.parts),
    update: list.update,
  };
}

/** A UDP socket that is bound, and not connected. */
export function boundLine(socket: SocketView, actions: SocketActions): Line<SocketView> {
  const [peers, groups, away] = [fact(), fact(), fact()];
  const [received, sent] = [part("span", "received"), part("span", "sent")];
  const spark = new Sparkline();
  const element = part(
    "li",
    "socket",
    head("popupExchanges", socket, "popupCloseBoundLabel", actions),
    part(
      "div",
      "facts soft",
      ...(socket.reach === undefined ? [] : [fact(reachText("bind", { reach: socket.reach }))]),
      foreign("UDP"),
      ...(socket.peers === undefined ? [] : [fact(text(peerTexts[socket.peers]))]),
      fact(text("popupSince", moment(socket.since))),
    ),
    part("div", "facts", peers, groups, away),
    part("div", "traffic", received, sent),
    part("div", "more", spark.element),
  );
  return {
    element,
    update(now) {
      tally(peers, "popupPeers", now.state?.peers);
      rare(groups, "popupGroups", now.state?.groups);
      rare(away, "popupNotLetThrough", now.state?.turnedAway);
      sayTraffic(received, sent, [now]);
      if (now.state !== undefined) spark.add(now.state);
    },
  };
}
