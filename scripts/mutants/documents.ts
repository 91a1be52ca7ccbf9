// Which documents may ask at all: secure contexts (row 1), the permissions policy (row 5), the CSP rule (row 8).

import { change, inUnit, row, type Mutant } from "./mutant.ts";

const admission = "extension/background/documents/admission.ts";
const allowlist = "extension/background/documents/allowlist.ts";
const policy = "extension/background/documents/permissions_policy.ts";
const handshake = "extension/background/documents/handshake.ts";
const headers = "extension/background/documents/headers.ts";
const learn = "extension/background/documents/header_lookup.ts";
const kept = "extension/background/documents/header_cache.ts";
const facts = "extension/background/documents/header_policy.ts";
const csp = "extension/shared/csp.ts";
const evidence = "extension/content/evidence.ts";
const makers = "extension/background/documents/creators.ts";
const metaPolicies = "extension/content/meta_policies.ts";
const inMeta = (name: string): ReturnType<typeof inUnit> => inUnit("extension/content/meta_policies.test.ts", name);
const frames = "extension/content/frames.ts";
const content = "extension/content/main.ts";
const origins = "extension/background/intake/origin.ts";

const inHeader = inUnit("extension/background/documents/allowlist.test.ts", "the Permissions-Policy header");
const inAllow = inUnit("extension/background/documents/allowlist.test.ts", "the allow attribute");
const enabled = inUnit("extension/background/documents/permissions_policy.test.ts", "the feature is enabled");
const policies = inUnit("extension/shared/csp.test.ts", "several policies");
const together = inUnit("extension/background/documents/header_policy.test.ts", "several responses");

/** Without these, headers are known only as long as nobody restarts anything: three ways to know them from another occasion. */
const forgetful = [
  change(
    kept,
    "const known = found.filter((policy) => policy !== undefined);",
    "const known = found.slice(0, 0).filter((policy) => policy !== undefined);",
  ),
  change(learn, "      answer = askServer(url)", "      answer = Promise.resolve<HeaderPolicy | undefined>(undefined)"),
  change(learn, "return isRestrictive(ofOrigin) ? ofOrigin : undefined;", "return undefined;"),
];

