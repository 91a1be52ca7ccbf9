// A frame and the element that holds it: both sides of the handshake (schema/frame.json).
//
// The child's side speaks on the first use of the API, never at load. The parent's side listens from the start, before any page script,
// so that it can keep the page from seeing what passes; it listens in its own world, where a page cannot find it.

import { content as platform } from "../platform/current.ts";
import { ext } from "../shared/ext.ts";
import type { FrameMessage } from "../../protocol/message.ts";
import { Answers } from "./answers.ts";
import { select } from "./dom.ts";
import { endIfOver, isAlive, life } from "./life.ts";

/** The member of the posted message that holds the nonce. */
const mark = "portside:frame";
/** A frame says it again after this time, in ms: its parent may not have listened yet, or been busy. */
const pause = 500;
/** Answers that one window gets within a second: it may hold several documents in that time, but nobody is to make us search all day. */
const maxAnswers = 10;
/** What the schema takes of attributes. */
const maxLengths = { allow: 8_192, sandbox: 1_024, src: 2_048 } as const;

let lastSaid = Number.NEGATIVE_INFINITY;
const answers = new Answers(location.origin);
const heard = new WeakMap<object, { since: number; count: number }>();
/** What `allow` was when a frame had loaded. A change takes effect with the next load, so until then nobody can say what is in force. */
const allowAtLoad = new WeakMap<Element, string | null>();

/** Tells the broker about the element that holds this document, and about those above it. Does nothing at the top. */
export function announce(): void {
  const now = performance.now();
  if (parent === window || now - lastSaid < pause) return;
  lastSaid = now;
  const nonce = crypto.randomUUID();
  tell({ type: "child", nonce });
  // The port is for the listener: by it, other messages are told apart without being read.
  parent.postMessage({ [mark]: nonce }, "*", [new MessageChannel().port2]);
}

/** Answers the frames of this document from now on. */
export function listenToFrames(): void {
  addEventListener("message", hear, { capture: true, signal: life });
  document.addEventListener("load", noteLoad, { capture: true, signal: life }); // load events of elements do not reach the window
}

function hear(event: MessageEvent): void {
  // Cheap things first: pages may post thousands of messages a second to themselves, and reading `data` copies it into this world.
  const { source } = event;
  if (!event.isTrusted || event.ports.length !== 1 || !isChild(source)) return;
  const nonce = (event.data as { [mark]?: unknown } | null)?.[mark];
  if (typeof nonce !== "string" || nonce.length !== 36) return;
  if (!isAlive()) {
    endIfOver(); // the extension was reloaded: its new script answers
    return;
  }
  //rule:nonces-hidden-from-page
  event.stopImmediatePropagation();
  if (!isWithinRate(source) || !answers.take(event.origin, performance.now())) return;
  const element = findFrame(document, source);
  tell({ type: "allow", nonce, ...(element === undefined ? { found: false } : describe(element)) });
  announce();
}

function isWithinRate(source: Window): boolean {
  const now = performance.now();
  const rate = heard.get(source);
  if (rate === undefined || now - rate.since > 1_000) heard.set(source, { since: now, count: 1 });
  else if (++rate.count > maxAnswers) return false;
  return true;
}

function isChild(source: MessageEventSource | null): source is Window {
  return source !== null && source !== window && "parent" in source && source.parent === window;
}

type Description = Omit<Extract<FrameMessage, { type: "allow" }>, "type" | "nonce">;

function describe(element: FrameElement): Description {
  const allow = element instanceof HTMLIFrameElement ? element.getAttribute("allow") : null;
  const atLoad = allowAtLoad.get(element);
  const sandbox = element.getAttribute("sandbox");
  //rule:first-allow-answer-holds
  if (atLoad !== undefined && atLoad !== allow) return { found: false };
  const ofUs = allow === null ? null : aboutSockets(allow);
  if ((ofUs?.length ?? 0) > maxLengths.allow || (sandbox?.length ?? 0) > maxLengths.sandbox) return { found: false };
  const description: Description = { found: true };
  if (ofUs !== null) description.allow = ofUs;
  if (sandbox !== null) description.sandbox = sandbox;
  // The beginning of a URL tells its origin; data: URLs can be very long.
  if (element instanceof HTMLIFrameElement && element.hasAttribute("src") && !element.hasAttribute("srcdoc"))
    description.src = element.src.slice(0, maxLengths.src);
  return description;
}

/** The directives that may be about our feature: the broker reads them. */
function aboutSockets(allow: string): string {
  return allow
    .split(";")
    .filter((directive) => directive.includes("direct-sockets"))
    .join(";");
}

function noteLoad({ target }: Event): void {
  if (!(target instanceof HTMLIFrameElement)) return;
  // What was there before the first document that the page asked for does not count.
  if (target.contentDocument?.URL === "about:blank") allowAtLoad.delete(target);
  else allowAtLoad.set(target, target.getAttribute("allow"));
}

/** <iframe>, <frame> or <object>. */
type FrameElement = Element & { contentWindow: Window | null };

function isFrame(element: Element): element is FrameElement {
  return "contentWindow" in element;
}

/** The element under `root` whose window is `source`, in shadow trees too, open or closed. */
function findFrame(root: Document | ShadowRoot, source: unknown): FrameElement | undefined {
  for (const element of select(root, "iframe, frame, object"))
    if (isFrame(element) && element.contentWindow === source) return element;
  for (const element of select(root, "*")) {
    const shadow = element instanceof HTMLElement ? platform.shadowRootOf(element) : null;
    const found = shadow === null ? undefined : findFrame(shadow, source);
    if (found !== undefined) return found;
  }
  return undefined;
}

function tell(message: FrameMessage): void {
  try {
    void ext.runtime.sendMessage(message).catch(() => undefined);
  } catch {
    // The extension was reloaded: its new script speaks for this document.
  }
}
