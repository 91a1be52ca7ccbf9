// The open sockets of the tab, grouped by the site that opened them.

import type { PopupView, SocketView } from "../background/toolbar/popup.ts";
import type { More } from "../background/toolbar/shown.ts";
import { grouped } from "../shared/group.ts";
import { isolated, siteName } from "./foreign.ts";
import { KeyedList } from "./keyed.ts";
import type { Line } from "./keyed.ts";
import { destinationLine } from "./popup_connections.ts";
import { boundLine, listenerLine, orphansLine, type Accepted } from "./popup_local.ts";
import { part, say, type SocketActions } from "./popup_parts.ts";
import { originElement } from "./shown.ts";
import { ShortList } from "./short_list.ts";
import { byId, text } from "./texts.ts";

/** So many lines of a site are shown at first. */
const few = 8;

/** A switch that lets a site other than the tab's own have direct connections, or pauses it. What it is told is whether that is paused. */
export function siteSwitch(origin: string, actions: Pick<SocketActions, "pause">): Line<boolean> {
  const label = text("popupDirectOther", isolated(siteName(origin)));
  const toggle = part("button", "") as HTMLButtonElement;
  toggle.type = "button";
  toggle.setAttribute("role", "switch");
  toggle.setAttribute("aria-label", label);
  const state = part("span", "state");
  toggle.addEventListener("click", (event) => {
    if (event.isTrusted) actions.pause(origin, toggle.getAttribute("aria-checked") === "true");
  });
  return {
    element: part("div", "switch-line", part("span", "soft", label), state, toggle),
    update(paused) {
      setSwitch(toggle, state, !paused);
    },
  };
}

/** Turns a switch, and says in words for the eye how it is: a screen reader says it of the switch. */
export function setSwitch(toggle: HTMLElement, state: HTMLElement, on: boolean): void {
  toggle.setAttribute("aria-checked", String(on));
  state.setAttribute("aria-hidden", "true");
  say(state, text(on ? "popupOn" : "popupOff"));
}

interface Group {
  origin: string;
  items: Item[];
  /** It is not the tab's own site. */
  other: boolean;
  /** Whether its name is shown: there are several, or it is not the tab's own. */
  named: boolean;
}

/** What a line is about: the connections to one destination; a socket that others can send to; or the connections that others have made to one that is closed. */
type Item =
  { to: string; connections: SocketView[] } | { socket: SocketView; accepted: Accepted } | { orphans: Accepted };

function itemLine(item: Item, actions: SocketActions): Line<Item> {
  if ("orphans" in item) return follow(orphansLine(actions), (now: Item) => "orphans" in now && now.orphans);
  if ("connections" in item) {
    const [first] = item.connections as [SocketView];
    return follow(destinationLine(first, actions), (now: Item) => "connections" in now && now.connections);
  }
  const { socket } = item;
  if (socket.kind === "listen") return follow(listenerLine(socket, actions), (now: Item) => "socket" in now && now);
  return follow(boundLine(socket, actions), (now: Item) => "socket" in now && now.socket);
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

function keyOf(item: Item): string {
  if ("orphans" in item) return "orphans";
  return "to" in item ? item.to : String(item.socket.key);
}

function groupLine({ origin }: Group, actions: SocketActions): Line<Group> {
  const title = part("h3", "group", originElement(origin));
  const toggle = siteSwitch(origin, actions);
  toggle.update(false); // a site that is paused has no open sockets
  const list = part("ul", "sockets");
  const lines = new ShortList<Item>(list, byId("open-title"), few, (item) => itemLine(item, actions));
  return {
    element: part("div", "", title, toggle.element, list, lines.more),
    update({ items, other, named }) {
      title.hidden = !named;
      toggle.element.hidden = !other;
      lines.show(items, keyOf);
    },
  };
}

/** What a site has open, the oldest first; at the end the connections that it has accepted and whose listener is closed. */
function itemsOf(sockets: readonly SocketView[], more: readonly More[]): Item[] {
  const acceptedBy = (key: number | undefined): Accepted => ({
    shown: sockets.filter(({ kind, listener }) => kind === "accepted" && listener === key),
    more: more.find(({ listener }) => listener === key)?.count ?? 0,
  });
  const own = sockets.filter(({ kind }) => kind !== "accepted");
  const lines = grouped(own, ({ kind, protocol, host, port, key }) =>
    kind === "connect" ? JSON.stringify([protocol, host, port]) : String(key),
  );
  const orphans = acceptedBy(undefined);
  return [
    ...[...lines].flatMap(([to, connections]): Item[] => {
      const [first] = connections;
      if (first === undefined) return [];
      return [first.kind === "connect" ? { to, connections } : { socket: first, accepted: acceptedBy(first.key) }];
    }),
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
