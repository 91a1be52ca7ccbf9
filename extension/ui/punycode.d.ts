// The part of the package that is used here. It has no types of its own.
declare module "punycode/punycode.es6.js" {
  /** Throws a RangeError when it is no Punycode (RFC 3492). */
  export function decode(label: string): string;
}
