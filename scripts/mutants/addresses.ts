// Where a socket may lead: addresses and names (row 6), ports that routers watch (row 9).

import { readFileSync } from "node:fs";
import { also, always, becomes, gone, inGo, inUnit, precededBy, row, withoutLine, type Mutant } from "./mutant.ts";

const table = "nativehost/address/table.go";

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
  return rows.flatMap(([, prefix = "", name = ""]) => {
    const beyond = /^(?:64:|100:|5f00:)/.test(prefix);
    return beyond && name === "Special"
      ? []
      : row("6", [
          idOf(prefix),
          `Addresses in ${prefix} are of the class ${name.toLowerCase()}`,
          edges,
          also("special-ranges", withoutLine(`"${prefix}"`)),
        ]);
  });
}

/** `range-fe80-0-10` for fe80::/10. */
const idOf = (prefix: string): string =>
  `range-${prefix
    .replaceAll("::", "-0-")
    .replaceAll(/[^0-9a-f]+/g, "-")
    .replace(/^-/, "")}`;

export const addresses: readonly Mutant[] = [
  ...tableRows(),
  ...row(
    "6",
    [
      "unassigned-ipv6-is-special",
      "Addresses outside of 2000::/3 that nobody has assigned are special",
      edges,
      becomes("class = Public"),
    ],
    [
      "ipv4-mapped-judged-by-content",
      "IPv4-mapped addresses are judged by the IPv4 address in them",
      embedded,
      becomes("return Public"),
    ],
    [
      "nat64-judged-by-content",
      "NAT64 addresses are judged by the IPv4 address in them",
      embedded,
      becomes("case addr.Is4In6(),  translated.Contains(addr):\n\treturn netip.AddrFrom4([4]byte(bytes[12:])), true"),
    ],
    [
      "ipv4-translated-judged-by-content",
      "IPv4-translated addresses are judged by the IPv4 address in them",
      embedded,
      becomes(
        "case addr.Is4In6(), wellKnownNAT64.Contains(addr):\n\treturn netip.AddrFrom4([4]byte(bytes[12:])), true",
      ),
    ],
    ["6to4-judged-by-content", "6to4 addresses are judged by the IPv4 address in them", embedded],
    ["ipv4-compatible-judged-by-content", "IPv4-compatible addresses are judged by the IPv4 address in them", embedded],
    [
      "zone-is-ignored",
      "The zone of an address changes nothing in its class",
      inGo("nativehost/address", "TestOddAddresses"),
    ],
    [
      "invalid-address-is-never",
      "The zero address value is never a destination",
      inGo("nativehost/address", "TestOddAddresses"),
      becomes("return Public"),
    ],

    [
      "numeric-host-is-address",
      "A host whose last label is a number is an IPv4 address",
      inGo("nativehost/address", "TestOldSpellings"),
    ],
    [
      "hex-and-octal-ipv4",
      "Hexadecimal and octal parts of IPv4 addresses are read",
      inGo("nativehost/address", "TestOldSpellings"),
      becomes('digits, base, allowed = text[2:], 10, "0123456789abcdef"'),
    ],
    ["host-has-no-forbidden-characters", "White space and control characters in a host are refused", vectors],
    [
      "idna-result-is-reparsed",
      "A host that IDNA does not map to itself a second time is refused",
      inGo("nativehost/address", "FuzzParseHost"),
    ],
    ["labels-are-ldh", "Labels of names have letters, digits, hyphens and underscores only", vectors, becomes("-1")],
    ["names-have-253-bytes", "A name has at most 253 bytes", vectors, gone, becomes("false")],
    [
      "extension-host-drops-final-dot",
      "The extension shows a host in the host's canonical form",
      inUnit("extension/background/intake/origin.test.ts", "one canonical form"),
      becomes('"!"'),
    ],
    [
      "extension-host-has-no-delimiters",
      "The extension refuses a host with characters that would end the host part of a URL",
      inUnit("extension/background/intake/origin.test.ts", "one canonical form"),
    ],

    ["name-to-private-address-refused", "A name that resolves to an address that is not public is refused", resolved],
    ["private-address-needs-user-entry", "An address that is not public must be entered by the user", before],
    ["never-addresses-are-refused", "Unspecified, multicast and broadcast addresses are refused", before],
    [
      "name-to-never-address-refused",
      "A name that resolves to an unspecified, multicast or broadcast address is refused",
      inGo("nativehost/rules", "TestResolved"),
      gone,
      becomes("class != address.Never && !verdict.VouchesName"),
    ],
    ["localhost-needs-user-entry", "localhost must be entered by the user", before],
    ["mdns-name-needs-user-entry", "A name of multicast DNS must be entered by the user", before],
    ["mdns-name-not-to-loopback", "A name of multicast DNS that resolves to this computer is refused", resolved],
    ["localhost-only-to-loopback", "localhost that resolves to anything but loopback is refused", resolved],
    ["literal-resolves-to-itself", "An address literal leads to that address only", resolved],
    ["no-host-is-refused", "A request without a host is refused", resolved, becomes("return nil")],

    [
      "local-addresses-are-not-public",
      "Addresses of this computer and of its links count as not public",
      before,
      becomes("return address.Classify(addr)"),
    ],
    [
      "own-addresses-are-loopback",
      "Addresses of this computer count as loopback, also where the interface is down",
      inGo("nativehost/nearby", "TestClass"),
    ],
    [
      "link-addresses-are-private",
      "Addresses on the links of this computer count as private",
      inGo("nativehost/nearby", "TestClass"),
    ],
    [
      "embedded-local-addresses-count",
      "A local address counts also where an IPv6 address embeds it",
      inGo("nativehost/nearby", "TestClass"),
      becomes("_ = inner"),
    ],
    [
      "broadcast-addresses-refused",
      "Broadcast addresses of the links are never a destination",
      inGo("nativehost/nearby", "TestClass"),
    ],
    [
      "anycast-subnet-router-refused",
      "The first address of a prefix is never a destination",
      inGo("nativehost/nearby", "TestEverybody"),
    ],
    [
      "udp-route-checked-for-broadcast",
      "UDP to a broadcast address that only the system knows is refused",
      inGo("nativehost/dial", "TestNoBroadcast"),
    ],
    [
      "dhcpv6-address-counts-as-64",
      "An address from DHCPv6 counts for its whole /64",
      inGo("nativehost/nearby", "TestOf"),
      becomes("bits = prefix.Bits()"),
    ],
    [
      "interfaces-are-reread",
      "The interfaces are read again after a moment",
      inGo("nativehost/nearby", "TestChangesAreSeen"),
      becomes("time.Hour"),
    ],
    [
      "open-is-judged",
      "Every open is put before the rules",
      inGo("nativehost/sockets", "TestOpenIsPutBeforeTheRules"),
      gone,
      becomes("return nil"),
    ],
    [
      "user-entry-not-from-page",
      "Whether the user entered a destination is not for the page to say",
      inUnit("extension/background/consent/asking.test.ts", "the user's word comes from the user"),
      becomes("true"),
      becomes("userEntered: true"),
    ],
    [
      "typed-host-replaces-proposal",
      "What the user types counts, and not what the page proposed",
      inUnit("extension/background/consent/asking.test.ts", "the user's word comes from the user"),
      becomes("question.proposal ?? found.host"),
    ],
    [
      "typed-host-is-judged",
      "What the user types is judged",
      inUnit("extension/background/consent/asking.test.ts", "what the user types is judged, and cannot be allowed"),
      becomes(
        "if (named.allowed || address !== undefined)\n  return { host: named.host ?? address, risk: named.risk, ...(named.place === undefined ? {} : { place: named.place }) };",
      ),
    ],

    ["every-resolved-address-judged", "Each address that a name resolves to is judged", inside],
    [
      "one-refused-address-refuses-name",
      "A name with one address that is refused is refused",
      inside,
      becomes("continue"),
      precededBy("if len(passed) == 0 {\n\treturn nil, fault.ErrAddress\n}"),
    ],
    [
      "control-hook-judges-again",
      "The address is judged again in the socket's control hook",
      inGo("nativehost/dial", "TestSecondLook"),
    ],
    [
      "dial-uses-judged-address",
      "The connection goes to the address that was judged",
      inGo("nativehost/dial", "TestReboundWhileItIsJudged"),
      becomes(
        "return dialer.DialContext(ctx, target.Network, net.JoinHostPort(target.Host.String(), strconv.Itoa(int(target.Port))))",
      ),
    ],
    [
      "control-hook-compares-address",
      "The control hook refuses an address other than the one that was judged",
      inGo("nativehost/dial", "TestSameDestination"),
    ],
    [
      "refusal-ends-the-race",
      "A refusal ends the attempt whatever other addresses there are",
      inGo("nativehost/dial", "TestRaceWithoutWinner"),
    ],

    [
      "literals-are-not-resolved",
      "No name server is asked about an address",
      nobody,
      becomes("answer, err = r.askServers(ctx, host, family)"),
    ],
    [
      "localhost-is-not-resolved",
      "No name server is asked about localhost",
      nobody,
      becomes("answer, err = r.askServers(ctx, host, family)"),
    ],
    [
      "local-names-use-mdns-only",
      "Names below local are asked for on the link only",
      inGo("nativehost/resolve", "TestLocalNamesFromThisComputer"),
      becomes("answer, err = r.askServers(ctx, host, family)"),
    ],
    [
      "names-are-absolute",
      "Names are resolved without the search list",
      inGo("nativehost/resolve", "TestTheSystemsServers"),
      becomes("addrs, err := resolver.LookupNetIP(ctx, network, host.String())"),
    ],
    [
      "admin-dns-servers-are-used",
      "The name servers of an administrator are asked instead of the system's",
      inGo("nativehost/resolve", "TestTheAdministratorsServers"),
    ],
    [
      "late-addresses-are-judged",
      "Addresses that come late are judged",
      inGo("nativehost/dial", "TestLateAddressesAreJudged"),
      becomes("late, err := []netip.AddrPort(nil), ctx.Err()"),
    ],
    [
      "late-refusal-ends-connection",
      "A late address that is refused ends the open also when a connection stands",
      inGo("nativehost/dial", "TestLateAddressesAreJudged"),
    ],
    [
      "resolution-delay-is-bounded",
      "The first family's addresses wait only a moment for the other family's",
      inGo("nativehost/resolve", "TestSilentFamily"),
      becomes("time.Hour"),
    ],
    [
      "mapped-answers-are-judged",
      "IPv4-mapped addresses in an answer are not lost, so that they are judged",
      inGo("nativehost/resolve", "TestMappedAddressesAreTold"),
    ],
    [
      "mapped-answer-has-our-id",
      "IPv4-mapped addresses are read only from an answer with the id of the question",
      others,
      becomes("ours.ID && false"),
    ],
    ["mapped-answer-is-response", "IPv4-mapped addresses are read only from a response", others],
    [
      "mapped-answer-repeats-question",
      "IPv4-mapped addresses are read only from an answer to the question that was asked",
      others,
    ],
    [
      "mapped-record-belongs-to-name",
      "IPv4-mapped addresses are read only from records of the name and its aliases",
      others,
    ],
    [
      "unaskable-names-refused-early",
      "A name that cannot be resolved is refused before the user is asked",
      inGo("nativehost/session", "TestJudgement"),
    ],
    ["mdns-answer-from-mdns-port", "Answers of multicast DNS come from its port", liars],
    [
      "mdns-answer-from-link",
      "Answers of multicast DNS come from an address on the link",
      liars,
      becomes("if prefix.Contains(addr) || prefix.IsValid() {\n\treturn true\n}"),
    ],
    [
      "mdns-answer-on-asked-interface",
      "Answers of multicast DNS come in through the interface that was asked",
      liars,
      becomes("if from.Port() != Port  {\n\treturn false\n}"),
    ],
    ["mdns-answer-has-our-id", "Answers of multicast DNS have the id of the question", answers],
    ["mdns-answer-is-response", "Answers of multicast DNS are responses", liars],
    ["mdns-answer-without-error", "Answers of multicast DNS with an error code do not count", liars],
    ["mdns-record-for-our-name", "Records of multicast DNS are for the name that was asked for", answers],
    [
      "mdns-record-of-asked-type",
      "Records of multicast DNS are of the type that was asked for",
      answers,
      becomes("(record.Type == t || record.Type != t)"),
    ],
    [
      "mdns-answer-not-this-computer",
      "Addresses of this computer are not taken from an answer of multicast DNS",
      answers,
      always,
    ],
  ),
  ...row(
    "9",
    [
      "alg-ports-are-known",
      "Ports that application-layer gateways of routers watch are known",
      inGo("nativehost/address", "TestWatchedPort"),
      becomes("case 69, 137, 161, 1719, 1720, 1723, 5060, 5061, 6566:\n\treturn true"),
    ],
    [
      "alg-port-needs-own-consent",
      "A port that routers watch takes a consent of its own",
      before,
      becomes("j.Risk = false"),
    ],
    [
      "alg-port-of-resolved-public",
      "A port that routers watch takes its consent also where only the resolved address is public",
      resolved,
      becomes("return nil"),
    ],
    [
      "prompt-names-alg-risk",
      "The prompt names the danger of a port that routers watch",
      inUnit("extension/ui/prompt.test.ts", "the danger of a port is named, and that of no other"),
      becomes('tell("risk", ...(asked.host === undefined ? [text("promptRisk", asked.port)] : []));'),
    ],
    [
      "consent-without-risk-not-enough",
      "A consent that did not name the danger of a port does not cover it",
      inUnit(
        "extension/background/consent/asking.test.ts",
        "a consent that did not name the danger of a port is not enough",
      ),
    ],
    [
      "host-sees-real-risk-consent",
      "The host is told whether the user accepted the danger of a port",
      inGo("nativehost/sockets", "TestOpenIsPutBeforeTheRules"),
      becomes("true"),
    ],
    [
      "vouching-names-the-port",
      "An administrator vouches for a watched port by naming it, and not by a range",
      before,
      becomes("slices.ContainsFunc(r.ports, func(p portRange) bool { return p.lo <= port && port <= p.hi })"),
    ],
  ),
];
