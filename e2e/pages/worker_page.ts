// What a page does that gives a worker its sockets.
import { exposeSockets, supported } from "../../sdk/main.ts";

Object.assign(window, { exposeSockets, supported });
