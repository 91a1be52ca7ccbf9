// The whole background on a fake browser, with a fake host and a fake clock: what a page says goes in at one end, and what the host is asked
// comes out at the other. One of it for a test file, since its modules are there once.

import assert from "node:assert/strict";
import { FakeBrowser } from "./browser.ts";
import { FakeClock, settled } from "./clock.ts";
import type { FakePort } from "./events.ts";
import { FakeHost } from "./host.ts";
import { extensionURL } from "./identity.ts";
import type { Arrival, WindowInit } from "./tabs.ts";
import type { AllowLocal, LocalQuestion, PromptMessage, PromptView, Question } from "../background/consent/question.ts";
import type { Lasting } from "../background/consent/lifetime.ts";
import type { PopupMessage, PopupView } from "../background/toolbar/popup.ts";
import type { BindOptions, BrokerMessage, DocumentMessage, ListenOptions, OpenOptions } from "../../protocol/page.ts";
import type { ScriptPolicy } from "../../protocol/message.ts";

type Of<T, K> = Extract<T, { type: K }>;
type Claimed = "secure" | "evidence" | "activation" | "waits" | "states";
type Asked<Q> = Omit<Of<PromptView, "question">, "question"> & { question: Q };

/** How an open is made. */
export interface OpenInit {
  protocol?: "tcp" | "udp";
  /** Whether there is a click behind it, of its own; or when it was, in ms since 1970. */
  click?: boolean | { began: number; at: number };
  policies?: ScriptPolicy[];
  evalBlocked?: boolean;
  /** Whether it waits for a gesture. */
  waits?: boolean;
  /** Whether the page wants to hear how far it is. */
  states?: boolean;
}

/** A document's content script, with its page. */
export class FakeDocument {
  readonly tabId: number;
  readonly sender: chrome.runtime.MessageSender;
  /** What it has heard, in order. */
  readonly heard: BrokerMessage[] = [];
  readonly #world: Background;
  readonly port: FakePort;
  #lastId = 0;

  constructor(world: Background, tabId: number, frameId: number) {
    this.#world = world;
    this.tabId = tabId;
    this.sender = world.browser.tabs.senderOf(tabId, frameId);
    this.port = world.browser.connect("document", this.sender);
    this.port.onMessage.addListener((message) => {
      this.heard.push(message as BrokerMessage);
    });
  }

  say(message: DocumentMessage): void {
    this.port.postMessage(message);
  }

  /** Asks for a socket. Returns its id. */
  begin(options: OpenOptions, init: OpenInit = {}): number {
    const id = ++this.#lastId;
    this.say({ type: "open", id, protocol: init.protocol ?? "tcp", options, ...this.#claims(init) });
    return id;
  }

  #claims({
    click = true,
    policies = [],
    evalBlocked = true,
    waits = false,
    states = false,
  }: OpenInit): Pick<Of<DocumentMessage, "open">, Claimed> {
    const evidence = { policies, evalBlocked, controlled: false };
    const activation = click === true ? this.#world.click() : click;
    return {
      secure: true,
      evidence,
      ...(activation === false ? {} : { activation }),
      ...(waits ? { waits } : {}),
      ...(states ? { states } : {}),
    };
  }

