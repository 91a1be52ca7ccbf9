// One question, from the moment that it is asked until it is answered; and what there is to ask besides the user.

import { sideName } from "../../shared/container.ts";
import { siteOf } from "../../shared/domain.ts";
import type { PromptWindow } from "./prompt_window.ts";
import type {
  Answer,
  Checked,
  Complaint,
  Device,
  LocalAnswer,
  LocalQuestion,
  PromptView,
  Question,
} from "./question.ts";
import type { Queued } from "./queue.ts";
import type { Sender } from "../intake/sender.ts";
import type { NamedPeer, ResolveFoundParams } from "../../../protocol/message.ts";

interface CommonHelpers<A> {
  /** The administrator has each open asked for: no other call has part in the answer. */
  each?: boolean;
  /** Asked when the question's turn comes: an earlier answer may have settled it. */
  stillNeeded(): Promise<A | undefined>;
}

/** What there is to ask besides the user, of a connection. */
export interface Helpers extends CommonHelpers<Answer> {
  /** Judges what the user named. */
  check(address: string): Promise<Checked>;
  /** Looks for devices nearby until `signal` aborts. Absent: there is nothing to look for. */
  look?(found: (device: ResolveFoundParams) => void, signal: AbortSignal): Promise<void>;
}

/** The same of a socket that others can send to. */
export interface LocalHelpers extends CommonHelpers<LocalAnswer> {
  /** Reads and judges a host that the user typed, with or without a port. */
  name(typed: string): Promise<NamedPeer | { complaint: Complaint }>;
}

/** What a question is about. */
export type About =
  | { kind: "connection"; question: Question; helpers: Helpers }
  | { kind: "local"; question: LocalQuestion; helpers: LocalHelpers };

export type AnyAnswer = Answer | LocalAnswer;

/** Whoever types at a question that has stood for less than this, in ms, was typing before it came. */
const haste = 1_000;

/** What no answer is. */
export const no = { allow: false, rule: "user" } as const;

/** A question, from the moment that it is asked until it is answered. */
export class Pending implements Queued {
  readonly id = crypto.randomUUID();
  readonly about: About;
  readonly sender: Sender;
  /** Questions with the same key are the same question. */
  readonly key: string;
  readonly site: string;
  readonly tab: number;
  askers = 0;
  /** It has been put on the screen. */
  shown = false;
  /** The user has had the time to look at it: a no before that was meant for something else, and does not count towards a cooldown. */
  seen = false;
  /** When the page in its window got it, by performance.now(). */
  #put: number | undefined;
  window: PromptWindow | undefined;
  /** To the page of the prompt, while it is there. */
  tell: ((view: PromptView) => void) | undefined;
  cooldown: number | undefined;
  /** Told once the question is on the screen, or at once if it is. */
  readonly #watching: (() => void)[] = [];
  readonly devices: Device[] = [];
  /** Hosts that the user named and of which the prompt has told the danger. */
  readonly warned = new Set<string>();
  readonly answered: Promise<AnyAnswer>;
  /** Aborts with the answer. */
  readonly over = new AbortController();
  /** The answer counts towards a cooldown: the next question of the site waits for that. */
  noted: Promise<void> = Promise.resolve();
  readonly #resolve: (answer: AnyAnswer) => void;
  readonly #reject: (error: unknown) => void;

  constructor(about: About, sender: Sender) {
    this.about = about;
    this.sender = sender;
    this.key = keyOf(about.question, sender);
    this.site = siteKey(sender);
    this.tab = sender.tabId;
    const { promise, resolve, reject } = Promise.withResolvers<AnyAnswer>();
    this.answered = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    promise.catch(() => undefined); // everybody may have gone
  }

  /** The first answer counts. */
  settle(answer: AnyAnswer): void {
    this.#resolve(answer);
    this.over.abort();
  }

  /** Calls `asking` once the question is on the screen. */
  watch(asking: () => void): void {
    //rule:asking-told-when-prompt-shows
    if (this.window === undefined) this.#watching.push(asking);
    else asking();
  }

  /** Its window is there. */
  isAsked(window: PromptWindow): void {
    this.window = window;
    for (const asking of this.#watching.splice(0)) asking();
  }

  /** The page in its window has got it. */
  isPut(): void {
    this.#put = performance.now();
  }

  /**
   * It has stood on the screen for so long that a key was meant for it: a no by keyboard before that does not count towards a cooldown. Nor does
   * the end of its window, which may have been closed by a key, of which nobody hears.
   */
  get stood(): boolean {
    return this.#put !== undefined && performance.now() - this.#put >= haste;
  }

  get isOver(): boolean {
    return this.over.signal.aborted;
  }

  fail(error: unknown): void {
    this.#reject(error);
    this.over.abort();
  }
}

/** Questions of one document with the same key are the same question. */
export function keyOf(question: Question | LocalQuestion, { documentId }: Sender): string {
  return JSON.stringify([documentId, question]);
}

/** The site that a question counts for; in private windows, and in each container, it is one of its own. */
export function siteKey(sender: Sender): string {
  return `${/*rule:questions-apart-by-container*/ sideName(sender)} ${siteOf(sender.origin)}`;
}
