// What the broker takes in from documents: how many opens, connections and messages of a document, of its tab and of its site, before it looks
// at any of them. One site's flood costs another site nothing; whoever goes far over what our content script would send is cut off.
//
// Everything here is counted for what the browser attests of the sender. Private windows are sites of their own.

import { openBounds } from "../../shared/budget.ts";
import type { Bound, Budget } from "../../shared/budget.ts";
import { sideName } from "../../shared/container.ts";
import { siteOf } from "../../shared/domain.ts";
import { Budgets, takeAll } from "./budgets.ts";
import type { Sender } from "./sender.ts";
import { TabBudgets } from "./tab_budgets.ts";
import type { InTab } from "./tab_budgets.ts";
import { Scheduler } from "./scheduler.ts";

/** Connections of a document: it has one, and a new one after each time that the page was left. */
const connectionBound: Bound = { atOnce: 4, burst: 50, perSecond: 1 };
/** Those of a tab: a page with a thousand frames may have as many. */
const tabConnectionBound: Bound = { atOnce: 2_000, burst: 2_000, perSecond: 50 };
/**
 * What the broker has no use for. A document that does not know yet that its tab or site is full goes on opening for a moment, and then now and
 * then; to a socket that has ended it may still say a word (what the credit allowed does not count: in_flight.ts). What
 * fits no schema ends a connection each time. More no script of ours sends.
 */
const excessBounds = {
  open: { atOnce: 1, burst: 2_000, perSecond: 200 },
  stray: { atOnce: 1, burst: 20_000, perSecond: 1_000 },
  misfit: { atOnce: 1, burst: 30, perSecond: 0.1 },
} as const satisfies Record<string, Bound>;
/** A document that was cut off is not heard again for this time, in ms. */
const silence = 60_000;
/** The letters in a document's message: base64 of the largest payload, and a little more. */
export const maxText = 400_000;

/** Ours are six deep. */
const maxDepth = 16;

/**
 * Reports whether a message may be put before its schema, which looks at every letter: the texts and names in it, however deep, have no more
 * than `most` letters together, and every other value counts as one. What lies behind the first that is too much is not looked at.
 */
export function isReadable(message: unknown, most: number): boolean {
  let left = most;
  const look = (value: unknown, depth: number): boolean => {
    left -= typeof value === "string" ? value.length : 1;
    //rule:overlong-messages-are-not-read
    if (left < 0) return false;
    if (typeof value !== "object" || value === null) return true;
    if (depth === maxDepth) return false;
    for (const name in value) {
      left -= Array.isArray(value) ? 0 : name.length;
      if (
        /*rule:overlong-messages-are-not-read.2*/ left < 0 ||
        /*rule:nested-messages-are-measured*/ !look((value as Record<string, unknown>)[name], depth + 1)
      )
        return false;
    }
    return true;
  };
  return look(message, 0);
}

/** The site that a document counts for, another one in each container. Documents without an origin have none to be named: the tab stands for it. */
export function accountOf({
  origin,
  tabId,
  ...side
}: Pick<Sender, "origin" | "tabId" | "private" | "container">): string {
  const site = origin === "null" ? `tab ${tabId.toString()}` : /*rule:opens-limited-per-site*/ siteOf(origin);

  return `${/*rule:opens-apart-for-private*/ /*rule:opens-apart-by-container*/ sideName(side)} ${site}`;
}

/** Which part of its tab's room a document has. */
export function placeOf(sender: Sender): InTab {
  return { tabId: sender.tabId, site: accountOf(sender), ofPage: sender.ofPage === true };
}

export class Intake {
  readonly now: () => number;
  readonly opens = {
    document: new Budgets(openBounds.document),
    tab: new TabBudgets(openBounds.tab),
    site: new Budgets(openBounds.site),
  };
  readonly excess = {
    open: new Budgets(excessBounds.open),
    stray: new Budgets(excessBounds.stray),
    misfit: new Budgets(excessBounds.misfit),
  };
  readonly scheduler = new Scheduler();
  readonly #connections = new Budgets(connectionBound);
  readonly #tabConnections = new TabBudgets(tabConnectionBound);
  /** Documents that were cut off, and until when. */
  readonly #silent = new Map<string, number>();

  /** `now` tells the time in ms. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** A document connects. Undefined: it may not. */
  connect(sender: Sender): DocumentIntake | undefined {
    const now = this.now();
    for (const [documentId, until] of this.#silent) {
      if (until > now) break; // in order of time
      this.#silent.delete(documentId);
    }
    //rule:silenced-document-is-not-heard
    if (this.#silent.has(sender.documentId)) return undefined;
    const own = this.#connections.of(sender.documentId, now);
    const budgets = [
      /*rule:connections-per-document*/ own,
      /*rule:connections-per-tab*/ ...this.#tabConnections.of(placeOf(sender), now),
    ];
    if (!takeAll(budgets, now)) return undefined;
    return new DocumentIntake(this, sender, budgets);
  }

  silence(documentId: string): void {
    this.#silent.delete(documentId);
    this.#silent.set(documentId, this.now() + silence);
  }
}

/** The account of one connection. */
export class DocumentIntake {
  readonly #intake: Intake;
  readonly #sender: Sender;
  readonly #account: string;
  #connections: readonly Budget[];

  constructor(intake: Intake, sender: Sender, connections: readonly Budget[]) {
    this.#intake = intake;
    this.#sender = sender;
    this.#account = accountOf(sender);
    this.#connections = connections;
  }

  /** An open has come. Returns what to call when it is answered; undefined when it is over the document's, the tab's or the site's bound. */
  open(): (() => void) | undefined {
    const now = this.#intake.now();
    const { document, tab, site } = this.#intake.opens;
    const ofTab = tab.of(placeOf(this.#sender), now);
    const budgets = [
      /*rule:opens-limited-per-document*/ document.of(
        /*rule:open-limits-outlive-connection*/ this.#sender.documentId,
        now,
      ),
      /*rule:opens-limited-per-tab*/ ...ofTab,
      site.of(this.#account, now),
    ];
    if (!takeAll(budgets, now)) return undefined;
    return () => {
      for (const budget of budgets) budget.give();
    };
  }

  /**
   * Something has come that there is no use for: an open without room, a message that is nobody's, or one that fits no schema. Returns false when there is too much of
   * it: the document is to be cut off.
   */
  excess(kind: keyof typeof excessBounds): boolean {
    const now = this.#intake.now();
    return this.#intake.excess[kind].spend(this.#sender.documentId, now);
  }

  /** Does the work when it is the site's turn: what the browser and the storage are asked for one site does not hold up what they are asked for others. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#intake.scheduler.run(this.#account, work);
  }

  /** The document is not heard again for a while. */
  silence(): void {
    this.#intake.silence(this.#sender.documentId);
  }

  /** The connection is over. */
  leave(): void {
    for (const budget of this.#connections) budget.give();
    this.#connections = [];
  }
}
