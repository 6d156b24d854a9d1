// SPDX-License-Identifier: Apache-2.0
//
// The list of frames, and one of them in full.

import { byId, make, newID, oncePerFrame, rove } from "./dom.js";
import { MAX_KEPT } from "./frames.js";
import { annotated, dump, valueTree } from "./tree.js";
import { byteWords, timeWords } from "./words.js";
import { decodeMessage } from "./wire.js";

const ARROWS = { in: "↓", out: "↑", "": "•" };
const DIRECTIONS = { in: "received", out: "sent", "": "event" };

/** Wires the pane of frames to a FrameLog. */
export function wireInspector(log) {
  const list = byId("frames");
  const detail = byId("frame");
  let shown = []; // the entries in the list, oldest first
  let chosen = null; // the entry in full
  let isPaused = false;
  let isPlain = false; // whether MessagePack is shown as a plain dump

  const passes = (entry) =>
    [byId("direction"), byId("kind")].every(
      ({ id, value }) => !value || entry[id] === value,
    ) && entry.summary.toLowerCase().includes(byId("filter").value.toLowerCase());

  function row(entry) {
    const { number, time, direction, channel, kind, size, summary, isBad } = entry;
    const isMessage = kind !== "event";
    return make(
      "div",
      {
        role: "option",
        id: `frame-${number}`,
        class: `frame ${direction || "event"} ${isBad ? "bad" : ""}`,
        "aria-selected": String(entry === chosen),
      },
      make("time", {}, timeWords(time)),
      make("span", { class: "arrow", role: "img", "aria-label": DIRECTIONS[direction] }, ARROWS[direction]),
      make("span", { class: `type ${kind}` }, isMessage ? kind : channel),
      make("span", { class: "size" }, isMessage ? byteWords(size) : ""),
      make("span", { class: "summary" }, summary),
    );
  }

  const draw = oncePerFrame(() => {
    byId("frame-count").textContent = isPaused ? `${log.count} (paused)` : String(log.count);
    if (isPaused) return;
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    const next = log.entries.filter(passes);
    // Most often some rows go at the top and some come at the end.
    const kept = shown.length ? next.indexOf(shown.at(-1)) + 1 : 0;
    const first = next.length ? next[0].number : Infinity;
    while (list.firstChild && (!kept || shown[0].number < first)) {
      list.firstChild.remove();
      shown.shift();
    }
    list.append(...next.slice(kept).map(row));
    shown = next;
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  });

  const redraw = () => {
    list.replaceChildren();
    shown = [];
    draw();
  };

  function choose(entry) {
    if (chosen) byId(`frame-${chosen.number}`)?.setAttribute("aria-selected", "false");
    chosen = entry;
    const row = byId(`frame-${entry.number}`);
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
    list.setAttribute("aria-activedescendant", row.id);
    showDetail();
  }

  function putAway() {
    byId(`frame-${chosen.number}`)?.setAttribute("aria-selected", "false");
    list.removeAttribute("aria-activedescendant");
    chosen = null;
    detail.replaceChildren();
  }

  function showDetail() {
    const { time, direction, channel, kind, size, bytes, summary } = chosen;
    const head = make(
      "p",
      { class: "dim" },
      [timeWords(time), `/${channel}`, DIRECTIONS[direction], kind, kind === "event" ? "" : byteWords(size)]
        .filter(Boolean)
        .join(" · "),
    );
    if (kind === "event") return detail.replaceChildren(head, make("p", {}, summary));
    detail.replaceChildren(head, decoded(), ...dumps(bytes, kind));
  }

  function decoded() {
    const { kind, size, bytes } = chosen;
    if (size > MAX_KEPT) {
      return make("p", { class: "dim" }, `Larger than ${byteWords(MAX_KEPT)}: only its beginning is kept.`);
    }
    try {
      return valueTree(decodeMessage(kind, bytes));
    } catch (error) {
      return make("p", { class: "dim" }, `Not decoded: ${error.message}.`);
    }
  }

  function dumps(bytes, kind) {
    const perLine = detail.clientWidth > 520 ? 16 : 8;
    const plain = dump(bytes, perLine);
    const title = make("h3", {}, "Bytes");
    const meaning = kind === "binary" && meaningOf(bytes, perLine === 16 ? 6 : 4);
    if (!meaning) return [title, plain];
    const id = newID();
    const box = make("input", { type: "checkbox", id, checked: !isPlain });
    const place = make("div", {}, isPlain ? plain : meaning);
    box.addEventListener("change", () => {
      isPlain = !box.checked;
      place.replaceChildren(isPlain ? plain : meaning);
    });
    const label = make("label", { for: id }, "with their meaning");
    return [make("div", { class: "row" }, title, box, label), place];
  }

  list.addEventListener("click", (event) => {
    const entry = shown[[...list.children].indexOf(event.target.closest(".frame"))];
    if (entry) choose(entry);
  });
  list.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen) return putAway();
    const next = rove(event, shown, shown.includes(chosen) ? shown.indexOf(chosen) : shown.length);
    if (next !== null && shown.length) choose(shown[next]);
  });
  byId("filter").addEventListener("input", redraw);
  for (const id of ["direction", "kind"]) byId(id).addEventListener("change", redraw);
  byId("clear-frames").addEventListener("click", () => {
    if (chosen) putAway();
    log.clear();
    redraw();
  });
  byId("pause-frames").addEventListener("click", ({ target }) => {
    isPaused = !isPaused;
    target.setAttribute("aria-pressed", isPaused);
    draw();
  });
  log.addEventListener("change", draw);
  draw();
}

/** Nil where the bytes are no MessagePack. */
function meaningOf(bytes, perLine) {
  try {
    return annotated(bytes, perLine);
  } catch {
    return null;
  }
}
