// Bound UDP sockets and multicast: whom they hear and send to (row 10), and how much of it (row 3).

import { always, becomes, gone, inGo, never, row, type Mutant } from "./mutant.ts";

const peersOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/peers", name);
const boundOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/bound", name);
const datagramOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/datagram", name);
const socketsOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/sockets", name);

export const bounds: readonly Mutant[] = [
  ...row(
    "3",
    ["new-peers-are-rationed", "Whoever is sent to for the first time costs the ration", peersOf("TestRation")],
    ["idle-peers-are-forgotten", "A peer with which nothing is exchanged is forgotten", peersOf("TestRation"), never],
    ["peers-are-bounded", "The peers of a bound socket have a number", peersOf("TestPeersAreBounded")],
    ["silent-peer-gets-few-datagrams", "A peer that has not answered gets three datagrams", peersOf("TestSilentPeers")],
    ["silent-peer-gets-few-bytes", "A peer that has not answered gets 4 KiB", peersOf("TestSilentPeers")],
    ["peer-routes-are-bounded", "The peers' names that are remembered have a number", peersOf("TestRoutes")],
    ["hosts-of-peers-are-bounded", "The hosts of addresses that are remembered have a number", peersOf("TestHosts")],
    [
      "questions-about-peers-are-rationed",
      "A question to the network about a peer costs the ration",
      boundOf("TestQuestionsAreRationed"),
    ],
    [
      "lost-names-are-rationed-again",
      "A peer whose name does not resolve any more costs the ration again",
      boundOf("TestRebinding"),
    ],
    [
      "few-datagrams-wait-for-a-peer",
      "Few datagrams wait for a peer that is looked for",
      datagramOf("TestSearchesHoldUpNobody"),
    ],
    [
      "searches-for-peers-are-bounded",
      "Few peers of a socket are looked for at a time",
      datagramOf("TestSearchesAreBounded"),
    ],
    [
      "peers-may-refuse-datagrams",
      "Each datagram of a bound socket is counted before it is sent",
      socketsOf("TestBoundSilentPeers"),
    ],
    [
      "memberships-are-bounded",
      "The multicast groups of a socket have a number",
      socketsOf("TestMembershipsAreBounded"),
    ],
    [
      "memberships-per-origin",
      "The multicast groups of an origin have a number",
      socketsOf("TestMembershipsAreBounded"),
    ],
    [
      "dscp-of-bound-is-bounded",
      "Packets of bound sockets have no higher DSCP than pages may ask for",
      socketsOf("TestTypeOfService"),
    ],
  ),
  ...row("4", [
    "cors-probe-for-peers",
    "A bound socket sends nothing to port 443 before that is probed",
    socketsOf("TestBoundPort443"),
    becomes("v.ctx.Err()"),
  ]),
  ...row(
    "6",
    [
      "peer-addresses-are-looked-up-again",
      "The address of a peer's name counts for a minute, and is judged again then",
      peersOf("TestRoutes"),
    ],
    [
      "resolved-peer-is-judged",
      "Every address that a peer's name leads to is judged",
      boundOf("TestRebinding"),
      becomes("return nil"),
    ],
  ),
  ...row(
    "7",
    [
      "policy-change-judges-peers",
      "A new policy counts for the peers of open bound sockets",
      socketsOf("TestBoundAndPolicies"),
    ],
    [
      "policy-change-leaves-groups",
      "A new policy ends memberships of groups that it does not allow",
      socketsOf("TestMulticastAndPolicies"),
      becomes("_ = g"),
    ],
  ),
  ...row(
    "10",
    ["peer-address-is-printable", "The address of a peer is printable ASCII", inGo("protocol", "TestMalformedPeers")],
    ["senders-are-judged", "Who sends to a bound socket is judged before it is heard", peersOf("TestSendersAreJudged")],
    [
      "hosts-of-peers-are-forgotten",
      "That a host has led to an address is forgotten after a while",
      peersOf("TestHosts"),
      never,
    ],
    [
      "bound-payload-needs-peer",
      "A datagram of a bound socket that names no peer is refused",
      datagramOf("TestMessages"),
    ],
    ["empty-datagram-is-refused", "A bound socket sends no empty datagram", datagramOf("TestMessages")],
    [
      "bound-datagram-has-a-bound",
      "A bound socket takes no more than a datagram can carry",
      datagramOf("TestMessages"),
      becomes("protocol.MaxDatagramBytes*2"),
    ],
    [
      "unwanted-datagrams-are-dropped",
      "A bound socket hands on only what it is to hear",
      datagramOf("TestFloodOfUnwanted"),
      always,
    ],
    [
      "peer-is-judged-before-asking",
      "The rules are asked about a peer before the network is",
      boundOf("TestQuestionsAreRationed"),
    ],
    ["datagrams-come-to-the-place", "A bound socket hears only what came to where it is", boundOf("TestArrivals")],
    [
      "datagrams-come-by-the-interface",
      "A socket for a network hears only what came by the interface of it",
      socketsOf("TestBoundInNetwork"),
    ],
    ["broadcasts-are-not-received", "A bound socket hears no broadcast", boundOf("TestArrivals"), becomes("true")],
    [
      "forged-local-sources-are-dropped",
      "What says that it is from this computer, and came from elsewhere, is dropped",
      boundOf("TestArrivals"),
    ],
    [
      "bound-socket-sends-no-broadcast",
      "A bound socket sends nothing to a broadcast address that only the system knows",
      socketsOf("TestBoundSendsNoBroadcast"),
      becomes("_ = sockopt.ForbidBroadcast"),
    ],
    [
      "bound-socket-stays-in-its-network",
      "A bound socket for one network exchanges nothing with the devices of another that the computer is carried into",
      socketsOf("TestBoundStaysInItsNetwork"),
      gone,
      gone,
    ],
    [
      "computer-reach-sends-to-loopback",
      "A socket for this computer sends nothing elsewhere",
      boundOf("TestComputerStaysHere"),
    ],
    [
      "peer-zone-is-the-interface",
      "A socket for a network sends to link-local addresses of its own link only",
      socketsOf("TestBoundZones"),
    ],
    [
      "groups-need-multicast",
      "A socket that was not agreed to for multicast joins no group",
      socketsOf("TestMulticast"),
    ],
    ["groups-are-multicast", "Only multicast addresses are joined", socketsOf("TestMulticast")],
    [
      "sources-are-unicast",
      "Only an address of one computer is joined as a group's source",
      socketsOf("TestMulticast"),
    ],
    [
      "groups-are-judged",
      "A group is put before the rules before it is joined",
      socketsOf("TestMulticastAndPolicies"),
      becomes("var err error"),
    ],
    [
      "groups-sent-to-are-judged",
      "A group is put before the rules before it is sent to",
      socketsOf("TestMulticastAndPolicies"),
      becomes("named, err := true, error(nil)"),
    ],
    [
      "only-joined-groups-are-heard",
      "A socket hears only of groups that it has joined",
      boundOf("TestGroupsHear"),
      becomes("if g == nil {\nreturn true\n}"),
    ],
    ["only-joined-sources-are-heard", "A socket hears of a group only whom it has joined", boundOf("TestGroupsHear")],
    [
      "groups-are-sent-to-with-consent",
      "A socket sends to groups only where multicast was agreed to",
      socketsOf("TestMulticast"),
    ],
    [
      "link-control-groups-are-refused",
      "A page sends to no group by which systems find each other, unless an administrator names it",
      socketsOf("TestMulticast"),
    ],
    [
      "sharing-needs-multicast",
      "An address is shared only by a socket for multicast",
      socketsOf("TestMulticastSharing"),
      becomes("Share: params.MulticastAllowAddressSharing"),
    ],
    [
      "shared-address-takes-no-unicast",
      "Who shares an address takes nothing that is sent to another socket",
      socketsOf("TestMulticastSharing"),
      becomes("func(netip.Addr) netip.Addr { return s.Request.Address }(nobody)"),
    ],
    [
      "shared-port-speaks-to-groups-only",
      "From a port that is another socket's, or by which names are answered, nothing is sent to a single computer",
      socketsOf("TestMulticastSharing"),
    ],
  ),
];
