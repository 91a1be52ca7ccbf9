// Compares figures with Portside's targets. What was not measured is not judged.
import { metrics, type MetricKey } from "./metrics.ts";
import type { PeerKey } from "./peers/peer.ts";
import type { Figures, Growth, Verdict } from "./results.ts";

/** Portside's own growth may be this much worse at the most sockets than at fewer, and still count as flat: the noise of a shared machine. */
const flat = 1.5;

export function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  return value.toFixed(size >= 100 || value === 0 ? 0 : size >= 10 ? 1 : 2);
}

/** Judges the peer `us`: Portside as it comes. */
export function judge(figures: Figures, growth: Growth, us: PeerKey = "lane"): Verdict[] {
  const value = (peer: PeerKey, key: MetricKey): number => figures[peer]?.[key]?.median ?? NaN;
  const verdict = (target: string, known: number[], met: () => boolean, why: string): Verdict =>
    known.every(Number.isFinite)
      ? { target, state: met() ? "met" : "missed", why }
      : { target, state: "not measured", why: "" };

  /** Our figure beside the largest of others': at least so many times as much. Of the others, those count that were measured. */
  const atLeast = (
    target: string,
    key: MetricKey,
    least: number,
    others: readonly PeerKey[],
    theirKey = key,
    by = us,
  ): Verdict => {
    const ours = value(by, key);
    const theirs = Math.max(...others.map((other) => value(other, theirKey)).filter(Number.isFinite));
    const why = `${number(ours)} to ${number(theirs)} ${metrics[key].unit}: ${number(ours / theirs)}x`;
    return verdict(target, [ours, theirs], () => ours >= least * theirs, why);
  };
  /** Our figure beside another's: at most so many times as much. */
  const atMost = (target: string, key: MetricKey, most: number, other: PeerKey): Verdict => {
    const [ours, theirs] = [value(us, key), value(other, key)];
    const why = `${number(ours)} to ${number(theirs)} ${metrics[key].unit}: ${number(ours / theirs)}x`;
    return verdict(target, [ours, theirs], () => ours <= most * theirs, why);
  };
  const bound = (target: string, figure: number, met: (figure: number) => boolean, unit: string): Verdict =>
    verdict(target, [figure], () => met(figure), `${number(figure)} ${unit}`);
  const relays = ["wisp", "websockify"] as const;
  // What the browser leaves us, whichever way towards the page is faster.
  const bareWay = ["barelane", "baresocket"] as const;
  const bareTrip = (["barelane", "baresocket"] as const).toSorted(
    (a, b) => value(a, "tripP50") - value(b, "tripP50"),
  )[0];

  const steps = growth[us] ?? [];
  const last = steps.at(-1);
  const first = steps[0];
  // Opening one alone also starts what all need: the step before the last is the measure.
  const earlier = steps.at(-2);
  const thousand = last !== undefined && last.sockets >= 1_000 ? last : undefined;

  return [
    atLeast("1. receive, one stream: at least 1.0x of the fastest relay", "receive1", 1, relays),
    atLeast("1. receive, ten streams: at least 1.0x of the fastest relay", "receive10", 1, relays),
    atLeast("1. receive, BYOB: at least 1.0x of the fastest relay", "receiveByob", 1, relays, "receive1"),
    atLeast("1. receive, one stream: at least 0.9x of the bare lane", "receive1", 0.9, bareWay),
    atLeast("1. receive, ten streams: at least 0.9x of the bare lane", "receive10", 0.9, bareWay),
    atLeast("1. receive, BYOB: at least 0.9x of the bare lane", "receiveByob", 0.9, bareWay, "receive1"),
    atLeast("2. send, one stream: at least 1.0x of wisp-js", "send1", 1, ["wisp"]),
    atLeast("2. send, ten streams: at least 1.0x of wisp-js", "send10", 1, ["wisp"]),
    atLeast("2. send, one stream: at least 0.85x of the bare lane", "send1", 0.85, bareWay),
    atLeast("2. send, ten streams: at least 0.85x of the bare lane", "send10", 0.85, bareWay),
    atMost("3. round trip, p50: at most 1.25x of the bare lane", "tripP50", 1.25, bareTrip ?? "barelane"),
    atMost("3. round trip under load, p99: at most 1.0x of websockify", "loadedP99", 1, "websockify"),
    atLeast("4. datagrams sent: at least 1.0x of wisp-js", "udpCame", 1, ["wisp"]),
    atLeast("4. datagrams sent: at least 1.0x of native", "udpCame", 1, ["native"]),
    atLeast("4. datagrams received: at least 1.0x of wisp-js", "udpReceived", 1, ["wisp"]),
    atLeast("4. datagrams received: at least 1.0x of native", "udpReceived", 1, ["native"]),
    bound("4. datagrams sent: none lost", value(us, "udpLoss"), (lost) => lost === 0, "%"),
    bound("4. datagrams received: none lost", value(us, "udpReceiveLoss"), (lost) => lost === 0, "%"),
    bound(
      "5. opening a remembered destination, p50: at most 1.5 ms",
      value(us, "openedP50"),
      (opened) => opened <= 1.5,
      "ms",
    ),
    bound(
      "5. opened and closed a second: at least 1,500",
      value(us, "opensPerSecond"),
      (opens) => opens >= 1_500,
      "/s",
    ),
    bound(
      "6. 1,000 idle sockets: at most 32 KiB of the host's memory each",
      thousand?.relayKiB ?? NaN,
      (held) => held <= 32,
      "KiB",
    ),
    bound(
      "6. 1,000 idle sockets: at most 12 KiB of the browser's memory each",
      thousand?.browserKiB ?? NaN,
      (held) => held <= 12,
      "KiB",
    ),
    verdict(
      `6. 1,000 idle sockets: opening them is linear (at most ${flat}x the time for each of the first hundred)`,
      [thousand?.openMs ?? NaN, earlier?.openMs ?? NaN],
      () => (thousand?.openMs ?? NaN) <= flat * (earlier?.openMs ?? NaN),
      `${number(thousand?.openMs ?? NaN)} to ${number(earlier?.openMs ?? NaN)} ms each`,
    ),
    verdict(
      `6. 1,000 idle sockets: a keystroke is no slower (at most ${flat}x of one socket's alone)`,
      [thousand?.tripMs ?? NaN, first?.tripMs ?? NaN],
      () => (thousand?.tripMs ?? NaN) <= flat * (first?.tripMs ?? NaN),
      `${number(thousand?.tripMs ?? NaN)} to ${number(first?.tripMs ?? NaN)} ms`,
    ),
    bound(
      "7. processor time to receive, browser and host: at most 4.0 s/GiB",
      value(us, "cpuReceiveBrowser") + value(us, "cpuReceiveRelay"),
      (seconds) => seconds <= 4,
      "s/GiB",
    ),
    bound(
      "7. processor time to send, browser and host: at most 5.0 s/GiB",
      value(us, "cpuSendBrowser") + value(us, "cpuSendRelay"),
      (seconds) => seconds <= 5,
      "s/GiB",
    ),
    { target: "8. host memory under a stalled reader", state: "not measured", why: "e2e/transfer.test.ts does" },
    atLeast("9. stdio alone, receive: at least 0.8x of the bare way", "receive1", 0.8, ["bare"], "receive1", "stdio"),
    atLeast("9. stdio alone, send: at least 0.8x of the bare way", "send1", 0.8, ["bare"], "send1", "stdio"),
    atLeast("10. Firefox, receive: at least 4x of its stdio", "receive1", 4, ["firefoxstdio"], "receive1", "firefox"),
    atLeast("10. Firefox, send: at least 4x of its stdio", "send1", 4, ["firefoxstdio"], "send1", "firefox"),
    bound("10. Firefox, receive: at least 100 MiB/s", value("firefox", "receive1"), (speed) => speed >= 100, "MiB/s"),
    bound("10. Firefox, send: at least 100 MiB/s", value("firefox", "send1"), (speed) => speed >= 100, "MiB/s"),
    bound("10. Firefox, round trip, p50: at most 1 ms", value("firefox", "tripP50"), (trip) => trip <= 1, "ms"),
    bound(
      "10. Firefox, datagrams received: at least 5,000/s",
      value("firefox", "udpReceived"),
      (n) => n >= 5_000,
      "/s",
    ),
    bound("10. Firefox, datagrams sent: at least 5,000/s", value("firefox", "udpCame"), (n) => n >= 5_000, "/s"),
  ];
}
