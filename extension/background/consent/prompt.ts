// Asks the user, a question at a time, and tells whoever asked.
//
// queue.ts says whose turn it is, cooldown.ts who may not ask for a while, prompt_window.ts has the window. Questions that are the same in all
// that is shown, of one document, are one question with one answer, unless the administrator has each open asked for. A closed window is a no.

import { ext } from "../../shared/ext.ts";
import { lasting } from "./lifetime.ts";
import { localAnswer } from "./local_answer.ts";
import { lookNearby } from "./nearby_search.ts";
import { Pending, keyOf, no, siteKey } from "./pending_question.ts";
import type { About, AnyAnswer, Helpers, LocalHelpers } from "./pending_question.ts";
import { QuestionQueue } from "./queue.ts";
import { cooldownUntil, noteAnswer, nextCooldown } from "./cooldown.ts";
import { PromptWindow } from "./prompt_window.ts";
import type {
  AllowLocal,
  Answer,
  Checked,
  LocalAnswer,
  LocalQuestion,
  Named,
  PromptMessage,
  Question,
} from "./question.ts";
import type { Sender } from "../intake/sender.ts";

export type { Helpers, LocalHelpers };

export class Prompts {
  readonly #queue = new QuestionQueue<Pending>();
  readonly #changed: (tabId: number) => void;
  readonly #isTestPage: (sender: Sender) => boolean;

  /**
   * `changed` is called when a question of a tab begins, or ceases, to wait for its answer; `isTestPage` says whether a document is Portside's own
   * page to try it with.
   */
  constructor(
    changed: (tabId: number) => void = () => undefined,
    isTestPage: (sender: Sender) => boolean = () => false,
  ) {
    this.#changed = changed;
    this.#isTestPage = isTestPage;
    ext.windows.onRemoved.addListener((windowId) => {
      const closed = this.#queue.all.find(({ window }) => window?.is(windowId));
      if (closed !== undefined) /*rule:closing-prompt-denies*/ this.#answer(closed, no, { inHaste: !closed.stood });
    });
  }

