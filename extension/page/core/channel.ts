// The channel of one open socket: all that its two halves say to the host and hear from it.
//
// Bytes, credit and ends take the socket's carrier: the lane where it has one, by the host's id for the socket, else the port to the content
// script. Options and upgrades always take the port, since the broker decides on them.

import { arrayPush, arrayShift, deferred, handled, settle } from "../builtins.ts";
import type { BytesRequest, LaneSocketEvent, LaneRequest } from "../../../protocol/lane.ts";
import type { SettableOption } from "../../../protocol/message.ts";
import type {
  Bound,
  ContentMessage,
  Opened,
  PageMessage,
  PageTLSInfo,
  PageTLSOptions,
  Secured,
} from "../../../protocol/page.ts";
import type { Send } from "./carrier.ts";
import { errorOf, makeError } from "./errors.ts";
import { SendBudget } from "./send_budget.ts";
import type { Traffic } from "./send_budget.ts";

/** What happens to one open socket. Each is called in the order in which the host said it; what is absent is not heard of. */
export interface SocketHandler {
  /** The credit that it gives at the beginning, in bytes. */
  readonly window: number;
  data(bytes: ArrayBuffer): void;
  /** Several datagrams, in the lane's frame. */
  datagrams?(frame: ArrayBuffer): void;
  credit?(bytes: number): void;
  wrote?(ack: number, error: Error | undefined): void;
  /** The system has taken `count` datagrams, from the number `ack` on. */
  sent?(ack: number, count: number): void;
  /** Our FIN is with the system, or could not be sent. */
  shut?(error: Error | undefined): void;
  /** The peer's FIN. */
  end?(): void;
  /** What became of a membership; of a bound UDP socket only. */
  member?(ack: number, error: Error | undefined): void;
  /** The last event. `error` is undefined after an orderly close. */
  closed(error: Error | undefined): void;
}

/** What is known of a socket from the beginning. */
export type SocketInfo = Opened<PageTLSInfo> | Bound;

/** Makes what handles a socket, at the moment at which the socket is there, so that none of its events can be missed. */
export type CreateHandler<Handler extends SocketHandler, Info extends SocketInfo = Opened<PageTLSInfo>> = (
  channel: Channel<Info>,
  budget: SendBudget,
) => Handler;

/** One open socket, as its handler uses it. */
export interface Channel<Info extends SocketInfo = Opened<PageTLSInfo>> {
  readonly info: Info;
  /** The buffer is transferred. With an `ack`, `wrote` says what became of it. */
  write(data: ArrayBuffer, ack?: number): void;
  /** Whether its bytes take the lane, where `datagrams` posts several at a time. */
  readonly onLane: boolean;
  /** Posts datagrams as the lane has them (lane_batch.ts); the first has the number `ack`. The buffer is transferred. */
  datagrams(frame: ArrayBuffer, ack: number): void;
  credit(bytes: number): void;
  shutdown(): void;
  /** Sets an option of the system's socket, one after the other: 0 is off. Rejects with InvalidStateError when the socket ends before. */
  setOption(option: SettableOption, value: number): Promise<undefined>;
  /**
   * Puts TLS on the socket, of which so many bytes were received and sent so far. `create` makes the handler that takes over. Rejects with what
   * the page shall see; the socket is gone then.
   */
  startTls<Handler extends SocketHandler>(
    received: number,
    sent: number,
    tls: PageTLSOptions,
    create: CreateHandler<Handler>,
  ): Promise<Handler>;
  /** Joins or leaves a multicast group; `member` says what became of it. */
  membership(ack: number, change: "join" | "leave", group: string, source: string | undefined): void;
  close(): void;
}

/** A promise that waits for an answer. */
export interface Pending<T> {
  resolve(this: void, value: T): void;
  reject(this: void, error: unknown): void;
}

/** An upgrade that waits for its answer. What the lane says of the socket meanwhile is for whoever has it then: the answer comes by another way. */
interface Upgrade extends Pending<Secured<PageTLSInfo>> {
  readonly received: LaneSocketEvent[];
}

/** What is said of one open socket. */
export type ChannelEvent =
  LaneSocketEvent | Extract<ContentMessage, { type: "secured" | "unsecured" | "optionSet" | "member" }>;

/** Where a socket's bytes go, and what the socket is called there. */
export interface Place<Request extends BytesRequest | LaneRequest = LaneRequest> {
  readonly send: Send<Request>;
  readonly id: number;
}

/** The channel of one socket, as the connection of its document uses it. */
export class SocketChannel<Info extends SocketInfo = SocketInfo> implements Channel<Info> {
  info: Info;
  readonly #post: Send<PageMessage>;
  readonly #place: Place<BytesRequest>;
  /** The same, where that is the lane. */
  readonly #lane: Place | undefined;
  readonly #traffic: Traffic;
  readonly #leave: () => void;
  /** Undefined after the last event. */
  #handler: SocketHandler | undefined;
  #upgrade: Upgrade | undefined;
  /** The option that is being set, and what the next one waits for. */
  #setting: Pending<undefined> | undefined;
  #lastSetting: Promise<undefined> | undefined;

