// The private port to the content script, the lane beside it, and the table of this document's sockets.
//
// The port is handed over before page scripts run (see protocol/page.ts); the page never holds it. `open` is the one way
// to a socket; everything later goes through the Channel that it returns. The bytes of a socket take the lane where there is one: the
// same words, said on another port, of the host's id for the socket.

import {
  NativeDOMException,
  NativeTypeError,
  addListener,
  arrayPush,
  arrayShift,
  call,
  defineProperty,
  deferred,
  dispatch,
  hasOwn,
  mapDelete,
  mapForEach,
  mapGet,
  mapSet,
  messageData,
  messagePorts,
  now,
  portPost,
  portStart,
  preventDefault,
  report,
  signalAborted,
  signalReason,
  stopImmediate,
} from "./builtins.ts";
import { isEvalBlocked } from "./eval.ts";
import type { SettableOption } from "../../protocol/message.ts";
import { askEvent, errorMessages, handoverEvent } from "../../protocol/page.ts";
import type { LaneEvent, LaneRequest } from "../../protocol/lane.ts";
import type {
  ContentMessage,
  Opened,
  PageError,
  PageErrorName,
  PageReason,
  PageMessage,
  PageTLSInfo,
  PageTLSOptions,
  Secured,
} from "../../protocol/page.ts";
import type { SocketOptions } from "./options.ts";
import { Traffic, Share } from "./share.ts";

/** What happens to one open socket. Each is called in the order in which the host said it. */
export interface SocketHandler {
  /** The credit that it gives at the beginning, in bytes. */
  readonly window: number;
  data(bytes: ArrayBuffer): void;
  credit(bytes: number): void;
  wrote(ack: number, error: unknown): void;
  /** Our FIN is with the system, or could not be sent. */
  shut(error: unknown): void;
  /** The peer's FIN. */
  end(): void;
  /** The last word. `error` is undefined after an orderly close. */
  closed(error: unknown): void;
}

/** One open socket, seen from the page. */
export interface Channel {
  readonly info: Opened<PageTLSInfo>;
  readonly share: Share;
  write(data: ArrayBuffer, ack?: number): void;
  credit(bytes: number): void;
  shutdown(): void;
  /** Sets an option of the system's socket, one after the other: 0 is off. Rejects with InvalidStateError when the socket ends before. */
  setOption(option: SettableOption, value: number): Promise<undefined>;
  /**
   * Puts TLS on the socket, of which so many bytes were received and sent so far. `create` makes the handler that takes over, as in `openSocket`. Rejects with what the page shall see; the socket
   * is gone then.
   */
  startTls<Handler extends SocketHandler>(
    received: number,
    sent: number,
    tls: PageTLSOptions,
    create: (channel: Channel) => Handler,
  ): Promise<Handler>;
  close(): void;
}

interface Lane {
  readonly port: MessagePort;
  /** Our ids of the sockets on it, by the host's. */
  readonly ids: Map<number, number>;
  /** Ends its sockets. */
  lost(this: void, reason?: PageReason): void;
}

interface Pending<T> {
  resolve(this: void, value: T): void;
  reject(this: void, error: unknown): void;
}

/** An upgrade that waits for its answer. What the lane says of the socket meanwhile is for whoever has it then: the answer comes by another way. */
interface Upgrade extends Pending<Secured<PageTLSInfo>> {
  readonly said: LaneEvent[];
}

/** Where a socket is on a lane, and what it is called there. */
interface Place {
  readonly lane: Lane;
  readonly name: number;
}

let port: MessagePort | undefined;
/** The other carrier, while there is one. */
let lane: Lane | undefined;
let lastId = 0;
const traffic = new Traffic(now);
const opening = new Map<number, Pending<Opened<PageTLSInfo>> & { onstate: SocketOptions["onstate"] | undefined }>();
const upgrading = new Map<number, Upgrade>();
const sockets = new Map<number, SocketHandler>();
const places = new Map<number, Place>();
/** Options that are being set, and what the next one of the socket waits for. */
const setting = new Map<number, Pending<undefined>>();
const lastSetting = new Map<number, Promise<undefined>>();

/** A DOMException (or TypeError) as pages see it. With a reason it has that as a property of its own. */
export function makeError(name: PageErrorName, message?: string, reason?: PageReason): Error {
  if (name === "TypeError") return new NativeTypeError(message);
  const error = new NativeDOMException(message ?? errorMessages[name], name);
  if (reason !== undefined)
    defineProperty(error, "reason", { __proto__: null, value: reason, enumerable: true } as PropertyDescriptor);
  return error;
}

/** The error that a message carries, if any. Own members only: the page may have polluted Object.prototype. */
function errorOf(message: { error?: PageError }): unknown {
  const error = hasOwn(message, "error") ? message.error : undefined;
  if (error === undefined) return undefined;
  return makeError(error.name, error.message, hasOwn(error, "reason") ? error.reason : undefined);
}

