// A datagram socket of the second generation, connected or bound: two streams of messages on one channel. Each datagram of a bound one has its
// peer in front, both ways (protocol/peer.ts).

import {
  Ending,
  NativeUint8Array,
  NativeWritableStream,
  addListener,
  charCodeAt,
  deferred,
  fromCharCode,
  typedArrayLength,
  typedArraySet,
  typedArraySubarray,
  writableError,
  writableSignal,
  oneAhead,
} from "../builtins.ts";
import { copyOf } from "../webidl.ts";
import { datagramWindowBytes, maxDatagramBytes, maxPeerBytes } from "../../../protocol/message.ts";
import type { Bound, Opened, PageTLSInfo } from "../../../protocol/page.ts";
import { peerLength, readPeer, writePeer, type Peer } from "../../../protocol/peer.ts";
import type { Channel, SocketHandler } from "./channel.ts";
import { DatagramSender } from "./datagram_sender.ts";
import { DatagramSource, ownBytes } from "./datagram_source.ts";
import { makeError } from "./errors.ts";
import { Memberships } from "./memberships.ts";
import type { SendBudget } from "./send_budget.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a page writes, converted: the bytes in place, and where they go if the socket is bound. */
export interface OutgoingMessage {
  data: Bytes;
  peer: Peer | undefined;
}

/** What a page reads. */
interface IncomingMessage {
  data: Bytes;
  remoteAddress?: string;
  remotePort?: number;
}

/** What came from the host of a bound socket; undefined where no peer is in front. */
function withPeer(message: Bytes): IncomingMessage | undefined {
  const header = peerLength(message, typedArrayLength(message));
  if (header === 0) return undefined;
  const { address, port } = readPeer(message, header, fromCharCode);
  return { data: copyOf(typedArraySubarray(message, header)), remoteAddress: address, remotePort: port };
}

/** A datagram as it goes to the host. Throws NetworkError for what no datagram carries, and for a peer that is none. */
function toDatagram({ data, peer }: OutgoingMessage): Bytes {
  const length = typedArrayLength(data);
  if (length > maxDatagramBytes) throw makeError("NetworkError", "A datagram carries at most 65507 bytes.");
  if (peer === undefined) return copyOf(data);
  const header = new NativeUint8Array(maxPeerBytes);
  const used = peer.port === 0 ? 0 : writePeer(header, peer, charCodeAt);
  if (used === 0) throw makeError("NetworkError");
  const message = new NativeUint8Array(used + length);
  typedArraySet(message, typedArraySubarray(header, 0, used));
  typedArraySet(message, data, used);
  return message;
}

export class MessageSocket<
  Info extends Opened<PageTLSInfo> | Bound = Opened<PageTLSInfo> | Bound,
> implements SocketHandler {
  readonly window = datagramWindowBytes;
  readonly socketChannel: Channel<Info>;
  readonly readable: ReadableStream<unknown>;
  readonly writable: WritableStream<unknown>;
  /** Of a bound socket that may join groups. */
  readonly memberships: Memberships | undefined;
  readonly #gone = new Ending();
  readonly #ended = new Ending();
  readonly #budget: SendBudget;
  readonly #source: DatagramSource;
  readonly #sender: DatagramSender;
  #sink!: WritableStreamDefaultController;
  #aborted = false; // the page gave the writable up: what it ends with is no error of the socket
  #writeDone = false;
  #left = false; // the host has been told, or has said, that it is closed
  #stored: unknown; // the first error of a direction that has ended

  /** `toMessage` converts what a page writes. It throws what the write rejects with. */
  constructor(channel: Channel<Info>, budget: SendBudget, toMessage: (chunk: unknown) => OutgoingMessage) {
    const { info } = channel;
    this.socketChannel = channel;
    this.#budget = budget;
    this.#sender = new DatagramSender(channel, budget, info.window);
    const bound = info.type === "bound";
    if (bound && info.multicast) this.memberships = new Memberships(channel);
    this.#source = new DatagramSource(
      channel,
      budget,
      bound ? withPeer : (bytes) => ({ data: ownBytes(bytes) }),
      () => {
        this.#over();
      },
    );
    this.readable = this.#source.readable;
    const ended = (): void => {
      this.#writeDone = true;
      this.#over();
    };
    const sink = {
      __proto__: null, // so that a polluted Object.prototype adds nothing
      start: (controller: WritableStreamDefaultController) => {
        this.#sink = controller;
        addListener(writableSignal(controller), "abort", () => {
          this.#aborted = true;
          this.#sender.interrupt(makeError("AbortError"));
        });
      },
      write: async (chunk: unknown) => {
        try {
          const done = deferred<undefined>();
          await this.#sender.postInTurn(toDatagram(toMessage(chunk)), done);
          try {
            await done.promise;
          } catch (error) {
            // Of many peers one that cannot be reached, or is not allowed, is no end for the others.
            if (!bound || this.#sender.failure !== undefined) throw error;
          }
        } catch (error) {
          // "Reject promise with a NetworkError; handle closing the UDPSocket writable stream."
          if (!this.#aborted) this.#endWriting(error);
          throw error;
        }
      },
      close: ended,
      abort: ended,
    };
    this.writable = new NativeWritableStream(sink, oneAhead);
  }

  /** As StreamSocket's. */
  get ended(): Promise<undefined> {
    return this.#ended.promise;
  }

  /** Closes both directions at once. */
  close(): Promise<undefined> {
    this.#finish(undefined, makeError("AbortError"));
    return this.#gone.promise;
  }

  data(buffer: ArrayBuffer): void {
    this.#source.data(buffer);
  }

  datagrams(frame: ArrayBuffer): void {
    this.#source.datagrams(frame);
  }

  wrote(ack: number, error: Error | undefined): void {
    this.#sender.wrote(ack, error);
  }

  sent(ack: number, count: number): void {
    this.#sender.sent(ack, count);
  }

  member(ack: number, error: Error | undefined): void {
    this.memberships?.answered(ack, error);
  }

  closed(error: Error | undefined): void {
    const reason = error ?? makeError("InvalidStateError");
    this.#left = true;
    this.#stored ??= error;
    this.#finish(error, reason);
    this.#sender.closed(this.#sender.failure ?? reason);
    this.#budget.end();
    this.#gone.settle();
  }

  /** Ends both streams: the readable with an error, if there is one, the writable with `reason` in any case. */
  #finish(error: Error | undefined, reason: Error): void {
    this.#sender.fail(reason);
    this.#source.stop();
    this.#source.end(error);
    if (!this.#writeDone) writableError(this.#sink, reason);
    this.#writeDone = true;
    this.#over();
  }

  #endWriting(error: unknown): void {
    if (this.#writeDone) return;
    this.#writeDone = true;
    this.#stored ??= error;
    this.#over();
  }

  /** A direction is over (the draft's "handle closing the UDPSocket readable stream", and writable). */
  #over(): void {
    if (!this.#source.done || !this.#writeDone) return;
    this.memberships?.end();
    if (!this.#left) {
      this.#left = true;
      this.#source.stop();
      this.socketChannel.close();
    }
    void this.#settle();
  }

  async #settle(): Promise<void> {
    await this.#gone.promise;
    this.#ended.settle(this.#stored);
  }
}
