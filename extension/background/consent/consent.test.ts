// What one consent opens, and what takes another: the host, the user and the browser's storage are made up.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { installBrowser } from "../../fake/browser.ts";
import type { PolicyJudgeResult } from "../../../protocol/message.ts";
import type { OpenOptions } from "../../../protocol/page.ts";
import type { Grant, How } from "./grants.ts";
import type { Surroundings } from "./consent.ts";
import type { Helpers } from "./prompt.ts";
import type { Answer, Question } from "./question.ts";
import type { Sender } from "../intake/sender.ts";

const { browser } = installBrowser();
const { local, session } = browser.storage;
/** What happens, once, while the marker is being looked at; while the host judges; and as soon as the user has answered. */
type Meanwhile = "marker" | "judge" | "answer";
let meanwhile: Partial<Record<Meanwhile, () => Promise<unknown>>> = {};
async function happens(when: Meanwhile): Promise<void> {
  const what = meanwhile[when];
  meanwhile = { ...meanwhile, [when]: undefined };
  await what?.();
}
const getCookie = browser.cookies.get.bind(browser.cookies);
browser.cookies.get = async (details) => {
  await happens("marker");
  return await getCookie(details);
};
const { consentTo } = await import("./consent.ts");
const { Refusal } = await import("../intake/refusal.ts");
const { HostError } = await import("../host/host.ts");
const grants = await import("./grants.ts");
const { canonicalHost } = await import("../intake/origin.ts");
const { forgetEntries } = await import("../documents/documents.ts");

/** What the administrator and the rules say; what the user answers; what they were asked. */
let verdict: Partial<PolicyJudgeResult>;
let answer: Answer | undefined;
let asked: Question[];
/** Whether each of them was to be a question of its own. */
let apart: (boolean | undefined)[];
/** Whether the question waits, and it is looked at whether it is still needed. */
let settles: boolean;
let beforeTurn: () => void;
/** Whether the rules were asked about TLS with the destination itself. */
let judged: boolean[];
/** What the rules were told of other TLS. */
let judgedTLS: (string | undefined)[] = [];
let hostVersion = 4;
/** Whose word the last open stood on. */
let admittedBy: string | undefined;
/** Whether there is a gesture behind the next calls, and how many were taken. */
let clicks: boolean;
let taken: number;
/** Whether the permissions policy lets the document reach what is not public. */
let reachesPrivate: boolean;
/** What kind of place hosts are; what the user types before they answer, and what is said of it; whether devices nearby are looked for. */
let judgedPlaces: Record<string, PolicyJudgeResult["place"]>;
let naming: string[];
let complaints: (string | undefined)[];
let looks: boolean[];
/** Whether the last refusal was hidden from the page. */
let hidden: boolean;
/** The network that private addresses are in; the salts that the host was given; what was not remembered, and why. */
let network: string;
let salts: Set<string | undefined>;
let unremembered: string[];

beforeEach(async () => {
  await forgetEntries(() => true);
  for (const area of [local, session]) area.stored.clear();
  browser.cookies.jar.clear();
  verdict = {};
  asked = [];
  apart = [];
  settles = false;
  beforeTurn = () => undefined;
  meanwhile = {};
  judged = [];
  answer = undefined;
  clicks = true;
  taken = 0;
  reachesPrivate = true;
  judgedPlaces = {};
  naming = [];
  complaints = [];
  looks = [];
  network = "home";
  salts = new Set();
  unremembered = [];
});

const sender: Sender = { origin: "https://a.test", documentId: "one", tabId: 1, windowId: 1, private: false };
const other: Sender = { ...sender, documentId: "another" };

