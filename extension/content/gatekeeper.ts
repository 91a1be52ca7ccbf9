// The gatekeeper: between the page script of a document and the broker.
//
// It adds what only a document can see (secure context, transient activation), turns bytes into the base64 that crosses
// extension messaging and back, and ties the document's sockets to its active life. What the page script sends is a claim:
// every message is built anew here from checked members, and the broker checks it again.

import { content as platform } from "../platform/current.ts";
import type { DataChannel } from "../platform/platform.ts";
import { Budget, openBounds } from "../shared/budget.ts";
import { consoleLines } from "../shared/console_lines.ts";
import { ext } from "../shared/ext.ts";
import { Backoff } from "./backoff.ts";
import { DeveloperConsole } from "./developer_console.ts";
import { GestureQueue } from "./gesture_queue.ts";
import type { Early } from "./early.ts";
import { collectEvidence } from "./evidence.ts";
import { announce } from "./frames.ts";
import type { LaneEvent, LaneRequest } from "../../protocol/lane.ts";
import { pageError } from "../../protocol/page.ts";
import { certificatesOf, onTheWire } from "./tls.ts";
import type {
  BrokerMessage,
  ContentMessage,
  DocumentMessage,
  OnLane,
  OpenOptions,
  Opened,
  PageMessage,
  PageTLSInfo,
  TLSInfo,
} from "../../protocol/page.ts";

/** The schema takes no more, and no host is as long: what was too long stays too long, and fails as a name, in its turn. */
const maxAddress = 1024;

/** What a page asks for in its own answer to a click comes within this time, in ms. */
const clickTime = 50;

type Activation = ReturnType<Early["activation"]>;
type Claims = Pick<Extract<DocumentMessage, { type: "open" }>, "activation" | "secure" | "evidence" | "states">;

export class Gatekeeper {
  readonly #page: MessagePort;
  readonly #early: Early;
  /** Opens that wait for their answer; of these, those that the page asked for by itself. */
  readonly #opening = new Set<number>();
  readonly #counted = new Set<number>();
  /** How often the page has asked for a socket by itself. */
  #asked = 0;
  readonly #opens = new Budget(openBounds.document, performance.now());
  /** For when the broker has no room for opens of this document's tab or site. */
  readonly #backoff = new Backoff();
  /** Sockets that are open; false while the page does not know it yet. */
  readonly #open = new Map<number, boolean>();
  /** Opens that wait for a gesture. */
  readonly #waiting: GestureQueue;
  readonly #console = new DeveloperConsole(performance.now());
  #lane: DataChannel | undefined;
  #broker: chrome.runtime.Port | undefined;
  /** Of these, what the broker has not heard yet, as far as is known. */
  readonly #unheard = new Map<number, DocumentMessage>();

