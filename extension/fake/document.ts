// A window with a document, as far as content scripts look at one: a tree of elements, observers of its changes, and events that a test makes up
// whole, also those that only a browser can make (trusted ones). What is not faked throws.

type Listener = (event: never) => unknown;

/** What can be listened to. */
export class Target {
  readonly #listeners = new Map<string, { listener: Listener; once: boolean }[]>();

  addEventListener(
    type: string,
    listener: Listener,
    { once = false, signal }: { once?: boolean; signal?: AbortSignal } = {},
  ): void {
    const own = this.#listeners.get(type) ?? [];
    this.#listeners.set(type, own);
    own.push({ listener, once });
    signal?.addEventListener("abort", () => {
      this.removeEventListener(type, listener);
    });
  }

  removeEventListener(type: string, listener: Listener): void {
    const left = (this.#listeners.get(type) ?? []).filter((other) => other.listener !== listener);
    this.#listeners.set(type, left);
  }

  /** Tells everybody who listens. Returns false when somebody has prevented what follows. */
  dispatchEvent(event: { type: string; defaultPrevented?: boolean; [member: string]: unknown }): boolean {
    for (const { listener, once } of [...(this.#listeners.get(event.type) ?? [])]) {
      if (once) this.removeEventListener(event.type, listener);
      listener(event as never);
    }
    return event.defaultPrevented !== true;
  }

  hasListener(type: string): boolean {
    return (this.#listeners.get(type) ?? []).length > 0;
  }
}

interface Change {
  type: "childList" | "attributes";
  target: Node;
  addedNodes: Node[];
  attributeName: string | null;
  oldValue: string | null;
}
interface Looks {
  childList?: boolean;
  attributeFilter?: string[];
  subtree?: boolean;
}

/** Tells of changes in the order in which they were made; what nobody has taken is lost when the test goes on without them. */
class Observer {
  static readonly #all = new Set<Observer>();
  readonly #observed = new Map<Node, Looks>();
  #records: Change[] = [];

  constructor(_: (records: Change[]) => void) {
    Observer.#all.add(this);
  }

  observe(node: Node, looks: Looks): void {
    this.#observed.set(node, looks);
  }

  disconnect(): void {
    this.#observed.clear();
    Observer.#all.delete(this);
  }

  takeRecords(): Change[] {
    return this.#records.splice(0);
  }

  static tell(change: Change): void {
    for (const observer of Observer.#all)
      for (const [node, looks] of observer.#observed) {
        if (node !== change.target && !(looks.subtree === true && node.holds(change.target))) continue;
        const wanted =
          change.type === "childList" ? looks.childList : looks.attributeFilter?.includes(change.attributeName ?? "");
        if (wanted === true) observer.#records.push(change);
      }
  }
}

class Node extends Target {
  readonly childNodes: Node[] = [];
  parentNode: Node | undefined;

  append(child: Node): void {
    child.remove();
    this.childNodes.push(child);
    child.parentNode = this;
    Observer.tell({ type: "childList", target: this, addedNodes: [child], attributeName: null, oldValue: null });
  }

  remove(): void {
    const siblings = this.parentNode?.childNodes;
    siblings?.splice(siblings.indexOf(this), 1);
    this.parentNode = undefined;
  }

  holds(other: Node): boolean {
    return this === other || this.childNodes.some((child) => child.holds(other));
  }

  get descendants(): Node[] {
    return this.childNodes.flatMap((child) => [child, ...child.descendants]);
  }
}

class HTMLElement extends Node {
  readonly style = { cssText: "" };
  readonly #attributes = new Map<string, string>();
  /** How its shadow root was attached, if it has one. */
  shadow: { mode: string; root: DocumentFragment } | undefined;

  getAttribute(name: string): string | null {
    return this.#attributes.get(name) ?? null;
  }

  hasAttribute(name: string): boolean {
    return this.#attributes.has(name);
  }

  setAttribute(name: string, value: string): void {
    const oldValue = this.getAttribute(name);
    this.#attributes.set(name, value);
    Observer.tell({ type: "attributes", target: this, addedNodes: [], attributeName: name, oldValue });
  }

  attachShadow({ mode }: { mode: string }): DocumentFragment {
    this.shadow = { mode, root: new DocumentFragment() };
    return this.shadow.root;
  }
}

class HTMLHtmlElement extends HTMLElement {}
class HTMLHeadElement extends HTMLElement {}

class HTMLMetaElement extends HTMLElement {
  get httpEquiv(): string {
    return this.getAttribute("http-equiv") ?? "";
  }

  get content(): string {
    return this.getAttribute("content") ?? "";
  }
}

class HTMLIFrameElement extends HTMLElement {
  contentWindow: object | null = {};
  contentDocument: { URL: string } | null = null;

  get src(): string {
    return this.getAttribute("src") ?? "";
  }

  set src(value: string) {
    this.setAttribute("src", value);
  }
}

/** What the selectors of the content scripts stand for. */
const selectors: Record<string, (node: Node) => boolean> = {
  "*": () => true,
  "iframe, frame, object": (node) => node instanceof HTMLIFrameElement,
  "head > meta[http-equiv]": (node) =>
    node instanceof HTMLMetaElement && node.hasAttribute("http-equiv") && node.parentNode instanceof HTMLHeadElement,
};

function select(root: Node, selector: string): Node[] {
  const fits = selectors[selector];
  if (fits === undefined) throw new Error(`the selector ${selector} is not faked`);
  return root.descendants.filter(fits);
}

class DocumentFragment extends Node {
  querySelectorAll(selector: string): Node[] {
    return select(this, selector);
  }
}

/** Node's own takes no notice of `cancelable`. */
class MessageEvent {
  readonly type: string;
  readonly ports: readonly MessagePort[];
  defaultPrevented = false;

  constructor(type: string, { ports = [] }: { ports?: readonly MessagePort[] } = {}) {
    this.type = type;
    this.ports = ports;
  }

  preventDefault(): void {
    this.defaultPrevented = true;
  }
}

const elements = { html: HTMLHtmlElement, head: HTMLHeadElement, meta: HTMLMetaElement, iframe: HTMLIFrameElement };

/** A document with <html> and <head>. */
export class FakeDocument extends Node {
  readonly documentElement = this.createElement("html");
  readonly head = this.createElement("head");
  title = "";

  constructor() {
    super();
    this.append(this.documentElement);
    this.documentElement.append(this.head);
  }

  createElement<K extends keyof typeof elements>(name: K): InstanceType<(typeof elements)[K]>;
  createElement(name: "div"): HTMLElement;
  createElement(name: string): HTMLElement {
    return new (name in elements ? elements[name as keyof typeof elements] : HTMLElement)();
  }

  querySelectorAll(selector: string): Node[] {
    return select(this, selector);
  }

  /** A <meta> with a content security policy, in no place yet. */
  policy(content: string): HTMLMetaElement {
    const meta = this.createElement("meta");
    meta.setAttribute("http-equiv", "Content-Security-Policy");
    meta.setAttribute("content", content);
    return meta;
  }
}

/** What a window has; the realm is the window. */
export interface FakeWindow extends Target {
  /** It has transient activation. */
  isActive: boolean;
  /** The documents that the realm has one after the other. */
  document: FakeDocument;
  /** Another document comes into the window. */
  load(url: string): FakeDocument;
}

/** Makes the realm a window at the top of a tab, with a document. Before the modules are imported that look at one. */
export function installWindow(url = "https://a.test/"): FakeWindow {
  const target = new Target() as FakeWindow;
  target.isActive = false;
  target.load = (address) => {
    target.document = new FakeDocument();
    const { protocol, origin, href } = new URL(address);
    const opener: unknown = null;
    Object.assign(globalThis, { document: target.document, location: { protocol, origin, href }, opener });
    return target.document;
  };
  Object.assign(globalThis, {
    ...{ window: globalThis, parent: globalThis, isSecureContext: true, MutationObserver: Observer, MessageEvent },
    ...{ Document: FakeDocument, DocumentFragment, ShadowRoot: DocumentFragment, HTMLElement },
    ...{ HTMLHtmlElement, HTMLHeadElement, HTMLMetaElement, HTMLIFrameElement },
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
    dispatchEvent: target.dispatchEvent.bind(target),
  });
  const userActivation = {
    get isActive() {
      return target.isActive;
    },
  };
  const navigator = { userActivation, serviceWorker: { controller: null } };
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: navigator });
  target.load(url);
  return target;
}

/** What a window hears when its document leaves or comes back. */
export class FakePageTransitionEvent extends Event {
  readonly #persisted: boolean;

  constructor(type: string, { persisted }: { persisted: boolean }) {
    super(type);
    this.#persisted = persisted;
  }

  get persisted(): boolean {
    return this.#persisted;
  }
}
