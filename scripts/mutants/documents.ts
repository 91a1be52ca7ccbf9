// Which documents may ask at all: secure contexts (row 1), the permissions policy (row 5), the CSP rule (row 8).

import { also, always, becomes, gone, inUnit, never, precededBy, row, type Mutant } from "./mutant.ts";

const inMeta = (name: string): ReturnType<typeof inUnit> => inUnit("extension/content/meta_policies.test.ts", name);

const inHeader = inUnit("extension/background/documents/allowlist.test.ts", "the Permissions-Policy header");
const inAllow = inUnit("extension/background/documents/allowlist.test.ts", "the allow attribute");
const enabled = inUnit("extension/background/documents/permissions_policy.test.ts", "the feature is enabled");
const policies = inUnit("extension/shared/csp.test.ts", "several policies");
const together = inUnit("extension/background/documents/header_policy.test.ts", "several responses");

const toldLate = inUnit(
  "extension/background/documents/headers.test.ts",
  "a response that is told of after its document (Firefox)",
);

export const documents: readonly Mutant[] = [
  ...row(
    "5",
    [
      "late-response-came-before-document",
      "A response that is told of after a document is that one's only if it came before it",
      toldLate,
    ],
    ["response-told-late-is-its-documents", "A response that is told of after its document is not lost", toldLate],
    [
      "empty-document-takes-no-response",
      "An empty document takes no response that is for the next one",
      inUnit(
        "extension/background/documents/headers.test.ts",
        "a response waits for its document, also when the empty",
      ),
      becomes("true"),
    ],
    [
      "initiator-named-by-browser",
      "Who has made a request is read from the browser's word in Firefox, too",
      inUnit("extension/platform/platform.test.ts", "who has brought a request about"),
      becomes("return undefined;"),
    ],
    [
      "served-documents-get-no-second-copy",
      "A document that has the scripts gets no second copy of them",
      inUnit("extension/background/main.test.ts", "when the user gives back the permission for websites"),
      becomes("true"),
    ],
  ),
  ...row("8", [
    "asked-policies-hidden-from-page",
    "A page hears nothing of a document that asks for its policies",
    inUnit("extension/platform/policies_event.test.ts", "a document asks another one for its policies"),
  ]),
  ...row(
    "1",
    [
      "api-only-in-secure-contexts",
      "The page script and the content script start nothing on a page that is not a secure context",
      inUnit("extension/content/gatekeeper.test.ts", "a document that is not secure has nothing of it"),
      gone,
      gone,
    ],
    [
      "origin-is-trustworthy",
      "The broker takes only origins that are potentially trustworthy",
      inUnit("extension/background/intake/origin.test.ts", "https and loopback origins may ask, others may not"),
    ],
    [
      "plain-http-on-loopback-only",
      "Plain http is trustworthy on loopback hosts only",
      inUnit("extension/background/intake/origin.test.ts", "https and loopback origins may ask, others may not"),
      becomes('!host.startsWith("128.")'),
    ],
    [
      "broker-checks-secure-ancestors",
      "The broker checks by itself that the document and all its ancestors are secure",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a page that is not secure is refused, whatever it says of itself",
      ),
      becomes("origin === undefined"),
      also("urls-of-ancestors-are-secure"),
      gone,
    ],
    [
      "urls-of-ancestors-are-secure",
      "A frame is refused when the URL of an ancestor is not secure",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a secure frame in a page that is not is no secure context",
      ),
    ],
    [
      "insecure-claim-refuses",
      "A document that says of itself that it is not secure is refused",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a document that says itself that it is not secure is refused",
      ),
    ],
  ),
  ...row(
    "5",
    [
      "empty-allowlist-matches-nobody",
      "An empty allowlist of the Permissions-Policy header matches no origin",
      inHeader,
      precededBy("if (list.origins.length === 0) list.all = true;"),
      precededBy("if (!list.self && list.origins.length === 0) list.all = true;"),
    ],
    [
      "allowlist-self-is-own-origin",
      '"self" in an allowlist stands for the document\'s own origin only',
      inHeader,
      becomes("list.all = true"),
    ],
    [
      "wildcard-needs-registrable-host",
      "A wildcard in an allowlist stands for subdomains, and never for a whole top-level domain",
      inUnit("extension/background/documents/allowlist.test.ts", "a star before a host stands for its subdomains"),
      becomes("base === undefined"),
    ],
    ["opaque-origins-never-match", "Opaque origins match no other origin, nor each other", enabled],
    [
      "allow-defaults-to-src",
      "An allow attribute without a target names the origin of src",
      inAllow,
      becomes("list.all = true"),
    ],
    [
      "sandbox-declares-opaque-origin",
      "A sandboxed element without allow-same-origin declares an opaque origin",
      inUnit("extension/background/documents/allowlist.test.ts", "the declared origin"),
    ],
    [
      "every-allow-list-must-match",
      "Where an allow attribute names the feature several times, every list must match",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "an element that says nothing, or names the feature twice and denies it once",
      ),
      becomes('lists.some((list) => matches(list, child.origin, parent.origin))\n  ? "matches"\n  : "differs"'),
    ],

    [
      "own-header-limits-document",
      "A document is limited by its own Permissions-Policy header",
      enabled,
      becomes("inherited"),
    ],
    ["parent-needs-the-feature", "A frame has the feature only if its parent has it by its own header", enabled],
    [
      "parent-header-names-frame-origin",
      "A frame has the feature only if its parent's header names the frame's origin",
      enabled,
    ],
    [
      "allow-mismatch-denies",
      "An allow attribute that does not match the frame's origin denies the feature",
      enabled,
      becomes("return true;"),
    ],
    [
      "no-allow-same-origin-only",
      "A frame without an allow attribute has the feature only in its parent's origin",
      enabled,
      becomes("return true;"),
    ],
    [
      "inherited-policy-passes-down",
      "A frame below one that does not have the feature does not have it either",
      enabled,
    ],
    ["opaque-documents-lack-feature", "A document with an opaque origin never has the feature", enabled],

    [
      "own-header-denies",
      "The broker refuses a document whose own header denies the feature",
      inUnit("extension/background/documents/admission.test.ts", "the header of the document itself"),
      gone,
      also("tree-decides-the-feature"),
    ],
    [
      "tree-decides-the-feature",
      "The broker refuses a document to which the tree of frames does not give the feature",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a page's header holds for its frames, whatever the element says",
      ),
    ],
    [
      "srcdoc-inherits-parent-header",
      "A document without a response has the declared policy of the document above it",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a srcdoc frame cannot hand on what its parent's header keeps to itself",
      ),
      becomes("undefined"),
    ],
    [
      "blank-window-inherits-opener",
      "An empty window has the policy of the document that opened it",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "one whose maker is known has what its maker came with",
      ),
      becomes("(undefined)"),
    ],
    [
      "makers-outlive-their-document",
      "The policy that a window inherits holds also when the document that opened it is gone",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "also once its creator is gone, and its origin restricts nothing any more",
      ),
      becomes("const before: Creators = id === undefined ? [] : [];"),
    ],
    [
      "unknown-maker-uses-origin-records",
      "Where the document that opened a window is not known, what its origin restricts anywhere counts",
      inUnit("extension/background/documents/admission.test.ts", "an empty window whose maker is not known"),
      becomes("(await creatorPolicy(tab, origin))"),
    ],
    [
      "frames-forgotten-after-restart",
      "Records of frames go with their documents, also where the worker started after the page",
      inUnit(
        "extension/background/documents/headers.test.ts",
        "a frame of a page that was there before the worker started",
      ),
    ],
    [
      "failed-write-kept-in-session",
      "A record that the storage does not take is kept beyond the end of the worker",
      inUnit("extension/background/keeping.test.ts", "a denial that the disk does not take holds"),
    ],
    [
      "waiting-records-have-short-keys",
      "A record that waits to be written holds no long address",
      inUnit("extension/background/documents/headers.test.ts", "what waits holds no long addresses"),
      becomes("const cached = await lookUpCached(url, await kindOf({ tabId }));"),
    ],
    [
      "unwritable-makers-stay-in-memory",
      "The makers of a window that can be stored nowhere are kept in memory",
      inUnit("extension/background/documents/creator_table.test.ts", "a storage that takes nothing"),
      precededBy("if (tabId < 0)"),
    ],
    [
      "silent-parent-refuses-frame",
      "A frame whose parent does not answer for it is refused",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a frame whose holder says nothing, or does not find it, is refused",
      ),
      gone,
      becomes("origin"),
      becomes('"matches"'),
    ],
    [
      "parent-must-be-attested",
      "Only the document that the browser names as the parent may answer for a frame",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "only the document that the browser names as the parent may answer for a frame",
      ),
      gone,
      also("silent-parent-refuses-frame"),
    ],
    [
      "parent-is-in-same-tab",
      "A document of another tab cannot answer for a frame",
      inUnit("extension/background/documents/admission.test.ts", "and no page of another tab"),
      gone,
      also("parent-must-be-attested"),
      also("silent-parent-refuses-frame"),
    ],
    [
      "first-allow-answer-holds",
      "What a parent said first of a frame's allow attribute holds",
      inUnit("extension/background/documents/admission.test.ts", "the first answer holds for the document's life"),
      gone,
      always,
      gone,
    ],
    [
      "nonces-hidden-from-page",
      "The page does not see the nonces of the frame handshake",
      inUnit(
        "extension/content/frames.test.ts",
        "the page does not see what a frame says of itself, and sees everything else",
      ),
    ],
    [
      "unknown-headers-same-origin-tree",
      "Where headers are not known, frames of other origins are refused",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a page whose headers are not known may not hand the feature on",
      ),
    ],
    [
      "frames-before-install-need-reload",
      "Frames that were there before the extension are refused until the page is reloaded",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a frame that was there before the extension waits for a reload, unless a service worker made it",
      ),
    ],
    [
      "frames-asked-anew-after-commit",
      "Which frames a tab has is asked anew once another document has come into it",
      inUnit("extension/background/documents/tab_frames.test.ts", "a document that has left is not on the screen"),
    ],
    [
      "frames-asked-anew-after-refusal",
      "A document that was not on the screen is looked for again",
      inUnit("extension/background/documents/tab_frames.test.ts", "a refusal is not for ever"),
    ],
    [
      "unseen-documents-judged-by-url-of-now",
      "A document of which no response was seen is judged by the URL that it has now",
      inUnit("extension/background/documents/tab_frames.test.ts", "a document of which no response was seen"),
      never,
    ],
    [
      "last-response-counts",
      "The last response of a navigation counts, and not a redirect",
      inUnit("extension/background/documents/admission.test.ts", "the last response counts, not a redirection's"),
      becomes("if (pending.get(`${tabId} ${frameId}`) !== undefined) return;"),
    ],
    [
      "reactivated-page-keeps-headers",
      "A page that comes from a prerender or the back/forward cache keeps the headers it was loaded with",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "what a page came with holds when it is shown after prerendering, or out of the back/forward cache",
      ),
      gone,
      becomes("const known = found.slice(0, 0).filter((policy) => policy !== undefined);"),
      also("server-asked-for-unknown-policy"),
      also("strictest-record-of-origin-counts"),
    ],
    [
      "headers-outlive-worker",
      "Headers of documents outlive a stop of the worker",
      inUnit(
        "extension/background/intake/bounded_store.test.ts",
        "after a stop of the worker it is as it was, the bounds with it",
      ),
      becomes("there.length < 0"),
    ],
    [
      "denials-kept-for-worker-pages",
      "Denials are kept in the header cache for pages that a service worker answers",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "of a page that a service worker made: what was last seen for its URL, whoever asked",
      ),
      also("reactivated-page-keeps-headers.2"),
      also("server-asked-for-unknown-policy"),
      also("strictest-record-of-origin-counts"),
    ],
    [
      "server-asked-for-unknown-policy",
      "The server is asked for the header policy where nothing is known of it",
      inUnit("extension/background/documents/admission.test.ts", "where nothing was seen, what its server says now"),
      becomes("answer = Promise.resolve<HeaderPolicy | undefined>(undefined).finally(() => asked.delete(documentId));"),
    ],
    [
      "policy-requests-limited-per-site",
      "A site has a budget of requests for header policies",
      inUnit(
        "extension/background/documents/header_lookup.test.ts",
        "a server is asked ten times, and once in six seconds",
      ),
    ],
    [
      "policy-requests-limited-overall",
      "All sites together have a budget of requests for header policies",
      inUnit("extension/background/documents/header_lookup.test.ts", "in all sixty times"),
    ],
    [
      "no-policy-request-in-private",
      "No server is asked for its header policy on account of a private window",
      inUnit("extension/background/documents/header_lookup.test.ts", "nothing is asked about private windows"),
      becomes("tab.id !== 0"),
    ],
    [
      "strictest-record-of-origin-counts",
      "A page whose headers are not known is held to what its origin restricts anywhere",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "and where the server does not say, what its origin restricts anywhere",
      ),
      becomes("return  undefined;"),
    ],
    [
      "strictest-self-wins",
      'Of several responses the strictest reading of "self" counts',
      together,
      becomes("self: a.self || b.self"),
    ],
    [
      "allowlists-are-intersected",
      "Of several allowlists only the origins count that all of them name",
      together,
      becomes("[...a.origins, ...b.origins]"),
    ],
    ["allowlist-is-restrictive", "Headers that have an allowlist count as restrictive", together],
  ),
  ...row(
    "8",
    ["unsafe-eval-in-script-src", "'unsafe-eval' in script-src allows eval", policies, becomes('"unsafe-eval"')],
    ["default-src-replaces-script-src", "default-src counts where there is no script-src", policies],
    ["csp-sources-ignore-case", "CSP sources are compared without regard to case", policies, becomes("value")],
    [
      "csp-header-may-hold-several",
      "A CSP header is split into its several policies",
      policies,
      becomes("[...headers]"),
    ],
    [
      "unsafe-policy-of-others-counts",
      "A policy from elsewhere than the response that allows eval counts too",
      inUnit("extension/shared/csp.test.ts", "what others than the response say"),
      becomes('own.some((policy) => policy.eval === "unsafe")'),
    ],
    [
      "others-block-only-with-probe",
      "A policy from elsewhere blocks eval only if the probe agrees",
      inUnit("extension/shared/csp.test.ts", "what others than the response say"),
      becomes("others.some(blocks)"),
    ],
    ["trusted-types-do-not-block-eval", "Trusted types do not count as blocked eval", policies],
    [
      "unsafe-eval-is-refused",
      "The usual CSP rule refuses pages whose policy allows unsafe eval",
      inUnit("extension/shared/csp.test.ts", "the rule, and the administrator's stricter one"),
      becomes("true"),
    ],
    [
      "admin-may-require-blocked-eval",
      "The stricter CSP rule of an administrator requires that eval is blocked",
      inUnit("extension/shared/csp.test.ts", "the rule, and the administrator's stricter one"),
      becomes('return  state !== "unsafe";'),
    ],
    [
      "broker-applies-csp-rule",
      "The broker refuses documents that the CSP rule does not permit",
      inUnit("extension/background/documents/admission.test.ts", "a header that allows eval"),
      becomes("cspPermits(rule, state) || rule !== undefined"),
    ],
    [
      "csp-header-is-read",
      "The CSP rule takes the CSP header of the response into account",
      inUnit("extension/background/documents/admission.test.ts", "a header that allows eval"),
      becomes("own:  []"),
    ],
    [
      "csp-meta-is-read",
      "The CSP rule takes the policies of <meta> elements into account",
      inUnit(
        "extension/background/documents/admission.test.ts",
        "a <meta> that allows it, as the content script saw it",
      ),
    ],
    [
      "removed-csp-meta-counts",
      "The policy of a <meta> element counts also after the element was removed",
      inUnit("extension/content/gatekeeper.test.ts", "a policy in <meta> counts after its element has gone"),
    ],
    [
      "excess-csp-meta-is-unsafe",
      "More <meta> policies than are read count as the worst policy",
      inMeta("more than anybody reads, or longer: the worst reading"),
    ],
    [
      "overlong-csp-meta-is-unsafe",
      "A <meta> policy that is too long counts as the worst policy",
      inMeta("more than anybody reads, or longer: the worst reading"),
    ],
    [
      "changed-csp-meta-counts",
      "What a <meta> policy said before it was changed counts",
      inUnit(
        "extension/content/evidence.test.ts",
        "what an element said before it was changed counts, in the very task that inserted it",
      ),
    ],
    [
      "renamed-csp-meta-counts",
      "What a <meta> policy said counts also where the element was no policy any more when that was seen",
      inUnit("extension/content/evidence.test.ts", "and what it said when it was a policy, which it is no more"),
    ],
    [
      "replaced-head-counts-as-worst",
      "An element that takes the place of <head> or <html> counts as the worst policy",
      inUnit(
        "extension/content/evidence.test.ts",
        "a <head> in the place of the first: what went with the first may have been the worst",
      ),
      becomes("first === undefined"),
    ],
    [
      "blank-document-inherits-csp",
      "A document without a response has the CSP policies of the document that made it",
      inUnit(
        "extension/content/evidence.test.ts",
        "a document without a response has the policies of the one that created it, and one with a response has not",
      ),
      becomes("void creator;"),
    ],
    [
      "inherited-csp-read-at-start",
      "Inherited CSP policies are read at once, before their maker can be gone",
      inUnit("extension/content/evidence.test.ts", "also when that one is gone by then"),
    ],
    [
      "admin-csp-rule-reaches-page",
      "The administrator's CSP rule is applied when a page asks",
      inUnit("extension/background/consent/asking.test.ts", "rules of the administrator about the page"),
      becomes('"refuse-unsafe-eval"'),
    ],
  ),
  ...row("7", [
    "installed-apps-only",
    "Where the administrator says so, only installed apps may ask",
    inUnit("extension/background/consent/asking.test.ts", "rules of the administrator about the page"),
  ]),
];
