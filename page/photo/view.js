// The photograph with a box round each symbol that was read. A tap on a box selects it.

const APPEARS = 3000; // ms: the longest wait for what “Look inside” opens

// What opens below the screen comes into sight.
function reveal(event) {
  const toggle = event.target.closest?.(".st-key-photo_look input");
  if (!toggle?.checked) return;
  const end = performance.now() + APPEARS;
  const look = () => {
    const part = document.querySelector(".st-key-photo_inside");
    if (!part) {
      if (performance.now() < end) requestAnimationFrame(look);
      return;
    }
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (part.getBoundingClientRect().top > 0.7 * innerHeight)
      part.scrollIntoView({ behavior: still ? "auto" : "smooth" });
  };
  look();
}

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
  addEventListener("change", reveal); // the same function twice is heard once
  return () => removeEventListener("change", reveal);
}
