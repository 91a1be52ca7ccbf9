// Devices nearby (row 6; rows 3 and 7 for who may look), what a person is told (rows 1 and 8), and what listens (H3).

import { change, inGo, row, type Mutant } from "./mutant.ts";

const packet = "nativehost/discover/packet.go";
const search = "nativehost/discover/search.go";
const device = "nativehost/discover/device.go";
const shown = "nativehost/printable/printable.go";
const browse = "nativehost/session/browse.go";
const policy = "nativehost/session/policy.go";
const inspect = "nativehost/sockets/inspect.go";
const serving = "nativehost/session/selftest.go";
const loopback = "nativehost/loopback/loopback.go";
const selfTest = "nativehost/selftest/selftest.go";
const greeter = "nativehost/selftest/greeter.go";
const page = "nativehost/selftest/page.go";

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
    [
      "devices nearby: only those at the very port that was asked for",
      lies,
      change(search, "if v.port == s.query.Port {", "if true {"),
    ],
    [
      "devices nearby: of the type that was asked for",
      lies,
      change(search, "!ok || service != t.service {", '!ok || service == "" {'),
    ],
    ["devices nearby: by answers with our id", nearbyOf("TestParse"), change(packet, " || message.Id != id", "")],
    ["devices nearby: that are answers", nearbyOf("TestParse"), change(packet, " || !message.Response", "")],
    [
      "devices nearby: none in the Internet",
      lies,
      change(device, "\t\treturn class == address.Private\n", "\t\treturn true\n"),
    ],
    [
      "devices nearby: none where addresses are translated",
      lies,
      change(device, "; embeds {\n\t\treturn false\n\t}", "; embeds {\n\t\treturn true\n\t}"),
    ],
    [
      "devices nearby: no neighbour leads to this computer",
      lies,
      change(device, "\t\treturn c.own\n", "\t\treturn true\n"),
    ],
    [
      "devices nearby: nobody leads to loopback",
      nearbyOf("TestAddresses"),
      change(device, "if class >= address.Loopback {", "if class > address.Loopback {"),
    ],
    [
      "devices nearby: by IPv6 nobody passes for this computer",
      nearbyOf("TestOwn"),
      change(device, "return from.Is4() && ", "return "),
    ],
    [
      "devices nearby: a name all of whose addresses are in the user's own network",
      nearbyOf("TestAddresses"),
      change(device, "return !b.nearby(c) || !b.May(host, c.addr)", "return !b.May(host, c.addr)"),
    ],
    [
      "devices nearby: a name that the rules let the user open",
      nearbyOf("TestRulesAreAsked"),
      change(device, "return !b.nearby(c) || !b.May(host, c.addr)", "return !b.nearby(c)"),
    ],
    [
      "devices nearby: or an address that they let the user open",
      nearbyOf("TestRulesAreAsked"),
      change(device, "host := address.FromAddr(c.addr); b.May(host, c.addr)", "host := address.FromAddr(c.addr); true"),
    ],
    [
      "devices nearby: the rules are the session's",
      sessionOf("TestDevicesArePutBeforeTheRules"),
      change(
        browse,
        "return rules.Resolved(s.Policy.Current(), s.Near, wanted(b.params, host), addr) == nil",
        "return wanted(b.params, host).Port != 0",
      ),
    ],
    [
      "devices nearby: a name that multicast DNS would be asked for again",
      nearbyOf("TestAddresses"),
      change(
        device,
        "return host, err == nil && lower(asked) == lower(text)",
        "return host, err == nil && asked != text+text",
      ),
    ],
    [
      "devices nearby: names are fit to be shown",
      nearbyOf("TestNames"),
      change(device, "if name := printable.Text(text, maxDeviceName); name", "if name := text; name"),
      change(device, '\t"github.com/portside/portside/nativehost/printable"\n', ""),
    ],
    [
      "what is shown has no characters that change its direction, or cannot be seen",
      inGo("nativehost/printable", "TestText"),
      change(shown, "case !unicode.IsGraphic(r) ||", "case unicode.IsControl(r) ||"),
    ],
    ["devices nearby: so many are told", flood, change(search, " || len(s.told) >= maxDevices {", " {")],
    ["devices nearby: so many are kept in mind", flood, change(search, " && len(s.instances) < maxInstances {", " {")],
    [
      "devices nearby: so many types are asked for",
      nearbyOf("TestTypesThatAreNotInTheTable"),
      change(search, " && len(s.types) < maxTypes {", " {"),
    ],
    [
      "devices nearby: so many questions follow, whatever is answered",
      flood,
      change(search, "s.followUps >= maxFollowUps || ", ""),
    ],
    [
      "devices nearby: the questions go to the links, and end",
      nearbyOf("TestOnlyQuestionsAreSent"),
      change(search, "s.next, s.pause = now.Add(s.pause), 2*s.pause", "s.next, s.pause = now.Add(s.pause), s.pause/2"),
    ],
  ),
  ...row("3", [
    "so many searches for devices are under way",
    sessionOf("TestBrowsingsAreBounded"),
    change(browse, "len(s.browsings) >= maxBrowsings:", "len(s.browsings) >= 2*maxBrowsings:"),
  ]),
  ...row(
    "7",
    [
      "an administrator can forbid to look for devices nearby",
      sessionOf("TestBrowseIsPutBeforeTheRules"),
      change(browse, "if !p.Settings.Discovery.Value {", "if false {"),
    ],
    [
      "the stricter of several settings for that wins",
      inGo("nativehost/policy", "TestSettings"),
      change(
        "nativehost/policy/settings.go",
        "s.Discovery.stricter(said.Discovery, false,",
        "s.Discovery.stricter(said.Discovery, true,",
      ),
    ],
    [
      "a search ends when it is forbidden",
      sessionOf("TestBrowseIsPutBeforeTheRules"),
      change(browse, "err != nil && b.revoked == nil {", "err != nil && b.revoked != nil {"),
    ],
    [
      "nothing is looked for that the origin could not open",
      sessionOf("TestBrowseIsPutBeforeTheRules"),
      change(browse, "\tif j.Refused != nil {\n", "\tif j.Refused != nil && false {\n"),
    ],
    [
      "what cannot be used of a policy is told before what can",
      sessionOf("TestManyPolicies"),
      change(policy, "range []bool{true, false} {", "range []bool{false, true} {"),
    ],
  ),
  ...row(
    "1",
    [
      "an insecure site has no sockets, whoever allows it: the user is told so",
      sessionOf("TestPolicies"),
      change(policy, "allowed := verdict.Allowed && err == nil", "_, allowed := err, verdict.Allowed"),
    ],
    [
      "nor are devices looked for on its behalf",
      sessionOf("TestBrowseIsPutBeforeTheRules"),
      change(
        browse,
        "if _, err := address.ParseOrigin(params.Origin); err != nil {",
        "if _, err := address.ParseOrigin(params.Origin); err != nil && false {",
      ),
    ],
  ),
  ...row(
    "8",
    [
      "what a certificate says of its owner is fit to be shown",
      socketsOf("TestCertificatesOfPeers"),
      change(
        inspect,
        "if text = printable.Text(text, maxSubject); text",
        "if text = text[:min(len(text), maxSubject)]; text",
      ),
    ],
    [
      "and its names are",
      socketsOf("TestCertificatesOfPeers"),
      change(
        inspect,
        "if name = printable.Text(name, maxName); name",
        "if name = name[:min(len(name), maxName)]; name",
      ),
    ],
    [
      "a certificate does not make the answer longer than it may be",
      socketsOf("TestCertificatesOfPeers"),
      change(inspect, "for requests.Size(c) > maxCertificate {", "for requests.Size(c) > 100*maxCertificate {"),
    ],
    [
      "one that the page listed is told apart from one that the system vouches for",
      socketsOf("TestInspectTLS"),
      change(inspect, '\t\t\ts.certificate.Trust = "hash"\n', '\t\t\ts.certificate.Trust = "roots"\n'),
    ],
  ),
  ...row(
    "H3",
    [
      "the page to try it with is served by its own address only",
      others,
      change(page, "case r.Host != h.host:", "case false:"),
    ],
    [
      "under a path that nobody can guess",
      selfTestOf("TestPage"),
      change(selfTest, "_, _ = rand.Read(secret[:])", "_ = rand.Reader"),
    ],
    [
      "to this computer only",
      selfTestOf("TestOnlyThisComputerIsHeard"),
      change(loopback, "return local{limit(l, most)}, at, nil", "return limit(l, most), at, nil"),
    ],
    [
      "for reading only",
      others,
      change(
        page,
        "case r.Method != http.MethodGet && r.Method != http.MethodHead:",
        "case r.Method == http.MethodConnect:",
      ),
    ],
    ["in no frame", selfTestOf("TestPage"), change(page, " frame-ancestors 'none';", "")],
    [
      "with texts that are no markup",
      selfTestOf("TestTextsAreNoMarkup"),
      change(page, '\t"html/template"\n', ""),
      change(page, '\t"net/http"\n', '\t"net/http"\n\t"text/template"\n'),
    ],
    [
      "to so many at a time",
      selfTestOf("TestConnectionsAreBounded"),
      change(loopback, "limit(l, most)", "limit(l, 100*most)"),
    ],
    [
      "for so long",
      selfTestOf("TestNothingRemains"),
      change(selfTest, "context.WithTimeout(ctx, t.lifetime)", "context.WithCancel(ctx)"),
    ],
    [
      "the server does not listen for long",
      selfTestOf("TestConversation"),
      change(
        greeter,
        "_ = conn.SetDeadline(time.Now().Add(g.patience))",
        "_ = conn.SetDeadline(time.Now().Add(100 * g.patience))",
      ),
    ],
    [
      "nor to much",
      selfTestOf("TestConversation"),
      change(greeter, "io.LimitReader(conn, maxLine), maxLine)", "io.LimitReader(conn, 1<<30), maxLine)"),
    ],
    [
      "it does not say back what could be taken for another protocol",
      selfTestOf("TestConversation"),
      change(greeter, "said := printable.Text(line, maxLine)", 'said := strings.Trim(line, "\\r\\n")'),
      change(greeter, '\t"sync"\n', '\t"strings"\n\t"sync"\n'),
      change(greeter, '\n\t"github.com/portside/portside/nativehost/printable"\n', ""),
    ],
    [
      "nothing listens any more when it was stopped",
      sessionOf("TestSelfTest"),
      change(
        serving,
        "\t\t\tlast.cancel()\n\t\t\t<-last.ended\n\t\t}\n\t\ts.requests.Result(",
        "\t\t\t_ = last.ended\n\t\t}\n\t\ts.requests.Result(",
      ),
    ],
    [
      "nor the first when there is a second",
      sessionOf("TestSelfTest"),
      change(
        serving,
        "\t\t\tlast.cancel()\n\t\t\t<-last.ended\n\t\t}\n\t\t// A policy",
        "\t\t\t_ = last.ended\n\t\t}\n\t\t// A policy",
      ),
    ],
    [
      "nor when an administrator has switched Portside off",
      sessionOf("TestSelfTestOnlyWhereSocketsAreAllowed"),
      change(serving, "!p.Settings.Enabled.Value {", "!p.Settings.Enabled.Value && false {"),
    ],
    [
      "nor when an administrator switches it off",
      sessionOf("TestSelfTestOnlyWhereSocketsAreAllowed"),
      change(policy, "\tif !p.Settings.Enabled.Value {\n", "\tif false {\n"),
    ],
  ),
];
