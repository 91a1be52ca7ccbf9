// What comes in by the lane (H3).

import { becomes, gone, inBrowser, inGo, inJSON, inUnit, never, precededBy, row, type Mutant } from "./mutant.ts";

const listenerOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/lane", name);
const sessionOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/session", name);
const socketsOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/sockets", name);
const refused = listenerOf("TestWhoIsRefused");
const whileNeeded = listenerOf("TestListensWhileNeeded");
const apart = sessionOf("TestLanesAreApart");
const policy = sessionOf("TestLanePolicy");
const account = "extension/background/sockets/lane_account.test.ts";
const inLane = (name: string): ReturnType<typeof inBrowser> => inBrowser("lane", name);

export const listening: readonly Mutant[] = [
  ...row(
    "H3",
    [
      "lane-needs-ticket",
      "A lane takes a ticket",
      listenerOf("TestTickets"),
      becomes('if why != "" && l == nil {\n\treturn Visitor{}, why\n}'),
    ],
    ["lane-ticket-used-once", "A ticket for a lane is used once", listenerOf("TestTickets")],
    ["lane-ticket-expires", "A ticket for a lane expires", whileNeeded, becomes("time.Hour+l.ticketLife")],
    [
      "lane-tickets-are-bounded",
      "Tickets for lanes have a bounded number",
      listenerOf("TestTicketsAreBounded"),
      becomes("len(l.tickets) < 0"),
    ],
    [
      "lane-needs-extension-origin",
      "A lane takes the extension's origin",
      refused,
      becomes('if origin == "" {\n\treturn Visitor{}, "another origin"\n}'),
    ],
    [
      "told-lane-origin-only-where-unknown",
      "An origin that is told counts only where the browser names none",
      sessionOf("TestLaneOriginIsTold"),
      becomes('if params.Origin != "" {\n\treturn params.Origin\n}'),
    ],
    ["lane-host-is-own-address", "A lane takes the listener's own address as Host", refused, becomes('r.Host == ""')],
    [
      "lane-listener-closes-when-idle",
      "The listener for lanes closes when no lane is expected",
      whileNeeded,
      becomes("if len(l.tickets) < 0 {\n\tl.shut()\n}"),
    ],
    [
      "silent-connection-times-out",
      "A pending connection that says nothing is closed",
      listenerOf("TestSilentPendingConnections"),
      gone,
      gone,
    ],
    [
      "pending-lane-connections-bounded",
      "Pending connections to the listener for lanes are bounded",
      listenerOf("TestSilentPendingConnections"),
      becomes("port, at, err := loopback.Listen(ctx, 100*maxPending)"),
    ],
    [
      "open-lane-leaves-pending-count",
      "An open lane does not count as a pending connection",
      listenerOf("TestLanesAreNotPending"),
    ],
    ["lane-reaches-own-document", "A lane reaches the sockets of its own document only", apart],
    [
      "lane-takes-detached-sockets-only",
      "A lane reaches no socket that is carried by another way",
      sessionOf("TestSocketsKeepTheirCarrier"),
      gone,
      gone,
    ],
    [
      "stdio-reaches-no-lane-socket",
      "Native messaging reaches no socket that is on a lane",
      sessionOf("TestSocketsKeepTheirCarrier"),
    ],
    ["lane-end-ends-its-sockets", "The end of a lane ends its sockets", sessionOf("TestLaneEnds"), becomes("_ = one")],
    [
      "lane-end-spares-closing-sockets",
      "The end of a lane does not cut sockets that are closing already",
      inGo("nativehost/stream", "TestCutIsTheEndOfWhatGoesOn"),
      becomes("s.cutFor = why; !s.closing"),
    ],
    [
      "frame-crossing-end-is-no-fault",
      "A lane frame that crosses the end of its socket does not end the lane",
      socketsOf("TestLaneFramesThatCrossAnEnd"),
    ],
    ["admin-may-forbid-lanes", "An administrator can forbid lanes", policy],
    ["forbidden-lanes-end", "Open lanes end when an administrator forbids them", policy],
    ["forbidden-lane-cannot-open", "A lane that comes after lanes were forbidden is refused", policy],
    [
      "malformed-lane-frame-ends-lane",
      "A lane frame with unknown bits in its header is malformed",
      inGo("protocol", "TestMalformedLaneFrames"),
    ],
    [
      "lane-batch-lengths-fit",
      "Datagrams of a lane frame lie within it",
      inGo("protocol", "TestMalformedLaneFrames"),
      never,
    ],
    [
      "lane-batch-is-bounded",
      "A lane frame has a bounded number of datagrams",
      inGo("protocol", "TestMalformedLaneFrames"),
    ],
    [
      "lane-batch-fits-in-browser",
      "The browser's end takes no datagrams that do not fill their lane frame",
      inUnit("protocol/lane.test.ts", "what does not fill its frame is no batch, whoever says it"),
      never,
    ],
    [
      "lane-key-for-lane-frame",
      "A key for a lane is good for the lane's frame only",
      inUnit("extension/background/sockets/lanes.test.ts", "a key is good for a frame of ours"),
      becomes("url !== undefined"),
    ],
    [
      "lane-key-for-its-tab",
      "A key for a lane is good in its tab only",
      inUnit("extension/background/sockets/lanes.test.ts", "a key is good for a frame of ours"),
      becomes("tab === undefined"),
    ],
    [
      "lane-key-for-its-document",
      "Where the background has the lane, its key is good in its own document only",
      inUnit(
        "extension/background/sockets/lanes.test.ts",
        "where the background has the lane, a key is good for the very document",
      ),
      becomes("true"),
    ],
    [
      "lane-ticket-stays-in-background",
      "Where the background has the lane, no document gets its ticket",
      inUnit(
        "extension/platform/platform.test.ts",
        "where the background has the lane, it has the ticket, too: the document gets none",
      ),
      becomes("give: (port, way) => {\n  port.postMessage(way);\n  return () => undefined;\n}"),
    ],
    [
      "lane-misfits-cut-off",
      "What does not fit on a lane that the background has cuts its document off",
      inUnit("extension/platform/lane_background.test.ts", "what does not fit reaches no host"),
    ],
    [
      "lane-keeps-to-credit",
      "What goes by the background's lane keeps to the host's credit",
      inUnit(account, "bytes go as far as the host's credit reaches"),
      becomes("entry.outgoing"),
    ],
    [
      "lane-strays-are-bounded",
      "What there is no use for on the background's lane is counted",
      inUnit(account, "what is nobody's, and what is said of a socket that has ended"),
    ],
    [
      "lane-opens-at-once-are-bounded",
      "Opens that wait on the background's lane are bounded",
      inUnit(account, "so many opens wait at a time"),
    ],
    [
      "lane-port-limits-opens",
      "A page's opens on the background's lane are bounded in its document",
      inUnit("extension/platform/lane_background.test.ts", "of a page's opens so many are asked for at a time"),
      never,
    ],
    [
      "lane-key-used-once",
      "A key for a lane is used once",
      inUnit("extension/background/sockets/lanes.test.ts", "a key is good for a frame of ours"),
    ],
    [
      "lane-frame-url-is-dynamic",
      "The address of the lane's frame changes with each session",
      inLane("no page embeds the frame: its address is another one in each session"),
      inJSON("manifest/chromium.json", "/web_accessible_resources/0/use_dynamic_url"),
    ],
    [
      "lane-frame-in-closed-shadow",
      "The lane's frame is in a closed shadow tree",
      inUnit(
        "extension/platform/lane_frame.test.ts",
        "the frame sits in a closed shadow root; its key goes to the extension's own origin, and to nobody else",
      ),
      becomes('"open"'),
    ],
    [
      "lane-frame-after-consent",
      "There is no lane frame before a socket is wanted and allowed",
      inUnit(
        "extension/background/sockets/sockets.test.ts",
        "no lane is asked for before a socket is wanted and allowed",
      ),
      precededBy("await this.#home.lane.wanted(await shared.hosts.connect());"),
    ],
    [
      "removed-frame-ends-sockets",
      "The end of the lane's frame ends its sockets",
      inUnit("extension/page/core/connection.test.ts", "the broker says that the lane is gone"),
      becomes("lane = undefined;"),
    ],
    [
      "host-without-lane-costs-no-frame",
      "An attempt for which the host has no lane does not use up a document's frames",
      inUnit(
        "extension/background/sockets/lanes.test.ts",
        "a host that has no lane for a while costs the document none",
      ),
    ],
    [
      "lane-frames-per-document",
      "A document has a bounded number of lane frames",
      inUnit("extension/background/sockets/lanes.test.ts", "a page that takes the frame away gets three lanes in all"),
    ],
    [
      "lane-frame-ids-are-valid",
      "A lane frame from a page with an invalid socket id is none",
      inUnit("protocol/lane.test.ts", "what a page should not say is no frame"),
    ],
    [
      "lane-bulk-length-matches",
      "Bulk data on a lane has the length that was announced",
      sessionOf("TestLanesAreApart"),
      becomes("n < 0"),
    ],
    [
      "lane-bulk-length-in-browser",
      "In the browser too bulk data on a lane has the length that was announced",
      inUnit("protocol/lane.test.ts", "bulk of another length than was said is an error"),
      becomes("bytes < 0"),
    ],
    ["lane-bulk-is-bounded", "Bulk data on a lane has a largest length", inGo("protocol", "TestMalformedLaneFrames")],
    [
      "lane-bulk-for-streams-only",
      "Bulk data on a lane is for streams only",
      sessionOf("TestLaneCarriesUDP"),
      becomes("f.Kind == protocol.LaneData"),
    ],
  ),
];
