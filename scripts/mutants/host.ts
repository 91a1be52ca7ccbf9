// What the host enforces by itself: limits (row 3), policy (row 7), TLS (row 8), errors (E1), messages (H1), callers (H2).

import { change, inBrowser, inGo, inUnit, row, type Mutant } from "./mutant.ts";

const limits = "nativehost/limits/limits.go";
const bucket = "nativehost/limits/bucket.go";
const open = "nativehost/sockets/open.go";
const connect = "nativehost/sockets/connect.go";
const refusals = "nativehost/sockets/refusals.go";
const dispatch = "nativehost/session/dispatch.go";
const policy = "nativehost/policy/policy.go";
const layer = "nativehost/policy/layer.go";
const settings = "nativehost/policy/settings.go";
const trust = "nativehost/trust/trust.go";
const person = "nativehost/trust/user.go";
const rules = "nativehost/rules/rules.go";
const audit = "nativehost/audit/audit.go";
const flood = "nativehost/audit/flood.go";
const logfile = "nativehost/logfile/file.go";
const keeper = "nativehost/logfile/keeper.go";
const caller = "nativehost/caller/caller.go";
const listed = "nativehost/caller/listed.go";
const probe = "nativehost/corsprobe/corsprobe.go";
const hello = "nativehost/clienthello/clienthello.go";
const secure = "nativehost/dial/tls.go";
const pinned = "nativehost/dial/pinned.go";
const upgrade = "nativehost/stream/upgrade.go";
const frame = "protocol/frame.go";
const envelope = "protocol/envelope.go";

const limitsOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/limits", name);
const sessionOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/session", name);
const socketsOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/sockets", name);
const policyOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/policy", name);
const tlsOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/dial", name);
const auditOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/audit", name);
const hellos = inGo("nativehost/clienthello", "TestHellos");
const probed = inGo("nativehost/corsprobe", "TestAnswers");
const before = inGo("nativehost/rules", "TestBefore");
const resolved = inGo("nativehost/rules", "TestResolved");
const untrusted = policyOf("TestUntrustedFilesRefuseEverything");

