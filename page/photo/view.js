// The photograph with a box round each symbol that was read. A tap on a box selects it.

const APPEARS = 5000; // ms: the longest wait for what “Look inside” opens

const inside = () => document.querySelector(".st-key-photo_inside");

// What “Look inside” opens below the screen comes into sight.
function reveal(event) {
  if (!event.target.closest?.(".st-key-photo_look") || inside()) return;
  const end = performance.now() + APPEARS;
  const look = () => {
    if (!inside()?.querySelector(".looked img")) {
      // It is not complete, and there is no room to scroll.
      if (performance.now() < end) requestAnimationFrame(look);
    } else if (inside().getBoundingClientRect().top > 0.5 * innerHeight) {
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      inside().scrollIntoView({ behavior: still ? "auto" : "smooth" });
    }
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
  addEventListener("click", reveal, true); // the same function twice is heard once
  return () => removeEventListener("click", reveal, true);
}
