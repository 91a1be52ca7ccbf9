// The list of remembered connections: grouped by site, searched, and kept up to date without moving the focus or what stands around it.

import { numberLanguage } from "../shared/language.ts";
import { kindOfEnd } from "../background/consent/grant.ts";
import { isGrantOf, sameGrant, type Grant } from "../background/consent/grants.ts";
import { inContainer, whoseKey, type Whose } from "../shared/container.ts";
import { ago, showTime } from "./ago.ts";
import { containerName, containerNote, whoseName } from "./container_name.ts";
import { isolated, siteName } from "./foreign.ts";
import { grantHow, grantKind, grantLimits, grantName, grantService } from "./grant_words.ts";
import { lifetimeText } from "./lifetime_words.ts";
import { hostElement, originElement } from "./shown.ts";
import { text } from "./texts.ts";

/** What a button of the list takes back: one grant, or all of a site. */
export type Taken = { grant: Grant } | { site: Whose };

/** Which grants that are. */
export function picked(taken: Taken): (grant: Grant) => boolean {
  return "grant" in taken
    ? (other) => sameGrant(other, taken.grant)
    : /*rule:revoke-site-spares-others*/ (other) => isGrantOf(taken.site, other);
}

interface Row {
  grant: Grant;
  element: HTMLElement;
  /** What a search looks through. */
  words: string;
  /** Says again how long ago it was, and how long it still holds. */
  tick(): void;
}

interface Site {
  element: HTMLElement;
  list: HTMLElement;
  rows: Map<string, Row>;
}

const { compare } = new Intl.Collator(numberLanguage(), { numeric: true });

function keyOf(grant: Grant): string {
  const { kind, protocol, host, port, created, protection, network } = grant;
  const shape = Object.entries(protection).sort();
  return JSON.stringify([whoseKey(grant), kind, protocol, host, port, created, shape, network, kindOfEnd(grant)]);
}

function element(tag: string, className: string, ...content: (string | Node)[]): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...content);
  return made;
}

/** Here there is room for all of it. */
function whole(host: HTMLElement): HTMLElement {
  host.classList.add("whole");
  return host;
}

export class GrantList {
  readonly #place: HTMLElement;
  readonly #take: (taken: Taken) => void;
  readonly #sites = new Map<string, Site>();
  #query: string[] = [];

  /** Lists grants in `place`. `take` is called when the user takes something back. */
  constructor(place: HTMLElement, take: (taken: Taken) => void) {
    this.#place = place;
    this.#take = take;
  }

  /** How many grants there are, and how many of them are shown. */
  count(): { all: number; shown: number } {
    const rows = this.#rows();
    return { all: rows.length, shown: rows.filter((row) => !row.element.hidden).length };
  }

