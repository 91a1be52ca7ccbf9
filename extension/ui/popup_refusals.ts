// What was refused or failed in the tab, with the true reason and what one can do.

import type { RefusalRecord } from "../background/sockets/refusals.ts";
import { destination, foreign, isolated, siteName } from "./foreign.ts";
import { KeyedList } from "./keyed.ts";
import type { Line } from "./keyed.ts";
import { explain } from "./reasons.ts";
import type { Remedy } from "./reasons.ts";
import { originElement } from "./shown.ts";
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

function paragraph(className: string, ...content: (string | Node)[]): HTMLElement {
  const element = document.createElement("p");
  element.className = className;
  element.append(...content);
  return element;
}

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

function line(refusal: ShownRefusal, actions: RefusalActions): Line<ShownRefusal> {
  const { kind, host, port, protocol, reason, by, stage, origin } = refusal;
  const { why, what } = explain(reason, kind);
  const element = document.createElement("li");
  const when = document.createElement("span");
  when.className = "soft";
  const last = document.createElement("time");
  const often = document.createElement("span");
  when.append(last, " ", often);
  const head = document.createElement("div");
  head.className = "line";
  const where = host === "" ? unnamed() : destination(host, port);
  if (protocol === "udp") where.append(" · UDP");
  head.append(where, when);
  const site = paragraph("soft", originElement(origin));
  const button = remedyButton(refusal, actions);
  element.append(
    head,
    site,
    ...(kind === undefined ? [] : [paragraph("wish", text(wishes[kind]))]),
    paragraph("why", text(stages[stage], why)),
    ...(by === undefined ? [] : [paragraph("by", text("refusalBy"), " ", foreign(by))]),
    ...(what === "" ? [] : [paragraph("soft", what)]),
    ...(button === undefined ? [] : [button]),
  );
  return {
    element,
    update({ at, count: times, foreignSite, stillPaused, stillMuted }) {
      const counted = times > 1 ? text("refusalTimes", count(times)) : "";
      if (last.textContent !== moment(at)) last.textContent = moment(at);
      if (often.textContent !== counted) often.textContent = counted;
      site.hidden = !foreignSite;
      if (button === undefined) return;
      if (reason === "paused") button.hidden = !stillPaused;
      if (reason === "muted") button.hidden = !stillMuted;
    },
  };
}

export class RefusalList {
  readonly #lines: KeyedList<ShownRefusal>;

  constructor(parent: HTMLElement, actions: RefusalActions) {
    this.#lines = new KeyedList(parent, byId("refused-title"), (refusal) => line(refusal, actions));
  }

  show(refusals: readonly ShownRefusal[]): void {
    this.#lines.show(refusals, ({ origin, stage, protocol, kind, host, port, reason, by }) =>
      JSON.stringify([origin, stage, protocol, kind, host, port, reason, by]),
    );
  }
}
