/**
 * Properties of the page script's own objects, which get short names in what is built: a page that uses nothing of the API shall pay as little as can
 * be. None of them is a name of the browser's, of a message or of a dictionary (internal_names.test.ts).
 */
export const internalNames: readonly string[] = [
  "alone",
  "answered",
  "beside",
  "busy",
  "clock",
  "failure",
  "granted",
  "handOver",
  "interrupt",
  "joined",
  "light",
  "mayPost",
  "memberships",
  "messageSize",
  "moves",
  "postInTurn",
  "promised",
  "receiveOnLane",
  "setOption",
  "toHost",
  "together",
  "toPage",
  "upgrading",
];
