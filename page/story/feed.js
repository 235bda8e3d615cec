// @ts-check
// Hands what was read in the drawing to the story: often, and without its script.

/** @param {any} component */
export default function ({ data }) {
  // The answer comes in the same message. A new frame shows it before the story is worked on.
  let task = 0;
  const frame = requestAnimationFrame(() => {
    task = setTimeout(() => {
      const story = JSON.parse(data.story);
      /** @type {any} */ (window).digitsStory = story;
      dispatchEvent(new CustomEvent("digits-story", { detail: story }));
    });
  });
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(task);
  };
}
