// A server that was started anew while a photograph was shown gets that one again.

const root = document.documentElement;
let picture = null; // what was shown when the connection was lost

function note() {
  if (root.dataset.connection)
    picture ??= document.querySelector(".st-key-photo_read .picture img")?.src;
}

export default function ({ data, setTriggerValue }) {
  if (picture && !data.shown) setTriggerValue("picture", picture);
  picture = null;
  addEventListener("connection", note); // the same function twice is heard once
  return () => {
    removeEventListener("connection", note);
    picture = null;
  };
}
