// What is known of giving the memory of messages back at once (extension/page/core/give_back.ts, extension/lane/give_back.ts).
//
// A buffer that came by a port is freed by the next garbage collection, together with hundreds of others. So many at a time go back to the system,
// and every page of the next ones has to be got from it anew. transfer() does not help: the browser's own object for such a buffer holds the memory,
// too. What is posted is freed when it has gone, so a port that leads nowhere gives it back.

/** From so many bytes on it is worth it: it costs a copy of them. */
export const worthGivingBack = 8 << 10;
/** For more than so many it is not: for a larger message a browser makes shared memory. */
export const mostGivenBack = 64 << 10;
