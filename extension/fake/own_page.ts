// A page of the extension's own (the consent window, the popup, the settings), as far as its scripts look at it: the elements that its HTML
// names, and those that the scripts make. What is not faked throws, or is not there.

import { readFileSync } from "node:fs";
import { FakeBrowser } from "./browser.ts";
import { FakeClock, settled } from "./clock.ts";
import { Target } from "./document.ts";
import { FakePort } from "./events.ts";

/** An event of a person's. */
export interface Press {
  type: string;
  isTrusted?: boolean;
  [member: string]: unknown;
}

/** In the place of classes of events that are asked for by name only. */
class PageEvent {
  readonly isTrusted = false;
}

class ClassList {
  readonly #names = new Set<string>();

  toggle(name: string, on = !this.#names.has(name)): boolean {
    if (on) this.#names.add(name);
    else this.#names.delete(name);
    return on;
  }

  add(name: string): void {
    this.#names.add(name);
  }

  contains(name: string): boolean {
    return this.#names.has(name);
  }
}

export class FakeElement extends Target {
  readonly tag: string;
  readonly classList = new ClassList();
  readonly dataset: Record<string, string> = {};
  readonly style: Record<string, string> = {};
  className = "";
  hidden = false;
  value = "";
  offsetHeight = 100;
  #content: (string | FakeElement)[] = [];
  readonly #attributes = new Map<string, string>();
  parent: FakeElement | undefined;

  constructor(tag: string) {
    super();
    this.tag = tag;
  }

  append(...content: (string | FakeElement)[]): void {
    for (const one of content) this.insertBefore(one, null);
  }

  prepend(...content: (string | FakeElement)[]): void {
    for (const one of content) if (one instanceof FakeElement) one.remove();
    this.#content.unshift(...content);
    for (const one of content) if (one instanceof FakeElement) one.parent = this;
  }

  insertBefore(child: string | FakeElement, before: FakeElement | null): void {
    if (child instanceof FakeElement) {
      child.remove();
      child.parent = this;
    }
    const at = before === null ? this.#content.length : this.#content.indexOf(before);
    this.#content.splice(at, 0, child);
  }

  replaceChildren(...content: (string | FakeElement)[]): void {
    for (const child of this.children) child.parent = undefined;
    this.#content = [];
    this.append(...content);
  }

  remove(): void {
    if (this.parent === undefined) return;
    const siblings = this.parent.#content;
    siblings.splice(siblings.indexOf(this), 1);
    this.parent = undefined;
  }

  readonly nodeType = 1;

  get tagName(): string {
    return this.tag.toUpperCase();
  }

  get childNodes(): (FakeElement | { nodeType: 3; textContent: string })[] {
    return this.#content.map((one) => (typeof one === "string" ? { nodeType: 3, textContent: one } : one));
  }

  get children(): FakeElement[] {
    return this.#content.filter((one) => one instanceof FakeElement);
  }

  get firstElementChild(): FakeElement | null {
    return this.children[0] ?? null;
  }

  get lastElementChild(): FakeElement | null {
    return this.children.at(-1) ?? null;
  }

  get nextElementSibling(): FakeElement | null {
    const all = this.parent?.children ?? [];
    return all[all.indexOf(this) + 1] ?? null;
  }

  get previousElementSibling(): FakeElement | null {
    const all = this.parent?.children ?? [];
    return all[all.indexOf(this) - 1] ?? null;
  }

  get textContent(): string {
    return this.#content.map((one) => (typeof one === "string" ? one : one.textContent)).join("");
  }

  set textContent(text: string) {
    this.replaceChildren(...(text === "" ? [] : [text]));
  }

  contains(other: FakeElement | null): boolean {
    return other !== null && (other === this || this.children.some((child) => child.contains(other)));
  }

  /** All elements in it of one kind. */
  all(tag: string): FakeElement[] {
    return this.descendants().filter((one) => one.tag === tag);
  }

  /** The first element in it of one of the kinds that are named, as in "button, summary". */
  querySelector(kinds: string): FakeElement | null {
    const tags = kinds.split(", ");
    return this.descendants().find(({ tag }) => tags.includes(tag)) ?? null;
  }

  descendants(): FakeElement[] {
    return this.children.flatMap((child) => [child, ...child.descendants()]);
  }

  getAttribute(name: string): string | null {
    return this.#attributes.get(name) ?? null;
  }