function post(message: PageMessage, transfer: Transferable[] = []): void {
  if (port !== undefined) portPost(port, message, transfer);
}

function receive(event: Event): void {
  const message = messageData(event) as ContentMessage;
  switch (message.type) {
    case "lane":
      takeLane(messagePorts(event)[0], message.reasons);
      return;
    case "laneLost":
      lane?.lost();
      return;
    case "lost":
      // Everything that this document had is gone: the extension was reloaded, its worker stopped, or the host died.
      mapForEach(opening, (pending, id) => {
        mapDelete(opening, id);
        pending.reject(makeError("NetworkError"));
      });
      mapForEach(sockets, (_, id) => {
        over(id, makeError("NetworkError"));
      });
      lane = undefined;
      if (hasOwn(message, "forGood")) port = undefined;
      return;
    case "state": {
      const onstate = mapGet(opening, message.id)?.onstate;
      if (onstate === undefined) return;
      try {
        call(onstate, undefined, [message.state]);
      } catch (error) {
        report(error);
      }
      return;
    }
    case "opened":
    case "failed": {
      const pending = mapGet(opening, message.id);
      mapDelete(opening, message.id);
      if (pending === undefined) return;
      if (message.type === "opened") pending.resolve(message);
      else pending.reject(errorOf(message));
      return;
    }
    case "secured":
    case "unsecured": {
      const pending = mapGet(upgrading, message.id);
      mapDelete(upgrading, message.id);
      if (pending === undefined) return;
      if (message.type === "secured") pending.resolve(message);
      else pending.reject(errorOf(message));
      for (let said; (said = arrayShift(pending.said)) !== undefined;) hear(message.id, said);
      return;
    }
    case "optionSet": {
      const pending = mapGet(setting, message.id);
      mapDelete(setting, message.id);
      const error = errorOf(message);
      if (error === undefined) pending?.resolve(undefined);
      else pending?.reject(error);
      return;
    }
    default:
      hear(message.id, message);
  }
}

/** What is said in the same words on either carrier, of the socket that is `id` here. */
function hear(id: number, message: LaneEvent): void {
  const handler = mapGet(sockets, id);
  if (handler === undefined) return;
  switch (message.type) {
    case "data":
      handler.data(message.data);
      return;
    case "credit":
      handler.credit(message.bytes);
      return;
    case "wrote":
      handler.wrote(message.ack, errorOf(message));
      return;
    case "shut":
      handler.shut(errorOf(message));
      return;
    case "end":
      handler.end();
      return;
    case "closed":
      over(id, errorOf(message));
  }
}

/** The last word about a socket. */
function over(id: number, error: unknown): void {
  const handler = mapGet(sockets, id);
  mapDelete(sockets, id);
  const place = mapGet(places, id);
  mapDelete(places, id);
  if (place !== undefined) mapDelete(place.lane.ids, place.name);
  giveUpUpgrade(id, error ?? makeError("AbortError"));
  mapGet(setting, id)?.reject(makeError("InvalidStateError"));
  mapDelete(setting, id);
  mapDelete(lastSetting, id);
  handler?.closed(error);
}

/** From now on there is a lane, until it is lost: its frame says so, or the broker, where the frame itself is gone. */
function takeLane(given: MessagePort | undefined, reasons: boolean): void {
  if (given === undefined) return;
  const ids = new Map<number, number>();
  const lost = (reason?: PageReason): void => {
    if (lane?.port === given) lane = undefined;
    mapForEach(ids, (id, socketId) => {
      mapDelete(ids, socketId);
      if (mapGet(sockets, id) === undefined) return;
      post({ type: "close", id });
      over(id, makeError("NetworkError", undefined, reason));
    });
  };
  lane = { port: given, ids, lost };
  addListener(given, "message", (event) => {
    const message = messageData(event) as LaneEvent | { type: "laneLost" };
    if (message.type === "laneLost") {
      // Its frame is there and says so: the host has gone, or has let go of it.
      lost(reasons ? "host" : undefined);
      return;
    }
    const id = mapGet(ids, message.id);
    if (id === undefined) return;
    const upgrade = mapGet(upgrading, id);
    if (upgrade === undefined) hear(id, message);
    else arrayPush(upgrade.said, message);
  });
  portStart(given);
}

/** A socket that is gone is not upgraded any more. */
function giveUpUpgrade(id: number, error: unknown): void {
  const pending = mapGet(upgrading, id);
  mapDelete(upgrading, id);
  pending?.reject(error);
}

