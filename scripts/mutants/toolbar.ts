// What the user sees and has in hand while sockets are open: the toolbar's badge and popup, and the pause of a site (row P4); and that
// nobody else has (H1).

import { always, becomes, inBrowser, inUnit, never, precededBy, row, type Mutant } from "./mutant.ts";

const consentTest = "extension/background/consent/consent.test.ts";

const reasons = inBrowser("toolbar", "have their true reason in the popup");

export const toolbar: readonly Mutant[] = [
  ...row(
    "P4",
    [
      "every-socket-is-counted",
      "Every open socket is counted in the toolbar",
      inUnit("extension/background/sockets/activity.test.ts", "every open socket is there, of its own tab"),
      precededBy("if (live.key % 2 === 0)"),
    ],
    [
      "socket-counted-until-closed",
      "A socket is counted for as long as it is open",
      inUnit("extension/background/sockets/activity.test.ts", "every open socket is there, of its own tab"),
      always,
    ],
    [
      "sockets-counted-per-tab",
      "The toolbar counts the sockets of its own tab",
      inUnit("extension/background/sockets/activity.test.ts", "every open socket is there, of its own tab"),
      becomes("sender.tabId !== -tabId"),
    ],
    [
      "badge-reset-after-worker-stop",
      "The badge does not go on counting what ended with the worker",
      inUnit(
        "extension/content/gatekeeper.test.ts",
        "a broker that goes with open sockets is started again, and one without them is not",
      ),
      becomes("size < 0"),
    ],
    [
      "waiting-question-marks-badge",
      "A question that waits for its answer marks the badge of its tab",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a question that waits marks the badge of its tab"),
      becomes("(this.#prompts.waitsIn(tabId) && false)"),
    ],
    [
      "question-brought-by-trusted-click",
      "The popup brings a question that waits on a person's click only",
      inUnit("extension/ui/popup.test.ts", "a question that waits is told, and brought by a person's click alone"),
      becomes("(event.isTrusted || true)"),
    ],
    [
      "refusals-mark-the-badge",
      "A refusal marks the badge",
      inUnit("extension/background/toolbar/toolbar.test.ts", "what was refused calls for attention until"),
      becomes("({ unseen, count }) => unseen && count < 0"),
    ],
    [
      "user-actions-leave-no-mark",
      "What the user refused by hand does not mark the badge",
      inUnit("extension/background/toolbar/toolbar.test.ts", "what was refused calls for attention until"),
      becomes("return true;"),
    ],
    [
      "popup-shows-host-figures",
      "The popup shows the figures of the host",
      inUnit("extension/background/toolbar/toolbar.test.ts", "the popup shows what the host says"),
      becomes("void at"),
    ],
    [
      "popup-shows-tls-upgrade",
      "The popup shows an upgrade to TLS",
      inUnit("extension/background/toolbar/toolbar.test.ts", "an upgrade to TLS shows"),
    ],
    [
      "popup-close-ends-socket",
      "Close in the popup ends the socket",
      inUnit("extension/background/toolbar/toolbar.test.ts", "Close ends a socket with an error"),
    ],
    [
      "closed-by-user-loses-grant",
      "What the user has closed the page cannot reopen by itself",
      inUnit("extension/background/toolbar/toolbar.test.ts", "Close ends a socket with an error"),
      becomes("void grants; void destination;"),
    ],
    [
      "pending-open-keeps-it-closed",
      "An open that is under way does not bring back what the user has closed",
      inUnit(consentTest, "what the user closes while an open is under way does not come back with it"),
    ],
    [
      "revoking-keeps-it-closed",
      "What the user has closed stays closed when another grant is taken back",
      inUnit(consentTest, "what the user has closed stays closed when another grant of the site is taken back"),
      becomes("closed.length >= 0"),
    ],
    [
      "popup-close-needs-trusted-click",
      "Closing a socket in the popup takes a trusted click",
      inUnit("extension/ui/popup.test.ts", "a socket is closed"),
      becomes('event.type !== ""'),
    ],
    [
      "copied-text-is-shown-text",
      "What the popup copies as text is what it shows",
      inUnit("extension/ui/popup_scale.test.ts", "what is copied is what is shown"),
      never,
    ],
    [
      "popup-window-goes-with-tab",
      "The popup in a window of its own goes with its tab",
      inUnit("extension/background/toolbar/toolbar.test.ts", "the menu of the toolbar's button shows the popup"),
    ],
    [
      "paused-site-is-refused",
      "A paused site gets no socket",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause ends what the site has open in every tab"),
    ],
    [
      "pause-refusal-is-delayed",
      "The refusal of a paused site comes with the refusal delay",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause ends what the site has open in every tab"),
    ],
    [
      "pause-ends-sockets-in-all-tabs",
      "A pause ends what the site has open in every tab",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause ends what the site has open in every tab"),
      becomes("origins.length < 0"),
    ],
    [
      "pause-spares-other-sites",
      "A pause ends nothing of other sites",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause ends what the site has open in every tab"),
      becomes("origins.length > 0"),
    ],
    [
      "pause-refuses-pending-opens",
      "A pause refuses what is just being opened",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause comes to what is just being opened"),
      becomes('({ state }) => state.phase === "open"'),
    ],
    [
      "pause-of-pending-is-refusal",
      "What is being opened when a pause begins is refused as a paused site is",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause comes to what is just being opened"),
    ],
    [
      "pause-outlives-browser",
      "A pause holds over a restart of the browser",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause holds over a restart of the browser"),
      becomes('"session"'),
    ],
    [
      "unpause-switch-needs-trusted-click",
      "Ending a pause with the switch takes a trusted click",
      inUnit("extension/ui/popup.test.ts", "a pause is ended by its switch"),
    ],
    [
      "refusal-remedy-needs-trusted-click",
      "The button beside a refusal takes a trusted click",
      inUnit("extension/ui/popup.test.ts", "and by the button beside the refusal"),
      becomes('event.type !== ""'),
    ],
    [
      "cooldown-end-needs-trusted-click",
      "Ending a cooldown takes a trusted click",
      inUnit("extension/ui/popup.test.ts", "a site that asked too often may ask again"),
    ],
    [
      "popup-shows-true-reason",
      "The popup tells the true reason of a refusal",
      inUnit(
        "extension/background/toolbar/toolbar.test.ts",
        "refusals and failures have their true reason in the popup",
      ),
      becomes('return { reason: "network", ...(reason === "policy" && by !== undefined ? { reason, by } : {}) };'),
    ],
    ["host-names-deciding-setting", "The host names the setting that refused, also after a name was resolved", reasons],
    [
      "judgement-names-deciding-setting",
      "The extension tells the setting that refused before anything was resolved",
      inUnit(
        "extension/background/toolbar/toolbar.test.ts",
        "refusals and failures have their true reason in the popup",
      ),
    ],
    [
      "popup-refusals-are-bounded",
      "The popup keeps a bounded number of refusals",
      inUnit("extension/background/toolbar/toolbar.test.ts", "what repeats is one line with a count"),
      becomes("1_000"),
    ],
    [
      "repeated-refusals-are-merged",
      "A refusal that repeats is one line with a count",
      inUnit("extension/background/toolbar/toolbar.test.ts", "what repeats is one line with a count"),
      becomes("old.count < 0 && same(old, record)"),
    ],
    [
      "refusal-texts-are-cut",
      "Texts of a page in the list of refusals have a bound",
      inUnit("extension/background/toolbar/toolbar.test.ts", "what repeats is one line with a count"),
      becomes("host: attempt.host"),
    ],
    [
      "refusals-go-with-tab",
      "Refusals go with their tab",
      inUnit("extension/background/toolbar/toolbar.test.ts", "what repeats is one line with a count"),
    ],
    [
      "refusals-outlive-worker",
      "Refusals outlive a stop of the worker",
      inUnit(
        "extension/background/intake/bounded_store.test.ts",
        "after a stop of the worker it is as it was, the bounds with it",
      ),
      becomes("there.length < 0"),
    ],
    [
      "popup-starts-no-host",
      "An open popup keeps no host alive",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a popup starts a host to see how it is"),
      precededBy("await this.#around.hosts.connect({ quiet: true });"),
    ],
  ),
  ...row(
    "P3",
    [
      "private-popup-lists-no-permissions",
      "The popup over a private window lists no saved permissions of other windows",
      inUnit("extension/ui/popup_scale.test.ts", "the saved permissions of the site are there"),
      becomes("site?.origin"),
    ],
    [
      "private-pause-not-on-disk",
      "A pause in a private window is not written to disk",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause holds over a restart of the browser"),
      becomes('"local"'),
    ],
    [
      "private-pause-goes-with-windows",
      "A pause in private windows goes with the last of them",
      inUnit("extension/background/toolbar/toolbar.test.ts", "a pause holds over a restart of the browser"),
    ],
  ),
  ...row(
    "H1",
    [
      "only-own-pages-are-popups",
      "Only the extension's own pages may connect as the popup",
      inUnit("extension/background/main.test.ts", "only the extension's own pages are popups"),
    ],
    [
      "storage-session-is-trusted-only",
      "Content scripts cannot read what the extension keeps",
      inUnit("extension/background/main.test.ts", "what is kept is closed to content scripts"),
      becomes('"TRUSTED_AND_UNTRUSTED_CONTEXTS"'),
    ],
  ),
];
