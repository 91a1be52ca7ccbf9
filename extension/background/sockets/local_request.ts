// A document asks for a socket that others can send to, one that listens or a UDP socket that is bound: the checks in the order of the API, the
// question, and the host. The order is that of open_request.ts.

import { admit } from "../documents/admission.ts";
import type { BoundSocket } from "./bound_socket.ts";
import { documentGrants, noteUse, requestKey } from "../consent/grants.ts";
import { privateDenied } from "../consent/judged.ts";
import { consentToLocal, localProtection } from "../consent/local.ts";
import type { Agreed } from "../consent/local.ts";
import type { LocalWish } from "../consent/local_judge.ts";
import type { Gesture } from "../consent/gestures.ts";
import { HostUnavailable } from "../host/host.ts";
import type { HostConnection } from "../host/host.ts";
import { canonicalHost } from "../intake/origin.ts";
import { Refusal } from "../intake/refusal.ts";
import { ListeningSocket } from "./listening_socket.ts";
import { checkBind, checkListen, tcpListen, udpBind, usesMulticast } from "./local_options.ts";
import { open, reconnected } from "./opening.ts";
import { isPaused } from "./paused.ts";
import { explained, pausedRefusal, refuse, waitsForGesture } from "./refuse.ts";
import type { SocketHome } from "./socket_home.ts";
import { datagramWindowBytes } from "../../../protocol/message.ts";
import type { DocumentMessage } from "../../../protocol/page.ts";

export type Listen = Extract<DocumentMessage, { type: "listen" }>;
export type Bind = Extract<DocumentMessage, { type: "bind" }>;

/** The socket, with what the document said of it. */
type Wanted = { socket: ListeningSocket; message: Listen } | { socket: BoundSocket; message: Bind };

/** Opens such a socket, or refuses it: its document hears which. */
export async function openLocal(home: SocketHome, wanted: Wanted): Promise<void> {
  const started = performance.now();
  const { socket } = wanted;
  const request = new LocalRequest(home, wanted);
  try {
    await request.run();
  } catch (thrown) {
    if (waitsForGesture(home, socket, thrown, wanted.message, request.gesture)) return;
    await refuse(home, socket, socket.stopped ?? thrown, started);
  }
}

function wishOf(message: Listen | Bind, mayMulticast: boolean): LocalWish {
  const { localAddress, localPort, ipv6Only, announce } = message.options;
  return {
    kind: message.type,
    localAddress,
    ...(localPort === undefined ? {} : { localPort }),
    ...(ipv6Only === undefined ? {} : { ipv6Only }),
    ...(announce === undefined ? {} : { announce }),
    secure: message.type === "listen" && message.options.secureTransport === "on",
    multicast: message.type === "bind" && mayMulticast,
  };
}

class LocalRequest {
  readonly #home: SocketHome;
  readonly #wanted: Wanted;
  /** The one behind the call; undefined before the document's own rules let it pass. */
  gesture: Gesture | undefined;

  constructor(home: SocketHome, wanted: Wanted) {
    this.#home = home;
    this.#wanted = wanted;
  }

  async run(): Promise<void> {
    const { sender, attested, shared, intake } = this.#home;
    const { socket, message } = this.#wanted;
    const { activation, secure, evidence } = message;
    const claims = { secure, evidence };
    const { signal } = socket.withdraw;
    const { kind, localAddress, localPort = 0, secure: byTLS } = wishOf(message, false);
    // Spellings of one address are one request.
    const wanted = canonicalHost(localAddress) ?? localAddress.trim();
    const request = requestKey(socket.protocol, wanted, localPort, kind);
    const [admission, reopened, paused] = await intake.inTurn(() =>
      Promise.all([
        admit(attested, claims, "refuse-unsafe-eval"),
        documentGrants(sender.documentId, request, () => localProtection(byTLS)),
        isPaused(sender),
      ]),
    );
    if (!admission.allowed) throw new Refusal(admission.rule, admission.line);
    // Whoever reaches such a socket comes from this computer or from the user's own network, for all that a page can know.
    if (/*rule:denied-private-has-no-listeners*/ !admission.private) throw privateDenied({ hidden: false });
    if (/*rule:multicast-options-need-policy*/ !admission.multicast && usesMulticast(message))
      throw new Refusal("permissions-policy", "policyMulticast");
    if (message.type === "listen") checkListen(message.options);
    else checkBind(message.options);
    socket.known = reopened.length > 0;
    signal.throwIfAborted();
    const gesture = (this.gesture = shared.gestures.of(sender, activation));

    //rule:paused-site-has-no-listeners
    if (paused) throw pausedRefusal();
    const connection = await shared.hosts.connect().catch((error: unknown) => {
      throw explained(socket, error, gesture);
    });
    signal.throwIfAborted();
    const at = { connection, socketId: shared.hosts.reserve(connection) };
    try {
      mustKnow(connection, kind);
      const agreed = await consentToLocal(wishOf(message, admission.multicast), { request, reopened }, claims, {
        sender,
        attested,
        hosts: shared.hosts,
        prompts: shared.prompts,
        gesture,
        reachesPrivate: true,
        signal,
        asking: () => {
          socket.says("asking");
        },
        notRemembered: (host, reason) => {
          socket.failed("remember", { reason }, host);
        },
      });
      signal.throwIfAborted();
      socket.agreedTo(agreed.destination);
      void noteUse(sender, agreed.destination).catch(() => undefined);
      await reconnected(shared.hosts, at, signal);
      mustKnow(at.connection, kind);
      await this.#open(at, agreed);
    } catch (error) {
      shared.hosts.forget(at.connection, at.socketId);
      throw explained(socket, error, gesture);
    }
  }

  async #open(
    { connection, socketId }: { connection: HostConnection; socketId: number },
    agreed: Agreed,
  ): Promise<void> {
    const { sender, shared } = this.#home;
    const { socket, message } = this.#wanted;
    const { signal } = socket.withdraw;
    // Only a socket that bytes go through has a use for the lane.
    const byLane = message.type === "bind" && (await socket.choosesLane(connection));
    signal.throwIfAborted();
    signal.addEventListener("abort", () => {
      if (socket.state.phase !== "open") connection.request("socket.close", { socketId }).catch(() => undefined);
    });
    // The host may speak of the socket in the very next message: it must be known before the answer is awaited.
    shared.hosts.attach(connection, socketId, socket.owner);
    socket.says("connecting");
    const at = { connection, socketId };
    const release = (): void => {
      shared.hosts.release(connection, socketId);
    };
    if (socket instanceof ListeningSocket)
      await open(
        () => connection.request("tcp.listen", tcpListen(socketId, sender, agreed, socket.asked)),
        (result) => {
          signal.throwIfAborted(); // withdrawn while the answer was on its way
          socket.opened(agreed, at, result);
        },
        release,
      );
    else {
      const window = byLane ? 0 : datagramWindowBytes;
      await open(
        () => connection.request("udp.bind", udpBind(socketId, sender, agreed, socket.asked, window)),
        (result) => {
          signal.throwIfAborted();
          socket.opened(agreed, at, result);
        },
        release,
      );
    }
  }
}

/** A host of an earlier version knows no such sockets. */
function mustKnow({ hello }: HostConnection, capability: "listen" | "bind"): void {
  //rule:old-host-is-not-asked-to-listen
  if (!hello.capabilities.includes(capability))
    throw new HostUnavailable({ kind: "version", hostVersion: hello.hostVersion });
}
