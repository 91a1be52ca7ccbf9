// What the page and the far ends say to each other, as JSON in the bodies of POST /far.

/** What a TCP far end does with a connection. */
export type TCPBehaviour =
  /** Sends everything back. Ends when the other side ends. */
  | { does: "echo" }
  /** Counts what comes, and keeps its own direction open until the other side ends. */
  | { does: "sink" }
  /** Reads nothing and says nothing. */
  | { does: "silent" }
  /** Sends so many bytes of the pattern 0, 1, … 250, 0, …; and then FIN or RST (after a moment, so that the bytes are there first), FIN at once, or nothing. */
  | { does: "send"; bytes: number; then: "fin" | "fin-at-once" | "reset" | "nothing" }
  /** RST at once. */
  | { does: "reset" }
  /** FIN after a moment or at once; goes on reading until the other side ends. */
  | { does: "fin" | "fin-at-once" }
  /** Says "late" and FIN only after the other side's FIN. */
  | { does: "answer-after-fin" }
  /** Answers what comes with its TLS. "starttls": after a line in plain text, answered with "go". */
  | { does: "tls-echo" | "starttls-echo" };

/** What a UDP far end does with a datagram. */
export type UDPBehaviour = "echo" | "sink" | "twice" | "from-elsewhere";

export type FarCommand =
  | { op: "listen"; behaviour: TCPBehaviour; host: string }
  | { op: "connect"; behaviour: TCPBehaviour; host: string; port: number }
  | { op: "bind"; behaviour: UDPBehaviour; host: string }
  | { op: "closed-port" }
  | {
      op: "report";
      id: number;
      until?: { connections?: number; received?: number; ended?: true; closed?: true; datagrams?: number };
    }
  | { op: "send"; id: number; host: string; port: number; words: string }
  | { op: "act"; id: number; act: "reset" | "fin" | "hello" }
  | { op: "end"; ids: number[] };

export interface FarListening {
  id: number;
  host: string;
  port: number;
}

export interface FarConnection {
  remotePort: number;
  received: number;
  /** The first 64 KiB, as text. */
  text: string;
  /** Whether everything that came so far is the pattern 0, 1, … 250, 0, … */
  pattern: boolean;
  /** The other side's FIN has come. */
  ended: boolean;
  closed: boolean;
  /** "ECONNRESET" when the other side sent RST. */
  error: string;
}

export interface FarReport {
  connections: FarConnection[];
  datagrams: { from: string; port: number; bytes: number; text: string }[];
}
