// @ts-check
// After an answer: was it right? One tap counts it, or two: “It was a …” and what it was.

/**
 * @typedef {object} Data
 * @property {string} drawing its name; empty if there is no answer to ask about
 * @property {string} counted what to say after it was counted
 * @property {number} said the answer: 0 to 9, or 10 for none of them
 * @property {boolean} sure whether it may have been right
 * @property {string} question
 * @property {string} right
 * @property {string} wrong
 * @property {string} none
 */

/** @type {HTMLElement | null} */
let row = null;
let shown = ""; // what the row is for

/**
 * @param {string} text
 * @param {() => void} press
 * @param {string} [kind] its class
 */
function button(text, press, kind = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.className = kind;
  made.onclick = press;
  return made;
}

/** @param {StreamlitComponent<Data>} component */
export default function ({ data, parentElement, setTriggerValue }) {
  const now = JSON.stringify([data.drawing, data.said, data.counted, data.question]);
  if (row === parentElement && shown === now) return;
  [row, shown] = [parentElement, now];
  const place = parentElement.querySelector(".score-row");
  const { drawing, counted, said } = data;
  if (!drawing || counted) {
    const words = document.createElement("p");
    words.setAttribute("role", "status");
    words.textContent = counted.trim();
    place.replaceChildren(words);
    return;
  }
  const tap = (/** @type {number} */ meant) => {
    place.focus({ preventScroll: true }); // the buttons go, and the focus would be nowhere
    for (const one of place.querySelectorAll("button")) one.disabled = true; // a tap counts once
    setTriggerValue("tap", { drawing, meant });
  };
  const question = document.createElement("span");
  question.textContent = data.question;
  const choices = document.createElement("div");
  choices.className = "choices";
  choices.setAttribute("role", "group");
  choices.setAttribute("aria-label", data.wrong);
  for (let meant = 0; meant <= 10; meant++)
    if (meant !== said || !data.sure)
      choices.append(
        button(meant < 10 ? String(meant) : data.none, () => tap(meant), meant < 10 ? "" : "none"),
      );
  const wrong = button(data.wrong, () => {
    place.replaceChildren(choices);
    choices.querySelector("button")?.focus();
  });
  place.replaceChildren(
    question,
    ...(data.sure ? [button(data.right, () => tap(said), "yes")] : []),
    wrong,
  );
}
