(() => {
"use strict";
const root = document.documentElement;
const page = JSON.parse(document.getElementById("page-data").textContent);
const arms = new Map((page.arms || []).map(a => [a.id, a]));
const hidden = new Set();
const charts = [];
const paperWidth = 690; // of A4 between its margins
let printing = false;

// Numbers, by the rules of the tables beside the charts: three significant digits, no exponent in the ordinary range.
function sig(v) {
  if (v === 0) return "0";
  const abs = Math.abs(v);
  if (abs < 1e-6 || abs >= 1e9) return v.toExponential(2);
  const [mantissa, exponent] = v.toExponential(2).split("e");
  return Number(mantissa + "e" + exponent).toFixed(Math.max(0, 2 - Number(exponent)));
}
const timeUnits = [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9]];
const byteUnits = [["B", 1], ["kB", 1e3], ["MB", 1e6], ["GB", 1e9]];
function scaled(v, units) {
  let best = units[0];
  for (const u of units) if (Math.abs(v) >= 0.9995 * u[1]) best = u;
  return sig(v / best[1]) + " " + best[0];
}
const nanoseconds = v => scaled(v, timeUnits);
const bytes = v => scaled(v, byteUnits);
const trimmed = text => text.replace(/(\.\d*?)0+(?= |$)/, "$1").replace(/\.(?= |$)/, "");
const short = f => v => v == null ? "" : trimmed(f(v));

function hue(id) {
  const probe = document.createElement("span");
  probe.className = "probe arm-" + id;
  document.body.append(probe);
  const c = getComputedStyle(probe).color;
  probe.remove();
  return c;
}
const variable = name => getComputedStyle(root).getPropertyValue(name).trim();
function translucent(colour, alpha) { return "color-mix(in srgb, " + colour + " " + alpha + "%, transparent)"; }

// Markers tell the arms apart where colours do not.
function marker(kind, size) {
  return (u, series) => {
    const d = devicePixelRatio || 1, r = size * d, ctx = u.ctx, s = u.series[series], scale = s.scale;
    ctx.save();
    ctx.fillStyle = s.mark;
    const every = u.data[0].length > 60 ? Math.ceil(u.data[0].length / 24) : (s.sparse || 1);
    for (let i = 0; i < u.data[0].length; i += every) {
      const v = u.data[series][i];
      if (v == null) continue;
      const x = u.valToPos(u.data[0][i], "x", true), y = u.valToPos(v, scale, true);
      if (x < u.bbox.left - 1 || x > u.bbox.left + u.bbox.width + 1) continue;
      ctx.beginPath();
      if (kind === 1) ctx.rect(x - r, y - r, 2 * r, 2 * r);
      else if (kind === 2) { ctx.moveTo(x, y - 1.2 * r); ctx.lineTo(x + 1.2 * r, y + r); ctx.lineTo(x - 1.2 * r, y + r); }
      else if (kind === 3) { ctx.moveTo(x, y - 1.35 * r); ctx.lineTo(x + 1.35 * r, y); ctx.lineTo(x, y + 1.35 * r); ctx.lineTo(x - 1.35 * r, y); }
      else if (kind === 4) { ctx.rect(x - .35 * r, y - 1.2 * r, .7 * r, 2.4 * r); ctx.rect(x - 1.2 * r, y - .35 * r, 2.4 * r, .7 * r); }
      else ctx.arc(x, y, 1.1 * r, 0, 2 * Math.PI);
      ctx.fill();
    }
    ctx.restore();
  };
}

function lineOf(arm, width) {
  return { arm: arm.id, name: arm.name + (arm.invalid ? " (invalid)" : ""), invalid: arm.invalid, width, dash: (arm.dash || []).map(d => d * width), show: !hidden.has(arm.id) };
}

// Each builder makes { x, series, data, xs, ys, ... } from a table.
const builders = {
  "percentiles": t => byPercentile(t, "percentile of messages"),
  "recovery": t => byPercentile(t, "percentile of clients"),
  "latency-histogram": t => histogram(t, nanoseconds, "latency"),
  "overhead-histogram": t => histogram(t, bytes, "overhead per message"),
  "latency-over-time"(t) { return overTime(t); },
};

function byPercentile(t, xlabel) {
  const x = t.columns[0].n.map(p => -Math.log10(1 - Math.min(p, 99.99999999) / 100));
  const series = [], data = [x];
  for (const c of t.columns.slice(1)) {
    const arm = arms.get(c.arm);
    const rough = c.rough < 0 ? c.n.length : c.rough, n = c.n.map(v => v > 0 ? v : null);
    series.push({ ...lineOf(arm, 2.4), marker: arm.marker, sparse: 5 });
    data.push(n.map((v, i) => i < rough ? v : null));
    if (rough === c.n.length) continue;
    // What too few samples carry is drawn thin, from the last point that is firm.
    series.push({ ...lineOf(arm, 1), marker: -1, rough, dash: [3, 3] });
    data.push(n.map((v, i) => i >= rough - 1 ? v : null));
  }
  return {
    series, data, xlabel, height: 380, log: "y", value: nanoseconds,
    xtext: i => { const p = t.columns[0].n[i]; return "p" + Number(p.toFixed(Math.max(1, Math.ceil(x[i])))); },
    xaxis: { splits: (u, i, lo, hi) => [0, -Math.log10(.5), 1, 2, 3, 4, 5].filter(v => v >= lo && v <= hi), values: (u, vs) => vs.map(v => v === 0 ? "p0" : v < 1 ? "p50" : "p" + Number((100 * (1 - 10 ** -v)).toPrecision(7))) },
  };
}

// Bins without a message are not in the table; they are put back here, so that a gap reads as one.
function histogram(t, value, name) {
  const from = t.columns[0].n, to = t.columns[1].n, x = [], source = [];
  for (let i = 0; i < from.length; i++) {
    if (i > 0 && from[i] > to[i - 1] * 1.001) { x.push(to[i - 1]); source.push(-1); }
    x.push(from[i]); source.push(i);
  }
  if (from.length) { x.push(to[to.length - 1]); source.push(-1); }
  const series = [], data = [x];
  for (const c of t.columns.slice(2)) {
    const arm = arms.get(c.arm);
    series.push({ ...lineOf(arm, 1.8), marker: -1, fill: true, stepped: true });
    data.push(source.map(i => i < 0 ? 0 : c.n[i]));
  }
  const share = v => v === 0 ? "0 %" : sig(v) + " %";
  return { series, data, xlabel: name, height: 280, log: "x", steps: true, value: share, xvalue: value, ylabel: "share of messages",
    xtext: i => source[i] < 0 ? "from " + value(x[i]) : value(from[source[i]]) + " to " + value(to[source[i]]) };
}

// Rounds stand one after the other, each from its warm-up to its end.
function overTime(t) {
  const column = title => t.columns.find(c => c.title === title);
  const round = column("round").n, phase = column("phase"), from = column("from").n.map(v => v / 1e9), n = column("messages").n;
  const quantiles = ["p50", "p99", "max"].map(name => column(name).n);
  const rounds = [...new Set(round)].sort((a, b) => a - b), span = new Map();
  for (let i = 0; i < from.length; i++) {
    const s = span.get(round[i]) || { lo: Infinity, hi: -Infinity, steady: Infinity };
    s.lo = Math.min(s.lo, from[i]); s.hi = Math.max(s.hi, from[i] + 1);
    if (phase.dict[phase.w[i]] === "steady") s.steady = Math.min(s.steady, from[i]);
    span.set(round[i], s);
  }
  let at = 0, total = 0;
  for (const r of rounds) total += span.get(r).hi - span.get(r).lo;
  for (const r of rounds) { const s = span.get(r); s.offset = at - s.lo; s.begin = at; at += s.hi - s.lo; s.end = at; at += Math.max(.4, total * .015); }
  const places = [...new Set(from.map((v, i) => v + span.get(round[i]).offset))].sort((a, b) => a - b);
  // A null between two rounds keeps their lines apart.
  const x = [], index = new Map();
  for (const p of places) {
    if (rounds.some(r => span.get(r).begin > (x.at(-1) ?? 0) && span.get(r).begin <= p) && x.length) x.push((x.at(-1) + p) / 2);
    index.set(p, x.length); x.push(p);
  }
  const series = [], data = [x], bands = [];
  for (const id of new Set(t.arms)) {
    const arm = arms.get(id), lines = quantiles.map(() => new Array(x.length).fill(null));
    for (let i = 0; i < from.length; i++) {
      if (t.arms[i] !== id) continue;
      const place = index.get(from[i] + span.get(round[i]).offset);
      quantiles.forEach((q, k) => { lines[k][place] = q[i] > 0 ? q[i] : null; });
    }
    const first = series.length + 1;
    ["p50", "p99", "max"].forEach((q, k) => {
      series.push({ ...lineOf(arm, k ? 1 : 2.2), q, marker: k ? -1 : arm.marker, dots: k === 2 });
      if (k === 1) series.at(-1).dash = [];
      data.push(lines[k]);
    });
    bands.push({ series: [first + 1, first], arm: id });
  }
  const inRound = v => rounds.find(r => v >= span.get(r).begin - 1e-9 && v <= span.get(r).end) ?? rounds[0];
  return {
    series, data, bands, xlabel: "seconds since the schedule began, round by round", height: 340, log: "y", value: nanoseconds, banded: true,
    xtext: i => { const r = inRound(x[i]), s = span.get(r), v = x[i] - s.offset; return "round " + r + ", second " + Math.round(v) + (v < s.steady ? " (warm-up)" : ""); },
    xaxis: {
      splits: () => rounds.flatMap(r => { const s = span.get(r), ticks = [], step = niceStep((s.hi - s.lo) * rounds.length / 10); for (let v = 0; v < s.hi; v += step) ticks.push(v + s.offset); return ticks; }),
      values: (u, vs) => vs.map(v => trimmed((v - span.get(inRound(v)).offset).toFixed(1)) + " s"),
    },
    shade(u) {
      const ctx = u.ctx, { top, height } = u.bbox;
      ctx.save();
      for (const r of rounds) {
        const s = span.get(r), x0 = u.valToPos(s.begin, "x", true), x1 = u.valToPos((s.steady === Infinity ? s.hi : s.steady) + s.offset, "x", true);
        ctx.fillStyle = variable("--sunken"); ctx.fillRect(x0, top, x1 - x0, height);
        ctx.fillStyle = variable("--soft"); ctx.font = 11 * (devicePixelRatio || 1) + "px system-ui, sans-serif"; ctx.textBaseline = "top";
        ctx.fillText("round " + r, x0 + 4, top + 4);
        if (x1 - x0 > 60) ctx.fillText("warm-up", x0 + 4, top + 4 + 14 * (devicePixelRatio || 1));
      }
      ctx.restore();
    },
  };
}
function niceStep(v) { const p = 10 ** Math.floor(Math.log10(v)), m = v / p; return Math.max(1, (m < 1.5 ? 1 : m < 3.5 ? 2 : m < 7.5 ? 5 : 10) * p); }

// A logarithmic axis labels powers of ten and, where it spans few of them, 2 and 5.
function logSplits(lo, hi) {
  const steps = Math.log10(hi / lo) > 3 ? [1] : [1, 2, 5], out = [];
  for (let e = Math.floor(Math.log10(lo)); e <= Math.ceil(Math.log10(hi)); e++)
    for (const s of steps) { const v = s * 10 ** e; if (v >= lo && v <= hi) out.push(v); }
  return out;
}
// fitting leaves out labels that there is no room for, the powers of ten last.
function fitting(splits, room) {
  const kept = ["125", "15", "1"].map(digits => splits.filter(v => digits.includes(v.toExponential()[0])));
  return kept.find(k => k.length <= room) || kept[2];
}

class Chart {
  constructor(box) {
    this.box = box; this.name = box.dataset.chart; this.table = page.tables[this.name];
    this.figure = box.closest("figure"); this.readout = this.figure.querySelector("[data-readout]");
    this.model = builders[this.table.kind](this.table);
    this.log = true; this.logShare = true; this.bands = new Set(["p50", "p99", "max"]); this.index = null;
    const tools = this.figure.querySelector(".tools");
    tools.hidden = false;
    tools.addEventListener("click", e => { const b = e.target.closest("[data-scale]"); if (b) { this.log = !this.log; b.setAttribute("aria-pressed", this.log); this.draw(); }
      const share = e.target.closest("[data-share]"); if (share) { this.logShare = !this.logShare; share.setAttribute("aria-pressed", this.logShare); this.draw(); } });
    tools.addEventListener("change", e => { const q = e.target.dataset.band; if (q) { this.bands[e.target.checked ? "add" : "delete"](q); this.draw(); } });
    box.addEventListener("keydown", e => this.key(e));
    new ResizeObserver(() => { if (this.plot && box.clientWidth !== this.width) { this.width = box.clientWidth; this.plot.setSize({ width: this.width, height: this.model.height }); } }).observe(box);
    this.draw();
  }
  // larger is how much more the text must measure to be read on paper, where the drawing is shrunk into its column.
  larger() { return !printing ? 1 : Math.max(1, this.box.clientWidth / (getComputedStyle(this.figure).gridColumnStart === "1" ? paperWidth : paperWidth / 2.1)); }
  visible(s) { return !hidden.has(s.arm) && (!this.model.banded || this.bands.has(s.q)); }
  draw() {
    const m = this.model, logY = m.log === "y" ? this.log : this.logShare, logX = m.log === "x" && this.log;
    const ink = variable("--soft"), grid = { stroke: variable("--line"), width: 1 }, larger = this.larger(), font = 12 * larger + "px system-ui, sans-serif";
    // A logarithmic axis has no zero: bins without messages go below its end, so that the steps come down to it; elsewhere there is no line.
    const low = m.steps ? 1e-12 : null;
    const data = m.data.map((d, i) => i === 0 ? (logX ? d.map(v => Math.max(1, v)) : d) : logY ? d.map(v => v > 0 ? v : v === 0 ? low : null) : d);
    const text = m.xvalue || String, value = m.value;
    const lowHigh = () => {
      let lo = Infinity, hi = 0;
      m.series.forEach((s, i) => { if (this.visible(s)) for (const v of m.data[i + 1]) if (v != null) { if (v > 0) lo = Math.min(lo, v); hi = Math.max(hi, v); } });
      return hi === 0 ? [1e6, 1e9] : [lo, hi];
    };
    const options = {
      width: this.width = this.box.clientWidth, height: m.height * larger * (printing ? .72 : 1), legend: { show: false }, padding: [12, 14, 0, 0],
      cursor: { y: false, drag: { setScale: true, x: true, y: false }, points: { size: 7 }, focus: { prox: -1 } },
      scales: {
        x: { time: false, distr: logX ? 3 : 1, range: (u, lo, hi) => lo == null ? [1, 2] : lo === hi ? [lo - 1, hi + 1] : [lo, hi] },
        y: { distr: logY ? 3 : 1, range: () => { const [lo, hi] = lowHigh(); const from = m.steps ? Math.min(lo, hi / 100) : lo; // a single bin stands on an axis, too
          return logY ? [10 ** (Math.floor(4 * Math.log10(from)) / 4), 10 ** (Math.ceil(4 * Math.log10(hi * 1.02)) / 4)] : [0, hi * 1.06]; } },
      },
      axes: [
        { stroke: ink, grid, ticks: grid, font, label: m.xlabel, labelFont: font, labelSize: 20 * larger, size: 34 * larger, space: 50 * larger, ...(m.xaxis || { splits: logX ? (u, i, lo, hi) => fitting(logSplits(lo, hi), this.width / (64 * larger)) : undefined, filter: (u, vs) => vs, values: (u, vs) => vs.map(short(text)) }) },
        { stroke: ink, grid, ticks: grid, font, size: 64 * larger, splits: logY ? (u, i, lo, hi) => logSplits(lo, hi) : undefined, filter: (u, vs) => vs, values: (u, vs) => vs.map(short(value)) },
      ],
      series: [{}, ...m.series.map(s => {
        const colour = hue(s.arm);
        const series = { label: s.name, stroke: colour, mark: colour, width: s.width, dash: s.invalid ? [2, 4] : s.dash, show: this.visible(s), scale: "y", sparse: s.sparse, points: { show: s.dots, size: 4 } };
        if (s.dots) { series.width = 0; series.points = { show: true, size: 4, stroke: colour, fill: colour }; }
        if (s.stepped) series.paths = uPlot.paths.stepped({ align: 1 });
        if (s.fill) series.fill = translucent(colour, 14);
        return series;
      })],
      bands: (m.bands || []).filter(b => this.bands.has("p50") && this.bands.has("p99") && !hidden.has(b.arm)).map(b => ({ series: b.series, fill: translucent(hue(b.arm), 18) })),
      hooks: {
        drawClear: m.shade ? [u => m.shade(u)] : [],
        drawSeries: [(u, i) => { const s = m.series[i - 1]; if (s && s.marker >= 0 && this.visible(s)) marker(s.marker, 3.6)(u, i); }],
        setCursor: [u => this.read(u.cursor.idx)],
      },
    };
    if (this.plot) this.plot.destroy();
    this.plot = new uPlot(options, data, this.box);
    this.read(null);
  }
  read(i) {
    const m = this.model, box = this.readout;
    this.index = i;
    box.replaceChildren();
    const at = document.createElement("span");
    at.className = "at";
    if (i == null) { at.textContent = "Hover or press an arrow key to read values; drag to zoom, double-click to go back."; box.append(at); return; }
    at.textContent = m.xtext(i);
    box.append(at);
    m.series.forEach((s, k) => {
      const v = m.data[k + 1][i];
      if (!this.visible(s) || v == null || i < s.rough) return;
      const item = document.createElement("span"), b = document.createElement("b");
      item.dataset.arm = s.arm;
      if (s.q) item.dataset.quantile = s.q;
      item.textContent = s.name + (s.q ? " " + s.q : "") + " ";
      b.textContent = (s.rough != null ? "~" : "") + m.value(v);
      item.append(b);
      box.append(item);
    });
  }
  move(i) {
    const u = this.plot, last = u.data[0].length - 1;
    i = Math.max(0, Math.min(last, i));
    u.setCursor({ left: u.valToPos(u.data[0][i], "x"), top: 10 });
  }
  key(e) {
    const last = this.plot.data[0].length - 1, step = e.shiftKey ? 10 : 1;
    const to = { ArrowRight: (this.index ?? -1) + step, ArrowLeft: (this.index ?? last + 1) - step, Home: 0, End: last }[e.key];
    if (to == null) return;
    e.preventDefault();
    this.move(to);
  }
}

// A long table's rows are made when it is first opened, some hundred at a time.
const pageOfRows = 500;
function fill(table, name) {
  const t = page.tables[name], body = table.tBodies[0], total = t.columns[0].w ? t.columns[0].w.length : t.columns[0].n.length;
  const from = body.rows.length, to = Math.min(total, from + pageOfRows), rows = document.createDocumentFragment();
  for (let i = from; i < to; i++) {
    const row = document.createElement("tr");
    if (t.arms && t.arms[i] >= 0) { row.dataset.arm = t.arms[i]; row.classList.toggle("invalid", !!(arms.get(t.arms[i]) || {}).invalid); }
    t.columns.forEach((c, k) => {
      const cell = document.createElement(k ? "td" : "th");
      if (!k) cell.scope = "row";
      const v = c.w ? c.dict[c.w[i]] : c.n[i];
      cell.textContent = c.w ? v : v == null ? "n/a" : sig(v / c.size);
      row.append(cell);
    });
    rows.append(row);
  }
  body.append(rows);
  return total - to;
}
for (const table of document.querySelectorAll("table[data-long]")) {
  const details = table.closest("details"), name = table.dataset.long;
  const more = document.createElement("button");
  more.type = "button";
  const next = () => { const left = fill(table, name); more.textContent = "Show " + Math.min(left, pageOfRows) + " of " + left + " more rows"; more.hidden = left <= 0; };
  more.addEventListener("click", next);
  table.parentElement.after(more);
  if (details) details.addEventListener("toggle", () => { if (details.open && !table.tBodies[0].rows.length) next(); }); else next();
}

for (const input of document.querySelectorAll("[data-toggle]")) {
  const id = Number(input.dataset.toggle), part = input.closest(".part");
  input.checked = true; // a reload would keep it, and the charts would not know
  input.addEventListener("change", () => {
    hidden[input.checked ? "delete" : "add"](id);
    for (const el of part.querySelectorAll('[data-arm="' + id + '"]')) el.classList.toggle("off", !input.checked);
    for (const c of charts) if (part.contains(c.box)) c.draw();
  });
}

const theme = document.querySelector("[data-theme-toggle]");
if (theme) {
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const show = () => { theme.textContent = dark() ? "Light" : "Dark"; theme.setAttribute("aria-label", dark() ? "Change to light colours" : "Change to dark colours"); for (const c of charts) c.draw(); };
  theme.removeAttribute("aria-pressed");
  theme.hidden = false;
  theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; show(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  addEventListener("beforeprint", () => { printing = true; root.dataset.before = root.dataset.theme || ""; root.dataset.theme = "light"; show(); });
  addEventListener("afterprint", () => { printing = false; if (root.dataset.before) root.dataset.theme = root.dataset.before; else delete root.dataset.theme; show(); });
  show();
}

// Charts are made when they come near the screen: a page with many of them opens at once.
const near = new IntersectionObserver(seen => { for (const s of seen) if (s.isIntersecting) { near.unobserve(s.target); charts.push(new Chart(s.target)); } }, { rootMargin: "400px" });
for (const box of document.querySelectorAll("[data-chart]")) near.observe(box);
addEventListener("beforeprint", () => { for (const box of document.querySelectorAll("[data-chart]")) if (!charts.some(c => c.box === box)) { near.unobserve(box); charts.push(new Chart(box)); } });

// What is folded is printed, too; the data tables are not.
let unfolded = [];
addEventListener("beforeprint", () => { unfolded = [...document.querySelectorAll("main details:not([open]):not(.data)")]; for (const d of unfolded) d.open = true; });
addEventListener("afterprint", () => { for (const d of unfolded) d.open = false; unfolded = []; });
})();