  /** Shows those that have all the words in them. */
  search(words: string): void {
    this.#query = words
      .toLocaleLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "");
    for (const row of this.#rows()) this.#match(row);
    for (const site of this.#sites.values()) this.#hideEmpty(site);
  }

  /** Brings the list up to date. Returns where the focus belongs if it was on something that is gone; undefined when nothing is left. */
  update(grants: readonly Grant[]): void {
    const next = this.#next();
    const wanted = new Map(grants.map((grant) => [keyOf(grant), grant]));
    for (const [name, site] of this.#sites) {
      for (const [key, row] of site.rows) {
        const grant = wanted.get(key);
        if (grant !== undefined) {
          row.grant = grant;
          row.tick();
          wanted.delete(key);
          continue;
        }
        row.element.remove();
        site.rows.delete(key);
      }
      if (site.rows.size > 0) continue;
      site.element.remove();
      this.#sites.delete(name);
    }
    const added = [...wanted].sort(
      ([, a], [, b]) => compare(siteName(a.origin), siteName(b.origin)) || compare(a.host, b.host) || a.port - b.port,
    );
    for (const [key, grant] of added) this.#add(key, grant);
    for (const site of this.#sites.values()) this.#hideEmpty(site);
    next?.();
  }

  /** Says again how long ago each was given. */
  tick(): void {
    for (const row of this.#rows()) row.tick();
  }

  #rows(): Row[] {
    return [...this.#sites.values()].flatMap(({ rows }) => [...rows.values()]);
  }

  #match({ element, words }: Row): void {
    element.hidden = !this.#query.every((word) => words.includes(word));
  }

  #hideEmpty({ element, rows }: Site): void {
    element.hidden = [...rows.values()].every((row) => row.element.hidden);
  }

  /**
   * What to do about the focus after a change: if it is on a button that goes, it moves on to the next of the same kind, else the one before,
   * so that the next press of a key does nothing that is not meant.
   */
  #next(): (() => void) | undefined {
    const focused = document.activeElement;
    if (focused === null || !this.#place.contains(focused)) return undefined;
    const alike = [...this.#place.querySelectorAll<HTMLElement>(`button.${focused.className}`)];
    const at = alike.findIndex((button) => button === focused);
    const candidates = [...alike.slice(at), ...alike.slice(0, at).reverse()];
    return () => {
      if (!focused.isConnected) candidates.find((button) => button.isConnected && button.checkVisibility())?.focus();
    };
  }

  #button(className: string, label: string, name: string, taken: Taken): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = className;
    button.textContent = label;
    button.setAttribute("aria-label", name);
    button.addEventListener("click", () => {
      this.#take(taken);
    });
    return button;
  }

  #site({ origin, container }: Whose): Site {
    const whose = { origin, ...inContainer({ container }) };
    const known = this.#sites.get(whoseKey(whose));
    if (known !== undefined) return known;
    const name = `${siteName(origin)} ${container ?? ""}`;
    const title = element("h3", "", whole(originElement(origin)), ...containerNote(whose));
    title.id = `site-${crypto.randomUUID()}`;
    const all = this.#button("revoke-site", text("revokeSite"), text("revokeSiteLabel", whoseName(whose)), {
      site: whose,
    });
    const list = element("ul", "");
    const section = element("section", "site", element("header", "", title, all), list);
    section.setAttribute("aria-labelledby", title.id);
    section.dataset["name"] = name;
    insertSorted(this.#place, section, (other) => compare(other.dataset["name"] ?? "", name) > 0);
    const site: Site = { element: section, list, rows: new Map() };
    this.#sites.set(whoseKey(whose), site);
    return site;
  }

  #add(key: string, grant: Grant): void {
    const site = this.#site(grant);
    const service = grantService(grant);
    const protectedBy = element("small", "protection", grantLimits(grant));
    protectedBy.id = `protection-${crypto.randomUUID()}`;
    const kind = grantKind(grant);
    const where = element(
      "p",
      "",
      ...(kind === undefined ? [] : [element("small", "", kind), document.createElement("br")]),
      whole(hostElement(grant.host)),
      document.createElement("br"),
      element("small", "", service),
      document.createElement("br"),
      protectedBy,
    );
    const when = document.createElement("time");
    const used = document.createElement("time");
    const lasts = element("small", "lasts");
    const given = element(
      "p",
      "when",
      lasts,
      document.createElement("br"),
      when,
      " ",
      used,
      document.createElement("br"),
    );
    given.append(grantHow(grant));
    const destination = grantName(grant);
    const take = this.#button(
      "revoke",
      text("revoke"),
      text(grant.kind === undefined ? "revokeLabel" : "revokeLocalLabel", whoseName(grant), isolated(destination)),
      {
        grant,
      },
    );
    take.setAttribute("aria-describedby", protectedBy.id); // there may be several for one destination
    const item = element("li", "grant", where, given, take);
    const { origin, container } = grant;
    const words = [
      origin,
      container && containerName(container),
      destination,
      kind,
      service,
      protectedBy.textContent,
      grantHow(grant),
    ]
      .join(" ")
      .toLocaleLowerCase();
    const row: Row = {
      grant,
      element: item,
      words,
      tick: () => {
        const { created, ends, used: last } = row.grant;
        lasts.textContent = lifetimeText(ends);
        showTime(when, created, text("grantSince", ago(created)));
        if (last !== undefined) showTime(used, last, text("grantUsed", ago(last)));
      },
    };
    row.tick();
    site.rows.set(key, row);
    this.#match(row);
    item.dataset["name"] = `${grant.host} ${grant.port.toString()}`;
    insertSorted(site.list, item, (other) => compare(other.dataset["name"] ?? "", item.dataset["name"] ?? "") > 0);
  }
}

/** Puts an element before the first that comes after it. Looks from the end: what is added in order is added quickly. */
function insertSorted(parent: HTMLElement, child: HTMLElement, comesAfter: (other: HTMLElement) => boolean): void {
  let next: Element | null = null;
  for (
    let last = parent.lastElementChild;
    last instanceof HTMLElement && comesAfter(last);
    last = last.previousElementSibling
  )
    next = last;
  parent.insertBefore(child, next);
}
