// @ts-check
// Hands what was read in the drawing to the story: often, and without its script.

/** @param {any} component */
export default function ({ data }) {
  const story = JSON.parse(data.story);
  /** @type {any} */ (window).digitsStory = story;
  dispatchEvent(new CustomEvent("digits-story", { detail: story }));
}