/** Opens what `options` say, as the broker does. Resolves with the host, or with why not. */
async function open(options: OpenOptions, who = sender): Promise<string> {
  const { remoteAddress = "", remotePort: port = 0 } = options;
  const request = grants.requestKey("tcp", canonicalHost(remoteAddress) ?? "", port);
  const { protectionOf } = await import("./protection.ts");
  const reopened = await grants.documentGrants(who.documentId, request, (host) => protectionOf(options, host));
  const judge = async (
    _: string,
    { host, secure, tls, networkSalt }: { host?: string; secure: boolean; tls?: string; networkSalt?: string },
  ): Promise<PolicyJudgeResult> => {
    judged.push(secure);
    judgedTLS.push(tls);
    salts.add(networkSalt);
    await happens("judge");
    return {
      allowed: true,
      prompt: "ask",
      remember: true,
      cspRule: "refuse-unsafe-eval",
      installedOnly: false,
      mustEnter: false,
      risk: false,
      host: host === undefined ? "" : (canonicalHost(host) ?? ""),
      ...(host?.startsWith("192.168.") === true ? { network } : {}),
      ...(host !== undefined && host in judgedPlaces ? { place: judgedPlaces[host] } : {}),
      ...verdict,
      ...(host === undefined ? { host: undefined } : {}),
    } as PolicyJudgeResult;
  };
  const prompts = {
    ask: async (question: Question, _: Sender, { each, stillNeeded, check, look }: Helpers): Promise<Answer> => {
      beforeTurn();
      looks.push(look !== undefined);
      for (const typed of naming) {
        const said = await check(typed);
        complaints.push("complaint" in said ? said.complaint : undefined);
      }
      const settled = settles ? await stillNeeded() : undefined;
      if (settled !== undefined) return settled;
      asked.push(question);
      apart.push(each);
      await happens("answer");
      return answer ?? { allow: false, rule: "user" };
    },
  };
  const around = {
    sender: who,
    attested: {},
    hosts: { connect: async () => ({ request: judge, hello: { protocolVersion: hostVersion } }) },
    prompts,
    gesture: { take: () => clicks && ++taken > 0 },
    reachesPrivate,
    notRemembered: (host: string, why: string) => unremembered.push(`${host}: ${why}`),
    signal: new AbortController().signal,
  } as unknown as Surroundings;
  const claims = {
    secure: true,
    evidence: { policies: [], evalBlocked: true, controlled: false },
  };
  try {
    const wish = { protocol: "tcp", remoteAddress, port, security: options } as const;
    const { reached, by } = await consentTo(wish, { request, reopened }, claims, around);
    admittedBy = by;
    return reached.host;
  } catch (error) {
    if (error instanceof Refusal) {
      hidden = error.hidden;
      return error.rule;
    }
    if (error instanceof HostError) return error.data?.reason ?? "";
    throw error;
  }
}

const allow = (host: string, { remember = false, how = "asked" }: { remember?: boolean; how?: How } = {}): Answer => ({
  allow: true,
  remember,
  host,
  how,
  risk: false,
});
const mail: OpenOptions = { remoteAddress: "mail.example", remotePort: 993 };
const encrypted: OpenOptions = { ...mail, secureTransport: "on" };

test("a yes to an encrypted connection opens no plain one: not in the document, and not when it is remembered", async () => {
  answer = allow("mail.example", { remember: true });
  assert.equal(await open(encrypted), "mail.example");
  answer = undefined;
  for (const who of [sender, other]) {
    assert.equal(await open(encrypted, who), "mail.example");
    assert.equal(await open(mail, who), "user", "plain");
    assert.equal(await open({ ...mail, secureTransport: "starttls" }, who), "user", "STARTTLS");
    assert.equal(await open({ ...encrypted, tls: { serverName: "evil.example" } }, who), "user", "another name");
    const pinned = { serverCertificateHashes: [{ algorithm: "sha-256", value: "A".repeat(43) + "=" }] } as const;
    assert.equal(await open({ ...encrypted, tls: structuredClone(pinned) as never }, who), "user", "pinned");
  }
  assert.deepEqual(
    asked
      .slice(1, 5)
      .map(({ encryption, ...rest }) => [encryption, "authentication" in rest ? rest.authentication : ""]),
    [
      ["off", ""],
      ["starttls", ""],
      ["on", "serverName"],
      ["on", "pinned"],
    ],
  );
});

