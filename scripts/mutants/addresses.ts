// Where a socket may lead: addresses and names (row 6), ports that routers watch (row 9).

import { readFileSync } from "node:fs";
import { change, inGo, inUnit, row, type Mutant } from "./mutant.ts";

const table = "nativehost/address/table.go";
const classify = "nativehost/address/address.go";
const host = "nativehost/address/host.go";
const literal = "nativehost/address/literal.go";
const rules = "nativehost/rules/rules.go";
const vet = "nativehost/dial/vet.go";
const resolve = "nativehost/resolve/resolve.go";
const servers = "nativehost/resolve/servers.go";
const answer = "nativehost/resolve/answer.go";
const mapped = "nativehost/resolve/mapped.go";
const link = "nativehost/link/link.go";
const nearby = "nativehost/nearby/nearby.go";

const edges = inGo("nativehost/address", "TestEdges");
const embedded = inGo("nativehost/address", "TestEmbedded");
const vectors = inGo("nativehost/address", "TestVectors");
const before = inGo("nativehost/rules", "TestBefore");
const resolved = inGo("nativehost/rules", "TestResolved");
const inside = inGo("nativehost/dial", "TestNamesThatLeadInside");
const liars = inGo("nativehost/resolve", "TestFalseAnswersOnTheLink");
const answers = inGo("nativehost/resolve", "TestAnswers");
const others = inGo("nativehost/resolve", "TestMappedAddressesOfOthers");
const nobody = inGo("nativehost/resolve", "TestNobodyIsAskedForAddressesAndLocalhost");

/**
 * Every row of the table of special addresses, taken out by itself. Not those that say "special" outside of 2000::/3, where everything is special
 * already: they are there to be found by whoever compares the table with the registry.
 */
