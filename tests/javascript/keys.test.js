import assert from "node:assert/strict";
import { test } from "node:test";

import { digitOf, editCommandOf, isTyping, letterOf } from "../../page/core/keys.js";

const press = (key, code, more = {}) => ({ key, code, shiftKey: false, ctrlKey: false, ...more });

test("a digit in any script has its value", () => {
  for (const zero of ["0", "٠", "۰", "०", "০", "๐", "０"])
    for (let value = 0; value < 10; value++) {
      const key = String.fromCodePoint(zero.codePointAt(0) + value);
      assert.equal(digitOf(press(key, `Digit${value}`)), value, key);
    }
});

test("a key of the digit row counts where it types something else without Shift", () => {
  assert.equal(digitOf(press("&", "Digit1")), 1); // French
  assert.equal(digitOf(press("ě", "Digit2")), 2); // Czech
  assert.equal(digitOf(press("1", "Digit1", { shiftKey: true })), 1); // French, with Shift
  assert.equal(digitOf(press("7", "Numpad7")), 7);
});

test("other keys are not digits", () => {
  assert.equal(digitOf(press("!", "Digit1", { shiftKey: true })), null);
  assert.equal(digitOf(press("Home", "Numpad7")), null); // without Num Lock
  assert.equal(digitOf(press("Dead", "Digit2")), null);
  assert.equal(digitOf(press("a", "KeyA")), null);
  assert.equal(digitOf(press("½", "Backquote")), null);
});

test("a letter is what the key types, or its place on a keyboard of another script", () => {
  assert.equal(letterOf(press("F", "KeyF")), "f");
  assert.equal(letterOf(press("z", "KeyY")), "z"); // German
  assert.equal(letterOf(press("я", "KeyZ")), "z");
  assert.equal(letterOf(press("ζ", "KeyZ")), "z");
  assert.equal(letterOf(press("é", "Digit2")), "");
  assert.equal(letterOf(press("Enter", "Enter")), "");
});

test("undo and redo", () => {
  const control = { ctrlKey: true };
  assert.equal(editCommandOf(press("z", "KeyZ", control)), "undo");
  assert.equal(editCommandOf(press("Z", "KeyZ", { ...control, shiftKey: true })), "redo");
  assert.equal(editCommandOf(press("y", "KeyZ", control)), "redo"); // German Y
  assert.equal(editCommandOf(press("ئ", "KeyZ", { metaKey: true })), "undo");
  assert.equal(editCommandOf(press("z", "KeyZ")), null);
  assert.equal(editCommandOf(press("z", "KeyZ", { ...control, altKey: true })), null);
});

test("typing in a field is not a shortcut", () => {
  const into = (target) => isTyping({ composedPath: () => [target] });
  assert.equal(into({ matches: () => true }), true);
  assert.equal(into({ matches: () => false }), false);
  assert.equal(into({}), false); // the document
});
