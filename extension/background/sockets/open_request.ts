// A document asks for a socket: the checks in the order of the API, the question, and the host.

import { consentTo } from "../consent/consent.ts";
import type { Asked, Consented, Surroundings } from "../consent/consent.ts";
import * as grants from "../consent/grants.ts";
import type { Gesture } from "../consent/gestures.ts";
import type { Wish } from "../consent/judge.ts";
import { protectionOf } from "../consent/protection.ts";
import { admit } from "../documents/admission.ts";
import type { Claims } from "../documents/admission.ts";
import { canonicalHost } from "../intake/origin.ts";
import { Refusal, noGesture } from "../intake/refusal.ts";
import { checkOptions, tcpOpen, udpOpen } from "./open_options.ts";
import { isOutdated, open, reconnected } from "./opening.ts";
import type { Place } from "./opening.ts";
import { isPaused } from "./paused.ts";
import { reopenSince } from "./reopening.ts";
import { explained, pausedRefusal, refuse, waitsForGesture } from "./refuse.ts";
import type { Socket } from "./socket.ts";
import type { Connection, SocketHome } from "./socket_home.ts";
import { datagramWindowBytes, stdioWindowBytes } from "../../../protocol/message.ts";
import type { DocumentMessage } from "../../../protocol/page.ts";

export type Open = Extract<DocumentMessage, { type: "open" }>;

/** The credit that a page's socket gives at the beginning (extension/page), in bytes. */
const windows = { tcp: stdioWindowBytes, udp: datagramWindowBytes } as const;

/** Opens a socket, or refuses it: its document hears which. */
export async function openSocket(home: SocketHome, socket: Socket, message: Open): Promise<void> {
  const started = performance.now();
  const request = new OpenRequest(home, socket);
  try {
    await request.run(message);
  } catch (thrown) {
    if (waitsForGesture(home, socket, thrown, message, request.gesture)) return;
    await refuse(home, socket, socket.stopped ?? thrown, started);
  }
}

class OpenRequest {
  readonly #home: SocketHome;
  readonly #socket: Socket;
  /** The one behind the call; undefined before the document's own rules let it pass. */
  gesture: Gesture | undefined;
  /** What the document's own rules said of it holds for as long as it lives. */
  #lasting = false;

  constructor(home: SocketHome, socket: Socket) {
    this.#home = home;
    this.#socket = socket;
  }