test("to an administrator's rules TLS is TLS with the destination itself", async () => {
  const pins = { serverCertificateHashes: [{ algorithm: "sha-256", value: "A".repeat(43) + "=" }] };
  const kinds: [OpenOptions, boolean, string?][] = [
    [encrypted, true],
    [{ ...encrypted, tls: { serverName: "Mail.Example." } }, true],
    [mail, false],
    [{ ...mail, secureTransport: "starttls" }, false],
    [{ ...encrypted, tls: { serverName: "evil.example" } }, false, "other-name"],
    [{ ...encrypted, tls: pins as never }, false, "pinned"],
    [{ secureTransport: "on", remotePort: 993, tls: { serverName: "mail.example" } }, false, "other-name"],
  ];
  for (const [options, secure, tls] of kinds) {
    [judged, judgedTLS] = [[], []];
    await open(options);
    assert.deepEqual([...new Set(judged)], [secure], JSON.stringify(options));
    assert.deepEqual([...new Set(judgedTLS)], [tls], JSON.stringify(options));
  }
  hostVersion = 3; // it would refuse a member that it does not know
  await open({ ...encrypted, tls: pins as never });
  hostVersion = 4;
  assert.equal(judgedTLS.at(-1), undefined);
});

test("the host hears whose word an open stands on", async () => {
  answer = allow("mail.example", { remember: true });
  await open(mail);
  assert.equal(admittedBy, "asked");
  await open(mail);
  assert.equal(admittedBy, "document");
  answer = undefined;
  await open(mail, other);
  assert.equal(admittedBy, "remembered");
  verdict = { prompt: "skip" };
  await open({ ...mail, remoteAddress: "irc.example" });
  assert.equal(admittedBy, "policy");
});

test("a yes to plain text serves TLS as well, and both stay on the list", async () => {
  answer = allow("mail.example", { remember: true });
  assert.equal(await open(encrypted), "mail.example");
  assert.equal(await open(mail), "mail.example");
  answer = undefined;
  assert.equal(await open({ ...mail, secureTransport: "starttls" }, other), "mail.example");
  const kinds = (await grants.listGrants()).map(({ protection }) => protection.encryption);
  assert.deepEqual(kinds, ["on", "off"]);
  // Taking the wider one back leaves the narrower.
  await grants.removeGrants((grant) => grants.sameGrant(grant, { ...grant, protection: { encryption: "off" } }));
  assert.equal(await open(encrypted, { ...sender, documentId: "third" }), "mail.example");
  assert.equal(await open(mail, { ...sender, documentId: "third" }), "user");
});

test("what the user named for TLS is not named for plain text", async () => {
  const any: OpenOptions = { remotePort: 993 };
  answer = allow("mail.example", { remember: true, how: "typed" });
  assert.equal(await open({ ...any, secureTransport: "on" }), "mail.example");
  answer = undefined;
  for (const who of [sender, other]) {
    assert.equal(await open({ ...any, secureTransport: "on" }, who), "mail.example");
    assert.equal(await open(any, who), "user");
  }
});

test("grants from versions that kept no protection open nothing in plain text", async () => {
  answer = allow("mail.example", { remember: true });
  await open(mail);
  const [{ protection: _, ...old }] = local.stored.get("grants") as [Grant];
  local.stored.set("grants", [old]);
  answer = undefined;
  assert.equal(await open(mail, other), "user");
  assert.equal(await open(encrypted, other), "mail.example");
});

test("what was allowed is the document's at the Allow, before anybody has tried to connect; spellings are one destination", async () => {
  answer = allow("localhost", { how: "typed" });
  verdict = { mustEnter: true };
  assert.equal(await open({ remoteAddress: "localhost", remotePort: 1 }), "localhost");
  answer = undefined;
  for (const remoteAddress of ["localhost", "LOCALHOST", "localhost.", " localhost "])
    assert.equal(await open({ remoteAddress, remotePort: 1 }), "localhost", remoteAddress);
  assert.equal(await open({ remoteAddress: "localhost", remotePort: 1 }, other), "user");
});

