// What a document opens again on its lane (rule 2, "What is opened again").

import { always, becomes, inGo, inUnit, never, row, type Mutant } from "./mutant.ts";

const inSockets = (name: string): ReturnType<typeof inGo> => inGo("nativehost/sockets", name);
const inBroker = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/sockets/reopening.test.ts", name);

export const reopening: readonly Mutant[] = [
  ...row(
    "2",
    [
      "only-unasked-opens-are-reopenable",
      "A document may open by itself only what it opened without a question, and without asking the rules",
      inBroker("what a document may open without a question"),
      always,
    ],
    [
      "timed-grants-are-not-reopenable",
      "A consent whose time ends lets nothing be opened on the lane",
      inBroker("nor is a grant whose time ends enough"),
      always,
    ],
    [
      "installed-only-is-not-reopenable",
      "Where only installed apps may open sockets, each open is looked at by the broker: a tab moves to another window without a word",
      inBroker("nor are rules that may say otherwise without a word"),
      becomes("const lasting = true;"),
    ],
    [
      "unseen-documents-are-not-reopenable",
      "A document that is judged by the URL of now is judged at each open",
      inBroker("nor are rules that may say otherwise without a word"),
      always,
    ],
    [
      "reopening-not-restored-by-open",
      "What was taken back while the host opened is not allowed by its answer",
      inBroker("what is taken back while the host opens"),
      never,
    ],
    [
      "late-reopened-of-revoked-is-cut",
      "What a document has opened before the host heard that it may not is cut",
      inBroker("the user closes one by hand"),
    ],
    [
      "reopening-ends-at-host",
      "The host hears what was taken back",
      inBroker("a pause, and what is taken back, end it all"),
    ],
    [
      "reopened-for-nobody-ends",
      "A socket of a document that is gone is closed when the host tells of it",
      inBroker("what nobody has allowed, or has a number that is taken"),
    ],
    [
      "lane-rests-before-it-goes",
      "A lane goes only once no socket of its own can come any more",
      inBroker("the lane stays while something is open on it"),
    ],
    [
      "reopening-needs-a-verdict",
      "The host lets nothing be opened again that no verdict was compared for",
      inSockets("TestReopeningNeedsPermission"),
      always,
    ],
    [
      "tls-is-opened-by-the-broker",
      "What has TLS, or may get it, is opened by the broker",
      inSockets("TestReopeningNeedsPermission"),
      always,
    ],
    [
      "reopening-is-for-its-document",
      "A document opens again what it may, and not what another may",
      inSockets("TestReopeningNeedsPermission"),
      becomes(
        "for _, all := range r.reopenable {\n\tfor _, one := range all {\n\t\tif one.of == f.Of {\n\t\t\tagain = one\n\t\t}\n\t}\n}",
      ),
    ],
    [
      "reopening-needs-its-verdict",
      "What is opened again is compared with the verdict that the broker decided by",
      inSockets("TestReopeningIsJudged"),
    ],
    ["reopening-ends-when-taken-back", "What was taken back opens nothing more", inSockets("TestReopeningEnds")],
    [
      "reopened-are-told-before-the-end",
      "All that was opened again is told before the answer that nothing more will be",
      inSockets("TestReopeningEnds"),
    ],
    [
      "reopening-ends-with-its-lane",
      "What may be opened again ends with the lane",
      inSockets("TestReopeningEndsWithItsLane"),
    ],
  ),
  ...row(
    "3",
    [
      "reopening-is-admitted",
      "What is opened again is put before the rules and the origin's limits",
      inSockets("TestReopeningKeepsTheLimits"),
      never,
    ],
    [
      "reopening-at-once-is-bounded",
      "A lane opens so many at a time",
      inSockets("TestReopeningAtOnceIsBounded"),
      never,
    ],
    ["reopening-in-row-is-bounded", "A lane opens so many in a row", inSockets("TestReopeningHasItsPace"), never],
    [
      "reopenable-destinations-are-bounded",
      "A document may open so many destinations again",
      inSockets("TestReopenableDestinationsAreBounded"),
      becomes("r.reopenable[document] = all"),
    ],
  ),
  ...row(
    "H3",
    ["reopened-ids-are-used-once", "A lane's own ids are used once", inSockets("TestReopenedIDsAreUsedOnce")],
    [
      "reopened-ids-are-apart",
      "A lane's own ids are none of the broker's",
      inGo("protocol", "TestMalformedLaneFrames"),
      always,
    ],
    [
      "lane-open-frames-are-valid",
      "Only a number of the lane's own, and of a socket, becomes a frame that opens",
      inUnit("protocol/lane.test.ts", "what a page should not say is no frame"),
      always,
    ],
  ),
];
