// A document's connection: the port to the content script, the lane beside it, and the table of the document's sockets.
//
// `open`, `bind` and `listen` are the only ways to a socket; everything later goes through the channel, or the listener, that its handler gets. The
// page never holds any of these.

import {
  addListener,
  call,
  deferred,
  hasOwn,
  mapDelete,
  mapForEach,
  mapGet,
  mapSet,
  messagePorts,
  own,
  signalAborted,
  signalReason,
} from "../builtins.ts";
import type { LaneRequest } from "../../../protocol/lane.ts";
import { firstReopenedId, laneChunkBytes } from "../../../protocol/message.ts";
import type {
  BindOptions,
  Bound,
  ContentMessage,
  ListenOptions,
  Listening,
  OnLane,
  Opened,
  OpenState,
  PageMessage,
  PageOpenOptions,
  PageReason,
  PageTLSInfo,
} from "../../../protocol/page.ts";
import { openCarrier } from "./carrier.ts";
import type { LaneMessage, Send, TapPoint } from "./carrier.ts";
import { SocketChannel } from "./channel.ts";
import type { ChannelEvent, CreateHandler, Pending, SocketHandler, SocketInfo } from "./channel.ts";
import { errorOf, makeError } from "./errors.ts";
import { Traffic } from "./send_budget.ts";

/** What the page says of an open, and what does not travel. */
export interface Wish {
  signal?: AbortSignal;
  onstate?: (state: OpenState) => unknown;
}

/** What is to be opened: what travels, and what stays in the page. */
export interface OpenRequest extends Wish {
  open: PageOpenOptions;
  /** Without a gesture it waits for one. */
  waits?: true;
}

/** The same of a socket that listens. */
export interface ListenRequest extends Wish {
  listen: ListenOptions;
}

/** The same of a bound UDP socket. */
export interface BindRequest extends Wish {
  bind: BindOptions;
}

type Answer = SocketInfo | Listening<ArrayBuffer> | Extract<ContentMessage, { type: "probed" }>;

interface Opening extends Pending<Answer> {
  readonly onstate: Wish["onstate"] | undefined;
  /** The lane that is asked for it, as long as that has not declined. */
  on: Lane | undefined;
  /** Asks the broker for it. */
  decline(this: void): void;
}

/** A socket that listens, as its handler uses it. */
export interface Listener {
  readonly info: Listening<ArrayBuffer>;
  /** Takes the next connection, when there is one. One at a time. Rejects with AbortError when the listener is closed. */
  accept<Handler extends SocketHandler>(create: CreateHandler<Handler>): Promise<Handler>;
  close(): void;
}

/** What happens to a socket that listens. */
export interface ListenerHandler {
  /** The last event. `error` is undefined after an orderly close. */
  closed(error: Error | undefined): void;
}

/** The same for two opens that ask for the same. */
function keyOf(protocol: string, options: Omit<PageOpenOptions, "tls">): string {
  let key = protocol;
  for (const name in options)
    if (name !== "tls" && hasOwn(options, name)) key += `\n${name}=${String(options[name as keyof typeof options])}`;
  return key;
}

interface Lane {
  readonly send: Send<LaneRequest>;
  /** What may be opened again here, by what was asked for: the id of the socket that was opened first. */
  readonly again: Map<string, number>;
  /** The sockets on it, by the host's ids. */
  readonly laneChannels: Map<number, SocketChannel>;
  /** Ends its sockets. */
  lost(this: void, reason?: PageReason): void;
}

/** A document's connection. */
export interface Connection {
  /** A tap that is set here sees everything from then on, on either carrier. */
  readonly point: TapPoint;
  /** Asks whether the program is there. Rejects with what the page shall see. */
  probe(): Promise<boolean>;
  /** Opens a socket: asks for permission, and connects. Rejects with what the page shall see. */
  open<Handler extends SocketHandler>(
    protocol: "tcp" | "udp",
    request: OpenRequest,
    create: CreateHandler<Handler>,
  ): Promise<Handler>;
  /** The same for a UDP socket that is bound, and not connected. */
  bind<Handler extends SocketHandler>(request: BindRequest, create: CreateHandler<Handler, Bound>): Promise<Handler>;
  /** The same for a TCP socket that listens. */
  listen<Handler extends ListenerHandler>(
    request: ListenRequest,
    create: (listener: Listener) => Handler,
  ): Promise<Handler>;
  /** All that the document had is gone; for good, where another copy of the extension serves it. */
  lost(this: void, forGood: boolean): void;
}

