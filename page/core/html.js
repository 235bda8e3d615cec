// @ts-check

/**
 * Shows HTML in an element and reuses the elements in it, so that bars can move, pictures keep the
 * focus, and screen readers read out only the words that changed.
 * @param {Element} place
 * @param {string} html
 */
export function setHtml(place, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  patchChildren(place, template.content);
}

/**
 * @param {Element} element
 * @param {Element} wanted
 */
function patch(element, wanted) {
  for (const { name } of [...element.attributes])
    if (!wanted.hasAttribute(name)) element.removeAttribute(name);
  for (const { name, value } of wanted.attributes)
    if (name === "tabindex" && element.hasAttribute(name))
      continue; // as the arrow keys left it
    else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  patchChildren(element, wanted);
}

/**
 * @param {Element} element
 * @param {Element | DocumentFragment} wanted
 */
function patchChildren(element, wanted) {
  const old = [...element.childNodes];
  const children = [...wanted.childNodes]; // copied, because moving a child removes it from `wanted`
  for (const [place, child] of children.entries()) {
    const before = old[place];
    if (!before) element.append(child);
    else if (before.nodeName !== child.nodeName) before.replaceWith(child);
    else if (before instanceof Element) patch(before, /** @type {Element} */ (child));
    else if (before.nodeValue !== child.nodeValue) before.nodeValue = child.nodeValue;
  }
  for (const extra of old.slice(children.length)) extra.remove();
}
