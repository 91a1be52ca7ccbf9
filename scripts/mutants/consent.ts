// What takes the user's will: consent (row 2), gestures (row 3), grants (P1), private windows (P3); what pages learn (E1) and what forged
// messages can do (H1).

import {
  also,
  always,
  becomes,
  gone,
  inBrowser,
  inGo,
  inJSON,
  inUnit,
  never,
  precededBy,
  row,
  type Mutant,
} from "./mutant.ts";

const clearedTest = "extension/background/consent/marker_flood.test.ts";
const ofHeaders = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/documents/headers.test.ts", name);
const activationTest = "extension/content/activation.test.ts";
const gesturesTest = "extension/background/consent/gestures.test.ts";

const auditUnit = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/sockets/refusal_audit.test.ts", name);
const consentTest = "extension/background/consent/consent.test.ts";
const inNetworks = inUnit(consentTest, "what was allowed in one network is asked for again in another");
const underWay = inUnit(consentTest, "what is taken back while an open is under way does not open, nor come back");
const queueTest = "extension/background/consent/queue.test.ts";
const displayTest = "extension/ui/display.test.ts";
const idnTest = "extension/ui/idn.test.ts";

export const consent: readonly Mutant[] = [
  ...row(
    "2",
    [
      "new-destination-is-prompted",
      "Every new destination needs an answer of the user, unless an administrator lets it pass",
      inUnit(
        "extension/background/consent/asking.test.ts",
        "every new destination is asked for, and nothing reaches the network before the answer",
      ),
    ],
    [
      "no-network-before-answer",
      "Nothing reaches the network before the user has answered",
      inUnit(
        "extension/background/consent/asking.test.ts",
        "every new destination is asked for, and nothing reaches the network before the answer",
      ),
      precededBy(
        'const early = { protocol: wish.protocol, host: wish.remoteAddress, port: wish.port, protection: protectionOf(wish.security, wish.remoteAddress) };\nif (early.host !== "") await this.#connect({ connection: at.connection, socketId: hosts.reserve(at.connection) }, early, { reached: { ...early, entered: true, risk: true }, by: "asked" }).catch(() => undefined);',
      ),
    ],
    [
      "encrypted-consent-not-for-plain",
      "A consent to an encrypted connection does not cover a plain one",
      inUnit(consentTest, "a yes to an encrypted connection opens no plain one"),
      becomes("true"),
    ],
    [
      "starttls-consent-not-for-plain",
      "A consent to STARTTLS does not cover a plain connection",
      inUnit("extension/background/consent/protection.test.ts", "a yes serves what risks no more"),
      becomes('if (agreed.encryption !== "on") return true;'),
    ],
    [
      "tls-consent-not-for-other-peer",
      "A consent to TLS with a certificate for the host does not cover TLS with another peer",
      inUnit(consentTest, "a yes to an encrypted connection opens no plain one"),
      becomes("return true;"),
    ],
    [
      "consent-covers-listed-certificates",
      "A consent covers no certificates but those that were listed",
      inUnit("extension/background/consent/protection.test.ts", "a yes serves what risks no more"),
      becomes("wanted.certificates.some((one) => agreed.certificates.includes(one))"),
    ],
    [
      "document-grant-needs-same-network",
      "What a document was allowed in one network does not count in another",
      inNetworks,
      always,
    ],
    [
      "network-rechecked-after-question",
      "After a question the network of a document's grant is compared again",
      inNetworks,
      always,
    ],
    [
      "remembered-grant-needs-same-network",
      "A remembered grant of a private destination does not count in another network",
      inNetworks,
    ],
    [
      "document-grants-kept-per-network",
      "A document's grants are kept apart by network",
      inUnit(consentTest, "one document has what was allowed in each network"),
    ],
    [
      "consent-is-for-network-of-answer",
      "A consent is for the network at the moment of the answer",
      inUnit(consentTest, "a consent is for the network that the computer is in at the answer"),
      becomes("const { network } = verdict;"),
    ],
    [
      "queued-question-judged-again",
      "A question that waited in the queue is settled by the network of that moment",
      inUnit(consentTest, "whether a question that waited is still needed is judged in the network of then"),
      becomes("verdict"),
    ],
    [
      "unknown-network-not-remembered",
      "Nothing is remembered for a network that cannot be recognised",
      inUnit(consentTest, "where the network cannot be told, nothing is remembered"),
      becomes('await remember(grant).catch(() => "storage" as const)'),
    ],
    [
      "network-id-has-router-hardware",
      "A network's identity contains the hardware address of its router",
      inGo("nativehost/network", "TestNetworks"),
    ],
    [
      "network-id-has-router-address",
      "A network's identity contains the IP address of its router",
      inGo("nativehost/network", "TestNetworks"),
    ],
    [
      "shared-router-macs-identify-nothing",
      "A hardware address that all virtual routers share identifies no network",
      inGo("nativehost/network", "TestNetworks"),
    ],
    [
      "router-of-used-interface",
      "The router that counts is that of the interface which leads to the destination",
      inGo("nativehost/network", "TestNetworks"),
      becomes("return defaultRouter(addr.Is4(), index-index)"),
    ],
    [
      "silent-router-identifies-nothing",
      "A router that the system has not heard by address resolution identifies no network",
      inGo("nativehost/network", "TestNetworks"),
      becomes("const unresolved = unix.NUD_INCOMPLETE | unix.NUD_FAILED"),
    ],
    [
      "network-ids-are-salted",
      "Identities of networks are keyed with a secret, so that they tell others nothing",
      inGo("nativehost/network", "TestNetworks"),
      becomes("mac := hmac.New(sha256.New, nil)"),
    ],
    [
      "public-destinations-have-no-network",
      "Destinations that are the same everywhere belong to no network",
      inGo("nativehost/session", "TestJudgementTellsTheNetwork"),
      becomes('(network.DependsOn(host) || host.String() != "")'),
    ],
    [
      "admin-skip-is-no-consent",
      "What an administrator lets pass without a question is not recorded as the user's consent",
      inUnit(consentTest, "what an administrator lets pass is nobody's consent"),
      becomes(
        "return await agreed({ host: proposed, entered: false, risk: false, protection: protection(proposed) });",
      ),
    ],
    [
      "deny-refuses",
      "A question that was denied refuses the open",
      inUnit("extension/background/consent/asking.test.ts", "a no is a no: by the button, and by closing the window"),
      becomes('if (!answer.allow) return { host: proposed ?? "", entered: true, risk: false };'),
    ],
    [
      "closing-prompt-denies",
      "Closing the prompt denies",
      inUnit("extension/background/consent/asking.test.ts", "a no is a no: by the button, and by closing the window"),
      becomes("closed.tell = undefined"),
      gone,
    ],
    [
      "allow-disabled-at-first",
      "Allow is disabled for the first half second",
      inUnit("extension/ui/guard.test.ts", "dead for the first half second, and for another after each change"),
      becomes("50"),
    ],
    [
      "allow-disabled-after-focus",
      "Allow is disabled for half a second after each return of the focus",
      inUnit("extension/ui/guard.test.ts", "after each return of the focus"),
      becomes('["resize", "pageshow"]'),
    ],
    [
      "allow-disabled-without-focus",
      "Allow is disabled as long as another window has the focus",
      inUnit("extension/ui/guard.test.ts", "as long as another window has the focus, or nobody sees this one"),
      becomes("this.#alive = true;"),
    ],
    [
      "allow-disabled-after-resize",
      "Allow is disabled for a while after the prompt changes its size",
      inUnit("extension/ui/guard.test.ts", "after a change of size"),
    ],
    [
      "allow-disabled-after-move",
      "Allow is disabled for a while after the prompt moves",
      inUnit("extension/ui/guard.test.ts", "after a move, which no event tells of"),
    ],
    [
      "allow-disabled-after-text-change",
      "Allow is disabled for a while after the prompt changes what it says",
      inUnit("extension/ui/prompt.test.ts", "Allow is dead for half a second after what the window says has changed"),
    ],
    [
      "allow-disabled-after-new-choice",
      "Allow is disabled for a while after the destination that the user named has changed",
      inUnit("extension/ui/prompt.test.ts", "what the user named can be allowed once the background has found it good"),
      gone,
      gone,
    ],
    [
      "invalid-address-not-allowable",
      "Allow stays disabled for what is no address",
      inUnit("extension/ui/prompt.test.ts", "what is no address cannot be allowed"),
      precededBy("named = checked;"),
    ],
    [
      "focus-on-no-button",
      "The prompt gives the focus to the dialog and to no button",
      inUnit("extension/ui/prompt.test.ts", "the dialog has the focus, and no button"),
      becomes("deny.focus();"),
    ],
    [
      "escape-is-guarded",
      "Escape in the prompt is guarded as Allow is",
      inUnit("extension/ui/guard.test.ts", "Escape is guarded like the buttons"),
      becomes('if (event.key === "Escape" && event.isTrusted &&  ready()) pressed({ key: true });'),
    ],
    [
      "unseen-denial-not-counted",
      "A denial does not count against a site where nobody had the time to see the question",
      inUnit("extension/background/consent/asking.test.ts", "a no that nobody had the time for does not count"),
      always,
    ],
    [
      "hasty-denial-not-counted",
      "A denial by the keyboard, or by the end of the window, within the first second does not count against a site",
      inUnit(
        "extension/background/consent/prompting.test.ts",
        "a no that comes within a second by the keyboard, or by the end of the window, is a no, and does not count",
      ),
      always,
    ],
    [
      "stray-keys-extend-the-pause",
      "Whoever types where nothing takes it has to pause before a key answers the prompt",
      inUnit("extension/ui/guard.test.ts", "somebody who types slowly is typing at something else"),
    ],
    [
      "prompt-clear-of-address-bar",
      "The prompt does not cover the address bar of the window that asks where there is other room",
      inUnit(
        "extension/background/consent/prompt_place.test.ts",
        "the address bar of the page that asks stays in sight",
      ),
      becomes("return inside;"),
    ],
    [
      "title-keeps-registrable-domain",
      "The title of the prompt has the registrable domain of a long name, and not its beginning",
      inUnit("extension/ui/prompt.test.ts", "it is Portside that asks, says the title"),
      becomes("(start + middle + end)"),
    ],
    [
      "prompt-opens-without-placement",
      "A prompt for which there is no place beside the page opens anyway",
      inUnit(
        "extension/background/consent/prompting.test.ts",
        "a question that finds no place for its window comes without one",
      ),
      becomes(
        "try {\n      return await ext.windows.create({ ...window, ...hash.place });\n    } catch (error) {\n      throw error;\n    }",
      ),
    ],
    [
      "only-trusted-events-allow",
      "Events that a script makes do not press Allow",
      inUnit("extension/ui/guard.test.ts", "no script presses, neither half of it"),
      gone,
      gone,
      also("whole-press-while-enabled"),
    ],
    [
      "held-key-does-not-allow",
      "A key that is held down does not press Allow",
      inUnit("extension/ui/guard.test.ts", "no key that is held down"),
      becomes("const held = false as boolean;"),
      gone,
    ],
    [
      "whole-press-while-enabled",
      "A press counts only if it began on the button while that was enabled",
      inUnit("extension/ui/guard.test.ts", "a press counts that began on the button while it was alive"),
      becomes("const whole = true as boolean;"),
    ],
    [
      "fast-clicks-extend-the-pause",
      "Clicks while Allow is disabled extend the pause",
      inUnit("extension/ui/guard.test.ts", "somebody who clicks or types on and on is to pause first"),
    ],
    [
      "extension-pages-not-web-accessible",
      "No page can frame, open or read the extension's pages",
      inBrowser("tricks", "the extension's pages cannot be framed, opened or read by a page"),
      inJSON("manifest/chromium.json", "/web_accessible_resources/-", { resources: ["ui/*"], matches: ["<all_urls>"] }),
    ],
    [
      "no-external-messages",
      "The extension listens to no other extension",
      inUnit("extension/background/main.test.ts", "no other extension may speak to this one"),
      precededBy(
        'ext.runtime.onMessageExternal.addListener((message: unknown, _sender, respond) => {\n  if (message === "host-state") void hostState(hosts).then(respond);\n  return true;\n});',
      ),
    ],
    [
      "press-ends-with-each-change",
      "A press that began before a change does not count",
      inUnit("extension/ui/guard.test.ts", "not if anything has changed since it began"),
    ],
    [
      "only-prompt-page-answers",
      "Only the extension's own prompt may answer a question",
      inUnit("extension/background/consent/prompting.test.ts", "only the extension's own page may answer"),
      gone,
      gone,
    ],
    [
      "prompt-shows-attested-origin",
      "The prompt shows the origin that the browser attests",
      inUnit(
        "extension/background/intake/sender.test.ts",
        "who speaks is what the browser says of the sender, and a document of a tab or nobody",
      ),
      becomes("origin: `${origin}.`"),
    ],
    [
      "one-prompt-per-site",
      "One question of a site is on the screen at a time",
      inUnit(queueTest, "one of a site at a time"),
    ],
    [
      "ask-each-open-shares-no-answer",
      "Where each open is to be asked for, no two requests share an answer",
      inUnit("extension/background/consent/prompt.test.ts", "where each open is to be asked for"),
      becomes("(one) => one.key === key && !one.isOver && !(alone(one) && !alone({ helpers }))"),
    ],
    [
      "admin-can-ask-for-each-open",
      "An administrator can have each open asked for",
      inUnit("extension/background/consent/consent.test.ts", "what a document was allowed counts neither"),
    ],
    [
      "site-is-registrable-domain",
      "All subdomains of a registrable domain are one site",
      inUnit("extension/background/consent/prompting.test.ts", "one question of a site at a time"),
      becomes("new URL(origin).hostname"),
    ],
    [
      "site-ignores-final-dot",
      "A final dot makes no other site",
      inUnit("extension/shared/domain.test.ts", "a site is neither scheme nor port nor a final dot"),
      becomes("const host = name;"),
    ],
    [
      "one-prompt-per-tab",
      "One question of a tab is on the screen at a time",
      inUnit(queueTest, "one of a tab at a time"),
    ],
    ["few-prompts-on-screen", "At most three questions are on the screen", inUnit(queueTest, "a few on the screen")],
    [
      "longest-waiting-site-goes-first",
      "The site that has waited longest for a turn is asked about next",
      inUnit(queueTest, "whoever has waited longest for a turn gets it"),
    ],
    [
      "question-queue-is-bounded",
      "A site and a tab may have only a few questions in the queue",
      inUnit("extension/background/consent/prompting.test.ts", "five of a site may wait"),
    ],
    [
      "full-queue-refusal-is-delayed",
      "The refusal for a full queue comes with the refusal delay",
      inUnit("extension/background/consent/prompting.test.ts", "five of a site may wait"),
    ],
    [
      "same-question-asked-once",
      "The same question of a document is asked once",
      inUnit("extension/background/consent/prompting.test.ts", "what is the same question is asked once"),
      becomes("(same?.shown === undefined ? same : undefined)"),
    ],
    [
      "repeated-click-raises-prompt",
      "Asking the same again brings the prompt to the front",
      inUnit("extension/background/consent/prompting.test.ts", "who clicks again sees the question again"),
    ],
    [
      "waiting-question-raises-prompt",
      "A question that has to wait for those on the screen brings the oldest of them to the front",
      inUnit("extension/background/consent/prompting.test.ts", "three are on the screen; the fourth site's question"),
    ],
    [
      "click-raises-prompt",
      "A click in a page whose question waits brings the prompt to the front",
      inUnit("extension/background/consent/prompting.test.ts", "a click in a page raises the question of that page"),
    ],
    [
      "only-trusted-clicks-raise-prompt",
      "Clicks that a script makes do not bring the prompt to the front",
      inUnit("extension/content/gatekeeper.test.ts", "a click of a person's is told while an open has no answer"),
      never,
    ],
    [
      "prompt-raises-are-bounded",
      "A prompt comes to the front only a few times",
      inUnit("extension/background/consent/prompting.test.ts", "who clicks again sees the question again"),
      becomes("this.#raises[whose] += maxRaises;"),
    ],
    [
      "denials-start-cooldown",
      "Three denials in a row start a cooldown",
      inUnit(
        "extension/background/consent/prompting.test.ts",
        "after three denials in a row the site may not ask for ten minutes",
      ),
      gone,
      also("cooldown-drops-queue"),
    ],
    [
      "cooldown-drops-queue",
      "Questions in the queue are dropped when the cooldown begins",
      inUnit("extension/background/consent/prompting.test.ts", "what waits when it happens is not put any more"),
    ],
    [
      "cooldown-is-announced",
      "The prompt tells the user when a denial will start a cooldown",
      inUnit(
        "extension/background/consent/prompting.test.ts",
        "after three denials in a row the site may not ask for ten minutes",
      ),
      becomes("await nextCooldown(origin, isPrivate);"),
    ],
    [
      "cooldown-refusal-is-delayed",
      "The refusal in a cooldown comes with the refusal delay",
      inUnit(
        "extension/background/consent/prompting.test.ts",
        "after three denials in a row the site may not ask for ten minutes",
      ),
    ],
    [
      "cooldown-covers-the-site",
      "A cooldown covers the site whatever subdomain asks",
      inUnit("extension/background/consent/cooldown.test.ts", "from three origins of one site it is the site"),
    ],
    [
      "cooldowns-apart-for-private",
      "Private windows have a cooldown of their own",
      inUnit(
        "extension/background/consent/cooldown.test.ts",
        "three denials mute the origin and its site, and nobody else",
      ),
      becomes("sideName({ ...side, private: false })"),
    ],
    [
      "allow-resets-denials",
      "An answer of yes resets the count of denials",
      inUnit("extension/background/consent/prompting.test.ts", "a yes in between begins anew"),
    ],
    [
      "withdrawn-questions-count-half",
      "Questions that are withdrawn while they are on the screen count as half a denial",
      inUnit(
        "extension/background/consent/prompting.test.ts",
        "a question that the page takes back once it is on the screen counts half",
      ),
      becomes("!pending.shown"),
    ],
    [
      "cooldown-backs-off",
      "Each further cooldown is longer",
      inUnit("extension/background/consent/backoff.test.ts", "ten minutes, then an hour, then a day each time"),
      becomes("backOff.times"),
    ],
    [
      "registrable-domain-never-cut",
      "The registrable domain of a long host is told apart and never cut",
      inUnit(displayTest, "a long host is cut in the middle"),
      becomes("-2"),
    ],
    [
      "private-suffixes-are-suffixes",
      "Users of a shared host are sites of their own",
      inUnit("extension/shared/domain.test.ts", "the registrable domain: what somebody registered"),
      becomes("false"),
    ],
    [
      "mixed-scripts-stay-punycode",
      "A label that mixes scripts is not shown as Unicode",
      inUnit(idnTest, "what may be taken for something else is not"),
    ],
    [
      "latin-lookalikes-stay-punycode",
      "A label of letters that all look Latin is not shown as Unicode",
      inUnit(idnTest, "what may be taken for something else is not"),
      gone,
      becomes("more"),
      becomes("character"),
    ],
    [
      "shown-unicode-round-trips",
      "A label is shown as Unicode only if it converts back to the same Punycode",
      inUnit(idnTest, "what is no Punycode, or leads elsewhere, is not read out"),
      becomes("clear: same !== undefined && read.every((label, n) => label === labels[n] || isClear(label))"),
    ],
    [
      "unclear-names-stay-ascii",
      "A host that could be confused with another one is shown as ASCII only",
      inUnit(
        "extension/ui/display.test.ts",
        "what is shown is ASCII; the letters come beside it only when they are clear",
      ),
      becomes("...(read === undefined ? {} : { letters: read.labels })"),
    ],
    [
      "foreign-text-has-no-controls",
      "Text of others is shown without control characters",
      inUnit(displayTest, "foreign text keeps nothing that upsets the text around it"),
      becomes("/[\\p{Co}\\u115f\\u1160\\u3164\\uffa0\\u2800]/gu"),
    ],
    [
      "pinned-certificate-is-named",
      "The prompt says that a certificate was chosen by the site",
      inUnit(displayTest, "every place and kind of encryption has its words"),
      becomes("return messages.name;"),
    ],
    [
      "port-name-promises-no-encryption",
      "The name of a port says nothing of encryption",
      inUnit("extension/ui/services.test.ts", "no service's name says anything of encryption, in any language"),
      inJSON("extension/_locales/en/messages.json", "/serviceIMAP/message", "IMAP mail, encrypted"),
    ],
    [
      "encryption-shown-for-named-place",
      "What the prompt says of encryption follows the place that the user named",
      inUnit("extension/ui/prompt.test.ts", "who may read along is said of the place that was named"),
    ],
    [
      "picking-is-not-allowing",
      "Picking a device does not allow anything",
      inUnit("extension/background/consent/asking.test.ts", "a device nearby: picking is not allowing"),
      precededBy(
        'if (message.type === "name" && "device" in message.named) {\n  const found = await checked(message.named);\n  if ("host" in found) this.#answer(pending, { allow: true, remember: false, host: found.host, how: "picked", risk: false });\n  return;\n}',
      ),
    ],
    [
      "search-ends-with-question",
      "The search for devices ends with its question",
      inUnit("extension/background/consent/asking.test.ts", "a device nearby: picking is not allowing"),
      becomes("new AbortController().signal ?? over"),
    ],
    [
      "search-only-for-network-prompts",
      "Devices are searched only where the question is about the local network",
      inUnit("extension/background/consent/asking.test.ts", "devices are looked for where somebody near is meant"),
      becomes("verdict.mustEnter"),
    ],
    [
      "named-host-judged-at-allow",
      "The destination that the user named is judged again when Allow is pressed",
      inUnit("extension/background/consent/asking.test.ts", "a device nearby: picking is not allowing"),
      becomes('const found: Checked = "device" in named ? { host: "nas.local", risk: false } : await checked(named);'),
    ],
    [
      "devices-keep-still-in-hand",
      "Devices that are found later move nothing in the list while the pointer or the focus is in it",
      inUnit("extension/ui/nearby.test.ts", "nothing moves while somebody has the list in hand"),
      becomes("this.#sort();"),
    ],
    [
      "moved-device-is-not-picked",
      "A click on a device right after the list has moved picks nothing",
      inUnit("extension/ui/nearby.test.ts", "a click right after the rows have moved picks nothing"),
    ],
    [
      "ambiguous-grants-are-not-guessed",
      "Of several remembered destinations none is guessed",
      inUnit("extension/background/consent/asking.test.ts", "one named destination that is remembered counts"),
    ],
    [
      "remembering-takes-the-box",
      "A grant is remembered only if the user chose that",
      inUnit(
        "extension/background/consent/asking.test.ts",
        "Allow this time is this document's; Always allow is the site's",
      ),
      becomes("answer.allow"),
    ],
    [
      "grant-is-per-origin",
      "A remembered grant belongs to one origin",
      inUnit(
        "extension/background/consent/asking.test.ts",
        "Allow this time is this document's; Always allow is the site's",
      ),
    ],
    [
      "grant-is-per-port",
      "A grant covers one port",
      inUnit(
        "extension/background/consent/asking.test.ts",
        "Allow this time is this document's; Always allow is the site's",
      ),
    ],
    [
      "document-grants-are-its-own",
      "What one document may reopen is no other document's",
      inUnit(
        "extension/background/consent/asking.test.ts",
        "Allow this time is this document's; Always allow is the site's",
      ),
      becomes("const grants = (await documents.entries())[0]?.[1];"),
    ],
    [
      "question-closes-with-tab",
      "A question goes away with its tab",
      inUnit(
        "extension/background/consent/prompting.test.ts",
        "a question is refused on the screen by nobody but the user",
      ),
    ],
  ),
  ...row(
    "3",
    [
      "prompt-needs-gesture",
      "A question takes a user gesture",
      inUnit(consentTest, "what is remembered opens without a gesture, in every document; a question takes one"),
    ],
    [
      "gesture-needs-user-activation",
      "A gesture takes a transient activation of the document",
      inUnit("extension/content/gatekeeper.test.ts", "activation is the document's own, as long as there is one"),
    ],
    [
      "hidden-refusals-wait-alike",
      "A page that waits for a gesture cannot tell whether it would be refused",
      inUnit(
        "extension/background/sockets/waiting.test.ts",
        "a page that waits does not learn that it would be refused",
      ),
      becomes('if (error.rule !== "activation") return false;'),
    ],
    [
      "waiting-open-uses-gesture-up",
      "A press by which a waiting open is refused is used up",
      inUnit(
        "extension/background/sockets/waiting.test.ts",
        "a page that waits does not learn that it would be refused",
      ),
    ],
    [
      "opens-that-wait-are-bounded",
      "So many opens of a document wait for a gesture, and no more",
      inUnit("extension/content/gesture_queue.test.ts", "sixteen wait, and only what was asked for and not answered"),
    ],
    [
      "waiting-open-needs-activation",
      "What waits for a gesture is asked for with one only",
      inUnit("extension/content/gesture_queue.test.ts", "each press asks for one that waits, the oldest first"),
      becomes("if (first === undefined) return;"),
    ],
    [
      "gesture-counts-once",
      "A press serves one question",
      inUnit(gesturesTest, "a press counts once for all documents of a tab and a site"),
    ],
    [
      "gesture-shared-by-site-frames",
      "A press is used up for all frames of a page that are of one site",
      inUnit(gesturesTest, "a press counts once for all documents of a tab and a site"),
      becomes("sender.origin"),
    ],
    [
      "gesture-shared-across-documents",
      "A press is used up for all documents that it activates",
      inUnit(
        "extension/background/consent/gestures.test.ts",
        "a press counts once for all documents of a tab and a site",
      ),
      becomes("used.began > used.at"),
    ],
    [
      "scripted-events-are-no-gesture",
      "Events that a script makes are no gesture",
      inUnit(activationTest, "what a script makes is no press"),
    ],
    [
      "held-key-is-one-gesture",
      "A key that is held down is one gesture",
      inUnit(activationTest, "a key that is held is one press"),
      becomes("timeStamp"),
    ],
    [
      "click-halves-are-one-gesture",
      "The two halves of a click are one gesture",
      inUnit(activationTest, "a press begins when a key or a button goes down"),
      gone,
      becomes("timeStamp"),
    ],
    [
      "missing-gesture-is-hidden",
      "A missing gesture looks to the page like every hidden refusal",
      inUnit(consentTest, "what an administrator lets pass takes no gesture"),
      becomes("false"),
    ],
    [
      "dns-failure-needs-gesture",
      "Without a gesture a page does not learn that a name is invalid",
      inUnit(consentTest, "what an administrator lets pass takes no gesture"),
    ],
    [
      "setup-page-needs-gesture",
      "Without a gesture no setup page opens",
      inUnit("extension/background/sockets/sockets.test.ts", "without a host: who has clicked sees the setup page"),
      becomes('error.message !== "-"'),
    ],
    [
      "closed-destination-needs-gesture",
      "What the user has closed is reopened only with a gesture, also where it is remembered",
      inUnit(consentTest, "a document comes back by itself to what the user has closed neither"),
      always,
    ],
    [
      "port-probing-needs-gestures",
      "Without a gesture for each no ports can be tried",
      inUnit("extension/background/consent/asking.test.ts", "without a gesture nobody is asked, and no port is tried"),
    ],
  ),
  ...row(
    "P1",
    [
      "revoking-ends-sockets",
      "A grant that is taken back ends its sockets",
      inUnit(
        "extension/background/main.test.ts",
        "what is taken back in the settings ends the sockets that stood on it",
      ),
      becomes("void concerned;"),
    ],
    [
      "revoking-clears-document-grants",
      "A grant that is taken back is also taken from the documents that used it",
      inUnit(
        "extension/background/main.test.ts",
        "what is taken back in the settings ends the sockets that stood on it",
      ),
    ],
    [
      "revoked-grant-not-restored-by-open",
      "An open that is under way does not bring back a grant that was taken back",
      underWay,
      gone,
      gone,
    ],
    [
      "revoking-stops-pending-open",
      "An open that is under way does not succeed with a grant that was taken back",
      underWay,
      always,
    ],
    [
      "revoking-voids-settled-question",
      "A question that was settled by a grant is asked again when that was taken back",
      underWay,
    ],
    [
      "later-answer-is-new-consent",
      "An answer after a grant was taken back is a new consent",
      inUnit(consentTest, "an answer after something was taken back is a new one"),
      becomes("taken"),
    ],
    [
      "revoked-connect-is-refusal",
      "A connection attempt whose grant is taken back is refused and does not look withdrawn by the page",
      inUnit(
        "extension/background/sockets/document_connection.test.ts",
        "what is connecting when its grant is taken back is refused",
      ),
    ],
    [
      "revoke-site-spares-others",
      "Taking back a site's grants leaves those of others",
      inUnit("extension/ui/options.test.ts", "all of a site goes, and of no other"),
      becomes("() => true"),
    ],
    [
      "revoke-site-ends-all-its-sockets",
      "Taking back a site's grants ends all of its sockets",
      inUnit(
        "extension/background/main.test.ts",
        "what is taken back in the settings ends the sockets that stood on it",
      ),
      becomes("revoked[0] !== undefined && revoked[0].origin === origin && concerns(revoked[0], socket)"),
    ],
    [
      "revoke-all-needs-confirmation",
      "All grants are taken back only after a confirmation",
      inUnit("extension/ui/options.test.ts", "everything goes only after a second thought"),
      becomes('confirmation.returnValue !== ""'),
    ],
    [
      "settings-list-follows-changes",
      "The list in the settings follows changes made elsewhere",
      inUnit("extension/ui/options.test.ts", "the list follows what happens elsewhere"),
      becomes("void listGrants().then(showReport)"),
    ],
    [
      "saved-report-is-shown-report",
      "The report that is saved is the one that is shown",
      inUnit("extension/ui/options.test.ts", "the report is saved as it is shown"),
      becomes('report.textContent.replace("report", "saved report")'),
    ],
    [
      "settings-hide-private-cooldowns",
      "The settings list nothing of private windows",
      inUnit(
        "extension/ui/options.test.ts",
        "sites of private windows that asked too often are not shown, nor reported",
      ),
      becomes("isPrivate && until < 0 ? [] : [{ site: who, until }]"),
    ],
  ),
  ...row(
    "P2",
    [
      "deleted-marker-takes-grants",
      "Deleting the marker cookie of an origin takes its grants at once",
      inUnit("extension/background/consent/clearing.test.ts", "what deletes a site's data takes its grants at once"),
      becomes("void noteChange; void change;"),
    ],
    [
      "cleared-data-closes-sockets",
      "Clearing a site's data ends also what was allowed once",
      inUnit("extension/background/consent/clearing.test.ts", "what deletes a site's data takes its grants at once"),
      becomes("false"),
    ],
    [
      "grant-needs-its-marker",
      "A remembered grant without its marker cookie does not count",
      inUnit(
        "extension/background/consent/clearing.test.ts",
        "a grant without its marker does not count, though nobody told of its end",
      ),
    ],
    [
      "overwritten-marker-voids-grant",
      "A remembered grant whose marker cookie was overwritten does not count",
      inUnit("extension/background/consent/clearing.test.ts", "nor does one whose marker was overwritten"),
      becomes('marker.path !== ""'),
    ],
    [
      "markers-checked-at-startup",
      "Marker cookies are checked when the browser starts",
      inUnit("extension/background/consent/marker_look.test.ts", "when the browser starts: what lost its marker"),
      becomes("const { there, strays }: Found = { there: [], strays: [] };"),
    ],
    [
      "no-grant-without-marker",
      "Nothing is remembered where no marker cookie can be set",
      inUnit(
        "extension/background/consent/clearing.test.ts",
        "where no marker can be set, Always allow is Allow this time",
      ),
      gone,
      becomes(
        "await writeMarkers(marker === undefined ? await readMarkers() : (await readMarkers()).set(key, marker));",
      ),
    ],
    [
      "no-access-forgets-nothing",
      "A grant whose marker cannot be looked for counts for nothing, and is kept",
      inUnit(
        "extension/background/consent/clearing.test.ts",
        "where the browser does not let us look, a grant does not count",
      ),
      gone,
      gone,
    ],
    [
      "no-access-looks-for-nothing",
      "The look at all markers leaves grants whose markers cannot be looked for",
      inUnit("extension/background/consent/marker_look.test.ts", "without the permission for websites"),
      always,
    ],
    [
      "markers-checked-daily",
      "Marker cookies are checked once a day",
      inUnit(
        "extension/background/consent/marker_look.test.ts",
        "once a day: a worker that starts again within it does not look",
      ),
      becomes("const { there, strays }: Found = { there: [], strays: [] };"),
    ],
    [
      "foreign-cookies-cost-no-turn",
      "Cookies that only look like markers are dropped at once",
      inUnit(clearedTest, "what pages do with cookies that look like markers is dropped at once"),
      becomes('change.cookie.path !== ""'),
    ],
    [
      "clear-site-data-without-grants",
      "Clear-Site-Data of origins without grants costs no turn",
      inUnit(clearedTest, "nor do origins that have nothing remembered"),
      becomes('origin === ""'),
      gone,
    ],
    [
      "clear-site-data-once-per-origin",
      "Clear-Site-Data of an origin with grants costs one turn at a time",
      inUnit(clearedTest, "nor do origins that have nothing remembered"),
      gone,
      also("clear-site-data-without-grants.2"),
    ],
    [
      "markers-touched-against-eviction",
      "Marker cookies are touched, so that the browser does not evict them",
      inUnit("extension/background/consent/marker_look.test.ts", "when the browser starts: what lost its marker"),
      becomes("void touchMarker"),
    ],
    [
      "used-marker-is-renewed",
      "The marker cookie of a grant in use is renewed",
      inUnit("extension/background/consent/clearing.test.ts", "a marker lives on while it is used"),
      becomes("marker.renewed < 0"),
    ],
    [
      "new-grant-renews-marker",
      "A new grant gives its origin a new marker cookie",
      inUnit("extension/background/consent/clearing.test.ts", "a new grant makes it young again"),
      becomes("old?.value ?? random()"),
    ],
    [
      "marker-goes-with-last-grant",
      "The marker cookie goes with the last grant of its origin",
      inUnit("extension/background/consent/clearing.test.ts", "it is one for each origin, where nobody can guess it"),
      becomes("void revoked;"),
    ],
    [
      "marker-is-http-only",
      "No script can read or replace a marker cookie",
      inUnit("extension/background/consent/clearing.test.ts", "no script reads or replaces it"),
      becomes("httpOnly: false"),
      gone,
    ],
    [
      "storage-local-is-trusted-only",
      "Content scripts cannot read the extension's storage",
      inUnit("extension/background/main.test.ts", "what is kept is closed to content scripts"),
      becomes('"TRUSTED_AND_UNTRUSTED_CONTEXTS"'),
    ],
    [
      "marker-path-is-random",
      "Nobody can guess the path of a marker cookie",
      inUnit("extension/background/consent/clearing.test.ts", "it is one for each origin, where nobody can guess it"),
      becomes('"0".repeat(22)'),
    ],
    [
      "clear-site-data-storage",
      'Clear-Site-Data with "storage" takes an origin\'s grants',
      inUnit(
        "extension/background/documents/private_windows.test.ts",
        '"storage", with a page and with what a page loads',
      ),
      becomes("headers.slice(0, 0)"),
    ],
    [
      "clear-site-data-on-redirect",
      "Clear-Site-Data counts also in a redirect",
      inUnit("extension/background/documents/private_windows.test.ts", "on the way, with a redirection"),
      becomes("clearsStorage(headers) && statusCode < 300"),
    ],
    [
      "clear-site-data-same-site-only",
      "Clear-Site-Data in answer to a request of another site does not count",
      inUnit(
        "extension/background/documents/private_windows.test.ts",
        "not of other data, and not in answer to another site",
      ),
      becomes('initiator !== ""'),
    ],
    [
      "clear-site-data-not-from-private",
      "Clear-Site-Data seen in a private window does not touch grants",
      inUnit("extension/background/documents/private_windows.test.ts", "not out of a private window"),
      always,
    ],
  ),
  ...row(
    "P3",
    [
      "grants-not-used-in-private",
      "Grants of other windows do not count in private windows",
      inUnit("extension/background/consent/asking.test.ts", "private windows: what is remembered does not count"),
    ],
    [
      "revoking-spares-private-sockets",
      "Taking back grants does not end sockets of private windows",
      inUnit(
        "extension/background/main.test.ts",
        "what is taken back in the settings ends the sockets that stood on it",
      ),
    ],
    [
      "private-document-grants-forgotten",
      "What documents may reopen goes with their tabs",
      inUnit(
        "extension/background/documents/documents.test.ts",
        "a tab that is closed, discarded, or gone while nobody looked leaves nothing",
      ),
      becomes("onTabGone((tabId) => {\n  void tabId; // once more, for what was still on its way\n});"),
    ],
    [
      "private-headers-forgotten",
      "Headers seen in private windows go with the last of these",
      inUnit("extension/background/documents/private_windows.test.ts", "goes with the last of them"),
    ],
    [
      "no-remember-box-in-private",
      "Private windows do not offer to remember",
      inUnit("extension/background/consent/asking.test.ts", "private windows: what is remembered does not count"),
    ],
    [
      "host-told-of-private-sockets",
      "The host is told which sockets belong to a private window",
      inUnit("extension/background/consent/asking.test.ts", "private windows: what is remembered does not count"),
      becomes("private: isPrivate && false"),
    ],
    [
      "private-denials-forgotten",
      "Denials in private windows are forgotten with the last of these",
      inUnit("extension/background/consent/prompting.test.ts", "denials in private windows are counted there"),
      becomes("void forgetCooldownsOfPrivateWindows;"),
    ],
    [
      "private-headers-not-kept",
      "Headers seen in private windows are not kept on disk",
      inUnit(
        "extension/background/documents/private_windows.test.ts",
        "is not written down, and normal windows hear nothing of it",
      ),
      becomes('"normal"'),
    ],
    [
      "worker-headers-while-private-open",
      "Headers of workers' requests are not kept on disk while a private window is open",
      inUnit(
        "extension/background/documents/private_windows.test.ts",
        "nor is what a worker asks for while one of them is open",
      ),
      becomes('"normal"'),
      becomes('"normal"'),
    ],
    [
      "worker-headers-belong-to-neither",
      "Headers of workers' requests count for no kind of windows while a private window is open",
      ofHeaders("workers, which do not say whose they are"),
      becomes('"private"'),
      becomes('"private"'),
    ],
    [
      "browser-incognito-flag-counts",
      "Where the browser says whether a request is private, that counts",
      ofHeaders("a browser that says with each request whose it is"),
    ],
    [
      "header-budgets-apart-for-private",
      "Private windows and others have budgets of their own for reading headers",
      ofHeaders("read headers within budgets of their own"),
      becomes("const site = own;"),
      also("header-readers-apart-for-private"),
    ],
    [
      "header-readers-apart-for-private",
      "What headers were read in one kind of windows does not show in the cost for the other",
      ofHeaders("what was read in one of them is no cheaper"),
      becomes("readers.normal"),
    ],
    [
      "unknown-tab-pays-for-itself",
      "Headers of a tab whose kind is not known yet are charged to the tab",
      ofHeaders("a tab of which nothing is known yet"),
      becomes('"tab 0"'),
    ],
    [
      "unknown-tab-noted-by-its-kind",
      "Headers of a tab are noted under what its kind turns out to be",
      ofHeaders("a tab of which nothing is known yet"),
      becomes('"normal"'),
    ],
    [
      "header-queues-apart-for-private",
      "Headers that wait to be noted take no room from the other kind of windows",
      ofHeaders("note what they see apart"),
      becomes("`normal ${siteOf(origin)}`"),
    ],
    [
      "open-waits-for-own-headers-only",
      "An open waits only for headers of its own kind of windows and site",
      ofHeaders("an open in one of them does not wait for the other"),
      becomes("accounts.length > 0"),
    ],
    [
      "normal-ignores-private-headers",
      "Normal windows hear nothing of headers that private ones saw",
      inUnit("extension/background/keeping.test.ts", "normal windows hear nothing of"),
      becomes('normal: ["normal", "private"]'),
    ],
    [
      "normal-ignores-unknown-headers",
      "Normal windows hear nothing of headers that workers saw while a private window was open",
      inUnit("extension/background/keeping.test.ts", "normal windows hear nothing of"),
      becomes('normal: ["normal", "unknown"]'),
    ],
    [
      "private-ignores-normal-memory",
      "Private windows hear nothing of headers that normal ones have only in memory",
      inUnit("extension/background/keeping.test.ts", "pushes out nothing of normal ones"),
      becomes('"unknown", "normal"'),
    ],
    [
      "private-reads-kept-headers",
      "Private windows hear of the headers that are on disk",
      inUnit("extension/background/keeping.test.ts", "normal windows hear nothing of"),
    ],
    [
      "header-lookup-by-window-kind",
      "The header lookup goes by the window of the document",
      inUnit("extension/background/documents/header_lookup.test.ts", "a denial that was seen in a private window"),
      becomes("{ incognito: true }"),
    ],
    [
      "private-header-memory-cleared",
      "Headers seen in private windows go from memory with the last of these",
      inUnit("extension/background/keeping.test.ts", "goes with the last of them"),
    ],
    [
      "document-bounds-apart-for-private",
      "Documents of private windows push out no records of others of their site",
      inUnit("extension/background/documents/documents.test.ts", "of private windows and others each has its own"),
      becomes("site"),
    ],
    [
      "refusal-bounds-apart-for-private",
      "Refusals in private windows push out no others",
      inUnit("extension/background/keeping.test.ts", "refusals in private windows push out none"),
      becomes("const owner = site;"),
    ],
  ),
  ...row(
    "E1",
    [
      "hidden-refusals-are-delayed",
      "Hidden refusals of the extension come with the refusal delay",
      inUnit(
        "extension/background/sockets/sockets.test.ts",
        "what the page could not foresee is refused after the refusal delay",
      ),
      becomes("(error.hidden as unknown) === 1"),
    ],
    [
      "page-errors-are-uniform",
      "Pages get the same words whatever the cause of a network failure",
      inUnit("extension/background/sockets/sockets.test.ts", "pages get the same words whatever the cause"),
      becomes('{ name: error.data.name, message: error.data.detail ?? "" }'),
    ],
    [
      "reason-goes-to-console",
      "The reason of a refusal goes where the page cannot read it",
      inUnit(
        "extension/content/gatekeeper.test.ts",
        "why an open is refused is said on the console, and nothing of it to the page",
      ),
      becomes("document.title = text;"),
    ],
    [
      "audit-lines-limited-per-origin",
      "An origin cannot flood the audit log with refusals of the extension",
      auditUnit("refusals are told one by one up to a bound"),
    ],
    [
      "audit-lines-limited-per-site",
      "A site cannot flood the audit log with refusals of the extension",
      auditUnit("refusals are told one by one up to a bound"),
    ],
    [
      "audit-lines-limited-overall",
      "All sites together cannot flood the audit log with refusals of the extension",
      auditUnit("refusals are told one by one up to a bound"),
    ],
    [
      "audit-budget-outlives-worker",
      "A stop of the worker renews no budget of audit lines",
      auditUnit("a stop of the worker is no new beginning"),
    ],
    [
      "audit-counts-hide-private-origins",
      "Refusals of private windows are counted without an origin",
      auditUnit("private windows have bounds of their own"),
    ],
  ),
  ...row(
    "H1",
    [
      "document-messages-fit-schema",
      "A message of a document that does not fit its schema is the last one",
      inUnit("extension/background/sockets/sockets.test.ts", "what a document says fits its schema"),
      gone,
      becomes("!validateDocumentMessage(message) && message === undefined"),
    ],
    [
      "socket-ids-are-per-document",
      "Socket ids belong to one document",
      inUnit("extension/background/sockets/sockets.test.ts", "socket ids are the document's own"),
      becomes("static readonly #all = new Map<number, Socket>();\nreadonly #sockets = DocumentConnection.#all;"),
    ],
    [
      "broken-data-ends-its-socket",
      "Data that cannot be decoded ends the socket that it is for",
      inBrowser("attack", "broken base64, too much data and too much credit"),
      becomes("if err != nil {\n\tpanic(err)\n}"),
    ],
    [
      "page-port-before-page-scripts",
      "The page script gets its port before any script of the page runs",
      inBrowser("attack", "events that look like the hand-over give a page nothing"),
      inJSON("manifest/base.json", "/content_scripts/0/run_at", "document_idle"),
    ],
    [
      "claims-built-from-own-members",
      "Polluted prototypes of a page change nothing in what its content script says",
      inBrowser("attack", "a polluted prototype gives no activation and no destination"),
    ],
  ),
];

export const supply: readonly Mutant[] = row(
  "H4",
  [
    "dependencies-are-pinned",
    "Dependencies are pinned to one version",
    inUnit("scripts/supply.test.ts", "every dependency is one version"),
    inJSON("package.json", "/devDependencies/esbuild", "^0.28.2"),
  ],
  [
    "dependencies-have-hashes",
    "Every package in the lock file has a hash",
    inUnit("scripts/supply.test.ts", "every package of the lock file has a hash"),
    inJSON("package-lock.json", "/packages/node_modules~1esbuild/integrity"),
  ],
);
