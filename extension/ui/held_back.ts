// Sites that are held back: those that the user has paused, and those that asked too often. Of private windows nothing is shown here.

import { endCooldown, listCooldowns } from "../background/consent/cooldown.ts";
import { listPaused, setPaused } from "../background/sockets/paused.ts";
import { foreign, siteName } from "./foreign.ts";
import { containerNote, whoseName } from "./container_name.ts";
import { inContainer } from "../shared/container.ts";
import { KeyedList } from "./keyed.ts";
import { byId, text } from "./texts.ts";
import { numberLanguage } from "../shared/language.ts";

/** A site that is held back: until then, or until the user lets it go on. */
export interface Held {
  /** An origin, or a whole site. */
  site: string;
  container?: string;
  /** In ms since 1970; absent: it is paused. */
  until?: number;
}

export async function listHeld(): Promise<Held[]> {
  const [paused, cooldowns] = await Promise.all([listPaused(false), listCooldowns()]);
  return [
    ...paused.map(({ origin, container }) => ({ site: origin, ...inContainer({ container }) })),
    ...cooldowns.flatMap(({ who, private: isPrivate, until, container }) =>
      /*rule:settings-hide-private-cooldowns*/ isPrivate ? [] : [{ site: who, ...inContainer({ container }), until }],
    ),
  ];
}

const times = new Intl.DateTimeFormat(numberLanguage(), { timeStyle: "short" });

let list: KeyedList<Held> | undefined;

/** Brings the section up to date. Without such sites it is not there. */
export async function showHeld(): Promise<void> {
  list ??= new KeyedList(byId("held"), byId("grants-title"), ({ site, container, until }) => {
    const whose = { origin: site, ...inContainer({ container }) };
    const side = { private: false, ...inContainer({ container }) };
    const name = siteName(site);
    const why = document.createElement("small");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text(until === undefined ? "heldRelease" : "remedyUnmute");
    button.setAttribute(
      "aria-label",
      text(until === undefined ? "heldReleaseLabel" : "remedyUnmuteLabel", whoseName(whose)),
    );
    button.addEventListener("click", (event) => {
      if (event.isTrusted) void (until === undefined ? setPaused(site, side, false) : endCooldown(site, side));
    });
    const words = document.createElement("p");
    words.append(foreign(name, "site-name"), document.createElement("br"));
    for (const note of containerNote(whose)) words.append(note, document.createElement("br"));
    words.append(why);
    const element = document.createElement("li");
    element.append(words, button);
    return {
      element,
      update: ({ until: end }) => {
        why.textContent = end === undefined ? text("whyPaused") : text("popupMuted", times.format(end));
      },
    };
  });
  const held = await listHeld();
  byId("held-section").hidden = held.length === 0;
  list.show(
    held,
    ({ site, container = "", until }) => `${until === undefined ? "paused" : "muted"} ${container} ${site}`,
  );
}
