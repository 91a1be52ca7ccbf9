// What the broker takes in: bounds in number, length and rate, for each document, tab and site.

import { always, becomes, gone, inGo, inUnit, never, row, type Mutant } from "./mutant.ts";

const inBudget = (name: string): ReturnType<typeof inUnit> => inUnit("extension/shared/budget.test.ts", name);
const inIntake = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/intake/intake.test.ts", name);
const inOutgoing = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/sockets/outgoing.test.ts", name);
const ofJudge = (name: string): ReturnType<typeof inUnit> => inUnit("extension/background/consent/judge.test.ts", name);

export const intakes: readonly Mutant[] = [
  ...row(
    "3",
    [
      "verdicts-are-bounded",
      "What the rules said is kept of so many destinations of a document",
      ofJudge("of so many destinations it is kept what was said"),
      never,
    ],
    ["opens-at-once-are-bounded", "Opens that are under way at a time are bounded", inBudget("so many at a time")],
    ["opens-in-row-are-bounded", "Opens have a bounded rate in the long run", inBudget("so many in a row")],
    ["opens-limited-per-document", "Opens are limited for each document", inIntake("of a document: so many at a time")],
    ["opens-limited-per-tab", "Opens are limited for each tab", inIntake("of a tab: frames of other sites")],
    [
      "opens-limited-per-frame-site",
      "A frame of another site has a part of its tab's opens",
      inIntake("of a tab: a frame that opens as fast as it can"),
      becomes("return [ whole];"),
    ],
    [
      "foreign-frames-leave-page-opens",
      "All frames of other sites together leave a part of the tab's opens to the page",
      inIntake("of a tab: frames of other sites"),
    ],
    [
      "page-site-named-by-browser",
      "Whether a sender is of the page's own site goes by the tab's URL",
      inUnit("extension/background/intake/sender.test.ts", "the page in the tab, and frames of its own site"),
      becomes('site !== siteOf(tab?.url ?? "")'),
    ],
    [
      "opens-limited-per-site",
      "Opens are limited for each site, whatever its origins are",
      inIntake("of a site: its origins, in all tabs"),
      becomes("origin"),
    ],
    [
      "opens-apart-for-private",
      "Opens of private windows are limited apart",
      inIntake("private windows are a site of their own"),
      becomes("sideName({ ...side, private: false })"),
    ],
    [
      "open-limits-outlive-connection",
      "A document's limit of opens belongs to the document and not to a connection",
      inIntake("of a document, whatever connection they come by"),
      becomes("String(now + Math.random())"),
    ],
    [
      "content-script-limits-opens",
      "The content script keeps to the limit of opens",
      inUnit("extension/content/gatekeeper.test.ts", "a document has 128 opens under way, and not one more"),
    ],
    [
      "page-waits-within-bounds",
      "What a page asks for before the rest of the content script is there waits within a bound",
      inUnit("extension/content/waiting_room.test.ts", "one more waits than may be under way"),
    ],
    [
      "frames-wait-within-bounds",
      "What frames say before the rest of the content script is there waits within a bound",
      inUnit("extension/content/waiting_room.test.ts", "what frames say waits for the rest, a thousand of them"),
    ],
    [
      "first-use-is-answered-in-time",
      "What waits for the rest of the content script is answered though that never comes",
      inUnit("extension/content/waiting_room.test.ts", "where the rest never comes, and nobody says so"),
    ],
    [
      "first-uses-limited-per-tab",
      "Asking for the rest of the content script has a rate for each tab",
      inUnit("extension/background/documents/inject.test.ts", "frames that ask without end leave a part to the page"),
    ],
    [
      "content-script-backs-off",
      "The content script asks less and less often where there is no room",
      inUnit("extension/content/backoff.test.ts", "where there is none, less and less often"),
      becomes("pauses.first"),
    ],
    [
      "one-open-probes-for-room",
      "Of many opens that find no room one finds out whether there is some again",
      inUnit("extension/content/backoff.test.ts", "many opens that find no room at one moment"),
    ],
    [
      "flood-is-done-one-at-a-time",
      "Of a flood of work one piece at a time is done",
      inUnit("extension/background/intake/scheduler.test.ts", "of a flood one at a time"),
      becomes("const most =  atOnce.usual;"),
    ],
    [
      "flood-work-has-pauses",
      "Work on a flood makes pauses that leave most of the time to others",
      inUnit("extension/background/intake/scheduler.test.ts", "of a flood one at a time"),
      becomes("0"),
    ],
    [
      "work-queues-per-site",
      "One site's work does not wait for another's",
      inUnit("extension/background/intake/scheduler.test.ts", "a site has four under way at a time"),
      becomes('""'),
      becomes('""'),
    ],
  ),
  ...row(
    "5",
    [
      "handshakes-limited-per-tab",
      "The messages of the frame handshake have a rate for each tab",
      inUnit("extension/background/documents/handshake.test.ts", "the page's own frames have what others leave"),
    ],
    [
      "handshake-records-per-site",
      "Records of the frame handshake of one site do not push out another's",
      inUnit("extension/background/documents/handshake.test.ts", "a frame that speaks without end"),
      becomes('""'),
    ],
    [
      "frame-answers-limited-per-origin",
      "A page answers the frames of an origin only so often",
      inUnit("extension/content/answers.test.ts", "frames of one origin get so many answers"),
    ],
  ),
  ...row(
    "H1",
    [
      "broker-limits-opens",
      "The broker limits opens by itself",
      inUnit("extension/background/sockets/sockets.test.ts", "the broker counts what a document asks for"),
      becomes("undefined && id < 0"),
      becomes("answered ?? (() => undefined)"),
    ],
    [
      "excess-messages-cut-off",
      "A document that sends far more than the content script does is cut off",
      inUnit("extension/background/sockets/sockets.test.ts", "the broker counts what a document asks for"),
      becomes("if (this.#intake.excess(kind) || !this.#disposed) return;"),
    ],
    [
      "crossing-messages-are-no-fault",
      "Messages that cross the end of a socket do not count as a fault",
      inUnit(
        "extension/background/sockets/document_connection.test.ts",
        "what crosses the end of a socket is no fault",
      ),
      always,
    ],
    [
      "crossing-data-within-credit",
      "Data that crosses the end of a socket is no fault as far as the credit went",
      inUnit("extension/background/sockets/in_flight.test.ts", "what the credit allowed may cross"),
      becomes("return true;"),
    ],
    [
      "misfits-silence-document",
      "A document that keeps sending what fits no schema is silenced",
      inUnit("extension/background/sockets/document_connection.test.ts", "what fits no schema ends the connection"),
    ],
    [
      "silenced-document-is-not-heard",
      "A silenced document is not heard for a while",
      inIntake("it is not heard for a minute"),
    ],
    [
      "connections-per-document",
      "Connections of a document are limited",
      inIntake("connections of a document, and of a tab"),
    ],
    ["connections-per-tab", "Connections of a tab are limited", inIntake("connections of a document, and of a tab")],
    [
      "overlong-messages-are-not-read",
      "A message with a text longer than any of ours is not read",
      inIntake("a message with a longer text than any of ours"),
      gone,
      gone,
    ],
    [
      "nested-messages-are-measured",
      "The length of a message is measured however deep it is",
      inIntake("however deep it is, of many texts"),
    ],
    [
      "writes-within-host-credit",
      "No more data goes to the host than its credit allows",
      inOutgoing("bytes go out as far as the host's credit reaches"),
    ],
    [
      "credit-within-received-bytes",
      "No more credit goes to the host than bytes came",
      inOutgoing("credit is given for bytes that came"),
      becomes("return true;"),
    ],
  ),
  ...row(
    "P4",
    [
      "failed-open-ends-host-socket",
      "A failure after the host has opened a socket ends it",
      inUnit("extension/background/sockets/opening.test.ts", "whatever fails after the host's yes"),
      becomes("if (isRefusal(error)) release();"),
    ],
    [
      "unclear-open-ends-host-socket",
      "An answer to an open that is not understood ends the socket",
      inUnit("extension/background/sockets/opening.test.ts", "so does an answer that is not understood"),
    ],
  ),
  ...row(
    "H1",
    [
      "unusable-host-is-ended",
      "A host that does not take the settings is ended",
      inUnit("extension/background/host/hosts.test.ts", "a host that refuses the settings"),
    ],
    [
      "starting-host-is-not-let-go",
      "A host that takes long to start is not let go before it is there",
      inUnit("extension/background/host/hosts.test.ts", "one that was started only to look is let go when it has"),
    ],
    [
      "host-that-owes-an-answer-stays",
      "A host is not let go while somebody waits for its answer",
      inUnit("extension/background/host/hosts.test.ts", "one that was started only to look is let go when it has"),
    ],
    [
      "owed-answer-has-its-time",
      "A host that never answers is ended, though somebody waits for it",
      inUnit("extension/background/host/hosts.test.ts", "one that never answers is ended all the same"),
      always,
    ],
    [
      "settings-are-answered-in-time",
      "A host that does not say whether it takes the settings is ended",
      inUnit("extension/background/host/hosts.test.ts", "one that never answers is ended all the same"),
      becomes("const late = undefined;"),
    ],
    [
      "host-version-was-offered",
      "A host that chooses a protocol version that was not offered is refused",
      inUnit("extension/background/host/versions.test.ts", "a host that speaks what nobody asked for is none"),
    ],
    [
      "host-requires-known-version",
      "The host refuses an extension whose protocol versions it does not know",
      inGo("nativehost/session", "TestVersionsMeet"),
      becomes("oldest"),
    ],
    [
      "unanswering-host-is-ended",
      "A host that does not answer hello as it should is ended",
      inUnit(
        "extension/background/host/hosts.test.ts",
        "a host that does not answer is ended, and not before it had its time",
      ),
    ],
  ),
  ...row(
    "7",
    [
      "unreadable-settings-are-not-none",
      "Settings that cannot be read do not count as no settings",
      inUnit("extension/background/host/hosts.test.ts", "settings that cannot be read"),
      becomes("return {};"),
    ],
    [
      "closed-host-rejects-waiting",
      "Closing a host rejects what waits for its answer",
      inUnit("extension/background/host/hosts.test.ts", "a host that cannot be told the new settings is ended"),
      becomes("void reject"),
    ],
    [
      "installed-app-by-window-type",
      'An installed app is what the browser shows in a window of the type "app"',
      inUnit("extension/background/documents/app_window.test.ts", "an app is what is in a window for apps"),
      becomes('return type !== "popup";'),
    ],
    [
      "ask-each-open-ignores-document-grants",
      "Where each open is to be asked for, what the document was allowed does not count",
      inUnit("extension/background/consent/consent.test.ts", "what a document was allowed counts neither"),
      always,
    ],
    [
      "open-needs-its-verdict",
      "An open that was decided by what the rules said before opens nothing where they say something else",
      inGo("nativehost/sockets", "TestOpenNeedsItsVerdict"),
    ],
    [
      "open-carries-its-verdict",
      "What was decided by what the rules said before is told so to the host",
      ofJudge("rules that have changed meanwhile are heard"),
    ],
    [
      "ask-each-open-ignores-remembered",
      "Where each open is to be asked for, what is remembered does not count",
      inUnit("extension/background/consent/consent.test.ts", "what is remembered counts neither where each open"),
    ],
    [
      "ask-each-open-while-queued",
      "A question in the queue is not settled by a grant where each open is to be asked for",
      inUnit("extension/background/consent/consent.test.ts", "what a document was allowed counts neither"),
    ],
  ),
  ...row("H3", [
    "lane-key-is-uuid",
    "Only a UUID becomes the name of a lane's connection",
    inUnit("extension/lane/key.test.ts", "a key is a UUID"),
    becomes('return typeof data === "string" && data.length > 0;'),
  ]),
];
