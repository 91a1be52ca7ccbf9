// The native port: one host process per profile, started when it is first needed and let go when nothing needs it.
//
// Nothing else in the extension calls connectNative. Every control message from the host is checked against its schema; data
// frames go through protocol/data.ts.

import { background as platform } from "../../platform/current.ts";
import type { HostEnd } from "../../platform/platform.ts";
import { ext } from "../../shared/ext.ts";
import { readDataFrame, writeFrame } from "../../../protocol/data.ts";
import { oldestProtocolVersion, protocolVersion } from "../../../protocol/message.ts";
import type {
  ErrorData,
  HelloResult,
  MethodParams,
  MethodResult,
  ReopenReportParams,
  ResolveFoundParams,
  SocketClosedParams,
  SocketWriteParams,
} from "../../../protocol/message.ts";
import * as validators from "../../../protocol/validators.js";

export const hostName = "portside.host";

/** Why there is no host to talk to. */
export type HostProblem =
  | { kind: "missing" } // no manifest where this browser looks
  | { kind: "forbidden" } // the manifest does not list this extension
  | { kind: "blocked" } // by the administrator
  | { kind: "storage" } // the administrator's settings cannot be read, and without them no host may be used
  | { kind: "version"; hostVersion: string }
  | { kind: "failed"; how?: "unstarted" | "ended" | "garbled"; detail: string }; // it does not start, or dies, or says no sensible answer

export class HostUnavailable extends Error {
  readonly problem: HostProblem;
  constructor(problem: HostProblem) {
    super(`no native host: ${problem.kind}`);
    this.problem = problem;
  }
}

/** An error that the host answered with. `data.name` may reach a page, nothing else. */
export class HostError extends Error {
  readonly data: ErrorData | undefined;
  /** Of JSON-RPC 2.0, section 5.1, if the host gave one. */
  readonly code: number | undefined;
  constructor(message: string, data: ErrorData | undefined, code?: number) {
    super(message);
    this.data = data;
    this.code = code;
  }
}

/** The host does not know a member of what it was asked, or one has a value that it does not take (JSON-RPC 2.0, section 5.1). */
const invalidParams = -32_602;

/** What the host says of its sockets, and of devices nearby. */
export interface HostListener {
  data(socketId: number, base64: string): void;
  credit(socketId: number, bytes: number): void;
  end(socketId: number): void;
  closed(params: SocketClosedParams): void;
  found(device: ResolveFoundParams): void;
  /** What a document has opened again on its lane. */
  reopened(report: ReopenReportParams): void;
  /** The connection is over: every socket with it. */
  gone(): void;
}

type Requests = keyof MethodResult;
interface Waiting {
  resolve(this: void, result: unknown): void;
  reject(this: void, error: Error): void;
}

const results: Record<Requests, (value: unknown) => boolean> = {
  hello: validators.validateHelloResult,
  "policy.managed": validators.validatePolicyManagedResult,
  "policy.judge": validators.validatePolicyJudgeResult,
  "policy.get": validators.validatePolicyGetResult,
  "resolve.browse": validators.validateResolveBrowseResult,
  "resolve.stop": validators.validateResolveStopResult,
  "tcp.open": validators.validateTCPOpenResult,
  "udp.open": validators.validateUDPOpenResult,
  "policy.judgeLocal": validators.validatePolicyJudgeLocalResult,
  "tcp.listen": validators.validateTCPListenResult,
  "tcp.accept": validators.validateTCPAcceptResult,
  "udp.bind": validators.validateUDPBindResult,
  "multicast.join": validators.validateMulticastJoinResult,
  "multicast.leave": validators.validateMulticastLeaveResult,
  "socket.shutdown": validators.validateSocketShutdownResult,
  "socket.startTLS": validators.validateSocketStartTLSResult,
  "socket.setOption": validators.validateSocketSetOptionResult,
  "socket.close": validators.validateSocketCloseResult,
  "socket.inspect": validators.validateSocketInspectResult,
  "lane.open": validators.validateLaneOpenResult,
  "reopen.end": validators.validateReopenEndResult,
  "tryout.start": validators.validateTryoutStartResult,
  "tryout.stop": validators.validateTryoutStopResult,
};

function hostGone(): HostUnavailable {
  return new HostUnavailable({ kind: "failed", detail: "The host is gone." });
}

/** How long the host may take for its first answers, in ms: a disk that sleeps, a scanner that reads a new program first, a busy machine. */
export const firstAnswerTime = 30_000;

const isSpoken = (version: number): boolean => version >= oldestProtocolVersion && version <= protocolVersion;

/** One connection to one host process, after hello. */
export class HostConnection {
  readonly hello: HelloResult;
  readonly #port: chrome.runtime.Port;
  readonly #waiting: Map<number, Waiting>;
  readonly #life: { over: boolean };
  #lastId = 1; // 0 and 1 are hello's

  private constructor(
    port: chrome.runtime.Port,
    waiting: Map<number, Waiting>,
    life: { over: boolean },
    hello: HelloResult,
  ) {
    this.#port = port;
    this.#life = life;
    this.#waiting = waiting;
    this.hello = hello;
  }

