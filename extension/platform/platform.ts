// What Chromium and Firefox do differently, as far as the extension has to know: chromium.ts and firefox.ts say how each does it. All other
// code uses what both do alike, and what is here.

import type { LaneEvent, LaneRequest } from "../../protocol/lane.ts";
import type { LaneOpenParams, LaneOpenResult } from "../../protocol/message.ts";

/** Why the browser has ended a port to the native host, or never made one. */
export interface HostEnd {
  /**
   * No manifest where the browser looks; a manifest that does not list the extension; an administrator's setting; a program that could not be
   * started; one that has ended by itself; one that said what is no message; anything else.
   */
  cause: "missing" | "forbidden" | "blocked" | "unstarted" | "ended" | "garbled" | "other";
  /** The browser's own words, "" when it has none. For the user and the log, never for a page. */
  text: string;
}

/** Keeps account of what a document says on its lane. */
export interface LaneAccount {
  /** Reports whether the document may say this now, which fits. */
  allows(request: LaneRequest): boolean;
  /** The document has said what does not fit, as no script of ours does. */
  misfit(): void;
  /** The host says this to it. */
  heard(event: LaneEvent): void;
}

/** Whom the broker made a key to a lane for. */
export interface LaneOffer {
  tabId: number;
  documentId: string;
}

/** How a document's lane comes about, once the broker has offered the document a key. */
export interface LanePlatform {
  /** A host that can make lanes for this browser says so by this word. */
  readonly capability: "lane" | "laneOrigin";
  /** What the host has to be told of it. */
  wish(): Pick<LaneOpenParams, "origin" | "messageBytes">;
  /** Reports whether whoever connects may show the key. */
  isFor(sender: chrome.runtime.MessageSender, offer: LaneOffer): boolean;
  /** Whoever has shown the key gets what it is good for, until the port ends. `way` leads to the host. Returns what ends it from here. */
  give(port: chrome.runtime.Port, way: LaneOpenResult, account: LaneAccount): () => void;
}

export type AreaName = "local" | "session";
export type Items = Record<string, unknown>;
export type Changes = Record<string, { oldValue?: unknown; newValue?: unknown }>;

/** As much of chrome.storage's areas as the extension uses. */
export interface Area {
  get(keys: string | string[] | null): Promise<Items>;
  /** Writes all items, or none. */
  set(items: Items): Promise<void>;
  remove(keys: string | string[]): Promise<void>;
}

