// What the user is shown, and asked, of sockets that others can send to (2, P1, P4).

import { becomes, inUnit, row, type Mutant } from "./mutant.ts";

const asked = (name: string): ReturnType<typeof inUnit> => inUnit("extension/ui/prompt_local.test.ts", name);

export const windows: readonly Mutant[] = [
  ...row(
    "2",
    [
      "local-choice-is-complete",
      "A socket that others can send to is allowed only with a place that the user chose",
      asked("nothing is chosen beforehand where there are several places"),
      becomes("true"),
    ],
    [
      "no-place-chosen-beforehand",
      "Of several places where a socket may be open none is chosen beforehand",
      asked("nothing is chosen beforehand where there are several places"),
      becomes("if (only === undefined) return;"),
    ],
    [
      "anybody-needs-own-yes",
      "A socket that everybody can reach takes a yes of its own",
      asked("everybody takes a yes of its own, each time that it is chosen"),
    ],
    [
      "chosen-place-stands-beside-allow",
      "Where a socket will be open, and whom it may send to, stands beside Allow",
      asked("what Allow would do stands beside it"),
    ],
    [
      "yes-for-anybody-goes-with-place",
      "The yes to everybody goes when another place is chosen",
      asked("everybody takes a yes of its own, each time that it is chosen"),
    ],
    [
      "allow-disabled-after-local-choice",
      "Allow is disabled for a while after the user has chosen where a socket is open, or whom it sends to",
      asked("a new choice keeps Allow dead for half a second"),
      becomes("refresh"),
    ],
    [
      "peers-no-wider-than-allowed",
      "Whom a bound UDP socket may send to: no choice is offered that is wider than allowed",
      asked("whom a bound socket may send to: no choice that is wider than allowed"),
      becomes("choices.length"),
    ],
    [
      "wrong-host-not-allowable",
      "Allow stays disabled while one of the named hosts cannot be allowed",
      asked("a host that cannot be allowed is named"),
    ],
  ),
  ...row("P1", [
    "report-names-no-network",
    "The report for support does not say which network a grant holds in",
    inUnit("extension/ui/options.test.ts", "what others may do is told in plain words, and taken back alone"),
    becomes('key === "no network"'),
  ]),
  ...row("P4", [
    "popup-accepted-are-bounded",
    "The popup shows a bounded number of the connections that a socket has accepted",
    inUnit(
      "extension/background/toolbar/shown.test.ts",
      "of the connections of each socket that listens the oldest are shown, and the others counted",
    ),
  ]),
];
