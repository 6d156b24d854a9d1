// SPDX-License-Identifier: Apache-2.0
//
// Line charts and histograms in SVG.

import { make, makeSVG } from "./dom.js";

const HEIGHT = 150;
const MARGIN = { left: 64, right: 12, top: 10, bottom: 22 };

/** The round number at or above `value`: 2, 4 or 10 times a power of ten, and of `base` for units. */
export function niceCeiling(value, base = 1000) {
  let unit = 1;
  while (value >= base * unit) unit *= base;
  let power = unit;
  while (value > 10 * power) power *= 10;
  return [2, 4, 10].find((step) => step * power >= value) * power;
}

const path = (points) => {
  let isDown = false;
  return points
    .map(([x, y]) => {
      if (y === null) return (isDown = false) || "";
      const command = isDown ? "L" : "M";
      isDown = true;
      return `${command}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
};

const line = (x1, y1, x2, y2, look) => makeSVG("line", { x1, y1, x2, y2, class: look });
const label = (x, y, anchor, text, look = "label") =>
  makeSVG("text", { x, y, "text-anchor": anchor, class: look }, text);

/**
 * Draws values over the last `span` seconds.
 *
 * `series` are { label, points: [seconds before now (<= 0), value or null] }; `words` writes a value, in
 * units of powers of `base`. Returns a caption and the drawing.
 */
export function lineChart({ title, series, span, width, words, base }) {
  const inner = { width: width - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
  const values = series.flatMap(({ points }) => points.map(([, value]) => value ?? 0));
  const top = niceCeiling(Math.max(...values, 0), base);
  const x = (time) => MARGIN.left + (1 + time / span) * inner.width;
  const y = (value) => MARGIN.top + (1 - value / top) * inner.height;
  const latest = series.map(({ label, points }) => {
    const value = points.at(-1)?.[1] ?? null;
    return { label, text: value === null ? "–" : words(value) };
  });
  const grid = [0, 0.5, 1].flatMap((part) => [
    line(MARGIN.left, y(part * top), width - MARGIN.right, y(part * top), "grid"),
    label(MARGIN.left - 8, y(part * top) + 4, "end", words(part * top)),
  ]);
  const times = [-span, -span / 2, 0].map((time, index) =>
    label(x(time), HEIGHT - 5, ["start", "middle", "end"][index], time ? `−${-time / 60} min` : "now"),
  );
  const lines = series.map(({ points }, index) =>
    makeSVG("path", {
      d: path(points.map(([time, value]) => [x(time), value === null ? null : y(value)])),
      class: `series series-${index + 1}`,
    }),
  );
  const said = latest.map(({ label, text }) => `${label} ${text}`).join(", ");
  return [
    make(
      "figcaption",
      {},
      make("strong", {}, title),
      ...latest.map(({ label, text }, index) =>
        make("span", { class: `legend series-${index + 1}` }, `${label} `, make("b", {}, text)),
      ),
    ),
    makeSVG(
      "svg",
      {
        viewBox: `0 0 ${width} ${HEIGHT}`,
        height: HEIGHT,
        role: "img",
        "aria-label": `${title} over ${span / 60} minutes, now: ${said}`,
      },
      ...grid,
      ...times,
      ...lines,
    ),
  ];
}

const BARS = { width: 512, height: 190 };
const ANCHORS = { 0: "start", 255: "end" };

/** Draws how many pixels there are of each of 256 values, with marks at mean and median. */
export function histogramChart(counts, { mean, median }) {
  const [left, base, height] = [8, BARS.height - 24, BARS.height - 48];
  const step = (BARS.width - 2 * left) / 256;
  const most = Math.max(...counts);
  const bars = Array.from(counts, (count, value) => {
    const tall = (count / most) * height;
    return `M${(left + value * step).toFixed(2)} ${base}v${(-tall).toFixed(2)}h${step}V${base}`;
  }).join("");
  const mark = (value, name, row) => {
    const x = left + (value + 0.5) * step;
    const isRight = value > 200;
    return [
      line(x, row, x, base, `mark ${name}`),
      label(x + (isRight ? -4 : 4), row + 8, isRight ? "end" : "start", name, `label ${name}`),
    ];
  };
  return makeSVG(
    "svg",
    {
      viewBox: `0 0 ${BARS.width} ${BARS.height}`,
      class: "histogram",
      role: "img",
      "aria-label": `Histogram: the most frequent value is ${counts.indexOf(most)}, with ${most} pixels`,
    },
    makeSVG("path", { d: bars, class: "bars" }),
    line(left, base, BARS.width - left, base, "axis"),
    ...mark(mean, "mean", 2),
    ...mark(median, "median", 14),
    ...[0, 64, 128, 192, 255].map((value) =>
      label(left + (value + 0.5) * step, BARS.height - 8, ANCHORS[value] ?? "middle", String(value)),
    ),
  );
}
