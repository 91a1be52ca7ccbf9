// What takes the person's will: consent (row 2), gestures (row 3), grants (P1), private windows (P3); what pages learn (E1) and what forged
// messages can do (H1).

import { change, inBrowser, inUnit, row, type Mutant } from "./mutant.ts";

const broker = "extension/background/broker.ts";
const consent = "extension/background/consent.ts";
const background = "extension/background/main.ts";
const prompts = "extension/background/prompt.ts";
const cleared = "extension/background/cleared.ts";
const marker = "extension/background/marker.ts";
const headers = "extension/background/headers.ts";
const page = "extension/ui/prompt.ts";
const options = "extension/ui/options.ts";
const grants = "extension/grants.ts";
const activation = "extension/content/activation.ts";
const content = "extension/content/main.ts";

const order = inBrowser("api", "no activation comes before a missing port");
const oneGesture = inBrowser("api", "one gesture opens one new destination");
const remembering = inBrowser(
  "consent",
  "Allow once is for this document, Allow and remember for every document of the site",
);
const privately = inBrowser("consent", "a private window is asked anew, remembers nothing");

export const person: readonly Mutant[] = [
  ...row(
    "2",
    [
      "every new destination is asked for",
      inBrowser("consent", "for a name on the internet says which"),
      change(consent, 'if (verdict.prompt === "skip" && proposed', "if (proposed"),
    ],
    [
      "nothing reaches the network before the answer",
      inBrowser("rules", "nothing is sent: no name is asked for, nobody is called"),
      change(
        broker,
        "      const reached = await consentTo(",
        '      if (remoteAddress !== "") await this.#connect(socket, connection, this.#hosts.reserve(connection), { host: remoteAddress, entered: true, risk: true }, options).catch(() => undefined);\n      const reached = await consentTo(',
      ),
      change(
        broker,
        "const destination = socket.destination as Destination;",
        "const destination = { port: options.remotePort ?? 0 };",
      ),
    ],
    [
      "a no is a no",
      inBrowser("consent", "Deny, Escape and closing the window all say no"),
      change(
        consent,
        'if (!answer.allow) throw new Refusal("user", "the person at the browser did not allow it.");',
        'if (!answer.allow) return { host: proposed ?? "", entered: true, risk: false };',
      ),
    ],
    [
      "closing the window is a no",
      inBrowser("consent", "Deny, Escape and closing the window all say no"),
      change(
        prompts,
        "if (pending.windowId === windowId) pending.answer({ allow: false });",
        'if (pending.windowId === windowId) pending.check("").catch(() => undefined);',
      ),
      change(
        prompts,
        "    port.onDisconnect.addListener(() => {\n      pending.answer({ allow: false });\n    });\n",
        "",
      ),
    ],
    [
      "Allow is dead for the first half second, and after each return of the focus",
      inBrowser("consent", "Deny has the focus, and Allow is dead for the first half second"),
      change(page, "const deadTime = 500;", "const deadTime = 50;"),
    ],
    [
      "after each return of the focus",
      inBrowser("consent", "Deny has the focus, and Allow is dead for the first half second"),
      change(page, 'addEventListener("focus", rest);', ""),
    ],
    [
      "Deny has the focus",
      inBrowser("consent", "Deny has the focus, and Allow is dead for the first half second"),
      change(
        page,
        '(asked.host === undefined ? address : byId("deny")).focus();',
        "(asked.host === undefined ? address : document.body).focus();",
      ),
    ],
    [
      "only a trusted click allows",
      inBrowser("consent", "a script in the prompt's place cannot press Allow"),
      change(page, "if (!event.isTrusted || button.disabled", "if (button.disabled"),
    ],
    [
      "only the extension's own page may answer",
      inBrowser("attack", "web pages and other frames cannot answer a prompt"),
      change(
        background,
        'port.name.startsWith("prompt:") && isOwnPage(port.sender)',
        'port.name.startsWith("prompt:")',
      ),
    ],
    [
      "the person sees the origin that the browser attests",
      inBrowser("attack", "the content script's own voice"),
      change(
        "extension/background/sender.ts",
        "return { origin, documentId, tabId: tab.id",
        "return { origin: `${origin}.`, documentId, tabId: tab.id",
      ),
    ],
    [
      "one question of an origin at a time, a few in line",
      inBrowser("consent", "one question of an origin at a time"),
      change(prompts, "queue.length >= maxQueued || withdrawn()", "withdrawn()"),
    ],
    [
      "in line",
      inBrowser("consent", "one question of an origin at a time"),
      change(prompts, "if (before !== undefined) {", "if (false as boolean) {"),
    ],
    [
      "remembering is the person's choice",
      remembering,
      change(consent, "if (answer.remember) await", "if (answer.allow) await"),
    ],
    [
      "a grant is one origin's",
      remembering,
      change(grants, "find((grant) => grant.origin === origin && sameDestination", "find((grant) => sameDestination"),
    ],
    [
      "and one port's",
      remembering,
      change(
        grants,
        "return a.protocol === b.protocol && a.host === b.host && a.port === b.port;",
        "return a.protocol === b.protocol && a.host === b.host;",
      ),
    ],
    [
      "what one document may reopen is no other's",
      inBrowser("consent", "Allow once is for this document, Allow and remember for every document of the site"),
      change(
        grants,
        "const documentKey = (documentId: string): string => `document:${documentId}`;",
        "const documentKey = (documentId: string): string => `document:${typeof documentId}`;",
      ),
    ],
    [
      "the question goes with its tab",
      inBrowser("consent", "goes when its tab goes"),
      change(
        broker,
        "    for (const socket of this.#sockets.values()) {\n      socket.withdraw.abort();\n",
        "    for (const socket of this.#sockets.values()) {\n",
      ),
    ],
  ),
  ...row(
    "3",
    [
      "no gesture, no new destination: the broker",
      order,
      change(broker, "if (reopened === undefined && !activated) {", "if (false as boolean) {"),
    ],
    [
      "the content script looks at the document's activation",
      order,
      change(activation, "if (!navigator.userActivation.isActive) return false;", ""),
    ],
    ["a gesture counts once", oneGesture, change(activation, "    this.#usedAt = now;\n", "")],
    [
      "events that a script makes are no gestures",
      inBrowser("api", "events that a script makes are no gestures"),
      change(activation, "if (event.isTrusted) this", "this"),
    ],
    [
      "a reconnection is to what this document had opened",
      oneGesture,
      change(
        content,
        "const activated = !this.#known.has(destination) && this.#gestures.take();",
        "const activated = this.#known.size > 0 || this.#gestures.take();",
      ),
    ],
    [
      "without gestures no ports are tried",
      inBrowser("rules", "one consent tells of one port"),
      change(broker, "if (reopened === undefined && !activated) {", "if (false as boolean) {"),
    ],
  ),
  ...row(
    "P1",
    [
      "what is remembered is listed, and taken back with its sockets",
      inBrowser("consent", "the settings list what is remembered"),
      change(
        background,
        "    connection.revoke((destination) => concerned(connection.sender.origin, destination));",
        "    void concerned;",
      ),
    ],
    [
      "and asked for again",
      inBrowser("consent", "the settings list what is remembered"),
      change(background, "  void forgetDocuments(affected);\n", ""),
    ],
    [
      "all of a site, and of no other",
      inBrowser("settings", "all of a site: every socket of it ends at once"),
      change(options, "takeBack((other) => other.origin === taken.origin)", "takeBack(() => true)"),
    ],
    [
      "all of a site, not one of it",
      inBrowser("settings", "all of a site: every socket of it ends at once"),
      change(
        background,
        "revoked.some((grant) => grant.origin === origin && sameDestination(grant, destination)),",
        "revoked[0] !== undefined && revoked[0].origin === origin && sameDestination(revoked[0], destination),",
      ),
    ],
    [
      "everything goes only after a second thought",
      inBrowser("settings", "everything, after a second thought"),
      change(options, 'if (confirmation.returnValue === "yes")', 'if (confirmation.returnValue !== "")'),
    ],
    [
      "the list follows what happens elsewhere",
      inBrowser("settings", "follows what happens elsewhere"),
      change(options, '"grants" in changes) void showGrants()', '"grants" in changes) void listGrants()'),
    ],
    [
      "what is saved is what is shown",
      inBrowser("settings", "the report for support is saved as it is shown"),
      change(options, "  save(report.textContent, `", '  save(report.textContent.replace("report", "saved report"), `'),
    ],
    [
      "nothing of private windows is shown or reported",
      inBrowser("settings", "sites that are held back are listed"),
      change("extension/ui/held_back.ts", "isPrivate ? [] :", "isPrivate && until < 0 ? [] :"),
    ],
  ),
  ...row(
    "P2",
    [
      "what deletes the marker takes the grants at once",
      inBrowser("clearing", "of one site, on its page"),
      change(
        cleared,
        "if (mayBeMarker(change.cookie)) void inTurn(() => changed(change));",
        "void changed; void change;",
      ),
    ],
    [
      "and closes what was allowed once, too",
      inBrowser("clearing", "of one site, on its page"),
      change(background, "  takeBack(origins, () => true);", "  takeBack(origins, () => false);"),
    ],
    [
      "a grant without its marker does not count",
      inBrowser("clearing", "a grant without its marker does not count"),
      change(consent, "    if (!(await stillRemembers(origin))) return undefined;\n", ""),
      change(consent, "import { remember, stillRemembers } from", "import { remember } from"),
    ],
    [
      "nor one whose marker was overwritten",
      inBrowser("clearing", "a grant without its marker does not count"),
      change(
        cleared,
        'removed ? cause === "overwrite" : isMarkerOf(origin, marker, cookie)',
        'removed ? cause === "overwrite" : marker.path !== ""',
      ),
    ],
    [
      "the markers are looked for when the browser starts",
      inBrowser("clearing", "a browser that deletes data when it closes"),
      change(
        cleared,
        "  await lookAtAll();\n  await ext",
        '  if (lookedKey === ("" as string)) await lookAtAll();\n  await ext',
      ),
    ],
    [
      "nothing is remembered without a marker",
      inBrowser("clearing", "where no marker can be set, Allow and remember is Allow once"),
      change(
        cleared,
        "    if (marker === undefined) return false;\n    await writeMarkers(",
        "    if (marker !== undefined) await writeMarkers(",
      ),
    ],
    [
      "and once a day",
      inBrowser("clearing", "all of them are looked at when the browser starts, and once a day"),
      change(
        cleared,
        "  await lookAtAll();\n  await ext",
        '  if (lookedKey === ("" as string)) await lookAtAll();\n  await ext',
      ),
    ],
    [
      "a marker is touched, so that the browser does not throw it out",
      inBrowser("clearing", "all of them are looked at when the browser starts, and once a day"),
      change(cleared, "    await touchMarker(origin, marker, cookie);\n", ""),
    ],
    [
      "it lives on while it is used",
      inBrowser("clearing", "lives on while it is used"),
      change(cleared, "if (Date.now() - marker.renewed > day) {", "if (marker.renewed < 0) {"),
    ],
    [
      "a new grant makes it young again",
      inBrowser("clearing", "a grant of the last hour is not hidden"),
      change(marker, "value: random(), renewed", "value: old?.value ?? random(), renewed"),
    ],
    [
      "it goes with the last grant",
      inBrowser("clearing", "is one for each origin, and goes with the last grant of it"),
      change(cleared, "void inTurn(() => tidy(new Set(revoked.map(({ origin }) => origin))));", "void revoked;"),
    ],
    [
      "no script reads or replaces it",
      inBrowser("clearing", "no page, no server and no other site sees it"),
      change(marker, "      httpOnly: true,\n", "      httpOnly: false,\n"),
      change(marker, "    cookie.httpOnly &&\n", ""),
    ],
    [
      "nor is a renderer that was taken over told where it is",
      inBrowser("clearing", "no page, no server and no other site sees it"),
      change(background, '{ accessLevel: "TRUSTED_CONTEXTS" }', '{ accessLevel: "TRUSTED_AND_UNTRUSTED_CONTEXTS" }'),
    ],
    [
      "nobody can guess where it is",
      inBrowser("clearing", "is one for each origin, and goes with the last grant of it"),
      change(marker, "`/.portside-${random()}/`", '`/.portside-${"0".repeat(22)}/`'),
    ],
    [
      "Clear-Site-Data: the storage",
      inBrowser("clearing", '"storage", with a page and with what a page loads'),
      change(headers, "  if (clearsStorage(headers)) {", "  if (clearsStorage(headers.slice(0, 0))) {"),
    ],
    [
      "also with a redirection",
      inBrowser("clearing", "on the way, with a redirection"),
      change(headers, "  if (clearsStorage(headers)) {", "  if (clearsStorage(headers) && statusCode < 300) {"),
    ],
    [
      "not in answer to another site",
      inBrowser("clearing", "of other data, of another origin, on another site's account"),
      change(
        "extension/background/clear_site_data.ts",
        'type === "main_frame" || initiator === origin ? origin',
        'type === "main_frame" || initiator !== "" ? origin',
      ),
    ],
    [
      "not out of a private window",
      inBrowser("clearing", "of other data, of another origin, on another site's account"),
      change(headers, 'if ((await areaOf(tabId)) === "local") cleared(origin);', "cleared(origin);"),
    ],
  ),
  ...row(
    "P3",
    [
      "grants of other windows do not count in private ones",
      privately,
      change(
        consent,
        "if (proposed === undefined || sender.private || !verdict",
        "if (proposed === undefined || !verdict",
      ),
    ],
    [
      "what is taken back elsewhere ends nothing there",
      inBrowser("private", "normal and private know nothing of each other"),
      change(background, "    !document.private && origins.has(document.origin);", "    origins.has(document.origin);"),
    ],
    [
      "what its documents may reopen goes with their tabs",
      inBrowser("private", "nothing is written down, and nothing is left"),
      change(background, "  void forgetDocuments((document) => document.tabId === tabId);\n", ""),
    ],
    [
      "what was seen there goes with the last of them",
      inBrowser("private", "nothing is written down, and nothing is left"),
      change(headers, "      if (!(await anyPrivate())) await forgetPrivate();\n", ""),
    ],
    [
      "remembering is not offered there",
      privately,
      change(consent, "remember: verdict.remember && !sender.private,", "remember: verdict.remember,"),
    ],
    [
      "the host is told which sockets are a private window's",
      privately,
      change(
        broker,
        "      private: this.sender.private,\n      userEntered",
        "      private: false,\n      userEntered",
      ),
    ],
    [
      "headers that were seen there are not kept",
      inBrowser("pwa", "after a restart of the browser, without a network"),
      change(headers, 'return incognito === false ? "local" : "session";', 'return "local";'),
    ],
    [
      "nor those that a worker asks for while a private window is open",
      inBrowser("pwa", "after a restart of the browser, without a network"),
      change(
        headers,
        'return (await anyPrivate()) ? "session" : "local";',
        'return (await anyPrivate()) && tabId > 0 ? "session" : "local";',
      ),
    ],
  ),
  ...row(
    "E1",
    [
      "hidden refusals of the extension come on the beat",
      inBrowser("policy", "switches Portside off, and on again"),
      change(
        broker,
        "if (error instanceof Refusal && error.hidden) await",
        "if (error instanceof Refusal && (error.hidden as unknown) === 1) await",
      ),
    ],
    [
      "pages get the same words whatever the cause",
      inBrowser("faults", "the same words for every failure of the network"),
      change(
        broker,
        "error: pageError(error.data.name) });\n      } else {",
        'error: { name: error.data.name, message: error.data.detail ?? "" } });\n      } else {',
      ),
    ],
    [
      "why is said where the page cannot read it",
      inBrowser("attack", "a page cannot flood the audit log, or read why it was refused"),
      change(content, "console.info(`Portside: ${message.text}`);", "document.title = message.text;"),
    ],
    [
      "a page cannot flood the audit log",
      inBrowser("attack", "a page cannot flood the audit log, or read why it was refused"),
      change(broker, "    if (++this.#audited > maxAuditedRefusals) return;\n", ""),
    ],
  ),
  ...row(
    "H1",
    [
      "what a document says fits its schema, or is the last it says",
      inBrowser("attack", "the content script's own voice"),
      change(
        broker,
        "if (!validateDocumentMessage(message)) {",
        "if (!validateDocumentMessage(message) && message === undefined) {",
      ),
    ],
    [
      "socket ids are the document's own",
      inBrowser("attack", "the content script's own voice"),
      change(
        broker,
        "  readonly #sockets = new Map<number, Socket>();",
        "  static readonly #all = new Map<number, Socket>();\n  readonly #sockets = DocumentConnection.#all;",
      ),
    ],
    [
      "broken data ends the socket that it is for",
      inBrowser("attack", "broken base64, too much data and too much credit"),
      change(
        "nativehost/session/dispatch.go",
        "\tif err != nil {\n\t\tpayload.Release()\n\t\treturn nil, false\n\t}\n\tpayload.Bytes",
        "\tif err != nil {\n\t\tpanic(err)\n\t}\n\tpayload.Bytes",
      ),
    ],
    [
      "the page script's port is handed over before any page script runs",
      inBrowser("attack", "events that look like the hand-over give a page nothing"),
      change(
        "manifest/base.json",
        '"world": "MAIN",\n      "run_at": "document_start",',
        '"world": "MAIN",\n      "run_at": "document_idle",',
      ),
    ],
    [
      "built-ins that a page has changed change nothing",
      inBrowser("attack", "a polluted prototype gives no activation and no destination"),
      change(content, "activated, secure: isSecureContext, options", "secure: isSecureContext, options"),
      change(content, "const activated = !this.#known", "const _ = !this.#known"),
    ],
  ),
];

export const supply: readonly Mutant[] = row(
  "H4",
  [
    "dependencies are pinned to one version",
    inUnit("scripts/supply.test.ts", "every dependency is one version"),
    change("package.json", '"esbuild": "0.28.2"', '"esbuild": "^0.28.2"'),
  ],
  [
    "and to one content",
    inUnit("scripts/supply.test.ts", "every package of the lock file has a hash"),
    change(
      "package-lock.json",
      '"integrity": "sha512-HKVLS8dvII+xoKW9kmqxbRKrnWEXfJJr/FZhhJmiqIB0e053QNYFqOBouTMO/k5sID4MvCiUCvv8b9M4h32wIA==",\n      "dev": true,\n      "hasInstallScript"',
      '"dev": true,\n      "hasInstallScript"',
    ),
  ],
);
