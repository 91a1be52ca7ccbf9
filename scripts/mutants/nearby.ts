// Devices nearby (row 6; rows 3 and 7 for who may look), what the user is told (rows 1 and 8), and what listens (H3).

import { always, becomes, inGo, precededBy, row, type Mutant } from "./mutant.ts";

const nearbyOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/discover", name);
const sessionOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/session", name);
const socketsOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/sockets", name);
const selfTestOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/selftest", name);
const lies = nearbyOf("TestLies");
const flood = nearbyOf("TestFloodIsBounded");
const others = selfTestOf("TestOthersGetNothing");

export const nearby: readonly Mutant[] = [
  ...row(
    "6",
    ["device-at-requested-port", "Of devices nearby only those at the requested port are told", lies, always],
    [
      "device-of-requested-type",
      "Of devices nearby only those of the requested service type are told",
      lies,
      becomes('service == ""'),
    ],
    ["device-answer-has-our-id", "An answer about devices nearby has the id of the question", nearbyOf("TestParse")],
    ["device-answer-is-response", "An answer about devices nearby is a response", nearbyOf("TestParse")],
    ["device-not-on-internet", "A device nearby has no public address", lies, becomes("return true")],
    [
      "device-not-behind-translation",
      "A device nearby has no address that embeds another",
      lies,
      becomes("return true"),
    ],
    [
      "neighbour-not-this-computer",
      "No neighbour's answer leads to this computer as a device",
      lies,
      becomes("return true"),
    ],
    [
      "device-not-on-loopback",
      "A device nearby has no loopback address",
      nearbyOf("TestAddresses"),
      becomes("class > address.Loopback"),
    ],
    ["ipv6-neighbour-not-this-computer", "By IPv6 no answer counts as one of this computer", nearbyOf("TestOwn")],
    [
      "device-name-addresses-nearby",
      "A device is told by its name only if all its addresses are in the user's own network",
      nearbyOf("TestAddresses"),
    ],
    [
      "device-name-passes-rules",
      "A device is told by its name only if the rules let the user open it",
      nearbyOf("TestRulesAreAsked"),
    ],
    [
      "device-address-passes-rules",
      "A device is told by its address only if the rules let the user open it",
      nearbyOf("TestRulesAreAsked"),
      always,
    ],
    [
      "device-rules-are-the-sessions",
      "Devices nearby are put before the session's rules",
      sessionOf("TestDevicesArePutBeforeTheRules"),
      becomes("return wanted(b.params, host).Port != 0"),
    ],
    [
      "device-name-resolves-the-same",
      "A device is told by a name only if that is the one that is asked for again",
      nearbyOf("TestAddresses"),
      becomes("asked != text+text"),
    ],
    [
      "device-names-are-printable",
      "Names of devices nearby are made printable",
      nearbyOf("TestNames"),
      becomes("text"),
    ],
    [
      "printable-text-is-graphic",
      "Printable text has no invisible characters and none that change its direction",
      inGo("nativehost/printable", "TestText"),
      becomes("unicode.IsControl(r)"),
    ],
    ["devices-told-are-bounded", "A bounded number of devices nearby is told", flood],
    ["device-instances-are-bounded", "A bounded number of service instances is kept in a search", flood],
    [
      "device-types-are-bounded",
      "A bounded number of service types is asked for in a search",
      nearbyOf("TestTypesThatAreNotInTheTable"),
    ],
    ["device-follow-ups-are-bounded", "A search for devices has a bounded number of further questions", flood],
    [
      "device-search-slows-down",
      "A search for devices asks less and less often",
      nearbyOf("TestOnlyQuestionsAreSent"),
      becomes("s.next, s.pause = now.Add(s.pause), s.pause/2"),
    ],
  ),
  ...row("3", [
    "device-searches-are-bounded",
    "A bounded number of searches for devices is under way",
    sessionOf("TestBrowsingsAreBounded"),
    becomes("2*maxBrowsings"),
  ]),
  ...row(
    "7",
    [
      "admin-may-forbid-discovery",
      "An administrator can forbid to search for devices nearby",
      sessionOf("TestBrowseIsPutBeforeTheRules"),
    ],
    [
      "stricter-discovery-wins",
      "The stricter setting for the search for devices wins",
      inGo("nativehost/policy", "TestSettings"),
      becomes('s.Discovery.stricter(said.Discovery, true, l, "discovery")'),
    ],
    [
      "forbidden-search-ends",
      "A search for devices ends when it is forbidden",
      sessionOf("TestBrowseIsPutBeforeTheRules"),
      becomes("b.revoked != nil"),
    ],
    [
      "search-needs-openable-target",
      "Devices that the origin could not open are not searched for",
      sessionOf("TestBrowseIsPutBeforeTheRules"),
    ],
    [
      "unusable-policies-told-first",
      "Sources of a policy that cannot be used are told before the others",
      sessionOf("TestManyPolicies"),
      becomes("[]bool{false, true}"),
    ],
  ),
  ...row(
    "1",
    [
      "insecure-origin-shown-as-refused",
      "The user is told that an insecure origin has no sockets, whoever allows it",
      sessionOf("TestPolicies"),
      becomes("_, allowed := err, verdict.Allowed"),
    ],
    [
      "search-checks-origin",
      "Devices are not searched for on behalf of an insecure origin",
      sessionOf("TestBrowseIsPutBeforeTheRules"),
    ],
  ),
  ...row(
    "8",
    [
      "certificate-subject-is-printable",
      "The subject of a certificate is made printable",
      socketsOf("TestCertificatesOfPeers"),
      becomes("text[:min(len(text), maxSubject)]"),
    ],
    [
      "certificate-names-are-printable",
      "The names in a certificate are made printable",
      socketsOf("TestCertificatesOfPeers"),
      becomes("name[:min(len(name), maxName)]"),
    ],
    [
      "certificate-answer-is-bounded",
      "What is told of a certificate has a bound",
      socketsOf("TestCertificatesOfPeers"),
      becomes("100*maxCertificate"),
    ],
    [
      "certificate-trust-is-told",
      "A certificate that the page listed is told from one that the system trusts",
      socketsOf("TestInspectTLS"),
      becomes('"roots"'),
    ],
  ),
  ...row(
    "H3",
    ["selftest-served-by-own-address", "The self-test page is served under its own address only", others],
    [
      "selftest-path-is-random",
      "The path of the self-test page cannot be guessed",
      selfTestOf("TestPage"),
      becomes("_ = rand.Reader"),
    ],
    [
      "loopback-peers-only",
      "Servers on loopback accept connections of this computer only",
      selfTestOf("TestOnlyThisComputerIsHeard"),
      becomes("return limit(l, most), at, nil"),
    ],
    [
      "selftest-page-is-read-only",
      "The self-test page answers GET and HEAD only",
      others,
      becomes(
        'case r.Method == http.MethodConnect:\n\theader.Set("Allow", "GET, HEAD")\n\tw.WriteHeader(http.StatusMethodNotAllowed)',
      ),
    ],
    [
      "selftest-page-is-not-framed",
      "The self-test page cannot be framed",
      selfTestOf("TestPage"),
      becomes(
        "const csp = \"default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'\"",
      ),
    ],
    [
      "selftest-texts-are-escaped",
      "Texts in the self-test page are escaped",
      selfTestOf("TestTextsAreNoMarkup"),
      becomes('"text/template"'),
    ],
    [
      "loopback-connections-are-bounded",
      "Servers on loopback have a bounded number of connections",
      selfTestOf("TestConnectionsAreBounded"),
      becomes("limit(l, 100*most)"),
    ],
    [
      "selftest-ends-in-time",
      "The self-test page is served for a bounded time",
      selfTestOf("TestNothingRemains"),
      becomes("ctx, cancel := context.WithCancel(ctx)"),
    ],
    [
      "greeter-waits-bounded-time",
      "The server of the self-test waits a bounded time for a line",
      selfTestOf("TestConversation"),
      becomes("100 * g.patience"),
    ],
    [
      "greeter-reads-bounded-line",
      "The server of the self-test reads a bounded line",
      selfTestOf("TestConversation"),
      becomes("io.LimitReader(conn, 1<<30)"),
    ],
    [
      "greeter-echo-is-printable",
      "The server of the self-test echoes printable text only",
      selfTestOf("TestConversation"),
      becomes('said := strings.Trim(line, "\\r\\n")'),
      precededBy('"strings"'),
    ],
    [
      "selftest-stop-closes-listeners",
      "Nothing listens any more when the self-test was stopped",
      sessionOf("TestSelfTest"),
      becomes("if last != nil {\n\t_ = last.ended\n}"),
    ],
    [
      "selftest-restart-closes-first",
      "A second self-test closes the listeners of the first",
      sessionOf("TestSelfTest"),
      becomes("if last != nil {\n\t_ = last.ended\n}"),
    ],
    [
      "selftest-needs-enabled-policy",
      "The self-test does not start when an administrator has switched Portside off",
      sessionOf("TestSelfTestOnlyWhereSocketsAreAllowed"),
    ],
    [
      "selftest-ends-when-disabled",
      "The self-test ends when an administrator switches Portside off",
      sessionOf("TestSelfTestOnlyWhereSocketsAreAllowed"),
    ],
  ),
];