  /** Asks for a socket that listens, and waits until nothing more happens. Resolves with its id. */
  async listen(options: ListenOptions, init: OpenInit = {}): Promise<number> {
    const id = ++this.#lastId;
    this.say({ type: "listen", id, options, ...this.#claims(init) });
    await settled();
    return id;
  }

  /** The same for a UDP socket that is bound. */
  async bind(options: BindOptions, init: OpenInit = {}): Promise<number> {
    const id = ++this.#lastId;
    this.say({ type: "bind", id, options, ...this.#claims(init) });
    await settled();
    return id;
  }

  /** Asks whether the program is there, and waits until nothing more happens. Resolves with the answer, or the name of the error. */
  async probe(init: OpenInit = {}): Promise<boolean | string | undefined> {
    const id = ++this.#lastId;
    this.say({ type: "probe", id, ...this.#claims(init) });
    await settled();
    return this.heardOf(id, "probed")[0]?.there ?? this.heardOf(id, "failed")[0]?.error.name;
  }

  /** What its console shows, without what was asked for. */
  get console(): string[] {
    return this.heard.flatMap((message) => (message.type === "hint" ? [message.text.replace(/ \([^()]*\)$/, "")] : []));
  }

  /** Asks for the next connection of a listener. Resolves with its id. */
  async accept(listener: number): Promise<number> {
    const id = ++this.#lastId;
    this.say({ type: "accept", id, listener });
    await settled();
    return id;
  }

  /** Asks for a socket, and waits until nothing more happens. Resolves with its id. */
  async open(options: OpenOptions, init: OpenInit = {}): Promise<number> {
    const id = this.begin(options, init);
    await settled();
    return id;
  }

  /** What it has heard of a socket, of one kind. */
  heardOf<K extends BrokerMessage["type"]>(id: number, type: K): Of<BrokerMessage, K>[] {
    return this.heard.filter(
      (message): message is Of<BrokerMessage, K> => message.type === type && "id" in message && message.id === id,
    );
  }

  /** What came of an open: "opened", "listening" or "bound", the name of the error, or "" while there is no answer. */
  outcome(id: number): string {
    const [failed] = this.heardOf(id, "failed");
    const good = (["opened", "listening", "bound"] as const).find((type) => this.heardOf(id, type).length > 0);
    return failed?.error.name ?? good ?? "";
  }

  /** How an open socket ended: the name of the error, "closed" without one, or "" while it is open. */
  ending(id: number): string {
    const [closed] = this.heardOf(id, "closed");
    return closed === undefined ? "" : (closed.error?.name ?? "closed");
  }
}

/** The page in a consent window. */
export class FakePrompt {
  readonly windowId: number;
  readonly views: PromptView[] = [];
  readonly port: FakePort;

  constructor(world: Background, windowId: number, url: string) {
    this.windowId = windowId;
    const [, id = ""] = /#([^:]*)/.exec(url) ?? [];
    const own = world.browser.ownPage("ui/prompt.html");
    this.port = world.browser.connect(`prompt:${id}`, {
      ...own,
      tab: world.browser.tabs.tabs.find((tab) => tab.windowId === windowId),
    } as never);
    this.port.onMessage.addListener((view) => {
      this.views.push(view as PromptView);
    });
  }

  get #view(): Of<PromptView, "question"> {
    const view = this.views.find((one) => one.type === "question");
    assert.ok(view?.type === "question", "no question has come");
    return view;
  }

  /** The question about a connection, once it has come. */
  get question(): Asked<Question> {
    const { question, ...view } = this.#view;
    assert.ok(!("kind" in question), "the question is about another kind of socket");
    return { ...view, question };
  }

  /** The question about a socket that others can send to, once it has come. */
  get local(): LocalQuestion {
    const { question } = this.#view;
    assert.ok("kind" in question, "the question is about a connection");
    return question;
  }

  /** The last that it was told of one kind. */
  last<K extends PromptView["type"]>(type: K): Of<PromptView, K> | undefined {
    return this.views.findLast((view): view is Of<PromptView, K> => view.type === type);
  }

  async say(message: PromptMessage): Promise<void> {
    this.port.postMessage(message);
    await settled();
  }

  async allow({ remember = false, ends, address }: Partial<Lasting> & { address?: string } = {}): Promise<void> {
    const named = address === undefined ? {} : { named: { address } };
    await this.say({ type: "allow", remember, ...(ends === undefined ? {} : { ends }), ...named });
  }

  /** Allows a socket that others can send to, at the place whose number is given. */
  async allowLocal(answer: Partial<Omit<AllowLocal, "type">> = {}): Promise<void> {
    await this.say({ type: "allowLocal", remember: false, place: 0, ...answer });
  }

  /** The user has looked at it, and says no. */
  async deny(): Promise<void> {
    await this.say({ type: "seen" });
    await this.say({ type: "deny" });
  }
}

/** The popup of the toolbar, open on a tab. */
export class FakePopup {
  readonly views: PopupView[] = [];
  readonly port: FakePort;

  constructor(world: Background, tabId: number) {
    this.port = world.browser.connect("popup", world.browser.ownPage("ui/popup.html"));
    this.port.onMessage.addListener((view) => {
      this.views.push(view as PopupView);
    });
    this.port.postMessage({ type: "watch", tabId });
  }

  /** What it shows now. */
  get view(): PopupView {
    const view = this.views.at(-1);
    assert.ok(view !== undefined, "the popup shows nothing");
    return view;
  }

  async say(message: PopupMessage): Promise<void> {
    this.port.postMessage(message);
    await settled();
  }

  /** An open popup asks the host every second, so that a day with one takes long. */
  close(): void {
    this.port.disconnect();
  }
}

export class Background {
  readonly browser = new FakeBrowser().install();
  readonly clock = new FakeClock().install();
  readonly host = new FakeHost();
  readonly #prompts = new Map<number, FakePrompt>();

  private constructor() {
    this.browser.native = (port) => {
      this.host.start(port);
    };
  }

  /** Starts the background. `before`: what is there already. */
  static async start(before: (world: Background) => void = () => undefined): Promise<Background> {
    const world = new Background();
    before(world);
    await import("../background/main.ts");
    await settled();
    return world;
  }

  /** A click that nobody has used. */
  click(): { began: number; at: number } {
    this.clock.set(this.clock.now + 1);
    return { began: this.clock.now, at: this.clock.now };
  }

  /** A page in a new tab, in a new window unless one is named, and the connection of its document. */
  async page(
    url: string,
    { windowId, cookieStoreId, ...init }: WindowInit & Arrival & { windowId?: number; cookieStoreId?: string } = {},
  ): Promise<FakeDocument> {
    const { headers, unseen, ...window } = init;
    const arrival = { ...(headers === undefined ? {} : { headers }), ...(unseen === undefined ? {} : { unseen }) };
    const tabId = this.browser.tabs.openTab(url, {
      windowId: windowId ?? this.browser.tabs.openWindow(window),
      ...(cookieStoreId === undefined ? {} : { cookieStoreId }),
      ...arrival,
    });
    await settled();
    return this.document(tabId);
  }

  /** The connection of a document. */
  document(tabId: number, frameId = 0): FakeDocument {
    return new FakeDocument(this, tabId, frameId);
  }

  /** The consent windows on the screen, in the order in which they came. */
  async prompts(): Promise<FakePrompt[]> {
    const there: FakePrompt[] = [];
    for (const { windowId, url = "" } of this.browser.tabs.tabs) {
      if (!url.startsWith(extensionURL("ui/prompt.html"))) continue;
      const known = this.#prompts.get(windowId) ?? new FakePrompt(this, windowId, url);
      this.#prompts.set(windowId, known);
      there.push(known);
    }
    await settled();
    return there;
  }

  /** The one question that is on the screen. */
  async prompt(): Promise<FakePrompt> {
    const all = await this.prompts();
    assert.equal(all.length, 1, `${all.length.toString()} questions are on the screen`);
    return all[0] as FakePrompt;
  }

  /** Opens the popup on a tab, and waits until it shows something. */
  async popup(tabId: number): Promise<FakePopup> {
    const popup = new FakePopup(this, tabId);
    await settled();
    return popup;
  }

  /** What the badge of a tab shows, once it has caught up. */
  async badge(tabId: number): Promise<string> {
    await this.clock.advance(100);
    return this.browser.badges.get(tabId)?.text ?? "";
  }

  /** Asks for a socket, allows it, and resolves with its id once it is open. */
  async allowed(document: FakeDocument, options: OpenOptions, how: Partial<Lasting> = {}): Promise<number> {
    const id = await document.open(options);
    await (await this.prompt()).allow(how);
    assert.equal(document.outcome(id), "opened");
    return id;
  }
}