test("what an administrator lets pass is nobody's consent: it ends with the setting", async () => {
  verdict = { prompt: "skip" };
  assert.equal(await open(mail), "mail.example");
  verdict = {};
  assert.equal(await open(mail), "user");
});

test("a policy that cannot be used is told as that, though it makes the rules about the page the strictest", async () => {
  const by = "/etc/portside/policy.json: line 1, column 3: it is not JSON";
  verdict = {
    allowed: false,
    reason: "policy-broken",
    by,
    prompt: "forbid",
    remember: false,
    cspRule: "require-eval-blocked",
    installedOnly: true,
  };
  assert.equal(await open(mail), "policy-broken");
  verdict = { ...verdict, reason: "policy", cspRule: "refuse-unsafe-eval", installedOnly: false };
  assert.equal(await open(mail), "policy");
});

test("what is remembered opens without a gesture, in every document; a question takes one", async () => {
  clicks = false;
  assert.equal(await open(mail), "activation");
  clicks = true;
  answer = allow("mail.example", { remember: true });
  await open(mail);
  assert.equal(taken, 1);
  clicks = false;
  assert.equal(await open(mail, other), "mail.example");
  assert.equal(
    await open({ ...mail, remoteAddress: "MAIL.example." }, { ...sender, documentId: "third" }),
    "mail.example",
  );
  assert.equal(await open({ ...mail, remotePort: 994 }, other), "activation");
  // A gesture that is there is not used up.
  clicks = true;
  await open(mail, { ...sender, documentId: "fourth" });
  assert.equal(taken, 1);
});

test("what an administrator lets pass takes no gesture; what the rules refuse looks like a missing one", async () => {
  clicks = false;
  verdict = { prompt: "skip" };
  assert.equal(await open(mail), "mail.example");
  for (const [rule, said] of Object.entries({
    activation: { prompt: "always" },
    policy: { allowed: false, reason: "policy" },
    "installed-only": { installedOnly: true },
  } as Record<string, Partial<PolicyJudgeResult>>)) {
    verdict = said;
    assert.equal(await open(mail), rule);
    assert.equal(hidden, true, rule);
  }
  verdict = { prompt: "forbid" };
  assert.deepEqual([await open(mail), hidden], ["policy", true]);
  verdict = { allowed: false, reason: "dns" };
  assert.deepEqual([await open(mail), hidden], ["activation", true], "no host's answer without a gesture");
  clicks = true;
  assert.equal(await open(mail), "dns");
});

test("a document comes back by itself to what the user has closed neither when it is remembered nor when it is let pass", async () => {
  answer = allow("mail.example", { remember: true });
  await open(mail);
  const destination = { protocol: "tcp", host: "mail.example", port: 993 } as const;
  for (const said of [{}, { prompt: "skip" }] as const) {
    verdict = said;
    await grants.closeDocumentGrants(sender, destination);
    clicks = false;
    assert.deepEqual([await open(mail), hidden], ["activation", true]);
    assert.equal(await open(mail, other), "mail.example", "another document");
    clicks = true;
    assert.equal(await open(mail), "mail.example");
    clicks = false;
    assert.equal(await open(mail), "mail.example");
  }
});

const router: OpenOptions = { remoteAddress: "192.168.1.1", remotePort: 80 };

