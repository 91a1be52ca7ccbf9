// The host's judgement of what a document wants to reach. Nothing is sent to the network for it.
//
// The host judges again at each open. So a document that opens again what it was allowed before needs not ask first: it decides by what the host
// said last, and has the open carry its name. Where the host would say something else by then, it opens nothing, and is asked as if for the first
// time.

import { authenticates, otherTLS, protectionOf } from "./protection.ts";
import type { Protection } from "./protection.ts";
import type { HostConnection } from "../host/host.ts";
import { otherTLSSince } from "../host/hosts.ts";
import type { Hosts } from "../host/hosts.ts";
import { canonicalHost } from "../intake/origin.ts";
import type { PolicyJudgeParams, PolicyJudgeResult } from "../../../protocol/message.ts";
import type { OpenOptions } from "../../../protocol/page.ts";

/** What a document wants to reach. */
export interface Wish {
  protocol: "tcp" | "udp";
  /** As the page wrote it; blank: the user is to name it. */
  remoteAddress: string;
  port: number;
  /** How it is to be protected. */
  security: Pick<OpenOptions, "secureTransport" | "tls">;
}

/** What an open carries that was decided by what the host said before. */
export interface Carried {
  verdict: string;
  networkSalt?: string;
}

/** Of so many destinations of one document it is kept what the host said. */
const most = 64;

/** What a host said last of a document's destinations: only what it lets open. */
export class Verdicts {
  readonly #known = new Map<string, PolicyJudgeResult>();
  /** Whose words they are: another host may have other rules. */
  #host: object | undefined;

  note(host: object, asked: PolicyJudgeParams, verdict: PolicyJudgeResult): void {
    if (this.#host !== host) this.forget();
    this.#host = host;
    const key = JSON.stringify(asked);
    this.#known.delete(key);
    if (!verdict.allowed || verdict.verdict === undefined) return;
    this.#known.set(key, verdict);
    for (const oldest of this.#known.keys())
      if (/*rule:verdicts-are-bounded*/ this.#known.size > most) this.#known.delete(oldest);
  }

  of(host: object, asked: PolicyJudgeParams): PolicyJudgeResult | undefined {
    return this.#host === host ? this.#known.get(JSON.stringify(asked)) : undefined;
  }

  forget(): void {
    this.#known.clear();
  }
}

/** Asks the host about one wish of a document, at this host or that. */
export class Judge {
  readonly #origin: string;
  readonly #wish: Wish;
  readonly #hosts: Hosts;
  readonly #salt: string | undefined;
  readonly #verdicts: Verdicts | undefined;

  constructor(origin: string, wish: Wish, hosts: Hosts, salt: string | undefined, verdicts: Verdicts | undefined) {
    this.#origin = origin;
    this.#wish = wish;
    this.#hosts = hosts;
    this.#salt = salt;
    this.#verdicts = verdicts;
  }

  /** How a connection to this host would be protected. */
  protection(host: string | undefined): Protection {
    return protectionOf(this.#wish.security, host);
  }

  /** What the host is told of the protection. */
  security(host: string | undefined): Pick<PolicyJudgeParams, "secure" | "tls"> {
    const protection = this.protection(host === undefined ? undefined : (canonicalHost(host) ?? host));
    const tls = otherTLS(protection);
    return {
      secure: /*rule:rules-asked-about-authentic-tls*/ authenticates(protection),
      ...(tls === undefined ? {} : { tls }),
    };
  }

  /** What the host says now. Connects anew each time: the host may go away while the user is thinking. */
  async ask(host: string | undefined, userEntered: boolean): Promise<PolicyJudgeResult> {
    const connection = await this.#hosts.connect();
    const params = this.#params(connection, host, userEntered);
    const verdict = await connection.request("policy.judge", params);
    this.#hosts.tellsReasons = verdict.errorDetail === "reason";
    this.#verdicts?.note(connection, params, verdict);
    return verdict;
  }

  /** What it said last, and what an open is to carry that is decided by that. Undefined: it is to be asked. */
  async last(
    host: string,
    userEntered: boolean,
  ): Promise<{ verdict: PolicyJudgeResult; carried: Carried } | undefined> {
    const connection = await this.#hosts.connect();
    const verdict = this.#verdicts?.of(connection, this.#params(connection, host, userEntered));
    if (verdict?.verdict === undefined) return undefined;
    const salt = this.#salt === undefined ? {} : { networkSalt: this.#salt };
    return { verdict, carried: { verdict: verdict.verdict, ...salt } };
  }

  #params({ hello }: HostConnection, host: string | undefined, userEntered: boolean): PolicyJudgeParams {
    const { protocol, port } = this.#wish;
    const { secure, tls } = this.security(host);
    return {
      origin: this.#origin,
      protocol,
      ...(host === undefined ? {} : { host }),
      port,
      secure,
      ...(tls !== undefined && hello.protocolVersion >= otherTLSSince ? { tls } : {}),
      userEntered,
      ...(this.#salt === undefined ? {} : { networkSalt: this.#salt }),
    };
  }
}
