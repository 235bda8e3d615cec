// Hands what the network made of the drawing to the story: often, and without its script.
export default function ({ data }) {
  window.digitsStory = data;
  dispatchEvent(new CustomEvent("digits-story", { detail: data }));
}
