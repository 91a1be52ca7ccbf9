// The popup of the toolbar, seen from the background: what it shows of one tab, and what it may do about it.
//
// Only the extension's own pages are let in (main.ts); a web page can neither open nor frame one. What is shown of the sockets comes from
// the host, once a second and only while a popup is open. To show how the host is, one may be started; if nobody else uses it, it is let go
// a moment later, and the popup shows what it has said.

import { inContainer, type Side } from "../../shared/container.ts";
import { ext } from "../../shared/ext.ts";
import { isTroubled } from "../../storage/store.ts";
import type { PolicyGetResult, SocketState } from "../../../protocol/message.ts";
import type { Activity, LiveSocket } from "../sockets/activity.ts";
import type { DocumentConnection } from "../sockets/document_connection.ts";
import { HostUnavailable } from "../host/host.ts";
import type { HostConnection, HostProblem } from "../host/host.ts";
import type { Hosts } from "../host/hosts.ts";
import { cooldownUntil, endCooldown } from "../consent/cooldown.ts";
import type { Prompts } from "../consent/prompt.ts";
import { isTrustworthyOrigin } from "../intake/origin.ts";
import { listPaused, setPaused } from "../sockets/paused.ts";
import type { RefusalRecord } from "../sockets/refusals.ts";
import { shownSockets, type More } from "./shown.ts";
import { siteOfTab } from "./site.ts";

/** What the popup sends. `watch` is the first, and names the tab; said again it only tells that the popup is still there. */
export type PopupMessage =
  | { type: "watch"; tabId: number }
  | { type: "close"; key: number }
  | { type: "close-all" }
  | { type: "pause"; origin: string; paused: boolean }
  | { type: "endCooldown"; origin: string }
  /** The user wants to see the question that waits. */
  | { type: "bring" };

export interface SocketView extends Pick<
  LiveSocket,
  "key" | "protocol" | "kind" | "reach" | "peers" | "host" | "port" | "encryption" | "since"
> {
  origin: string;
  /** Of an accepted connection: the key of the socket that listens, as long as that is open. */
  listener?: number;
  /** What the host says of it, and when it said so (ms since 1970); absent until it has. */
  state?: SocketState & { at: number };
}

export interface SiteView {
  origin: string;
  paused: boolean;
  /** Whether pages like this one may have sockets at all. */
  secure: boolean;
}

export type HostView =
  { kind: "checking" } | { kind: "ready"; version: string; policy: PolicyGetResult | undefined } | HostProblem;

/** What it receives, whenever something has changed. */
export interface PopupView extends Side {
  /** Absent: the tab shows no web page. */
  site?: SiteView;
  /** The oldest first; of accepted connections only some (shown.ts). */
  sockets: SocketView[];
  /** How many are open, also of those that are not shown. */
  open: number;
  /** Where there are more accepted connections than are shown. */
  more: More[];
  /** The newest first. */
  refusals: readonly RefusalRecord[];
  /** Other sites with frames in this tab that are paused. */
  alsoPaused: string[];
  /** Sites of this tab that may not ask for a while, and until when (ms since 1970). */
  cooldowns: Record<string, number>;
  host: HostView;
  /** Whether a question of this tab waits for its answer. Absent: none does. */
  asks?: boolean;
  /** Something could not be written down, and holds until the browser closes. */
  unsaved: boolean;
}

export interface Surroundings {
  activity: Activity;
  hosts: Hosts;
  documents: ReadonlySet<DocumentConnection>;
  prompts: Pick<Prompts, "waitsIn" | "bring">;
}

/** How often the host is asked about sockets, in ms. */
const interval = 1_000;
/** After so many ms it is looked again whether a host that could not be used can be: somebody may be installing it. */
const retry = 5_000;
/** Changes within this many ms are sent together. */
const pace = 100;
/** How many sockets the host tells of in one answer. */
const batch = 32;

