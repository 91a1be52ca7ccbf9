// What becomes of a page's options on their way to the host.
import assert from "node:assert/strict";
import { test } from "node:test";
import { protocolVersion } from "../../../protocol/message.ts";
import { Invalid, checkRanges, sharedOptions, tcpOptions } from "./host_options.ts";

test("what is out of an option's range is a TypeError that says so", () => {
  for (const [options, message] of [
    [{ sendBufferSize: 0 }, "sendBufferSize must not be 0."],
    [{ receiveBufferSize: 0 }, "receiveBufferSize must not be 0."],
    [{ keepAliveDelay: 999 }, "keepAliveDelay must be at least 1000 ms."],
    [{ ipTypeOfService: 64 }, "ipTypeOfService must be at most 63."],
  ] as const)
    assert.throws(
      () => {
        checkRanges(options);
      },
      (error) => error instanceof Invalid && error.message === message,
    );
  checkRanges({});
  checkRanges({
    sendBufferSize: 1,
    receiveBufferSize: 2 ** 32 - 1,
    keepAliveDelay: 0,
    ipTypeOfService: 63,
    timeout: 0,
  });
  checkRanges({ keepAliveDelay: 1000 });
});

test("more than the host takes becomes the most that it takes", () => {
  const options = { timeout: 2 ** 32 - 1, sendBufferSize: 2 ** 32 - 1, receiveBufferSize: 2 ** 31 };
  assert.deepEqual(sharedOptions(options, protocolVersion), {
    timeout: 86_400_000,
    sendBufferSize: 2 ** 31 - 1,
    receiveBufferSize: 2 ** 31 - 1,
  });
});

test("options that are not given are not there, and TLS options travel apart", () => {
  assert.deepEqual(sharedOptions({ remoteAddress: "a", remotePort: 1, tls: {} }, protocolVersion), {});
  assert.deepEqual(tcpOptions({ noDelay: false, secureTransport: "on", tls: {} }), {
    noDelay: false,
    secureTransport: "on",
  });
});

test("a host of the version before does not get an option that it would not know", () => {
  const options = { ipTypeOfService: 46, dnsQueryType: "ipv6" } as const;
  assert.deepEqual(sharedOptions(options, 2), { dnsQueryType: "ipv6" });
  assert.deepEqual(sharedOptions(options, 3), options);
});