  /** `post` posts on the port to the content script, which the bytes take, too, without a `place`. `leave` is called when the socket ends. */
  constructor(info: Info, post: Send<PageMessage>, place: Place | undefined, traffic: Traffic, leave: () => void) {
    this.info = info;
    this.#post = post;
    this.#lane = place;
    this.#place = place ?? { send: post, id: info.id };
    this.#traffic = traffic;
    this.#leave = leave;
  }

  /** Makes the handler that has the socket from now on. */
  handOver<Handler extends SocketHandler>(create: CreateHandler<Handler, Info>): Handler {
    const handler = create(this, new SendBudget(this.#traffic, this.onLane));
    this.#handler = handler;
    return handler;
  }

  write(data: ArrayBuffer, ack?: number): void {
    const { send, id } = this.#place;
    send(ack === undefined ? { type: "write", id, data } : { type: "write", id, data, ack }, [data]);
  }

  get onLane(): boolean {
    return this.#lane !== undefined;
  }

  datagrams(frame: ArrayBuffer, ack: number): void {
    const lane = this.#lane;
    lane?.send({ type: "datagrams", id: lane.id, ack, data: frame }, [frame]);
  }

  credit(bytes: number): void {
    const { send, id } = this.#place;
    send({ type: "credit", id, bytes });
  }

  shutdown(): void {
    const { send, id } = this.#place;
    send({ type: "shutdown", id });
  }

  close(): void {
    const { send, id } = this.#place;
    send({ type: "close", id });
  }

  setOption(option: SettableOption, value: number): Promise<undefined> {
    const set = this.#setNext(this.#lastSetting, option, value);
    this.#lastSetting = set;
    return set;
  }

  startTls<Handler extends SocketHandler>(
    received: number,
    sent: number,
    tls: PageTLSOptions,
    create: CreateHandler<Handler>,
  ): Promise<Handler> {
    const { promise, resolve, reject } = deferred<Handler>();
    if (this.#handler === undefined) {
      reject(makeError("NetworkError"));
      return promise;
    }
    this.#upgrade = {
      resolve: (secured) => {
        this.info = { ...this.info, ...secured, type: "opened" };
        // The next event of the socket is for the new handler.
        resolve(this.handOver(create as unknown as CreateHandler<Handler, Info>));
      },
      reject: (error) => {
        // The host has closed it as a rule. Where it only refused, nobody is left to use the socket.
        this.close();
        reject(error);
      },
      received: [],
    };
    this.#post({ type: "startTls", id: this.info.id, received, sent, tls });
    return promise;
  }

  membership(ack: number, change: "join" | "leave", group: string, source: string | undefined): void {
    const { id } = this.info;
    this.#post({ type: "membership", id, ack, change, group, ...(source === undefined ? null : { source }) });
  }

  /** An event of the socket, in its turn. */
  receive(message: ChannelEvent): void {
    switch (message.type) {
      case "data":
        this.#handler?.data(message.data);
        return;
      case "datagrams":
        this.#handler?.datagrams?.(message.data);
        return;
      case "sent":
        this.#handler?.sent?.(message.ack, message.count);
        return;
      case "credit":
        this.#handler?.credit?.(message.bytes);
        return;
      case "wrote":
        this.#handler?.wrote?.(message.ack, errorOf(message));
        return;
      case "shut":
        this.#handler?.shut?.(errorOf(message));
        return;
      case "end":
        this.#handler?.end?.();
        return;
      case "closed":
        this.end(errorOf(message));
        return;
      case "member":
        this.#handler?.member?.(message.ack, errorOf(message));
        return;
      case "optionSet":
        this.#optionSet(errorOf(message));
        return;
      case "secured":
      case "unsecured": {
        const upgrade = this.#upgrade;
        this.#upgrade = undefined;
        if (upgrade === undefined) return;
        if (message.type === "secured") upgrade.resolve(message);
        else upgrade.reject(errorOf(message));
        for (let kept; (kept = arrayShift(upgrade.received)) !== undefined;) this.receive(kept);
      }
    }
  }

  /** The same, of the lane: it waits while an upgrade waits for its answer. */
  receiveOnLane(message: LaneSocketEvent): void {
    if (this.#upgrade === undefined) this.receive(message);
    else arrayPush(this.#upgrade.received, message);
  }

  /** The last event of the socket. */
  end(error: Error | undefined): void {
    const handler = this.#handler;
    const upgrade = this.#upgrade;
    this.#handler = this.#upgrade = undefined;
    this.#leave();
    upgrade?.reject(error ?? makeError("AbortError"));
    this.#optionSet(makeError("InvalidStateError"));
    handler?.closed(error);
  }

  #optionSet(error: Error | undefined): void {
    const setting = this.#setting;
    this.#setting = undefined;
    settle(setting, error);
  }

  /** Has the option set once `before` is through. */
  async #setNext(before: Promise<undefined> | undefined, option: SettableOption, value: number): Promise<undefined> {
    await handled(before); // whoever asked for it has heard
    if (this.#handler === undefined) throw makeError("InvalidStateError");
    const setting = deferred<undefined>();
    this.#setting = setting;
    this.#post({ type: "setOption", id: this.info.id, option, value });
    return setting.promise;
  }
}
