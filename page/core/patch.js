// Shows HTML in place: what stays the same keeps its element, so that bars can move, pictures keep
// the focus, and a screen reader hears only the words that changed.

function patch(element, wanted) {
  for (const { name } of [...element.attributes])
    if (!wanted.hasAttribute(name)) element.removeAttribute(name);
  for (const { name, value } of wanted.attributes)
    if (name === "tabindex" && element.hasAttribute(name))
      continue; // as the arrow keys left it
    else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  const old = [...element.childNodes];
  const children = [...wanted.childNodes]; // a list of its own: those that are used leave wanted
  for (const [place, child] of children.entries()) {
    const before = old[place];
    if (!before) element.append(child);
    else if (before.nodeName !== child.nodeName) before.replaceWith(child);
    else if (child.nodeType === Node.ELEMENT_NODE) patch(before, child);
    else if (before.data !== child.data) before.data = child.data;
  }
  for (const extra of old.slice(children.length)) extra.remove();
}

// Of the pictures in [data-arrows] one is a stop of the Tab key; the arrow keys lead to the others.
function arrows(event) {
  const here = event.target.closest?.("[data-arrows] [tabindex]");
  if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
  const rows = [...here.closest("[data-arrows]").children].map((row) => [
    ...row.querySelectorAll("[tabindex]"),
  ]);
  const row = rows.findIndex((one) => one.includes(here));
  const all = rows.flat();
  const place = rows[row].indexOf(here);
  const step = getComputedStyle(here).direction === "rtl" ? -1 : 1;
  const there = {
    ArrowRight: rows[row][place + step],
    ArrowLeft: rows[row][place - step],
    ArrowDown: rows[row + 1]?.[place],
    ArrowUp: rows[row - 1]?.[place],
    Home: all[0],
    End: all.at(-1),
  };
  if (!(event.key in there)) return;
  event.preventDefault(); // it would scroll
  if (!there[event.key]) return;
  here.tabIndex = -1;
  there[event.key].tabIndex = 0;
  there[event.key].focus();
}

export default function ({ data, parentElement }) {
  const shown = parentElement.querySelector(".patched");
  shown.onkeydown = arrows;
  const template = document.createElement("template");
  template.innerHTML = `<div class="patched">${data.html}</div>`;
  patch(shown, template.content.firstChild);
  shown.dispatchEvent(new Event("patched", { bubbles: true }));
}
