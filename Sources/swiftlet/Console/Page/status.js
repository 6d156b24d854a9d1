// SPDX-License-Identifier: Apache-2.0

import { byId } from "./dom.js";

/** Tells the user a sentence, in a tone: good, bad or calm. */
export function say(sentence, tone) {
  byId("status").textContent = sentence;
  byId("status").dataset.tone = tone;
}
