// What the user sees and has in hand while sockets are open: the toolbar's badge and popup, and the pause of a site (row P4); and that
// nobody else has (H1).

import { change, inBrowser, inUnit, row, type Mutant } from "./mutant.ts";

const activity = "extension/background/sockets/activity.ts";
const refusals = "extension/background/sockets/refusals.ts";
const badge = "extension/background/toolbar/badge.ts";
const documentConnection = "extension/background/sockets/document_connection.ts";
const openRequest = "extension/background/sockets/open_request.ts";
const socket = "extension/background/sockets/socket.ts";
const background = "extension/background/main.ts";
const grants = "extension/background/consent/grants.ts";
const consentTest = "extension/background/consent/consent.test.ts";
const paused = "extension/background/sockets/paused.ts";
const popup = "extension/background/toolbar/popup.ts";
const page = "extension/ui/popup.ts";

const reasons = inBrowser("toolbar", "have their true reason in the popup");

export const toolbar: readonly Mutant[] = [
  ...row(
    "P4",
    [
      "every open socket is counted",
      inUnit("extension/background/sockets/activity.test.ts", "every open socket is there, of its own tab"),
      change(
        activity,
        "    this.#sockets.set(live.key, live);\n",
        "    if (live.key % 2 === 0) this.#sockets.set(live.key, live);\n",
      ),
    ],
    [
      "and for as long as it is open",
      inUnit("extension/background/sockets/activity.test.ts", "every open socket is there, of its own tab"),
      change(activity, "if (this.#sockets.delete(live.key)) this", "this"),
    ],
    [
      "of its own tab",
      inUnit("extension/background/sockets/activity.test.ts", "every open socket is there, of its own tab"),
      change(
        activity,
        "filter(({ sender }) => sender.tabId === tabId)",
        "filter(({ sender }) => sender.tabId !== -tabId)",
      ),
    ],
    [
      "a badge does not go on counting what went with the worker",
      inUnit(
        "extension/content/main.test.ts",
        "a broker that goes with open sockets is started again, and one without them is not",
      ),
      change(
        "extension/content/main.ts",
        "        if (size > 0) wakeBackground();\n",
        "        if (size < 0) wakeBackground();\n",
      ),
    ],
    [
      "what was refused calls for attention",
      inUnit("extension/background/toolbar/toolbar.test.ts", "what was refused calls for attention until"),
      change(badge, "some(({ unseen }) => unseen)", "some(({ unseen, count }) => unseen && count < 0)"),
    ],
    [
      "what the user did does not",
      inUnit("extension/background/toolbar/toolbar.test.ts", "what was refused calls for attention until"),
      change(refusals, 'return reason !== "user" && reason !== "paused";', "return true;"),
    ],
    [
      "what the popup shows is the host's word",
      inUnit("extension/background/toolbar/toolbar.test.ts", "the popup shows what the host says"),
      change(popup, "this.#states.set(ids.get(state.socketId) ?? 0, { ...state, at });", "void at;"),
    ],
    [
      "an upgrade to TLS shows",
      inUnit("extension/background/toolbar/toolbar.test.ts", "an upgrade to TLS shows"),
      change(
        socket,
        '      if (this.#state.phase === "open") this.#home.shared.activity.upgraded(this.#state.live);\n',
        "",
      ),
    ],
    [
      "Close closes",
      inUnit("extension/background/toolbar/toolbar.test.ts", "Close ends a socket with an error"),
      change(
        socket,
        "destination); // before the page hears of it, and tries again\n    this.#cut();",
        "destination); // before the page hears of it, and tries again\n",
      ),
    ],
    [
      "what the user has closed, the page cannot open again by itself",
      inUnit("extension/background/toolbar/toolbar.test.ts", "Close ends a socket with an error"),
      change(
        socket,
        "    await grants.closeDocumentGrants(this.#home.sender, destination);",
        "    void grants; void destination;",
      ),
    ],
    [
      "nor with an open that is under way",
      inUnit(consentTest, "what the user closes while an open is under way does not come back with it"),
      change(grants, " && !closed.some((one) => sameDestination(one, destination));", ";"),
    ],
    [
      "also when another grant of the site is taken back",
      inUnit(consentTest, "what the user has closed stays closed when another grant of the site is taken back"),
      change(grants, "concerned(place) && closed.length === 0);", "concerned(place) && closed.length >= 0);"),
    ],
    [
      "closing takes a trusted click",
      inUnit("extension/ui/popup.test.ts", "a socket is closed"),
      change(
        "extension/ui/popup_sockets.ts",
        "if (event.isTrusted) actions.close(socket.key);",
        'if (event.type !== "") actions.close(socket.key);',
      ),
    ],
    [
      "a paused site gets nothing",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause ends what the site has open in every tab"),
      change(openRequest, "    if (paused) throw pausedRefusal();\n", ""),
    ],
    [
      "and learns nothing: the refusal comes on the beat",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause ends what the site has open in every tab"),
      change(openRequest, '"Portside is paused on this site.", { hidden: true }', '"Portside is paused on this site."'),
    ],
    [
      "what it had open ends, in every tab",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause ends what the site has open in every tab"),
      change(
        background,
        "origins.includes(connection.sender.origin)) connection.pause();",
        "origins.length < 0) connection.pause();",
      ),
    ],
    [
      "and nobody else's",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause ends what the site has open in every tab"),
      change(
        background,
        "origins.includes(connection.sender.origin)) connection.pause();",
        "origins.length > 0) connection.pause();",
      ),
    ],
    [
      "what is just being opened is refused, too",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause comes to what is just being opened"),
      change(
        documentConnection,
        "this.#stop(pausedRefusal, () => true);",
        'this.#stop(pausedRefusal, ({ state }) => state.phase === "open");',
      ),
    ],
    [
      "and not in another way",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause comes to what is just being opened"),
      change(socket, "this.withdraw.abort(refusal);", "this.withdraw.abort();"),
    ],
    [
      "a pause holds over a restart of the browser",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause holds over a restart of the browser"),
      change(paused, 'new Stored("local", "paused", read)', 'new Stored("session", "paused", read)'),
    ],
    [
      "to end a pause takes a trusted click: the switch",
      inUnit("extension/ui/popup.test.ts", "a pause is ended by its switch"),
      change(page, "if (event.isTrusted && site !== undefined) pause(", "if (site !== undefined) pause("),
    ],
    [
      "and the button beside the refusal",
      inUnit("extension/ui/popup.test.ts", "and by the button beside the refusal"),
      change(
        "extension/ui/popup_refusals.ts",
        "if (event.isTrusted) actions[remedy](origin);",
        'if (event.type !== "") actions[remedy](origin);',
      ),
    ],
    [
      "so does to let a muted site ask again",
      inUnit("extension/ui/popup.test.ts", "a site that asked too often may ask again"),
      change(page, "if (event.isTrusted && site !== undefined) unmute(", "if (site !== undefined) unmute("),
    ],
    [
      "the reason in the popup is the true one",
      inUnit(
        "extension/background/toolbar/toolbar.test.ts",
        "refusals and failures have their true reason in the popup",
      ),
      change(
        refusals,
        "    return by === undefined ? { reason } : { reason, by };\n  }",
        '    return { reason: "network", ...(reason === "policy" && by !== undefined ? { reason, by } : {}) };\n  }',
      ),
    ],
    [
      "and names the setting that decided, also after a name was resolved",
      reasons,
      change("nativehost/requests/requests.go", "	failure.Data.By = Setting(err)\n", ""),
    ],
    [
      "and before that",
      inUnit(
        "extension/background/toolbar/toolbar.test.ts",
        "refusals and failures have their true reason in the popup",
      ),
      change(
        "extension/background/consent/consent.ts",
        "const told = verdict.by === undefined ? {} : { by: verdict.by };",
        "const told = {};",
      ),
    ],
    [
      "lines are few",
      inUnit("extension/background/toolbar/toolbar.test.ts", "what repeats is one line with a count"),
      change(refusals, "if (records.length <= maxRefusals)", "if (records.length <= 1_000)"),
    ],
    [
      "what repeats is one of them",
      inUnit("extension/background/toolbar/toolbar.test.ts", "what repeats is one line with a count"),
      change(
        refusals,
        "records.find((old) => same(old, record))",
        "records.find((old) => old.count < 0 && same(old, record))",
      ),
    ],
    [
      "a page's texts are cut",
      inUnit("extension/background/toolbar/toolbar.test.ts", "what repeats is one line with a count"),
      change(refusals, "host: attempt.host.slice(0, maxText),", "host: attempt.host,"),
    ],
    [
      "refusals go with their tab",
      inUnit("extension/background/toolbar/toolbar.test.ts", "what repeats is one line with a count"),
      change(background, "  void activity.refusals.forget(tabId);\n", ""),
    ],
    [
      "and not with the worker",
      inUnit(
        "extension/background/intake/bounded_store.test.ts",
        "after a stop of the worker it is as it was, the bounds with it",
      ),
      change(
        "extension/background/intake/bounded_store.ts",
        "if (there.length > 0) await this.#set",
        "if (there.length < 0) await this.#set",
      ),
    ],
    [
      "a popup keeps no host alive",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a popup starts a host to see how it is"),
      change(
        popup,
        "    if (this.#over) return;\n    if (sockets.length > 0) this.refresh();",
        "    if (this.#over) return;\n    await this.#around.hosts.connect({ quiet: true });\n    if (sockets.length > 0) this.refresh();",
      ),
    ],
  ),
  ...row(
    "P3",
    [
      "a pause in a private window is on no disk",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause holds over a restart of the browser"),
      change(paused, 'new Stored("session", "paused", read)', 'new Stored("local", "paused", read)'),
    ],
    [
      "and goes with the last of them",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause holds over a restart of the browser"),
      change(background, "forgetPausesOfPrivateWindows();\n", ""),
      change(background, "import { forgetPausesOfPrivateWindows, onPausedChange }", "import { onPausedChange }"),
    ],
  ),
  ...row(
    "H1",
    [
      "only the extension's own pages are popups",
      inUnit("extension/background/main.test.ts", "only the extension's own pages are popups"),
      change(background, 'port.name === "popup" && isOwnPage(port.sender)', 'port.name === "popup"'),
    ],
    [
      "what is kept is closed to content scripts",
      inUnit("extension/background/main.test.ts", "what is kept is closed to content scripts"),
      change(
        background,
        'setAccessLevel({ accessLevel: "TRUSTED_CONTEXTS" })',
        'setAccessLevel({ accessLevel: "TRUSTED_AND_UNTRUSTED_CONTEXTS" })',
      ),
    ],
  ),
];
