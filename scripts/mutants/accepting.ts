// TCP sockets that listen, and what they accept: who is let in and how (row 10), how much of it (row 3), what administrators say of it later
// (row 7), and what private windows leave behind (row P3).

import { also, always, becomes, gone, inGo, row, type Mutant } from "./mutant.ts";

const listenOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/listen", name);
const socketsOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/sockets", name);
const auditOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/audit", name);
const policyEnds = socketsOf("TestPolicyEndsListeners");

export const accepting: readonly Mutant[] = [
  ...row(
    "10",
    [
      "listening-is-judged",
      "Whoever wants to listen is put before the rules",
      socketsOf("TestWhatMayNotListen"),
      gone,
      also("policy-change-judges-binding", becomes("return nil")),
    ],
    ["listener-asks-rules", "Whoever connects to a page is put before the rules", socketsOf("TestReach")],
    [
      "network-listener-checks-interface",
      "A listener for one network looks by which interface a connection comes",
      socketsOf("TestReach"),
    ],
    [
      "network-listener-stays-in-its-network",
      "A listener for one network lets nobody in from another network that the computer is carried into",
      socketsOf("TestListenerStaysInItsNetwork"),
    ],
    [
      "accepted-remote-is-judged",
      "A connection that the rules refuse is not accepted",
      listenOf("TestRefusedIsTurnedAway"),
    ],
    [
      "accepted-by-own-interface",
      "A connection from another interface's network is not accepted",
      listenOf("TestOnlyByTheInterface"),
      becomes("true"),
    ],
    [
      "listener-interfaces-are-reread",
      "A listener sees addresses of interfaces that come and go",
      listenOf("TestInterfacesAreReread"),
      becomes("time.Hour"),
    ],
    ["turned-away-by-reset", "A connection that is not accepted is reset", listenOf("TestRefusedIsTurnedAway")],
    [
      "accept-only-on-demand",
      "No connection is taken from the system before the page asks for one",
      listenOf("TestNothingIsTakenUnlessAsked"),
      gone,
      becomes("_ = deadline"),
    ],
    ["listener-takes-no-lane", "A lane speaks of no listener", socketsOf("TestAcceptedOnTheLane")],
    [
      "listener-certificate-is-short-lived",
      "A listener's certificate is valid for less than two weeks",
      listenOf("TestIdentity"),
      becomes("NotAfter: begin.Add(20 * lifetime)"),
    ],
    [
      "listener-tls-is-1-2-or-newer",
      "A listener speaks TLS 1.2 or newer",
      listenOf("TestOthersAreNoClients"),
      becomes("MinVersion: tls.VersionTLS10"),
    ],
    [
      "listener-tls-is-not-resumed",
      "Each TLS connection to a listener has a handshake of its own",
      listenOf("TestSessionsAreNotResumed"),
    ],
  ),
  ...row(
    "3",
    [
      "listening-shares-the-limits",
      "Each listener counts against the session's limits",
      socketsOf("TestListenersAreBounded"),
      becomes("ticket, err := limits.New(r.config.Caps).TakeLocal(o.subject.Origin, o.subject.Private)"),
    ],
    [
      "accepting-shares-the-limits",
      "Each accepted connection counts against the session's limits, before it is taken from the system",
      socketsOf("TestAcceptedAreBounded"),
      becomes("ticket, err := limits.New(r.config.Caps).TakeAccepted(o.subject.Origin, o.subject.Private)"),
    ],
    [
      "pending-accepts-are-bounded",
      "Of one listener a bounded number of connections is waited for",
      socketsOf("TestWhatCannotBeAccepted"),
    ],
    [
      "handshakes-are-bounded",
      "A listener has a bounded number of handshakes under way",
      listenOf("TestHandshakesAreBounded"),
    ],
    [
      "silent-client-is-given-up",
      "A client that does not shake hands is given up in time",
      listenOf("TestSilentClientsAreGivenUp"),
      becomes("time.Hour+l.handshakeTime"),
    ],
    [
      "turned-away-at-bounded-rate",
      "Connections that are turned away cost a bounded part of a processor",
      listenOf("TestUnwantedFloodHasPace"),
    ],
    [
      "failed-handshakes-at-bounded-rate",
      "Handshakes that fail cost a bounded part of a processor",
      listenOf("TestFailedHandshakesHavePace"),
    ],
    [
      "accepted-audit-lines-apart",
      "Whoever connects to a page takes no audit line away from what the page does",
      auditOf("TestAcceptedHaveLinesOfTheirOwn"),
    ],
    [
      "end-of-counted-connection-is-not-written",
      "Of an accepted connection that is only counted the audit log has no end either",
      socketsOf("TestAuditLinesOfAcceptedAreBounded"),
      always,
    ],
  ),
  ...row(
    "7",
    [
      "policy-change-judges-binding",
      "A new policy ends an attempt to listen",
      socketsOf("TestNewPolicyJudgesWhatIsBound"),
      becomes("return nil"),
    ],
    [
      "policy-change-judges-listeners",
      "A new policy ends sockets that listen, and what they have accepted",
      policyEnds,
    ],
    [
      "policy-change-judges-accepted",
      "A new policy judges accepted connections by who has connected",
      policyEnds,
      becomes("return nil"),
    ],
    [
      "policy-change-judges-accepting",
      "A new policy judges a connection that is just being accepted",
      socketsOf("TestNewPolicyJudgesWhatIsAccepted"),
      always,
    ],
  ),
  ...row(
    "P3",
    [
      "listening-counted-by-window-kind",
      "A listener counts for the kind of window that the extension names",
      socketsOf("TestListenersAreBounded"),
      becomes("ticket, err := r.limits.TakeLocal(o.subject.Origin, false)"),
    ],
    [
      "accepting-counted-by-window-kind",
      "An accepted connection counts for the kind of window that its listener is in",
      socketsOf("TestAcceptedAreBounded"),
      becomes("ticket, err := r.limits.TakeAccepted(o.subject.Origin, false)"),
    ],
    [
      "audit-hides-private-listeners",
      "The audit log does not tell where a private window listens",
      auditOf("TestLines"),
    ],
    [
      "audit-hides-private-remotes",
      "The audit log does not tell who has connected to a private window",
      auditOf("TestLines"),
    ],
  ),
];
