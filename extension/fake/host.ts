// A native host in memory: it answers what the extension asks, connects to nobody, and says what a test has it say.

import { createHash } from "node:crypto";
import type { FakePort } from "./events.ts";
import { canonicalHost } from "../background/intake/origin.ts";
import { protocolVersion } from "../../protocol/message.ts";
import type {
  ErrorData,
  LocalPlace,
  MethodParams,
  MethodResult,
  PolicyJudgeLocalResult,
  PolicyJudgeResult,
} from "../../protocol/message.ts";

type Method = keyof MethodResult;
type Serve = { [M in Method]: (params: MethodParams[M]) => MethodResult[M] | Promise<MethodResult[M]> };

/** What it answers with instead of a result. */
export class HostFault extends Error {
  readonly data: ErrorData;
  constructor(data: ErrorData) {
    super("a fault");
    this.data = data;
  }
}

interface Accept {
  listenerId: number;
  resolve: (result: MethodResult["tcp.accept"]) => void;
  reject: (error: HostFault) => void;
}

/** The name of a verdict: the same for the same. */
function nameOf(verdict: PolicyJudgeResult): string {
  return createHash("sha256").update(JSON.stringify(verdict)).digest("base64url");
}

/** A promise that a test settles. */
export interface Held {
  promise: Promise<void>;
  release: () => void;
}
export function hold(): Held {
  let release = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { promise, release };
}

export class FakeHost {
  /** What it was asked, and told, in order. */
  readonly asked: { method: string; params: unknown }[] = [];
  /** What the rules and the administrators say of every destination, beside what is usual. */
  verdict: Partial<PolicyJudgeResult> = {};
  /** The same of every socket that others could send to; and the network of the one interface. */
  localVerdict: Partial<PolicyJudgeLocalResult> = {};
  network = "home";
  /** How often it was started, and how often it ended. */
  starts = 0;
  ends = 0;
  #port: FakePort | undefined;
  /** Connections that the extension waits for, by the ids that they are to have. */
  readonly #accepts = new Map<number, Accept>();

  readonly serve: Serve = {
    hello: () => ({ protocolVersion, hostVersion: "0.0.0", capabilities: ["tcp", "udp", "tls", "listen", "bind"] }),
    "policy.managed": () => ({ valid: true }),
    "policy.judge": ({ host }) => {
      const canonical = host === undefined ? undefined : canonicalHost(host);
      const verdict: PolicyJudgeResult = {
        ...{ allowed: true, prompt: "ask", remember: true, cspRule: "refuse-unsafe-eval", installedOnly: false },
        ...{ mustEnter: false, risk: false, errorDetail: "reason" },
        ...(canonical === undefined ? {} : { host: canonical }),
        ...this.verdict,
      };
      return { ...verdict, verdict: nameOf(verdict) };
    },
    "policy.get": () => ({ sources: [] }),
    "resolve.browse": () => new Promise(() => undefined),
    "resolve.stop": () => ({}),
    "tcp.open": ({ port }) => ({ ...connected(port), window: 1 << 20 }),
    "udp.open": ({ port }) => ({ ...connected(port), window: 1 << 20 }),
    "policy.judgeLocal": ({ localAddress, protocol }) => ({
      ...{ allowed: true, prompt: "ask", remember: true, cspRule: "refuse-unsafe-eval", installedOnly: false },
      ...{ places: this.placesOf(localAddress), multicast: true, errorDetail: "reason" },
      ...(protocol === "udp" ? { peers: "internet" } : {}),
      ...this.localVerdict,
    }),
    "tcp.listen": ({ localAddress, localPort = 50_001 }) => ({ localAddress, localPort }),
    "tcp.accept": ({ listenerId, socketId }) =>
      new Promise((resolve, reject) => {
        this.#accepts.set(socketId, { listenerId, resolve, reject });
      }),
    "udp.bind": ({ localAddress, localPort = 50_001 }) => ({ localAddress, localPort, window: 1 << 20 }),
    "multicast.join": ({ socketId }) => ({ socketId }),
    "multicast.leave": ({ socketId }) => ({ socketId }),
    "socket.shutdown": ({ socketId }) => ({ socketId }),
    "socket.startTLS": ({ socketId }) => ({
      socketId,
      tls: { version: "1.3", cipherSuite: "TLS_AES_128_GCM_SHA256", peerCertificates: [] },
    }),
    "socket.setOption": ({ socketId }) => ({ socketId }),
    "socket.close": ({ socketId }) => {
      let waited = false;
      for (const [id, { listenerId, reject }] of this.#accepts) {
        if (id !== socketId && listenerId !== socketId) continue;
        waited ||= id === socketId;
        this.#accepts.delete(id);
        reject(new HostFault({ name: "AbortError", reason: "aborted" }));
      }
      if (waited) return { socketId };
      this.say("socket.closed", { socketId, bytesIn: 0, bytesOut: 0 });
      return { socketId };
    },
    "socket.inspect": () => ({ sockets: [] }),
    "lane.open": () => ({ port: 1, ticket: "A".repeat(43) }),
    "reopen.end": () => ({}),
    "tryout.start": () => ({ url: "http://127.0.0.1:1/", port: 1 }),
    "tryout.stop": () => ({}),
  };

