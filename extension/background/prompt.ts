// The consent window: an extension page that no web page can draw over, script or read.
//
// One question per origin is on the screen at a time; the others of that origin wait in line, a few at most. A closed window is a "no".

import { ext } from "../ext.ts";
import { promptWidth } from "./prompt_size.ts";

/** What the person is asked. */
export interface Question {
  origin: string;
  protocol: "tcp" | "udp";
  /** Absent: the person is to name it. */
  host?: string;
  /** What the page proposes where its word is not enough: shown beside the field, never in it. */
  proposal?: string;
  /** What kind of place the proposal is. */
  place?: "internet" | "network" | "computer" | "special";
  port: number;
  /** off: plain; on: TLS from the first byte; starttls: plain to begin with. */
  encryption: "off" | "on" | "starttls";
  /** Routers watch this port: the prompt names the danger. */
  risk: boolean;
  private: boolean;
  /** Whether "Allow and remember" is offered. */
  remember: boolean;
  /** The window that asks, for the place on the screen. */
  windowId?: number;
}

export type Answer = { allow: false } | { allow: true; remember: boolean; host: string };

/** What is wrong with an address that the person typed. */
export type Complaint = "invalid" | "never" | "policy";
/** Looks at an address that the person typed; resolves with its canonical form. */
export type CheckAddress = (address: string) => Promise<{ host: string } | { complaint: Complaint }>;

/** What the prompt page sends. */
export type PromptMessage = { type: "allow"; remember: boolean; address?: string } | { type: "deny" };
/** What it receives. */
export type PromptView = { type: "question"; question: Question } | { type: "complaint"; complaint: Complaint };

interface Pending {
  id: string;
  question: Question;
  answer(answer: Answer): void;
  check: CheckAddress;
  windowId?: number;
}

/** More questions than this of one origin at once are refused without asking. */
export const maxQueued = 5;

const width = promptWidth;
/** To begin with: the page corrects it. */
const height = 430;

export class Prompts {
  readonly #queues = new Map<string, Pending[]>();
  readonly #turns = new Map<Pending, () => void>();

  constructor() {
    ext.windows.onRemoved.addListener((windowId) => {
      for (const pending of this.#all()) if (pending.windowId === windowId) pending.answer({ allow: false });
    });
  }

  #all(): Pending[] {
    return [...this.#queues.values()].flat();
  }

  /**
   * Asks the person. Resolves with the answer; with a "no" as well when `signal` aborts (the document went away) or too many
   * questions of this origin wait. `stillNeeded` is asked when the question's turn comes: an earlier answer may have settled it.
   * `check` is asked for what the person types.
   */
  async ask(
    question: Question,
    signal: AbortSignal,
    stillNeeded: () => Promise<Answer | undefined>,
    check: CheckAddress,
  ): Promise<Answer> {
    const queue = this.#queues.get(question.origin) ?? [];
    this.#queues.set(question.origin, queue);
    const withdrawn = (): boolean => signal.aborted;
    if (queue.length >= maxQueued || withdrawn()) return { allow: false };
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const pending: Pending = { id: crypto.randomUUID(), question, answer: resolve, check };
    signal.addEventListener("abort", () => {
      resolve({ allow: false });
    });
    const before = queue.at(-1);
    queue.push(pending);
    try {
      if (before !== undefined) {
        await Promise.race([promise, this.#turn(pending, queue)]);
        const settled = withdrawn() ? undefined : await stillNeeded();
        if (settled !== undefined) return settled;
      }
      if (!withdrawn()) await this.#show(pending);
      return await promise;
    } finally {
      queue.splice(queue.indexOf(pending), 1);
      if (queue.length === 0) this.#queues.delete(question.origin);
      this.#advance(queue);
      if (pending.windowId !== undefined) ext.windows.remove(pending.windowId).catch(() => undefined); // it may be closed already
    }
  }

  #turn(pending: Pending, queue: Pending[]): Promise<void> {
    return new Promise((resolve) => {
      this.#turns.set(pending, resolve);
      this.#advance(queue);
    });
  }

  #advance(queue: Pending[]): void {
    const first = queue[0];
    if (first === undefined) return;
    this.#turns.get(first)?.();
    this.#turns.delete(first);
  }

  async #show(pending: Pending): Promise<void> {
    const { windowId } = pending.question;
    let place: { left?: number; top?: number } = {};
    if (windowId !== undefined) {
      try {
        const { left = 0, top = 0, width: outer = width } = await ext.windows.get(windowId);
        place = { left: Math.max(0, Math.round(left + (outer - width) / 2)), top: Math.max(0, top + 80) };
      } catch {
        // The window is gone; the prompt goes with it in a moment, wherever it stands.
      }
    }
    const created = await ext.windows.create({
      url: `ui/prompt.html#${pending.id}`,
      type: "popup",
      width,
      height,
      focused: true,
      ...place,
    });
    if (created?.id !== undefined) pending.windowId = created.id;
  }

  /** Takes the connection of a prompt page. The caller has checked that it is one of the extension's own pages. */
  connect(port: chrome.runtime.Port, id: string): void {
    const pending = this.#all().find((p) => p.id === id);
    if (pending === undefined) {
      port.disconnect();
      return;
    }
    const tell = (view: PromptView): void => {
      port.postMessage(view);
    };
    port.onDisconnect.addListener(() => {
      pending.answer({ allow: false });
    });
    port.onMessage.addListener((message: PromptMessage) => {
      if (message.type === "deny") {
        pending.answer({ allow: false });
        return;
      }
      const remember = message.remember && pending.question.remember;
      const { host } = pending.question;
      if (host !== undefined) {
        pending.answer({ allow: true, remember, host });
        return;
      }
      pending.check(message.address ?? "").then(
        (checked) => {
          if ("complaint" in checked) tell({ type: "complaint", complaint: checked.complaint });
          else pending.answer({ allow: true, remember, host: checked.host });
        },
        () => {
          pending.answer({ allow: false }); // the host went away: the page is told by the open itself
        },
      );
    });
    tell({ type: "question", question: pending.question });
  }
}
