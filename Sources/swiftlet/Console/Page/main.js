// SPDX-License-Identifier: Apache-2.0
//
// Puts the page together: connection, sign-in, and the panes.

import { Access } from "./access.js";
import { byId, wireTabs } from "./dom.js";
import { FrameLog } from "./frames.js";
import { wireImages } from "./images.js";
import { wireInspector } from "./inspector.js";
import { wireMetrics } from "./metrics.js";
import { Model } from "./model.js";
import { wireNotifications } from "./notifications.js";
import { say } from "./status.js";
import { Session } from "./wire.js";
import { closeWords, isSuccess, responseWords } from "./words.js";
import { wireWorkspace } from "./workspace.js";

const KEPT = ["project", "client"]; // over a reload of this tab; never the token

const log = new FrameLog();
const access = new Access();
const session = new Session(log);
const model = new Model();

function readSettings() {
  const [project, client, token] = ["project", "client", "token"].map((id) => byId(id).value);
  const binary = document.querySelector('[name="encoding"]:checked').value === "binary";
  session.settings = { project, client, token, binary };
  session.reconnects = byId("reconnect").checked;
  for (const id of KEPT) sessionStorage.setItem(id, byId(id).value);
}

/** A random UUID, also where the page is not in a secure context. */
function newClientID() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

byId("url").value = `${location.protocol.replace("http", "ws")}//${location.host}/v2`;
byId("project").value = sessionStorage.getItem("project") ?? "demo";
byId("client").value = sessionStorage.getItem("client") || newClientID();
readSettings();
for (const control of document.querySelectorAll("header input")) {
  control.addEventListener("input", readSettings);
}
byId("new-client").addEventListener("click", () => {
  byId("client").value = newClientID();
  readSettings();
});

// The connection

// What a connection begins with.
let signsIn = false;
let subscriptions = [];

const STATES = {
  closed: "not connected",
  connecting: "connecting",
  open: "connected",
  waiting: "trying again",
};

function showState() {
  const { state, ending, delay } = session;
  byId("state").textContent = STATES[state];
  byId("state").dataset.state = state;
  byId("connect").textContent = state === "closed" ? "Connect" : "Disconnect";
  if (state === "closed") model.forget();
  if (state === "waiting") subscriptions.push(...model.forget());
  if (state === "closed") say(ending ? closeWords(ending) : "Disconnected.", ending ? "bad" : "calm");
  if (state === "waiting") say(`${closeWords(ending)} Trying again in ${delay} s.`, "bad");
  if (state === "connecting") say(`Connecting to ${session.url}`, "calm");
  if (state === "open") begin();
}

async function begin() {
  say("Connected.", "good");
  const again = subscriptions.splice(0);
  if (signsIn) await signIn();
  else workspace.listQueues();
  for (const body of again) workspace.run("subscription_create", body);
}

session.addEventListener("state", showState);

byId("connection").addEventListener("submit", (event) => {
  event.preventDefault();
  if (session.state !== "closed") {
    signsIn = false;
    subscriptions = [];
    return session.close();
  }
  if (!event.target.reportValidity()) return;
  try {
    session.open(byId("url").value);
  } catch {
    say("The server is a WebSocket URL, such as ws://127.0.0.1:9001/v2.", "bad");
  }
});

// Signing in

async function signIn() {
  try {
    const response = await session.authenticate();
    signsIn = isSuccess(response.status);
    say(responseWords(response), signsIn ? "good" : "bad");
    if (signsIn) workspace.listQueues();
  } catch (error) {
    say(error.message, "bad");
  }
}

byId("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  const { token } = session.settings;
  access.use(token);
  if (session.state === "open") return signIn();
  signsIn = token !== "";
  say(
    signsIn
      ? "Images and metrics are asked for with this token now, and messaging when you connect."
      : "Images and metrics are asked for without a token now.",
    "calm",
  );
});

// The panes

wireInspector(log);
wireImages(log, access);
const workspace = wireWorkspace(session, model);
wireNotifications(session, ({ queue_name, message_id, claim_id }) =>
  workspace.run("message_delete", { queue_name, message_id, claim_id }),
);
session.addEventListener("notification", ({ detail }) => model.notified(detail.value));
const metrics = wireMetrics(access);
wireTabs(document.querySelector("#work > .tabs"), () => metrics.draw());
