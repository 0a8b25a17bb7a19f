// What the pages do beyond links and forms: draw the chart, send the form when a switch is turned, say what changed.
"use strict";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
let program;

function load(address) {
  program ??= new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), { src: address, onload: done, onerror: failed });
    document.head.append(script);
  });
  return program;
}

function themed(spec, width) {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  const colors = { "To do": "new", "In progress": "indeterminate", Other: "other", Done: "done" };
  const scale = spec.layer[0].encoding.color.scale;
  scale.range = scale.domain.map((category) => color(colors[category]));
  const text = { labelColor: color("text"), titleColor: color("muted"), labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
  spec.config = {
    background: null,
    font: color("font"),
    view: { stroke: null },
    axis: { ...text, gridColor: color("line"), domainColor: color("line"), tickColor: color("line"), labelLimit: width < 500 ? 125 : 220 },
    axisX: { grid: false, labelOverlap: "greedy", labelSeparation: 10 },
    axisY: { grid: false, ticks: false, domain: false, labelPadding: 8 },
    legend: { ...text, orient: "top" },
    text: { color: color("text"), fontSize: 12 },
  };
  return spec;
}

async function draw(place) {
  if (!place) return;
  const spec = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  place.style.minHeight = `${spec.height + 70}px`;
  await load(place.dataset.program);
  if (!place.isConnected) return;
  // The AST interpreter needs no eval, which the policy of the page forbids.
  await window.vegaEmbed(place, themed(spec, place.clientWidth), {
    actions: false, ast: true, renderer: "svg", defaultStyle: false, tooltip: { disableDefaultStyle: true },
  });
  place.dataset.drawn = "true";
}

function begin() {
  draw(document.querySelector("[data-chart]")).catch((error) => console.error(error));
}

document.addEventListener("DOMContentLoaded", begin);
dark.addEventListener("change", begin);

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-at-once]")) event.target.form.requestSubmit();
});

document.addEventListener("htmx:afterSettle", () => {
  const main = document.getElementById("main");
  document.getElementById("live").textContent = main?.dataset.say ?? "";
  begin();
});

// Signed out meanwhile, or an error: let the browser show the page there is for it.
document.addEventListener("htmx:beforeSwap", (event) => {
  const answer = event.detail.xhr;
  if (answer.status >= 500 || answer.responseText.includes("data-signed-out")) {
    event.detail.shouldSwap = false;
    window.location.assign(event.detail.pathInfo.requestPath);
  }
});

// A menu closes when something else is clicked, and by Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".picker[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.activeElement?.closest(".picker[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
