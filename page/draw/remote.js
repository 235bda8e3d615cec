// A presenter's remote opens the story, too: its buttons are Page Up and Page Down.
function key(event) {
  if (event.key !== "PageDown" || event.ctrlKey || event.altKey || event.metaKey) return;
  const button = document.querySelector(".st-key-ask_story button");
  if (!button || document.querySelector(".st-key-story")) return;
  event.preventDefault();
  button.click();
}

export default function () {
  addEventListener("keydown", key); // the same function twice is heard once
  return () => removeEventListener("keydown", key);
}
