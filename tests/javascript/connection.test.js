import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = {
  documentElement: { dataset: {} },
  body: {},
  querySelector: (selector) =>
    selector.includes("stApp") ? { dataset: { testConnectionState: "CONNECTED" } } : null,
};
globalThis.MutationObserver = class {
  observe() {} // nothing on the page changes any more
};
Object.assign(globalThis, { addEventListener() {}, dispatchEvent() {}, setInterval() {} });
const { default: mount } = await import("../../page/core/connection.js");

test("the state is known at once, even if the script is the last to be loaded", () => {
  mount({ data: { gone: "" }, parentElement: { querySelector: () => ({}) } });
  assert.equal(document.documentElement.dataset.connection, "");
});
