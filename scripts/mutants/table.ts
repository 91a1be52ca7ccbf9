// Each rule of docs/SECURITY.md, how it is taken out, and the tests that must then go red.

/** A test: Go's by package and name, TypeScript's by file and a pattern for the name. */
export type Proof = { go: string; run: string } | { unit: string; name?: string } | { e2e: string; name?: string };

export interface Mutant {
  /** The row of docs/SECURITY.md. */
  row: string;
  rule: string;
  file: string;
  /** The text that is the rule; exactly once in the file. */
  find: string;
  replace: string;
  proofs: readonly Proof[];
}

const rules = (run: string): Proof => ({ go: "./nativehost/rules", run });

export const mutants: readonly Mutant[] = [
  {
    row: "6",
    rule: "a name that leads to an address that is not public is refused",
    file: "nativehost/rules/rules.go",
    find: "if class != address.Public && !verdict.VouchesName {",
    replace: "if false && !verdict.VouchesName {",
    proofs: [rules("^TestResolved$")],
  },
  {
    row: "6",
    rule: "an address that is not public takes the person's own word",
    file: "nativehost/rules/rules.go",
    find: "case !r.UserEntered:",
    replace: "case false:",
    proofs: [rules("^TestBefore$")],
  },
  {
    row: "6",
    rule: "unspecified, multicast and broadcast addresses are nobody's destination",
    file: "nativehost/rules/rules.go",
    find: "case address.Never:\n\t\t\tj.refuse(fault.ErrAddress)",
    replace: "case address.Never:",
    proofs: [rules("^TestBefore$")],
  },
  {
    row: "6",
    rule: "a name of multicast DNS does not lead to this computer",
    file: "nativehost/rules/rules.go",
    find: "if class == address.Loopback {",
    replace: "if false {",
    proofs: [rules("^TestResolved$")],
  },
  {
    row: "6",
    rule: "public addresses of this computer and of its links are not public",
    file: "nativehost/rules/rules.go",
    find: "return max(address.Classify(addr), near.Class(addr))",
    replace: "return address.Classify(addr)",
    proofs: [
      rules("^TestBefore$"),
      rules("^TestResolved$"),
      { go: "./nativehost/session", run: "^TestNamesThatLeadNearby$" },
    ],
  },
  {
    row: "7",
    rule: "what the administrator refuses is refused before resolution",
    file: "nativehost/rules/rules.go",
    find: "if !verdict.Allowed {\n\t\tj.Refused",
    replace: "if false {\n\t\tj.Refused",
    proofs: [rules("^TestBefore$")],
  },
  {
    row: "7",
    rule: "and for each address",
    file: "nativehost/rules/rules.go",
    find: "if !verdict.Allowed {\n\t\treturn",
    replace: "if false {\n\t\treturn",
    proofs: [rules("^TestResolved$")],
  },
  {
    row: "7",
    rule: "an administrator may forbid the entry of private addresses",
    file: "nativehost/rules/rules.go",
    find: "case !p.Settings.PrivateEntry.Value:",
    replace: "case false:",
    proofs: [rules("^TestBefore$")],
  },
  {
    row: "9",
    rule: "ports that routers watch take a consent of their own",
    file: "nativehost/rules/rules.go",
    find: "\t\tj.Risk = true",
    replace: "\t\tj.Risk = false",
    proofs: [rules("^TestBefore$")],
  },
];
