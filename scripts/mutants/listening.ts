// What comes in by the lane (H3).

import { change, inGo, row, type Mutant } from "./mutant.ts";

const door = "nativehost/lane/door.go";
const loopback = "nativehost/loopback/loopback.go";
const lane = "nativehost/session/lane.go";

const doorOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/lane", name);
const sessionOf = (name: string): ReturnType<typeof inGo> => inGo("nativehost/session", name);
const strangers = doorOf("TestStrangers");
const whileNeeded = doorOf("TestListensWhileNeeded");
const apart = sessionOf("TestLanesAreApart");
const policy = sessionOf("TestLanePolicy");

export const listening: readonly Mutant[] = [
  ...row(
    "H3",
    [
      "a lane takes a ticket",
      doorOf("TestTickets"),
      change(
        door,
        '\tif !ok {\n\t\treturn "", "no such ticket"',
        '\tif !ok && d == nil {\n\t\treturn "", "no such ticket"',
      ),
    ],
    ["which lets in once", doorOf("TestTickets"), change(door, "\t\t\tdelete(d.tickets, known)\n", "")],
    [
      "and not for long",
      whileNeeded,
      change(door, "time.AfterFunc(d.ticketLife, func() {", "time.AfterFunc(time.Hour+d.ticketLife, func() {"),
    ],
    [
      "tickets are few",
      doorOf("TestTicketsAreBounded"),
      change(door, "len(d.tickets) >= maxTickets", "len(d.tickets) < 0"),
    ],
    [
      "it takes the extension's origin",
      strangers,
      change(
        door,
        'case len(r.Header.Values("Origin")) != 1 || r.Header.Get("Origin") != d.origin:',
        'case r.Header.Get("Origin") == "":',
      ),
    ],
    ["and the address for a name", strangers, change(door, "case r.Host != h.at.String():", 'case r.Host == "":')],
    [
      "nobody listens once nobody is expected",
      whileNeeded,
      change(door, "if len(d.tickets) == 0 && d.entering == 0 {", "if len(d.tickets) < 0 {"),
    ],
    [
      "who says nothing is let go",
      doorOf("TestSilentStrangers"),
      change(loopback, "\t\tReadHeaderTimeout: patience,\n\t\tReadTimeout:       patience,\n", ""),
    ],
    [
      "and is one of few",
      doorOf("TestSilentStrangers"),
      change(door, "loopback.Listen(ctx, maxStrangers)", "loopback.Listen(ctx, 100*maxStrangers)"),
    ],
    ["a lane reaches its own document's sockets", apart, change(lane, "case e.document != l.document:", "case false:")],
    [
      "and none that goes another way",
      sessionOf("TestSocketsKeepTheirCarrier"),
      change(
        lane,
        "case e.lane == nil && e.late != nil && f.Kind == protocol.LaneCredit && e.late.Bind(l.out.Path(f.SocketID)):",
        "case e.lane == nil && f.Kind == protocol.LaneCredit:",
      ),
    ],
    [
      "nor does stdio reach one on a lane",
      sessionOf("TestSocketsKeepTheirCarrier"),
      change(
        "nativehost/session/dispatch.go",
        "if e == nil || e.socket == nil || e.lane != nil {",
        "if e == nil || e.socket == nil {",
      ),
    ],
    [
      "its end is its sockets' end",
      sessionOf("TestLaneEnds"),
      change(lane, "\t\torphan.Close(true)\n", "\t\t_ = orphan\n"),
    ],
    ["an administrator can forbid it", policy, change(lane, "case !settings.DataLane.Value:", "case false:")],
    [
      "and end those that are open",
      policy,
      change(
        "nativehost/session/policy.go",
        "if !p.Settings.Enabled.Value || !p.Settings.DataLane.Value {",
        "if !p.Settings.Enabled.Value {",
      ),
    ],
    [
      "what cannot be read is no frame",
      inGo("protocol", "TestMalformedLaneFrames"),
      change("protocol/lane.go", " || message[1]|message[2]|message[3] != 0", ""),
    ],
  ),
];
