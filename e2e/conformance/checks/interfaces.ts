// What the four interfaces look like to a script: Web IDL section 3.7, interface objects, prototypes, attributes and operations.
import { api, interfaceNames, type InterfaceName } from "../kit/api.ts";
import { equal, ok, rejects, same, throws } from "../kit/assert.ts";
import { group, nativeAtFault, type Expectation } from "../kit/check.ts";

const add = group("Interfaces");

interface Shape {
  length: number;
  constructible: boolean;
  promises: string[];
  attributes: string[];
  methods: Record<string, number>;
}

const socket = { constructible: true, promises: ["opened", "closed"], attributes: [], methods: { close: 0 } };

const shapes: Record<InterfaceName, Shape> = {
  TCPSocket: { ...socket, length: 2 },
  UDPSocket: { ...socket, length: 0 },
  TCPServerSocket: { ...socket, length: 1 },
  MulticastController: {
    length: 0,
    constructible: false,
    promises: [],
    attributes: ["joinedGroups"],
    methods: { joinGroup: 1, leaveGroup: 1 },
  },
};

interface Property extends Omit<PropertyDescriptor, "value" | "get" | "set"> {
  value?: unknown;
  get?: (this: unknown) => unknown;
  set?: (this: unknown, value: unknown) => void;
}

const described = (of: object, name: string): Property => {
  const found = Object.getOwnPropertyDescriptor(of, name) as Property | undefined;
  ok(found, `there is no own property ${name}`);
  return found;
};

const expectations: Record<string, Expectation> = {
  "udpsocket-length": nativeAtFault("Its options have no default in Chromium's IDL, so the length is 1."),
};

for (const name of interfaceNames) {
  const shape = shapes[name];
  const key = name.toLowerCase();
  const object = (): new (...args: unknown[]) => object => api[name];
  const prototype = (): object => object().prototype as object;
  const check = (id: string, sentence: string, run: () => unknown): void => {
    add(`${key}-${id}`, `${name}: ${sentence}`, run, expectations[`${key}-${id}`]);
  };

  check("exposed", "is a function of the window.", () => {
    equal(typeof (globalThis as Record<string, unknown>)[name], "function", "typeof");
  });
  check("global-property", "is a writable, configurable property of the window that is not enumerable.", () => {
    const { writable, enumerable, configurable } = described(globalThis, name);
    same(
      { writable, enumerable, configurable },
      { writable: true, enumerable: false, configurable: true },
      "the property",
    );
  });
  check("name", "has its own name.", () => {
    equal(object().name, name, "name");
  });
  check("length", `has the length ${String(shape.length)}.`, () => {
    equal(object().length, shape.length, "length");
  });
  check("needs-new", "cannot be called without new.", () => {
    const call = object() as unknown as (address: string, port: number) => unknown;
    throws(() => call("127.0.0.1", 1), "TypeError", "the call");
  });
  check("prototype-property", "has a prototype that cannot be replaced.", () => {
    const { writable, enumerable, configurable } = described(object(), "prototype");
    same(
      { writable, enumerable, configurable },
      { writable: false, enumerable: false, configurable: false },
      "prototype",
    );
  });
  check("inherits", "inherits from nothing.", () => {
    equal(Object.getPrototypeOf(prototype()), Object.prototype, "the prototype's prototype");
    equal(Object.getPrototypeOf(object()), Function.prototype, "the function's prototype");
  });
  check("constructor-property", "is the constructor that its prototype names.", () => {
    const { value, enumerable } = described(prototype(), "constructor");
    equal(value, object(), "constructor");
    equal(enumerable, false, "enumerable");
  });
  check("to-string-tag", "has its name for a string tag.", () => {
    const found = Object.getOwnPropertyDescriptor(prototype(), Symbol.toStringTag);
    same(
      {
        value: found?.value as unknown,
        writable: found?.writable,
        enumerable: found?.enumerable,
        configurable: found?.configurable,
      },
      { value: name, writable: false, enumerable: false, configurable: true },
      "Symbol.toStringTag",
    );
  });
  check("members", "has the members of its IDL on the prototype, and no others.", () => {
    const members = [...shape.promises, ...shape.attributes, ...Object.keys(shape.methods), "constructor"];
    const found = Object.getOwnPropertyNames(prototype());
    // Portside's additions are checked where they are.
    const own = found.filter((member) => !["startTls", "setNoDelay", "setKeepAlive"].includes(member));
    same(own.sort(), members.sort(), "members");
  });
  check("statics", "has no static members.", () => {
    same(Object.getOwnPropertyNames(object()).sort(), ["length", "name", "prototype"], "own properties");
  });

  for (const attribute of [...shape.promises, ...shape.attributes]) {
    check(`${attribute}-accessor`, `${attribute} is an enumerable accessor of the prototype without a setter.`, () => {
      const { get, set, enumerable, configurable } = described(prototype(), attribute);
      equal(typeof get, "function", "the getter");
      equal(set, undefined, "the setter");
      same({ enumerable, configurable }, { enumerable: true, configurable: true }, "the property");
      equal(get?.name, `get ${attribute}`, "the getter's name");
      equal(get?.length, 0, "the getter's length");
    });
  }
  for (const attribute of shape.promises) {
    check(
      `${attribute}-receiver`,
      `${attribute} of another object is a promise that rejects with TypeError.`,
      async () => {
        const { get } = described(prototype(), attribute);
        await rejects(get?.call({}) as Promise<unknown>, "TypeError", "of {}");
        await rejects(get?.call(prototype()) as Promise<unknown>, "TypeError", "of the prototype");
      },
    );
  }
  for (const attribute of shape.attributes) {
    check(`${attribute}-receiver`, `${attribute} of another object throws TypeError.`, () => {
      const { get } = described(prototype(), attribute);
      throws(() => get?.call({}), "TypeError", "of {}");
    });
  }
  for (const [method, length] of Object.entries(shape.methods)) {
    check(`${method}-method`, `${method}() is a writable, enumerable, configurable function of the prototype.`, () => {
      const { value, writable, enumerable, configurable } = described(prototype(), method);
      equal(typeof value, "function", "the value");
      same(
        { writable, enumerable, configurable },
        { writable: true, enumerable: true, configurable: true },
        "the property",
      );
      equal((value as () => void).name, method, "its name");
      equal((value as () => void).length, length, "its length");
    });
    check(`${method}-receiver`, `${method}() of another object rejects with TypeError.`, async () => {
      const { value } = described(prototype(), method);
      await rejects((value as (a: string) => Promise<unknown>).call({}, "239.1.2.3"), "TypeError", "of {}");
    });
    check(`${method}-no-constructor`, `${method}() is no constructor.`, () => {
      const { value } = described(prototype(), method);
      throws(() => new (value as new () => object)(), "TypeError", "new");
      equal(Object.hasOwn(value as object, "prototype"), false, "prototype");
    });
  }
}

