/* The page: sliders in, questions to the worker, figures out. Names of the workbook are text, never markup. */
"use strict";

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const state = { scenario: 0, positions: [], number: 0, worker: null, ready: false, busy: false, last: null, timer: 0 };

function made(name, words, more = {}) {
  const node = document.createElement(name);
  if (words !== undefined) node.textContent = words;
  for (const [key, value] of Object.entries(more)) {
    if (key === "class") node.className = value;
    else node.setAttribute(key, value);
  }
  return node;
}

const record = () => data.scenarios[state.scenario];
const positionsOf = (scenario) => scenario.sliders.map(() => 0);
const numberText = (value, digits) => {
  const text = Math.abs(value).toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return value < 0 && Number(value.toFixed(digits)) !== 0 ? `\u2212${text}` : text;
};
const signed = (value, digits) => (Number(value.toFixed(digits)) > 0 ? "+" : "") + numberText(value, digits);

function sliderValue(slider, position) {
  return Number((slider.published + position * slider.step).toFixed(slider.decimals));
}

function shown(slider, position) {
  const value = sliderValue(slider, position);
  if (slider.percent) return `${numberText(value * 100, Math.max(0, slider.decimals - 2))}%`;
  return numberText(value, slider.decimals) + (slider.sign ? ` ${slider.sign}` : "");
}

/* ---- the sliders ---------------------------------------------------------------------------------------------- */

function drawSliders() {
  const box = byId("controls");
  box.replaceChildren();
  record().sliders.forEach((slider, number) => {
    const id = `slider-${number}`;
    const frame = made("div", undefined, { class: "slider" });
    const input = made("input", undefined, { type: "range", id, min: -slider.below, max: slider.above, step: 1,
      "aria-describedby": `${id}-of` });
    const label = made("label", `${slider.name}: `, { for: id });
    const output = made("output", "", { for: id, id: `${id}-value` });
    label.append(output);
    const ends = made("div", undefined, { class: "ends" });
    ends.append(made("span", shown(slider, -slider.below)),
      made("span", `published ${shown(slider, 0)}`), made("span", shown(slider, slider.above)));
    const lonely = slider.alone ? " Moved alone: its effect depends on the others, which go back." : "";
    frame.append(label, made("p", `${slider.of}.${lonely}`, { class: "note", id: `${id}-of` }), input, ends);
    input.addEventListener("input", () => move(number, Number(input.value)));
    box.append(frame);
  });
  const left = byId("left-out");
  left.replaceChildren(...record().leftOut.map((words) => made("li", words)));
  byId("left-out-part").hidden = record().leftOut.length === 0;
  showPositions();
}

function showPositions() {
  record().sliders.forEach((slider, number) => {
    const input = byId(`slider-${number}`);
    input.value = state.positions[number];
    input.setAttribute("aria-valuetext", shown(slider, state.positions[number]));
    byId(`slider-${number}-value`).textContent = shown(slider, state.positions[number]);
    input.parentElement.classList.toggle("moved", state.positions[number] !== 0);
  });
  const moved = state.positions.some((position) => position !== 0);
  for (const id of ["reset", "copy", "save"]) byId(id).disabled = !moved;
}

function move(number, position) {
  const { sliders } = record();
  const back = [];
  sliders.forEach((other, n) => {
    if (n !== number && state.positions[n] && (sliders[number].alone || other.alone)) {
      back.push(other.name);
      state.positions[n] = 0;
    }
  });
  state.positions[number] = position;
  byId("note").textContent = back.length
    ? `Back to its published value, since the two act on each other: ${back.join(", ")}.` : "";
  changed();
}

function changed() {
  showPositions();
  const told = new URLSearchParams();
  told.set("s", record().name);
  record().sliders.forEach((slider, n) => {
    if (state.positions[n]) told.append(slider.name, sliderValue(slider, state.positions[n]).toFixed(slider.decimals));
  });
  history.replaceState(null, "", `#${told}`);
  byId("rows").hidden = true;
  clearTimeout(state.timer);
  pending();
  state.timer = setTimeout(ask, 120);
}

function readLink() {
  const told = new URLSearchParams(location.hash.slice(1));
  const at = data.scenarios.findIndex((scenario) => scenario.name === told.get("s"));
  state.scenario = at < 0 ? 0 : at;
  state.positions = positionsOf(record());
  record().sliders.forEach((slider, n) => {
    if (!told.has(slider.name)) return;
    const position = Math.round((Number(told.get(slider.name)) - slider.published) / slider.step);
    if (Number.isFinite(position)) state.positions[n] = Math.min(slider.above, Math.max(-slider.below, position));
  });
  const lonely = record().sliders.findIndex((slider, n) => slider.alone && state.positions[n]);
  if (lonely >= 0) state.positions = state.positions.map((position, n) => (n === lonely ? position : 0));
}

/* ---- the worker ------------------------------------------------------------------------------------------------ */