function tableRows(): Mutant[] {
  const text = readFileSync(new URL(`../../${table}`, import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\t\{netip\.MustParsePrefix\("([^"]+)"\), (\w+), (?:\w+|"")\},/gm)];
  if (rows.length < 25) throw new Error(`${table} is not what it was: ${rows.length.toString()} rows are found`);
  return rows.flatMap(([whole, prefix = "", name = ""]) => {
    const beyond = /^(?:64:|100:|5f00:)/.test(prefix);
    return beyond && name === "Special"
      ? []
      : row("6", [`${prefix} is ${name.toLowerCase()}`, edges, change(table, whole, "")]);
  });
}

export const addresses: readonly Mutant[] = [
  ...tableRows(),
  ...row(
    "6",
    [
      "what nobody has assigned outside of 2000::/3 is special",
      edges,
      change(classify, "\t\tclass = Special\n", "\t\tclass = Public\n"),
    ],
    [
      "IPv4-mapped addresses are judged by what is in them",
      embedded,
      change(classify, "\t\treturn Classify(addr.Unmap())\n", "\t\treturn Public\n"),
    ],
    [
      "NAT64 addresses are judged by what is in them",
      embedded,
      change(
        classify,
        "case addr.Is4In6(), wellKnownNAT64.Contains(addr), translated",
        "case addr.Is4In6(), translated",
      ),
    ],
    [
      "IPv4-translated addresses are judged by what is in them",
      embedded,
      change(classify, "wellKnownNAT64.Contains(addr), translated.Contains(addr):", "wellKnownNAT64.Contains(addr):"),
    ],
    [
      "6to4 addresses are judged by what is in them",
      embedded,
      change(classify, "case sixToFour.Contains(addr):", "case false:"),
    ],
    [
      "IPv4-compatible addresses are judged by what is in them",
      embedded,
      change(classify, "case compatible.Contains(addr):", "case false:"),
    ],
    [
      "a zone changes nothing",
      inGo("nativehost/address", "TestOddAddresses"),
      change(classify, '\taddr = addr.WithZone("")\n', ""),
    ],
    [
      "no address at all is never a destination",
      inGo("nativehost/address", "TestOddAddresses"),
      change(classify, "return Never\n\t}\n\taddr", "return Public\n\t}\n\taddr"),
    ],

    [
      "old spellings of IPv4 addresses are addresses",
      inGo("nativehost/address", "TestOldSpellings"),
      change(host, "case numeric(last):", "case false:"),
    ],
    [
      "octal and hexadecimal parts",
      inGo("nativehost/address", "TestOldSpellings"),
      change(literal, "base, allowed = text[2:], 16,", "base, allowed = text[2:], 10,"),
    ],
    [
      "white space and control characters are refused",
      vectors,
      change(host, "if strings.ContainsFunc(text, forbidden) {", "if false {"),
    ],
    [
      "what IDNA makes of a name is read once more",
      inGo("nativehost/address", "FuzzParseHost"), // an input that it once found
      change(host, "; err != nil || again != ascii {", "; (err != nil || again != ascii) && false {"),
    ],
    [
      "labels have the characters of names only",
      vectors,
      change(host, "switch strings.IndexFunc(label, notInLabel) {", "switch -1 {"),
    ],
    [
      "a name has at most 253 bytes",
      vectors,
      change(host, "if len(name) > maxName {", "if false {"),
      change(host, "idna.VerifyDNSLength(true)", "idna.VerifyDNSLength(false)"),
    ],
    [
      "the extension shows a host in the same canonical form",
      inUnit("extension/background/intake/origin.test.ts", "one canonical form"),
      change("extension/background/intake/origin.ts", 'if (host.endsWith(".")) host', 'if (host.endsWith("!")) host'),
    ],
    [
      "the extension refuses what would end the host part of a URL",
      inUnit("extension/background/intake/origin.test.ts", "one canonical form"),
      change(
        "extension/background/intake/origin.ts",
        "if (/[\\s/\\\\?#@%\\u0000-\\u001f]/u.test(text)) return undefined;",
        "",
      ),
    ],

    [
      "a name that leads to an address that is not public is refused",
      resolved,
      change(rules, "if class != address.Public && !verdict.VouchesName {", "if false && !verdict.VouchesName {"),
    ],
    [
      "an address that is not public takes the user's own word",
      before,
      change(rules, "case !r.UserEntered:", "case false:"),
    ],
    [
      "unspecified, multicast and broadcast addresses are nobody's destination",
      before,
      change(rules, "case address.Never:\n\t\t\tj.never()", "case address.Never:"),
    ],
    [
      "and no name leads there",
      inGo("nativehost/rules", "TestResolved"),
      change(rules, "if class == address.Never {", "if false {"),
      change(
        rules,
        "if class != address.Public && !verdict.VouchesName {",
        "if class != address.Public && class != address.Never && !verdict.VouchesName {",
      ),
    ],
    [
      "localhost takes the user's own word",
      before,
      change(rules, "j.Place = Computer\n\t\tj.private(p, r, verdict)", "j.Place = Computer"),
    ],
    [
      "a name of multicast DNS takes the user's own word",
      before,
      change(rules, "j.Place = Network\n\t\tj.private(p, r, verdict)", "j.Place = Network"),
    ],
    [
      "a name of multicast DNS does not lead to this computer",
      resolved,
      change(rules, "if class == address.Loopback {", "if false {"),
    ],
    ["localhost leads to this computer only", resolved, change(rules, "if class != address.Loopback {", "if false {")],
    [
      "an address leads to itself only",
      resolved,
      change(rules, "if address.Plain(addr) != address.Plain(", "if false && address.Plain(addr) != address.Plain("),
    ],
    [
      "without a host nothing is reached",
      resolved,
      change(rules, 'return fmt.Errorf("%w: no host", fault.ErrAddress)', "return nil"),
    ],

    [
      "the addresses of this computer and of its links are not public",
      before,
      change(rules, "return max(address.Classify(addr), near.Class(addr))", "return address.Classify(addr)"),
    ],
    [
      "of this computer, whether the interface is up or not",
      inGo("nativehost/nearby", "TestClass"),
      change(nearby, "case contains(w.own, addr):", "case false:"),
    ],
    [
      "of its links",
      inGo("nativehost/nearby", "TestClass"),
      change(nearby, "case contains(w.links, addr):", "case false:"),
    ],
    [
      "also where an IPv6 address embeds them",
      inGo("nativehost/nearby", "TestClass"),
      change(nearby, "class = max(class, w.class(inner))", "_ = inner"),
    ],
    [
      "nobody sends to everybody on a link",
      inGo("nativehost/nearby", "TestClass"),
      change(nearby, "case slices.Contains(w.everybody, addr):", "case false && slices.Contains(w.everybody, addr):"),
    ],
    [
      "by the first address of its prefix either",
      inGo("nativehost/nearby", "TestEverybody"),
      change(nearby, "if first != prefix.Addr() {", "if false {"),
    ],
    [
      "nor to a broadcast address that only the system knows",
      inGo("nativehost/dial", "TestNoBroadcast"),
      change(vet, 'if target.Network == "udp" {', "if false {"),
    ],
    [
      "an address by DHCPv6 tells of its /64",
      inGo("nativehost/nearby", "TestOf"),
      change(nearby, "bits = subnet6", "bits = prefix.Bits()"),
    ],
    [
      "interfaces are read again",
      inGo("nativehost/nearby", "TestChangesAreSeen"),
      change(nearby, "time.Since(n.read) < fresh", "time.Since(n.read) < time.Hour"),
    ],
    [
      "every open is put before the rules",
      inGo("nativehost/sockets", "TestOpenIsPutBeforeTheRules"),
      change(
        "nativehost/sockets/open.go",
        "if err := j.Err(); err != nil {",
        "if err := j.Err(); err != nil && false {",
      ),
      change(
        "nativehost/sockets/policy.go",
        "return rules.Resolved(d.store.Current(), d.near, request(target), at.Addr())",
        "return nil",
      ),
    ],
    [
      "the user's word does not come from the page",
      inUnit("extension/background/consent/asking.test.ts", "the user's word comes from the user"),
      change(
        "extension/background/consent/consent.ts",
        "verdict ??= await judge(wanted, false);",
        "verdict ??= await judge(wanted, true);",
      ),
      change("extension/background/sockets/open_options.ts", "    userEntered: entered,\n", "    userEntered: true,\n"),
    ],
    [
      "what the user types counts, not what the page proposed",
      inUnit("extension/background/consent/asking.test.ts", "the user's word comes from the user"),
      change(
        "extension/background/consent/prompt.ts",
        "{ allow: true, remember, host: found.host, how, risk }",
        "{ allow: true, remember, host: question.proposal ?? found.host, how, risk }",
      ),
    ],
    [
      "what the user types is judged",
      inUnit("extension/background/consent/asking.test.ts", "what the user types is judged, and cannot be allowed"),
      change(
        "extension/background/consent/consent.ts",
        "if (named.allowed && named.host !== undefined)\n          return { host: named.host, risk",
        "if (named.allowed || address !== undefined)\n          return { host: named.host ?? address, risk",
      ),
    ],

    [
      "each address of a name is judged",
      inside,
      change(
        vet,
        "if err := d.judge(ctx, target, to); err != nil {\n\t\t\treturn nil, err",
        "if err := d.judge(ctx, target, to); err != nil && false {\n\t\t\treturn nil, err",
      ),
    ],
    [
      "one address that is refused refuses the name",
      inside,
      change(
        vet,
        "err != nil {\n\t\t\treturn nil, err\n\t\t}\n\t\tpassed",
        "err != nil {\n\t\t\tcontinue\n\t\t}\n\t\tpassed",
      ),
      change(
        vet,
        "\treturn passed, nil",
        "\tif len(passed) == 0 {\n\t\treturn nil, fault.ErrAddress\n\t}\n\treturn passed, nil",
      ),
    ],
    [
      "the address is judged again in the socket's control hook",
      inGo("nativehost/dial", "TestSecondLook"),
      change(
        vet,
        "if err := d.judge(ctx, target, vetted); err != nil {",
        "if err := d.judge(ctx, target, vetted); err != nil && false {",
      ),
    ],
    [
      "the connection goes to the address that was judged",
      inGo("nativehost/dial", "TestReboundWhileItIsJudged"),
      change(
        vet,
        "return dialer.DialContext(ctx, target.Network, vetted.String())",
        "return dialer.DialContext(ctx, target.Network, net.JoinHostPort(target.Host.String(), strconv.Itoa(int(target.Port))))",
      ),
    ],
    [
      "and the control hook sees when it would not",
      inGo("nativehost/dial", "TestSameDestination"),
      change(vet, 'a.Addr().Unmap().WithZone("") == b.Addr().Unmap().WithZone("") &&', "true &&"),
    ],
    [
      "a refusal ends the attempt, whatever other addresses there are",
      inGo("nativehost/dial", "TestRaceWithoutWinner"),
      change(
        "nativehost/dial/race.go",
        "errors.As(ended.err, &refused) {",
        "errors.As(ended.err, &refused) && false {",
      ),
    ],

    [
      "nobody is asked for addresses",
      nobody,
      change(
        resolve,
        "case address.Literal:\n\t\tanswer.Addrs = []netip.Addr{host.Addr()}",
        "case address.Literal:\n\t\tanswer, err = r.askServers(ctx, host, family)",
      ),
    ],
    [
      "nobody is asked for localhost",
      nobody,
      change(
        resolve,
        "answer.Addrs = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}",
        "answer, err = r.askServers(ctx, host, family)",
      ),
    ],
    [
      "names below local are asked of the link only",
      inGo("nativehost/resolve", "TestLocalNamesFromThisComputer"),
      change(
        resolve,
        "answer.Addrs, err = askLink(ctx, host, family)",
        "answer, err = r.askServers(ctx, host, family)",
      ),
    ],
    [
      "names are asked for absolutely, without the search list",
      inGo("nativehost/resolve", "TestTheSystemsServers"),
      change(servers, 'host.String()+".")', "host.String())"),
    ],
    [
      "the name servers that an administrator names are asked instead",
      inGo("nativehost/resolve", "TestTheAdministratorsServers"),
      change(servers, "if r.Servers != nil {", "if false {"),
    ],
    [
      "an address that comes late is judged, and refuses the name",
      inGo("nativehost/dial", "TestLateAddressesAreJudged"),
      change(vet, "late, err := d.judgeAll(ctx, target, addrs)", "late, err := []netip.AddrPort(nil), ctx.Err()"),
    ],
    [
      "also when the connection stands already",
      inGo("nativehost/dial", "TestLateAddressesAreJudged"),
      change(vet, "\t\t\t\tv.refused = err\n", ""),
    ],
    [
      "the first family's addresses wait a moment for the other's, and no longer",
      inGo("nativehost/resolve", "TestSilentFamily"),
      change(servers, "time.NewTimer(resolutionDelay)", "time.NewTimer(time.Hour)"),
    ],
    [
      "IPv4-mapped addresses are told, so that they are judged",
      inGo("nativehost/resolve", "TestMappedAddressesAreTold"),
      change(servers, "if len(mapped) > 0 {", "if false {"),
    ],
    [
      "they are the answer's to this very question",
      others,
      change(mapped, "theirs.ID != ours.ID", "theirs.ID != ours.ID && false"),
    ],
    ["and of a response", others, change(mapped, "!theirs.Response || ", "")],
    ["to the question that was asked", others, change(mapped, "sameName(repeated.Name, question.Name) && ", "")],
    ["with the records of the name, or of what it is an alias of", others, change(mapped, "names[r.owner] && ", "")],
    [
      "a name that cannot be asked for is refused before the user is asked",
      inGo("nativehost/session", "TestJudgement"),
      change(rules, "if !r.Host.Askable() {", "if false {"),
    ],
    ["answers of multicast DNS come from its port", liars, change(link, "from.Port() != Port || ", "")],
    [
      "from an address on the link",
      liars,
      change(link, "if prefix.Contains(addr) {", "if prefix.Contains(addr) || prefix.IsValid() {"),
    ],
    ["through the interface that was asked", liars, change(link, " || index != 0 && index != l.iface.Index", "")],
    ["with our id", answers, change(answer, " || header.ID != q.id", "")],
    ["as a response", liars, change(answer, "!header.Response || ", "")],
    ["without an error", liars, change(answer, " || header.RCode != dnsmessage.RCodeSuccess", "")],
    ["for our name", answers, change(answer, " && sameName(record.Name, q.name)", "")],
    [
      "of the kind that was asked for",
      answers,
      change(answer, "if record.Type == t && ", "if (record.Type == t || record.Type != t) && "),
    ],
    [
      "and no address of this computer is taken from it",
      answers,
      change(answer, "if address.Classify(addr) < address.Loopback {", "if true {"),
    ],
  ),
  ...row(
    "9",
    [
      "ports that routers watch are known",
      inGo("nativehost/address", "TestWatchedPort"),
      change(
        classify,
        "case 69, 137, 161, 1719, 1720, 1723, 5060, 5061, 6566, 10080:",
        "case 69, 137, 161, 1719, 1720, 1723, 5060, 5061, 6566:",
      ),
    ],
    ["they take a consent of their own", before, change(rules, "\t\tj.Risk = true", "\t\tj.Risk = false")],
    [
      "also where only the address tells that it is public",
      resolved,
      change(rules, "return fault.ErrRisk\n\t}\n\treturn nil\n}", "return nil\n\t}\n\treturn nil\n}"),
    ],
    [
      "the prompt names the danger",
      inUnit("extension/ui/prompt.test.ts", "the danger of a port is named, and that of no other"),
      change("extension/ui/prompt.ts", "...(asked.risk ? [", "...(asked.host === undefined ? ["),
    ],
    [
      "a consent that did not name it is not enough",
      inUnit(
        "extension/background/consent/asking.test.ts",
        "a consent that did not name the danger of a port is not enough",
      ),
      change("extension/background/consent/consent.ts", "      if (judged.risk && !risk) continue;\n", ""),
    ],
    [
      "the host knows nothing of a consent that nobody gave",
      inGo("nativehost/sockets", "TestOpenIsPutBeforeTheRules"),
      change("nativehost/sockets/policy.go", "RiskAccepted: target.RiskAccepted,", "RiskAccepted: true,"),
    ],
    [
      "an administrator vouches for a port by naming it, not by a range",
      before,
      change(
        "nativehost/policy/layer.go",
        "return slices.Contains(r.ports, portRange{port, port})",
        "return slices.ContainsFunc(r.ports, func(p portRange) bool { return p.lo <= port && port <= p.hi })",
      ),
    ],
  ),
];
