// After an example was kept, the sheet is empty for the next one.

let kept = null;

export default function ({ data }) {
  if (kept !== null && data.kept > kept) document.querySelector("[data-command=clear]")?.click();
  kept = data.kept;
}