/**
 * Makes a document's connection, which speaks through `port` from now on. `clock` tells milliseconds, `isEvalBlocked` whether the document's policies keep
 * strings from being evaluated (asked at each open), and `report` takes what a page's callback throws.
 */
export function connect(
  port: MessagePort,
  clock: () => number,
  isEvalBlocked: () => boolean,
  report: (error: unknown) => void,
): Connection {
  const point: TapPoint = { tap: undefined };
  const traffic = new Traffic(clock);
  const opening = new Map<number, Opening>();
  /** Sockets that are there, those that listen among them. */
  const channels = new Map<number, Pick<SocketChannel, "receive" | "end">>();
  let lastId = 0;
  /** Nobody listens at the other end any more. */
  let gone = false;
  /** The other carrier, while there is one. */
  let lane: Lane | undefined;
  /** What hears what is said of it on this port. */
  let hearOnLane: ((message: LaneMessage) => void) | undefined;
  const post = openCarrier<PageMessage | OnLane<LaneRequest>, ContentMessage | OnLane<LaneMessage>>(
    port,
    "port",
    point,
    receive,
  );

  /** What is said of each wish for a socket. */
  function begun({ onstate }: Wish): { evalBlocked: boolean; states?: true } {
    return onstate === undefined ? { evalBlocked: isEvalBlocked() } : { evalBlocked: isEvalBlocked(), states: true };
  }

  /**
   * Says what the page wants, by an id of its own. Resolves with what `answered` makes of the answer, at the moment at which it comes. What may be
   * opened again by this `key` is asked of the lane: what the broker decided by has not changed then, or the host declines.
   */
  function ask<T>(
    message: (id: number) => PageMessage,
    { signal, onstate }: Wish,
    answered: (answer: Answer) => T,
    key = "",
  ): Promise<T> {
    const { promise, resolve, reject } = deferred<T>();
    if (signal !== undefined && signalAborted(signal)) {
      reject(signalReason(signal));
      return promise;
    }
    if (gone) {
      reject(makeError("NetworkError"));
      return promise;
    }
    const id = ++lastId;
    const again = lane?.again;
    // A page that wants to hear how far it is hears that from the broker. Frames have no room for larger numbers.
    const of = again && onstate === undefined && id < firstReopenedId ? mapGet(again, key) : undefined;
    const pending: Opening = {
      resolve: (answer) => {
        resolve(answered(answer));
      },
      reject,
      onstate,
      on: of === undefined ? undefined : lane,
      decline() {
        pending.on = undefined;
        if (again !== undefined) mapDelete(again, key);
        post(message(id));
      },
    };
    mapSet(opening, id, pending);
    if (of === undefined) post(message(id));
    else lane?.send({ type: "open", id: firstReopenedId + id, of });
    if (signal !== undefined) {
      addListener(
        signal,
        "abort",
        () => {
          if (!mapDelete(opening, id)) return;
          if (pending.on === undefined) post({ type: "close", id });
          else pending.on.send({ type: "close", id: firstReopenedId + id });
          reject(signalReason(signal));
        },
        { once: true },
      );
    }
    return promise;
  }

  /** A socket is there: it gets its carrier, its channel and its handler. */
  function opened<Handler extends SocketHandler, Info extends SocketInfo>(
    info: Info,
    create: CreateHandler<Handler, Info>,
  ): Handler {
    // A socket that was left to choose its carrier does so by its first credit.
    const name = own(info, "lane");
    const place = name === undefined || lane === undefined ? undefined : { ...lane, id: name };
    const channel = new SocketChannel(info, post, place, traffic, () => {
      mapDelete(channels, info.id);
      if (place !== undefined) mapDelete(place.laneChannels, place.id);
    });
    if (place !== undefined) mapSet(place.laneChannels, place.id, channel as unknown as SocketChannel);
    const handler = channel.handOver(create);
    mapSet(channels, info.id, channel);
    if (name !== undefined) channel.credit(handler.window);
    return handler;
  }

  /** A socket listens: it gets its handler. */
  function listening<Handler extends ListenerHandler>(
    info: Listening<ArrayBuffer>,
    create: (listener: Listener) => Handler,
  ): Handler {
    const { id } = info;
    const handler = create({
      info,
      accept: (accepted) =>
        ask(
          (next) => ({ type: "accept", id: next, listener: id }),
          {},
          (answer) => opened(answer as Opened<PageTLSInfo>, accepted),
        ),
      close() {
        post({ type: "close", id });
      },
    });
    const end = (error: Error | undefined): void => {
      mapDelete(channels, id);
      handler.closed(error);
    };
    mapSet(channels, id, {
      receive(message: ChannelEvent) {
        if (message.type === "closed") end(errorOf(message));
      },
      end,
    });
    return handler;
  }

  function receive(message: ContentMessage | OnLane<LaneMessage>, event: Event): void {
    switch (message.type) {
      case "lane":
        takeLane(messagePorts(event)[0], message.reasons, own(message, "messageBytes"));
        return;
      case "onLane":
        hearOnLane?.(message.message);
        return;
      case "laneLost":
        //rule:removed-frame-ends-sockets
        lane?.lost();
        return;
      case "lost":
        lost(own(message, "forGood") === true);
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
      case "listening":
      case "bound":
      case "probed":
      case "failed": {
        const pending = mapGet(opening, message.id);
        mapDelete(opening, message.id);
        if (message.type === "failed") pending?.reject(errorOf(message));
        else pending?.resolve(message);
        return;
      }
      default:
        mapGet(channels, message.id)?.receive(message);
    }
  }

  /** Everything that this document had is gone: the extension was loaded again, its worker stopped, or the host died. */
  function lost(forGood: boolean): void {
    mapForEach(opening, (pending, id) => {
      mapDelete(opening, id);
      pending.reject(makeError("NetworkError"));
    });
    mapForEach(channels, (channel) => {
      channel.end(makeError("NetworkError"));
    });
    lane = undefined;
    gone = forGood;
  }

  /** From now on there is a lane, until it is lost: its frame says so, or the broker, where the frame itself is gone. */
  function takeLane(toFrame: MessagePort | undefined, reasons: boolean, messageBytes: number | undefined): void {
    traffic.most = messageBytes ?? laneChunkBytes;
    const onLane = new Map<number, SocketChannel>();
    const laneLost = (reason?: PageReason): void => {
      if (lane === own) lane = undefined;
      mapForEach(onLane, (channel) => {
        post({ type: "close", id: channel.info.id });
        channel.end(makeError("NetworkError", undefined, reason));
      });
      mapForEach(opening, ({ on, decline }) => {
        if (on === own) decline();
      });
    };
    const hear = (message: LaneMessage): void => {
      if (message.type === "laneLost") {
        // Its frame is there and says so: the host has gone, or has let go of it.
        laneLost(reasons ? "host" : undefined);
        return;
      }
      const { id } = message;
      const page = id - firstReopenedId;
      const pending = mapGet(opening, page);
      if (pending?.on !== own) {
        if (message.type !== "opened" && message.type !== "declined") mapGet(onLane, id)?.receiveOnLane(message);
      } else if (message.type === "declined") pending.decline();
      else {
        mapDelete(opening, page);
        if (message.type === "opened") pending.resolve({ ...message, id: page, lane: id });
        else if (message.type === "closed") pending.reject(errorOf(message));
      }
    };
    if (toFrame === undefined) hearOnLane = hear;
    const send: Send<LaneRequest> =
      toFrame === undefined
        ? (message, transfer) => {
            post({ type: "onLane", message }, transfer);
          }
        : openCarrier<LaneRequest, LaneMessage>(toFrame, "lane", point, hear);
    const own: Lane = { send, again: new Map(), laneChannels: onLane, lost: laneLost };
    lane = own;
  }

  return {
    point,
    lost,
    probe: () =>
      ask(
        (id) => ({ type: "probe", id, evalBlocked: isEvalBlocked() }),
        {},
        (answer) => (answer as Extract<Answer, { type: "probed" }>).there,
      ),
    open(protocol, request, create) {
      const { open: options } = request;
      const key = keyOf(protocol, options);
      return ask(
        (id) => ({
          type: "open",
          id,
          protocol,
          options,
          ...begun(request),
          ...(own(request, "waits") === true ? { waits: true } : null),
        }),
        request,
        (answer) => {
          const info = answer as Opened<PageTLSInfo>;
          const id = own(info, "lane");
          if (lane !== undefined && id !== undefined && own(info, "reopen") === true) mapSet(lane.again, key, id);
          return opened(info, create);
        },
        key,
      );
    },
    bind: (request, create) =>
      ask(
        (id) => ({ type: "bind", id, options: request.bind, ...begun(request) }),
        request,
        (answer) => opened(answer as Bound, create),
      ),
    listen: (request, create) =>
      ask(
        (id) => ({ type: "listen", id, options: request.listen, ...begun(request) }),
        request,
        (answer) => listening(answer as Listening<ArrayBuffer>, create),
      ),
  };
}
