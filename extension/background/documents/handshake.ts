// What the element says that holds a frame: the handshake by which a frame's `allow` attribute becomes known (schema/frame.json).
//
// No browser API leads from a document to its <iframe> element in the parent (Firefox has one, Chromium has not). So the frame's content
// script tells the broker a nonce and posts the same nonce to the parent window, where only the parent's content script sees it; that one
// finds the element whose window posted it, and tells the broker. The two are joined here, once, and only if the second came from the very
// document that the browser names as the first one's parent, where it names one. A page can make neither message.
//
// The first answer holds for the document's life: the standard fixes a document's policy when it is made.

import { background as platform } from "../../platform/current.ts";
import { ext } from "../../shared/ext.ts";
import type { FrameAllow, FrameMessage } from "../../../protocol/message.ts";
import { validateFrameMessage } from "../../../protocol/validators.js";
import { matches, parseAllow } from "./allowlist.ts";
import type { Container, Feature } from "./allowlist.ts";
import { documentStore, homeOf } from "./documents.ts";
import type { OfDocument } from "./documents.ts";
import { FairTable } from "../intake/fair.ts";
import { spendAll } from "../intake/budgets.ts";
import type { Place } from "./place.ts";
import { accountOf, isReadable } from "../intake/intake.ts";
import type { ContainerPolicy } from "./permissions_policy.ts";
import { isOfPage } from "../intake/sender.ts";
import { TabBudgets } from "../intake/tab_budgets.ts";

/** What is known of the element that holds a document. */
export interface Held extends OfDocument {
  /** The document that the element is in, as the browser attests it. */
  parent: Place & { origin: string };
  /** Of `direct-sockets`. */
  policy: ContainerPolicy;
  /** Of `direct-sockets-multicast` and `direct-sockets-private`. */
  multicast: ContainerPolicy;
  private: ContainerPolicy;
}

type Speaker = Place & { origin: string; private: boolean };

interface Half {
  child?: Speaker;
  parent?: { speaker: Speaker; message: FrameAllow };
  at: number;
}

const answers = documentStore<Held>("held:", {
  entries: 1_000,
  size: 1_200_000,
  entriesOfOwner: 500,
  sizeOfOwner: 600_000,
});
/** A parent at a longer URL gives no answer, without its query and fragment. */
const maxURL = 2_048;
/** The letters of a message: an attribute, and a little more. */
const maxText = 12_000;
/** How long an open waits for the answer. */
const answerTimeout = 1_000;
/** Halves of handshakes that wait for their other half, by nonce; of one tab, so many, and whichever site has most of them gives. And how long, in ms. */
const halves = new FairTable<Half>({ entries: 500, size: 2_000_000, entriesOfOwner: 100, sizeOfOwner: 400_000 });
const halfLife = 10_000;
/** Messages of one tab: a thousand frames may all ask at once. */
const said = new TabBudgets({ atOnce: 1, burst: 4_000, perSecond: 200 });

/** Resolves with the answer for a document, or undefined when its parent's content script did not find the element. */
const waiting = new Map<string, Set<(held: Held | undefined) => void>>();

/** Listens from now on. Call once, in the first turn of the background. */
export function watchHandshakes(): void {
  ext.runtime.onMessage.addListener((message: unknown, sender) => {
    const { id, origin, tab, url, frameId } = sender;
    if (id !== ext.runtime.id || tab?.id === undefined || origin === undefined) return false;
    const site = accountOf({ origin, tabId: tab.id, private: tab.incognito, ...platform.containerOf(tab) });
    const now = performance.now();
    //rule:handshakes-limited-per-tab
    if (!spendAll(said.of({ tabId: tab.id, site, ofPage: isOfPage(sender) }, now), now)) return false;
    if (!isReadable(message, maxText) || !validateFrameMessage(message)) return false;
    if (frameId === undefined || !platform.isActive(sender)) return false;
    const documentId = platform.documentIdOf(sender);
    if (documentId === undefined || url === undefined) return false;
    receive(message, { documentId, origin, url, frameId, tabId: tab.id, private: tab.incognito }, site);
    return false;
  });
}

