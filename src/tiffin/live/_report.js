"use strict";
// Draws the report from the JSON beside it.  Text reaches the page only through textContent and attributes, never as
// markup: the names in the data come from anywhere.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const FASTEST_MS = 1500, SLOWEST_MS = 60000;
  const HEIGHT = 240, LEFT = 58, RIGHT = 12, TOP = 8, BOTTOM = 38;
  const logarithmic = new Set(); // ids of the charts whose button is pressed: they stay so when new data come
  const cards = new Map(); // id -> {key, node}: a card is drawn again only when its data changed
  let data = JSON.parse(document.getElementById("data").textContent);

  // In the hidden frame of an open page this copy only hands over its data.
  if (window.parent !== window && location.search.startsWith("?feed=")) {
    // A page on disk has no origin to name, and only pages on disk can frame it.
    window.parent.postMessage(data, location.protocol === "file:" ? "*" : location.origin);
    return;
  }

  function make(tag, attributes, ...children) {
    return fill(document.createElement(tag), attributes, children);
  }
  function draw(tag, attributes, ...children) {
    return fill(document.createElementNS(SVG, tag), attributes, children);
  }
  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) if (value !== null) node.setAttribute(name, value);
    node.append(...children.filter((child) => child !== null).map((child) => (child instanceof Node ? child : String(child))));
    return node;
  }
  const color = (index) => `var(--series-${index % 8})`;

  // ── Numbers ──────────────────────────────────────────────────────────────────────────────────────────────────
  function short(value) {
    const size = Math.abs(value);
    if (value === 0) return "0";
    if (size >= 1e6 || size < 1e-4) return value.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e");
    return String(Number(value.toPrecision(4)));
  }
  const exact = (value) => String(Number(value.toPrecision(7)));
  function ticks(low, high, wanted) {
    const raw = (high - low) / wanted;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999);
    const found = [];
    for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index++) found.push(Number((index * step).toPrecision(12)));
    return found;
  }
  function logTicks(low, high) {
    const found = [];
    const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
    const every = Math.max(1, Math.ceil((last - first) / 6));
    for (let power = first; power <= last; power += every) found.push(10 ** power);
    const inside = found.filter((value) => value >= low && value <= high);
    return inside.length > 1 ? inside : ticks(low, high, 4).filter((value) => value > 0);
  }
  function scale(values, from, to, log, whole) {
    let low = Infinity, high = -Infinity;
    for (const value of values) { if (value < low) low = value; if (value > high) high = value; }
    if (low === Infinity) { low = 0; high = 1; }
    if (log) {
      if (low === high) { low /= 2; high *= 2; }
      const a = Math.log(low), b = Math.log(high), pad = (b - a) * 0.04;
      const place = (value) => from + ((Math.log(value) - a + pad) / (b - a + 2 * pad)) * (to - from);
      return { place, ticks: logTicks(low, high) };
    }
    if (low === high) { const pad = Math.abs(low) * 0.1 || 1; low -= pad; high += pad; }
    else if (!whole) { const pad = (high - low) * 0.05; low -= pad; high += pad; }
    return { place: (value) => from + ((value - low) / (high - low)) * (to - from), ticks: ticks(low, high, whole ? 5 : 4) };
  }
  function ago(seconds) {
    if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
    return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
  }

  // ── Charts: each takes a card's body and the width there is ──────────────────────────────────────────────────
  function frame(width, height, x, y, xLabel, yLabel) {
    const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img" });
    const floor = height - BOTTOM;
    for (const value of y.ticks) {
      const at = y.place(value);
      if (at < TOP - 1 || at > floor + 1) continue;
      svg.append(draw("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: at, y2: at }),
        draw("text", { x: LEFT - 8, y: at + 4, "text-anchor": "end" }, short(value)));
    }
    for (const value of x.ticks) {
      const at = x.place(value);
      if (at < LEFT - 1 || at > width - RIGHT + 1) continue;
      svg.append(draw("text", { x: at, y: floor + 16, "text-anchor": "middle" }, short(value)));
    }
    svg.append(draw("line", { class: "axis", x1: LEFT, x2: width - RIGHT, y1: floor, y2: floor }));
    if (xLabel) svg.append(draw("text", { class: "label", x: (LEFT + width - RIGHT) / 2, y: height - 4, "text-anchor": "middle" }, xLabel));
    if (yLabel) svg.append(draw("text", { class: "label", transform: `translate(11 ${(TOP + floor) / 2}) rotate(-90)`, "text-anchor": "middle" }, yLabel));
    return svg;
  }
  function plot(body, width, chart) {
    const all = (part) => chart.series.flatMap((series) => series.points[part]);
    const log = logarithmic.has(chart.id);
    const ends = chart.diagonal ? [0, 1] : [];
    const x = scale(all(0).concat(ends), LEFT, width - RIGHT, false, true);
    const y = scale(all(1).concat(ends), HEIGHT - BOTTOM, TOP, log, false);
    const svg = frame(width, HEIGHT, x, y, chart.x, chart.y);
    if (chart.diagonal) {
      svg.append(draw("line", { class: "reference", x1: x.place(0), y1: y.place(0), x2: x.place(1), y2: y.place(1) }));
    }
    chart.series.forEach((series, index) => {
      const [xs, ys] = series.points;
      if (chart.kind === "scatter") {
        for (let i = 0; i < xs.length; i++) svg.append(draw("circle", { cx: x.place(xs[i]).toFixed(1), cy: y.place(ys[i]).toFixed(1), r: 3, fill: color(index), "fill-opacity": 0.6 }));
      } else if (xs.length === 1) {
        svg.append(draw("circle", { cx: x.place(xs[0]), cy: y.place(ys[0]), r: 3.5, fill: color(index) }));
      } else {
        const path = xs.map((value, i) => `${i ? "L" : "M"}${x.place(value).toFixed(1)} ${y.place(ys[i]).toFixed(1)}`).join("");
        svg.append(draw("path", { class: "curve", d: path, stroke: color(index) }));
      }
    });
    body.append(svg);
    follow(body, svg, width, chart, x, y);
  }
  function follow(body, svg, width, chart, x, y) {
    const cross = draw("line", { class: "cross", y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden" });
    const dots = chart.series.map((_, index) => draw("circle", { r: 4, fill: color(index), stroke: "var(--card)", "stroke-width": 1.5, visibility: "hidden" }));
    const tip = make("div", { class: "tip", hidden: "" });
    svg.append(cross, ...dots);
    body.append(tip);
    const hide = () => { tip.hidden = true; for (const node of [cross, ...dots]) node.setAttribute("visibility", "hidden"); };
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const px = ((event.clientX - box.left) / box.width) * width, py = ((event.clientY - box.top) / box.height) * HEIGHT;
      const near = chart.series.map((series) => closest(series.points, px, py, x, y, chart.kind));
      const best = near.reduce((a, b) => (b !== null && (a === null || b.far < a.far) ? b : a), null);
      if (best === null) return hide();
      const rows = near.map((point, index) => ({ point, index })).filter(({ point }) => point !== null && point.x === best.x);
      cross.setAttribute("x1", best.px); cross.setAttribute("x2", best.px);
      cross.setAttribute("visibility", "visible");
      dots.forEach((dot) => dot.setAttribute("visibility", "hidden"));
      for (const { point, index } of rows) {
        dots[index].setAttribute("cx", point.px); dots[index].setAttribute("cy", point.py);
        dots[index].setAttribute("visibility", "visible");
      }
      tip.replaceChildren(make("b", null, `${chart.x || "x"} ${exact(best.x)}`),
        ...rows.map(({ point, index }) => make("div", { style: `--color: ${color(index)}` }, `${chart.series.length > 1 ? chart.series[index].name + "  " : ""}${exact(point.y)}`)));
      tip.hidden = false;
      const over = best.px > width * 0.6;
      tip.style.left = over ? "auto" : `${box.left - body.getBoundingClientRect().left + (best.px / width) * box.width + 14}px`;
      tip.style.right = over ? `${body.getBoundingClientRect().right - box.left - (best.px / width) * box.width + 14}px` : "auto";
      tip.style.top = `${Math.max(0, Math.min(HEIGHT - 70, py - 20))}px`;
    });
  }
  function closest([xs, ys], px, py, x, y, kind) {
    let best = null;
    for (let i = 0; i < xs.length; i++) {
      const at = x.place(xs[i]), up = y.place(ys[i]);
      // On a line the pointer's column counts; height only decides between points above each other.
      const far = kind === "scatter" ? (at - px) ** 2 + (up - py) ** 2 : Math.abs(at - px) + Math.abs(up - py) * 1e-3;
      if (best === null || far < best.far) best = { far, px: at, py: up, x: xs[i], y: ys[i] };
    }
    return best;
  }
  function bars(body, width, chart) {
    const row = 24, gutter = Math.min(width * 0.35, 14 + 6.6 * Math.max(...chart.labels.map((label) => label.length)));
    const height = chart.labels.length * row + 24;
    const x = scale([0, ...chart.values], gutter + 8, width - 56, false, true);
    const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img" });
    const zero = x.place(0), fits = Math.floor(gutter / 6.6);
    chart.labels.forEach((label, index) => {
      const value = chart.values[index], end = x.place(value), at = index * row;
      const name = label.length > fits ? label.slice(0, fits - 1) + "…" : label;
      svg.append(draw("text", { x: gutter, y: at + 16, "text-anchor": "end" }, name, draw("title", null, label)),
        draw("rect", { x: Math.min(zero, end), y: at + 4, width: Math.max(1, Math.abs(end - zero)), height: row - 8, rx: 2, fill: color(0) }, draw("title", null, `${label}: ${exact(value)}`)),
        draw("text", { x: Math.max(zero, end) + 6, y: at + 16 }, short(value)));
    });
    svg.append(draw("line", { class: "axis", x1: zero, x2: zero, y1: 0, y2: height - 24 }),
      draw("text", { class: "label", x: (gutter + width) / 2, y: height - 6, "text-anchor": "middle" }, chart.x));
    body.append(svg);
  }
  function confusion(body, width, chart) {
    const { labels, counts } = chart, n = labels.length;
    const gutter = 22 + Math.min(110, 10 + 6.6 * Math.max(...labels.map((label) => label.length)));
    const size = Math.max(14, Math.min(72, (width - gutter - 8) / n)), side = size * n, height = side + 44;
    const left = Math.max(gutter, (width - side) / 2);
    const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img" });
    const totals = counts.map((line) => line.reduce((a, b) => a + b, 0) || 1);
    const most = chart.normalized ? 1 : Math.max(1, ...counts.flat());
    const clip = (label) => (label.length > 15 ? label.slice(0, 14) + "…" : label);
    counts.forEach((line, i) => {
      svg.append(draw("text", { x: left - 8, y: (i + 0.5) * size + 4, "text-anchor": "end" }, clip(labels[i]), draw("title", null, labels[i])));
      line.forEach((count, j) => {
        const share = count / totals[i], weight = (chart.normalized ? share : count) / most;
        const shown = chart.normalized ? share.toFixed(2) : count.toLocaleString("en");
        svg.append(draw("rect", { class: "cell", x: left + j * size, y: i * size, width: size, height: size, rx: 4, fill: `rgba(var(--heat), ${(0.06 + 0.94 * weight).toFixed(3)})` },
          draw("title", null, `${chart.x} ${labels[i]}, ${chart.y} ${labels[j]}: ${count.toLocaleString("en")} (${(share * 100).toFixed(1)} % of the row)`)));
        if (size >= 34) {
          const style = `fill: ${weight > 0.55 ? "var(--card)" : "var(--ink)"}`;
          const room = size / (shown.length * 0.62);
          svg.append(draw("text", { class: "cell-count", x: left + (j + 0.5) * size, y: (i + 0.5) * size + (size > 50 ? 0 : 4), "text-anchor": "middle", style: `${style}; font-size: ${Math.min(13, room).toFixed(1)}px` }, shown));
          if (size > 50 && !chart.normalized) svg.append(draw("text", { x: left + (j + 0.5) * size, y: (i + 0.5) * size + 16, "text-anchor": "middle", style }, `${(share * 100).toFixed(1)} %`));
        }
      });
    });
    const turn = size < 34;
    labels.forEach((label, j) => {
      if (!turn) svg.append(draw("text", { x: left + (j + 0.5) * size, y: side + 16, "text-anchor": "middle" }, size > 60 || label.length < 8 ? clip(label) : label.slice(0, 6) + "…", draw("title", null, label)));
    });
    svg.append(draw("text", { class: "label", x: left + side / 2, y: height - 6, "text-anchor": "middle" }, chart.y),
      draw("text", { class: "label", transform: `translate(${Math.max(11, left - gutter + 11)} ${side / 2}) rotate(-90)`, "text-anchor": "middle" }, chart.x));
    body.append(svg);
  }
  const kinds = { line: plot, scatter: plot, bar: bars, confusion, none: (body, _, chart) => body.append(make("p", { class: "note" }, chart.reason)) };

  // ── Cards ────────────────────────────────────────────────────────────────────────────────────────────────────
  function chartCard(chart) {
    const body = make("div", { style: "position: relative" });
    const paint = () => { const width = Math.max(260, body.clientWidth); body.replaceChildren(); kinds[chart.kind](body, width, chart); };
    const positive = chart.series && chart.toggle && chart.series.every((series) => series.points[1].every((value) => value > 0));
    let button = null;
    if (positive) {
      button = make("button", { class: "toggle", type: "button", "aria-pressed": logarithmic.has(chart.id) }, "log");
      button.addEventListener("click", () => {
        logarithmic.has(chart.id) ? logarithmic.delete(chart.id) : logarithmic.add(chart.id);
        button.setAttribute("aria-pressed", logarithmic.has(chart.id));
        paint();
      });
    } else logarithmic.delete(chart.id);
    const legend = chart.series && chart.series.length > 1
      ? make("div", { class: "legend" }, ...chart.series.map((series, index) => make("span", { style: `--color: ${color(index)}` }, series.name))) : null;
    const notes = [chart.note, chart.more ? `${chart.more} more not shown` : null].filter(Boolean);
    const card = make("section", { class: "card" }, make("div", { class: "head" }, make("h3", null, chart.title), button), legend, body,
      notes.length ? make("div", { class: "note" }, notes.join(" · ")) : null);
    new ResizeObserver(() => { if (body.clientWidth && body.clientWidth !== body.drawn) { body.drawn = body.clientWidth; requestAnimationFrame(paint); } }).observe(body);
    return card;
  }
  function kept(id, value, build) {
    const key = JSON.stringify(value);
    const known = cards.get(id);
    if (known && known.key === key) return known.node;
    const node = build(value);
    cards.set(id, { key, node });
    return node;
  }
  // "train/loss" and "eval/loss" share a chart: the same quantity, measured on different data.
  function metricCharts(curves) {
    const groups = new Map();
    for (const curve of curves) {
      const cut = curve.name.indexOf("/"), title = cut < 0 ? curve.name : curve.name.slice(cut + 1);
      if (!groups.has(title)) groups.set(title, []);
      groups.get(title).push(curve);
    }
    return [...groups].map(([title, members]) => {
      const drawn = members.filter((curve) => curve.points[0].length);
      const skipped = members.reduce((sum, curve) => sum + curve.skipped, 0);
      return {
        id: `metric ${title}`, kind: drawn.length ? "line" : "none", title: members.length > 1 ? title : members[0].name, x: "step", y: "", toggle: true,
        reason: "no numbers to draw", note: skipped && drawn.length ? `not drawn: ${skipped} that ${skipped > 1 ? "are not finite numbers" : "is not a finite number"}` : null,
        series: drawn.map((curve) => ({ name: curve.name, points: curve.points })),
      };
    });
  }
  function plotChart(chart, _, all) {
    const shared = all.some((other) => other !== chart && other.title === chart.title);
    const unit = chart.series && chart.series.every((series) => series.points.every((values) => values.every((value) => value >= 0 && value <= 1)));
    return { ...chart, id: `plot ${chart.name}`, title: !chart.title ? chart.name : shared ? `${chart.title}: ${chart.name}` : chart.title, diagonal: chart.diagonal && unit };
  }
  function table(title, heads, rows, classes) {
    return make("section", { class: "card" }, make("div", { class: "head" }, make("h3", null, title)),
      make("div", { class: "scroll" }, make("table", null,
        heads ? make("tr", null, ...heads.map((head, index) => make("th", { class: classes[index] }, head))) : null,
        ...rows.map((row) => make("tr", null, ...row.map((cell, index) => make("td", { class: classes[index] }, cell === null ? "" : cell)))))));
  }
  function imageCard(image) {
    return make("section", { class: "card" }, make("div", { class: "head" }, make("h3", null, image.name)),
      image.source ? make("img", { src: image.source, alt: image.name }) : make("p", { class: "note" }, image.note));
  }
  function section(title, nodes, kind) {
    return nodes.length ? [title ? make("h2", null, title) : null, make("div", { class: kind }, ...nodes)].filter(Boolean) : [];
  }

  function facts() {
    const running = data.status === "running", quiet = Date.now() / 1000 - data.updated;
    return [data.step === null ? null : `step ${data.step}`, `${ago(data.updated - data.started)} ${running ? "so far" : "in all"}`,
      `updated ${new Date(data.updated * 1000).toLocaleTimeString()}${running && quiet > 30 ? `, ${ago(quiet)} ago` : ""}`].filter(Boolean).join(" · ");
  }
  function show() {
    const summaryHeads = data.summary.some((row) => row[2] !== null) ? ["metric", "last", "lowest", "highest"] : null;
    const summaryRows = summaryHeads ? data.summary : data.summary.map((row) => row.slice(0, 2));
    const tables = [
      data.summary.length ? kept("summary", summaryRows, (rows) => table("Metrics", summaryHeads, rows, ["", "number value", "number soft", "number soft"])) : null,
      data.params.length ? kept("params", data.params, (rows) => table("Parameters", null, rows, ["", "text value"])) : null,
    ].filter(Boolean);
    const charts = metricCharts(data.curves).map((chart) => kept(chart.id, chart, chartCard));
    const plots = data.plots.map(plotChart).map((chart) => kept(chart.id, chart, chartCard));
    const images = data.images.map((image) => kept(`image ${image.name}`, image, imageCard));
    const empty = tables.length + charts.length + plots.length + images.length ? [] : [make("p", { class: "note" }, "Nothing has been logged yet.")];
    document.title = `${data.title}: ${data.status}`;
    document.getElementById("page").replaceChildren(
      make("header", null, make("h1", null, data.title), make("span", { class: `status ${data.status}` }, data.status), make("span", { class: "facts" }, facts())),
      ...section(null, tables, "tables"), ...section("History", charts, "charts"), ...section("Plots", plots, "charts"), ...section("Images", images, "charts"), ...empty,
      make("footer", null, data.status === "running" ? "This page follows the run while it is open." : "The run is over; this page is complete in itself."));
  }

  // ── Following the run ────────────────────────────────────────────────────────────────────────────────────────
  function wait() {
    if (data.status !== "running") return;
    // Long without news: the run may take hours a step or may have been killed, so look less often.
    const quiet = Date.now() - data.updated * 1000;
    setTimeout(look, Math.min(SLOWEST_MS, Math.max(FASTEST_MS, quiet / 20)));
  }
  function look() {
    if (document.hidden) return document.addEventListener("visibilitychange", look, { once: true });
    const feed = make("iframe", { src: `${location.href.split(/[?#]/)[0]}?feed=${Date.now()}`, "aria-hidden": "true" });
    const finish = () => { window.removeEventListener("message", take); clearTimeout(limit); feed.remove(); wait(); };
    const take = (event) => {
      if (event.source !== feed.contentWindow) return;
      if (event.data.updated !== data.updated) { data = event.data; show(); } else document.querySelector(".facts").textContent = facts();
      finish();
    };
    const limit = setTimeout(() => { sessionStorage.setItem("scroll", String(scrollY)); location.reload(); }, 10000); // frames are not allowed here
    window.addEventListener("message", take);
    document.body.append(feed);
  }
  show();
  const scroll = sessionStorage.getItem("scroll");
  if (scroll !== null) { sessionStorage.removeItem("scroll"); requestAnimationFrame(() => scrollTo(0, Number(scroll))); }
  wait();
})();
