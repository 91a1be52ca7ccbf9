// Compares figures with Portside's targets. What was not measured is not judged.
import type { MetricKey } from "./metrics.ts";
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

  const ratio = (target: string, key: MetricKey, other: PeerKey, least: number): Verdict => {
    const [ours, theirs] = [value(us, key), value(other, key)];
    const why = `${number(ours)} to ${number(theirs)} MiB/s: ${number(ours / theirs)}x`;
    return verdict(target, [ours, theirs], () => ours >= least * theirs, why);
  };
  const share = (target: string, key: MetricKey): Verdict => {
    const [ours, bare] = [value("stdio", key), value("bare", key)];
    const why = `${number(ours)} of ${number(bare)} MiB/s: ${number((100 * ours) / bare)} %`;
    return verdict(target, [ours, bare], () => ours >= 0.8 * bare, why);
  };
  const relays = (["wisp", "websockify"] as const).map((key) => value(key, "send1"));
  const fastest = Math.max(...relays.filter(Number.isFinite));
  const send = value(us, "send1");
  const [trip, wispTrip] = [value(us, "tripP50"), value("wisp", "tripP50")];
  const loaded = value(us, "loadedP99");
  const opened = value(us, "openedP50");

  const steps = growth[us] ?? [];
  const last = steps.at(-1);
  const first = steps[0];
  // Opening one alone also starts what all need: the step before the last is the measure.
  const earlier = steps.at(-2);
  const thousand = last !== undefined && last.sockets >= 1_000 ? last : undefined;

  return [
    ratio("1. receive, one stream: at least 1.0x of wisp-js", "receive1", "wisp", 1),
    ratio("1. receive, one stream: at least 0.7x of websockify", "receive1", "websockify", 0.7),
    ratio("1. receive, one stream, later: at least 1.0x of websockify", "receive1", "websockify", 1),
    ratio("1. receive, one stream, the aim: native", "receive1", "native", 1),
    verdict(
      "2. send, one stream: at least 1.0x of the fastest relay, every byte counted",
      [send, fastest],
      () => send >= fastest,
      `${number(send)} to ${number(fastest)} MiB/s: ${number(send / fastest)}x`,
    ),
    verdict(
      "3. round trip, p50: at most 1.5x of wisp-js",
      [trip, wispTrip],
      () => trip <= 1.5 * wispTrip,
      `${number(trip)} to ${number(wispTrip)} ms: ${number(trip / wispTrip)}x`,
    ),
    verdict(
      "3. round trip under load, p99: at most 3x of its own idle p50",
      [loaded, trip],
      () => loaded <= 3 * trip,
      `${number(loaded)} to ${number(trip)} ms: ${number(loaded / trip)}x`,
    ),
    verdict(
      "3. opening a remembered destination, p50: at most 5 ms",
      [opened],
      () => opened <= 5,
      `${number(opened)} ms`,
    ),
    verdict(
      "4. 1,000 idle sockets: at most 32 KiB of the host's memory each",
      [thousand?.relayKiB ?? NaN],
      () => (thousand?.relayKiB ?? NaN) <= 32,
      `${number(thousand?.relayKiB ?? NaN)} KiB`,
    ),
    verdict(
      `4. 1,000 idle sockets: opening them is linear (at most ${flat}x the time for each of the first hundred)`,
      [thousand?.openMs ?? NaN, earlier?.openMs ?? NaN],
      () => (thousand?.openMs ?? NaN) <= flat * (earlier?.openMs ?? NaN),
      `${number(thousand?.openMs ?? NaN)} to ${number(earlier?.openMs ?? NaN)} ms each`,
    ),
    verdict(
      `4. 1,000 idle sockets: a keystroke is no slower (at most ${flat}x of one socket's alone)`,
      [thousand?.tripMs ?? NaN, first?.tripMs ?? NaN],
      () => (thousand?.tripMs ?? NaN) <= flat * (first?.tripMs ?? NaN),
      `${number(thousand?.tripMs ?? NaN)} to ${number(first?.tripMs ?? NaN)} ms`,
    ),
    { target: "5. host memory under a stalled reader", state: "not measured", why: "e2e/transfer.test.ts does" },
    share("6. stdio alone, receive: at least 80 % of the bare way through native messaging", "receive1"),
    share("6. stdio alone, send: at least 80 % of the bare way through native messaging", "send1"),
  ];
}
