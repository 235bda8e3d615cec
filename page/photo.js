// The photograph with a box round each sign that was read. A tap on a box says which one.

export default function ({ data, parentElement, setStateValue }) {
  const shown = parentElement.querySelector(".patched");
  const focused = shown.contains(document.activeElement) && document.activeElement.dataset.sign;
  shown.innerHTML = data.html;
  if (focused) shown.querySelector(`[data-sign="${focused}"]`)?.focus({ preventScroll: true });
  shown.onclick = ({ target }) => {
    const box = target.closest("[data-sign]");
    if (!box) return;
    for (const other of shown.querySelectorAll("[data-sign]"))
      other.setAttribute("aria-pressed", other === box);
    setStateValue("sign", Number(box.dataset.sign));
  };
}
