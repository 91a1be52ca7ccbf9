// Sockets that others can send to, in the extension: what the user is asked and what a consent serves (rows 2 and P1), what the permissions
// policy lets a document do (row 5), what is told and taken back (rows 10, P3, P4), and what pages may say of them (row 3).

import { always, becomes, inUnit, never, row, type Mutant } from "./mutant.ts";

const consentOf = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/consent/local.test.ts", name);
const socketsOf = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/sockets/listening.test.ts", name);
const documentsOf = (file: string, name: string): ReturnType<typeof inUnit> =>
  inUnit(`extension/background/documents/${file}.test.ts`, name);
const everyListener = consentOf("every listener is asked for, with a click, and opened where the user picked");
const again = consentOf("a page listens again at the same place without a question, and nowhere else");
const remembered = consentOf("a remembered place serves that place in its network");
const named = consentOf("hosts that the user names are read, judged, and asked for as they are called");
const rememberedBound = consentOf("a remembered bound socket keeps whom it may send to, in the networks of then");
const nearby = consentOf("what may send to any device nearby holds in these networks only");
const groups = consentOf("groups take a header of the page, and a yes that told of them");
const kept = consentOf("what was kept is read as it was written, and what is no grant of its kind is none");
const privateWindows = consentOf("without remembering, and in private windows, nothing is written");
const atAnswer = consentOf("a consent is for the network of the answer, and for an address that is still there");
const waited = consentOf("a question that waited is settled by what was remembered meanwhile");
const eachAsked = consentOf("an administrator can have each listener asked for");
const kinds = consentOf("a grant to listen is none to connect, and the other way round");
const denied = inUnit(
  "extension/background/consent/consent.test.ts",
  "without direct-sockets-private nothing opens that is not public",
);
const closedByHand = socketsOf("a remembered listener that the user has closed comes back with a click");

