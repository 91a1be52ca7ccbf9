// Asks the user, a question at a time, and tells whoever asked.
//
// queue.ts says whose turn it is, cooldown.ts who may not ask for a while, prompt_window.ts has the window. Questions that are the same in all
// that is shown, of one document, are one question with one answer, unless the administrator has each open asked for. A closed window is a no.

import { siteOf } from "../../shared/domain.ts";
import { ext } from "../../shared/ext.ts";
import { HostError } from "../host/host.ts";
import { QuestionQueue } from "./queue.ts";
import type { Queued } from "./queue.ts";
import { cooldownUntil, noteAnswer, nextCooldown } from "./cooldown.ts";
import { PromptWindow } from "./prompt_window.ts";
import type { Answer, Checked, Device, Named, PromptMessage, PromptView, Question } from "./question.ts";
import type { Sender } from "../intake/sender.ts";
import type { ResolveFoundParams } from "../../../protocol/message.ts";

/** What there is to ask besides the user. */
export interface Helpers {
  /** The administrator has each open asked for: no other call has part in the answer. */
  each?: boolean;
  /** Asked when the question's turn comes: an earlier answer may have settled it. */
  stillNeeded(): Promise<Answer | undefined>;
  /** Judges what the user named. */
  check(address: string): Promise<Checked>;
  /** Looks for devices nearby until `signal` aborts. Absent: there is nothing to look for. */
  look?(found: (device: ResolveFoundParams) => void, signal: AbortSignal): Promise<void>;
}

/** More devices than this are not listed: something on the link is making them up. */
const maxDevices = 100;

const no = { allow: false, rule: "user" } as const;

/** A question, from the moment that it is asked until it is answered. */
class Pending implements Queued {
  readonly id = crypto.randomUUID();
  readonly question: Question;
  readonly sender: Sender;
  readonly helpers: Helpers;
  /** Questions with the same key are the same question. */
  readonly key: string;
  readonly site: string;
  readonly tab: number;
  askers = 0;
  /** It has been put on the screen. */
  shown = false;
  /** The user has had the time to look at it: a no before that was meant for something else, and does not count towards a cooldown. */
  seen = false;
  window: PromptWindow | undefined;
  /** To the page of the prompt, while it is there. */
  tell: ((view: PromptView) => void) | undefined;
  cooldown: number | undefined;
  /** Told once the question is on the screen, or at once if it is. */
  readonly #watching: (() => void)[] = [];
  readonly devices: Device[] = [];
  /** Hosts that the user named and of which the prompt has told the danger. */
  readonly warned = new Set<string>();
  readonly answered: Promise<Answer>;
  /** Aborts with the answer. */
  readonly over = new AbortController();
  /** The answer counts towards a cooldown: the next question of the site waits for that. */
  noted: Promise<void> = Promise.resolve();
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;

  constructor(question: Question, sender: Sender, helpers: Helpers) {
    this.question = question;
    this.sender = sender;
    this.helpers = helpers;
    this.key = keyOf(question, sender);
    this.site = siteKey(sender);
    this.tab = sender.tabId;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.answered = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    promise.catch(() => undefined); // everybody may have gone
  }

  /** The first answer counts. */
  settle(answer: Answer): void {
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

  get isOver(): boolean {
    return this.over.signal.aborted;
  }

  fail(error: unknown): void {
    this.#reject(error);
    this.over.abort();
  }
}

function keyOf(question: Question, { documentId }: Sender): string {
  return JSON.stringify([documentId, question]);
}

/** The site that a question counts for; private windows are sites of their own. */
function siteKey(sender: Sender): string {
  return `${sender.private ? "private " : ""}${siteOf(sender.origin)}`;
}

export class Prompts {
  readonly #queue = new QuestionQueue<Pending>();