  /** The checks in the order of the API: the document's own rules, arguments; then whatever needs host, gesture, person or network. */
  async run({ activation, options, secure, evidence, states }: Open): Promise<void> {
    const { sender, attested, shared, intake } = this.#home;
    const claims = { secure, evidence };
    const { protocol, withdraw } = this.#socket;
    const { remoteAddress = "", remotePort } = options;
    // Spellings of one host are one request.
    const wanted = canonicalHost(remoteAddress) ?? remoteAddress.trim();
    const request = grants.requestKey(protocol, wanted, remotePort ?? 0);
    // Asked for at once, and judged in turn: each answer takes its time.
    const [admission, reopened, paused] = await intake.inTurn(() =>
      Promise.all([
        admit(attested, claims, "refuse-unsafe-eval"),
        grants.documentGrants(sender.documentId, request, (host) => protectionOf(options, host)),
        isPaused(sender),
      ]),
    );
    if (!admission.allowed) throw new Refusal(admission.rule, admission.line);
    this.#lasting = admission.lasting;
    this.#socket.known = reopened.length > 0;
    withdraw.signal.throwIfAborted();
    const gesture = (this.gesture = shared.gestures.of(sender, activation));
    let port: number;
    try {
      port = checkOptions(options);
    } catch (error) {
      // No destination is meant that could be remembered, so the gesture comes first.
      throw reopened.length === 0 && !gesture.take() ? noGesture({ hidden: false }) : error;
    }

    //rule:paused-site-is-refused
    if (paused) throw pausedRefusal();
    //rule:lane-frame-after-consent
    const wish: Wish = { protocol, remoteAddress, port, security: options };
    // A missing host is found out before the user is bothered with a question.
    const connection = await shared.hosts.connect().catch((error: unknown) => {
      throw explained(this.#socket, error, gesture);
    });
    withdraw.signal.throwIfAborted();
    const asked = { request, reopened };
    const { verdicts } = this.#home;
    const around: Surroundings = {
      sender,
      attested,
      hosts: shared.hosts,
      verdicts,
      prompts: shared.prompts,
      gesture,
      reachesPrivate: admission.private,
      signal: withdraw.signal,
      asking: () => {
        this.#socket.says("asking");
      },
      notRemembered: (host, reason) => {
        this.#socket.failed("remember", { reason }, host);
      },
    };
    // Whoever hears how far it is, hears that somebody has agreed before the host is asked: so it must be known by then.
    let carry = /*rule:states-wait-for-the-rules*/ states !== true;
    for (;;) {
      const at = { connection, socketId: shared.hosts.reserve(connection) };
      try {
        await this.#decideAndConnect(at, wish, asked, claims, { ...around, carry });
        return;
      } catch (error) {
        shared.hosts.forget(at.connection, at.socketId);
        if (!carry || !isOutdated(error)) throw explained(this.#socket, error, gesture);
      }
      carry = false;
      verdicts.forget();
      this.#socket.reconsidered();
    }
  }

  async #decideAndConnect(at: Place, wish: Wish, asked: Asked, claims: Claims, around: Surroundings): Promise<void> {
    const { sender, hosts, signal } = around;
    //rule:no-network-before-answer
    const agreed = await consentTo(wish, asked, claims, around);
    signal.throwIfAborted();
    const { host } = agreed.reached;
    const { protocol, port, security } = wish;
    const destination = { protocol, host, port, protection: protectionOf(security, host) };
    this.#socket.agreedTo(destination);
    void grants.noteUse(sender, destination).catch(() => undefined);
    await reconnected(hosts, at, signal);
    await this.#connect(at, destination, agreed);
  }

  async #connect(
    { connection, socketId }: Place,
    destination: Connection,
    { reached, by, carried, lasting }: Consented,
  ): Promise<void> {
    const { sender, shared } = this.#home;
    const socket = this.#socket;
    const { protocol, asked, withdraw } = socket;
    const byLane = await socket.choosesLane(connection);
    withdraw.signal.throwIfAborted();
    const window = byLane ? 0 : windows[protocol];
    const { protocolVersion } = connection.hello;
    const reopen =
      byLane &&
      /*rule:only-unasked-opens-are-reopenable*/ lasting === true &&
      /*rule:unseen-documents-are-not-reopenable*/ this.#lasting &&
      /*rule:timed-grants-are-not-reopenable*/ reached.timed !== true &&
      protocolVersion >= reopenSince &&
      (asked.secureTransport ?? "off") === "off" &&
      asked.tls === undefined;
    const how = { ...reached, by, carried, reopen };
    const wish = [socketId, sender, destination, how, asked, window, protocolVersion] as const;
    const { reopening } = this.#home;
    const { ends } = reopening;
    if (reopen) reopening.asks(connection);
    withdraw.signal.addEventListener("abort", () => {
      if (socket.state.phase !== "open") connection.request("socket.close", { socketId }).catch(() => undefined);
    });
    // The host may speak of the socket in the very next message: it must be known before the answer is awaited.
    shared.hosts.attach(connection, socketId, socket.owner);
    socket.says("connecting");
    await open(
      () =>
        protocol === "tcp"
          ? connection.request("tcp.open", tcpOpen(...wish))
          : connection.request("udp.open", udpOpen(...wish)),
      (result) => {
        if (withdraw.signal.aborted) throw new DOMException("withdrawn", "AbortError"); // while the answer was on its way
        const again = reopen && reopening.allow(socketId, { destination, asked }, ends);
        socket.opened(destination, { connection, socketId }, result, again);
      },
      () => {
        if (reopen) void reopening.end();
        shared.hosts.release(connection, socketId);
      },
    );
  }
}
