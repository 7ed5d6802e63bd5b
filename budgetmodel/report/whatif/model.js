/* The program of a scenario at positions of its sliders, and the proof of what a solver says of it.
   Arrays come from the page's data; nothing here knows what a rule or a place is. */
"use strict";

const PARTS = ["lower", "upper", "low", "high", "value", "shortfall", "objective"];
const TOLERANCE = { residual: 1e-6, gap: 1e-6 };

async function bytesOf(text) {
  const raw = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

async function unpacked(text) {
  const [kind, body] = [text.slice(0, 2), text.slice(3)];
  const buffer = await bytesOf(body);
  return { f8: Float64Array, i4: Int32Array, i1: Int8Array }[kind].from(
    new { f8: Float64Array, i4: Int32Array, i1: Int8Array }[kind](buffer));
}

/* A scenario's record with its arrays unpacked. */
async function opened(record) {
  const scenario = { ...record };
  for (const name of ["start", "index", "base", "cell", "column", "ratio"]) {
    scenario[name] = await unpacked(record[name]);
  }
  scenario.bases = [];
  for (const basis of record.bases) {
    scenario.bases.push(basis && {
      columns: await unpacked(basis.columns), rows: await unpacked(basis.rows) });
  }
  scenario.published = { ...record.published,
    money: await unpacked(record.published.money), x: await unpacked(record.published.x) };
  scenario.lastYear = { ...record.lastYear, columns: await unpacked(record.lastYear.columns) };
  scenario.sliders = [];
  for (const slider of record.sliders) {
    const steps = [];
    for (const step of slider.steps) steps.push(await unpacked(step));
    scenario.sliders.push({ ...slider, index: await unpacked(slider.index), steps,
      slope: slider.slope ? await unpacked(slider.slope) : null });
  }
  return scenario;
}

function valueAt(slider, position) {
  return Number((slider.published + position * slider.step).toFixed(slider.decimals));
}

/* The row of figures at positions: whole steps from the published value, one per slider. */
function figuresAt(scenario, positions) {
  const row = scenario.base.slice();
  scenario.sliders.forEach((slider, number) => {
    const position = positions[number];
    if (!position) return;
    const by = slider.slope ? valueAt(slider, position) - slider.published : 1;
    const added = slider.slope || slider.steps[slider.below + position];
    for (let i = 0; i < added.length; i += 1) row[slider.index[i]] += by * added[i];
  });
  const parts = {};
  let begin = 0;
  for (const name of PARTS) {
    parts[name] = row.subarray(begin, begin + scenario.parts[name]);
    begin += scenario.parts[name];
  }
  return parts;
}

function dot(one, other) {
  let sum = 0;
  for (let i = 0; i < one.length; i += 1) sum += one[i] * other[i];
  return sum;
}

/* Recompute from the program itself: by how much x misses it, and the lower bound that duals prove.
   extra: rows beyond those of the scenario, {index, value, lower, upper}. */
function proof(scenario, parts, cost, x, duals, extra) {
  const { start, index } = scenario;
  const { value, lower, upper, low, high } = parts;
  let missed = 0;
  let far = 1;
  for (const limit of lower) if (Number.isFinite(limit)) far = Math.max(far, Math.abs(limit));
  far *= 10;
  for (let j = 0; j < x.length; j += 1) missed = Math.max(missed, low[j] - x[j], x[j] - high[j]);
  const reduced = cost.slice();
  let bound = 0;
  const least = (price, under, over) => price > 0
    ? price * (Number.isFinite(under) ? under : -far) : price * (Number.isFinite(over) ? over : far);
  const safe = (price, under, over) =>
    (price > 0 && !Number.isFinite(under)) || (price < 0 && !Number.isFinite(over)) ? 0 : price;
  const row = (from, to, at, coefficient, under, over, dual) => {
    const price = safe(dual, under, over);
    let activity = 0;
    for (let n = from; n < to; n += 1) {
      activity += coefficient[n] * x[at[n]];
      reduced[at[n]] -= price * coefficient[n];
    }
    missed = Math.max(missed, under - activity, activity - over);
    if (price) bound += least(price, under, over);
  };
  for (let i = 0; i < lower.length; i += 1) {
    row(start[i], start[i + 1], index, value, lower[i], upper[i], duals[i]);
  }
  extra.forEach((each, n) => row(0, each.index.length, each.index, each.value, each.lower, each.upper,
    duals[lower.length + n]));
  let dualMissed = 0;
  for (let j = 0; j < x.length; j += 1) {
    if (reduced[j]) bound += least(reduced[j], low[j], high[j]);
    if ((reduced[j] > 0 && !Number.isFinite(low[j])) || (reduced[j] < 0 && !Number.isFinite(high[j]))) {
      dualMissed = Math.max(dualMissed, Math.abs(reduced[j]));
    }
  }
  const objective = dot(cost, x);
  const gap = objective - bound;
  const proved = missed <= TOLERANCE.residual && dualMissed <= TOLERANCE.residual
    && Math.abs(gap) <= TOLERANCE.gap * Math.max(1, Math.abs(objective));
  return { proved, missed, dualMissed, objective, bound, gap };
}

/* What each place gets in each year, place x years + year. */
function moneyOf(scenario, x) {
  const money = new Float64Array(scenario.places.length * scenario.years.length);
  for (let i = 0; i < scenario.cell.length; i += 1) money[scenario.cell[i]] += x[scenario.column[i]];
  return money;
}

/* The headline's own definition: 1 less the last year's index over 100; null where the objective is another. */
function closedBy(scenario, parts, x) {
  if (!scenario.objective.isIndex || !scenario.lastYear.columns.length) return null;
  let year = 0;
  for (const column of scenario.lastYear.columns) year += parts.objective[column] * x[column];
  return 1 - year / scenario.lastYear.weight / 100;
}

function distances(scenario, x) {
  return Array.from(scenario.ratio, (column) => (column < 0 ? null : x[column] - 1));
}
