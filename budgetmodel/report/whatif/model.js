/* The program of a scenario at positions of its sliders, and the proof of what a solver says of it.
   Arrays come from the page's data; nothing here knows what a rule or a place is. */
"use strict";

const PARTS = ["lower", "upper", "low", "high", "value", "shortfall", "objective"];
/* Gap of the two stages whose values are shown; the least move is shown in £0.1m and proved to £1,000. */
const TOLERANCE = { residual: 1e-6, gap: 1e-6, move: 1e-3 };
const CLEAN = 1e-9;

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
  scenario.basis = record.basis && {
    columns: await unpacked(record.basis.columns), rows: await unpacked(record.basis.rows) };
  scenario.published = { ...record.published,
    money: await unpacked(record.published.money) };
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

/* Upper bounds of columns that follow from the rows: what no feasible x exceeds. They keep the rounding of duals from
   being multiplied by all the money there is. */
function impliedHighs(scenario, parts) {
  const { start, index } = scenario;
  const { value, lower, upper, low } = parts;
  const high = parts.high.slice();
  const tighten = (from, to, sign, limit) => { // sign x row <= limit
    let least = 0;
    let open = -1;
    for (let n = from; n < to; n += 1) {
      const a = sign * value[n];
      const part = a > 0 ? a * low[index[n]] : a < 0 ? a * high[index[n]] : 0;
      if (Number.isFinite(part)) least += part;
      else if (open >= 0) return;
      else open = n;
    }
    for (let n = from; n < to; n += 1) {
      const a = sign * value[n];
      if (a <= 0 || (open >= 0 && open !== n)) continue;
      const j = index[n];
      const most = (limit - least + (open === n ? 0 : a * low[j])) / a;
      if (most < high[j]) high[j] = Math.max(most, low[j]) * (1 + 1e-9) + 1e-9;
    }
  };
  for (let pass = 0; pass < 3; pass += 1) {
    for (let i = 0; i < lower.length; i += 1) {
      if (Number.isFinite(upper[i])) tighten(start[i], start[i + 1], 1, upper[i]);
      if (Number.isFinite(lower[i])) tighten(start[i], start[i + 1], -1, -lower[i]);
    }
  }
  return high;
}

/* Recompute from the program itself: by how much x misses it, and the lower bound that duals prove. Any duals prove
   a bound: those that are rounding only (smaller than CLEAN) are left out too, and the better bound counts.
   extra: rows beyond those of the scenario, {index, value, lower, upper}. */
function proof(scenario, parts, cost, x, duals, extra, allowed = TOLERANCE.gap) {
  const as = bounded(scenario, parts, cost, x, duals, extra, allowed);
  if (as.proved) return as;
  const cleaned = bounded(scenario, parts, cost, x, duals.map((each) => (Math.abs(each) < CLEAN ? 0 : each)), extra,
    allowed);
  return cleaned.bound > as.bound ? cleaned : as;
}

function bounded(scenario, parts, cost, x, duals, extra, allowed) {
  const { start, index } = scenario;
  const { value, lower, upper, low, high } = parts;
  const most = impliedHighs(scenario, parts);
  const objective = dot(cost, x);
  if (low.every((each) => each >= 0) && cost.every((each) => each >= 0)) { // nothing better spends more on a column
    cost.forEach((each, j) => { if (each > 0) most[j] = Math.min(most[j], low[j] + (objective + 1e-6) / each); });
  }
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
    if (reduced[j]) bound += least(reduced[j], low[j], most[j]);
    if ((reduced[j] > 0 && !Number.isFinite(low[j])) || (reduced[j] < 0 && !Number.isFinite(high[j]))) {
      dualMissed = Math.max(dualMissed, Math.abs(reduced[j]));
    }
  }
  const gap = objective - bound;
  const proved = missed <= TOLERANCE.residual && dualMissed <= TOLERANCE.residual
    && Math.abs(gap) <= allowed * Math.max(1, Math.abs(objective));
  return { proved, missed, dualMissed, objective, bound, gap };
}

/* Whether row prices prove that nothing is feasible: by them, 0 would have to be more than 0. */
function provesNothing(scenario, parts, ray) {
  const none = new Float64Array(scenario.columns);
  return [1, -1].some((sign) => bounded(scenario, parts, none, none, ray.map((each) => sign * each), [], 0).bound > 1e-7);
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