/** What the extension keeps, for its background and its own pages; no content script can reach it. */
export interface StoragePlatform {
  readonly areas: Readonly<Record<AreaName, Area>>;
  /** Calls `listener` with what has changed in an area, whoever of the extension changed it. */
  onChanged(listener: (changes: Changes, area: string) => void): void;
  /** Runs `work` while nobody else of the extension has the name. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T>;
  readonly service: StorageService;
}

/** For the background: what the extension's own pages ask of it where they cannot reach what is kept. */
export interface StorageService {
  /** Reports whether a port of one of them is for this. */
  connect(port: chrome.runtime.Port): boolean;
  /** Resolves with the answer to a message of one of them. Undefined: the message is about something else. */
  answer(message: unknown): Promise<unknown> | undefined;
}

/** For the background. What these read is the browser's word of a sender, a frame or a request, not the page's. */
export interface BackgroundPlatform {
  /** The document that a message or a port came from. Undefined: the browser does not say, and such a document may open nothing. */
  documentIdOf(sender: chrome.runtime.MessageSender): string | undefined;
  /** Reports whether the sender's document was active when it spoke: not prerendered, and not in the back/forward cache. */
  isActive(sender: chrome.runtime.MessageSender): boolean;
  /** Reports whether a frame of a tab is active, and no fenced frame, which no policy of its embedder reaches. */
  isInPage(frame: chrome.webNavigation.GetAllFrameResultDetails): boolean;
  /** Reports whether a request is a private window's. Undefined: the browser does not tell it with the request. */
  isPrivateRequest(request: chrome.webRequest.OnHeadersReceivedDetails): boolean | undefined;
  /** The origin of the document or worker that has brought a request about: "null" for an opaque one. Undefined: the user has, or the browser itself. */
  initiatorOf(request: chrome.webRequest.OnHeadersReceivedDetails): string | undefined;
  /**
   * Which container a tab or a request is of: none (the default, and private windows), or its id. Undefined: the browser has containers, and says of
   * none that could be one. Then nothing is opened, and nothing that was allowed counts.
   */
  containerOf(tabOrRequest: object): { container?: string } | undefined;
  /** What names the cookies of a container to chrome.cookies. */
  cookiesOf(container: string | undefined): { storeId?: string };
  /** Reports whether a cookie is one of the container's. */
  isCookieOf(container: string | undefined, cookie: chrome.cookies.Cookie): boolean;
  /** What to ask of webRequest.onHeadersReceived to be told every response header. */
  everyHeader(): ("responseHeaders" | "extraHeaders")[];
  /** The browser may say that no administrator has set anything before it has read what they have set. */
  readonly managedComesLate: boolean;
  /** Reports whether storage.managed.get() has failed only since no administrator has set anything. */
  isNothingManaged(error: unknown): boolean;
  /** Keeps content scripts from what the extension keeps, where the browser has to be told. */
  protectStorage(): Promise<void>;
  /** Reads why a port to the native host is over. To be called in its onDisconnect. */
  hostEnd(port: chrome.runtime.Port): HostEnd;
  readonly lane: LanePlatform;
}

/** What a document's page hears of its data channel. */
export interface ChannelPage {
  /** It can be used: by this port, or without one by `say` and `hear`. `messageBytes`: the most that one message should have; any, without it. */
  up(port?: MessagePort, messageBytes?: number): void;
  hear(event: LaneEvent | { type: "laneLost" }): void;
}

/** For the extension's own pages: names of texts, where what a user is told is another thing in each browser. */
export interface PagesPlatform {
  /** How the button gets into the toolbar. */
  readonly pinText: "setupPinHow" | "setupPinHowFirefox";
  /** What a missing program means: what `missing` of HostEnd stands for. */
  readonly missingText: "setupMissing" | "setupMissingFirefox";
  /** Pixels of the screen, as the windows API counts them, for each of screenX, outerWidth or screen.availWidth in a page that the user sees at this zoom. */
  screenScale(zoom: number): number;
}

/** A carrier of a document's bytes that passes native messaging by (extension/lane). */
export interface DataChannel {
  /** The page says something, where it has no port. */
  say?(request: LaneRequest): void;
  /** Calls `next` once the channel can be used, or once waiting for it is over; at once if that is known. Calls keep their order. */
  settled(next: () => void): void;
  /** The channel is gone, or will never come: whatever waits goes on. */
  lost(): void;
  /** The document leaves: nothing waits any more. */
  remove(): void;
}

/** For the content script that is in every document from its start. */
export interface EarlyPlatform {
  /** Lets documents of the same origin have the texts of this document's policies: `policies` gives them. `listen` adds a listener. */
  offerPolicies(policies: () => readonly string[], listen: Listen): void;
  /**
   * The texts of the policies in force in another window's document, as its content script knows them. Undefined: it has none. Throws for a document
   * of another origin.
   */
  policiesOf(other: Window): readonly string[] | undefined;
}

/** Adds a listener that comes before the page's, and goes with the content script. */
export type Listen = (target: EventTarget, type: string, listener: (event: never) => void) => void;

/** For the content script, the rest of it. */
export interface ContentPlatform {
  /** The shadow root of an element, open or closed. */
  shadowRootOf(element: HTMLElement): ShadowRoot | null;
  /**
   * Opens a data channel from the document. `key` is the broker's, good for one channel.
   */
  openDataChannel(key: string, page: ChannelPage): DataChannel;
}