test("what was allowed in one network is asked for again in another, once or remembered, and holds again when one is back", async () => {
  answer = allow("192.168.1.1", { remember: true, how: "typed" });
  assert.equal(await open(router), "192.168.1.1");
  answer = undefined;
  for (const where of ["home", "cafe", "home", "unknown", "home"]) {
    network = where;
    for (const who of [sender, other]) {
      clicks = true;
      assert.equal(await open(router, who), where === "home" ? "192.168.1.1" : "user", where);
      clicks = false;
      assert.equal(await open(router, who), where === "home" ? "192.168.1.1" : "activation", where);
    }
  }
  // One salt, by which nobody else knows the network; the next worker has it as well.
  const [salt] = salts;
  assert.equal(salts.size, 1);
  assert.match(salt ?? "", /^[\w-]{22}$/);
  local.stored.set("networkSalt", "kept");
  const next = "./network_salt.ts?next";
  const { networkSalt } = (await import(next)) as { networkSalt: () => Promise<string | undefined> };
  assert.equal(await networkSalt(), "kept");
});

test("each network has what was remembered in it, also where the user named it", async () => {
  const any: OpenOptions = { remotePort: 80 };
  for (const [where, host] of [
    ["home", "192.168.1.1"],
    ["office", "192.168.1.9"],
  ] as const) {
    network = where;
    answer = allow(host, { remember: true, how: "typed" });
    assert.equal(await open(any, { ...sender, documentId: where }), host);
  }
  answer = undefined;
  for (const [where, host] of [
    ["home", "192.168.1.1"],
    ["office", "192.168.1.9"],
    ["cafe", "user"],
  ] as const) {
    network = where;
    assert.equal(await open(any, other), host, where);
    await grants.takeBackFromDocuments(new Set([sender.origin]));
  }
  assert.deepEqual(
    (await grants.listGrants()).map((grant) => grant.network),
    ["home", "office"],
  );
});

test("where the network cannot be told, nothing is remembered, and that is said; the document keeps what it has", async () => {
  network = "unknown";
  answer = allow("192.168.1.1", { remember: true, how: "typed" });
  assert.equal(await open(router), "192.168.1.1");
  assert.deepEqual(unremembered, ["192.168.1.1: network-unknown"]);
  assert.deepEqual(await grants.listGrants(), []);
  answer = undefined;
  assert.equal(await open(router), "192.168.1.1");
  assert.equal(await open(router, other), "user");
});

test("grants from versions that kept no network count in none; public destinations are the same everywhere", async () => {
  answer = allow("192.168.1.1", { remember: true, how: "typed" });
  await open(router);
  const [{ network: _, ...old }] = local.stored.get("grants") as [Grant];
  local.stored.set("grants", [old]);
  answer = undefined;
  assert.equal(await open(router, other), "user");
  answer = allow("mail.example", { remember: true });
  await open(mail);
  network = "cafe";
  answer = undefined;
  assert.equal(await open(mail, other), "mail.example");
});

test("what a document was allowed counts neither where each open is to be asked for nor where nothing is", async () => {
  answer = allow("mail.example");
  assert.equal(await open(mail), "mail.example");
  verdict = { prompt: "always" };
  for (const times of [2, 3]) {
    assert.equal(await open(mail), "mail.example");
    assert.equal(asked.length, times, "it was not asked");
  }
  assert.deepEqual(apart, [false, true, true], "with other opens");
  answer = undefined;
  assert.equal(await open(mail), "user");
  clicks = false;
  assert.deepEqual([await open(mail), hidden], ["activation", true]);
  verdict = { prompt: "forbid" };
  assert.deepEqual([await open(mail), hidden], ["policy", true]);
  // What the user named is not what the page asked for.
  clicks = true;
  verdict = {};
  answer = allow("192.168.1.20", { how: "typed" });
  const blank: OpenOptions = { remotePort: 22 };
  assert.equal(await open(blank), "192.168.1.20");
  verdict = { prompt: "forbid" };
  assert.equal(await open(blank), "policy");
  verdict = {};
  assert.equal(await open(blank), "192.168.1.20", "and counts again where it may");
});

test("what is remembered counts neither where each open is to be asked for nor where nothing is", async () => {
  answer = allow("mail.example", { remember: true });
  assert.equal(await open(mail), "mail.example");
  answer = undefined;
  for (const who of [sender, other]) {
    verdict = { prompt: "always" };
    assert.equal(await open(mail, who), "user", "it is asked");
    verdict = { prompt: "forbid" };
    assert.deepEqual([await open(mail, who), hidden], ["policy", true]);
    verdict = {};
    assert.equal(await open(mail, who), "mail.example", "and counts again where it may");
  }
});

