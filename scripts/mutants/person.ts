// What takes the user's will: consent (row 2), gestures (row 3), grants (P1), private windows (P3); what pages learn (E1) and what forged
// messages can do (H1).

import { change, inBrowser, inGo, inUnit, row, type Mutant } from "./mutant.ts";

const documentConnection = "extension/background/sockets/document_connection.ts";
const openRequest = "extension/background/sockets/open_request.ts";
const socket = "extension/background/sockets/socket.ts";
const consent = "extension/background/consent/consent.ts";
const background = "extension/background/main.ts";
const prompts = "extension/background/consent/prompt.ts";
const queue = "extension/background/consent/queue.ts";
const cooldown = "extension/background/consent/cooldown.ts";
const cleared = "extension/background/consent/cleared.ts";
const clearedTest = "extension/background/consent/marker_flood.test.ts";
const marker = "extension/background/consent/marker.ts";
const headers = "extension/background/documents/headers.ts";
const kinds = "extension/background/documents/window_kind.ts";
const ofHeaders = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/documents/headers.test.ts", name);
const options = "extension/ui/options.ts";
const page = "extension/ui/prompt.ts";
const guard = "extension/ui/guard.ts";
const display = "extension/ui/display.ts";
const idn = "extension/ui/idn.ts";
const grants = "extension/background/consent/grants.ts";
const activation = "extension/content/activation.ts";
const activationTest = "extension/content/activation.test.ts";
const gestures = "extension/background/consent/gestures.ts";
const gesturesTest = "extension/background/consent/gestures.test.ts";
const refusalAudit = "extension/background/sockets/refusal_audit.ts";
const auditBudget = "extension/background/sockets/audit_budget.ts";
const content = "extension/content/main.ts";

const auditUnit = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/sockets/refusal_audit.test.ts", name);
const consentTest = "extension/background/consent/consent.test.ts";
const protection = "extension/background/consent/protection.ts";
const inNetworks = inUnit(consentTest, "what was allowed in one network is asked for again in another");
const underWay = inUnit(consentTest, "what is taken back while an open is under way does not open, nor come back");
const networks = "nativehost/network/network.go";
const judging = "nativehost/session/policy.go";
const queueTest = "extension/background/consent/queue.test.ts";
const displayTest = "extension/ui/display.test.ts";
const idnTest = "extension/ui/idn.test.ts";

