// What the broker takes in: bounds in number, length and rate, for each document, tab and site.

import { change, inGo, inUnit, row, type Mutant } from "./mutant.ts";

const budget = "extension/shared/budget.ts";
const intake = "extension/background/intake/intake.ts";
const shares = "extension/background/intake/tab_budgets.ts";
const turns = "extension/background/intake/scheduler.ts";
const handshake = "extension/background/documents/handshake.ts";
const outgoing = "extension/background/sockets/outgoing.ts";
const documentConnection = "extension/background/sockets/document_connection.ts";
const content = "extension/content/main.ts";

const inBudget = (name: string): ReturnType<typeof inUnit> => inUnit("extension/shared/budget.test.ts", name);
const inIntake = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/intake/intake.test.ts", name);
const inOutgoing = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/sockets/outgoing.test.ts", name);

export const intakes: readonly Mutant[] = [
  ...row(
    "3",
    ["so many opens at a time", inBudget("so many at a time"), change(budget, "this.#used < atOnce && ", "")],
    ["and in the long run", inBudget("so many in a row"), change(budget, " && this.#left >= cost", "")],
    [
      "of a document, of its tab and of its site",
      inIntake("of a document: so many at a time"),
      change(intake, "[document.of(this.#sender.documentId, now), ", "["),
    ],
    ["of a tab", inIntake("of a tab: frames of other sites"), change(intake, "...ofTab, ", "")],
    [
      "of which a frame of another site has a part",
      inIntake("of a tab: a frame that opens as fast as it can"),
      change(shares, "this.#sites.of(`${tab} ${site}`, now), this.#others.of(tab, now), ", ""),
    ],
    [
      "and all such frames leave some to the page",
      inIntake("of a tab: frames of other sites"),
      change(shares, "this.#others.of(tab, now), ", ""),
    ],
    [
      "whose own site is the one that the browser names",
      inUnit("extension/background/intake/sender.test.ts", "the page in the tab, and frames of its own site"),
      change("extension/background/intake/sender.ts", "site === siteOf(tab?.url", "site !== siteOf(tab?.url"),
    ],
    [
      "of a site, whatever its origins are",
      inIntake("of a site: its origins, in all tabs"),
      change(intake, "siteOf(origin)", "origin"),
    ],
    [
      "private windows apart",
      inIntake("private windows are a site of their own"),
      change(intake, 'isPrivate ? "private" : "normal"', '"normal"'),
    ],
    [
      "a document's room is the document's, not a connection's",
      inIntake("of a document, whatever connection they come by"),
      change(intake, "document.of(this.#sender.documentId, now)", "document.of(String(now + Math.random()), now)"),
    ],
    [
      "the content script keeps to it",
      inUnit("extension/content/main.test.ts", "a document has 128 opens under way, and not one more"),
      change(content, " || !this.#opens.take(now)", ""),
    ],
    [
      "and asks less and less often where there is no room",
      inUnit("extension/content/backoff.test.ts", "where there is none, less and less often"),
      change("extension/content/backoff.ts", "Math.min(pauses.most, 2 * this.#pause)", "pauses.first"),
    ],
    [
      "however many find none at one moment, one finds out",
      inUnit("extension/content/backoff.test.ts", "many opens that find no room at one moment"),
      change(
        "extension/content/backoff.ts",
        "    this.#probe = id;\n    this.#until = now + this.#pause;\n",
        "    this.#probe = id;\n",
      ),
    ],
    [
      "of a flood one at a time is done",
      inUnit("extension/background/intake/scheduler.test.ts", "of a flood one at a time"),
      change(turns, "queue.waiting.length > flood ? atOnce.flood : atOnce.usual", "atOnce.usual"),
    ],
    [
      "with pauses, which leave most of the time to others",
      inUnit("extension/background/intake/scheduler.test.ts", "of a flood one at a time"),
      change(turns, "times: 3", "times: 0"),
    ],
    [
      "one site's work does not wait for another's",
      inUnit("extension/background/intake/scheduler.test.ts", "a site has four under way at a time"),
      change(turns, "this.#queues.get(who)", 'this.#queues.get("")'),
      change(turns, "this.#queues.set(who, queue)", 'this.#queues.set("", queue)'),
    ],
  ),
  ...row(
    "5",
    [
      "what frames say has a rate for each tab",
      inUnit("extension/background/documents/handshake.test.ts", "the page's own frames have what others leave"),
      change(handshake, "if (!spendAll(said.of(", 'if (site === "" && !spendAll(said.of('),
    ],
    [
      "and what waits of one site does not push out another's",
      inUnit("extension/background/documents/handshake.test.ts", "a frame that speaks without end"),
      change(handshake, "part: site", 'part: ""'),
    ],
    [
      "a page answers one origin only so often",
      inUnit("extension/content/answers.test.ts", "frames of one origin get so many answers"),
      change("extension/content/answers.ts", "if (!budget.take(now)) return false;", "budget.take(now);"),
    ],
  ),
  ...row(
    "H1",
    [
      "the broker does not trust the content script to count",
      inUnit("extension/background/sockets/sockets.test.ts", "the broker counts what a document asks for"),
      change(
        documentConnection,
        "    if (answered === undefined) {\n",
        "    if (answered === undefined && id < 0) {\n",
      ),
      change(documentConnection, ".finally(answered)", ".finally(answered ?? (() => undefined))"),
    ],
    [
      "who goes far over what our script sends is cut off",
      inUnit("extension/background/sockets/sockets.test.ts", "the broker counts what a document asks for"),
      change(
        documentConnection,
        "    if (this.#intake.excess(kind)) return;\n",
        "    if (this.#intake.excess(kind) || !this.#disposed) return;\n",
      ),
    ],
    [
      "what crosses the end of a socket does not count",
      inUnit(
        "extension/background/sockets/document_connection.test.ts",
        "what crosses the end of a socket is no fault",
      ),
      change(documentConnection, "if (!this.#inFlight.covers(message)) this.#useless", "this.#useless"),
    ],
    [
      "as far as the credit went",
      inUnit("extension/background/sockets/in_flight.test.ts", "what the credit allowed may cross"),
      change(
        "extension/background/sockets/in_flight.ts",
        "return outgoing.writes(message.data, message.ack);",
        "return true;",
      ),
    ],
    [
      "nor is who sends again and again what fits no schema",
      inUnit("extension/background/sockets/document_connection.test.ts", "what fits no schema ends the connection"),
      change(documentConnection, '        if (!this.#intake.excess("misfit")) this.#intake.silence();\n', ""),
    ],
    [
      "and is not heard for a while",
      inIntake("it is not heard for a minute"),
      change(intake, "    if (this.#silent.has(sender.documentId)) return undefined;\n", ""),
    ],
    [
      "connections are few",
      inIntake("connections of a document, and of a tab"),
      change(intake, "const budgets = [own, ...", "const budgets = [..."),
    ],
    [
      "of a tab, too",
      inIntake("connections of a document, and of a tab"),
      change(intake, "[own, ...this.#tabConnections.of(placeOf(sender), now)]", "[own]"),
    ],
    [
      "what is longer than anything of ours is not read",
      inIntake("a message with a longer text than any of ours"),
      change(intake, "    if (left < 0) return false;\n", ""),
      change(intake, "left < 0 || !look", "!look"),
    ],
    [
      "however deep it is",
      inIntake("however deep it is, of many texts"),
      change(intake, "left < 0 || !look((value as Record<string, unknown>)[name], depth + 1)", "left < 0"),
    ],
    [
      "no more goes to the host than it has room for",
      inOutgoing("bytes go out as far as the host's credit reaches"),
      change(outgoing, "cost > this.#room || ", ""),
    ],
    [
      "nor credit that nobody owes",
      inOutgoing("credit is given for bytes that came"),
      change(outgoing, "return this.#credits >= 0;", "return true;"),
    ],
  ),
  ...row(
    "P4",
    [
      "whatever fails after the host's yes ends the socket",
      inUnit("extension/background/sockets/opening.test.ts", "whatever fails after the host's yes"),
      change(
        "extension/background/sockets/opening.ts",
        "if (!isRefusal(error)) release();",
        "if (isRefusal(error)) release();",
      ),
    ],
    [
      "also an answer that is not understood",
      inUnit("extension/background/sockets/opening.test.ts", "so does an answer that is not understood"),
      change(
        "extension/background/sockets/opening.ts",
        "error instanceof HostError && error.data !== undefined",
        "error instanceof HostError",
      ),
    ],
  ),
  ...row(
    "H1",
    [
      "a host that nobody can use is ended",
      inUnit("extension/background/host/hosts.test.ts", "a host that refuses the settings"),
      change(
        "extension/background/host/hosts.ts",
        "    connection.close(); // a host that does not know",
        "    // a host that does not know",
      ),
    ],
    [
      "one that speaks what was not asked for is none",
      inUnit("extension/background/host/versions.test.ts", "a host that speaks what nobody asked for is none"),
      change("extension/background/host/host.ts", " || !isSpoken(answer.protocolVersion)", ""),
    ],
    [
      "the host speaks with no extension that it does not understand",
      inGo("nativehost/session", "TestVersionsMeet"),
      change(
        "nativehost/session/dispatch.go",
        "if spoken < max(oldest, protocol.OldestProtocolVersion) {",
        "if spoken < oldest {",
      ),
    ],
    [
      "one that does not answer as it should, too",
      inUnit(
        "extension/background/host/hosts.test.ts",
        "a host that does not answer is ended, and not before it had its time",
      ),
      change(
        "extension/background/host/host.ts",
        "      port.disconnect(); // nobody is to talk to it, so nobody else would end it\n",
        "",
      ),
    ],
  ),
  ...row(
    "7",
    [
      "settings that cannot be read are not none",
      inUnit("extension/background/host/hosts.test.ts", "settings that cannot be read"),
      change("extension/background/host/managed.ts", "    throw new StorageFailure(error);", "    return {};"),
    ],
    [
      "a host that cannot be told the new settings leaves nobody waiting",
      inUnit("extension/background/host/hosts.test.ts", "a host that cannot be told the new settings is ended"),
      change("extension/background/host/host.ts", "reject(hostGone());\n    this.#waiting.clear();", "void reject;"),
    ],
    [
      "an installed app is what the browser says is one",
      inUnit("extension/background/documents/app_window.test.ts", "an app is what is in a window for apps"),
      change("extension/background/documents/app_window.ts", 'return type === "app";', 'return type !== "popup";'),
    ],
    [
      "a document that was once allowed is asked about like any other",
      inUnit("extension/background/consent/consent.test.ts", "what a document was allowed counts neither"),
      change(
        "extension/background/consent/consent.ts",
        "if (reached.network !== there.network || asksAnew(there)) continue;",
        "if (reached.network !== there.network) continue;",
      ),
    ],
    [
      "nor does what is remembered count there",
      inUnit("extension/background/consent/consent.test.ts", "what is remembered counts neither where each open"),
      change("extension/background/consent/consent.ts", "    if (asksAnew(judged)) return undefined;\n", ""),
    ],
    [
      "also while a question stands",
      inUnit("extension/background/consent/consent.test.ts", "what a document was allowed counts neither"),
      change("extension/background/consent/consent.ts", "    if (asksAnew(judged)) return undefined;\n", ""),
    ],
  ),
  ...row("H3", [
    "only keys become the name of a connection",
    inUnit("extension/lane/key.test.ts", "a key is a UUID"),
    change("extension/lane/key.ts", "data.length === 36 && form.test(data)", "data.length > 0"),
  ]),
];
