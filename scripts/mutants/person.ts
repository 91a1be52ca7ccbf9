// What takes the person's will: consent (row 2), gestures (row 3), grants (P1), private windows (P3); what pages learn (E1) and what forged
// messages can do (H1).

import { change, inBrowser, inUnit, row, type Mutant } from "./mutant.ts";

const broker = "extension/background/broker.ts";
const consent = "extension/background/consent.ts";
const background = "extension/background/main.ts";
const prompts = "extension/background/prompt.ts";
const page = "extension/ui/prompt.ts";
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
        "    connection.revoke((destination) =>\n",
        "    ((_: unknown) => undefined)((destination: Destination) =>\n",
      ),
      change(
        background,
        "import { forgetDocuments, onRevoked, sameDestination } from",
        'import type { Destination } from "../grants.ts";\nimport { forgetDocuments, onRevoked, sameDestination } from',
      ),
    ],
    [
      "and asked for again",
      inBrowser("consent", "the settings list what is remembered"),
      change(background, "  void forgetDocuments((_, origin) => origins.has(origin));\n", ""),
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
      change("extension/background/headers.ts", 'return incognito === false ? "local" : "session";', 'return "local";'),
    ],
    [
      "nor those that a worker asks for while a private window is open",
      inBrowser("pwa", "after a restart of the browser, without a network"),
      change(
        "extension/background/headers.ts",
        'return tabs.some(({ incognito }) => incognito) ? "session" : "local";',
        'return tabs.length < 0 ? "session" : "local";',
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
