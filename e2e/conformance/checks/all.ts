// All groups, in the order of the report.
import "./interfaces.ts";
import "./construct-tcp.ts";
import "./construct-udp.ts";
import "./construct-server.ts";
import "./policy.ts";
import "./open-tcp.ts";
import "./streams-tcp.ts";
import "./write-tcp.ts";
import "./close.ts";
import "./udp.ts";
import "./bound.ts";
import "./server.ts";
import "./server-close.ts";
import "./multicast.ts";
import "./shortcomings.ts";
import "./additions.ts";
