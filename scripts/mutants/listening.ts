// What comes in by the lane (H3).

import { change, inBrowser, inGo, inUnit, row, type Mutant } from "./mutant.ts";

const listener = "nativehost/lane/listener.go";
const loopback = "nativehost/loopback/loopback.go";
const lane = "nativehost/session/lane.go";
const attaching = "nativehost/sockets/lane.go";

const listenerOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/lane", name);
const sessionOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/session", name);
const socketsOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/sockets", name);
const refused = listenerOf("TestWhoIsRefused");
const whileNeeded = listenerOf("TestListensWhileNeeded");
const apart = sessionOf("TestLanesAreApart");
const policy = sessionOf("TestLanePolicy");
const keys = "extension/background/sockets/lanes.ts";
const frame = "extension/platform/lane_frame.ts";
const inLane = (name: string): ReturnType<typeof inBrowser> => inBrowser("lane", name);

export const listening: readonly Mutant[] = [
  ...row(
    "H3",
    [
      "a lane takes a ticket",
      listenerOf("TestTickets"),
      change(
        listener,
        '\tif !ok {\n\t\treturn "", "no such ticket"',
        '\tif !ok && l == nil {\n\t\treturn "", "no such ticket"',
      ),
    ],
    ["which lets in once", listenerOf("TestTickets"), change(listener, "\t\t\tdelete(l.tickets, known)\n", "")],
    [
      "and not for long",
      whileNeeded,
      change(listener, "time.AfterFunc(l.ticketLife, func() {", "time.AfterFunc(time.Hour+l.ticketLife, func() {"),
    ],
    [
      "tickets are few",
      listenerOf("TestTicketsAreBounded"),
      change(listener, "len(l.tickets) >= maxTickets", "len(l.tickets) < 0"),
    ],
    [
      "it takes the extension's origin",
      refused,
      change(
        listener,
        'case len(r.Header.Values("Origin")) != 1 || r.Header.Get("Origin") != l.origin:',
        'case r.Header.Get("Origin") == "":',
      ),
    ],
    ["and the address for a name", refused, change(listener, "case r.Host != on.at.String():", 'case r.Host == "":')],
    [
      "nobody listens once nobody is expected",
      whileNeeded,
      change(listener, "if len(l.tickets) == 0 && l.admitting == 0 {", "if len(l.tickets) < 0 {"),
    ],
    [
      "who says nothing is let go",
      listenerOf("TestSilentPendingConnections"),
      change(loopback, "\t\tReadHeaderTimeout: patience,\n\t\tReadTimeout:       patience,\n", ""),
    ],
    [
      "and is one of few",
      listenerOf("TestSilentPendingConnections"),
      change(listener, "loopback.Listen(ctx, maxPending)", "loopback.Listen(ctx, 100*maxPending)"),
    ],
    [
      "who is let in is none of them",
      listenerOf("TestLanesAreNotPending"),
      change(loopback, "\t\t\t\tleave(conn)\n", ""),
    ],
    [
      "a lane reaches its own document's sockets",
      apart,
      change(attaching, "case e.document != l.Document:", "case false:"),
    ],
    [
      "and none that goes another way",
      sessionOf("TestSocketsKeepTheirCarrier"),
      change(
        attaching,
        "case e.lane == nil && e.path != nil && f.Kind == protocol.LaneCredit && e.path.Attach(l.Out.Path(f.SocketID)):",
        "case e.lane == nil && f.Kind == protocol.LaneCredit:",
      ),
    ],
    [
      "nor does stdio reach one on a lane",
      sessionOf("TestSocketsKeepTheirCarrier"),
      change(
        "nativehost/sockets/registry.go",
        "if e == nil || e.state != stateOpen || e.lane != nil {",
        "if e == nil || e.state != stateOpen {",
      ),
    ],
    [
      "its end is its sockets' end",
      sessionOf("TestLaneEnds"),
      change(attaching, "\t\tone.Cut(errLane)\n", "\t\t_ = one\n"),
    ],
    [
      "unless they were ending already",
      inGo("nativehost/stream", "TestCutIsTheEndOfWhatGoesOn"),
      change(
        "nativehost/stream/end.go",
        "\tif !s.closing {\n\t\ts.cutting, s.cutFor",
        "\tif s.cutFor = why; !s.closing {\n\t\ts.cutting, s.cutFor",
      ),
    ],
    [
      "what crosses a socket's end ends no lane",
      socketsOf("TestLaneFramesThatCrossAnEnd"),
      change(attaching, "case e.path != nil && e.path.Over():", "case false:"),
    ],
    ["an administrator can forbid it", policy, change(lane, "case !settings.DataLane.Value:", "case false:")],
    [
      "and end those that are open",
      policy,
      change(lane, "return p.Settings.Enabled.Value && p.Settings.DataLane.Value", "return p.Settings.Enabled.Value"),
    ],
    ["and one that comes after", policy, change(lane, "if !allowsLanes(s.Policy.Current()) {", "if false {")],
    [
      "what cannot be read is no frame",
      inGo("protocol", "TestMalformedLaneFrames"),
      change("protocol/lane.go", " || message[1]|message[2]|message[3] != 0", ""),
    ],
    [
      "a key is for the lane's frame",
      inUnit("extension/background/sockets/lanes.test.ts", "a key is good for a frame of ours"),
      change(keys, 'url === `${ext.runtime.getURL("")}lane/frame.html`', "url !== undefined"),
    ],
    [
      "in its tab",
      inUnit("extension/background/sockets/lanes.test.ts", "a key is good for a frame of ours"),
      change(keys, "tab?.id !== offer.tabId", "tab === undefined"),
    ],
    [
      "once",
      inUnit("extension/background/sockets/lanes.test.ts", "a key is good for a frame of ours"),
      change(keys, "    this.#offers.delete(key);\n    port.onDisconnect", "    port.onDisconnect"),
    ],
    [
      "no page can embed it by what it knows",
      inLane("no page embeds the frame: its address is another one in each session"),
      change("manifest/chromium.json", ', "use_dynamic_url": true', ""),
    ],
    [
      "the frame is out of the page's sight",
      inUnit(
        "extension/platform/lane_frame.test.ts",
        "the frame sits in a closed shadow root; its key goes to the extension's own origin, and to nobody else",
      ),
      change(frame, 'attachShadow({ mode: "closed" })', 'attachShadow({ mode: "open" })'),
    ],
    [
      "no frame before a socket is wanted and allowed",
      inUnit(
        "extension/background/sockets/sockets.test.ts",
        "no lane is asked for before a socket is wanted and allowed",
      ),
      change(
        "extension/background/sockets/open_request.ts",
        "    if (paused) throw pausedRefusal();\n",
        "    if (paused) throw pausedRefusal();\n    await this.#home.lane.wanted(await shared.hosts.connect());\n",
      ),
    ],
    [
      "the end of the frame is the end of its sockets",
      inUnit("extension/page/core/connection.test.ts", "the broker says that the lane is gone"),
      change("extension/page/core/connection.ts", "lane?.lost();", "lane = undefined;"),
    ],
    [
      "a lane that the host has none of is no frame that was taken away",
      inUnit(
        "extension/background/sockets/lanes.test.ts",
        "a host that has no lane for a while costs the document none",
      ),
      change(keys, "      this.#left++; // nobody took a frame away\n", ""),
    ],
    [
      "and there are few frames for one document",
      inUnit("extension/background/sockets/lanes.test.ts", "a page that takes the frame away gets three lanes in all"),
      change(keys, "    this.#left--;\n", ""),
    ],
    [
      "what a page should not say is no frame",
      inUnit("protocol/lane.test.ts", "what a page should not say is no frame"),
      change("protocol/lane.ts", "if (!isU32(id) || id === 0) return [];", ""),
    ],
    [
      "bulk is as long as was said",
      sessionOf("TestLanesAreApart"),
      change(lane, "if err == nil && int64(n) != f.Number {", "if err == nil && n < 0 {"),
    ],
    [
      "in the browser too",
      inUnit("protocol/lane.test.ts", "bulk of another length than was said is an error"),
      change("protocol/lane.ts", "if (message.byteLength !== bytes)", "if (bytes < 0)"),
    ],
    [
      "and not longer than may be",
      inGo("protocol", "TestMalformedLaneFrames"),
      change("protocol/lane.go", " && (f.Kind == LaneCredit || f.Number <= LaneChunkBytes)", ""),
    ],
    [
      "it is for streams",
      sessionOf("TestLaneCarriesUDP"),
      change(
        attaching,
        "(f.Kind == protocol.LaneData || f.Kind == protocol.LaneBulk) && e.datagrams",
        "f.Kind == protocol.LaneData && e.datagrams",
      ),
    ],
  ),
];