function receive(message: FrameMessage, speaker: Speaker, site: string): void {
  const half = halves.get(message.nonce) ?? { at: Date.now() };
  if (message.type === "child") half.child ??= speaker;
  else half.parent ??= { speaker, message };
  const { child, parent } = half;
  if (child === undefined || parent === undefined) {
    makeRoom();
    halves.put(
      message.nonce,
      half,
      { owner: String(speaker.tabId), part: /*rule:handshake-records-per-site*/ site },
      JSON.stringify(half).length,
    );
    return;
  }
  halves.delete(message.nonce);
  void join(child, parent.speaker, parent.message);
}

function makeRoom(): void {
  const now = Date.now();
  for (const [nonce, { at }] of [...halves.entries()]) {
    if (Math.abs(now - at) < halfLife) return; // in order of arrival: what follows is younger
    halves.delete(nonce);
  }
}

async function join(child: Speaker, parent: Speaker, message: FrameAllow): Promise<void> {
  //rule:parent-is-in-same-tab
  if (child.tabId !== parent.tabId) return;
  const frames = (await ext.webNavigation.getAllFrames({ tabId: child.tabId })) ?? [];
  const frame = frames.find(({ documentId }) => documentId === child.documentId);
  if (frame !== undefined) {
    const above = frames.find(({ frameId }) => frameId === frame.parentFrameId);
    //rule:parent-must-be-attested
    if (above?.documentId !== parent.documentId) return;
  }
  if (!message.found) {
    settle(child.documentId, undefined);
    return;
  }
  const container = { origin: parent.origin, allow: message.allow, sandbox: message.sandbox, src: message.src };
  const policies = {
    policy: containerPolicy(container, child.origin, "sockets"),
    multicast: containerPolicy(container, child.origin, "multicast"),
    private: containerPolicy(container, child.origin, "private"),
  };
  const url = parent.url.replace(/[?#].*/s, "");
  if (url.length > maxURL) {
    settle(child.documentId, undefined);
    return;
  }
  const { page, ...place } = await homeOf(parent.documentId, parent.origin, parent.private);
  const held: Held = { tabId: child.tabId, at: Date.now(), page, parent: { ...parent, url }, ...policies };
  const known = await answers.get(child.documentId);
  //rule:first-allow-answer-holds.2
  if (known === undefined) await answers.put(child.documentId, held, place);
  settle(child.documentId, /*rule:first-allow-answer-holds.3*/ known ?? held);
}

function containerPolicy(container: Container, origin: string, feature: Feature): ContainerPolicy {
  const lists = parseAllow(container, feature);
  if (lists.length === 0) return "none";
  // Named more than once: the standard takes the last list, Chromium the first. Here all of them must match.
  const all = /*rule:every-allow-list-must-match*/ lists.every((list) => matches(list, origin, container.origin));
  return all ? "matches" : "differs";
}

function settle(documentId: string, held: Held | undefined): void {
  for (const tell of waiting.get(documentId) ?? []) tell(held);
  waiting.delete(documentId);
}

/** What is known of the element that holds the document; waits a second at most for its parent to tell. */
export async function heldBy(documentId: string): Promise<Held | undefined> {
  const { promise, resolve } = Promise.withResolvers<Held | undefined>();
  const waiters = waiting.get(documentId) ?? new Set();
  waiting.set(documentId, waiters.add(resolve));
  // Asked after the entry is made: an answer that comes between the two would be missed.
  const known = await answers.get(documentId);
  const timer = setTimeout(resolve, known === undefined ? answerTimeout : 0, undefined);
  try {
    return known ?? (await promise);
  } finally {
    clearTimeout(timer);
    waiters.delete(resolve);
    if (waiters.size === 0 && waiting.get(documentId) === waiters) waiting.delete(documentId);
  }
}