add("multicast-not-constructible", "MulticastController cannot be made by a script.", () => {
  throws(() => new api.MulticastController(), "TypeError", "new MulticastController()");
});

add("tcpsocket-instance", "A TCPSocket is an instance of TCPSocket, and says so.", (scene) => {
  const made = scene.tcp("127.0.0.1", 9);
  ok(made instanceof api.TCPSocket, "instanceof");
  equal(Object.prototype.toString.call(made), "[object TCPSocket]", "as a string");
  same(Object.keys(made), [], "own properties");
});
add("udpsocket-instance", "A UDPSocket is an instance of UDPSocket, and says so.", (scene) => {
  const made = scene.udp({ remoteAddress: "127.0.0.1", remotePort: 9 });
  ok(made instanceof api.UDPSocket, "instanceof");
  equal(Object.prototype.toString.call(made), "[object UDPSocket]", "as a string");
});
add("tcpserversocket-instance", "A TCPServerSocket is an instance of TCPServerSocket, and says so.", (scene) => {
  const made = scene.server("127.0.0.1");
  ok(made instanceof api.TCPServerSocket, "instanceof");
  equal(Object.prototype.toString.call(made), "[object TCPServerSocket]", "as a string");
});

add("tcpsocket-subclass", "A class can extend TCPSocket.", (scene) => {
  class Mine extends api.TCPSocket {
    own = true;
  }
  const made = scene.keep(new Mine("127.0.0.1", 9));
  ok(made instanceof Mine && made.own, "an instance of the class");
  ok(made.opened instanceof Promise, "with the interface's members");
});
add("udpsocket-subclass", "A class can extend UDPSocket.", (scene) => {
  class Mine extends api.UDPSocket {}
  const made = scene.keep(new Mine({ remoteAddress: "127.0.0.1", remotePort: 9 }));
  ok(made instanceof Mine, "an instance of the class");
  ok(made.closed instanceof Promise, "with the interface's members");
});
add("tcpserversocket-subclass", "A class can extend TCPServerSocket.", (scene) => {
  class Mine extends api.TCPServerSocket {}
  const made = scene.keep(new Mine("127.0.0.1"));
  ok(made instanceof Mine, "an instance of the class");
});

add("insecure-not-exposed", "None of them is there in an insecure context.", async (scene) => {
  const element = document.createElement("iframe");
  element.src = "http://suite.test/insecure";
  const names = new Promise((resolve) => {
    addEventListener(
      "message",
      ({ data }) => {
        resolve(data);
      },
      { once: true },
    );
  });
  document.body.append(element);
  scene.atEnd(() => {
    element.remove();
  });
  same(await names, [], "in the frame");
});

/** An extension's scripts run in documents only. */
const notInWorkers: Expectation = {
  portside: {
    kind: "ours on purpose",
    why: "No script of an extension runs in a page's workers: the page hands its sockets over (sdk).",
  },
};
add(
  "worker-exposed",
  "The four interfaces are exposed in dedicated workers.",
  async () => {
    const worker = new Worker("/worker.js");
    const names = await new Promise((resolve) => {
      worker.onmessage = ({ data }) => {
        resolve(data);
      };
      worker.postMessage("names");
    });
    worker.terminate();
    same(names, interfaceNames, "in the worker");
  },
  notInWorkers,
);
add(
  "worker-works",
  "A TCPSocket of a dedicated worker opens, writes and reads.",
  async ({ far }) => {
    const { port } = await far.tcp({ does: "echo" });
    const worker = new Worker("/worker.js");
    const heard = await new Promise((resolve) => {
      worker.onmessage = ({ data }) => {
        resolve(data);
      };
      worker.postMessage({ port });
    });
    worker.terminate();
    equal(heard, "worker", "the echo");
  },
  notInWorkers,
);
