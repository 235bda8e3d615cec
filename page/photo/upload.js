// Streamlit's upload: what it says when it fails, and a photograph to read again after a restart.

const root = document.documentElement;
const FAILED = "[data-testid=stFileChip][aria-invalid=true]";
let picture = null; // what was shown when the connection was lost

function note() {
  if (root.dataset.connection)
    picture ??= document.querySelector(".st-key-photo_read .picture img")?.src;
}

// Streamlit reports in English, and in terms of HTTP: say it in the visitor's language, and remove
// the file, so that the button is there again.
function explain(trouble, data) {
  const chip = document.querySelector(`.st-key-ways ${FAILED}`);
  if (!chip) return;
  const large = chip.querySelector("[role=alert]")?.textContent.includes("File must be");
  trouble.textContent = large ? data.large : data.failed;
  chip.querySelector("button")?.click();
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (picture && !data.shown) setTriggerValue("picture", picture);
  picture = null;
  const trouble = parentElement.querySelector("[role=alert]");
  trouble.textContent = "";
  const observer = new MutationObserver(() => explain(trouble, data));
  observer.observe(document.querySelector(".st-key-photo"), { childList: true, subtree: true });
  addEventListener("connection", note); // the same function twice is heard once
  return () => {
    observer.disconnect();
    removeEventListener("connection", note);
    picture = null;
  };
}
