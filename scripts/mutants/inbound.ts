// Sockets that others can send to: where they may be open, and whom they hear (row 10); how many there are (row 3), and what
// administrators say of them (row 7).

import { becomes, inGo, row, type Mutant } from "./mutant.ts";

const rulesOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/rules", name);
const limitsOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/limits", name);
const policyOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/policy", name);
const local = rulesOf("TestLocal");
const inbound = rulesOf("TestInbound");
const peer = rulesOf("TestPeer");
const unasked = rulesOf("TestUnasked");

export const inbounds: readonly Mutant[] = [
  ...row(
    "10",
    ["bound-address-fits-reach", "A socket is bound to an address that reaches exactly as far as was agreed to", local],
    [
      "bound-address-is-own",
      "A socket is bound to an address of this computer only",
      local,
      becomes("case true:\nreturn ReachNetwork"),
    ],
    ["local-socket-checks-origin", "A socket that others can send to takes a secure origin", local],
    [
      "local-judgement-checks-origin",
      "What is said of a local socket before the user is asked goes by its origin",
      inGo("nativehost/session", "TestLocalJudgement"),
      becomes('"https://page.example"'),
    ],
    ["low-port-needs-administrator", "A low port is open to pages only where an administrator lists it", local],
    ["nobody-sends-from-never-addresses", "Nobody is let in from an address that no computer can have", inbound],
    ["computer-reach-is-loopback", "A socket for this computer hears loopback addresses only", inbound],
    ["network-reach-is-not-public", "A socket for a network hears no address of the Internet from elsewhere", inbound],
    ["named-peers-only", "A bound socket whose peers are named sends to no other", peer],
    [
      "network-peers-have-no-names",
      "A bound socket for the network asks no name server",
      rulesOf("TestPeerIsRefusedBeforeItIsAskedFor"),
    ],
    [
      "peer-fits-choice",
      "A bound socket sends to no address outside of the user's choice",
      peer,
      becomes("return r, nil"),
    ],
    [
      "peer-address-fits-choice",
      "A name leads a bound socket to no address outside of the user's choice",
      peer,
      becomes("return nil"),
    ],
    ["unasked-sender-is-named", "A bound socket whose peers are named hears no other", unasked],
    [
      "unasked-sender-fits-choice",
      "A bound socket hears nobody outside of the user's choice",
      unasked,
      becomes("return nil"),
    ],
  ),
  ...row(
    "3",
    [
      "standard-limits-of-local-sockets",
      "The standard limits of sockets that others can send to are the promised ones",
      limitsOf("TestStandardIsWhatWasPromised"),
      becomes("LocalPerOrigin: 17"),
    ],
    [
      "local-sockets-per-origin",
      "Sockets of an origin that others can send to have a bound",
      limitsOf("TestLocalSockets"),
      becomes("local && n.local < 0"),
    ],
    ["accepted-per-origin", "Accepted connections of an origin have a bound", limitsOf("TestAccepted")],
    [
      "accepted-overall",
      "All accepted connections together have a bound",
      limitsOf("TestAccepted"),
      becomes("s.accepted < 0"),
    ],
    [
      "site-has-half-the-accepted",
      "A site has at most half of all accepted connections",
      limitsOf("TestAccepted"),
      becomes("all.accepted < 0"),
    ],
    [
      "new-peers-per-origin",
      "Bound sockets of an origin begin to send to few new peers a minute",
      limitsOf("TestNewPeers"),
    ],
    ["new-peers-per-site", "Origins of one site share the rate of new peers", limitsOf("TestNewPeers")],
    [
      "new-peers-outlive-sockets",
      "A socket that is closed gives its origin no new peers",
      limitsOf("TestNewPeersOutliveSockets"),
      becomes("true"),
    ],
  ),
  ...row(
    "7",
    ["local-socket-asks-policy", "The administrator's origins count for sockets that others can send to", local],
    ["admin-may-forbid-servers", "An administrator can forbid pages to listen", local],
    ["admin-may-narrow-servers", "An administrator can say how far sockets that listen may reach", local],
    [
      "places-within-policy",
      "The user is offered no place that the administrator does not allow",
      rulesOf("TestPlaces"),
    ],
    ["admin-may-forbid-bound-udp", "An administrator can forbid bound UDP sockets", local],
    ["peers-within-policy", "An administrator can say whom bound UDP sockets may send to", local],
    ["admin-may-forbid-announcing", "An administrator can forbid that sockets are announced", local],
    ["admin-may-forbid-multicast", "An administrator can forbid multicast", local],
    [
      "multicast-setting-counts-for-groups",
      "Where an administrator forbids multicast, no group is joined or sent to",
      rulesOf("TestGroup"),
    ],
    ["groups-ask-policy", "The administrator's lists of destinations count for multicast groups", rulesOf("TestGroup")],
    ["inbound-asks-policy", "The administrator's lists of destinations count for who sends to a page", inbound],
    [
      "forbidden-prompt-refuses-local-socket",
      "Where nobody may be asked, no socket is open that others can send to",
      local,
    ],
    [
      "stricter-prompt-refuses-peer",
      "A destination for which an administrator wants a question of its own is no peer of a bound socket",
      peer,
    ],
    [
      "local-socket-has-strictest-prompt",
      "Of several prompt settings the strictest counts for sockets that others can send to",
      policyOf("TestLocalPrompt"),
      becomes('if by == "" && said != "" && said != Skip {\nprompt, by = said, l.by("prompt")\n}'),
    ],
    [
      "every-port-list-must-open",
      "A low port is open only where each list of low ports has it",
      policyOf("TestLowPorts"),
    ],
    [
      "restricting-layer-opens-no-port",
      "Managed storage beside a policy file opens no low port",
      policyOf("TestManagedLoosensOnlyWithoutFiles"),
    ],
    [
      "narrower-servers-win",
      "Of several settings for sockets that listen the narrowest counts",
      policyOf("TestSettings"),
    ],
    [
      "narrower-bound-udp-wins",
      "Of several settings for bound UDP sockets the narrowest counts",
      policyOf("TestSettings"),
    ],
    ["stricter-multicast-wins", "One place is enough to forbid multicast", policyOf("TestSettings")],
    ["stricter-announce-wins", "One place is enough to forbid announcements", policyOf("TestSettings")],
  ),
];