/** Has the option set once `before` is through. */
async function setOption(
  id: number,
  before: Promise<undefined> | undefined,
  option: SettableOption,
  value: number,
): Promise<undefined> {
  try {
    await before;
  } catch {
    // Whoever asked for it has heard.
  }
  if (mapGet(sockets, id) === undefined) throw makeError("InvalidStateError");
  const { promise, resolve, reject } = deferred<undefined>();
  mapSet(setting, id, { resolve, reject });
  post({ type: "setOption", id, option, value });
  return promise;
}

/** The channel of an open socket. */
function channelTo(id: number, info: Opened<PageTLSInfo>): Channel {
  const place = mapGet(places, id);
  /** What the socket is called on its carrier. */
  const name = place?.name ?? id;
  const say = (message: LaneRequest, transfer: Transferable[] = []): void => {
    if (place === undefined) post(message, transfer);
    else portPost(place.lane.port, message, transfer);
  };
  const close = (): void => {
    say({ type: "close", id: name });
  };
  return {
    info,
    share: new Share(traffic, place !== undefined),
    write: (data, ack) => {
      say(ack === undefined ? { type: "write", id: name, data } : { type: "write", id: name, data, ack }, [data]);
    },
    credit: (bytes) => {
      say({ type: "credit", id: name, bytes });
    },
    shutdown: () => {
      say({ type: "shutdown", id: name });
    },
    setOption(option, value) {
      const set = setOption(id, mapGet(lastSetting, id), option, value);
      if (mapGet(sockets, id) !== undefined) mapSet(lastSetting, id, set);
      return set;
    },
    startTls(received, sent, tls, create) {
      const { promise, resolve, reject } = deferred<ReturnType<typeof create>>();
      if (mapGet(sockets, id) === undefined) {
        reject(makeError("NetworkError"));
        return promise;
      }
      mapSet(upgrading, id, {
        resolve(secured) {
          // The next word about the socket is for the new handler.
          resolve(join(id, { ...info, ...secured, type: "opened" }, create));
        },
        reject(error) {
          // The host has closed it as a rule. Where it only refused, nobody is left to use the socket.
          close();
          reject(error);
        },
        said: [],
      });
      post({ type: "startTls", id, received, sent, tls });
      return promise;
    },
    close,
  };
}

/** Makes the handler of a socket that is there. */
function join<Handler extends SocketHandler>(
  id: number,
  info: Opened<PageTLSInfo>,
  create: (channel: Channel) => Handler,
): Handler {
  const handler = create(channelTo(id, info));
  mapSet(sockets, id, handler);
  return handler;
}

/**
 * Takes the port from the content script, then calls `ready`. Call once, before any page script can run. Without a content script
 * (one that serves this document already, or none that may) nothing happens.
 */
export function takePort(ready: () => void): void {
  addListener(
    window,
    handoverEvent,
    (event) => {
      stopImmediate(event);
      preventDefault(event); // tells the content script that its port was taken
      const received = messagePorts(event)[0];
      if (received === undefined) return;
      port = received;
      addListener(port, "message", receive);
      portStart(port);
      ready();
    },
    { once: true, capture: true },
  );
  // At the start of a document the content script runs after this one and needs no asking; this is for the other order.
  dispatch(document, new Event(askEvent));
}

/**
 * Opens a socket: asks for permission, and connects. Rejects with what the page shall see.
 *
 * `create` makes the handler the moment the socket is open, so that no word about the socket can be missed.
 */
export function openSocket<Handler extends SocketHandler>(
  protocol: "tcp" | "udp",
  { open, signal, onstate }: SocketOptions,
  create: (channel: Channel) => Handler,
): Promise<Handler> {
  const { promise, resolve, reject } = deferred<Handler>();
  if (signal !== undefined && signalAborted(signal)) {
    reject(signalReason(signal));
    return promise;
  }
  if (port === undefined) {
    reject(makeError("NetworkError"));
    return promise;
  }
  const id = ++lastId;
  mapSet(opening, id, {
    resolve(info) {
      // A socket that was left to choose its carrier does so by its first credit.
      const name = hasOwn(info, "lane") ? info.lane : undefined;
      if (name !== undefined && lane !== undefined) {
        mapSet(places, id, { lane, name });
        mapSet(lane.ids, name, id);
      }
      let channel: Channel | undefined;
      const handler = join(id, info, (given) => create((channel = given)));
      if (name !== undefined) channel?.credit(handler.window);
      resolve(handler);
    },
    reject,
    onstate,
  });
  post({ type: "open", id, protocol, options: open, evalBlocked: isEvalBlocked() });
  if (signal !== undefined) {
    addListener(
      signal,
      "abort",
      () => {
        if (!mapDelete(opening, id)) return;
        post({ type: "close", id });
        reject(signalReason(signal));
      },
      { once: true },
    );
  }
  return promise;
}