/** What main.ts does when grants are taken back in the settings. */
async function takeBack(): Promise<void> {
  await grants.removeGrants(() => true);
  await grants.takeBackFromDocuments(new Set([sender.origin]));
}
const third: Sender = { ...sender, documentId: "third" };
const destination = { protocol: "tcp", host: "mail.example", port: 993 } as const;

test("what is taken back while an open is under way does not open, nor come back with it", async () => {
  // Remembered: at the last look at the marker.
  answer = allow("mail.example", { remember: true });
  assert.equal(await open(mail), "mail.example");
  answer = undefined;
  meanwhile = { marker: takeBack };
  assert.equal(await open(mail, other), "user");
  clicks = false;
  for (const who of [sender, other, third]) assert.equal(await open(mail, who), "activation", who.documentId);
  // Allowed once: while the host judges.
  clicks = true;
  answer = allow("mail.example");
  assert.equal(await open(mail), "mail.example");
  answer = undefined;
  meanwhile = { judge: takeBack };
  assert.equal(await open(mail), "user");
  clicks = false;
  assert.equal(await open(mail), "activation");
  // What is settled while the question waits stands on a grant, too.
  clicks = true;
  answer = allow("mail.example", { remember: true });
  assert.equal(await open(mail), "mail.example");
  answer = undefined;
  settles = true;
  const questions = asked.length;
  meanwhile = {
    judge: async () => {
      const all = await grants.listGrants();
      await grants.removeGrants(() => true);
      meanwhile.judge = async () => {
        for (const one of all) await grants.addGrants(one);
        meanwhile.marker = takeBack;
      };
    },
  };
  assert.equal(await open(mail, other), "user");
  assert.equal(asked.length, questions + 1, "it was asked");
});

test("an answer after something was taken back is a new one; taking back in other windows, or of others, is nothing to it", async () => {
  answer = allow("mail.example");
  meanwhile = { answer: takeBack };
  assert.equal(await open(mail), "mail.example");
  assert.equal(asked.length, 1, "it was asked again");
  answer = undefined;
  clicks = false;
  assert.equal(await open(mail), "mail.example");
  meanwhile = { judge: () => grants.takeBackFromDocuments(new Set(["https://b.test"])) };
  assert.equal(await open(mail), "mail.example");
  clicks = true;
  answer = allow("mail.example");
  const hidden: Sender = { ...sender, documentId: "private", private: true };
  assert.equal(await open(mail, hidden), "mail.example");
  answer = undefined;
  clicks = false;
  meanwhile = { judge: takeBack };
  assert.equal(await open(mail, hidden), "mail.example");
  assert.equal(await open(mail, hidden), "mail.example");
});

test("what the user closes while an open is under way does not come back with it", async () => {
  for (const remember of [false, true]) {
    clicks = true;
    answer = allow("mail.example", { remember });
    assert.equal(await open(mail), "mail.example");
    answer = undefined;
    clicks = false;
    const close = (): Promise<void> => grants.closeDocumentGrants(sender, destination);
    meanwhile = { judge: close };
    assert.equal(await open(mail), "activation");
    assert.equal(await open(mail), "activation");
  }
  // Remembered, in a document that was allowed nothing yet.
  meanwhile = { marker: () => grants.closeDocumentGrants(other, destination) };
  assert.equal(await open(mail, other), "activation");
  assert.equal(await open(mail, third), "mail.example");
  // At the last moment: when it is the document's already, but for being written.
  const request = grants.requestKey("tcp", "mail.example", 993);
  const reached = { host: "mail.example", entered: false, risk: false, protection: { encryption: "off" } } as const;
  const closing = grants.closeDocumentGrants(third, destination);
  assert.equal(await grants.addDocumentGrant(third, request, reached), false);
  await closing;
  assert.equal(await open(mail, third), "activation");
});

