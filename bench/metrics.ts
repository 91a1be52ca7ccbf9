// What is shown: each figure's name, unit, and how it was taken.

export interface Metric {
  title: string;
  unit: string;
  how: string;
}

const arrived = "from the first to the last byte at the far end, which compared each with the pattern";
const trip = "one byte to the far end and back, one after the other";

export const metrics = {
  receive1: {
    title: "receive, 1 stream",
    unit: "MiB/s",
    how: "from asking the far end for the pattern until the page has the last byte; both ends of each chunk compared with the pattern",
  },
  receive10: { title: "receive, 10 streams", unit: "MiB/s", how: "the same, ten connections together" },
  receiveByob: {
    title: "receive, 1 stream, BYOB",
    unit: "MiB/s",
    how: "the same, read into a buffer of the page's own of 256 KiB",
  },
  send1: { title: "send, 1 stream", unit: "MiB/s", how: arrived },
  send10: { title: "send, 10 streams", unit: "MiB/s", how: "the same, ten connections together" },
  tripP50: { title: "round trip, idle, p50", unit: "ms", how: trip },
  tripP99: { title: "round trip, idle, p99", unit: "ms", how: trip },
  loadedP50: {
    title: "round trip, loaded, p50",
    unit: "ms",
    how: "the same while another connection of the page downloads and a third uploads, as fast as they can",
  },
  loadedP99: { title: "round trip, loaded, p99", unit: "ms", how: "the same" },
  openedP50: {
    title: "open, p50",
    unit: "ms",
    how: "one after the other, until the API says that the connection is open; relays do not say",
  },
  openedP99: { title: "open, p99", unit: "ms", how: "the same" },
  firstByteP50: {
    title: "open and first byte, p50",
    unit: "ms",
    how: "until a byte has been to the far end and back over the new connection",
  },
  firstByteP99: { title: "open and first byte, p99", unit: "ms", how: "the same" },
  opensPerSecond: {
    title: "opened and closed a second",
    unit: "/s",
    how: "eight at a time, each until its first byte",
  },
  udpP50: { title: "UDP round trip, p50", unit: "ms", how: "64 bytes to the far end and back, one after the other" },
  udpP99: { title: "UDP round trip, p99", unit: "ms", how: "the same" },
  udpSent: {
    title: "UDP, 1,200 bytes, sent",
    unit: "/s",
    how: "as fast as the API takes them, up to 64 under way",
  },
  udpCame: { title: "UDP, 1,200 bytes, arrived", unit: "/s", how: "counted at the far end" },
  udpLoss: { title: "UDP, sent, lost", unit: "%", how: "of those sent" },
  udpReceived: {
    title: "UDP, 1,200 bytes, received",
    unit: "/s",
    how: "counted in the page, which asks the far end for 32 at a time, up to 64 under way",
  },
  udpReceiveLoss: {
    title: "UDP, received, lost",
    unit: "%",
    how: "of those asked for: what has not come within 200 ms",
  },
  idleRelay: {
    title: "host or relay, each idle socket",
    unit: "KiB",
    how: "growth of memory, once garbage was collected, divided by the number of sockets",
  },
  idleBrowser: { title: "browser, each idle socket", unit: "KiB", how: "the same, all processes of the browser" },
  cpuReceiveRelay: {
    title: "host, relay or client, to receive",
    unit: "s/GiB",
    how: "processor time while receiving with one stream, user and system, for each GiB",
  },
  cpuReceiveBrowser: { title: "browser, to receive", unit: "s/GiB", how: "the same, all processes of the browser" },
  cpuSendRelay: { title: "host, relay or client, to send", unit: "s/GiB", how: "the same while sending" },
  cpuSendBrowser: { title: "browser, to send", unit: "s/GiB", how: "the same, all processes of the browser" },
} as const satisfies Record<string, Metric>;

export type MetricKey = keyof typeof metrics;
export const metricKeys = Object.keys(metrics) as MetricKey[];

/** What a measure gave in one round. */
export type Values = Partial<Record<MetricKey, number>>;
