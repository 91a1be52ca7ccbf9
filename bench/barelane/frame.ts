// The frame of the bare lane: hands each connection's port to the one worker.
const worker = new Worker("worker.js");
addEventListener("message", ({ data, ports, source }: MessageEvent<unknown>) => {
  if (source === parent) worker.postMessage(data, [...ports]);
});