export const person: readonly Mutant[] = [
  ...row(
    "2",
    [
      "every new destination is asked for",
      inUnit(
        "extension/background/consent/asking.test.ts",
        "every new destination is asked for, and nothing reaches the network before the answer",
      ),
      change(consent, 'if (verdict.prompt === "skip" && proposed', "if (proposed"),
    ],
    [
      "nothing reaches the network before the answer",
      inUnit(
        "extension/background/consent/asking.test.ts",
        "every new destination is asked for, and nothing reaches the network before the answer",
      ),
      change(
        openRequest,
        "      const reached = await consentTo(",
        '      const early = { protocol, host: remoteAddress, port, protection: protectionOf(options, remoteAddress) };\n      if (remoteAddress !== "") await this.#connect({ connection, socketId: shared.hosts.reserve(connection) }, early, { ...early, entered: true, risk: true }).catch(() => undefined);\n      const reached = await consentTo(',
      ),
    ],
    [
      "who agreed to an encrypted connection did not agree to a plain one",
      inUnit(consentTest, "a yes to an encrypted connection opens no plain one"),
      change(
        protection,
        '  if (wanted.encryption !== "on") return false;\n',
        '  if (wanted.encryption !== "on") return true;\n',
      ),
    ],
    [
      "nor did who agreed to STARTTLS",
      inUnit("extension/background/consent/protection.test.ts", "a yes serves what risks no more"),
      change(protection, 'return agreed.encryption === "off" || wanted.encryption !== "off";', "return true;"),
    ],
    [
      "nor to TLS with somebody else",
      inUnit(consentTest, "a yes to an encrypted connection opens no plain one"),
      change(protection, 'return wanted.authentication === "name";', "return true;"),
    ],
    [
      "nor to other certificates than those that were listed",
      inUnit("extension/background/consent/protection.test.ts", "a yes serves what risks no more"),
      change(protection, "wanted.certificates.every(", "wanted.certificates.some("),
    ],
    [
      "what a document was allowed in one network it asks for again in another",
      inNetworks,
      change(
        consent,
        "if (reached.network !== there.network || asksAnew(there)) continue;",
        'if (reached.host === "") continue;',
      ),
    ],
    [
      "also when a question has been asked meanwhile",
      inNetworks,
      change(consent, "if (again.network === (await networkOf(again.host))) return again;", "return again;"),
    ],
    [
      "and so for what is remembered",
      inNetworks,
      change(consent, "if (network !== (await networkOf(host)) || network === unknownNetwork) continue;", ""),
    ],
    [
      "each network keeps what the document was allowed in it",
      inUnit(consentTest, "one document has what was allowed in each network"),
      change(grants, "old.host !== reached.host || old.network !== reached.network ||", "old.host !== reached.host ||"),
    ],
    [
      "a consent is for the network of the answer, not of the question",
      inUnit(consentTest, "a consent is for the network that the computer is in at the answer"),
      change(consent, 'const { network } = await judge(host, how !== "asked");', "const { network } = verdict;"),
    ],
    [
      "a question that waited is settled by what was allowed in the network of then",
      inUnit(consentTest, "whether a question that waited is still needed is judged in the network of then"),
      change(consent, "await remembered(await judge(wanted, false));", "await remembered(verdict);"),
    ],
    [
      "what cannot be known again is not remembered",
      inUnit(consentTest, "where the network cannot be told, nothing is remembered"),
      change(consent, 'grant.network === unknownNetwork ? "network-unknown" : await', "await"),
    ],
    [
      "a network is told by its router's hardware address",
      inGo("nativehost/network", "TestNetworks"),
      change(networks, "\tmac.Write(at.hardware)\n", ""),
    ],
    [
      "and by its address",
      inGo("nativehost/network", "TestNetworks"),
      change(networks, '\tmac.Write(at.addr.WithZone("").AsSlice())\n', ""),
    ],
    [
      "not by one that all virtual routers have",
      inGo("nativehost/network", "TestNetworks"),
      change(networks, "if !ok || isShared(at.hardware) {", "if !ok {"),
    ],
    [
      "by the router of the interface that leads there",
      inGo("nativehost/network", "TestNetworks"),
      change(networks, "return defaultRouter(addr.Is4(), index)", "return defaultRouter(addr.Is4(), index-index)"),
    ],
    [
      "by one that the system has heard",
      inGo("nativehost/network", "TestNetworks"),
      change("nativehost/network/router_linux.go", "unix.NUD_FAILED | unix.NUD_NOARP", "unix.NUD_FAILED"),
    ],
    [
      "ids of networks say nothing to others",
      inGo("nativehost/network", "TestNetworks"),
      change(networks, "hmac.New(sha256.New, salt)", "hmac.New(sha256.New, nil)"),
    ],
    [
      "what is the same everywhere is in no network",
      inGo("nativehost/session", "TestJudgementTellsTheNetwork"),
      change(judging, "&& network.DependsOn(host) {", '&& (network.DependsOn(host) || host.String() != "") {'),
    ],
    [
      "what an administrator lets pass is nobody's consent",
      inUnit(consentTest, "what an administrator lets pass is nobody's consent"),
      change(
        consent,
        "return { host: proposed, entered: false, risk: false, protection: protection(proposed) };",
        "return await agreed({ host: proposed, entered: false, risk: false, protection: protection(proposed) });",
      ),
    ],
    [
      "a no is a no",
      inUnit("extension/background/consent/asking.test.ts", "a no is a no: by the button, and by closing the window"),
      change(
        consent,
        "if (!answer.allow) throw refusals[answer.rule]();",
        'if (!answer.allow) return { host: proposed ?? "", entered: true, risk: false };',
      ),
    ],
    [
      "closing the window is a no",
      inUnit("extension/background/consent/asking.test.ts", "a no is a no: by the button, and by closing the window"),
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
      inUnit("extension/ui/guard.test.ts", "dead for the first half second, and for another after each change"),
      change(guard, "export const deadTime = 500;", "export const deadTime = 50;"),
    ],
    [
      "after each return of the focus",
      inUnit("extension/ui/guard.test.ts", "after each return of the focus"),
      change(guard, '["focus", "blur", "resize", "pageshow"]', '["resize", "pageshow"]'),
    ],
    [
      "and as long as another window has it",
      inUnit("extension/ui/guard.test.ts", "as long as another window has the focus, or nobody sees this one"),
      change(guard, 'document.hasFocus() && document.visibilityState === "visible"', "true"),
    ],
    [
      "after a change of size",
      inUnit("extension/ui/guard.test.ts", "after a change of size"),
      change(guard, '["focus", "blur", "resize", "pageshow"]', '["focus", "blur", "pageshow"]'),
    ],
    [
      "after a move",
      inUnit("extension/ui/guard.test.ts", "after a move, which no event tells of"),
      change(guard, 'if (place !== "" && now !== place) this.rest();', ""),
    ],
    [
      "after a change of what it says",
      inUnit("extension/ui/prompt.test.ts", "Allow is dead for half a second after what the window says has changed"),
      change(page, "      showWaiting(view.count);\n      changed();\n", "      showWaiting(view.count);\n"),
    ],
    [
      "after what the user named has changed",
      inUnit("extension/ui/prompt.test.ts", "what the user named can be allowed once the background has found it good"),
      change(
        page,
        '      "device" in next ? 0 : pause,\n    );\n  }\n  changed();\n',
        '      "device" in next ? 0 : pause,\n    );\n  }\n',
      ),
      change(page, "  named = undefined;\n  objection = undefined;\n", "  objection = undefined;\n"),
    ],
    [
      "what is no address cannot be allowed",
      inUnit("extension/ui/prompt.test.ts", "what is no address cannot be allowed"),
      change(page, '  if ("complaint" in view) {\n', '  if ("complaint" in view) {\n    named = checked;\n'),
    ],
    [
      "the dialog has the focus, and no button: somebody may be typing",
      inUnit("extension/ui/prompt.test.ts", "the dialog has the focus, and no button"),
      change(page, "  dialog.focus();\n", "  deny.focus();\n"),
    ],
    [
      "Escape is guarded like Allow",
      inUnit("extension/ui/guard.test.ts", "Escape is guarded like the buttons"),
      change(guard, "!event.repeat && this.#alive && ready()) pressed();", "ready()) pressed();"),
    ],
    [
      "a no that nobody had the time for does not count",
      inUnit("extension/background/consent/asking.test.ts", "a no that nobody had the time for does not count"),
      change(prompts, "else if (pending.seen) pending", "else pending"),
    ],
    [
      "a question that finds no place for its window comes without one",
      inUnit(
        "extension/background/consent/prompting.test.ts",
        "a question that finds no place for its window comes without one",
      ),
      change(
        "extension/background/consent/prompt_window.ts",
        "    } catch {\n      // Not there.\n    }",
        "    } catch (error) {\n      throw error;\n    }",
      ),
    ],
    [
      "only what a person does allows, and no script",
      inUnit("extension/ui/guard.test.ts", "no script presses, neither half of it"),
      change(guard, "event.isTrusted && !held && ", "!held && "),
      change(guard, "if (event.isTrusted && whole && ", "if (whole && "),
      change(guard, "const whole = this.#pressed === button;", "const whole = true as boolean;"),
    ],
    [
      "no key that is held down",
      inUnit("extension/ui/guard.test.ts", "no key that is held down"),
      change(guard, "const held = event instanceof KeyboardEvent && event.repeat;", "const held = false as boolean;"),
      change(page, "  if (event.repeat && event.target instanceof HTMLButtonElement) event.preventDefault();\n", ""),
    ],
    [
      "a press counts only if it began on the button, while it was alive",
      inUnit("extension/ui/guard.test.ts", "a press counts that began on the button while it was alive"),
      change(guard, "const whole = this.#pressed === button;", "const whole = true as boolean;"),
    ],
    [
      "somebody who clicks on and on means something else",
      inUnit("extension/ui/guard.test.ts", "somebody who clicks or types on and on is to pause first"),
      change(guard, "      if (!this.#alive) this.rest();\n", ""),
    ],
    [
      "no page can frame, open or read the extension's pages",
      inBrowser("tricks", "the extension's pages cannot be framed, opened or read by a page"),
      change(
        "manifest/chromium.json", // its list of such resources stands in place of the shared manifest's
        '{"resources": ["lane/frame.html"], "matches": [',
        '{"resources": ["lane/frame.html", "ui/*"], "matches": [',
      ),
    ],
    [
      "no other extension may speak to this one",
      inUnit("extension/background/main.test.ts", "no other extension may speak to this one"),
      change(
        background,
        "ext.runtime.onMessage.addListener((message: unknown, sender, respond) => {",
        'ext.runtime.onMessageExternal.addListener((message: unknown, _sender, respond) => {\n  if (message === "host-state") void hostState(hosts).then(respond);\n  return true;\n});\next.runtime.onMessage.addListener((message: unknown, sender, respond) => {',
      ),
    ],
    [
      "and nothing has changed since",
      inUnit("extension/ui/guard.test.ts", "not if anything has changed since it began"),
      change(guard, "    this.#pressed = undefined;\n    clearTimeout", "    clearTimeout"),
    ],
    [
      "only the extension's own page may answer",
      inUnit("extension/background/consent/prompting.test.ts", "only the extension's own page may answer"),
      change(
        background,
        'port.name.startsWith("prompt:") && isOwnPage(port.sender)',
        'port.name.startsWith("prompt:")',
      ),
      change(prompts, "if (pending?.tell !== undefined || pending === undefined) {", "if (pending === undefined) {"),
    ],
    [
      "the user sees the origin that the browser attests",
      inUnit(
        "extension/background/intake/sender.test.ts",
        "who speaks is what the browser says of the sender, and a document of a tab or nobody",
      ),
      change(
        "extension/background/intake/sender.ts",
        "return { origin, documentId, tabId: tab.id",
        "return { origin: `${origin}.`, documentId, tabId: tab.id",
      ),
    ],
    [
      "one question of a site at a time",
      inUnit(queueTest, "one of a site at a time"),
      change(queue, "site === one.site || tab === one.tab", "tab === one.tab"),
    ],
    [
      "where each open is to be asked for, no other has part in the answer",
      inUnit("extension/background/consent/prompt.test.ts", "where each open is to be asked for"),
      change(prompts, " && !alone(one) && !alone({ helpers })", " && !(alone(one) && !alone({ helpers }))"),
    ],
    [
      "which the administrator says",
      inUnit("extension/background/consent/consent.test.ts", "what a document was allowed counts neither"),
      change("extension/background/consent/consent.ts", "      each: asksAnew(verdict),\n", ""),
    ],
    [
      "whatever its subdomains are",
      inUnit("extension/background/consent/prompting.test.ts", "one question of a site at a time"),
      change("extension/shared/domain.ts", "? siteOfHost(new URL(origin).hostname)", "? new URL(origin).hostname"),
    ],
    [
      "and with a final dot or without",
      inUnit("extension/shared/domain.test.ts", "a site is neither scheme nor port nor a final dot"),
      change("extension/shared/domain.ts", "const host = bare(name);", "const host = name;"),
    ],
    [
      "one question of a tab at a time",
      inUnit(queueTest, "one of a tab at a time"),
      change(queue, "site === one.site || tab === one.tab", "site === one.site"),
    ],
    [
      "three on the screen",
      inUnit(queueTest, "a few on the screen"),
      change(queue, "    if (this.#shown.size >= limits.screen) return undefined;\n", ""),
    ],
    [
      "who asks much keeps nobody waiting",
      inUnit(queueTest, "whoever has waited longest for a turn gets it"),
      change(queue, "    this.#turns.set(first.site, ++this.#turn);\n", ""),
    ],
    [
      "a few of a site and of a tab may wait",
      inUnit("extension/background/consent/prompting.test.ts", "five of a site may wait"),
      change(
        prompts,
        '    if (!this.#queue.hasRoom(site, sender.tabId)) return { allow: false, rule: "limit" };\n',
        "",
      ),
    ],
    [
      "that too many wait is told on the beat",
      inUnit("extension/background/consent/prompting.test.ts", "five of a site may wait"),
      change(
        consent,
        '"too many questions of this site or tab wait for an answer.", { hidden: true }',
        '"too many questions of this site or tab wait for an answer.", {}',
      ),
    ],
    [
      "the same question is asked once",
      inUnit("extension/background/consent/prompting.test.ts", "what is the same question is asked once"),
      change(
        prompts,
        "const pending = same ?? this.#begin(question, sender, helpers);",
        "const pending = (same?.shown === undefined ? same : undefined) ?? this.#begin(question, sender, helpers);",
      ),
    ],
    [
      "who clicks again sees the question",
      inUnit("extension/background/consent/prompting.test.ts", "who clicks again sees the question again"),
      change(prompts, "shown.window?.raise();", "void shown.window;"),
    ],
    [
      "but it does not come to the front for ever",
      inUnit("extension/background/consent/prompting.test.ts", "who clicks again sees the question again"),
      change(
        "extension/background/consent/prompt_window.ts",
        "    if (++this.#raises > maxRaises) return;\n",
        "    this.#raises += maxRaises;\n",
      ),
    ],
    [
      "three noes in a row mute",
      inUnit(
        "extension/background/consent/prompting.test.ts",
        "after three noes in a row the site may not ask for ten minutes",
      ),
      change(
        prompts,
        '    if ((await cooldownUntil(sender.origin, sender.private)) !== undefined) return { allow: false, rule: "muted" };\n',
        "",
      ),
      change(prompts, "if ((await cooldownUntil(origin, isPrivate)) !== undefined) {", "if (false as boolean) {"),
    ],
    [
      "what waits is not asked any more",
      inUnit("extension/background/consent/prompting.test.ts", "what waits when it happens is not put any more"),
      change(prompts, "if ((await cooldownUntil(origin, isPrivate)) !== undefined) {", "if (false as boolean) {"),
    ],
    [
      "the user is told beforehand",
      inUnit(
        "extension/background/consent/prompting.test.ts",
        "after three noes in a row the site may not ask for ten minutes",
      ),
      change(
        prompts,
        "    pending.cooldown = await nextCooldown(origin, isPrivate);\n",
        "    await nextCooldown(origin, isPrivate);\n",
      ),
    ],
    [
      "the refusal of who is muted keeps the beat",
      inUnit(
        "extension/background/consent/prompting.test.ts",
        "after three noes in a row the site may not ask for ten minutes",
      ),
      change(
        consent,
        '"the user has said no several times: this site may not ask for a while.", { hidden: true }',
        '"the user has said no several times: this site may not ask for a while.", {}',
      ),
    ],
    [
      "a site is muted whatever subdomain asks",
      inUnit("extension/background/consent/cooldown.test.ts", "from three origins of one site it is the site"),
      change(cooldown, "  keyOf(siteOf(origin), isPrivate),\n", ""),
    ],
    [
      "private windows have a count of their own",
      inUnit(
        "extension/background/consent/cooldown.test.ts",
        "three noes mute the origin and its site, and nobody else",
      ),
      change(cooldown, '`${isPrivate ? "private" : "normal"} ${who}`', "`${typeof isPrivate} ${who}`"),
    ],
    [
      "a yes begins anew",
      inUnit("extension/background/consent/prompting.test.ts", "a yes in between begins anew"),
      change(cooldown, "      Reflect.deleteProperty(counting, key);\n", ""),
    ],
    [
      "questions that are taken back count half",
      inUnit(
        "extension/background/consent/prompting.test.ts",
        "a question that the page takes back once it is on the screen counts half",
      ),
      change(prompts, "if (pending.shown) pending.noted =", "if (!pending.shown) pending.noted ="),
    ],
    [
      "longer each time",
      inUnit("extension/background/consent/backoff.test.ts", "ten minutes, then an hour, then a day each time"),
      change("extension/background/consent/backoff.ts", "times: backOff.times + 1", "times: backOff.times"),
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
      inUnit("extension/shared/domain.test.ts", "the registrable domain: what somebody registered"),
      change("extension/shared/domain.ts", "allowPrivateDomains: true", "allowPrivateDomains: false"),
    ],
    [
      "scripts are not mixed",
      inUnit(idnTest, "what may be taken for something else is not"),
      change(idn, "return !mixed && !made(", "return !made("),
    ],
    [
      "letters that all look Latin are not read out",
      inUnit(idnTest, "what may be taken for something else is not"),
      change(idn, "return !mixed && !made(one.lookalikes);", "return !mixed;"),
      change(idn, "lookalikes: lookalikes[name] + more };", "lookalikes: more };"),
      change(idn, '.normalize("NFD").replaceAll(/\\p{Mn}/gu, "")', ""),
    ],
    [
      "what is read out leads where it came from",
      inUnit(idnTest, "what is no Punycode, or leads elsewhere, is not read out"),
      change(idn, "clear: same && read", "clear: same !== undefined && read"),
    ],
    [
      "names that are not clear stay ASCII",
      inUnit(
        "extension/ui/display.test.ts",
        "what is shown is ASCII; the letters come beside it only when they are clear",
      ),
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
      "a certificate that the site has chosen is called that",
      inUnit(displayTest, "every place and kind of encryption has its words"),
      change(display, "return messages[protection.authentication];", "return messages.name;"),
    ],
    [
      "the name of a port does not promise encryption",
      inUnit("extension/ui/prompt.test.ts", "the name of a port does not promise encryption that there is not"),
      change(page, 'plain: asked.encryption !== "on"', "plain: false"),
    ],
    [
      "nor does another place than the one that was named",
      inUnit("extension/ui/prompt.test.ts", "who may read along is said of the place that was named"),
      change(page, "  showEncryption(question, place);\n", ""),
    ],
    [
      "picking is not allowing",
      inUnit("extension/background/consent/asking.test.ts", "a device nearby: picking is not allowing"),
      change(
        prompts,
        '    if (message.type === "name") {\n',
        '    if (message.type === "name" && "device" in message.named) {\n      const found = await checked(message.named);\n      if ("host" in found) this.#answer(pending, { allow: true, remember: false, host: found.host, how: "picked", risk: false });\n      return;\n    }\n    if (message.type === "name") {\n',
      ),
    ],
    [
      "looking ends with the question",
      inUnit("extension/background/consent/asking.test.ts", "a device nearby: picking is not allowing"),
      change(
        consent,
        "timeout: lookingTime }, found, over)",
        "timeout: lookingTime }, found, new AbortController().signal ?? over)",
      ),
    ],
    [
      "nobody is looked for where nobody near is meant",
      inUnit("extension/background/consent/asking.test.ts", "devices are looked for where somebody near is meant"),
      change(consent, '(verdict.mustEnter && verdict.place === "network")', "verdict.mustEnter"),
    ],
    [
      "what was named is judged again when it is allowed",
      inUnit("extension/background/consent/asking.test.ts", "a device nearby: picking is not allowing"),
      change(
        prompts,
        '    const found = await checked(named);\n    if ("complaint" in found) {',
        '    const found: Checked = "device" in named ? { host: "nas.local", risk: false } : await checked(named);\n    if ("complaint" in found) {',
      ),
    ],
    [
      "nothing moves under the pointer",
      inUnit(
        "extension/ui/prompt.test.ts",
        "devices that are found come in at the end: nothing moves under the pointer",
      ),
      change("extension/ui/nearby.ts", "this.#list.append(option);", "this.#list.prepend(option);"),
    ],
    [
      "one named destination that is remembered, and no guess among several",
      inUnit("extension/background/consent/asking.test.ts", "one named destination that is remembered counts"),
      change(
        consent,
        "if (proposed === undefined && new Set(good.map(({ host }) => host)).size > 1) return undefined;",
        "",
      ),
    ],
    [
      "remembering is the user's choice",
      inUnit(
        "extension/background/consent/asking.test.ts",
        "Allow once is this document's; Allow and remember is the site's",
      ),
      change(consent, "if (answer.remember) await", "if (answer.allow) await"),
    ],
    [
      "a grant is one origin's",
      inUnit(
        "extension/background/consent/asking.test.ts",
        "Allow once is this document's; Allow and remember is the site's",
      ),
      change(grants, "(grant) => grant.origin === origin && concerns(", "(grant) => concerns("),
    ],
    [
      "and one port's",
      inUnit(
        "extension/background/consent/asking.test.ts",
        "Allow once is this document's; Allow and remember is the site's",
      ),
      change(
        grants,
        "return a.protocol === b.protocol && a.host === b.host && a.port === b.port;",
        "return a.protocol === b.protocol && a.host === b.host;",
      ),
    ],
    [
      "what one document may reopen is no other's",
      inUnit(
        "extension/background/consent/asking.test.ts",
        "Allow once is this document's; Allow and remember is the site's",
      ),
      change(
        grants,
        "  const grants = await documents.get(documentId);\n  const reached",
        "  const grants = (await documents.entries())[0]?.[1];\n  const reached",
      ),
    ],
    [
      "the question goes with its tab",
      inUnit(
        "extension/background/consent/prompting.test.ts",
        "a question is refused on the screen by nobody but the user",
      ),
      change(socket, "  dispose(): void {\n    this.withdraw.abort();\n", "  dispose(): void {\n"),
    ],
  ),
  ...row(
    "3",
    [
      "no gesture, no question",
      inUnit(consentTest, "what is remembered opens without a gesture, in every document; a question takes one"),
      change(consent, "  if (!gesture.take()) throw noGesture();\n\n", "  gesture.take();\n\n"),
    ],
    [
      "the content script looks at the document's activation",
      inUnit("extension/content/main.test.ts", "activation is the document's own, as long as there is one"),
      change(activation, "if (!navigator.userActivation.isActive || presses", "if (presses"),
    ],
    [
      "a press counts once",
      inUnit(gesturesTest, "a press counts once for all documents of a tab and a site"),
      change(gestures, "    this.#used = [...this.#used, { who, began, at }].slice(-most);\n", ""),
    ],
    [
      "for all frames of a page that are of one site",
      inUnit(gesturesTest, "a press counts once for all documents of a tab and a site"),
      change(gestures, "siteOf(sender.origin)", "sender.origin"),
    ],
    [
      "also where they are documents of their own",
      inUnit(
        "extension/background/consent/gestures.test.ts",
        "a press counts once for all documents of a tab and a site",
      ),
      change(gestures, "used.who === who && used.began", "used.began > used.at && used.began"),
    ],
    [
      "events that a script makes are no gestures",
      inUnit(activationTest, "what a script makes is no press"),
      change(activation, "if (!isTrusted || key", "if (key"),
    ],
    [
      "a key that is held is one press",
      inUnit(activationTest, "a key that is held is one press"),
      change(activation, "repeat ? undefined : timeStamp", "timeStamp"),
    ],
    [
      "the other half of a click is the same press",
      inUnit(activationTest, "a press begins when a key or a button goes down"),
      change(
        activation,
        'else if (type === "pointerup" && pointerType !== "mouse") {\n      this.#press(this.#down, timeStamp);',
        'else if (type === "pointerup") {\n      this.#press(timeStamp, timeStamp);',
      ),
    ],
    [
      "a missing gesture looks like every refusal that is hidden",
      inUnit(consentTest, "what an administrator lets pass takes no gesture"),
      change(
        "extension/background/intake/refusal.ts",
        "noGesture({ hidden = true } = {})",
        "noGesture({ hidden = false } = {})",
      ),
    ],
    [
      "a name that is none tells nothing of a host without a gesture",
      inUnit(consentTest, "what an administrator lets pass takes no gesture"),
      change(consent, 'if (verdict.reason === "dns" && !gesture.take()) throw noGesture();', ""),
    ],
    [
      "without a gesture nobody learns that there is no host, and no page appears",
      inUnit("extension/background/sockets/sockets.test.ts", "without a host: who has clicked sees the setup page"),
      change(openRequest, "if (gesture.take()) void openSetupPage", 'if (error.message !== "-") void openSetupPage'),
    ],
    [
      "what the user has closed takes a gesture, also when it is remembered",
      inUnit(consentTest, "a document comes back by itself to what the user has closed neither"),
      change(consent, "if (!(await grants.wasClosed(documentId, destination))) return;", "return;"),
    ],
    [
      "without gestures no ports are tried",
      inUnit("extension/background/consent/asking.test.ts", "without a gesture nobody is asked, and no port is tried"),
      change(consent, "  if (!gesture.take()) throw noGesture();\n\n", "  gesture.take();\n\n"),
    ],
  ),
  ...row(
    "P1",
    [
      "what is remembered is listed, and taken back with its sockets",
      inUnit(
        "extension/background/main.test.ts",
        "what is taken back in the settings ends the sockets that stood on it",
      ),
      change(
        background,
        "connection.revoke((socket) => concerned(connection.sender.origin, socket));",
        "void concerned;",
      ),
    ],
    [
      "and asked for again",
      inUnit(
        "extension/background/main.test.ts",
        "what is taken back in the settings ends the sockets that stood on it",
      ),
      change(background, "  void takeBackFromDocuments(origins);\n", ""),
    ],
    [
      "it does not come back with an open that is under way",
      underWay,
      change(grants, "may = taken === timesTakenBack(place) && ", "may = "),
      change(grants, "return may && taken === timesTakenBack(place);", "return may;"),
    ],
    [
      "nor does that open",
      underWay,
      change(
        consent,
        "return (await grants.stillReaches(documentId, request, back)) ? back : await anew();",
        "return back;",
      ),
    ],
    [
      "nor a question that it settled",
      underWay,
      change(consent, "taken = settledAt ?? grants.timesTakenBack(sender);", "taken = grants.timesTakenBack(sender);"),
    ],
    [
      "who answers afterwards has said yes",
      inUnit(consentTest, "an answer after something was taken back is a new one"),
      change(consent, "taken = settledAt ?? grants.timesTakenBack(sender);", "taken = settledAt ?? taken;"),
    ],
    [
      "what is connecting is refused, and not told that the page withdrew",
      inUnit(
        "extension/background/sockets/document_connection.test.ts",
        "what is connecting when its grant is taken back is refused",
      ),
      change(socket, "this.withdraw.abort(refusal);", "this.withdraw.abort();"),
    ],
    [
      "all of a site, and of no other",
      inUnit("extension/ui/options.test.ts", "all of a site goes, and of no other"),
      change(options, "takeBack((other) => other.origin === taken.origin)", "takeBack(() => true)"),
    ],
    [
      "all of a site, not one of it",
      inUnit(
        "extension/background/main.test.ts",
        "what is taken back in the settings ends the sockets that stood on it",
      ),
      change(
        background,
        "revoked.some((grant) => grant.origin === origin && concerns(grant, socket)),",
        "revoked[0] !== undefined && revoked[0].origin === origin && concerns(revoked[0], socket),",
      ),
    ],
    [
      "everything goes only after a second thought",
      inUnit("extension/ui/options.test.ts", "everything goes only after a second thought"),
      change(options, 'if (confirmation.returnValue === "yes")', 'if (confirmation.returnValue !== "")'),
    ],
    [
      "the list follows what happens elsewhere",
      inUnit("extension/ui/options.test.ts", "the list follows what happens elsewhere"),
      change(options, "onGrantsChange(() => void showGrants()", "onGrantsChange(() => void listGrants()"),
    ],
    [
      "what is saved is what is shown",
      inUnit("extension/ui/options.test.ts", "the report is saved as it is shown"),
      change(options, "  save(report.textContent, `", '  save(report.textContent.replace("report", "saved report"), `'),
    ],
    [
      "nothing of private windows is shown or reported",
      inUnit(
        "extension/ui/options.test.ts",
        "sites of private windows that asked too often are not shown, nor reported",
      ),
      change("extension/ui/held_back.ts", "isPrivate ? [] :", "isPrivate && until < 0 ? [] :"),
    ],
  ),
  ...row(
    "P2",
    [
      "what deletes the marker takes the grants at once",
      inUnit("extension/background/consent/clearing.test.ts", "what deletes a site's data takes its grants at once"),
      change(cleared, "if (mayBeMarker(change.cookie)) noteChange(change);", "void noteChange; void change;"),
    ],
    [
      "and closes what was allowed once, too",
      inUnit("extension/background/consent/clearing.test.ts", "what deletes a site's data takes its grants at once"),
      change(background, "  takeBack(origins, () => true);", "  takeBack(origins, () => false);"),
    ],
    [
      "a grant without its marker does not count",
      inUnit(
        "extension/background/consent/clearing.test.ts",
        "a grant without its marker does not count, though nobody told of its end",
      ),
      change(consent, "if (grant === undefined || !(await stillRemembers(origin)))", "if (grant === undefined)"),
      change(consent, "import { remember, stillRemembers } from", "import { remember } from"),
    ],
    [
      "nor one whose marker was overwritten",
      inUnit("extension/background/consent/clearing.test.ts", "nor does one whose marker was overwritten"),
      change(
        cleared,
        'removed ? cause === "overwrite" : isMarkerOf(origin, marker, cookie)',
        'removed ? cause === "overwrite" : marker.path !== ""',
      ),
    ],
    [
      "the markers are looked for when the browser starts",
      inUnit("extension/background/consent/marker_look.test.ts", "when the browser starts: what lost its marker"),
      change(
        cleared,
        "  const { there, strays } = await inTurn(lookAtAll);\n",
        "  const { there, strays }: Found = { there: [], strays: [] };\n",
      ),
    ],
    [
      "nothing is remembered without a marker",
      inUnit(
        "extension/background/consent/clearing.test.ts",
        "where no marker can be set, Allow and remember is Allow once",
      ),
      change(
        cleared,
        '    if (marker === undefined) return "marker";\n    await writeMarkers(',
        "    if (marker !== undefined) await writeMarkers(",
      ),
    ],
    [
      "and once a day",
      inUnit(
        "extension/background/consent/marker_look.test.ts",
        "once a day: a worker that starts again within it does not look",
      ),
      change(
        cleared,
        "  const { there, strays } = await inTurn(lookAtAll);\n",
        "  const { there, strays }: Found = { there: [], strays: [] };\n",
      ),
    ],
    [
      "cookies that only look like markers take no turn",
      inUnit(clearedTest, "what pages do with cookies that look like markers is dropped at once"),
      change(cleared, "if (index.hasPath(change.cookie.path)) void", 'if (change.cookie.path !== "") void'),
    ],
    [
      "nor do sites without grants that say Clear-Site-Data",
      inUnit(clearedTest, "nor do origins that have nothing remembered"),
      change(cleared, "(index.isRead && !index.hasOrigin(origin))", 'origin === ""'),
      change(cleared, "  if (clearing.size > 1) return; // the turn of the first takes them all\n", ""),
    ],
    [
      "one with grants says it once",
      inUnit(clearedTest, "nor do origins that have nothing remembered"),
      change(cleared, "if (clearing.has(origin) || (", "if (("),
      change(cleared, "  if (clearing.size > 1) return; // the turn of the first takes them all\n", ""),
    ],
    [
      "a marker is touched, so that the browser does not throw it out",
      inUnit("extension/background/consent/marker_look.test.ts", "when the browser starts: what lost its marker"),
      change(cleared, "await touchMarker(origin, marker, cookie);\n", "void touchMarker;\n"),
    ],
    [
      "it lives on while it is used",
      inUnit("extension/background/consent/clearing.test.ts", "a marker lives on while it is used"),
      change(cleared, "if (Math.abs(Date.now() - marker.renewed) > day) {", "if (marker.renewed < 0) {"),
    ],
    [
      "a new grant makes it young again",
      inUnit("extension/background/consent/clearing.test.ts", "a new grant makes it young again"),
      change(marker, "value: random(), renewed", "value: old?.value ?? random(), renewed"),
    ],
    [
      "it goes with the last grant",
      inUnit("extension/background/consent/clearing.test.ts", "it is one for each origin, where nobody can guess it"),
      change(cleared, "void inTurn(() => tidy(new Set(revoked.map(({ origin }) => origin))));", "void revoked;"),
    ],
    [
      "no script reads or replaces it",
      inUnit("extension/background/consent/clearing.test.ts", "no script reads or replaces it"),
      change(marker, "      httpOnly: true,\n", "      httpOnly: false,\n"),
      change(marker, "    cookie.httpOnly &&\n", ""),
    ],
    [
      "nor is a renderer that was taken over told where it is",
      inUnit("extension/background/main.test.ts", "what is kept is closed to content scripts"),
      change(background, '{ accessLevel: "TRUSTED_CONTEXTS" }', '{ accessLevel: "TRUSTED_AND_UNTRUSTED_CONTEXTS" }'),
    ],
    [
      "nobody can guess where it is",
      inUnit("extension/background/consent/clearing.test.ts", "it is one for each origin, where nobody can guess it"),
      change(marker, "`/.portside-${random()}/`", '`/.portside-${"0".repeat(22)}/`'),
    ],
    [
      "Clear-Site-Data: the storage",
      inUnit(
        "extension/background/documents/private_windows.test.ts",
        '"storage", with a page and with what a page loads',
      ),
      change(headers, "  if (clearsStorage(headers)) {", "  if (clearsStorage(headers.slice(0, 0))) {"),
    ],
    [
      "also with a redirection",
      inUnit("extension/background/documents/private_windows.test.ts", "on the way, with a redirection"),
      change(headers, "  if (clearsStorage(headers)) {", "  if (clearsStorage(headers) && statusCode < 300) {"),
    ],
    [
      "not in answer to another site",
      inUnit(
        "extension/background/documents/private_windows.test.ts",
        "not of other data, and not in answer to another site",
      ),
      change(
        "extension/background/documents/clear_site_data.ts",
        'type === "main_frame" || initiator === origin ? origin',
        'type === "main_frame" || initiator !== "" ? origin',
      ),
    ],
    [
      "not out of a private window",
      inUnit("extension/background/documents/private_windows.test.ts", "not out of a private window"),
      change(headers, 'if ((await kindOf(source)) === "normal") cleared(origin);', "cleared(origin);"),
    ],
  ),
  ...row(
    "P3",
    [
      "grants of other windows do not count in private ones",
      inUnit("extension/background/consent/asking.test.ts", "private windows: what is remembered does not count"),
      change(consent, "if (sender.private || !judged.remember", "if (!judged.remember"),
    ],
    [
      "what is taken back elsewhere ends nothing there",
      inUnit(
        "extension/background/main.test.ts",
        "what is taken back in the settings ends the sockets that stood on it",
      ),
      change(background, "if (!connection.sender.private && origins.has(", "if (origins.has("),
    ],
    [
      "what its documents may reopen goes with their tabs",
      inUnit(
        "extension/background/documents/documents.test.ts",
        "a tab that is closed, discarded, or gone while nobody looked leaves nothing",
      ),
      change(
        "extension/background/documents/documents.ts",
        "    void forgetEntries((entry) => entry.tabId === tabId);\n    compareSoon(tabId);",
        "    void tabId;",
      ),
    ],
    [
      "what was seen there goes with the last of them",
      inUnit("extension/background/documents/private_windows.test.ts", "goes with the last of them"),
      change(headers, "  await forgetPrivate();\n", ""),
    ],
    [
      "remembering is not offered there",
      inUnit("extension/background/consent/asking.test.ts", "private windows: what is remembered does not count"),
      change(consent, "remember: verdict.remember && !sender.private,", "remember: verdict.remember,"),
    ],
    [
      "the host is told which sockets are a private window's",
      inUnit("extension/background/consent/asking.test.ts", "private windows: what is remembered does not count"),
      change(
        "extension/background/sockets/open_options.ts",
        "    private: isPrivate,\n    userEntered",
        "    private: isPrivate && false,\n    userEntered",
      ),
    ],
    [
      "noes that were given there are forgotten with the last of them",
      inUnit("extension/background/consent/prompting.test.ts", "noes in private windows are counted there"),
      change(background, "forgetCooldownsOfPrivateWindows();\n", "void forgetCooldownsOfPrivateWindows;\n"),
    ],
    [
      "headers that were seen there are not kept",
      inUnit(
        "extension/background/documents/private_windows.test.ts",
        "is not written down, and normal windows hear nothing of it",
      ),
      change(kinds, 'return incognito ? "private" : "normal";', 'return incognito ? "normal" : "normal";'),
    ],
    [
      "nor those that a worker asks for while a private window is open",
      inUnit(
        "extension/background/documents/private_windows.test.ts",
        "nor is what a worker asks for while one of them is open",
      ),
      change(kinds, 'ofWorkers = any ? "unknown" : "normal";', 'ofWorkers = any ? "normal" : "normal";'),
      change(kinds, '(any ? "unknown" : "normal"))', '(any ? "normal" : "normal"))'),
    ],
    [
      "which count for neither kind of windows",
      ofHeaders("workers, which do not say whose they are"),
      change(kinds, 'ofWorkers = any ? "unknown" : "normal";', 'ofWorkers = any ? "private" : "normal";'),
      change(kinds, '(any ? "unknown" : "normal"))', '(any ? "private" : "normal"))'),
    ],
    [
      "where a browser says whose a worker's request is, that counts",
      ofHeaders("a browser that says with each request whose it is"),
      change(kinds, "  if (incognito !== undefined) return kindOfTab({ incognito });\n", ""),
    ],
    [
      "headers are read within budgets of each kind of windows",
      ofHeaders("read headers within budgets of their own"),
      change(headers, "const site = `${name} ${own}`;", "const site = own;"),
      change(headers, "reader: readers[kind], kind }", "reader: readers.normal, kind }"),
    ],
    [
      "and what one has read is no cheaper for the other",
      ofHeaders("what was read in one of them is no cheaper"),
      change(headers, "reader: readers[kind], kind }", "reader: readers.normal, kind }"),
    ],
    [
      "a tab whose kind is not known yet pays for itself",
      ofHeaders("a tab of which nothing is known yet"),
      change(headers, "return { name: `tab ${source.tabId.toString()}`, reader", 'return { name: "tab 0", reader'),
    ],
    [
      "and is noted by what it turns out to be",
      ofHeaders("a tab of which nothing is known yet"),
      change(headers, "kind: kindOf(source) };", 'kind: "normal" };'),
    ],
    [
      "what waits to be noted takes no room from the other kind",
      ofHeaders("note what they see apart"),
      change(headers, "notes.add(`${name} ${siteOf(origin)}`", "notes.add(`normal ${siteOf(origin)}`"),
    ],
    [
      "and no open waits for it",
      ofHeaders("an open in one of them does not wait for the other"),
      change(headers, "accounts.some((account) => who.startsWith(`${account} `))", "accounts.length > 0"),
    ],
    [
      "normal windows hear of no headers that private ones saw",
      inUnit("extension/background/keeping.test.ts", "normal windows hear nothing of"),
      change(kinds, 'normal: ["normal"],', 'normal: ["normal", "private"],'),
    ],
    [
      "nor of those that workers saw meanwhile",
      inUnit("extension/background/keeping.test.ts", "normal windows hear nothing of"),
      change(kinds, 'normal: ["normal"],', 'normal: ["normal", "unknown"],'),
    ],
    [
      "nor does any document hear of what had no room in windows of the other kind",
      inUnit("extension/background/keeping.test.ts", "pushes out nothing of normal ones"),
      change(kinds, 'private: ["private", "unknown"],', 'private: ["private", "unknown", "normal"],'),
    ],
    [
      "private windows hear of what is on disk, and of what workers saw",
      inUnit("extension/background/keeping.test.ts", "normal windows hear nothing of"),
      change("extension/background/documents/header_cache.ts", "new Set([caches.normal, ...own])", "new Set([...own])"),
    ],
    [
      "what is told of headers goes by the window of the document",
      inUnit("extension/background/documents/header_lookup.test.ts", "a denial that was seen in a private window"),
      change(
        "extension/background/documents/header_lookup.ts",
        "const kind = kindOfTab(tab);",
        "const kind = kindOfTab({ incognito: true });",
      ),
    ],
    [
      "what was seen there goes from memory, too",
      inUnit("extension/background/keeping.test.ts", "goes with the last of them"),
      change("extension/background/documents/header_cache.ts", "    this.recent = new FairTable(recentBounds);\n", ""),
    ],
    [
      "documents there push out nothing of others of their site",
      inUnit("extension/background/documents/documents.test.ts", "of private windows and others each has its own"),
      change(
        "extension/background/documents/documents.ts",
        "isPrivate ? `private ${site}` : site",
        "isPrivate ? site : site",
      ),
    ],
    [
      "nor do refusals",
      inUnit("extension/background/keeping.test.ts", "refusals in private windows push out none"),
      change(
        "extension/background/sockets/refusals.ts",
        "const owner = `${await kindOf({ tabId })} ${site}`;",
        "const owner = site;",
      ),
    ],
  ),
  ...row(
    "E1",
    [
      "hidden refusals of the extension come on the beat",
      inUnit(
        "extension/background/sockets/sockets.test.ts",
        "what the page could not foresee is refused after the refusal delay",
      ),
      change(
        openRequest,
        "if (error instanceof Refusal && error.hidden) await",
        "if (error instanceof Refusal && (error.hidden as unknown) === 1) await",
      ),
    ],
    [
      "pages get the same words whatever the cause",
      inUnit("extension/background/sockets/sockets.test.ts", "pages get the same words whatever the cause"),
      change(
        openRequest,
        "error: pageError(error.data.name, reason) });\n  } else {",
        'error: { name: error.data.name, message: error.data.detail ?? "" } });\n  } else {',
      ),
    ],
    [
      "why is said where the page cannot read it",
      inUnit(
        "extension/content/main.test.ts",
        "why an open is refused is said on the console, and nothing of it to the page",
      ),
      change(content, "console.info(`Portside: ${message.text}`);", "document.title = message.text;"),
    ],
    [
      "an origin cannot flood the audit log, with whatever documents",
      auditUnit("refusals are told one by one up to a bound"),
      change(auditBudget, " || ofOrigin >= auditLinesPerOrigin", ""),
    ],
    [
      "nor can a site, with whatever origins",
      auditUnit("refusals are told one by one up to a bound"),
      change(auditBudget, "ofSite >= auditLinesPerSite", "false"),
    ],
    [
      "nor can all sites together",
      auditUnit("refusals are told one by one up to a bound"),
      change(auditBudget, "this.#lines >= auditLinesOverall", "false"),
    ],
    [
      "a stop of the worker gives no new lines",
      auditUnit("a stop of the worker is no new beginning"),
      change(refusalAudit, "new AuditBudget(this.#around.now(), kept)", "new AuditBudget(this.#around.now())"),
    ],
    [
      "what is left out of private windows is counted without an origin",
      auditUnit("private windows have bounds of their own"),
      change(refusalAudit, "if (count.private || ", "if ("),
    ],
  ),
  ...row(
    "H1",
    [
      "what a document says fits its schema, or is the last it says",
      inUnit("extension/background/sockets/sockets.test.ts", "what a document says fits its schema"),
      change(
        documentConnection,
        "if (!isReadable(message, maxText) || !validateDocumentMessage(message))",
        "if (!validateDocumentMessage(message) && message === undefined)",
      ),
    ],
    [
      "socket ids are the document's own",
      inUnit("extension/background/sockets/sockets.test.ts", "socket ids are the document's own"),
      change(
        documentConnection,
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
      change(content, "secure: isSecureContext,", ""),
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
