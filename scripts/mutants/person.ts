// What takes the person's will: consent (row 2), gestures (row 3), grants (P1), private windows (P3); what pages learn (E1) and what forged
// messages can do (H1).

import { change, inBrowser, inUnit, row, type Mutant } from "./mutant.ts";

const broker = "extension/background/broker.ts";
const consent = "extension/background/consent.ts";
const background = "extension/background/main.ts";
const prompts = "extension/background/prompt.ts";
const line = "extension/background/line.ts";
const muted = "extension/background/muted.ts";
const page = "extension/ui/prompt.ts";
const guard = "extension/ui/guard.ts";
const display = "extension/ui/display.ts";
const idn = "extension/ui/idn.ts";
const grants = "extension/grants.ts";
const activation = "extension/content/activation.ts";
const content = "extension/content/main.ts";

const order = inBrowser("api", "no activation comes before a missing port");
const oneGesture = inBrowser("api", "one gesture opens one new destination");
const remembering = inBrowser(
  "consent",
  "Allow once is for this document, Allow and remember for every document of the site",
);
const lineTest = "extension/background/line.test.ts";
const displayTest = "extension/ui/display.test.ts";
const idnTest = "extension/ui/idn.test.ts";
const liveness = inBrowser("prompt", "Allow is dead for half a second when the window comes");
const focus = inBrowser("focus", "Allow is dead for half a second after each return of the focus");
const clicksAgain = inBrowser("focus", "who clicks again in the page sees the question again");
const mutes = inBrowser("prompt", "may not ask for a while: the third question says so");
const nearby = inBrowser("naming", "are listed as they answer, nothing leaves before Allow but the question");
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
        "if (!answer.allow) throw refusals[answer.rule]();",
        'if (!answer.allow) return { host: proposed ?? "", entered: true, risk: false };',
      ),
    ],
    [
      "closing the window is a no",
      inBrowser("consent", "Deny, Escape and closing the window all say no"),
      change(
        prompts,
        "if (closed !== undefined) this.#answer(closed, no);",
        "if (closed !== undefined) closed.tell = undefined;",
      ),
      change(
        prompts,
        "      pending.tell = undefined;\n      this.#answer(pending, no);\n",
        "      pending.tell = undefined;\n",
      ),
    ],
    [
      "Allow is dead for the first half second",
      liveness,
      change(guard, "export const deadTime = 500;", "export const deadTime = 50;"),
    ],
    [
      "after each return of the focus",
      focus,
      change(guard, '["focus", "blur", "resize", "pageshow"]', '["resize", "pageshow"]'),
    ],
    [
      "and as long as another window has it",
      focus,
      change(guard, 'document.hasFocus() && document.visibilityState === "visible"', "true"),
    ],
    [
      "after a change of size",
      liveness,
      change(guard, '["focus", "blur", "resize", "pageshow"]', '["focus", "blur", "pageshow"]'),
    ],
    ["after a move", liveness, change(guard, 'if (place !== "" && now !== place) this.rest();', "")],
    [
      "after a change of what it says",
      liveness,
      change(page, "      showWaiting(view.count);\n      changed();\n", "      showWaiting(view.count);\n"),
    ],
    [
      "after what the person named has changed",
      inBrowser("naming", "Allow is dead for half a second after another one is picked"),
      change(
        page,
        '      "device" in next ? 0 : pause,\n    );\n  }\n  changed();\n',
        '      "device" in next ? 0 : pause,\n    );\n  }\n',
      ),
      change(page, "  named = undefined;\n  clearTimeout(typing);", "  clearTimeout(typing);"),
    ],
    [
      "Deny has the focus",
      inBrowser("consent", "is a dialog that is read out with who, where and what, and Deny has the focus"),
      change(
        page,
        '(host === undefined ? address : byId("deny")).focus();',
        "(host === undefined ? address : document.body).focus();",
      ),
    ],
    [
      "only what a person does allows, and no script",
      inBrowser("prompt", "no script, no key that is held down"),
      change(guard, "event.isTrusted && !held && ", "!held && "),
      change(guard, "if (event.isTrusted && whole && ", "if (whole && "),
      change(guard, "const whole = this.#pressed === button;", "const whole = true as boolean;"),
    ],
    [
      "no key that is held down",
      inBrowser("prompt", "no script, no key that is held down"),
      change(guard, "const held = event instanceof KeyboardEvent && event.repeat;", "const held = false as boolean;"),
      change(page, "  if (event.repeat && event.target instanceof HTMLButtonElement) event.preventDefault();\n", ""),
    ],
    [
      "a press counts only if it began on the button, while it was alive",
      inBrowser("prompt", "a press counts only if all of it comes while Allow is alive"),
      change(guard, "const whole = this.#pressed === button;", "const whole = true as boolean;"),
    ],
    [
      "and nothing has changed since",
      inBrowser("prompt", "a press counts only if all of it comes while Allow is alive"),
      change(guard, "    this.#pressed = undefined;\n    clearTimeout", "    clearTimeout"),
    ],
    [
      "only the extension's own page may answer",
      inBrowser("attack", "web pages and other frames cannot answer a prompt"),
      change(
        background,
        'port.name.startsWith("prompt:") && isOwnPage(port.sender)',
        'port.name.startsWith("prompt:")',
      ),
      change(prompts, "if (pending?.tell !== undefined || pending === undefined) {", "if (pending === undefined) {"),
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
      "one question of a site at a time",
      inUnit(lineTest, "one of a site at a time"),
      change(line, "site === one.site || tab === one.tab", "tab === one.tab"),
    ],
    [
      "whatever its subdomains are",
      inBrowser("prompt", "one of a site at a time, whatever its subdomains are"),
      change(
        "extension/domain.ts",
        "return registrableDomain(new URL(origin).hostname);",
        "return new URL(origin).hostname;",
      ),
    ],
    [
      "one question of a tab at a time",
      inUnit(lineTest, "one of a tab at a time"),
      change(line, "site === one.site || tab === one.tab", "site === one.site"),
    ],
    [
      "three on the screen",
      inUnit(lineTest, "a few on the screen"),
      change(line, "    if (this.#shown.size >= limits.screen) return undefined;\n", ""),
    ],
    [
      "who asks much keeps nobody waiting",
      inUnit(lineTest, "whoever has waited longest for a turn gets it"),
      change(line, "    this.#turns.set(first.site, ++this.#turn);\n", ""),
    ],
    [
      "a few of a site and of a tab may wait",
      inBrowser("prompt", "five of a site may wait, eight of a tab"),
      change(prompts, '    if (!this.#line.hasRoom(site, sender.tabId)) return { allow: false, rule: "limit" };\n', ""),
    ],
    [
      "that too many wait is told on the beat",
      inBrowser("prompt", "five of a site may wait, eight of a tab"),
      change(
        consent,
        '"too many questions of this site or tab wait for an answer.", { hidden: true }',
        '"too many questions of this site or tab wait for an answer.", {}',
      ),
    ],
    [
      "the same question is asked once",
      inBrowser("prompt", "one answer is for all who asked the same in one document"),
      change(
        prompts,
        "const pending = same ?? this.#begin(question, sender, helpers);",
        "const pending = (same?.shown === undefined ? same : undefined) ?? this.#begin(question, sender, helpers);",
      ),
    ],
    [
      "who clicks again sees the question",
      clicksAgain,
      change(prompts, "shown.window?.raise();", "void shown.window;"),
    ],
    [
      "but it does not come to the front for ever",
      clicksAgain,
      change(
        "extension/background/prompt_window.ts",
        "    if (++this.#raises > maxRaises) return;\n",
        "    this.#raises += maxRaises;\n",
      ),
    ],
    [
      "three noes in a row mute",
      mutes,
      change(
        prompts,
        '    if ((await mutedUntil(sender.origin, sender.private)) !== undefined) return { allow: false, rule: "muted" };\n',
        "",
      ),
      change(prompts, "if ((await mutedUntil(origin, isPrivate)) !== undefined) {", "if (false as boolean) {"),
    ],
    [
      "what waits is not asked any more",
      inBrowser("prompt", "questions that wait when it happens are not put any more"),
      change(prompts, "if ((await mutedUntil(origin, isPrivate)) !== undefined) {", "if (false as boolean) {"),
    ],
    [
      "the person is told beforehand",
      mutes,
      change(
        prompts,
        "    pending.mutes = await threatTo(origin, isPrivate);\n",
        "    await threatTo(origin, isPrivate);\n",
      ),
    ],
    [
      "the refusal of who is muted keeps the beat",
      mutes,
      change(
        consent,
        '"the person has said no several times: this site may not ask for a while.", { hidden: true }',
        '"the person has said no several times: this site may not ask for a while.", {}',
      ),
    ],
    [
      "a site is muted whatever subdomain asks",
      inUnit("extension/background/muted.test.ts", "from three origins of one site it is the site"),
      change(muted, "  keyOf(siteOf(origin), isPrivate),\n", ""),
    ],
    [
      "private windows have a count of their own",
      inUnit("extension/background/muted.test.ts", "three noes mute the origin and its site, and nobody else"),
      change(muted, '`${isPrivate ? "private" : "normal"} ${who}`', "`${typeof isPrivate} ${who}`"),
    ],
    [
      "a yes begins anew",
      inBrowser("prompt", "an Allow in between begins anew"),
      change(muted, 'if (answer === "yes") Reflect.deleteProperty(kept, key);\n      else ', 'if (answer !== "yes") '),
    ],
    [
      "questions that are taken back count half",
      inBrowser("prompt", "questions that the page takes back as soon as they are on the screen count half"),
      change(prompts, "if (pending.shown) pending.noted =", "if (!pending.shown) pending.noted ="),
    ],
    [
      "longer each time",
      inUnit("extension/background/streak.test.ts", "ten minutes, then an hour, then a day each time"),
      change("extension/background/streak.ts", "times: streak.times + 1", "times: streak.times"),
    ],
    [
      "who a host belongs to is told apart, and never cut",
      inUnit(displayTest, "a long host is cut in the middle"),
      change(
        display,
        "const before = host.slice(0, host.length - domain.length);",
        "const before = host.slice(0, -2);",
      ),
    ],
    [
      "users of a shared host are sites of their own",
      inUnit("extension/domain.test.ts", "the registrable domain: what somebody registered"),
      change("extension/domain.ts", "allowPrivateDomains: true", "allowPrivateDomains: false"),
    ],
    [
      "scripts are not mixed",
      inUnit(idnTest, "what may be taken for something else is not"),
      change(idn, "return !mixed && !(", "return !("),
    ],
    [
      "letters that all look Latin are not read out",
      inUnit(idnTest, "what may be taken for something else is not"),
      change(idn, "lookalikes !== undefined && made(lookalikes)", "lookalikes === undefined && mixed"),
    ],
    [
      "what is read out leads where it came from",
      inUnit(idnTest, "what is no Punycode, or leads elsewhere, is not read out"),
      change(idn, "clear: same && read", "clear: same !== undefined && read"),
    ],
    [
      "names that are not clear stay ASCII",
      inBrowser("consent", "shows whose host it is"),
      change(
        display,
        "...(read?.clear === true ? { letters: read.labels } : {}),",
        "...(read === undefined ? {} : { letters: read.labels }),",
      ),
    ],
    [
      "foreign text keeps no control characters",
      inUnit(displayTest, "foreign text keeps nothing that upsets the text around it"),
      change(display, "    .replaceAll(/[\\p{C}", "    .replaceAll(/[\\p{Co}"),
    ],
    [
      "the name of a port does not promise encryption",
      inBrowser("consent", "says what kind of place it is"),
      change(page, 'plain: asked.encryption !== "on"', "plain: false"),
    ],
    [
      "nor does another place than the one that was named",
      inBrowser("consent", "says what kind of place it is"),
      change(page, "    showEncryption(question, place);\n", ""),
    ],
    [
      "picking is not allowing",
      nearby,
      change(
        prompts,
        '    if (message.type === "name") {\n',
        '    if (message.type === "name" && "device" in message.named) {\n      const found = await checked(message.named);\n      if ("host" in found) this.#answer(pending, { allow: true, remember: false, host: found.host, how: "picked", risk: false });\n      return;\n    }\n    if (message.type === "name") {\n',
      ),
    ],
    [
      "looking ends with the question",
      nearby,
      change(
        consent,
        "timeout: lookingTime }, found, over)",
        "timeout: lookingTime }, found, new AbortController().signal ?? over)",
      ),
    ],
    [
      "nobody is looked for where nobody near is meant",
      inBrowser("naming", "are not looked for where the site proposes this computer"),
      change(consent, '(verdict.mustEnter && verdict.place === "network")', "verdict.mustEnter"),
    ],
    [
      "what was named is judged again when it is allowed",
      inBrowser("naming", "is judged again when Allow is pressed"),
      change(
        prompts,
        '    const found = await checked(named);\n    if ("complaint" in found) {',
        '    const found: Checked = "device" in named ? { host: "nas.local", risk: false } : await checked(named);\n    if ("complaint" in found) {',
      ),
    ],
    [
      "nothing moves under the pointer",
      inBrowser("naming", "come in at the end, and nothing moves under the pointer"),
      change("extension/ui/nearby.ts", "this.#list.append(option);", "this.#list.prepend(option);"),
    ],
    [
      "one named destination that is remembered, and no guess among several",
      inBrowser("naming", "are not looked for where the site proposes this computer"),
      change(grants, "return named.length === 1 ? named[0] : undefined;", "return named[0];"),
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
      inBrowser("prompt", "when its tab is closed"),
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
      change(consent, "if (sender.private || !verdict.remember", "if (!verdict.remember"),
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
      "noes that were given there are forgotten with the last of them",
      mutes,
      change(background, "watchPrivateWindows();\n", "void watchPrivateWindows;\n"),
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
