// A line under the pointer, and what every series said at that time. Without this file the
// charts are all there; only the reading of single values is missing.
"use strict";
const tip = document.createElement("div");
tip.className = "tip";
document.body.append(tip);

function before(times, t) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= t) low = middle + 1; else high = middle;
  }
  return low - 1;
}

function text(value) {
  if (value === null || value === undefined) return "unknown";
  return value.toLocaleString("en", { maximumSignificantDigits: 8 });
}

for (const figure of document.querySelectorAll("figure.chart")) {
  const svg = figure.querySelector("svg");
  const cross = svg.querySelector(".cross");
  const { span: [first, last, left, right, width], times, lines } =
    JSON.parse(figure.querySelector("script").textContent);
  if (!lines.length) continue;
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) * width / box.width;
    if (x < left || x > right) return hide();
    const t = (x - left) / (right - left) * (last - first);
    cross.setAttribute("x1", x);
    cross.setAttribute("x2", x);
    cross.style.opacity = 1;
    const when = new Date(first + t).toISOString().replace("T", " ").replace("Z", " UTC");
    tip.replaceChildren();
    for (const [name, value] of [
      [when, ""],
      ...lines.map(([name, unit, clock, values]) =>
        [name, `${text(values[before(times[clock], t)])} ${unit}`]),
    ]) {
      const row = tip.appendChild(document.createElement("div"));
      row.appendChild(document.createElement("span")).textContent = name;
      row.appendChild(document.createElement("b")).textContent = value;
    }
    tip.style.display = "block";
    const beside = event.clientX + 18 + tip.offsetWidth < window.innerWidth
      ? event.clientX + 18 : event.clientX - 18 - tip.offsetWidth;
    tip.style.left = `${Math.max(4, beside) + window.scrollX}px`;
    tip.style.top = `${event.clientY + 14 + window.scrollY}px`;
  });
  function hide() {
    cross.style.opacity = 0;
    tip.style.display = "none";
  }
  svg.addEventListener("pointerleave", hide);
}
