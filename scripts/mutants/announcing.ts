// What is told of sockets on a link (H5).

import { always, becomes, inGo, row, type Mutant } from "./mutant.ts";

const announceOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/announce", name);

export const announcing: readonly Mutant[] = [
  ...row(
    "H5",
    [
      "announcement-heard-on-its-interface",
      "An announcement answers questions only that came in through its interface",
      announceOf("TestOnlyTheLinkIsAnswered"),
    ],
    [
      "announcement-heard-on-its-link",
      "An announcement answers addresses only that are on its link",
      announceOf("TestOnlyTheLinkIsAnswered"),
      becomes("return true"),
    ],
    [
      "announcement-comes-from-its-address",
      "An announcement comes from the address that is announced, not from another one of its interface",
      announceOf("TestComesFromItsAddress"),
    ],
    [
      "announcement-leaves-the-daemon-its-port",
      "What is sent to port 5353 of this computer alone reaches its multicast DNS daemon, not an announcement",
      announceOf("TestAvahiOnThisComputer"),
      becomes("return net.ListenMulticastUDP(network, &iface, &net.UDPAddr{IP: addr.AsSlice(), Port: Port})"),
    ],
    [
      "announced-name-is-printable",
      "An announced name has nothing that cannot be shown",
      announceOf("TestWhatCanBeAnnounced"),
    ],
    [
      "announced-type-is-checked",
      "An announced type is one of RFC 6335 and a protocol",
      announceOf("TestWhatCanBeAnnounced"),
    ],
    ["announced-text-is-bounded", "An announced text fits a packet", announceOf("TestWhatCanBeAnnounced")],
    [
      "announced-type-is-of-the-protocol",
      "The type of an announcement is of its socket's protocol",
      announceOf("TestSocketsAreAnnouncedWhereTheyAre"),
    ],
    [
      "announced-where-it-is-bound",
      "A socket is announced on interfaces only that have its address",
      announceOf("TestSocketsAreAnnouncedWhereTheyAre"),
      always,
    ],
    [
      "announced-host-is-made-for-the-occasion",
      "Each announcement has a host name of its own, which says nothing of the computer",
      announceOf("TestHostOfOurs"),
      becomes('return "portside-host"'),
    ],
    [
      "announcement-ends-with-its-address",
      "An announcement whose address has left the interface ends",
      announceOf("TestEndsWithItsAddress"),
    ],
    ["announcement-packets-are-bounded", "Announcements go in packets that links take", announceOf("TestLargest")],
    [
      "announcement-extras-are-bounded",
      "An answer has no more beside it than a packet takes",
      announceOf("TestLargest"),
    ],
    [
      "announcement-multicasts-are-spaced",
      "An announced record goes to everybody once a second at most",
      announceOf("TestAnswers"),
    ],
    [
      "announcement-replies-are-bounded",
      "Who asks an announcement alone gets a bounded number of answers a second",
      announceOf("TestRepliesAreBounded"),
    ],
    [
      "announcement-conflict-from-mdns-port",
      "Only what comes from port 5353 counts as a claim of an announced name",
      announceOf("TestConflictFromAnotherPort"),
      always,
    ],
    [
      "announcement-answers-once-taken",
      "An announcement answers nothing before the link was asked for the name",
      announceOf("TestProbesThenAnnounces"),
      always,
    ],
    [
      "announced-name-is-left-to-its-owner",
      "A name that somebody on the link has is not announced",
      announceOf("TestConflicts"),
    ],
    [
      "announcement-conflicts-are-bounded",
      "An announcement that meets conflict after conflict ends",
      announceOf("TestConflictsAreBounded"),
    ],
    [
      "announced-name-is-defended",
      "Who is about to take an announced name is told that it is taken",
      announceOf("TestSimultaneousProbes"),
    ],
    ["announcement-is-withdrawn", "An announcement is withdrawn at its end", announceOf("TestWithdraws")],
    [
      "announcements-of-private-windows-are-not-logged",
      "The host's log hears nothing of what private windows announce",
      announceOf("TestPrivateWindowsAreNotLogged"),
    ],
    [
      "announcement-is-checked-before-open",
      "A socket whose announcement cannot be shown to people does not open",
      inGo("./nativehost/sockets", "TestWhatCannotBeAnnounced"),
    ],
  ),
];
