// What was refused or failed in the tab, with the true reason and what one can do: a line for each reason, with the destinations in it.

import type { RefusalRecord } from "../background/sockets/refusals.ts";
import { destination, foreign, isolated, siteName } from "./foreign.ts";
import { grouped } from "../shared/group.ts";
import { disclosure, unfold } from "./disclosure.ts";
import { KeyedList, type Line } from "./keyed.ts";
import { part, say } from "./popup_parts.ts";
import { explain } from "./reasons.ts";
import type { Remedy } from "./reasons.ts";
import { originElement } from "./shown.ts";
import { ShortList } from "./short_list.ts";
import { byId, text } from "./texts.ts";
import { count, moment } from "./units.ts";

/** What a person can do about refusals. */
export interface RefusalActions {
  resume(origin: string): void;
  unmute(origin: string): void;
  openSetup(): void;
}

/** A refusal, and what it takes to say whose it was and whether its remedy is still of use. */
export interface ShownRefusal extends RefusalRecord {
  /** Its site is not the tab's own. */
  foreignSite: boolean;
  stillPaused: boolean;
  stillMuted: boolean;
}

const stages = { open: "refusalOpen", upgrade: "refusalUpgrade", end: "refusalEnd", remember: "refusalRemember" };

/** The texts of a remedy's button; `label` names the site, too. */
const remedies: Record<Remedy, { name: string; label?: string }> = {
  resume: { name: "remedyResume", label: "remedyResumeLabel" },
  unmute: { name: "remedyUnmute", label: "remedyUnmuteLabel" },
  openSetup: { name: "remedySetup" },
};

function remedyButton({ reason, origin }: RefusalRecord, actions: RefusalActions): HTMLButtonElement | undefined {
  const { remedy } = explain(reason);
  if (remedy === undefined) return undefined;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "remedy";
  const { name, label } = remedies[remedy];
  button.textContent = text(name);
  if (label !== undefined) button.setAttribute("aria-label", text(label, isolated(siteName(origin))));
  button.addEventListener("click", (event) => {
    if (/*rule:refusal-remedy-needs-trusted-click*/ event.isTrusted) actions[remedy](origin);
  });
  return button;
}

/** The user was to name it. */
function unnamed(): HTMLElement {
  const element = document.createElement("span");
  element.className = "where";
  element.textContent = text("refusalUnnamed");
  return element;
}

/** What a site wanted, where it was no connection of its own. */
const wishes = { listen: "refusalListens", bind: "refusalExchanges" };

/** When it was the last time, and how often; the latter where it is more often than `expected`. */
class Times {
  readonly element = document.createElement("span");
  readonly #last = document.createElement("time");
  readonly #often = document.createElement("span");

  constructor() {
    this.element.className = "soft";
    this.element.append(this.#last, " ", this.#often);
  }

  show(at: number, times: number, expected: number): void {
    say(this.#last, moment(at));
    say(this.#often, times > expected ? text("refusalTimes", count(times)) : "");
  }
}

/** Where a refusal would have led. */
function whereOf({ host, port, protocol }: RefusalRecord): HTMLElement {
  const where = host === "" ? unnamed() : destination(host, port);
  if (protocol === "udp") where.append(" · UDP");
  return where;
}

const keyOf = ({ protocol, host, port }: RefusalRecord): string => JSON.stringify([protocol, host, port]);

/** One destination of several that were refused for the same reason. */
function destinationLine(refusal: ShownRefusal): Line<ShownRefusal> {
  const times = new Times();
  return {
    element: part("li", "line", whereOf(refusal), times.element),
    update({ at, count: often }) {
      times.show(at, often, 1);
    },
  };
}

/** What stands at the beginning: the destination, or how many there are, which shows and hides them. */
class Places {
  readonly element = part("span", "places-name");
  readonly list = part("ul", "places");
  readonly #lines = new KeyedList<ShownRefusal>(this.list, byId("refused-title"), destinationLine);
  readonly #tally = part("span", "");
  readonly #fold = disclosure(this.list, this.#tally);
  #shown = "";

  constructor() {
    unfold(this.#fold, this.list, false);
  }

  show(refusals: readonly ShownRefusal[]): void {
    const [first, ...others] = refusals;
    const shown = first === undefined || others.length > 0 ? "several" : keyOf(first);
    if (shown !== this.#shown) {
      const folds = this.element.contains(document.activeElement);
      this.#shown = shown;
      if (first !== undefined && shown !== "several") {
        unfold(this.#fold, this.list, false);
        this.element.replaceChildren(whereOf(first));
        if (folds) byId("refused-title").focus();
      } else this.element.replaceChildren(this.#fold);
    }
    if (shown !== "several") return;
    say(this.#tally, text("refusalDestinations", count(refusals.length)));
    this.#lines.show(refusals, keyOf);
  }
}

/** What was refused for one reason, the newest first. */
function reasonLine(first: ShownRefusal, actions: RefusalActions): Line<readonly ShownRefusal[]> {
  const { kind, reason, by, stage, origin } = first;
  const { why, what } = explain(reason, kind);
  const [places, times] = [new Places(), new Times()];
  const site = part("p", "soft", originElement(origin));
  const button = remedyButton(first, actions);
  const element = part(
    "li",
    "",
    part("div", "line", places.element, times.element),
    site,
    ...(kind === undefined ? [] : [part("p", "wish", text(wishes[kind]))]),
    part("p", "why", text(stages[stage], why)),
    ...(by === undefined ? [] : [part("p", "by", text("refusalBy"), " ", foreign(by))]),
    ...(what === "" ? [] : [part("p", "soft", what)]),
    ...(button === undefined ? [] : [button]),
    places.list,
  );
  return {
    element,
    update(refusals) {
      const { at, foreignSite, stillPaused, stillMuted } = refusals[0] ?? first;
      places.show(refusals);
      times.show(
        at,
        refusals.reduce((sum, refusal) => sum + refusal.count, 0),
        refusals.length,
      );
      site.hidden = !foreignSite;
      if (button === undefined) return;
      if (reason === "paused") button.hidden = !stillPaused;
      if (reason === "muted") button.hidden = !stillMuted;
    },
  };
}

interface Group {
  key: string;
  refusals: ShownRefusal[];
}

/** So many reasons are shown at first. */
const few = 5;

export class RefusalList {
  readonly #lines: ShortList<Group>;

  constructor(parent: HTMLElement, section: HTMLElement, actions: RefusalActions) {
    this.#lines = new ShortList(parent, byId("refused-title"), few, ({ refusals: [first] }): Line<Group> => {
      const { element, update } = reasonLine(first as ShownRefusal, actions);
      return {
        element,
        update: ({ refusals }) => {
          update(refusals);
        },
      };
    });
    section.append(this.#lines.more);
  }

  show(refusals: readonly ShownRefusal[]): void {
    const groups = grouped(refusals, ({ origin, stage, kind, reason, by }) =>
      JSON.stringify([origin, stage, kind, reason, by]),
    );
    this.#lines.show(
      [...groups].map(([key, of]) => ({ key, refusals: of })),
      ({ key }) => key,
    );
  }
}