test("what the user has closed stays closed when another grant of the site is taken back", async () => {
  answer = allow("mail.example", { remember: true });
  assert.equal(await open(mail), "mail.example");
  answer = undefined;
  clicks = false;
  await grants.closeDocumentGrants(sender, destination);
  await grants.takeBackFromDocuments(new Set([sender.origin]));
  assert.equal(await open(mail), "activation");
  verdict = { prompt: "skip" };
  assert.equal(await open(mail), "activation");
});

test("one document has what was allowed in each network, also where the user named it", async () => {
  for (const options of [router, { remotePort: 22 }]) {
    const inNetworks = [
      ["home", "192.168.1.1"],
      ["cafe", options.remoteAddress ?? "192.168.1.9"],
    ] as const;
    clicks = true;
    for (const [where, host] of inNetworks) {
      network = where;
      answer = allow(host, { how: "typed" });
      assert.equal(await open(options), host);
    }
    answer = undefined;
    clicks = false;
    for (const [where, host] of [...inNetworks, ...inNetworks]) {
      network = where;
      assert.equal(await open(options), host, where);
    }
    network = "office";
    assert.equal(await open(options), "activation");
  }
});

test("a consent is for the network that the computer is in at the answer", async () => {
  verdict = { mustEnter: true };
  answer = allow("192.168.1.1", { remember: true, how: "typed" });
  meanwhile = {
    answer: async () => {
      network = "cafe";
    },
  };
  assert.equal(await open(router), "192.168.1.1");
  assert.deepEqual(
    (await grants.listGrants()).map((grant) => grant.network),
    ["cafe"],
  );
  clicks = false;
  for (const who of [sender, other]) {
    network = "cafe";
    assert.equal(await open(router, who), "192.168.1.1");
    network = "home";
    assert.equal(await open(router, who), "activation");
  }
});

test("whether a question that waited is still needed is judged in the network of then", async () => {
  network = "home";
  answer = allow("192.168.1.1", { remember: true, how: "typed" });
  assert.equal(await open(router), "192.168.1.1");
  answer = undefined;
  settles = true;
  network = "cafe";
  for (const [now, host] of [
    ["office", "user"],
    ["home", "192.168.1.1"],
  ] as const) {
    network = "cafe";
    beforeTurn = () => {
      network = now;
    };
    assert.equal(await open(router, { ...other, documentId: now }), host);
  }
});

test("without direct-sockets-private nothing opens that is not public, whoever named it and whatever was allowed before", async () => {
  const inside: Partial<PolicyJudgeResult> = { place: "network", mustEnter: true };
  const named: OpenOptions = { remotePort: 80 };
  verdict = inside;
  answer = allow("192.168.1.1", { remember: true, how: "typed" });
  assert.equal(await open(router), "192.168.1.1");
  assert.equal(await open(named), "192.168.1.1");
  answer = undefined;
  reachesPrivate = false;
  for (const who of [sender, other]) assert.equal(await open(router, who), "permissions-policy");
  assert.equal(hidden, true);
  // The user is to name it: what they named before was private, and so is what they name now.
  clicks = false;
  assert.equal(await open(named), "permissions-policy", "the document was allowed it");
  verdict = {};
  complaints = [];
  clicks = true;
  judgedPlaces = { "192.168.1.1": "network", "mail.example": "internet" };
  naming = ["192.168.1.1", "mail.example"];
  assert.equal(await open(named, other), "user");
  assert.deepEqual(complaints, ["policy", undefined]);
  answer = allow("mail.example", { how: "typed" });
  assert.equal(await open(mail), "mail.example", "public");
  assert.deepEqual(looks.slice(-2), [false, false]);
  reachesPrivate = true;
  await open(named, { ...other, origin: "https://b.test", documentId: "third" });
  assert.equal(looks.at(-1), true);
});
