// Pictures whose answers are covered until one has guessed oneself.

function start(root, { tiles, question, yours, score }) {
  const answers = JSON.parse(tiles);
  const fill = (sentence, values) => sentence.replace(/{(\w+)}/g, (_, name) => values[name]);
  root.innerHTML =
    '<p class="score" role="status"></p><div class="tiles misread">' +
    answers
      .map(
        ({ pixels, alt }) =>
          `<figure><button type="button" aria-expanded="false"><img src="${pixels}" alt="${alt}">` +
          `<span>${question}</span></button><figcaption></figcaption></figure>`,
      )
      .join("") +
    "</div>";
  const pad = document.createElement("div");
  pad.className = "pad";
  pad.setAttribute("role", "group");
  pad.setAttribute("aria-label", question);
  for (let digit = 0; digit < 10; digit++)
    pad.innerHTML += `<button type="button">${digit}</button>`;

  const figures = [...root.querySelectorAll("figure")];
  let chosen = null;
  let [right, count] = [0, 0];

  function choose(figure) {
    chosen?.querySelector("button")?.setAttribute("aria-expanded", "false");
    chosen = figure;
    if (!figure) return pad.remove();
    figure.querySelector("button").setAttribute("aria-expanded", "true");
    figure.after(pad);
  }

  root.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    if (button.parentElement !== pad)
      return choose(button.parentElement === chosen ? null : button.parentElement);
    const { label, answer } = answers[figures.indexOf(chosen)];
    const digit = Number(button.textContent);
    count += 1;
    right += digit === label;
    chosen.querySelector("button").replaceWith(chosen.querySelector("img"));
    chosen.querySelector("figcaption").innerHTML =
      `<span class="${digit === label ? "right" : "wrong"}">${fill(yours, { digit })}</span><br>${answer}`;
    root.querySelector(".score").textContent = fill(score, { right, count });
    choose(null);
  });
}

export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".guesses");
  if (place.told === data.tiles) return; // the server has run the script again, with the same ones
  place.told = data.tiles;
  const root = document.createElement("div");
  place.replaceChildren(root);
  start(root, data);
}
