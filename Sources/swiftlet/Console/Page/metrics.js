// SPDX-License-Identifier: Apache-2.0
//
// The metrics tab: `GET /metrics` every two seconds, as charts of the last two minutes.

import { Refusal } from "./access.js";
import { lineChart } from "./charts.js";
import { byId, make } from "./dom.js";
import { byteWords, countWords } from "./words.js";

const INTERVAL = 2000; // milliseconds
const SPAN = 120; // seconds shown

/** What is drawn. A rate is a counter's growth in a second. */
const CHARTS = [
  {
    title: "Messages per second",
    words: countWords,
    isRate: true,
    series: { received: "swiftlet_messages_received_total", sent: "swiftlet_messages_sent_total" },
  },
  {
    title: "Bytes per second",
    words: byteWords,
    base: 1024,
    isRate: true,
    series: { received: "swiftlet_received_bytes_total", sent: "swiftlet_sent_bytes_total" },
  },
  {
    title: "Open connections",
    words: countWords,
    isRate: false,
    series: { all: "swiftlet_connections", WebSockets: "swiftlet_websockets" },
  },
];

/** Reads the samples without labels out of the Prometheus text format: name to value. */
export function parseMetrics(text) {
  const samples = new Map();
  for (const [, name, value] of text.matchAll(/^([a-z_:][a-z0-9_:]*) (\S+)/gim)) {
    samples.set(name, Number(value));
  }
  return samples;
}

/** @param access Asks the server. */
export function wireMetrics(access) {
  const samples = []; // { time in seconds, values }, oldest first
  const places = CHARTS.map(() => make("figure", { class: "chart" }));
  byId("charts").append(...places);
  const note = byId("metrics-note");
  let isPaused = false;
  let refused = null; // the token that it is no use to ask with again

  async function sample() {
    const { token } = access;
    let values = null; // a gap
    let trouble = "";
    try {
      const response = await access.get("/metrics");
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      values = parseMetrics(await response.text());
    } catch (error) {
      const isRefusal = error instanceof Refusal;
      if (isRefusal) refused = token;
      trouble = isRefusal ? error.message : `/metrics does not answer: ${error.message}`;
    }
    if (token !== access.token) return; // what another token leads to is told instead
    tell(trouble);
    const time = performance.now() / 1000;
    samples.push({ time, values });
    while (samples[0].time < time - SPAN) samples.shift();
    draw();
  }

  /** What stays the same is not told again to who listens. */
  function tell(trouble) {
    if (note.textContent !== trouble) note.textContent = trouble;
    note.dataset.tone = trouble ? "bad" : "calm";
  }

  function draw() {
    if (byId("metrics").hidden) return;
    const now = samples.at(-1)?.time ?? 0;
    CHARTS.forEach((chart, index) => {
      const series = Object.entries(chart.series).map(([label, name]) => ({
        label,
        points: points(name, chart.isRate).map(([time, value]) => [time - now, value]),
      }));
      const width = places[index].clientWidth;
      places[index].replaceChildren(...lineChart({ ...chart, series, span: SPAN, width }));
    });
  }

  /** [time, value] of a metric; null where it is not known. */
  function points(name, isRate) {
    const value = (at) => samples[at]?.values?.get(name) ?? null;
    return samples.map(({ time }, at) => {
      if (!isRate) return [time, value(at)];
      const [now, before] = [value(at), value(at - 1)];
      if (now === null || before === null) return [time, null];
      // A server that was started anew counts from nought.
      return [time, Math.max(0, now - before) / (time - samples[at - 1].time)];
    });
  }

  byId("pause-metrics").addEventListener("click", ({ target }) => {
    isPaused = !isPaused;
    target.setAttribute("aria-pressed", isPaused);
  });
  new ResizeObserver(draw).observe(byId("charts"));
  access.addEventListener("change", () => {
    refused = null;
    if (!isPaused) sample();
  });
  const isWorthIt = () => !isPaused && !document.hidden && refused !== access.token;
  setInterval(() => isWorthIt() && sample(), INTERVAL);
  sample();
  return { draw };
}