  setAttribute(name: string, value: string): void {
    this.#attributes.set(name, value);
  }

  removeAttribute(name: string): void {
    this.#attributes.delete(name);
  }

  focus(): void {
    (document as unknown as OwnDocument).activeElement = this;
  }

  /** As a script clicks. */
  click(): void {
    this.dispatchEvent({ type: "click", isTrusted: false });
  }

  scrollIntoView(): void {
    // Nothing moves here.
  }
}

class OwnDocument extends Target {
  readonly documentElement = new FakeElement("html");
  readonly body = new FakeElement("body");
  activeElement: FakeElement = this.body;
  readonly visibilityState = "visible";
  readonly hidden = false;
  title = "";
  readonly #byId: Map<string, FakeElement>;

  constructor(html: string) {
    super();
    const named = [...html.matchAll(/<(\w+)[^>]*?\sid="([^"]+)"/g)];
    this.#byId = new Map(named.map(([, tag = "", id = ""]) => [id, new FakeElement(tag)]));
  }

  getElementById(id: string): FakeElement | null {
    return this.#byId.get(id) ?? null;
  }

  createElement(tag: string): FakeElement {
    return new FakeElement(tag);
  }

  createElementNS(_: string, tag: string): FakeElement {
    return new FakeElement(tag);
  }

  /** The texts of the page itself are not of interest. */
  querySelectorAll(): FakeElement[] {
    return [];
  }

  querySelector(): null {
    return null;
  }

  hasFocus(): boolean {
    return true;
  }
}

export class OwnPage {
  readonly browser: FakeBrowser;
  readonly clock: FakeClock;
  readonly window = new Target();
  /** The background's ends of the page's connections. */
  readonly ports: FakePort[] = [];
  /** What the page has said by them. */
  readonly said: { type: string; [member: string]: unknown }[] = [];
  readonly #document: OwnDocument;

  /** Makes the realm a page of the extension, such as "popup.html". Before its script is imported. */
  constructor(page: string, { hash = "" } = {}) {
    this.browser = new FakeBrowser().install();
    this.clock = new FakeClock().install();
    this.#document = new OwnDocument(readFileSync(new URL(`../ui/${page}`, import.meta.url), "utf8"));
    const connect = ({ name }: { name: string }): FakePort => {
      const [near, far] = FakePort.pair(name);
      far.onMessage.addListener((message) => this.said.push(message as { type: string }));
      this.ports.push(far);
      return near;
    };
    const { chrome } = globalThis as unknown as { chrome: Record<"runtime" | "tabs" | "windows", object> };
    Object.assign(chrome.runtime, { connect, sendMessage: () => Promise.resolve() });
    Object.assign(chrome.tabs, { getZoom: () => Promise.resolve(1) });
    Object.assign(chrome.windows, { getCurrent: () => Promise.resolve({ id: undefined }) });
    Object.assign(globalThis, {
      ...{
        document: this.#document,
        window: globalThis,
        location: { hash, search: "?tab=1" },
        KeyboardEvent: PageEvent,
      },
      ...{ HTMLElement: FakeElement, HTMLButtonElement: FakeElement, devicePixelRatio: 1, screenX: 0, screenY: 0 },
      ...{ matchMedia: () => ({ matches: false, addEventListener: () => undefined }), setInterval: () => 0 },
      ...{ screen: {}, close: () => undefined },
      addEventListener: this.window.addEventListener.bind(this.window),
    });
  }

  element(id: string): FakeElement {
    const element = this.#document.getElementById(id);
    if (element === null) throw new Error(`no element #${id}`);
    return element;
  }

  /** The page's title. */
  get title(): string {
    return this.#document.title;
  }

  get focused(): FakeElement {
    return this.#document.activeElement;
  }

  /** The background says something. */
  async hear(message: object): Promise<void> {
    this.ports.at(-1)?.postMessage(message);
    await settled();
  }

  /** Somebody clicks on an element: a person, unless it is said otherwise. Resolves with what the page says then. */
  async click(element: FakeElement | undefined, isTrusted = true): Promise<OwnPage["said"]> {
    const before = this.said.length;
    const preventDefault = (): void => undefined;
    for (const type of ["mousedown", "click"]) element?.dispatchEvent({ type, isTrusted, preventDefault });
    await settled();
    return this.said.slice(before);
  }
}