  /** Where a socket may be open that asks for this address: the computer has 192.168.1.5 besides loopback. */
  placesOf(localAddress: string): LocalPlace[] {
    const { network } = this;
    const loopback: LocalPlace = { address: "127.0.0.1", reach: "computer" };
    const link: LocalPlace = { address: "192.168.1.5", reach: "network", interface: "eth0", network };
    if (localAddress === "0.0.0.0") return [loopback, link, { address: "0.0.0.0", reach: "anybody" }];
    return [loopback, link].filter(({ address }) => address === localAddress);
  }

  /** Starts it at the end of a native port. */
  start(port: FakePort): void {
    this.starts++;
    this.#port = port;
    port.onMessage.addListener((message) => {
      void this.#receive(port, message as { id?: number; method: Method; params: never });
    });
    port.onDisconnect.addListener(() => {
      this.ends++;
      if (this.#port === port) this.#port = undefined;
    });
  }

  get isRunning(): boolean {
    return this.#port !== undefined;
  }

  /** It dies. */
  die(): void {
    this.ends++;
    this.#port?.disconnect();
    this.#port = undefined;
    this.#accepts.clear();
  }

  /** It says something by itself. */
  say(method: string, params: object): void {
    this.#port?.postMessage({ jsonrpc: "2.0", method, params });
  }

  /** Somebody connects to a listener that waits for it. Returns whether one does. */
  connect(remotePort = 60_000): boolean {
    const [[socketId, accept] = []] = this.#accepts;
    if (socketId === undefined || accept === undefined) return false;
    this.#accepts.delete(socketId);
    const far = { remoteAddress: "192.168.1.9", remotePort };
    accept.resolve({ ...far, localAddress: "192.168.1.5", localPort: 40_000, window: 1 << 20 });
    return true;
  }

  /** The parameters of all that it was asked of one kind. */
  askedFor<T = Record<string, unknown>>(method: string): T[] {
    return this.asked.flatMap((one) => (one.method === method ? [one.params as T] : []));
  }

  /** Whether the rules still say of an open what it was decided by. */
  async #holds(method: Method, params: MethodParams["tcp.open"]): Promise<boolean> {
    if ((method !== "tcp.open" && method !== "udp.open") || params.verdict === undefined) return true;
    const { origin, host, port, userEntered, networkSalt } = params;
    const secure = params.secureTransport === "on";
    const protocol = method === "tcp.open" ? "tcp" : "udp";
    const salt = networkSalt === undefined ? {} : { networkSalt };
    const verdict = await this.serve["policy.judge"]({ origin, protocol, host, port, secure, userEntered, ...salt });
    return verdict.verdict === params.verdict;
  }

  async #receive(
    port: FakePort,
    { id, method, params }: { id?: number; method: Method; params: never },
  ): Promise<void> {
    this.asked.push({ method, params });
    if (id === undefined) return;
    let answer: object;
    try {
      // Datagrams are answered, too: the system has taken them.
      answer = (await this.#holds(method, params))
        ? { result: method in this.serve ? await Promise.resolve(this.serve[method](params)) : {} }
        : { error: { code: 2, message: "another verdict" } };
    } catch (error) {
      if (!(error instanceof HostFault)) throw error;
      answer = { error: { code: -32_000, message: "a fault", data: error.data } };
    }
    if (port.isOpen) port.postMessage({ jsonrpc: "2.0", id, ...answer });
  }
}

function connected(port: number): {
  remoteAddress: string;
  remotePort: number;
  localAddress: string;
  localPort: number;
} {
  return { remoteAddress: "192.0.2.1", remotePort: port, localAddress: "192.0.2.2", localPort: 50_000 };
}
