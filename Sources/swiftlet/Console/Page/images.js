// SPDX-License-Identifier: Apache-2.0
//
// The image tab: gray pixels to `ws /stats`, its statistics back, beside a histogram made here.

import { histogramChart } from "./charts.js";
import { byId, make } from "./dom.js";
import { drawGray, histogramOf, readImage, sampleImage } from "./pixels.js";
import { byteWords, millisecondWords } from "./words.js";

const ROWS = ["min", "max", "mean", "median"];

/** @param log Records the messages: a FrameLog. */
export function wireImages(log, access) {
  const note = byId("image-note");
  const drop = byId("drop");
  let current = 0; // number of the image asked for last: answers to earlier ones are let go

  async function show(read) {
    const mine = ++current;
    note.dataset.tone = "calm";
    note.textContent = "Reading…";
    try {
      const image = await read();
      if (mine !== current) return;
      note.textContent = "Asking the server…";
      const answer = await statisticsOf(image, byId("method").value, log, access);
      if (mine !== current) return;
      draw(image, answer);
      note.textContent =
        `Answered in ${millisecondWords(answer.milliseconds)}, ` +
        `after ${millisecondWords(answer.opening)} to open the connection.`;
    } catch (error) {
      if (mine !== current) return;
      note.dataset.tone = "bad";
      note.textContent = error.message;
    }
  }

  let last = sampleImage; // what the method is changed for
  const take = (read) => show((last = read));
  const takeFile = (file) => file && take(() => readImage(file));

  byId("sample").addEventListener("click", () => take(sampleImage));
  byId("image-file").addEventListener("change", ({ target }) => {
    takeFile(target.files[0]);
    target.value = ""; // so that the same file can be chosen again
  });
  byId("method").addEventListener("change", () => show(last));
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    drop.addEventListener(name, () => drop.classList.remove("over"));
  }
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    takeFile(event.dataTransfer.files[0]);
  });
  // A picture dropped beside the mark must not replace the page.
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
}

function draw(image, { statistics }) {
  const { rows, columns, pixels } = image;
  drawGray(byId("canvas"), image);
  byId("image-caption").textContent = `${rows} rows × ${columns} columns, ${byteWords(pixels.length)}`;
  byId("statistics").replaceChildren(
    ...ROWS.map((name) => make("div", {}, make("dt", {}, name), make("dd", {}, shortest(statistics[name])))),
  );
  byId("image-result").hidden = false;
  byId("histogram").replaceChildren(histogramChart(histogramOf(pixels), statistics));
}

const shortest = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(3));

/** Sends an image over a connection of its own: { statistics, opening, milliseconds }. */
function statisticsOf({ rows, columns, pixels }, method, log, access) {
  const path = `/stats?shape=${rows}x${columns}&format=u8&reply=json&method=${method}`;
  return new Promise((resolve, reject) => {
    const socket = access.connect(path);
    socket.binaryType = "arraybuffer";
    const begun = performance.now();
    let opened;
    socket.onopen = () => {
      opened = performance.now();
      log.event("stats", `open: ${socket.url}`);
      socket.send(pixels);
      log.message("stats", "out", pixels, `image ${rows}x${columns}`);
    };
    socket.onmessage = ({ data }) => {
      const milliseconds = performance.now() - opened;
      const statistics = JSON.parse(data);
      log.message("stats", "in", data, statistics);
      socket.close(1000);
      if (statistics.error) return reject(new Error(`The server says: ${statistics.error}.`));
      resolve({ statistics, opening: opened - begun, milliseconds });
    };
    socket.onclose = async ({ code }) => {
      log.event("stats", `closed, ${code}`);
      if (opened !== undefined) {
        return reject(new Error(`The connection was closed with ${code} before the answer.`));
      }
      const unknown =
        "The server did not take the connection. " +
        `Are ${byteWords(pixels.length)} more than its largest message?`;
      reject((await access.refusalAt(path)) ?? new Error(unknown));
    };
  });
}