function startWorker() {
  if (state.worker) state.worker.terminate();
  state.ready = false;
  state.busy = false;
  const source = byId("highs").textContent + byId("worker").textContent;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  state.worker = new Worker(address);
  state.worker.onmessage = ({ data: told }) => heard(told);
  state.worker.onerror = (event) => barred(event.message || "the worker did not start");
  state.worker.postMessage({ kind: "begin", wasm: byId("wasm").textContent, records: data.scenarios });
}

function ask() {
  if (!state.worker) return;
  state.number += 1;
  if (state.busy) startWorker();
  if (!state.ready) return;
  state.busy = true;
  state.worker.postMessage({ number: state.number, scenario: state.scenario, positions: state.positions });
}

function heard(told) {
  if (told.kind === "ready") {
    state.ready = true;
    document.body.dataset.solver = "ready";
    ask();
    return;
  }
  if (told.kind === "failed" && told.number === undefined) {
    barred(told.words);
    return;
  }
  if (told.number !== state.number) return;
  if (told.kind === "progress") {
    byId("progress").value = told.share;
    return;
  }
  state.busy = false;
  byId("progress").classList.remove("on");
  if (told.kind === "failed") notProved(told.words);
  else if (told.found.infeasible) infeasible(told.found);
  else if (!told.found.proved) notProved("the residuals or the gap, worked out again here, are too large");
  else figures(told.found);
  document.body.dataset.answered = String(state.number);
}

function barred(words) {
  if (state.worker) state.worker.terminate();
  state.worker = null;
  document.body.dataset.solver = "barred";
  byId("what-if").hidden = true;
  byId("barred").hidden = false;
  byId("barred-why").textContent = words;
  byId("static").hidden = false;
}

function pending() {
  delete document.body.dataset.answered;
  document.body.dataset.outcome = "";
  const bar = byId("progress");
  bar.classList.add("on");
  bar.value = 0.05;
  byId("answer").classList.add("stale");
  say("Solving \u2026", "");
}

function say(words, kind) {
  const verdict = byId("verdict");
  verdict.textContent = words;
  verdict.className = `verdict ${kind}`;
}

/* ---- what is shown --------------------------------------------------------------------------------------------- */

function nothing(words) {
  state.last = null;
  byId("figures").hidden = true;
  byId("answer").classList.remove("stale");
  byId("offers").replaceChildren();
  say(words, "bad");
}

function notProved(words) {
  document.body.dataset.outcome = "not proved";
  nothing(`Not proved, so no figures: ${words}.`);
}

function infeasible(found) {
  document.body.dataset.outcome = "infeasible";
  const { sliders } = record();
  const named = found.conflict.map((n) => `${sliders[n].name} at ${shown(sliders[n], state.positions[n])}`);
  nothing(`No allocation keeps every must rule here: ${named.join(" and ")} ${named.length > 1 ? "conflict" : "is too far"}.`);
  for (const offer of found.offers) {
    if (offer.position === null) continue;
    const slider = sliders[offer.number];
    const button = made("button", `Use the nearest that works: ${slider.name} at ${shown(slider, offer.position)}`,
      { type: "button" });
    button.addEventListener("click", () => {
      state.positions[offer.number] = offer.position;
      changed();
      byId(`slider-${offer.number}`).focus();
    });
    byId("offers").append(button);
  }
  offerTogether(found);
}

function offerTogether(found) {
  if (!found.together) return;
  const button = made("button", found.together.some((position) => position)
    ? "Use the nearest that works: every slider moved as far as all can be together" : "Use the published values",
  { type: "button" });
  button.addEventListener("click", () => { state.positions = found.together.slice(); changed(); });
  byId("offers").append(button);
}

function card(value, words) {
  const item = made("li");
  item.append(made("b", value), made("span", words));
  return item;
}

function figures(found) {
  state.last = found;
  document.body.dataset.outcome = "proved";
  const scenario = record();
  byId("answer").classList.remove("stale");
  byId("offers").replaceChildren();
  byId("figures").hidden = false;
  const gap = Math.max(...found.proofs.slice(0, 2).map((each) => Math.abs(each.gap)));
  say(`Proved: recomputed here, no row is missed by more than ${Math.max(...found.proofs.map((p) => p.missed)).toExponential(1)}`
    + ` and no lower value is possible beyond ${gap.toExponential(1)}.`, "good");
  const { index, shortfall } = scenario.published;
  const unit = scenario.objective.unit ? ` ${scenario.objective.unit}` : "";
  const label = scenario.objective.label;
  const cards = [card(numberText(found.objective, 2) + unit,
    `${label[0].toUpperCase()}${label.slice(1)}; published ${numberText(index, 2)}${unit}`)];
  if (found.closed !== null) {
    cards.push(card(`${numberText(found.closed * 100, 1)}%`, `of the gap closed by ${scenario.years.at(-1)}`));
  }
  cards.push(card(`\u00a3${numberText(found.shortfall, 2)}m`,
    `weighted shortfall on should rules; published \u00a3${numberText(shortfall, 2)}m`));
  byId("cards").replaceChildren(...cards);
  document.body.dataset.index = String(found.objective);
  document.body.dataset.shortfall = String(found.shortfall);
  drawPlaces(found);
}