export const documents: readonly Mutant[] = [
  ...row(
    "1",
    [
      "pages that are not secure have no API: page script and content script",
      inUnit("extension/content/main.test.ts", "a document that is not secure has nothing of it"),
      change("extension/page/start.ts", "  if (!scope.isSecureContext) return;\n", ""),
      change(content, "if (isSecureContext && world", "if (world"),
    ],
    [
      "the broker takes only origins of secure contexts",
      inUnit("extension/background/intake/origin.test.ts", "https and loopback origins may ask, others may not"),
      change(origins, 'if (url.protocol !== "http:") return false;', ""),
    ],
    [
      "plain http is secure on this computer only",
      inUnit("extension/background/intake/origin.test.ts", "https and loopback origins may ask, others may not"),
      change(origins, "/^127\\.\\d+\\.\\d+\\.\\d+$/.test(host)", '!host.startsWith("128.")'),
    ],
    [
      "the broker asks by itself, of the document and of all above it",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a page that is not secure is refused, whatever it says of itself",
      ),
      change(
        admission,
        "if (!secure || !isTrustworthyOrigin(origin)) return insecure;",
        "if (!secure || origin === undefined) return insecure;",
      ),
      change(admission, "  if (!areSecure(path)) return insecure;\n", ""),
      change(admission, "  if (!origins.every(isTrustworthyOrigin)) return insecure;\n", ""),
    ],
    [
      "what stands above a frame counts",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a secure frame in a page that is not is no secure context",
      ),
      change(admission, "  if (!areSecure(path)) return insecure;\n", ""),
    ],
    [
      "what the document says of itself makes the answer stricter",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a document that says itself that it is not secure is refused",
      ),
      change(admission, "if (!secure || ", "if ("),
    ],
  ),
  ...row(
    "5",
    [
      "an empty list is nobody",
      inHeader,
      change(
        allowlist,
        "    } else if (inner && typeof item",
        "      if (list.origins.length === 0) list.all = true;\n    } else if (inner && typeof item",
      ),
      change(
        allowlist,
        "  return list;\n}\n\n/** The element",
        "  if (!list.self && list.origins.length === 0) list.all = true;\n  return list;\n}\n\n/** The element",
      ),
    ],
    [
      "self is the document's own origin",
      inHeader,
      change(
        allowlist,
        'if (item.toString() === "self") list.self = true;',
        'if (item.toString() === "self") list.all = true;',
      ),
    ],
    [
      "a star stands for subdomains, never for a whole top-level domain",
      inUnit("extension/background/documents/allowlist.test.ts", "a star before a host stands for its subdomains"),
      change(allowlist, 'if (base?.includes(".") !== true || !origin', "if (base === undefined || !origin"),
    ],
    [
      "opaque origins are the same as none",
      enabled,
      change(allowlist, 'return a !== "null" && a === b;', "return a === b;"),
    ],
    [
      "allow without a target is the declared origin",
      inAllow,
      change(
        allowlist,
        `if (targets.length === 0) targets.push("'src'");`,
        "if (targets.length === 0) list.all = true;",
      ),
    ],
    [
      "a sandboxed element declares no origin",
      inUnit("extension/background/documents/allowlist.test.ts", "the declared origin"),
      change(
        allowlist,
        'if (sandbox !== undefined && !splitOnWhitespace(sandbox.toLowerCase()).includes("allow-same-origin")) return "null";',
        "",
      ),
    ],
    [
      "every list of an allow attribute must match",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "an element that says nothing, or names the feature twice and denies it once",
      ),
      change(handshake, "lists.every((list)", "lists.some((list)"),
    ],

    [
      "the header of the document itself",
      enabled,
      change(
        policy,
        'return document.origin !== "null" && featureValue(document, inherited, document.origin);',
        'return document.origin !== "null" && inherited;',
      ),
    ],
    [
      "the parent has the feature itself",
      enabled,
      change(policy, "  if (!featureValue(parent, inherited, parent.origin)) return false;\n", ""),
    ],
    [
      "the parent's header names the frame's origin",
      enabled,
      change(policy, "  if (!featureValue(parent, inherited, child.origin)) return false;\n", ""),
    ],
    [
      "allow that does not match",
      enabled,
      change(policy, '    case "differs":\n      return false;', '    case "differs":\n      return true;'),
    ],
    [
      "without allow: the same origin only",
      enabled,
      change(policy, "return sameOrigin(child.origin, parent.origin); // the", "return true; // the"),
    ],
    [
      "what a frame has is handed down the whole tree",
      enabled,
      change(policy, "  if (!inherited) return false;\n", ""),
    ],
    [
      "documents without an origin never have it",
      enabled,
      change(policy, 'document.origin !== "null" && featureValue', "featureValue"),
    ],

    [
      "a document's own header",
      inUnit("extension/background/documents/admission.test.ts", "the header of the document itself"),
      change(
        admission,
        "if (own !== undefined && !known.at(-1)?.inherits && !matches(own, origin, origin))",
        "if (false as boolean)",
      ),
      change(
        admission,
        'if (!isFeatureEnabled(path)) return denied("a header, or the allow attribute of a frame.");',
        "isFeatureEnabled(path);",
      ),
    ],
    [
      "the tree decides",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a page's header holds for its frames, whatever the element says",
      ),
      change(
        admission,
        'if (!isFeatureEnabled(path)) return denied("a header, or the allow attribute of a frame.");',
        "isFeatureEnabled(path);",
      ),
    ],
    [
      "a document without a response has the policy of the one above",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a srcdoc frame cannot hand on what its parent's header keeps to itself",
      ),
      change(
        admission,
        "      inherits && index > 0\n        ? path[index - 1]?.declared",
        "      inherits && index > 0\n        ? undefined",
      ),
    ],
    [
      "or of the one that opened it",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "one whose maker is known has what its maker came with",
      ),
      change(admission, "(await creatorPolicy(tab, origin)) ?? (await findOriginPolicy(origin, tab))", "undefined"),
    ],
    [
      "also when it has gone since",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "also once its creator is gone, and its origin restricts nothing any more",
      ),
      change(
        makers,
        "const before = id === undefined ? [] : await table.of(id);",
        "const before: Creators = id === undefined ? [] : [];",
      ),
    ],
    [
      "where the maker is not known, what its origin restricts anywhere counts",
      inUnit("extension/background/documents/admission.test.ts", "an empty window whose maker is not known"),
      change(
        admission,
        "(await creatorPolicy(tab, origin)) ?? (await findOriginPolicy(origin, tab))",
        "await creatorPolicy(tab, origin)",
      ),
    ],
    [
      "records of frames go with their documents, also where the worker started after the page",
      inUnit(
        "extension/background/documents/headers.test.ts",
        "a frame of a page that was there before the worker started",
      ),
      change(
        headers,
        "if (frameId === 0 || !inTab.has(0)) compareSoon(tabId);",
        "if (frameId === 0) compareSoon(tabId);",
      ),
    ],
    [
      "what the disk does not take outlives the worker",
      inUnit("extension/background/keeping.test.ts", "a denial that the disk does not take holds"),
      change("extension/background/intake/bounded_store.ts", "    await this.#keepInstead(there);\n", ""),
    ],
    [
      "what waits holds no long addresses",
      inUnit("extension/background/documents/headers.test.ts", "what waits holds no long addresses"),
      change(
        headers,
        "address === undefined ? unread : await lookUpCached(address, await kindOf({ tabId }))",
        "await lookUpCached(url, await kindOf({ tabId }))",
      ),
    ],
    [
      "what can be written nowhere is kept in memory",
      inUnit("extension/background/documents/creator_table.test.ts", "a storage that takes nothing"),
      change(
        "extension/background/documents/creator_table.ts",
        "    this.#tabs.set(tabId, after);\n",
        "    if (tabId < 0) this.#tabs.set(tabId, after);\n",
      ),
    ],
    [
      "a frame whose holder says nothing is refused",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a frame whose holder says nothing, or does not find it, is refused",
      ),
      change(
        admission,
        "  if (held.some((one, index) => one?.parent.documentId !== known[index]?.documentId))",
        "  if (false as boolean)",
      ),
      change(admission, 'one?.parent.origin ?? "null"', "one?.parent.origin ?? origin"),
      change(
        admission,
        'container: held[index - 1]?.policy ?? "none",',
        'container: held[index - 1]?.policy ?? "matches",',
      ),
    ],
    [
      "only the document that the browser names as the parent may answer",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "only the document that the browser names as the parent may answer for a frame",
      ),
      change(handshake, "    if (above?.documentId !== parent.documentId) return;\n", ""),
      change(
        admission,
        "  if (held.some((one, index) => one?.parent.documentId !== known[index]?.documentId))",
        "  if (false as boolean)",
      ),
    ],
    [
      "in the same tab",
      inUnit("extension/background/documents/admission.test.ts", "and no page of another tab"),
      change(handshake, "  if (child.tabId !== parent.tabId) return;\n", ""),
      change(handshake, "    if (above?.documentId !== parent.documentId) return;\n", ""),
      change(
        admission,
        "  if (held.some((one, index) => one?.parent.documentId !== known[index]?.documentId))",
        "  if (false as boolean)",
      ),
    ],
    [
      "the first answer holds",
      inUnit("extension/background/documents/admission.test.ts", "the first answer holds for the document's life"),
      change(frames, "  if (atLoad !== undefined && atLoad !== allow) return { found: false };\n", ""),
      change(handshake, "if (known === undefined) await answers", "await answers"),
      change(handshake, "settle(child.documentId, known ?? held);", "settle(child.documentId, held);"),
    ],
    [
      "the page does not see the nonces",
      inUnit(
        "extension/content/frames.test.ts",
        "the page does not see what a frame says of itself, and sees everything else",
      ),
      change(frames, "  event.stopImmediatePropagation();\n", ""),
    ],
    [
      "headers that are not known: no other origin",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a page whose headers are not known may not hand the feature on",
      ),
      change(admission, "    if (origins.some((other) => other !== origin))\n", "    if (false as boolean)\n"),
    ],
    [
      "frames that were there before the extension wait for a reload",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a frame that was there before the extension waits for a reload, unless a service worker made it",
      ),
      change(admission, "if (unknown.includes(true, 1) && !evidence.controlled)", "if (false as boolean)"),
    ],
    [
      "the last response counts, not a redirect's",
      inUnit("extension/background/documents/admission.test.ts", "the last response counts, not a redirection's"),
      change(
        headers,
        "  if (statusCode >= 300 && statusCode < 400 && statusCode !== 304) return; // the last response counts\n",
        "  if (pending.get(`${tabId} ${frameId}`) !== undefined) return;\n",
      ),
    ],
    [
      "what came before a prerendered page was shown, or one from the back/forward cache",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "what a page came with holds when it is shown after prerendering, or out of the back/forward cache",
      ),
      change(headers, "    if ((await records.get(documentId)) !== undefined) return;\n", ""),
      ...forgetful,
    ],
    [
      "headers outlive the worker",
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
      "denials are kept for pages of service workers",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "of a page that a service worker made: what was last seen for its URL, whoever asked",
      ),
      ...forgetful,
    ],
    [
      "and the server is asked where nothing is known",
      inUnit("extension/background/documents/admission.test.ts", "where nothing was seen, what its server says now"),
      change(
        learn,
        "      answer = askServer(url)",
        "      answer = Promise.resolve<HeaderPolicy | undefined>(undefined)",
      ),
    ],
    [
      "which one site does not use up for others",
      inUnit(
        "extension/background/documents/header_lookup.test.ts",
        "a server is asked ten times, and once in six seconds",
      ),
      change(learn, "requests.site.of(siteOf(new URL(url).origin), now), ", ""),
    ],
    [
      "nor all sites together",
      inUnit("extension/background/documents/header_lookup.test.ts", "in all sixty times"),
      change(learn, ', requests.all.of("", now)]', "]"),
    ],
    [
      "and about private windows none",
      inUnit("extension/background/documents/header_lookup.test.ts", "nothing is asked about private windows"),
      change(learn, "if (!tab.incognito) {", "if (tab.id !== 0) {"),
    ],
    [
      "strict where the origin is strict anywhere",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "and where the server does not say, what its origin restricts anywhere",
      ),
      change(learn, "return isRestrictive(ofOrigin) ? ofOrigin : undefined;", "return undefined;"),
    ],
    ["of several responses the strictest", together, change(facts, "self: a.self && b.self", "self: a.self || b.self")],
    [
      "of several lists what all of them name",
      together,
      change(facts, "a.origins.filter((origin) => b.origins.includes(origin))", "[...a.origins, ...b.origins]"),
    ],
    ["denials are found to be restrictive", together, change(facts, "return allowlist !== undefined || ", "return ")],
  ),
  ...row(
    "8",
    [
      "'unsafe-eval' in script-src",
      policies,
      change(csp, `sources.includes("'unsafe-eval'")`, `sources.includes("unsafe-eval")`),
    ],
    [
      "or else in default-src",
      policies,
      change(csp, 'lowerCased("script-src") ?? lowerCased("default-src")', 'lowerCased("script-src")'),
    ],
    [
      "whatever the case of the letters",
      policies,
      change(csp, "?.map((value) => value.toLowerCase())", "?.map((value) => value)"),
    ],
    [
      "several policies in one header",
      policies,
      change(csp, 'headers.flatMap((header) => header.split(","))', "[...headers]"),
    ],
    [
      "one policy that allows is enough, unless another forbids",
      inUnit("extension/shared/csp.test.ts", "what others than the response say"),
      change(
        csp,
        'if (all.some((policy) => policy.eval === "unsafe")) return "unsafe";',
        'if (own.some((policy) => policy.eval === "unsafe")) return "unsafe";',
      ),
    ],
    [
      "what others forbid counts only when the probe agrees",
      inUnit("extension/shared/csp.test.ts", "what others than the response say"),
      change(csp, "(evalBlocked && others.some(blocks))", "others.some(blocks)"),
    ],
    ["trusted types do not make eval blocked", policies, change(csp, '  if (trustedTypes) return "trusted";\n', "")],
    [
      "the rule",
      inUnit("extension/shared/csp.test.ts", "the rule, and the administrator's stricter one"),
      change(csp, 'state === "blocked" : state !== "unsafe";', 'state === "blocked" : true;'),
    ],
    [
      "the administrator's stricter rule",
      inUnit("extension/shared/csp.test.ts", "the rule, and the administrator's stricter one"),
      change(csp, 'rule === "require-eval-blocked" ? state === "blocked" : ', ""),
    ],
    [
      "the broker asks for it",
      inUnit("extension/background/documents/admission.test.ts", "a header that allows eval"),
      change(
        admission,
        "if (cspPermits(rule, state)) return",
        "if (cspPermits(rule, state) || rule !== undefined) return",
      ),
    ],
    [
      "for the header",
      inUnit("extension/background/documents/admission.test.ts", "a header that allows eval"),
      change(admission, "own: document?.own === true ? seen : [],", "own: [],"),
    ],
    [
      "for <meta>",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a <meta> that allows it, as the content script saw it",
      ),
      change(admission, "...evidence.policies],", "],"),
    ],
    [
      "also after the element has gone",
      inUnit("extension/content/main.test.ts", "a policy in <meta> counts after its element has gone"),
      change(content, "  watchPolicies();\n", ""),
      change(content, "import { collectEvidence, watchPolicies }", "import { collectEvidence }"),
    ],
    [
      "more <meta> policies than anybody reads count as the worst",
      inMeta("more than anybody reads, or longer: the worst reading"),
      change(metaPolicies, " || this.#texts.size === maxTexts", ""),
    ],
    [
      "so do those that are too long",
      inMeta("more than anybody reads, or longer: the worst reading"),
      change(metaPolicies, "content.length > maxLength || ", ""),
    ],
    [
      "what an element said before it was changed counts",
      inUnit(
        "extension/content/evidence.test.ts",
        "what an element said before it was changed counts, in the very task that inserted it",
      ),
      change(evidence, '    if (attributeName === "content") policies.take(oldValue ?? "");\n', ""),
    ],
    [
      "also where it was no policy any more when that was seen",
      inUnit("extension/content/evidence.test.ts", "and what it said when it was a policy, which it is no more"),
      change(evidence, " || were.has(target)", ""),
    ],
    [
      "nor what went with a <head> that was put in the place of the first",
      inUnit(
        "extension/content/evidence.test.ts",
        "a <head> in the place of the first: what went with the first may have been the worst",
      ),
      change(evidence, "first !== node && ", "first === undefined && "),
    ],
    [
      "documents without a response have their maker's policies",
      inUnit(
        "extension/content/evidence.test.ts",
        "a document without a response has the policies of the one that created it, and one with a response has not",
      ),
      change(
        evidence,
        "policies.add((creator as World | null)?.portsidePolicies?.() ?? []);",
        "void (creator as World | null);",
      ),
    ],
    [
      "also when the maker is gone by then",
      inUnit("extension/content/evidence.test.ts", "also when that one is gone by then"),
      change(evidence, "  inherit(); // now", "  // now"),
    ],
    [
      "the administrator's stricter rule reaches the page",
      inUnit("extension/background/consent/asking.test.ts", "rules of the administrator about the page"),
      change(
        "extension/background/consent/consent.ts",
        "const admission = await admit(attested, claims, verdict.cspRule);",
        'const admission = await admit(attested, claims, "refuse-unsafe-eval");',
      ),
    ],
  ),
  ...row("7", [
    "installed apps only",
    inUnit("extension/background/consent/asking.test.ts", "rules of the administrator about the page"),
    change(
      "extension/background/consent/consent.ts",
      "if (verdict.installedOnly && !(await isInstalledApp(attested.tab?.id)))",
      "if (false as boolean)",
    ),
  ]),
];
