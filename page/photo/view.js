// The photograph with a box round each symbol that was read. A tap on a box says which one.

export default function ({ data, parentElement, setStateValue }) {
  const shown = parentElement.querySelector(".patched");
  const focused = shown.contains(document.activeElement) && document.activeElement.dataset.symbol;
  shown.innerHTML = data.html;
  if (focused) shown.querySelector(`[data-symbol="${focused}"]`)?.focus({ preventScroll: true });
  shown.onclick = ({ target }) => {
    const box = target.closest("[data-symbol]");
    if (!box) return;
    for (const other of shown.querySelectorAll("[data-symbol]"))
      other.setAttribute("aria-pressed", other === box);
    setStateValue("symbol", Number(box.dataset.symbol));
  };
}
