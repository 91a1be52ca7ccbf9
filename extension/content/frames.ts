// A frame and the element that holds it: both sides of the handshake (schema/frame.json).
//
// The child's side speaks on the first use of the API, never at load. The parent's side has listened from the start (frame_words.ts).

import { content as platform } from "../platform/current.ts";
import { ext } from "../shared/ext.ts";
import type { FrameMessage } from "../../protocol/message.ts";
import { Answers } from "./answers.ts";
import { select } from "./dom.ts";
import type { Early, FrameWord } from "./early.ts";
import { mark } from "./frame_words.ts";

/** A frame says it again after this time, in ms: its parent may not have listened yet, or been busy. */
const pause = 500;
/** Answers that one window gets within a second: it may hold several documents in that time, but nobody is to make us search all day. */
const maxAnswers = 10;
/** What the schema takes of attributes. */
const maxLengths = { allow: 8_192, sandbox: 1_024, src: 2_048 } as const;

let lastSaid = Number.NEGATIVE_INFINITY;
const answers = new Answers(location.origin);
const heard = new WeakMap<object, { since: number; count: number }>();

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

/** Answers a frame of this document. */
export function answerFrame({ source, origin, nonce }: FrameWord, { allowAtLoad }: Pick<Early, "allowAtLoad">): void {
  if (!isWithinRate(source) || !answers.take(origin, performance.now())) return;
  const element = findFrame(document, source);
  tell({ type: "allow", nonce, ...(element === undefined ? { found: false } : describe(element, allowAtLoad)) });
  announce();
}

function isWithinRate(source: Window): boolean {
  const now = performance.now();
  const rate = heard.get(source);
  if (rate === undefined || now - rate.since > 1_000) heard.set(source, { since: now, count: 1 });
  else if (++rate.count > maxAnswers) return false;
  return true;
}

type Description = Omit<Extract<FrameMessage, { type: "allow" }>, "type" | "nonce">;

function describe(element: FrameElement, allowAtLoad: Early["allowAtLoad"]): Description {
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