export class Popups {
  readonly #open = new Set<Popup>();
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
    // One that stays shows the page that has come, as one that is opened then would.
    ext.webNavigation.onCommitted.addListener(({ tabId, frameId }) => {
      if (frameId === 0) this.changed(tabId);
    });
  }

  /** Takes the connection of a popup. The caller has checked that it is one of the extension's own pages. */
  connect(port: chrome.runtime.Port): void {
    const popup = new Popup(port, this.#around);
    this.#open.add(popup);
    port.onDisconnect.addListener(() => {
      this.#open.delete(popup);
      popup.end();
    });
  }

  /** Something has changed: in one tab, or in all. */
  changed(tabId?: number): void {
    for (const popup of this.#open) if (tabId === undefined || popup.tabId === tabId) popup.refresh();
  }
}

class Popup {
  /** The tab that it is about; undefined before it has said so. */
  tabId: number | undefined;
  readonly #port: chrome.runtime.Port;
  readonly #around: Surroundings;
  readonly #states = new Map<number, SocketState & { at: number }>();
  #host: HostView = { kind: "checking" };
  /** The site that the host was asked about; null: it was not asked yet. */
  #asked: string | undefined | null = null;
  /** When that was, in ms since 1970. */
  #askedAt = 0;
  #due: ReturnType<typeof setTimeout> | undefined;
  #inspecting: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  constructor(port: chrome.runtime.Port, around: Surroundings) {
    this.#port = port;
    this.#around = around;
    port.onMessage.addListener((message: PopupMessage) => {
      this.#receive(message);
    });
  }

  #receive(message: PopupMessage): void {
    if (message.type === "watch") {
      if (this.tabId !== undefined) return;
      this.tabId = message.tabId;
      void this.#show();
      void this.#inspect();
      return;
    }
    if (this.tabId === undefined) return;
    switch (message.type) {
      case "close":
        this.#sockets()
          .find(({ key }) => key === message.key)
          ?.close();
        return;
      case "close-all":
        for (const socket of this.#sockets()) socket.close();
        return;
      case "pause":
        void this.#pause(message.origin, message.paused);
        return;
      case "endCooldown":
        void this.#endCooldown(message.origin);
        return;
      case "bring":
        this.#around.prompts.bring(this.tabId);
    }
  }

  #sockets(): LiveSocket[] {
    return this.tabId === undefined ? [] : this.#around.activity.socketsOf(this.tabId);
  }

  async #pause(origin: string, paused: boolean): Promise<void> {
    const site = this.tabId === undefined ? undefined : await siteOfTab(this.tabId);
    if (site !== undefined) await setPaused(origin, site, paused);
  }

  async #endCooldown(origin: string): Promise<void> {
    const site = this.tabId === undefined ? undefined : await siteOfTab(this.tabId);
    if (site !== undefined) await endCooldown(origin, site);
  }

  /** Sends what is so now, soon. */
  refresh(): void {
    if (this.#over) return;
    this.#due ??= setTimeout(() => {
      this.#due = undefined;
      void this.#show();
    }, pace);
  }

  async #show(): Promise<void> {
    if (this.tabId === undefined) return;
    const { activity } = this.#around;
    const view = await this.#view(this.tabId);
    if (this.#over) return;
    this.#port.postMessage(view);
    if (view.site?.origin !== this.#asked) void this.#meetHost(view.site?.origin);
    await activity.refusals.seen(this.tabId);
  }

  async #view(tabId: number): Promise<PopupView> {
    const { activity, documents } = this.#around;
    const site = await siteOfTab(tabId);
    const side: Side = { private: site?.private === true, ...inContainer(site ?? {}) };
    const [allPaused, refusals, unsaved] = await Promise.all([
      listPaused(side.private),
      activity.refusals.of(tabId),
      isTroubled(),
    ]);
    const paused = allPaused.flatMap(({ origin, container }) => (container === side.container ? [origin] : []));
    const origin = site?.origin;
    const here = new Set(origin === undefined ? [] : [origin]);
    for (const refusal of refusals) here.add(refusal.origin);
    for (const { sender } of documents) if (sender.tabId === tabId) here.add(sender.origin);
    const cooldowns: Record<string, number> = {};
    for (const one of here) {
      const until = await cooldownUntil(one, side);
      if (until !== undefined) cooldowns[one] = until;
    }
    const sockets = activity.socketsOf(tabId);
    const { shown, more } = shownSockets(sockets);
    return {
      ...(origin === undefined
        ? {}
        : {
            site: {
              origin,
              paused: paused.includes(origin),
              secure: isTrustworthyOrigin(origin),
            },
          }),
      ...side,
      sockets: shown.map(({ sender, connection: _, socketId: __, close: ___, ...socket }) => {
        const state = this.#states.get(socket.key);
        return { ...socket, origin: sender.origin, ...(state === undefined ? {} : { state }) };
      }),
      open: sockets.length,
      more,
      refusals,
      alsoPaused: paused.filter((other) => other !== origin && here.has(other)),
      cooldowns,
      host: this.#host,
      asks: this.#around.prompts.waitsIn(tabId),
      unsaved,
    };
  }

  /** Finds out how the host is, and what policy is in force: once for each site that the tab shows. */
  async #meetHost(origin: string | undefined): Promise<void> {
    this.#asked = origin;
    this.#askedAt = Date.now();
    try {
      const connection = await this.#around.hosts.probe();
      const version = connection.hello.hostVersion;
      this.#host = { kind: "ready", version, policy: await askPolicy(connection, origin) };
    } catch (error) {
      this.#host = error instanceof HostUnavailable ? error.problem : { kind: "failed", detail: String(error) };
    }
    this.refresh();
  }

  /** Asks the host about the open sockets, now and then every second. */
  async #inspect(): Promise<void> {
    const { shown: sockets } = shownSockets(this.#sockets());
    const keys = new Set(sockets.map(({ key }) => key));
    for (const key of this.#states.keys()) if (!keys.has(key)) this.#states.delete(key);
    const connections = new Set(sockets.map(({ connection }) => connection));
    await Promise.all(
      [...connections].map(async (connection) => {
        const ids = new Map(
          sockets.flatMap((s) => (s.connection === connection ? [[s.socketId, s.key] as const] : [])),
        );
        const wanted = [...ids.keys()];
        for (let start = 0; start < wanted.length; start += batch) {
          const result = await connection.request("socket.inspect", { socketIds: wanted.slice(start, start + batch) });
          const at = Date.now();
          for (const state of result.sockets)
            /*rule:popup-shows-host-figures*/ this.#states.set(ids.get(state.socketId) ?? 0, { ...state, at });
        }
      }),
    ).catch((error: unknown) => {
      if (!(error instanceof HostUnavailable)) console.error("socket.inspect:", error); // otherwise the sockets are gone, too
    });
    if (this.#over) return;
    //rule:popup-starts-no-host
    if (sockets.length > 0) this.refresh();
    const works = this.#host.kind === "ready" || this.#host.kind === "checking";
    if (!works && Date.now() - this.#askedAt >= retry) void this.#meetHost(this.#asked ?? undefined);
    this.#inspecting = setTimeout(() => void this.#inspect(), interval);
  }

  end(): void {
    this.#over = true;
    clearTimeout(this.#due);
    clearTimeout(this.#inspecting);
  }
}

/** Undefined: the host cannot say. */
async function askPolicy(connection: HostConnection, origin: string | undefined): Promise<PolicyGetResult | undefined> {
  try {
    return await connection.request("policy.get", origin === undefined ? {} : { origin });
  } catch (error) {
    if (error instanceof HostUnavailable) throw error;
    console.error("policy.get:", error);
    return undefined;
  }
}