export const local: readonly Mutant[] = [
  ...row(
    "2",
    ["local-prompt-needs-gesture", "To ask for a socket that others can send to takes a gesture", everyListener],
    [
      "answers-fit-their-question",
      "A question about a local socket takes its own answers, and no others",
      everyListener,
    ],
    [
      "peers-within-what-was-offered",
      "Whom a bound socket may send to is no wider than what the user was offered",
      consentOf("a bound socket: whom it may send to is the user's to pick"),
      never,
    ],
    ["named-peers-are-bounded", "The hosts that the user names for one socket have a bounded number", named],
    ["named-peers-are-judged", "A host that the user names for a bound socket is judged before it counts", named],
    [
      "named-peers-at-no-watched-port",
      "A bound socket is allowed no named host at a port that routers watch",
      named,
      never,
    ],
    [
      "local-consent-for-network-of-answer",
      "A consent to a place is for the network at the moment of the answer",
      atAnswer,
      becomes("const network = networkOf(place, peers, verdict.places);"),
    ],
    [
      "local-place-still-there-at-answer",
      "Nothing is opened at an address that this computer has not any more at the answer",
      atAnswer,
    ],
    [
      "local-unknown-network-not-remembered",
      "No place in a network that cannot be recognised is remembered",
      consentOf("a network that cannot be told from others is not remembered"),
      becomes('await remember(grant).catch(() => "storage" as const)'),
    ],
    [
      "nearby-peers-hold-in-these-networks",
      "A consent to send to any device nearby holds in the networks of the answer only",
      nearby,
      becomes("return undefined;"),
    ],
    ["local-grant-keeps-its-reach", "A consent to one reach serves no other", remembered, always],
    ["local-grant-needs-same-network", "A consent to a place in a network serves in no other", again, always],
    [
      "named-peers-need-same-network",
      "Named hosts that are private are other machines in another network",
      rememberedBound,
      becomes("if (now.risk) return undefined;"),
    ],
    ["local-grant-within-policy", "A consent to peers serves only within what the administrator allows now", nearby],
    ["local-grant-without-groups", "A consent that did not tell of groups serves no socket that may join them", groups],
    [
      "local-grant-for-its-announcement",
      "A consent serves no announcement that the user was not told of",
      consentOf("an announcement is told in the question, and goes with its own yes only"),
      always,
    ],
    [
      "admin-can-ask-for-each-listen",
      "Where the administrator has each listener asked for, none shares another's answer",
      eachAsked,
    ],
    [
      "local-each-open-ignores-earlier",
      "Where each listener is to be asked for, what the document was allowed before does not count",
      eachAsked,
      becomes("reopened.toReversed()"),
    ],
    [
      "local-revoking-voids-settled",
      "A grant that is taken back while it settles a waiting question counts no more",
      waited,
      becomes("undefined"),
    ],
    [
      "local-revoking-stops-pending",
      "What a document was allowed is looked at again when it is used",
      consentOf("what a document was allowed, and is taken back while it is used, opens nothing"),
      becomes("this.#agreed(place, reached.local, verdict)"),
    ],
  ),
  ...row(
    "P1",
    ["grant-is-per-kind", "A grant of one kind concerns no socket of another", kinds, always],
    ["named-host-grant-is-connection", "A grant to listen names no destination", kept, always],
    [
      "local-grant-is-per-kind",
      "A grant of one kind of local socket serves no other",
      consentOf("a grant to exchange datagrams is none to listen"),
      always,
    ],
    ["local-grant-is-per-origin", "A remembered place is one origin's", remembered, always],
    [
      "grant-for-one-address-not-for-all",
      "A place that was remembered of one address does not answer for all of them",
      consentOf("who was asked about one address has not been asked about the others"),
      never,
    ],
    ["local-grant-is-per-port", "A remembered place is for one port, or for any", remembered, always],
    ["kept-local-grant-is-whole", "What was kept as a grant of a local socket counts only if it is whole", kept],
  ),
  ...row("P2", [
    "local-grant-needs-its-marker",
    "A remembered place does not count without its marker",
    consentOf("a grant whose marker is gone counts no more"),
    becomes("await Promise.resolve();"), // to look is to take back what has no marker
  ]),
  ...row(
    "P3",
    ["local-grants-not-used-in-private", "Remembered places do not count in private windows", privateWindows, never],
    ["no-local-remember-box-in-private", "In private windows no place can be remembered", privateWindows, always],
    [
      "host-told-of-private-listeners",
      "The host knows which local sockets are private windows'",
      privateWindows,
      becomes("private: false"),
    ],
  ),
  ...row(
    "P4",
    [
      "closed-listener-needs-gesture",
      "A listener that the user has closed comes back with a gesture only",
      closedByHand,
      always,
    ],
    [
      "paused-site-has-no-listeners",
      "A paused site gets no socket that others can send to",
      socketsOf("a paused site: what it has ends, and it gets no more"),
    ],
  ),
  ...row(
    "5",
    [
      "multicast-needs-header",
      "Nobody has multicast without a header that says so",
      documentsOf("permissions_policy", "not for a page"),
      becomes("true"),
    ],
    [
      "multicast-needs-every-record",
      "Of several responses that may have been the one, each has to opt in to multicast",
      documentsOf("header_policy", "several responses: multicast is a document's only if all of them say so"),
      becomes("policies.map((one) => one.multicast).reduce(both, undefined)"),
    ],
    [
      "multicast-not-from-other-documents",
      "A document of which nothing is known has no multicast because of others",
      documentsOf("admission", "what other documents of an origin opted in to is nothing to one"),
      becomes("strictest(known)"),
    ],
    [
      "private-allowlist-is-restrictive",
      "A header that denies what is private is kept as one that restricts",
      documentsOf("header_policy", "several responses: what could turn a yes into a no must not be lost"),
      never,
    ],
    ["multicast-options-need-policy", "Options of multicast take its permissions policy", groups, never],
    [
      "groups-need-permissions-policy",
      "Groups take the permissions policy of multicast",
      socketsOf("groups: joined and left by the host"),
      never,
    ],
    [
      "denied-private-has-no-listeners",
      "A document that is denied what is private gets no socket that others can send to",
      consentOf("what is private is denied by a header: no listeners"),
      never,
    ],
    ["denied-private-is-refused", "A document that is denied what is private opens nothing that is not public", denied],
    [
      "denied-private-ignores-grants",
      "What was allowed before opens nothing private for a document that is denied it",
      denied,
      always,
    ],
    [
      "denied-private-refuses-typed",
      "A document that is denied what is private gets no private host that the user types",
      denied,
      never,
    ],
  ),
  ...row(
    "10",
    [
      "picked-place-is-bound",
      "What is bound is the place that the user picked",
      everyListener,
      becomes('localAddress: "127.0.0.1"'),
    ],
    [
      "accepted-stands-on-listener",
      "Accepted connections end when the consent to their listener is taken back",
      socketsOf("what was allowed is taken back: the listener goes, what it waits for, and what it has taken"),
      becomes("{ ...destination, host: result.remoteAddress }"),
    ],
    [
      "old-host-is-not-asked-to-listen",
      "A host that knows no such sockets is not asked for one",
      socketsOf("a host of an earlier version is not asked"),
    ],
    [
      "announced-name-is-bounded",
      "An announced name has a bounded length",
      consentOf("an announcement is told in the question, and goes with its own yes only"),
    ],
    [
      "unseen-announced-name-not-asked",
      "A name that would not be shown as it is announced is refused before the user is asked",
      consentOf("an announcement is told in the question, and goes with its own yes only"),
    ],
  ),
  ...row(
    "3",
    [
      "one-accept-at-a-time",
      "A document waits for one connection of each listener at a time",
      socketsOf("one connection is waited for at a time"),
      becomes("void take();\nreturn true;"),
    ],
    [
      "accept-needs-own-listener",
      "A document that asks for connections of no listener of its own is cut off at last",
      socketsOf("a document that asks for connections of nobody's listener, without end, is cut off"),
      becomes("undefined"),
    ],
    [
      "group-requests-are-bounded",
      "The requests about groups that wait for an answer have a bounded number",
      socketsOf("groups: joined and left by the host"),
      never,
    ],
  ),
];
