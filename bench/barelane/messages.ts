// What travels on the bare lane. Between page and worker it is as on the bare way through native messaging (../bare/messages.ts).

/** To the frame, with a port for one connection: where its program listens, and whether bytes for the page come by a stream. */
export interface LaneWay {
  port: number;
  stream: boolean;
}

/** How much may be under way unacknowledged in each direction, in bytes: as in Portside (protocol/schema/constants.json, laneWindowBytes). */
export const laneCredit = 2 << 20;
/** The largest message of the page's, in bytes. */
export const laneFrame = 256 << 10;
/** Each part of the stream begins with its kind and the length of what follows, in bytes: two numbers of 32 bits, the low byte first. */
export const headBytes = 8;
/** A part that has nothing behind it: its length is how many bytes the connection has taken. */
export const kindAck = 1;
