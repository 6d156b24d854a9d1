// SPDX-License-Identifier: Apache-2.0

/** Finds the element with this id. */
export const byId = (id) => document.getElementById(id);

/**
 * Makes an element. Properties that begin with "on" are listeners, booleans switch attributes, `class`
 * and all others are attributes; children are nodes or text, null being none.
 */
export function make(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, ...children);
}

/** The same for SVG. */
export function makeSVG(tag, properties = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, ...children);
}

function fill(element, properties, ...children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

let lastID = 0;
export const newID = () => `e${++lastID}`;

/** A labelled control in a form's grid. */
export function field(label, control, hint) {
  control.id ||= newID();
  const width = ["wide", "long"].find((name) => name in control.dataset) ?? control.type;
  return make(
    "div",
    { class: `field ${width}` },
    make("label", { for: control.id }, label),
    control,
    hint ? make("small", { id: describe(control) }, hint) : null,
  );
}

function describe(control) {
  const id = newID();
  control.setAttribute("aria-describedby", id);
  return id;
}

/** Moves the focus among `items` by arrow keys, Home and End; one of them is in the tab order. */
export function rove(event, items, current) {
  const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  let next;
  if (event.key in steps) next = current + steps[event.key];
  else if (event.key === "Home") next = 0;
  else if (event.key === "End") next = items.length - 1;
  else return null;
  event.preventDefault();
  return Math.max(0, Math.min(items.length - 1, next));
}

/** Wires a tab list: the tabs are in the page, each with the id of its panel in aria-controls. */
export function wireTabs(list, onSelect = () => {}) {
  const tabs = [...list.querySelectorAll('[role="tab"]')];
  const select = (index, isFocused) => {
    tabs.forEach((tab, at) => {
      tab.setAttribute("aria-selected", at === index);
      tab.tabIndex = at === index ? 0 : -1;
      byId(tab.getAttribute("aria-controls")).hidden = at !== index;
    });
    if (isFocused) tabs[index].focus();
    onSelect(tabs[index].id);
  };
  tabs.forEach((tab, index) => tab.addEventListener("click", () => select(index, true)));
  list.addEventListener("keydown", (event) => {
    const next = rove(event, tabs, tabs.indexOf(document.activeElement));
    if (next !== null) select(next, true);
  });
  select(0, false);
  return { show: (id) => select(tabs.findIndex((tab) => tab.id === id), false) };
}

/** Calls `draw` once before the next frame, however often it is asked to. */
export function oncePerFrame(draw) {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      draw();
    });
  };
}

/**
 * Makes `container` hold `content`. What looks the same stays, so that a click under way is not lost;
 * else the focus goes to what has the same name in the new content.
 */
export function swap(container, ...content) {
  const old = container.childNodes;
  if (old.length === content.length && content.every((node, at) => node.isEqualNode(old[at]))) return;
  const focused = container.contains(document.activeElement) ? document.activeElement : null;
  const nameOf = (element) => element.dataset.name ?? element.getAttribute("aria-label") ?? element.title;
  const name = focused && nameOf(focused);
  container.replaceChildren(...content);
  if (!focused) return;
  const candidates = [...container.querySelectorAll("button, [tabindex]")];
  (candidates.find((element) => name && nameOf(element) === name) ?? container).focus();
}
