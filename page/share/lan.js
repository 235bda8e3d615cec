// @ts-check
// The page's address as a QR code, in a dialog over the page.

/** @typedef {"open" | "title" | "how" | "code" | "another" | "close"} Words */
/** @typedef {Record<Words, string> & { addresses: string, codes: string }} Data JSON: lists */

/** @param {StreamlitComponent<Data>} component */
export default function ({ data, parentElement }) {
  const find = (/** @type {string} */ name) => parentElement.querySelector(name);
  const [opener, dialog] = [find(".phones"), find(".phones-dialog")];
  const [addresses, codes] = [JSON.parse(data.addresses), JSON.parse(data.codes)];
  let shown = 0;
  const show = () => {
    find(".code").innerHTML = codes[shown];
    find(".address").textContent = addresses[shown];
  };
  opener.querySelector("span").textContent = data.open;
  find("h2").textContent = data.title;
  find(".how").textContent = data.how;
  find(".code").setAttribute("aria-label", data.code);
  find(".another").textContent = data.another;
  find(".another").hidden = addresses.length < 2;
  find(".close").textContent = data.close;
  find(".close").onclick = () => dialog.close();
  find(".another").onclick = () => {
    shown = (shown + 1) % addresses.length;
    show();
  };
  opener.onclick = () => dialog.showModal();
  dialog.onclick = (/** @type {Event} */ event) => event.target === dialog && dialog.close(); // beside it
  show();
}
