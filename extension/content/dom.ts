// Looking into documents that a page may have laid traps in: an image or a form with a name stands in front of the document's own members
// (HTML, "named properties"), in this world as well. The methods are taken off their prototypes.

type Select = (selector: string) => NodeListOf<Element>;

const ofDocument: Select = Reflect.get(Document.prototype, "querySelectorAll");
const ofFragment: Select = Reflect.get(DocumentFragment.prototype, "querySelectorAll");

/** The elements in `root` that match. */
export function select(root: Document | ShadowRoot, selector: string): NodeListOf<Element> {
  return Reflect.apply(root instanceof Document ? ofDocument : ofFragment, root, [selector]);
}
