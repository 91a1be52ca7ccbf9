// For how long it holds what the user allowed (row P5), and what the consent window has for that (2).

import { always, becomes, inUnit, row, type Mutant } from "./mutant.ts";

const lifetimes = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/consent/lifetimes.test.ts", name);
const inWindow = (name: string): ReturnType<typeof inUnit> => inUnit("extension/ui/prompt_lifetime.test.ts", name);
const settled = lifetimes("a document whose question was settled by the answer to another");

const settings = (name: string): ReturnType<typeof inUnit> => inUnit("extension/ui/options.test.ts", name);
const history = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/sockets/history.test.ts", name);

export const lifetime: readonly Mutant[] = [
  ...row(
    "2",
    [
      "allow-disabled-after-lifetimes-shown",
      "Buttons are disabled for a moment after those for other lengths of time have come in sight",
      inWindow("the other lengths of time are out of sight until they are asked for"),
    ],
    [
      "escape-closes-lifetimes-first",
      "Escape takes the buttons for other lengths of time out of sight before it is a no",
      inWindow("Escape puts them out of sight first"),
    ],
    [
      "only-own-page-is-test-page",
      "No page but Portside's own is called its test page",
      inUnit(
        "extension/background/sockets/selftest.test.ts",
        "the prompt calls it Portside's test page, and no other page",
      ),
      becomes("return this.#running?.origin === origin;"),
    ],
    [
      "longer-lifetimes-only-where-offered",
      "Nothing holds longer than this time where that is not offered",
      lifetimes("where nothing may be remembered no lifetime is offered, and none counts"),
    ],
  ),
  ...row(
    "P1",
    [
      "undo-needs-trusted-click",
      "What was removed comes back by a person's click only",
      settings("what was removed comes back exactly as it was"),
      always,
    ],
    [
      "undo-brings-back-nothing-that-is-over",
      "What has come to its end does not come back with Undo",
      settings("what has come to its end meanwhile does not come back"),
    ],
    [
      "undo-leaves-what-was-given-anew",
      "Undo leaves alone what the user has given anew",
      settings("what has come to its end meanwhile does not come back"),
    ],
    [
      "history-is-off-by-default",
      "Nothing goes into the history unless the user has switched it on",
      history("it is off unless it is switched on"),
    ],
    [
      "history-ends-after-seven-days",
      "Nothing is in the history for longer than seven days",
      history("after seven days it is gone, from the disk as well"),
    ],
    [
      "history-is-bounded",
      "The history has a bound, of all and of each site",
      history("a site that connects to much pushes out its own"),
      becomes("{ entries: Infinity, size: Infinity, entriesOfOwner: Infinity, sizeOfOwner: Infinity }"),
    ],
    [
      "history-makes-room",
      "The history makes room where the browser's storage is full",
      history("when storage is full it goes"),
      becomes("() => Promise.resolve()"),
    ],
  ),
  ...row("P3", [
    "history-leaves-out-private-windows",
    "Private windows are not in the history",
    history("private windows, and what others connect to a page, are not in it"),
  ]),
  ...row(
    "P5",
    [
      "grant-ends-after-its-hour",
      "A grant of an hour does not serve after an hour",
      inUnit("extension/background/consent/lifetime.test.ts", "an hour is over when it has passed"),
      becomes("now >= ends.until + 1"),
    ],
    [
      "clock-set-back-ends-grant",
      "A grant of an hour does not serve after the clock was set back",
      lifetimes("an hour ends when the clock is set back"),
      becomes("now < 0"),
    ],
    [
      "timer-notices-clock-set-back",
      "A clock that is set back while the background runs is noticed by its timer",
      lifetimes("an hour ends when the clock is set back again and again by a little"),
      becomes("Date.now()"),
    ],
    [
      "kept-span-is-no-longer-than-picked",
      "What is kept of an hour is never read as more than an hour",
      lifetimes("what is kept of an hour is read as what is left of it"),
      becomes('return typeof from === "number" && typeof until === "number";'),
    ],
    [
      "grants-that-are-over-do-not-count",
      "A grant that is over counts nowhere, also while it is in the list",
      lifetimes("an hour ends when the clock is set back"),
      becomes("() => true"),
    ],
    [
      "document-grant-ends-with-its-hour",
      "What a document may open again by a grant of an hour ends with that grant",
      lifetimes("an hour: every document of the site, for an hour, and not after it"),
      always,
    ],
    [
      "settled-question-ends-with-its-hour",
      "A question that a grant of an hour settles allows no longer than that grant",
      settled,
    ],
    [
      "local-settled-question-ends-with-its-hour",
      "A question about a place that a grant of an hour settles allows no longer than that grant",
      settled,
    ],
    [
      "browser-grants-not-on-disk",
      "What holds until the browser closes is on no disk",
      lifetimes("until the browser closes: on no disk, and gone with it"),
      becomes('"local"'),
    ],
    [
      "end-of-grant-closes-nothing",
      "The end of a grant's time ends no connection",
      lifetimes("an hour: every document of the site, for an hour, and not after it"),
      becomes("const revoked = before.filter((old) => !after.some((grant) => sameGrant(grant, old)));"),
    ],
    [
      "private-windows-note-no-use",
      "A private window leaves no trace of what it used",
      lifetimes("when a grant was last used is noted, to ten minutes, and not by private windows"),
    ],
  ),
];