export const host: readonly Mutant[] = [
  ...row(
    "1",
    [
      "the host refuses plain http but on this computer",
      inGo("nativehost/address", "TestParseOrigin"),
      change("nativehost/address/origin.go", 'o.Scheme == "http" && o.Host.loopback()', 'o.Scheme == "http"'),
    ],
    [
      "and what is no serialised origin",
      inGo("nativehost/address", "TestParseOrigin"),
      change("nativehost/address/origin.go", 'if u.Scheme+"://"+u.Host != serialised {', "if false {"),
    ],
    [
      "nor one whose address has another spelling",
      inGo("nativehost/address", "TestParseOrigin"),
      change("nativehost/address/origin.go", "if o.Host.kind == Literal && ", "if false && "),
    ],
    [
      "each open is looked at",
      socketsOf("TestRefusalsAreDelayed"),
      change(
        open,
        "if _, err := address.ParseOrigin(o.subject.Origin); err != nil {",
        "if _, err := address.ParseOrigin(o.subject.Origin); err != nil && false {",
      ),
    ],
    [
      "and each judgement",
      sessionOf("TestJudgementOfAnInsecureOrigin"),
      change(
        "nativehost/session/policy.go",
        "_, err := address.ParseOrigin(params.Origin)\n\tif err == nil",
        '_, err := address.ParseOrigin("https://page.example")\n\tif err == nil',
      ),
    ],
  ),
  ...row(
    "3",
    [
      "an origin has a burst of attempts, then a rate",
      limitsOf("TestRatePerOrigin"),
      change(limits, "case !n.bucket.has(now):", "case false:"),
    ],
    [
      "all together have a rate",
      limitsOf("TestOverallRateHoldsInEveryMinute"),
      change(limits, "case !s.minute.has(now) || ", "case "),
    ],
    [
      "which holds in every minute, also after a burst",
      limitsOf("TestOverallRateHoldsInEveryMinute"),
      change(bucket, "return newBucket(float64(n-size)/minute, size)", "return newBucket(float64(n)/minute, size)"),
    ],
    [
      "packets have no higher DSCP than pages may ask for",
      socketsOf("TestTypeOfService"),
      change(open, "o.options.TypeOfService > caps.TypeOfService", "false"),
    ],
    [
      "which leaves out what is for the network's own control",
      socketsOf("TestTypeOfService"),
      change(limits, "TypeOfService: 47,", "TypeOfService: 63,"),
    ],
    [
      "datagrams that wait in the host have a bound for a socket",
      inGo("nativehost/datagram", "TestBacklogsAreBounded"),
      change("nativehost/datagram/backlog.go", "s.backlog.bytes+bytes > backlogBytes", "false"),
    ],
    [
      "and one for all sockets",
      inGo("nativehost/datagram", "TestBacklogsAreBounded"),
      change("nativehost/datagram/backlog.go", "if r.left.Add(-bytes) >= 0 {", "if r.left.Add(-bytes); true {"),
    ],
    [
      "few sockets of an origin leave datagrams with the system",
      socketsOf("TestBacklogsOfAnOriginAreBounded"),
      change("nativehost/sockets/backlogs.go", "if b.count[who] >= maxBacklogs {", "if b.count[who] > maxBacklogs {"),
    ],
    [
      "the others lose at once what they have no credit for",
      inGo("nativehost/datagram", "TestWhoMayWait"),
      change(
        "nativehost/datagram/incoming.go",
        "\treturn s.MayWait()\n",
        "\tover, _ = s.MayWait()\n\tif over == nil {\n\t\tover = func() {}\n\t}\n\treturn over, true\n",
      ),
    ],
    [
      "a failed attempt costs double",
      limitsOf("TestFailuresCostDouble"),
      change(limits, "\t\tt.origin.bucket.owe(t.counter.Now())", ""),
    ],
    [
      "also one that the network lets fail",
      socketsOf("TestFailedAttemptsCostDouble"),
      change(
        open,
        "\t\t\tticket.Failed()\n\t\t\tticket.Return()\n\t\t}\n\t\tr.notOpened",
        "\t\t\tticket.Return()\n\t\t}\n\t\tr.notOpened",
      ),
    ],
    [
      "and one that the rules refuse",
      socketsOf("TestFailedAttemptsCostDouble"),
      change(
        open,
        "\t\tticket.Failed()\n\t\tticket.Return()\n\t\treturn nil, err\n\t}\n\treturn ticket, nil",
        "\t\tticket.Return()\n\t\treturn nil, err\n\t}\n\treturn ticket, nil",
      ),
    ],
    [
      "sockets of an origin that are opening",
      limitsOf("TestCaps"),
      change(limits, " || n.pending >= c.caps.PendingPerOrigin", ""),
    ],
    ["sockets of an origin", limitsOf("TestCaps"), change(limits, "case n.full(c.caps.PerOrigin) || ", "case ")],
    ["sockets in all", limitsOf("TestCaps"), change(limits, "case s.overall >= c.caps.Overall || ", "case ")],
    [
      "a site has half of the sockets, however many origins it has",
      limitsOf("TestSitesLeaveRoomForOthers"),
      change(limits, " || all.full(c.caps.sitesSockets()):", ":"),
    ],
    [
      "and half of the attempts",
      limitsOf("TestSitesLeaveRoomForOthers"),
      change(limits, " || !all.bucket.has(now):", ":"),
    ],
    [
      "a site is a registrable domain",
      limitsOf("TestSitesLeaveRoomForOthers"),
      change("nativehost/limits/limits.go", "site := address.Site(asker)", 'site := asker + address.Site("")'),
    ],
    [
      "and a final dot makes no other site",
      limitsOf("TestSitesLeaveRoomForOthers"),
      change("nativehost/address/site.go", 'strings.TrimRight(u.Hostname(), ".")', "strings.Clone(u.Hostname())"),
    ],
    [
      "the numbers",
      limitsOf("TestStandardIsWhatWasPromised"),
      change(limits, "AttemptBurst: 20,", "AttemptBurst: 200,"),
    ],
    [
      "each open counts",
      socketsOf("TestLimits"),
      change(
        open,
        "ticket, err := r.limits.Take(o.subject.Origin, o.subject.Private)",
        "ticket, err := limits.New(r.config.Caps).Take(o.subject.Origin, o.subject.Private)",
      ),
    ],
    [
      "a name with many addresses gets eight attempts",
      inGo("nativehost/dial", "TestRaceWithoutWinner"),
      change(
        "nativehost/dial/race.go",
        "waiting = waiting[:min(len(waiting), maxAttempts-begun)]",
        "waiting = waiting[:len(waiting):len(waiting)]",
      ),
    ],
    [
      "nor a UDP socket more ways than these",
      inGo("nativehost/dial", "TestLateAddressesAreUsedForUDP"),
      change("nativehost/dial/dial.go", "for len(failures) < maxAttempts && (", "for true && ("),
    ],
    [
      "the limits are those of every page together, and a page sees them",
      inBrowser("rules", "an origin may try 20 times at once"),
      change(
        "nativehost/cmd/portside/host.go",
        "limits.Standard(),",
        "limits.Caps{Overall: 1024, PerOrigin: 256, PendingPerOrigin: 32},",
      ),
    ],
  ),
  ...row(
    "7",
    [
      "what the administrator refuses is refused before resolution",
      before,
      change(rules, "if !verdict.Allowed {\n\t\tj.Refused", "if false {\n\t\tj.Refused"),
    ],
    ["and for each address", resolved, change(rules, "if !verdict.Allowed {\n\t\treturn", "if false {\n\t\treturn")],
    [
      "an administrator may forbid the entry of private addresses",
      before,
      change(rules, "case !p.Settings.PrivateEntry.Value:", "case false:"),
    ],
    [
      "tlsOnly takes TLS that is verified for the host itself",
      inGo("nativehost/sockets", "TestTLSOnlyIsAuthenticated"),
      change("nativehost/sockets/open.go", " && o.options.TLS.Authenticates(host.String())", ""),
    ],
    [
      "a list of certificates does not stand for the authorities",
      inGo("nativehost/sockets", "TestTLSOnlyIsAuthenticated"),
      change(secure, "if len(o.Hashes) > 0 {\n\t\treturn", "if false {\n\t\treturn"),
    ],
    [
      "and the extension asks the rules about nothing else",
      inUnit("extension/background/consent/consent.test.ts", "TLS with the destination itself"),
      change(
        "extension/background/consent/consent.ts",
        "secure: secure(host),",
        'secure: security.secureTransport === "on",',
      ),
    ],
    [
      "the audit log says how the other end was authenticated",
      inGo("nativehost/sockets", "TestTLSOnlyIsAuthenticated"),
      change(connect, "c.peer = peerOf(o.options.TLS, o.target)", "c.peer = nil"),
    ],
    [
      "files belong to root",
      untrusted,
      change(trust, "case !slices.Contains(r.Owners, uid):", "case !slices.Contains(r.Owners, uid) && false:"),
    ],
    [
      "and nobody else may write them, or any folder above them",
      untrusted,
      change(trust, "sticky || info.Mode().Perm()&0o022 == 0 {", "sticky || true {"),
    ],
    [
      "links are followed step by step",
      untrusted,
      change(trust, "if info, err = os.Lstat(next); err != nil {", "if info, err = os.Stat(next); err != nil {"),
    ],
    [
      "a sticky folder is trusted on the way only",
      untrusted,
      change(trust, "sticky := onTheWay && info.IsDir()", "sticky := info.IsDir()"),
    ],
    [
      "what is read is what was judged",
      policyOf("TestReplacedWhileRead"),
      change(
        "nativehost/policy/files.go",
        "if !os.SameFile(info, f.info) {",
        "if !os.SameFile(info, f.info) && false {",
      ),
    ],
    [
      "a file that cannot be used refuses everything",
      policyOf("TestBrokenRefusesEverything"),
      change(
        "nativehost/policy/store.go",
        '\tif p.broken == "" {\n\t\tp.broken = fmt',
        "\tif false {\n\t\tp.broken = fmt",
      ),
    ],
    [
      "and is told as the reason",
      sessionOf("TestBrokenManagedSettingsRefuseEverything"),
      change("nativehost/rules/rules.go", "\tif p.Broken() {\n", "\tif p.Broken() && false {\n"),
    ],
    [
      "also though the rules about the page are the strictest then",
      inUnit("extension/background/consent/consent.test.ts", "a policy that cannot be used is told as that"),
      change(
        "extension/background/consent/consent.ts",
        "  if (!verdict.allowed) {",
        '  if (!verdict.allowed && verdict.reason !== "policy-broken") {',
      ),
    ],
    [
      "and its settings are the strictest",
      policyOf("TestBrokenRefusesEverything"),
      change("nativehost/policy/store.go", "p.Settings.close(p.broken)", "_ = p.Settings"),
    ],
    [
      "a setting that does not exist is a fault",
      policyOf("TestFaults"),
      change(
        "nativehost/policy/parse.go",
        '\tif v.Check("policy", p.doc.text) == nil {',
        '\tif true || v.Check("policy", p.doc.text) == nil {',
      ),
      change("nativehost/policy/parse.go", "\t\tdecoder.DisallowUnknownFields()\n", ""),
    ],
    [
      "a key that occurs twice is a fault",
      policyOf("TestFaults"),
      change(
        "nativehost/policy/document.go",
        "if _, twice := d.keys[child]; twice {",
        "if _, twice := d.keys[child]; twice && false {",
      ),
    ],
    [
      "managed settings that cannot be used refuse everything",
      sessionOf("TestBrokenManagedSettingsRefuseEverything"),
      change(
        "nativehost/policy/store.go",
        "\t\ts.add(p, managed, l, faults)\n",
        "\t\tif len(faults) == 0 {\n\t\t\ts.add(p, managed, l, faults)\n\t\t}\n",
      ),
    ],
    [
      "an origin that is blocked",
      policyOf("TestOneLayer"),
      change(
        layer,
        "if i := firstOrigin(l.blockedOrigins, asked); i >= 0 {",
        "if i := firstOrigin(l.blockedOrigins, asked); i >= 0 && false {",
      ),
    ],
    [
      "an origin that is not listed",
      policyOf("TestOneLayer"),
      change(layer, 'return "allowedOrigins", ""', 'return "", ""'),
    ],
    [
      "a destination that is blocked",
      policyOf("TestOneLayer"),
      change(layer, 'case yes:\n\t\t\ttell(fmt.Sprintf("blockedDestinations[%d]", i), Refuses, "")\n', "case yes:\n"),
    ],
    [
      "a destination that is not listed",
      policyOf("TestOneLayer"),
      change(layer, 'tell("allowedDestinations", Refuses, "")', "_ = tell"),
    ],
    [
      "block rules see the IPv4 address inside of an IPv6 one",
      policyOf("TestEmbeddedAddresses"),
      change(layer, ", block && slices.ContainsFunc(s.embedded, r.prefix.Contains):", ":"),
    ],
    [
      "also those that name an address as the host",
      policyOf("TestEmbeddedAddresses"),
      change(
        "nativehost/policy/pattern.go",
        "slices.Contains(address.Readings(s.literal), p.Addr())",
        "false && slices.Contains(address.Readings(s.literal), p.Addr())",
      ),
    ],
    [
      "in each place where a local translator may keep it",
      policyOf("TestEmbeddedAddresses"),
      change("nativehost/address/address.go", '\tif !localNAT64.Contains(addr.WithZone("")) {', "\tif true {"),
    ],
    [
      "allow rules do not",
      policyOf("TestEmbeddedAddresses"),
      change(layer, ", block && slices.ContainsFunc(", ", slices.ContainsFunc("),
    ],
    [
      "by the host neither",
      policyOf("TestEmbeddedAddresses"),
      change("nativehost/policy/pattern.go", " || block && slices.Contains(", " || slices.Contains("),
    ],
    ["TLS only", policyOf("TestOneLayer"), change(layer, "\t\tr.tlsOnly && !s.secure,\n", "")],
    [
      "every allow list must admit",
      policyOf("TestEveryAllowListMustAdmit"),
      change(policy, '\t\tcase o.refusedBy != "":', '\t\tcase o.refusedBy != "" && l == p.layers[0]:'),
    ],
    [
      "the strictest prompt wins",
      policyOf("TestPrompts"),
      change(policy, "if o.prompt.strictness() > v.Prompt.strictness() {", 'if o.prompt != "" {'),
    ],
    [
      "the stricter switch wins",
      policyOf("TestSettings"),
      change(settings, 'if s.By == "" || *said == strict && *value != strict {', "if true {"),
    ],
    [
      "the smaller limit wins",
      policyOf("TestSettings"),
      change(settings, 'if limit.merged.By == "" || value < limit.merged.Value {', "if true {"),
    ],
    [
      "the stricter CSP rule wins",
      policyOf("TestSettings"),
      change(
        settings,
        '(s.CSPRule.By == "" || said.CSPRule == RequireEvalBlocked && s.CSPRule.Value != RequireEvalBlocked)',
        "true",
      ),
    ],
    [
      "a line of the audit log for which there is no room leaves no half of it",
      inGo("nativehost/logfile", "TestFullDisk"),
      change(logfile, "_ = f.file.Truncate(size)", "_ = size"),
    ],
    [
      "and a half line that is there does not spoil the next",
      inGo("nativehost/logfile", "TestHalfALine"),
      change(logfile, "if f.endsTorn(size) {", "if false {"),
    ],
    [
      "lines that find no room are kept",
      inGo("nativehost/logfile", "TestLogOnAFullDisk"),
      change(keeper, "k.kept = append(k.kept, bytes.Clone(line))", "_ = bytes.Clone(line)"),
    ],
    [
      "what cannot be kept is counted, and told",
      inGo("nativehost/logfile", "TestLogOnAFullDisk"),
      change(keeper, "if k.lost > 0 {\n\t\tif k.put(", "if false {\n\t\tif k.put("),
    ],
    [
      "what is kept has a bound",
      inGo("nativehost/logfile", "TestLogOnAFullDisk"),
      change(keeper, "case k.bytes+len(line) > mostKept:", "case false:"),
    ],
    [
      "a folder that comes later is used from then on",
      inGo("nativehost/audit", "TestFolderThatComesLater"),
      change(keeper, "\t\t\tk.reopen(p)\n", ""),
    ],
    [
      "a place that hangs is not asked with each line",
      inGo("nativehost/logfile", "TestPlaceThatHangs"),
      change(keeper, "case again && k.rests(p):", "case false:"),
    ],
    [
      "a new policy ends sockets before anything else hears of it",
      socketsOf("TestNewPolicyEndsSocketsFirst"),
      change("nativehost/session/policy.go", "\ts.enforce(p)\n", ""),
      change(
        "nativehost/session/policy.go",
        "\t\ts.PolicyChanged(p)\n\t}\n",
        "\t\ts.PolicyChanged(p)\n\t}\n\ts.enforce(p)\n",
      ),
    ],
    [
      "and asks about no request that is not known yet",
      socketsOf("TestNewPolicyWaitsForTheRequest"),
      change(
        "nativehost/sockets/policy.go",
        "if e.state == stateFailed || e.request == nil {\n\t\t\tcontinue\n\t\t}\n",
        "if e.state == stateFailed {\n\t\t\tcontinue\n\t\t}\n\t\tif e.request == nil {\n\t\t\te.request = &rules.Request{}\n\t\t}\n",
      ),
    ],
    [
      "managed storage does not say where the audit log is",
      policyOf("TestManaged"),
      change(settings, "said.Audit != nil && !l.managed && ", "said.Audit != nil && "),
    ],
    [
      "managed storage beside a file vouches for nothing",
      policyOf("TestManagedLoosensOnlyWithoutFiles"),
      change(layer, "\tif l.onlyRestricts {\n\t\to.vouches", "\tif false {\n\t\to.vouches"),
    ],
    [
      "and skips no question",
      policyOf("TestManagedLoosensOnlyWithoutFiles"),
      change(layer, "if prompt == Skip && l.onlyRestricts {", "if false {"),
    ],
    [
      "and raises no limit",
      policyOf("TestManagedLoosensOnlyWithoutFiles"),
      change(settings, "if l.onlyRestricts && limit", "if false && limit"),
    ],
    [
      "and chooses no name server",
      policyOf("TestManagedLoosensOnlyWithoutFiles"),
      change(settings, 's.DNSServers.By == "" && !l.onlyRestricts {', 's.DNSServers.By == "" {'),
    ],
    [
      "any policy file is one that managed storage stands below",
      policyOf("TestManagedLoosensOnlyWithoutFiles"),
      change(
        "nativehost/policy/store.go",
        "l.managed, l.onlyRestricts = true, len(s.texts) > 0",
        "l.managed, l.onlyRestricts = true, len(p.layers) > 0",
      ),
    ],
    [
      "a file that is being replaced or written is read again before it counts as broken",
      policyOf("TestGoodFilesThatChangeAreNeverBroken"),
      change("nativehost/policy/store.go", "tries < patience && s.unsettled(texts)", "tries < patience && false"),
    ],
    [
      "and before it counts as gone",
      policyOf("TestFileThatComesBackIsNotGone"),
      change("nativehost/policy/store.go", "named(one.name)) {", "named(one.name)) && len(texts) > 0 {"),
    ],
    [
      "what is explained is what happens",
      inGo("nativehost/policy/report", "TestExplanationsAreTrue"),
      change(
        "nativehost/policy/report/explain.go",
        "r.UserEntered, r.RiskAccepted = o.MustEnter, o.Risk",
        "r.UserEntered, r.RiskAccepted = true, true",
      ),
    ],
    [
      "a new policy ends the sockets that it forbids",
      socketsOf("TestNewPolicyEndsSockets"),
      change("nativehost/sockets/policy.go", "\t\t\tone.ended = err\n\t\t\tone.cancel()", "\t\t\tone.ended = err"),
    ],
    [
      "also by the address that they led to",
      socketsOf("TestNewPolicyEndsSockets"),
      change(
        "nativehost/sockets/policy.go",
        "err = rules.Resolved(p, r.config.Near, one.request, one.remote)",
        "err = nil",
      ),
      change(
        "nativehost/sockets/policy.go",
        "err := rules.Before(p, r.config.Near, one.request).Err()",
        "err := error(nil)",
      ),
    ],
    [
      "from the first moment on",
      policyOf("TestWatchBeginsAtOnce"),
      change(
        "nativehost/policy/store.go",
        "\treturn func(ctx context.Context) {\n",
        "\treturn func(ctx context.Context) {\n\t\tlast = s.policy.Load()\n",
      ),
    ],
    [
      "and those that are connecting, by the address that they connect to",
      socketsOf("TestPolicyThatComesWhileConnecting"),
      change(
        "nativehost/sockets/open.go",
        "if r.config.Dialer.Rules != nil {",
        "if r.config.Dialer.Rules != nil && r.config.Dialer.Rules == nil {",
      ),
    ],
    [
      "files are looked at again",
      policyOf("TestReload"),
      change(
        "nativehost/policy/store.go",
        "if now-looked >= int64(lookEvery) || now < looked {",
        "if false && now-looked >= int64(lookEvery) {",
      ),
    ],
  ),
  ...row(
    "4",
    [
      "a TCP connection to port 443 is probed, and closed without a byte when the server takes part in CORS",
      inGo("nativehost/dial", "TestProbe"),
      change("nativehost/dial/dial.go", "if d.Probe == nil || target.Port != probedPort {", "if true {"),
    ],
    [
      "the host asks",
      inGo("nativehost/cmd/portside", "TestPort443IsProbed"),
      change(
        "nativehost/cmd/portside/host.go",
        "sockets.Probe(&corsprobe.Prober{}, near),",
        "sockets.Probe(&corsprobe.Prober{Patience: 1}, near),",
      ),
    ],
    [
      "any header of CORS refuses",
      probed,
      change(
        probe,
        "if strings.HasPrefix(strings.ToLower(name), prefix) {",
        'if name == "Access-Control-Allow-Origin" {',
      ),
    ],
    ["and so does a server whose answers depend on who asks", probed, change(probe, 'name == "origin" || ', "")],
    [
      "on the Internet the certificate is for the name",
      inGo("nativehost/sockets", "TestPort443OfOthers"),
      change("nativehost/sockets/probe.go", "Covered: public,", "Covered: false,"),
    ],
    [
      "and that is looked at",
      inGo("nativehost/corsprobe", "TestCertificatesOfOthers"),
      change("nativehost/corsprobe/dialer.go", "d.foreign.Store(true)", "d.foreign.Store(false)"),
    ],
    [
      "UDP is asked about",
      inGo("nativehost/dial", "TestProbe"),
      change(
        "nativehost/dial/dial.go",
        "if err := d.probe(v.ctx, target, []string{target.Host.String()}, to); err != nil {",
        "if err := v.ctx.Err(); err != nil {",
      ),
    ],
    [
      "and refused where HTTPS is spoken",
      inGo("nativehost/sockets", "TestPort443OfOthers"),
      change("nativehost/sockets/probe.go", 'public && target.Network == "udp"', "false"),
    ],
    [
      "another name for TLS is asked about at open",
      inGo("nativehost/dial", "TestEveryNameIsProbed"),
      change("nativehost/dial/dial.go", "names = append(names, other)", "_ = other"),
    ],
    [
      "and at an upgrade",
      inGo("nativehost/dial", "TestEveryNameIsProbed"),
      change(
        secure,
        "if name, ok := options.TLS.otherName(target.Host.String()); ok {",
        "if name, ok := options.TLS.otherName(target.Host.String()); ok && false {",
      ),
    ],
    [
      "and refused on the beat",
      inGo("nativehost/sockets", "TestPort443OfOthers"),
      change(
        "nativehost/sockets/starttls.go",
        "r.refusals.delay(ctx, o.subject.Private, o.subject.Origin, began)",
        "_ = ctx",
      ),
    ],
    [
      "a page's own ClientHello is read",
      inGo("nativehost/dial", "TestHellosOfPages"),
      change(
        "nativehost/dial/conn.go",
        "if err := c.hello.See(p); err != nil {",
        "if err := c.hello.See(nil); err != nil {",
      ),
    ],
    ["it names the host", hellos, change(hello, "return ErrOther", "return nil")],
    ["it hides no name", hellos, change(hello, "case extensionECH:\n\t\t\treturn", "case 0xffff:\n\t\t\treturn")],
    ["nor names two", hellos, change(hello, "if named || !hostName", "if !hostName")],
    [
      "in whatever records it comes",
      hellos,
      change(
        hello,
        "case len(w.message) < messageBytes+size:\n\t\t\treturn",
        "case len(w.message) < messageBytes+size:\n\t\t\tw.done = true\n\t\t\treturn",
      ),
    ],
    [
      "behind whatever records come first",
      hellos,
      change(
        hello,
        "\tcase !contentType(w.kind) && !w.helloSeen:",
        "\tcase first && w.kind != handshake && (h[1] != 3 || h[2] > 4):\n\t\tw.done = true\n\tcase !contentType(w.kind) && !w.helloSeen:",
      ),
    ],
    [
      "and none that is not of TLS",
      hellos,
      change(hello, "\tcase !contentType(w.kind) && !w.helloSeen:", "\tcase false:"),
    ],
    [
      "a hello of SSL 2.0 names nobody, whatever its version",
      hellos,
      change(hello, "if h[2] == clientHello {", "if h[2] == clientHello && h[3] == 3 {"),
    ],
    [
      "the second one, too",
      hellos,
      change(hello, "w.err, w.helloSeen = err, true", "w.err, w.helloSeen, w.done = err, true, err == nil"),
    ],
    [
      "and it is bounded",
      hellos,
      change(hello, "case w.message[0] != clientHello, size > maxHello:", "case w.message[0] != clientHello:"),
    ],
    ["by OPTIONS", probed, change(probe, "[]string{http.MethodOptions, http.MethodGet}", "[]string{http.MethodGet}")],
    ["by GET", probed, change(probe, "[]string{http.MethodOptions, http.MethodGet}", "[]string{http.MethodOptions}")],
    ["redirects are not followed", probed, change(probe, "{ return http.ErrUseLastResponse },", "{ return nil },")],
    [
      "the page's origin is what the server is asked with, and nothing else of it",
      inGo("nativehost/corsprobe", "TestWhatIsSent"),
      change(probe, '"Origin":     {q.Origin},', '"Origin": {q.Origin}, "Cookie": {"id=1"},'),
    ],
    [
      "it ends in time, whatever the server does",
      inGo("nativehost/corsprobe", "TestNoTelling"),
      change(probe, "ctx, cancel := context.WithTimeout(ctx, limit)\n", "ctx, cancel := context.WithCancel(ctx)\n"),
      change(
        probe,
        "ctx, cancel := context.WithTimeout(ctx, limit/time.Duration(2-i))",
        "ctx, cancel := context.WithTimeout(ctx, time.Duration(i+1)*time.Minute)",
      ),
    ],
    [
      "an answer holds for one origin, one name and one address",
      inGo("nativehost/corsprobe", "TestMemory"),
      change(probe, "return p.cached(ctx, q)", 'q.Origin = ""\n\treturn p.cached(ctx, q)'),
    ],
    [
      "and for private windows or the others",
      inGo("nativehost/corsprobe", "TestMemory"),
      change(probe, "return p.cached(ctx, q)", "q.Private = false\n\treturn p.cached(ctx, q)"),
    ],
    [
      "which do not take each other's place",
      inGo("nativehost/corsprobe", "TestMemoryIsBounded"),
      change("nativehost/corsprobe/cache.go", "if k.Private == private && !e", "if !e"),
    ],
    [
      "connections go to the address that was judged",
      inGo("nativehost/corsprobe", "TestAnswers"),
      change(
        "nativehost/corsprobe/dialer.go",
        "func (d *dialer) dial(context.Context, string, string) (net.Conn, error) {",
        "func (d *dialer) dial(_ context.Context, _, named string) (net.Conn, error) {",
      ),
      change("nativehost/corsprobe/dialer.go", '"tcp", d.question.Address.String())', '"tcp", named)'),
    ],
  ),
  ...row(
    "8",
    [
      "certificates are verified",
      socketsOf("TestTLS"),
      change(secure, "MinVersion: tls.VersionTLS12,", "MinVersion: tls.VersionTLS12, InsecureSkipVerify: true,"),
    ],
    [
      "for the name that was asked for, or that the page named",
      tlsOf("TestTLSOptions"),
      change(secure, "\tname := o.ServerName\n", '\tname := ""\n'),
    ],
    [
      "TLS is 1.2 or newer",
      socketsOf("TestTLS"),
      change(secure, "MinVersion: tls.VersionTLS12", "MinVersion: tls.VersionTLS10"),
    ],
    [
      "where a page lists certificates, only those",
      tlsOf("TestTLSOptions"),
      change(
        secure,
        "if !slices.Contains(o.Hashes, sha256.Sum256(leaf.Raw)) {",
        "if len(o.Hashes) == 0 || !slices.Contains(o.Hashes, o.Hashes[0]) {",
      ),
    ],
    [
      "within their validity",
      tlsOf("TestTLSOptions"),
      change(secure, "now.Before(leaf.NotBefore) || now.After(leaf.NotAfter)", "now.IsZero()"),
    ],
    [
      "old suites are offered to pinned devices only",
      tlsOf("TestPinnedDevices"),
      change(
        secure,
        "\t\tVerifyConnection: verifySerials,\n",
        "\t\tVerifyConnection: verifySerials,\n\t\tCipherSuites: pinnedSuites(),\n",
      ),
    ],
    [
      "and not those that are broken",
      tlsOf("TestPinnedDevices"),
      change(
        pinned,
        'if !strings.Contains(suite.Name, "_RC4_") && !strings.Contains(suite.Name, "_3DES_") {',
        'if !strings.Contains(suite.Name, "_NONE_") {',
      ),
    ],
    [
      "negative serial numbers are for pinned certificates only",
      tlsOf("TestPinnedDevices"),
      change(secure, "\t\tVerifyConnection: verifySerials,\n", ""),
    ],
    [
      "also above the one that was sent",
      tlsOf("TestPinnedDevices"),
      change(pinned, "if !slices.ContainsFunc(chain, negative) {", "if len(chain) > 0 {"),
    ],
    [
      "a stream that is cut is told from one that ends",
      socketsOf("TestTLS"),
      change("nativehost/dial/conn.go", "\t\tif c.cut {\n", "\t\tif c.cut && false {\n"),
    ],
    [
      "a server that goes while the page closes is no failure",
      socketsOf("TestTLSClosedBeforeTheServersEndIsRead"),
      change("nativehost/dial/conn.go", "(known || c.ended.Load())", "(known && c.ended.Load())"),
    ],
    [
      "an upgrade fails when the host has heard more than the page",
      socketsOf("TestStartTLSInjection"),
      change(
        upgrade,
        "\tcase s.received != u.Received:\n\t\ts.failLocked(fault.ErrPlaintext)\n\t\treturn fault.ErrPlaintext\n",
        "",
      ),
    ],
    ["when more waits in the system", tlsOf("TestStartTLS"), change(secure, "if waiting(conn.tcp) {", "if false {")],
    [
      "and when more comes meanwhile",
      socketsOf("TestStartTLSInjection"),
      change(upgrade, "\tif s.upgrade != nil {\n\t\ts.failLocked(fault.ErrPlaintext)\n\t\treturn false\n\t}\n", ""),
      change(
        upgrade,
        "\tcase s.received != u.Received:\n\t\ts.failLocked(fault.ErrPlaintext)\n\t\treturn fault.ErrPlaintext\n",
        "",
      ),
    ],
    [
      "what the stream keeps was not read",
      inUnit(
        "extension/page/core/stream_socket.test.ts",
        "before an upgrade a byte counts as read only when a read of the page has got it",
      ),
      change("extension/page/core/byte_source.ts", "return this.#given - kept;", "return this.#given;"),
    ],
    [
      "it follows what was sent before, whichever carrier that takes",
      sessionOf("TestUpgradeOnTheLane"),
      change(
        "nativehost/stream/write.go",
        "case s.upgrade != nil && s.accepted == s.upgrade.Sent:",
        "case s.upgrade != nil:",
      ),
    ],
    [
      "and nothing that was sent later goes before it",
      sessionOf("TestUpgradeOnTheLane"),
      change(
        upgrade,
        "\tcase s.accepted > u.Sent:\n\t\ts.failLocked(fault.ErrProtocol)\n\t\treturn fault.ErrProtocol\n",
        "",
      ),
    ],
    [
      "what comes before the handshake ends with the socket",
      inGo("nativehost/stream", "TestUpgradeGivenUpBeforeTheHandshake"),
      change("nativehost/stream/end.go", "\tif s.giveUp != nil {\n\t\ts.giveUp()\n\t}\n", ""),
    ],
    [
      "and then there is no handshake",
      tlsOf("TestStartTLS"),
      change(secure, "\tif begin != nil {\n", "\tif begin == nil {\n"),
    ],
    [
      "a socket is upgraded once",
      socketsOf("TestStartTLS"),
      change(upgrade, "case s.upgrade != nil || s.secured:", "case s.upgrade != nil:"),
    ],
    ["only one that was opened for it", socketsOf("TestStartTLS"), change(connect, "if o.upgradable {", "if true {")],
  ),
  ...row(
    "E1",
    [
      "an origin has a bounded number of lines in the audit log for refusals and failures",
      auditOf("TestRefusalsAndFailuresAreBounded"),
      change(flood, "b.origins[origin] >= protocol.AuditLinesPerOrigin", "false"),
    ],
    [
      "a site has, with whatever origins",
      auditOf("TestRefusalsAndFailuresAreBounded"),
      change(flood, "b.sites[site] >= protocol.AuditLinesPerSite", "false"),
    ],
    [
      "all sites together have",
      auditOf("TestRefusalsAndFailuresAreBounded"),
      change(flood, "b.lines >= protocol.AuditLinesOverall", "false"),
    ],
    [
      "a site that is left out leaves room for the counts of others",
      auditOf("TestFloodTakesNothingFromOthers"),
      change(flood, " || ofSite >= mostOfSite", ""),
    ],
    [
      "what is left out is counted, and written when the period is over",
      auditOf("TestCountsAreWrittenWhenThePeriodIsOver"),
      change(flood, "if f.timer == nil && !f.closed {", "if false {"),
    ],
    [
      "and when the session ends",
      auditOf("TestFloodTakesNothingFromOthers"),
      change("nativehost/audit/place.go", "\tl.summarise(l.flood.close())\n", ""),
    ],
    [
      "without the origin in private windows",
      auditOf("TestCountsOfPrivateWindows"),
      change(flood, '\tif o.private {\n\t\to.site, o.origin = "", ""\n\t}\n', ""),
    ],
    [
      "what is left out there is left out of the host's log",
      socketsOf("TestFloodOfRefusalsInTheLogs"),
      change(open, "if told && !o.subject.Private {", "if (told || true) && !o.subject.Private {"),
    ],
    [
      "refusals of the host come on the beat",
      socketsOf("TestRefusalsAreDelayed"),
      change(
        open,
        '\tif says.Name == "NotAllowedError" {\n\t\tr.refusals.delay(ctx, o.subject.Private, o.subject.Origin, started)\n\t}\n',
        "",
      ),
    ],
    [
      "so many may wait for it",
      socketsOf("TestFloodOfRefusalsIsBounded"),
      change(refusals, "d.byOrigin[origin] >= maxDelayed", "d.byOrigin[origin] > 2*maxDelayed"),
    ],
    [
      "an origin's flood takes no other origin's beat away",
      socketsOf("TestFloodOfRefusalsIsBounded"),
      change(refusals, "d.byOrigin[origin] >= maxDelayed", "d.all >= maxDelayed"),
    ],
    [
      "whoever closes meanwhile does not wait",
      socketsOf("TestClosingEndsTheWait"),
      change(refusals, "\tcase <-ctx.Done():\n\t}\n}", "\t}\n}"),
    ],
    [
      "the limit of all pages together looks like any refusal",
      socketsOf("TestLimits"),
      change(
        "nativehost/fault/fault.go",
        '{ErrLimitOverall, Description{"NotAllowedError"',
        '{ErrLimitOverall, Description{"QuotaExceededError"',
      ),
    ],
    [
      "so does the rate of all pages together",
      limitsOf("TestOwnRateComesFirst"),
      change(limits, "\t\treturn nil, fault.ErrRate\n", "\t\treturn nil, fault.ErrRateOrigin\n"),
    ],
    [
      "an origin's own rate is told before what all use up together",
      limitsOf("TestOwnRateComesFirst"),
      change(
        limits,
        "case !n.bucket.has(now):",
        "case s.overall < c.caps.Overall && s.minute.has(now) && !n.bucket.has(now):",
      ),
    ],
    [
      "an administrator can keep the reasons of the network from pages",
      socketsOf("TestPageReasonOfAnOpen"),
      change("nativehost/requests/requests.go", "if !t.policy.Known().Settings.ErrorDetail.Value {", "if false {"),
    ],
    [
      "also on the lane",
      socketsOf("TestPageReasonOfAnEnd"),
      change(
        open,
        "last.Name, last.PageReason = says.Name, r.config.Requests.PageReason(says)",
        "last.Name, last.PageReason = says.Name, says.Page",
      ),
    ],
    [
      "a refusal has no reason that a page could be told",
      socketsOf("TestPageReasonOfAnOpen"),
      change(
        "nativehost/fault/fault.go",
        '"Pages may not connect to this address.", ""}',
        '"Pages may not connect to this address.", "unreachable"}',
      ),
    ],
    [
      "nor has anything before somebody agreed",
      inUnit("extension/background/sockets/page_reason.test.ts", "a page hears why only where somebody agreed"),
      change("extension/background/sockets/page_reason.ts", "  if (!agreed) return undefined;\n", ""),
    ],
    [
      "of a host that is gone a page hears only where administrators let it",
      inUnit("extension/background/sockets/page_reason.test.ts", "of a host that is gone a page hears only"),
      change("extension/background/sockets/page_reason.ts", "HostUnavailable && tells ?", "HostUnavailable ?"),
    ],
    [
      "no error but NetworkError has a reason",
      inUnit("extension/background/sockets/page_reason.test.ts", "no error but NetworkError has a reason"),
      change("protocol/page.ts", 'reason === undefined || name !== "NetworkError" ?', "reason === undefined ?"),
    ],
    [
      "that the user is asked is told when they are",
      inUnit("extension/background/consent/prompt.test.ts", "it is not told where nobody is asked"),
      change(
        "extension/background/consent/prompt.ts",
        "    if (this.window === undefined) this.#watching.push(asking);\n    else asking();\n",
        "    asking();\n",
      ),
    ],
    [
      "errors name no destination",
      inGo("nativehost/fault", "TestMessagesNameNoDestination"),
      change("nativehost/fault/fault.go", "{ return c.kind.Error() }", "{ return c.cause.Error() }"),
    ],
    [
      "schema errors repeat nothing of what was sent",
      inGo("protocol", "TestSchemaErrorsRepeatNothing"),
      change(
        "protocol/validate.go",
        'return fmt.Errorf("%s: %w", name, ErrSchema)\n\t}\n\treturn nil\n}',
        'return fmt.Errorf("%s: %w %v", name, ErrSchema, faults)\n\t}\n\treturn nil\n}',
      ),
    ],
  ),
  ...row(
    "P3",
    [
      "private windows and others are counted apart",
      limitsOf("TestPrivateWindowsAreApart"),
      change(limits, "\tif private {\n\t\ts = c.private\n", "\tif private && false {\n\t\ts = c.private\n"),
    ],
    [
      "by what the extension says of the window",
      socketsOf("TestPrivateWindowsAreCountedApart"),
      change(open, "r.limits.Take(o.subject.Origin, o.subject.Private)", "r.limits.Take(o.subject.Origin, false)"),
    ],
    [
      "so are refusals that wait for the beat",
      socketsOf("TestFloodOfRefusalsIsBounded"),
      change(refusals, "\tif private {\n", "\tif private && false {\n"),
    ],
    [
      "and lanes that are about to come",
      sessionOf("TestPrivateLanesAreCountedApart"),
      change("nativehost/session/lane.go", "\t\tif params.Private {\n", "\t\tif params.Private && false {\n"),
    ],
    [
      "and those that are open",
      sessionOf("TestLanesOfPrivateWindowsAreCounted"),
      change("nativehost/session/lane.go", "if l.private == private {", "if l.private == private || true {"),
    ],
    [
      "private windows leave no origin and no destination in the audit log",
      inGo("nativehost/audit", "TestLines"),
      change(audit, "if s.Private || detail == Counts {", "if detail == Counts {"),
    ],
    [
      "nor the address that was reached",
      inGo("nativehost/audit", "TestLines"),
      change(audit, "if !s.Private && *l.detail.Load() == Full {", "if *l.detail.Load() == Full {"),
    ],
    [
      "nor what the extension refused there",
      socketsOf("TestAuditTellsAllButPrivateWindows"),
      change(dispatch, "\t\tPrivate:  params.Private,\n\t}\n\tif params.More", "\t}\n\tif params.More"),
    ],
    [
      "nor the cause of a failure in the host's log",
      socketsOf("TestLogKeepsPrivateWindowsOut"),
      change(open, "if told && !o.subject.Private {\n\t\tr.config.Log.Info()", "if told {\n\t\tr.config.Log.Info()"),
    ],
  ),
  ...row(
    "H1",
    [
      "frames have a largest size",
      inGo("protocol", "TestFramingIsLost"),
      change(frame, "if length == 0 || length > MaxFrameBytes {", "if length == 0 {"),
      change(frame, "min(max(length, 2*cap(r.body), 4<<10), MaxFrameBytes)", "max(length, 2*cap(r.body), 4<<10)"),
    ],
    [
      "a length that is too large allocates nothing",
      inGo("protocol", "TestLongLengthAllocatesNothing"),
      change(frame, "\tbody := r.reserve(int(length))\n", ""),
      change(
        frame,
        "\tif length == 0 || length > MaxFrameBytes {",
        "\tbody := r.reserve(int(min(length, MaxFrameBytes)))\n\tif length == 0 || length > MaxFrameBytes {",
      ),
    ],
    [
      "the host sends no larger ones",
      inGo("protocol", "TestEndFrameRefusesWhatBrowsersRefuse"),
      change(frame, "if length <= 0 || length > MaxFrameBytes {", "if length <= 0 {"),
    ],
    [
      "in TypeScript too",
      inUnit("protocol/frame.test.ts", "lengths of zero, and over the limit, are refused"),
      change("protocol/frame.ts", " || size > maxFrameBytes", ""),
    ],
    [
      "control messages have a largest size",
      inGo("protocol", "TestDecodeSaysWhatIsWrong"),
      change(envelope, "if name != MethodSocketWrite && len(frame) > MaxControlBytes {", "if false {"),
    ],
    [
      "the envelope comes first",
      inGo("protocol", "TestDecodeSaysWhatIsWrong"),
      change(envelope, 'if !idOK || v.Check("envelope", frame) != nil {', "if !idOK {"),
    ],
    [
      "then the schema of the method",
      inGo("protocol", "TestDecodeSaysWhatIsWrong"),
      change(envelope, 'if v.Check(name+".params", params) != nil {', "if false {"),
    ],
    [
      "a member that stands twice is refused",
      inGo("protocol", "TestDecodeSaysWhatIsWrong"),
      change(envelope, "\tif !uniqueNames(frame) {", "\tif false {"),
    ],
    [
      "types are exact",
      inGo("protocol", "TestDecodeParamsIsStricterThanTheSchemas"),
      change(
        envelope,
        "\tif err := decoder.Decode(into); err != nil {\n\t\treturn NewError(CodeInvalidParams)",
        "\tif err := decoder.Decode(into); err != nil {\n\t\treturn nil",
      ),
    ],
    [
      "nothing comes before hello",
      sessionOf("TestNothingBeforeHello"),
      change(dispatch, "if !s.helloDone && message.Method != protocol.MethodHello {", "if false {"),
      change("nativehost/session/session.go", "if s.helloDone && s.scanned(frame) {", "if s.scanned(frame) {"),
    ],
    [
      "an id that is taken is not taken twice",
      sessionOf("TestIDsThatAreOpen"),
      change("nativehost/requests/requests.go", "taken || len(t.open) >= maxOpen", "len(t.open) >= maxOpen && taken"),
    ],
    [
      "too much credit ends the socket, and no other",
      socketsOf("TestCreditFaultsCostOneSocket"),
      change("nativehost/stream/read.go", "> protocol.MaxWindowBytes {", "> 1<<62 {"),
    ],
    [
      "so does too much data",
      socketsOf("TestCreditFaultsCostOneSocket"),
      change(
        "nativehost/stream/write.go",
        "case size > s.sendCredit, len(s.waiting) >= maxWaiting:",
        "case len(s.waiting) >= maxWaiting:",
      ),
    ],
  ),
  ...row(
    "H2",
    [
      "only the extension's own id is known",
      inGo("nativehost/caller", "TestIdentify"),
      change(caller, "args[0] == manifest.Origin(manifest.ChromiumID),", "true,"),
    ],
    [
      "in Firefox too",
      inGo("nativehost/caller", "TestIdentify"),
      change(caller, "args[1] == manifest.FirefoxID,", "true,"),
    ],
    [
      "others must be listed, in a manifest of our name",
      inGo("nativehost/caller", "TestListed"),
      change(
        listed,
        "m.Name != manifest.HostName || !slices.Contains(m.AllowedOrigins, origin)",
        'm.Name != manifest.HostName || slices.Contains(m.AllowedOrigins, "")',
      ),
    ],
    [
      "that nobody else may write, nor any folder on the way",
      inGo("nativehost/caller", "TestListed"),
      change(
        listed,
        "real, info, err := rules.Follow(path, false)",
        "real := path\n\tinfo, err := os.Stat(path)\n\t_ = rules",
      ),
    ],
    [
      "nor a group with somebody else in it",
      inGo("nativehost/trust", "TestAlone"),
      change(person, "} else if user[3] == groups[i][2] {", "} else if false {"),
    ],
    [
      "or with somebody else named in it",
      inGo("nativehost/trust", "TestAlone"),
      change(
        person,
        'of(group) && member != "" && !slices.Contains(names, member)',
        "false && of(group) && names == nil && member == group[0]",
      ),
    ],
    [
      "nor anybody by an access list",
      inGo("nativehost/trust", "TestFollow"),
      change(trust, "r.GroupsOf(gid) && !hasAccessList(path)", "r.GroupsOf(gid)"),
    ],
    [
      "`portside install` refuses a program that a group of others could replace",
      inGo("install", "TestScripts"),
      change("install/binary.go", "GroupsOf: trust.Alone(owners...)", "GroupsOf: func(int) bool { return true }"),
    ],
    [
      "or that is in somebody else's folder",
      inGo("install", "TestOwners"),
      change(
        "install/binary.go",
        "case errors.As(err, &fault) && fault.OtherOwner:\n\t\treturn",
        "case errors.As(err, &fault) && fault.OtherOwner:\n\t\treturn nil\n\tcase false:\n\t\treturn",
      ),
    ],
    [
      "and that leads to this program",
      inGo("nativehost/caller", "TestListed"),
      change(listed, "return err == nil && os.SameFile(own, named)", "return err == nil && own != nil && named != nil"),
    ],
    [
      "a stranger is shown the door",
      inGo("nativehost/cmd/portside", "TestCommandLine"),
      change("nativehost/cmd/portside/host.go", "if !from.Known && !from.Listed(surroundings()) {", "if false {"),
    ],
    [
      "manifests list our extension and those that the user named, no others",
      inGo("manifest", "TestRender"),
      change(
        "manifest/manifest.go",
        "append(m.AllowedOrigins, Origin(id))",
        'append(m.AllowedOrigins, "chrome-extension://*/")',
      ),
    ],
    [
      "a relative folder for profiles begins where the browser is",
      inGo("nativehost/caller", "TestListed"),
      change(listed, "folder = filepath.Join(around.BrowserDir, folder)", "continue"),
    ],
    [
      "`portside install` runs a program once before it names it",
      inGo("install", "TestScripts"),
      change("install/binary.go", 'if c.binary != "" {\n\t\tif _, err', "if false {\n\t\tif _, err"),
    ],
    [
      "root leaves nothing in somebody's home",
      inGo("install", "TestScripts"),
      change("install/install.go", "\treturn c.checkHome()\n", "\treturn nil\n"),
    ],
    [
      "nor in a folder of theirs that --user-data-dir names",
      inGo("install", "TestScripts"),
      change(
        "install/install.go",
        'if c.euid != 0 || c.system || c.name == "status" {',
        'if c.euid != 0 || c.system || c.userDataDir != "" || c.name == "status" {',
      ),
    ],
    [
      "`portside status` reads the browser's policies as the browser does",
      inGo("install", "TestReadAsChromium"),
      change("install/chromium_json.go", "case data[i] == ',' && closes(data[i+1:]) && endsValue(out):", "case false:"),
    ],
    [
      "whatever the files are called",
      inGo("install", "TestScripts"),
      change(
        "install/policy.go",
        "err == nil && !info.Mode().IsRegular() {",
        'err == nil && (!info.Mode().IsRegular() || filepath.Ext(file) != ".json") {',
      ),
    ],
    [
      "what the user may not read is no policy to the browser, and hides no other",
      inGo("install", "TestScripts"),
      change(
        "install/policy.go",
        "if !errors.Is(err, fs.ErrPermission) || c.euid == 0 {",
        "if !errors.Is(err, fs.ErrPermission) || c.euid >= 0 {",
      ),
    ],
    [
      "`portside status` tells of a program that others can change",
      inGo("install", "TestScripts"),
      change(
        "install/binary.go",
        '\t\treturn advise("chmod go-w "+path, "other users can change %s", path)',
        "\t\treturn nil",
      ),
    ],
    [
      "and of a manifest that others can write",
      inGo("install", "TestScripts"),
      change("install/status.go", 'fault(repair, "other users can write %s", path)', "_, _ = repair, path"),
    ],
  ),
  ...row("H3", [
    "the host listens nowhere",
    inGo("nativehost/cmd/portside", "TestNothingListens"),
    change(
      "nativehost/cmd/portside/host.go",
      "\tin, out := pipes()\n",
      '\tif l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0"); err == nil {\n\t\tdefer l.Close()\n\t}\n\tin, out := pipes()\n',
    ),
    change("nativehost/cmd/portside/host.go", '\t"net/netip"\n', '\t"net"\n\t"net/netip"\n'),
  ]),
];
