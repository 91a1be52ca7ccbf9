// The badge on the toolbar's icon: that a question of this tab waits for its answer, how many sockets it has open, that something was refused,
// that the site is paused. What it shows, the icon's title says in words.

import { ext } from "../../shared/ext.ts";
import { numberLanguage } from "../../shared/language.ts";
import type { Prompts } from "../consent/prompt.ts";
import type { Activity } from "../sockets/activity.ts";
import { isPaused } from "../sockets/paused.ts";
import { siteOfTab } from "./site.ts";

/** Changes within this many ms are shown together. */
const pace = 100;

const numbers = new Intl.NumberFormat(numberLanguage());

/** Dark enough for white text, in light and dark toolbars. */
const colours = { asks: "#6b2fa0", open: "#0b5c8a", refused: "#a33b00", paused: "#545d68" };

interface Look {
  text: string;
  colour: string;
  title: string;
}

/** What there is to show of a tab. */
interface State {
  open: number;
  asks: boolean;
  refused: boolean;
  paused: boolean;
}

/** Undefined: as on most tabs, nothing but the icon. */
function look({ open, asks, refused, paused }: State): Look | undefined {
  if (open === 0 && !asks && !refused && !paused) return undefined;
  const lines = [
    open > 0 ? ext.i18n.getMessage("badgeOpen", numbers.format(open)) : ext.i18n.getMessage("extensionName"),
    ...(asks ? [ext.i18n.getMessage("badgeAsks")] : []),
    ...(paused ? [ext.i18n.getMessage("badgePaused")] : []),
    ...(refused ? [ext.i18n.getMessage("badgeRefused")] : []),
  ];
  const title = lines.join("\n");
  if (asks) return { text: "?", colour: colours.asks, title };
  if (paused) return { text: "II", colour: colours.paused, title };
  if (refused) return { text: "!", colour: colours.refused, title };
  const text = open > 99 ? `${numbers.format(99)}+` : numbers.format(open);
  return { text, colour: colours.open, title };
}

export class Badge {
  readonly #activity: Activity;
  readonly #prompts: Pick<Prompts, "waitsIn">;
  readonly #due = new Set<number>();
  /** Tabs that may have a badge. */
  readonly #badged = new Set<number>();

  constructor(activity: Activity, prompts: Pick<Prompts, "waitsIn">) {
    this.#activity = activity;
    this.#prompts = prompts;
    // The browser itself takes a tab's badge away when another document comes into it. So does the call for attention go, for good.
    ext.webNavigation.onCommitted.addListener(({ tabId, frameId }) => {
      if (frameId !== 0) return;
      void this.#activity.refusals.seen(tabId);
      this.update(tabId);
    });
  }

  /** Shows what is so now, soon. */
  update(tabId: number): void {
    if (this.#due.has(tabId)) return;
    this.#due.add(tabId);
    setTimeout(() => {
      this.#due.delete(tabId);
      void this.#show(tabId);
    }, pace);
  }

  /** For all tabs, as when a site is paused. */
  async updateAll(): Promise<void> {
    for (const { id } of await ext.tabs.query({})) if (id !== undefined) this.update(id);
  }

  /** When the worker starts: what badges say may have gone with the one before. */
  async updateOld(): Promise<void> {
    for (const { id: tabId } of await ext.tabs.query({})) {
      if (tabId === undefined || (await ext.action.getBadgeText({ tabId })) === "") continue;
      this.#badged.add(tabId);
      this.update(tabId);
    }
  }

  /** The tab is gone. */
  forget(tabId: number): void {
    this.#badged.delete(tabId);
  }

  async #show(tabId: number): Promise<void> {
    const site = await siteOfTab(tabId);
    if (site === undefined) return;
    const { refusals } = this.#activity;
    const refused = (await refusals.of(tabId)).some(/*rule:refusals-mark-the-badge*/ ({ unseen }) => unseen);
    const { origin, ...side } = site;
    const paused = origin !== undefined && (await isPaused({ origin, ...side }));
    const asks = /*rule:waiting-question-marks-badge*/ this.#prompts.waitsIn(tabId);
    const wanted = look({ open: this.#activity.socketsOf(tabId).length, asks, refused, paused });
    try {
      if (wanted === undefined) {
        if (!this.#badged.delete(tabId)) return;
        const title = ext.i18n.getMessage("extensionName");
        await Promise.all([ext.action.setBadgeText({ tabId, text: "" }), ext.action.setTitle({ tabId, title })]);
        return;
      }
      const { text, colour, title } = wanted;
      this.#badged.add(tabId);
      await Promise.all([
        ext.action.setBadgeText({ tabId, text }),
        ext.action.setBadgeBackgroundColor({ tabId, color: colour }),
        ext.action.setBadgeTextColor({ tabId, color: "#ffffff" }),
        ext.action.setTitle({ tabId, title }),
      ]);
    } catch {
      // The tab went meanwhile.
    }
  }
}
