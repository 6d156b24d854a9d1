// SPDX-License-Identifier: Apache-2.0
//
// Forms made from the table of actions.

import { ACTIONS } from "./actions.js";
import { field, make } from "./dom.js";
import { parseNotation, writeNotation } from "./values.js";

const verbatim = { autocomplete: "off", autocapitalize: "off", spellcheck: "false" };
const digits = { type: "text", inputmode: "numeric", pattern: "-?[0-9]+", autocomplete: "off" };

/** For each kind of field: its controls, and what they say as [value] or, when left empty, []. */
const KINDS = {
  text: {
    controls: ({ required, long }) => [
      make("input", { type: "text", required: !!required, "data-long": !!long, ...verbatim }),
    ],
    read: ([control]) => (control.value === "" ? [] : [control.value]),
  },
  integer: {
    controls: ({ required }) => [make("input", { ...digits, required: !!required })],
    read: ([control]) => (control.value === "" ? [] : [Number(control.value)]),
  },
  boolean: {
    controls: ({ initial }) => [make("input", { type: "checkbox", checked: !!initial })],
    read: ([control]) => (control.checked ? [true] : []),
  },
  choice: {
    controls: ({ choices }) => [
      make("select", {}, ...choices.map(([label], index) => make("option", { value: index }, label))),
    ],
    read: ([control], { choices }) => choices[control.value].slice(1),
  },
  json: {
    controls: ({ required, example }) => [
      make("textarea", { rows: 2, required: !!required, placeholder: example, ...verbatim, "data-wide": "" }),
    ],
    read: ([control]) => (control.value.trim() === "" ? [] : [notation(control)]),
  },
  names: {
    controls: (description) => KINDS.text.controls(description),
    read: ([control]) => {
      const names = control.value.split(/[\s,]+/).filter(Boolean);
      return names.length ? [names] : [];
    },
  },
  messages: {
    controls: () => [
      make("textarea", { rows: 3, required: true, ...verbatim, "data-wide": "" }, '{"hello": "world"}'),
      labelled("Plain text", make("input", { type: "checkbox" })),
      labelled("TTL, s", make("input", digits)),
      labelled("Copies", make("input", { ...digits, pattern: "[1-9][0-9]{0,3}", value: "1" })),
    ],
    read: ([control, plain, ttl, copies]) => {
      const message = { body: plain.checked ? control.value : notation(control) };
      if (ttl.value !== "") message.ttl = Number(ttl.value);
      return [Array(Number(copies.value)).fill(message)];
    },
  },
};
KINDS.queue = KINDS.text;

function labelled(label, control) {
  control.dataset.label = label;
  return control;
}

/** Reads a control's text, or says in the control what is wrong with it. */
function notation(control) {
  try {
    return parseNotation(control.value);
  } catch (error) {
    control.setCustomValidity(`This is not JSON: ${error.message}`);
    control.addEventListener("input", () => control.setCustomValidity(""), { once: true });
    control.reportValidity();
    throw error;
  }
}

/**
 * Makes the form of an action.
 *
 * `queueName`, when given, is asked for the queue's name instead of the user. `run(action, body)` is called
 * when the form is sent, `edit(action, body)` when its request is to be edited as text.
 */
export function actionForm(action, { queueName, run, edit }) {
  const { label, fields, danger } = ACTIONS[action];
  const own = fields.filter(({ kind }) => kind !== "queue" || !queueName);
  const parts = own.map((description) => ({
    description,
    controls: KINDS[description.kind].controls(description),
  }));
  const readBody = () => {
    const body = queueName && own.length < fields.length ? { queue_name: queueName() } : {};
    for (const { description, controls } of parts) {
      const { kind, name, of } = description;
      for (const value of KINDS[kind].read(controls, description)) {
        if (of) body[of] = { ...body[of], [name]: value };
        else body[name] = value;
      }
    }
    if (body.queue_names) delete body.queue_name; // a request has one or the other
    return body;
  };
  const send = (receiver) => {
    if (!form.reportValidity()) return;
    let body;
    try {
      body = readBody();
    } catch {
      return; // said in the control
    }
    receiver(action, body);
  };
  const form = make(
    "form",
    { class: "action", "data-action": action, "aria-label": `${label}: ${action}`, novalidate: true },
    ...parts.flatMap(({ description, controls }) =>
      controls.map((control) => {
        const isFirst = control === controls[0];
        if (isFirst) control.name = description.name;
        return field(control.dataset.label ?? description.label, control, isFirst && description.hint);
      }),
    ),
    make(
      "div",
      { class: "buttons" },
      make("button", { type: "submit", class: danger ? "danger" : "primary" }, label),
      make("button", { type: "button", class: "quiet", onclick: () => send(edit) }, "Edit raw"),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(run);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send(run);
  });
  return form;
}

/** Fills in a form's first field of this name. */
export function fillIn(form, name, value) {
  const control = form.elements[name];
  if (control) control.value = typeof value === "string" ? value : writeNotation(value);
}
