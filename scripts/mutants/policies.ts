// What administrators' files say about themselves (row 7): conditions, trials, comments, tests, and that there has to be one.

import { becomes, inGo, never, precededBy, row, type Mutant } from "./mutant.ts";

const policyOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/policy", name);

export const policies: readonly Mutant[] = row(
  "7",
  [
    "missing-required-policy-refuses",
    "Where there has to be a policy, everything is refused while no file of one is in force",
    policyOf("TestRequiredPolicy"),
    never,
  ],
  [
    "root-judges-for-everybody",
    "What not everybody may read cannot be used, to the commands that root runs",
    policyOf("TestForEverybody"),
    never,
  ],
  [
    "jsonc-depth-is-bounded",
    "A file with comments that nests too deeply is refused before it is parsed",
    policyOf("TestComments"),
    never,
  ],
  [
    "file-for-others-says-nothing",
    "A file whose conditions do not hold says nothing",
    policyOf("TestConditions"),
    never,
  ],
  [
    "undecided-condition-refuses",
    "A condition of which nobody can tell whether it holds refuses everything",
    policyOf("TestUndecidedConditionsRefuse"),
    never,
  ],
  [
    "unnamed-user-is-undecided",
    "Whether a file is for a user whose name the system does not tell is undecided where it has names",
    policyOf("TestUndecidedConditionsRefuse"),
    never,
  ],
  [
    "unnamed-group-is-undecided",
    "Whether a file is for a group whose name the system does not tell is undecided where it has names",
    policyOf("TestUndecidedConditionsRefuse"),
    never,
  ],
  ["condition-names-users", "A file can be for some users only", policyOf("TestConditions")],
  ["condition-names-groups", "A file can be for some groups only", policyOf("TestConditions")],
  ["condition-names-machines", "A file can be for some machines only", policyOf("TestConditions")],
  ["condition-names-hours", "A file can be for some hours only", policyOf("TestConditions")],
  [
    "hours-pass-midnight",
    "Hours that end before they begin end on the next day",
    policyOf("TestConditions"),
    becomes("return on(today) && at >= h.from && yesterday >= 0"),
  ],
  [
    "conditions-are-judged-again",
    "Hours begin and end though no file changes",
    policyOf("TestHoursPass"),
    becomes("turned := false"),
  ],
  [
    "user-name-not-from-environment",
    "The user's name is not what their environment says",
    policyOf("TestSystemIsNotTheEnvironment"),
    becomes('name = os.Getenv("USER")'),
  ],
  [
    "hours-not-in-zone-of-environment",
    "Hours are not those of the time zone in the user's environment",
    policyOf("TestSystemIsNotTheEnvironment"),
    becomes("zone, err := time.Local, error(nil)"),
  ],
  [
    "switched-off-is-not-reported-only",
    "A file on trial that switches everything off does so",
    policyOf("TestReportOnly"),
    becomes("return l.reportsOnly()"),
  ],
  [
    "reported-lists-allow-nothing",
    "The lists of a file on trial vouch for nothing and skip no question",
    policyOf("TestReportOnly"),
    precededBy('o = strict\no.refusedBy = ""'),
  ],
  [
    "reported-refusals-are-written",
    "What a policy on trial would refuse is written to the audit log",
    inGo("nativehost/sockets", "TestReportedRefusals"),
  ],
  [
    "failing-policy-test-is-told",
    "A test of a policy that comes out otherwise is told",
    inGo("nativehost/policy/report", "TestTestsOfAPolicy"),
    never,
  ],
);
