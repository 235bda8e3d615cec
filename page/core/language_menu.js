// The language of the page: for screen readers, hyphenation and fonts, and the way it runs.

const root = document.documentElement;

export default function ({ data, parentElement, setTriggerValue }) {
  root.lang = data.language;
  root.dir = data.direction;
  const label = parentElement.querySelector(".language");
  const select = label.querySelector("select");
  const languages = Object.entries(JSON.parse(data.languages));
  label.hidden = languages.length < 2;
  label.querySelector("span").textContent = data.label;
  select.replaceChildren(
    ...languages.map(([code, name]) => {
      const option = new Option(name, code);
      option.lang = code;
      return option;
    }),
  );
  select.value = data.language;
  select.onchange = () => setTriggerValue("chosen", select.value);
}
