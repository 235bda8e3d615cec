// @ts-check
// Passes the latest reading to the story, without sending the story's script again.

/** @param {any} component */
export default function ({ data }) {
  // The answer comes in the same message. This waits for a frame, so that it is shown first.
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
