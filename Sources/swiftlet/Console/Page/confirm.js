// SPDX-License-Identifier: Apache-2.0

import { byId } from "./dom.js";

/** Asks before what cannot be undone; Esc is a no. */
export function confirmed(question, yes) {
  const dialog = byId("confirm");
  byId("question").textContent = question;
  byId("yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