  /** Starts a host and says hello. Rejects with HostUnavailable. */
  static async open(listener: HostListener): Promise<HostConnection> {
    const waiting = new Map<number, Waiting>();
    const life = { over: false };
    const port = ext.runtime.connectNative(hostName);
    port.onDisconnect.addListener(() => {
      const error = new HostUnavailable(problemOf(platform.hostEnd(port)));
      life.over = true;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
      listener.gone();
    });
    port.onMessage.addListener((message: unknown) => {
      receive(message, waiting, listener);
    });
    const params = { extensionVersion: ext.runtime.getManifest().version, browser: navigator.userAgent.slice(0, 128) };
    let late: ReturnType<typeof setTimeout> | undefined;
    const hello = (id: number, versions: { protocolVersion: number; oldestVersion?: number }): Promise<HelloResult> =>
      new Promise((resolve, reject) => {
        late ??= setTimeout(() => {
          for (const waiter of waiting.values())
            waiter.reject(new HostUnavailable({ kind: "failed", detail: "The host did not answer." }));
        }, firstAnswerTime);
        waiting.set(id, { resolve, reject });
        port.postMessage({ jsonrpc: "2.0", id, method: "hello", params: { ...versions, ...params } });
      });
    try {
      const range = { protocolVersion, oldestVersion: oldestProtocolVersion };
      const answer = await hello(0, range).catch((error: unknown) => {
        if (!(error instanceof HostError) || error.code !== invalidParams) throw error;
        return hello(1, { protocolVersion: oldestProtocolVersion }); // a host of version 2 knows no range
      });
      if (
        !validators.validateHelloResult(answer) ||
        /*rule:host-version-was-offered*/ !isSpoken(answer.protocolVersion)
      )
        throw new HostUnavailable({ kind: "failed", detail: "The host's first answer is not understood." });
      return new HostConnection(port, waiting, life, answer);
    } catch (error) {
      //rule:unanswering-host-is-ended
      port.disconnect(); // nobody is to talk to it, so nobody else would end it
      const data = error instanceof HostError ? error.data : undefined;
      if (data?.reason !== "version") throw error;
      throw new HostUnavailable({ kind: "version", hostVersion: /^[\w.+-]+/.exec(data.detail ?? "")?.[0] ?? "?" });
    } finally {
      clearTimeout(late);
    }
  }

  /** Calls a method. Rejects with HostError, or HostUnavailable when the host goes away meanwhile. */
  async request<M extends Requests>(method: M, params: MethodParams[M]): Promise<MethodResult[M]> {
    const result = await this.#ask((id) => ({ jsonrpc: "2.0", id, method, params }));
    if (!results[method](result))
      throw new HostError(`${method}: the host's result does not fit its schema`, undefined);
    return result as MethodResult[M];
  }

  notify<M extends "socket.credit" | "audit.refused">(method: M, params: MethodParams[M]): void {
    this.#send({ jsonrpc: "2.0", method, params });
  }

  /** Sends bytes for a TCP socket; a failure shows as `closed`. */
  write(params: SocketWriteParams): void {
    this.#send(writeFrame(params));
  }

  /** Sends one datagram; resolves when the system has taken it. */
  async writeDatagram(params: SocketWriteParams): Promise<void> {
    await this.#ask((id) => writeFrame(params, id));
  }

  get alive(): boolean {
    return !this.#life.over;
  }

  /** Whether somebody waits for an answer of the host. */
  get awaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** Ends it. Whoever waits for an answer gets HostUnavailable. */
  close(): void {
    this.#life.over = true;
    this.#port.disconnect();
    // onDisconnect fires only at the other end.
    for (const { reject } of this.#waiting.values()) /*rule:closed-host-rejects-waiting*/ reject(hostGone());
    this.#waiting.clear();
  }

  /** After the end there is nobody to tell: every socket's owner has heard `gone`. */
  #send(frame: object): void {
    if (!this.#life.over) this.#port.postMessage(frame);
  }

  #ask(frame: (id: number) => object): Promise<unknown> {
    if (this.#life.over) return Promise.reject(hostGone());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#port.postMessage(frame(id));
    });
  }
}

function receive(message: unknown, waiting: Map<number, Waiting>, listener: HostListener): void {
  const data = readDataFrame(message);
  if (data !== undefined) {
    listener.data(data.socketId, data.data);
    return;
  }
  if (!validators.validateEnvelope(message)) {
    console.error("host: a message that is no JSON-RPC envelope");
    return;
  }
  const { id, method, params, result, error } = message;
  if (method !== undefined) {
    notified(method, params, listener);
    return;
  }
  if (typeof id !== "number") {
    console.error("host: refused a message of ours:", error);
    return;
  }
  const waiter = waiting.get(id);
  if (waiter === undefined) return;
  waiting.delete(id);
  if (error === undefined) waiter.resolve(result);
  else if (validators.validateRPCError(error)) waiter.reject(new HostError(error.message, error.data, error.code));
  else waiter.reject(new HostError("the host's error does not fit its schema", undefined));
}

function notified(method: string, params: unknown, listener: HostListener): void {
  if (method === "socket.credit" && validators.validateSocketCreditParams(params))
    listener.credit(params.socketId, params.bytes);
  else if (method === "socket.end" && validators.validateSocketEndParams(params)) listener.end(params.socketId);
  else if (method === "socket.closed" && validators.validateSocketClosedParams(params)) listener.closed(params);
  else if (method === "resolve.found" && validators.validateResolveFoundParams(params)) listener.found(params);
  else if (method === "reopen.report" && validators.validateReopenReportParams(params)) listener.reopened(params);
  else console.error(`host: notification ${method} is unknown or does not fit its schema`);
}

function problemOf({ cause, text }: HostEnd): HostProblem {
  switch (cause) {
    case "missing":
    case "forbidden":
    case "blocked":
      return { kind: cause };
    case "other":
      return { kind: "failed", detail: text };
    default:
      return { kind: "failed", how: cause, detail: text };
  }
}
