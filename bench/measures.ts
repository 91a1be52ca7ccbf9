// What can be measured of a peer: names, arguments and results. Pages (page/measures.ts) and the Go client (floor/) both answer to these.
//
// All times are milliseconds, all sizes bytes. Arguments and results travel as JSON. Limits bound every measure in count and time.

export interface Measures {
  /** Receives over `streams` connections together: `bytes` in all, or for `ms`, whichever ends first. */
  receive: {
    args: { streams: number; bytes: number; ms: number; byob: boolean };
    result: { bytes: number; ms: number };
  };
  /**
   * Sends over `streams` connections to sinks `firstId` and following: `bytes` in all, or for `ms`. How much went into each is the result; when it
   * has arrived is for the far end to say. The connections stay open until `release`.
   */
  send: {
    args: { streams: number; bytes: number; ms: number; firstId: number; chunk: number };
    result: { sent: number[] };
  };
  /** Round trips of one byte, one after the other, at most `count` and `ms`; `loaded`: while another connection downloads and a third uploads. */
  trips: {
    args: { count: number; ms: number; loaded: boolean; held: boolean; sinkId: number; chunk: number };
    result: { times: number[] };
  };
  /** Opens connections one after the other: the time until the API says "open", and until the far end's first byte is there. */
  open: { args: { count: number; ms: number }; result: { opened: number[]; firstByte: number[] } };
  /** Opens and closes, `parallel` at a time, for `ms`, each until the far end's first byte. */
  openMany: { args: { parallel: number; ms: number }; result: { count: number; ms: number } };
  /** Round trips of one datagram of 64 bytes; one that does not come back within `patience` is lost. */
  udpTrips: { args: { count: number; patience: number }; result: { times: number[]; lost: number } };
  /**
   * Sends datagrams of `size` bytes as fast as the peer takes them, up to 64 under way, for `ms`, counted by the far end under `run`. The socket
   * stays open until `release`.
   */
  udpSend: { args: { ms: number; size: number; run: number }; result: { sent: number; ms: number } };
  /** Sends `perSecond` datagrams of `size` bytes each second for `ms`, counted by the far end under `run`. The socket stays open until `release`. */
  udpRate: { args: { ms: number; size: number; perSecond: number; run: number }; result: { sent: number } };
  /** Asks the far end for datagrams of `size` bytes, 32 at a time and up to 64 under way, for `ms`. What has not come after `patience` is lost. */
  udpReceive: {
    args: { ms: number; size: number; patience: number };
    result: { received: number; lost: number; ms: number };
  };
  /** Opens `count` more connections, `parallel` at a time, each until the far end's first byte, and keeps them. */
  hold: { args: { count: number; parallel: number }; result: { ms: number } };
  /** Closes all connections that are still open. */
  release: { args: Record<string, never>; result: { closed: number } };
  /** Receives `bytes` and hashes them. Not timed. */
  receiveHash: { args: { bytes: number }; result: { bytes: number; sha256: string } };
  /** Sends `bytes` to the sink `id`, which hashes them. Not timed. */
  sendHash: { args: { bytes: number; id: number; chunk: number }; result: { sent: number[] } };
}

export type MeasureName = keyof Measures;
export type Args<M extends MeasureName> = Measures[M]["args"];
export type Result<M extends MeasureName> = Measures[M]["result"];
