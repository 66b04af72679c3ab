// Just enough of a renderer: what should be there is described with h(), and
// draw() changes an element until it is. Text becomes text nodes and nothing
// ever is parsed as markup, so there is no need for a Trusted Types policy.

type Value = string | number | boolean | null | undefined | ((event: never) => void);
export type Child = Spec | string | false | null | undefined;

/** An element that should be there. */
export interface Spec {
  tag: string;
  /** Attributes (true is empty, false and nothing is absent); functions are handlers by their `on…` name. */
  props: Record<string, Value>;
  kids: Child[];
}

export function h(tag: string, props: Record<string, Value> = {}, ...kids: Child[]): Spec {
  return { tag, props, kids };
}

/** An element that stays, with what it starts with. */
export function make(tag: string, attributes: Record<string, string> = {}, ...kids: Element[]): HTMLElement {
  const el = document.createElement(tag);
  dress(el, attributes);
  el.append(...kids);
  return el;
}

const svg = 'http://www.w3.org/2000/svg';

/** Makes the children of an element these, keeping the elements that can stay, by place and tag. */
export function draw(parent: Element, kids: Child[]): void {
  let at = parent.firstChild;
  for (const kid of kids) {
    if (!kid) continue;
    let node: ChildNode;
    if (typeof kid === 'string') {
      node = at?.nodeType === 3 ? at : document.createTextNode('');
      // What would turn the letters around it is seen, not obeyed.
      const text = kid.replace(/\p{Bidi_C}/gu, '\ufffd');
      if (node.nodeValue !== text) node.nodeValue = text;
    } else {
      const el =
        (at as Element | null)?.localName === kid.tag
          ? (at as Element)
          : document.createElementNS(kid.tag === 'svg' ? svg : parent.namespaceURI, kid.tag);
      dress(el, kid.props);
      draw(el, kid.kids);
      node = el;
    }
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
  while (at) {
    const next: ChildNode | null = at.nextSibling;
    at.remove();
    at = next;
  }
}

const dressed = new WeakMap<Element, Record<string, Value>>();

/** Makes the attributes of an element these; what stays the same is not touched. */
export function dress(el: Element, props: Record<string, Value>): void {
  const before = dressed.get(el) ?? {};
  dressed.set(el, props);
  for (const name of Object.keys({ ...before, ...props })) {
    const value = props[name];
    if (name.startsWith('on')) (el as unknown as Record<string, unknown>)[name] = value || null;
    else if (value === before[name]) continue;
    else if ((value ?? false) === false) el.removeAttribute(name);
    else el.setAttribute(name, value === true ? '' : String(value));
  }
}