function drawPlaces(found) {
  const scenario = record();
  const years = scenario.years.length;
  const of = (money, place) => {
    let sum = 0;
    for (let t = 0; t < years; t += 1) sum += money[place * years + t];
    return sum;
  };
  const rows = scenario.places.map((name, place) => ({ name, published: data.published[state.scenario][place],
    now: of(found.money, place), distance: found.distance[place] }));
  const widest = Math.max(0.05, ...rows.map((row) => Math.abs(row.now - row.published)));
  byId("rows-of-places").replaceChildren(...rows.map((row) => {
    const line = made("tr");
    const by = row.now - row.published;
    const picture = made("td");
    const bar = made("div", undefined, { class: "bar", "aria-hidden": "true" });
    const mark = made("i", undefined, { class: by < 0 ? "less" : "more" });
    const width = 50 * Math.abs(by) / widest;
    mark.style.width = `${width}%`;
    mark.style.left = by < 0 ? `${50 - width}%` : "50%";
    bar.append(mark);
    picture.append(bar);
    line.append(made("th", row.name, { scope: "row" }), made("td", numberText(row.published, 1), { class: "figure" }),
      made("td", numberText(row.now, 1), { class: "figure" }), made("td", signed(by, 1), { class: "figure" }), picture,
      made("td", row.distance === null ? "no need" : `${signed(row.distance * 100, 1)}%`, { class: "figure" }));
    return line;
  }));
  const more = rows.filter((row) => row.now - row.published > 0.05).sort((a, b) => b.now - b.published - a.now + a.published);
  const less = rows.filter((row) => row.published - row.now > 0.05).sort((a, b) => a.now - a.published - b.now + b.published);
  const words = (list) => list.map((row) => `${row.name} (${signed(row.now - row.published, 1)})`).join(", ");
  byId("who-more").textContent = more.length ? `More than published: ${words(more)}.` : "No place gets more than published.";
  byId("who-less").textContent = less.length ? `Less than published: ${words(less)}.` : "No place gets less than published.";
  byId("moved").textContent = `Of all allocations with this answer, these are the nearest to the published one: `
    + `\u00a3${numberText(found.moved / 2, 1)}m move between places and years, all years together.`;
}

/* ---- taking it away -------------------------------------------------------------------------------------------- */

const HEADINGS = ["Scenario", "Based on", "Purpose", "Table", "Where", "Field", "Change", "Value", "Reason"];

function changeRows() {
  const scenario = record();
  const name = `What if (${scenario.name})`;
  return scenario.sliders.flatMap((slider, n) => (state.positions[n] ? [[name, scenario.name, "What if, from the page",
    slider.table, slider.where, slider.field, slider.change,
    sliderValue(slider, state.positions[n]).toFixed(slider.decimals), `What if: ${slider.name}`]] : []));
}

const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function pack() {
  return [HEADINGS, ...changeRows()].map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
}

function copyRows() {
  const columns = [0, 3, 6, 4, 5, 7, 8]; // as the sheet Changes has them: Scenario, Table, Change, Where, Field, Value
  const rows = changeRows().map((row) => {
    const cells = columns.map((at) => row[at]);
    cells.splice(6, 0, "");
    return cells.join("\t");
  });
  const box = byId("rows");
  box.hidden = false;
  box.value = rows.join("\n");
  box.focus();
  box.select();
  const told = () => { byId("note").textContent = "Copied: paste it under the last row of the sheet Changes, and name the scenario on Scenarios."; };
  if (navigator.clipboard) navigator.clipboard.writeText(box.value).then(told, () => 0);
}

function savePack() {
  const link = made("a", "", { download: "what_if_pack.csv",
    href: URL.createObjectURL(new Blob(["\ufeff", pack()], { type: "text/csv" })) });
  document.body.append(link);
  link.click();
  link.remove();
  byId("note").textContent = "Saved what_if_pack.csv: budgetmodel run WORKBOOK --pack what_if_pack.csv solves it in full.";
}

/* ---- the beginning --------------------------------------------------------------------------------------------- */

function begin() {
  if (typeof WebAssembly === "undefined" || typeof Worker === "undefined" || typeof DecompressionStream === "undefined") {
    barred("this browser has no WebAssembly, workers or decompression");
    return;
  }
  byId("static").hidden = true;
  byId("what-if").hidden = false;
  const select = byId("scenario");
  data.scenarios.forEach((scenario, n) => select.append(made("option", scenario.name, { value: n })));
  byId("scenario-part").hidden = data.scenarios.length < 2;
  readLink();
  select.value = state.scenario;
  select.addEventListener("change", () => {
    state.scenario = Number(select.value);
    state.positions = positionsOf(record());
    drawSliders();
    changed();
  });
  byId("reset").addEventListener("click", () => {
    state.positions = positionsOf(record());
    byId("note").textContent = "Everything is as published.";
    changed();
  });
  byId("copy").addEventListener("click", copyRows);
  byId("save").addEventListener("click", savePack);
  window.addEventListener("hashchange", () => { readLink(); drawSliders(); changed(); });
  drawSliders();
  pending();
  try {
    startWorker();
  } catch (error) {
    barred(String(error.message || error));
  }
}

begin();