  constructor() {
    ext.windows.onRemoved.addListener((windowId) => {
      const closed = this.#queue.all.find(({ window }) => window?.is(windowId));
      if (closed !== undefined) /*rule:closing-prompt-denies*/ this.#answer(closed, no);
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
    asking: () => void = () => undefined,
  ): Promise<Answer> {
    //rule:denials-start-cooldown
    if ((await cooldownUntil(sender.origin, sender.private)) !== undefined) return { allow: false, rule: "muted" };
    if (signal.aborted) return no;
    const site = siteKey(sender);
    // They clicked again, and may not have seen that there is a question.
    for (const shown of this.#queue.all)
      if (this.#queue.isShown(shown) && (shown.site === site || shown.tab === sender.tabId))
        /*rule:repeated-click-raises-prompt*/ shown.window?.raise();
    //rule:question-queue-is-bounded
    if (!this.#queue.hasRoom(site, sender.tabId)) return { allow: false, rule: "limit" };
    const key = keyOf(question, sender);
    const alone = (one: Pick<Pending, "helpers">): boolean => one.helpers.each === true;
    const same = this.#queue.all.find(
      /*rule:ask-each-open-shares-no-answer*/ (one) =>
        one.key === key && !one.isOver && !alone(one) && !alone({ helpers }),
    );
    const pending = /*rule:same-question-asked-once*/ same ?? this.#begin(question, sender, helpers);
    pending.watch(() => {
      if (!signal.aborted) asking();
    });
    return await this.#await(pending, signal);
  }

  #begin(question: Question, sender: Sender, helpers: Helpers): Pending {
    const pending = new Pending(question, sender, helpers);
    this.#queue.join(pending);
    pending.over.signal.addEventListener("abort", () => {
      pending.window?.close();
      void pending.noted.finally(() => {
        this.#queue.leave(pending);
        this.#tellWaiting(pending.site);
        this.#advance();
      });
    });
    this.#tellWaiting(pending.site);
    this.#advance();
    return pending;
  }

  /** Waits for the answer, or until this one asker goes. The question goes with the last of them. */
  async #await(pending: Pending, signal: AbortSignal): Promise<Answer> {
    pending.askers++;
    const { promise: gone, resolve: leave } = Promise.withResolvers<Answer>();
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
          pending.noted = noteAnswer(pending.sender.origin, pending.sender.private, "withdrawn");
        pending.settle(no);
      }
    }
  }

  #advance(): void {
    for (let next = this.#queue.next(); next !== undefined; next = this.#queue.next()) {
      const pending = next;
      this.#show(pending).catch((error: unknown) => {
        pending.fail(error);
      });
    }
  }

  async #show(pending: Pending): Promise<void> {
    const { origin, private: isPrivate, windowId } = pending.sender;
    const settled = await pending.helpers.stillNeeded();
    if (settled !== undefined) {
      pending.settle(settled);
      return;
    }
    //rule:cooldown-drops-queue
    if ((await cooldownUntil(origin, isPrivate)) !== undefined) {
      pending.settle({ allow: false, rule: "muted" });
      return;
    }
    //rule:cooldown-is-announced
    pending.cooldown = await nextCooldown(origin, isPrivate);
    if (pending.isOver) return;
    const beside = this.#queue.all.filter(({ window }) => window !== undefined).length;
    pending.shown = true;
    let window: PromptWindow | undefined;
    try {
      window = await PromptWindow.open(pending.id, windowId, beside);
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
  #answer(pending: Pending, answer: Answer, { all = false } = {}): void {
    if (pending.isOver) return;
    const { origin, private: isPrivate } = pending.sender;
    if (answer.allow) pending.noted = noteAnswer(origin, isPrivate, "yes");
    else if (/*rule:unseen-denial-not-counted*/ pending.seen) pending.noted = noteAnswer(origin, isPrivate, "no");
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
      this.#answer(pending, no);
    });
    port.onMessage.addListener((message: PromptMessage) => {
      this.#receive(pending, message).catch((error: unknown) => {
        pending.fail(error); // the host went away, which is nobody's no
      });
    });
    pending.tell({
      type: "question",
      question: pending.question,
      waiting: this.#queue.waiting(pending.site).length,
      looks: pending.helpers.look !== undefined,
      ...(pending.cooldown === undefined ? {} : { cooldown: pending.cooldown }),
    });
    void this.#look(pending);
  }

  async #receive(pending: Pending, message: PromptMessage): Promise<void> {
    if (message.type === "seen") {
      pending.seen = true;
      return;
    }
    if (message.type === "deny") {
      this.#answer(pending, no, { all: message.all === true });
      return;
    }
    const { question, helpers } = pending;
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
    const remember = message.remember && question.remember;
    if (question.host !== undefined) {
      this.#answer(pending, { allow: true, remember, host: question.host, how: "asked", risk: question.risk });
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
        remember,
        host: /*rule:typed-host-replaces-proposal*/ found.host,
        how,
        risk,
      });
    }
  }

  /** Looks for devices nearby as long as the question stands. */
  async #look(pending: Pending): Promise<void> {
    const { helpers, devices, over } = pending;
    if (helpers.look === undefined) return;
    let how: "done" | "failed" | "forbidden" = "done";
    try {
      await helpers.look(({ name, service, host, address }) => {
        if (devices.length >= maxDevices || pending.isOver) return;
        const device = { index: devices.length, name, service, host, address };
        devices.push(device);
        pending.tell?.({ type: "device", device });
      }, over.signal);
    } catch (error) {
      how = error instanceof HostError && error.data?.reason.startsWith("policy") === true ? "forbidden" : "failed";
    }
    if (!pending.isOver) pending.tell?.({ type: "looked", how });
  }
}