  /** `page` is the port to the page script, which is listened to from now on. */
  constructor(page: MessagePort, early: Early) {
    this.#page = page;
    this.#early = early;
    const life = new AbortController();
    const { signal } = life;
    this.#waiting = new GestureQueue(signal, early.activation, (message) => {
      this.fromPage(message);
    });
    page.onmessage = ({ data }: MessageEvent<PageMessage | OnLane<LaneRequest>>) => {
      this.fromPage(data);
    };
    addEventListener(
      "pagehide",
      () => {
        this.#lose();
      },
      { signal },
    );
    // What the page asked for may wait for a question that the user does not see. A click by which it asks for more tells that by itself.
    addEventListener(
      "click",
      ({ isTrusted }) => {
        if (/*rule:only-trusted-clicks-raise-prompt*/ !isTrusted || this.#counted.size === 0) return;
        const before = this.#asked;
        setTimeout(() => {
          if (this.#asked === before) this.#pressed();
        }, clickTime);
      },
      { capture: true, passive: true, signal },
    );
    early.onEnd(() => {
      life.abort();
      page.onmessage = null;
      this.#lose();
    });
  }

  /** The page says something. */
  fromPage(message: PageMessage | OnLane<LaneRequest>): void {
    if (message.type === "onLane") this.#lane?.say?.(message.message);
    else this.take(message, this.#early.activation());
  }

  /** The page has said something, at a moment at which there was this activation. */
  take(message: PageMessage, activation: Activation): void {
    switch (message.type) {
      case "open": {
        if (!this.#mayOpen(message.id)) return;
        const { id, protocol, options: given } = message;
        const { tls, ...rest } = given;
        const options: OpenOptions = tls === undefined ? rest : { ...rest, tls: onTheWire(tls) };
        if (options.remoteAddress !== undefined) options.remoteAddress = options.remoteAddress.slice(0, maxAddress);
        const waits = message.waits === true;
        if (waits) this.#waiting.asked(message);
        this.#tell({
          type: "open",
          id,
          protocol,
          ...this.#claims(message, activation),
          options,
          ...(waits ? { waits } : {}),
        });
        return;
      }
      case "listen":
      case "bind": {
        if (!this.#mayOpen(message.id)) return;
        const { type, id, options: given } = message;
        const options = { ...given, localAddress: given.localAddress.slice(0, maxAddress) };
        this.#waiting.asked(message);
        this.#tell({ type, id, ...this.#claims(message, activation), options, waits: true });
        return;
      }
      case "probe":
        if (this.#mayOpen(message.id))
          this.#tell({ type: "probe", id: message.id, ...this.#claims(message, activation) });
        return;
      case "accept":
        // Whoever connects makes these, not the page: they have no bounds of their own, but one at a time for each listener.
        this.#opening.add(message.id);
        this.#tell({ type: "accept", id: message.id, listener: message.listener });
        return;
      case "membership": {
        const { id, ack, change, group, source } = message;
        this.#tell({ type: "membership", id, ack, change, group, ...(source === undefined ? {} : { source }) });
        return;
      }
      case "write": {
        const data = new Uint8Array(message.data).toBase64();
        this.#tell(
          message.ack === undefined
            ? { type: "write", id: message.id, data }
            : { type: "write", id: message.id, data, ack: message.ack },
        );
        return;
      }
      case "credit":
        this.#tell({ type: "credit", id: message.id, bytes: message.bytes });
        return;
      case "startTls": {
        const { id, received, sent, tls } = message;
        this.#tell({ type: "startTls", id, received, sent, ...(tls === undefined ? {} : { tls: onTheWire(tls) }) });
        return;
      }
      case "setOption": {
        const { id, option, value } = message;
        this.#tell({ type: "setOption", id, option, value });
        return;
      }
      case "close":
        if (this.#waiting.forget(message.id)) return; // the broker knows nothing of it
        this.#unheard.delete(message.id);
        this.#tell({ type: "close", id: message.id });
        return;
      case "shutdown":
        this.#tell({ type: "shutdown", id: message.id });
    }
  }

  /** The user has clicked. */
  #pressed(): void {
    const [id] = this.#counted;
    if (id !== undefined && this.#broker !== undefined) this.#tell({ type: "pressed", id });
  }

  /** Whether the page may ask for one more socket now; it hears if not. */
  #mayOpen(id: number): boolean {
    const now = performance.now();
    if (!this.#backoff.may(now) || /*rule:content-script-limits-opens*/ !this.#opens.take(now)) {
      this.#print(consoleLines.quota);
      this.#tellPage({ type: "failed", id, error: pageError("QuotaExceededError") });
      return false;
    }
    this.#asked++;
    this.#backoff.sent(id, now);
    this.#opening.add(id);
    this.#counted.add(id);
    return true;
  }

  /** What only the document can see of itself, and whether the page wants to hear how far it is. */
  #claims({ evalBlocked, states }: { evalBlocked: boolean; states?: true }, activation: Activation): Claims {
    const evidence = collectEvidence(this.#early.policies(), evalBlocked);
    announce();
    return {
      ...(activation === undefined ? {} : { activation }),
      //rule:claims-built-from-own-members
      secure: isSecureContext,
      evidence,
      ...(states === true ? { states } : {}),
    };
  }

  #fromBroker(message: BrokerMessage): void {
    switch (message.type) {
      case "heard":
        this.#unheard.delete(message.id);
        return;
      case "hint":
        this.#print(message.text);
        return;
      case "full":
        this.#backoff.full(performance.now());
        this.#print(consoleLines.quota);
        return;
      case "gestureWanted": {
        const { id } = message;
        if (!this.#opening.has(id)) return; // the page has withdrawn it meanwhile
        const waits = this.#waiting.wait(id);
        this.#answered(id);
        if (!waits) this.#tellPage({ type: "failed", id, error: pageError("NotAllowedError") });
        return;
      }
      case "lane": {
        const { key, reasons } = message;
        this.#lane = platform.openDataChannel(key, {
          up: (port, messageBytes) => {
            const size = messageBytes === undefined ? {} : { messageBytes };
            this.#tellPage({ type: "lane", reasons, ...size }, port === undefined ? [] : [port]);
          },
          hear: (event) => {
            this.#tellPage({ type: "onLane", message: event }, "data" in event ? [event.data] : []);
          },
        });
        return;
      }
      case "laneLost":
        this.#tellPage(message); // before whatever waits for it
        this.#lane?.lost();
        this.#lane = undefined;
        return;
      case "left":
        for (const id of message.ids) this.#open.delete(id);
        return;
      case "data": {
        const { buffer } = Uint8Array.fromBase64(message.data);
        this.#tellPage({ type: "data", id: message.id, data: buffer }, [buffer]);
        return;
      }
      case "opened": {
        this.#answered(message.id);
        this.#open.set(message.id, false);
        this.#onceSettled(message, () => {
          this.#tellPage(message.tls === undefined ? plain(message) : { ...message, tls: certificatesOf(message.tls) });
          this.#open.set(message.id, true);
        });
        return;
      }
      case "listening": {
        this.#answered(message.id);
        this.#open.set(message.id, false);
        const { certificate, ...rest } = message;
        if (certificate === undefined) this.#tellPage(rest);
        else this.#tellPage({ ...rest, certificate: Uint8Array.fromBase64(certificate).buffer });
        this.#open.set(message.id, true);
        return;
      }
      case "bound":
        this.#answered(message.id);
        this.#open.set(message.id, false);
        this.#onceSettled(message, () => {
          this.#tellPage(message);
          this.#open.set(message.id, true);
        });
        return;
      case "closed": {
        const { id, error = pageError("AbortError") } = message;
        const known = this.#open.get(id);
        this.#open.delete(id);
        this.#tellPage(known === false ? { type: "failed", id, error } : message);
        return;
      }
      case "failed":
      case "probed":
        this.#answered(message.id);
        this.#tellPage(message);
        return;
      case "secured":
        this.#tellPage({ ...message, tls: certificatesOf(message.tls) });
        return;
      default:
        this.#tellPage(message);
    }
  }

  /** An open is over, one way or the other. */
  #answered(id: number): void {
    this.#waiting.answered(id);
    this.#backoff.answered(id);
    this.#unheard.delete(id);
    this.#opening.delete(id);
    if (this.#counted.delete(id)) this.#opens.give();
  }

  /** Goes on once it is known whether there is a lane for the socket, unless it is gone by then, and the page knows. */
  #onceSettled({ id, lane }: { id: number; lane?: number }, next: () => void): void {
    if (lane === undefined || this.#lane === undefined) next();
    else
      this.#lane.settled(() => {
        if (this.#open.has(id)) this.#attempt(id, next);
      });
  }

  /** Does what there is to do with a word about a socket. If it fails (nonsense in place of base64, say), the socket ends, rather than miss it. */
  #attempt(id: number | undefined, work: () => void): void {
    try {
      work();
    } catch (cause) {
      console.error(cause);
      if (id === undefined) return;
      const type = this.#opening.has(id) || this.#open.get(id) === false ? "failed" : "closed";
      this.#answered(id);
      this.#open.delete(id);
      this.#tell({ type: "close", id });
      this.#tellPage({ type, id, error: pageError("NetworkError") });
    }
  }

  /** Sends to the broker, and connects to it first if need be. */
  #tell(message: DocumentMessage): void {
    const wish = "secure" in message;
    if (this.#broker === undefined && (!wish || !this.#connect())) return; // about a socket that went down with the last connection
    if (wish) this.#unheard.set(message.id, message);
    this.#broker?.postMessage(message);
  }

  /** Connects to the broker. Reports whether there is still one to connect to. `again`: for what nobody has heard. */
  #connect(again = false): boolean {
    let port: chrome.runtime.Port;
    try {
      port = this.#broker = ext.runtime.connect({ name: "document" });
    } catch {
      this.#print(consoleLines.restarted);
      // "Extension context invalidated": the extension was reloaded or removed, and its new content script has taken over.
      this.#lose();
      return false;
    }
    let first = again;
    port.onMessage.addListener((m: BrokerMessage) => {
      first = false;
      this.#attempt("id" in m ? m.id : undefined, () => {
        this.#fromBroker(m);
      });
    });
    port.onDisconnect.addListener(() => {
      if (this.#broker === port) this.#disconnected(!first);
    });
    return true;
  }

  /** The broker has gone. `retry`: it may not be for good. */
  #disconnected(retry: boolean): void {
    const { size } = this.#open;
    const unheard = [...this.#unheard.values()];
    this.#unheard.clear();
    // Firefox may stop a background that has nothing to do at the very moment at which the page asks for something: it asks the next one.
    if (
      /*rule:unheard-wishes-said-once-more*/ retry &&
      size === 0 &&
      unheard.length > 0 &&
      unheard.length === this.#opening.size
    ) {
      if (this.#connect(true)) for (const message of unheard) this.#tell(message);
      return;
    }
    if (size + this.#opening.size > 0) {
      this.#print(consoleLines.restarted);
      this.#lose();
    } else this.#broker = undefined; // what waits for a gesture is not lost with a background that sleeps
    if (/*rule:badge-reset-after-worker-stop*/ size > 0) wakeBackground();
  }

  #print(text: string): void {
    this.#console.print(text, performance.now());
  }

  #tellPage(message: ContentMessage | OnLane<LaneEvent | { type: "laneLost" }>, transfer: Transferable[] = []): void {
    this.#page.postMessage(message, transfer);
  }

  /** The document's sockets are gone: it leaves (a socket never outlives its document's active life), or the broker did. */
  #lose(): void {
    const broker = this.#broker;
    this.#broker = undefined;
    for (const id of this.#opening) this.#answered(id);
    this.#open.clear();
    this.#waiting.clear();
    this.#lane?.remove();
    this.#lane = undefined;
    broker?.disconnect();
    this.#tellPage({ type: "lost" });
  }
}

/** A socket that opened without TLS. */
function plain({ tls: _, ...rest }: Opened<TLSInfo>): Opened<PageTLSInfo> {
  return rest;
}

/** The background was stopped, and our sockets with it: started again, it sees that the toolbar shows what is no more. */
function wakeBackground(): void {
  try {
    void ext.runtime.sendMessage("wake").catch(() => undefined); // nobody answers
  } catch {
    // The extension itself was reloaded or removed.
  }
}
