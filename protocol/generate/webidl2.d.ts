// The part of webidl2's tree that the generator reads (the package has no types of its own).

declare module "webidl2" {
  interface Token {
    line: number;
  }

  interface IDLType {
    /** "", "sequence", "Promise", "FrozenArray" … */
    generic: string;
    nullable: boolean;
    union: boolean;
    /** A name; or the types of a union, or of what is generic. */
    idlType: string | IDLType[];
  }

  interface Argument {
    name: string;
    optional: boolean;
    idlType: IDLType;
  }

  interface Member {
    type: "field" | "attribute" | "operation" | "constructor";
    name: string;
    extAttrs: { name: string }[];
    idlType: IDLType;
    /** Of a field of a dictionary. */
    required?: boolean;
    default?: { type: string; value?: unknown } | null;
    /** Of an operation. */
    arguments?: Argument[];
  }

  interface Definition {
    type: "dictionary" | "interface" | "enum" | "callback";
    name: string;
    partial?: boolean;
    inheritance?: string | null;
    extAttrs: { name: string }[];
    members?: Member[];
    /** Of an enumeration. */
    values?: { value: string }[];
    /** Of a callback. */
    arguments?: Argument[];
    idlType?: IDLType;
  }

  /** Throws for what is no WebIDL. Tokens know their lines. */
  export function parse(text: string): Definition[];
  /** What is wrong beyond the grammar. */
  export function validate(tree: Definition[]): { message: string }[];
}