  /**
   * Asks the user. Each call has a gesture of its own behind it. Resolves with the answer; with a no when the site may not ask now, when
   * too many of its questions wait, or when `signal` aborts (the document takes it back, or went away). Rejects when what is asked of the
   * helpers fails. `asking` is called when the question is on the screen, if it ever is.
   */
  async ask(
    question: Question,
    sender: Sender,
    helpers: Helpers,
    signal: AbortSignal,
    asking?: () => void,
  ): Promise<Answer> {
    return (await this.#ask({ kind: "connection", question, helpers }, sender, signal, asking)) as Answer;
  }

  /** The same for a socket that others can send to. */
  async askLocal(
    question: LocalQuestion,
    sender: Sender,
    helpers: LocalHelpers,
    signal: AbortSignal,
    asking?: () => void,
  ): Promise<LocalAnswer> {
    return (await this.#ask({ kind: "local", question, helpers }, sender, signal, asking)) as LocalAnswer;
  }

  async #ask(
    about: About,
    sender: Sender,
    signal: AbortSignal,
    asking: () => void = () => undefined,
  ): Promise<AnyAnswer> {
    //rule:denials-start-cooldown
    if ((await cooldownUntil(sender.origin, sender)) !== undefined) return { allow: false, rule: "muted" };
    if (signal.aborted) return no;
    const site = siteKey(sender);
    // They clicked again, and may not have seen that there is a question.
    const inTheWay = this.#queue.inWayOf(site, sender.tabId);
    //rule:repeated-click-raises-prompt
    raise(inTheWay, sender);
    //rule:question-queue-is-bounded
    if (!this.#queue.hasRoom(site, sender.tabId)) return { allow: false, rule: "limit" };
    const key = keyOf(about.question, sender);
    const alone = (one: About): boolean => one.helpers.each === true;
    const same = this.#queue.all.find(
      /*rule:ask-each-open-shares-no-answer*/ (one) =>
        one.key === key && !one.isOver && !alone(one.about) && !alone(about),
    );
    const pending = /*rule:same-question-asked-once*/ same ?? this.#begin(about, sender);
    // As many are on the screen as there may be: the user is to see what this one waits for.
    //rule:waiting-question-raises-prompt
    if (inTheWay === undefined && !this.#queue.isShown(pending)) raise(this.#queue.inWayOf(site, sender.tabId), sender);
    pending.watch(() => {
      if (!signal.aborted) asking();
    });
    return await this.#await(pending, signal);
  }

  #begin(about: About, sender: Sender): Pending {
    const pending = new Pending(about, sender);
    this.#queue.join(pending);
    pending.over.signal.addEventListener("abort", () => {
      pending.window?.close();
      void pending.noted.finally(() => {
        this.#queue.leave(pending);
        this.#tellWaiting(pending.site);
        this.#changed(pending.tab);
        this.#advance();
      });
    });
    this.#tellWaiting(pending.site);
    this.#changed(pending.tab);
    this.#advance();
    return pending;
  }

  /** Reports whether a question of this tab waits for its answer, with a window or without. */
  waitsIn(tabId: number): boolean {
    return this.#queue.oldestOf(tabId) !== undefined;
  }

  /** The user clicks in a document: where a question of its site or tab waits, they may not have seen the window. */
  pressed(sender: Sender): void {
    //rule:click-raises-prompt
    raise(this.#queue.inWayOf(siteKey(sender), sender.tabId), sender);
  }

  /** The user wants to see the question that waits in this tab: in a window of its own at once, unless another of its tab or site has one. */
  bring(tabId: number): void {
    const oldest = this.#queue.oldestOf(tabId);
    const shown = oldest && this.#queue.shownOf(oldest.site, tabId);
    if (shown !== undefined) shown.window?.bring();
    else if (oldest !== undefined) this.#put(this.#queue.show(oldest));
  }

  /** Waits for the answer, or until this one asker goes. The question goes with the last of them. */
  async #await(pending: Pending, signal: AbortSignal): Promise<AnyAnswer> {
    pending.askers++;
    const { promise: gone, resolve: leave } = Promise.withResolvers<AnyAnswer>();
    const onAbort = (): void => {
      leave(no);
    };
    signal.addEventListener("abort", onAbort);
    try {
      return await Promise.race([pending.answered, gone]);
    } finally {
      signal.removeEventListener("abort", onAbort);
      if (--pending.askers === 0 && !pending.isOver) {
        if (/*rule:withdrawn-questions-count-half*/ pending.shown)
          pending.noted = noteAnswer(pending.sender.origin, pending.sender, "withdrawn");
        pending.settle(no);
      }
    }
  }

  #advance(): void {
    for (let next = this.#queue.next(); next !== undefined; next = this.#queue.next()) this.#put(next);
  }

  #put(pending: Pending): void {
    this.#show(pending).catch((error: unknown) => {
      pending.fail(error);
    });
  }

  async #show(pending: Pending): Promise<void> {
    const { sender } = pending;
    const settled = await pending.about.helpers.stillNeeded();
    if (settled !== undefined) {
      pending.settle(settled);
      return;
    }
    //rule:cooldown-drops-queue
    if ((await cooldownUntil(sender.origin, sender)) !== undefined) {
      pending.settle({ allow: false, rule: "muted" });
      return;
    }
    //rule:cooldown-is-announced
    pending.cooldown = await nextCooldown(sender.origin, sender);
    if (pending.isOver) return;
    const beside = this.#queue.all.filter(({ window }) => window !== undefined).length;
    pending.shown = true;
    let window: PromptWindow | undefined;
    try {
      window = await PromptWindow.open(pending.id, pending.sender, beside);
    } catch (error) {
      console.error("the question has no window:", error);
      pending.shown = false;
      pending.settle({ allow: false, rule: "prompt" });
      return;
    }
    if (window === undefined) this.#answer(pending, no);
    else if (pending.over.signal.aborted)
      window.close(); // answered meanwhile
    else pending.isAsked(window);
  }

  /** What the user said, be it a word or a closed window. */
  #answer(pending: Pending, answer: AnyAnswer, { all = false, inHaste = false } = {}): void {
    if (pending.isOver) return;
    const { sender } = pending;
    if (answer.allow) pending.noted = noteAnswer(sender.origin, sender, "yes");
    else if (/*rule:unseen-denial-not-counted*/ pending.seen && /*rule:hasty-denial-not-counted*/ !inHaste)
      pending.noted = noteAnswer(sender.origin, sender, "no");
    if (all) for (const other of this.#queue.waiting(pending.site)) other.settle(no);
    pending.settle(answer);
  }

  #tellWaiting(site: string): void {
    const count = this.#queue.waiting(site).length;
    for (const one of this.#queue.all) if (one.site === site) one.tell?.({ type: "waiting", count });
  }

  /** Takes the connection of a prompt page. The caller has checked that it is one of the extension's own pages. */
  connect(port: chrome.runtime.Port, id: string): void {
    const pending = this.#queue.all.find((one) => one.id === id);
    if (/*rule:only-prompt-page-answers.2*/ pending?.tell !== undefined || pending === undefined) {
      port.disconnect();
      return;
    }
    pending.tell = (view) => {
      try {
        port.postMessage(view);
      } catch {
        // It is closing, and its end is on the way.
      }
    };
    port.onDisconnect.addListener(() => {
      pending.tell = undefined;
      //rule:closing-prompt-denies.2
      this.#answer(pending, no, { inHaste: !pending.stood });
    });
    port.onMessage.addListener((message: PromptMessage) => {
      this.#receive(pending, message).catch((error: unknown) => {
        pending.fail(error); // the host went away, which is nobody's no
      });
    });
    const { about } = pending;
    pending.isPut();
    pending.tell({
      type: "question",
      question: about.question,
      waiting: this.#queue.waiting(pending.site).length,
      looks: about.kind === "connection" && about.helpers.look !== undefined,
      ...(this.#isTestPage(pending.sender) ? { testPage: true } : {}),
      ...(pending.cooldown === undefined ? {} : { cooldown: pending.cooldown }),
    });
    void lookNearby(pending);
  }

  async #receive(pending: Pending, message: PromptMessage): Promise<void> {
    if (message.type === "seen") {
      pending.seen = true;
      return;
    }
    if (message.type === "deny") {
      this.#answer(pending, no, { all: message.all === true, inHaste: message.key === true && !pending.stood });
      return;
    }
    const { about } = pending;
    //rule:answers-fit-their-question
    if (about.kind === "local") {
      if (message.type === "allowLocal") await this.#allowLocal(pending, about, message);
      return;
    }
    if (message.type === "allowLocal") return;
    const { question, helpers } = about;
    const checked = async (named: Named): Promise<Checked> => {
      const address = "device" in named ? pending.devices[named.device]?.host : named.address;
      return await helpers.check(address ?? "");
    };
    //rule:picking-is-not-allowing
    if (message.type === "name") {
      const { named } = message;
      const found = await checked(named);
      if ("host" in found && found.risk) pending.warned.add(found.host);
      pending.tell?.({ type: "named", named, ...found });
      return;
    }
    const lasts = lasting(message, question.remember);
    if (question.host !== undefined) {
      this.#answer(pending, { allow: true, ...lasts, host: question.host, how: "asked", risk: question.risk });
      return;
    }
    const { named = { address: "" } } = message;
    //rule:named-host-judged-at-allow
    const found = await checked(named);
    if ("complaint" in found) {
      pending.tell?.({ type: "complaint", named, complaint: found.complaint });
    } else {
      const how = "device" in named ? "picked" : "typed";
      const risk = question.risk || pending.warned.has(found.host);
      this.#answer(pending, {
        allow: true,
        ...lasts,
        host: /*rule:typed-host-replaces-proposal*/ found.host,
        how,
        risk,
      });
    }
  }

  async #allowLocal(
    pending: Pending,
    { question, helpers }: Extract<About, { kind: "local" }>,
    message: AllowLocal,
  ): Promise<void> {
    const answer = await localAnswer(question, message, (typed) => helpers.name(typed));
    if (answer === undefined) return;
    if ("complaint" in answer) pending.tell?.({ type: "complaint", ...answer });
    else this.#answer(pending, answer);
  }
}

/** Brings a window to the front for somebody who clicks in a page of this sender's. */
function raise(shown: Pending | undefined, sender: Sender): void {
  if (shown === undefined) return;
  const own = shown.tab === sender.tabId || shown.site === siteKey(sender);
  shown.window?.raise(own ? "own" : "other");
}
