// What the protocol tests' page loads: the clients, at `window.clients`. Bundled by the test that serves it.
import { ImapClient } from "../../examples/imap/imap.ts";
import { Conversation } from "./conversation.ts";
import { ask } from "./dns.ts";
import { IrcClient } from "./irc.ts";
import { shakeHands } from "./ssh.ts";

const clients = { Conversation, ImapClient, IrcClient, ask, shakeHands };

export type Clients = typeof clients;

Object.assign(globalThis, { clients });
