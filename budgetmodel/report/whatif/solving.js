/* The stages of a scenario by HiGHS: shortfall, objective, least move from the published allocation. Runs in a worker. */
"use strict";

const SETTINGS = {
  output_flag: false, random_seed: 0, primal_feasibility_tolerance: 1e-9, dual_feasibility_tolerance: 1e-9,
  small_matrix_value: 1e-12, solver: "simplex", presolve: "off", simplex_dual_edge_weight_strategy: 2,
  dual_simplex_cost_perturbation_multiplier: 0, primal_simplex_bound_perturbation_multiplier: 0,
};
const PIVOTS = 800;
const NO_LIMIT = 2147483647;
const BASIC = 1;
const AT_LOWER = 0;
const DUAL = 1;
const PRIMAL = 4;

class NotSolvedError extends Error {}

function made(highs, scenario, parts, cost) {
  const model = highs.createModel({
    numCols: scenario.columns, numRows: scenario.rows, colCost: Float64Array.from(cost),
    colLower: Float64Array.from(parts.low), colUpper: Float64Array.from(parts.high),
    rowLower: Float64Array.from(parts.lower), rowUpper: Float64Array.from(parts.upper),
    matrix: { format: "csr", numRows: scenario.rows, numCols: scenario.columns,
      starts: scenario.start, indices: scenario.index, values: Float64Array.from(parts.value) },
  });
  model.options.set(SETTINGS);
  return model;
}

/* The model where shortfall and objective are least together, the shortfall by far the heavier, or null: each stage
   then needs a few steps of the primal method from there. */
function approached(highs, scenario, parts, rays) {
  const cost = Float64Array.from(parts.objective, (each, j) => each + scenario.weight * parts.shortfall[j]);
  const model = made(highs, scenario, parts, cost);
  const { basis } = scenario;
  if (basis) model.setBasis({ colStatus: Int32Array.from(basis.columns), rowStatus: Int32Array.from(basis.rows) });
  const ended = run(highs, model, DUAL);
  if (ended === "optimal") return model;
  const ray = ended === "infeasible" ? rayOf(model) : null;
  if (ray && provesNothing(scenario, parts, ray)) rays.push(ray);
  model.dispose();
  return null;
}

function rayOf(model) {
  const ray = model.getDualRay();
  return ray ? Float64Array.from(ray.values || ray) : null;
}

function setCost(model, scenario, cost) {
  model.changeColsCost({ kind: "range", from: 0, to: scenario.columns - 1 }, Float64Array.from(cost));
}

/* "optimal", "infeasible", or "infeasible from nothing". Steepest edge: a large move takes 700 pivots of it, and 20,000
   of the cheaper weights (measured). What so many pivots do not settle is solved from nothing by interior point. */
function run(highs, model, strategy) {
  const known = highs.constants.modelStatus;
  model.options.set({ simplex_strategy: strategy, simplex_iteration_limit: PIVOTS });
  model.run();
  if (model.getModelStatus() === known.optimal) return "optimal";
  if (model.getModelStatus() === known.infeasible) return "infeasible";
  model.clearSolver();
  model.options.set({ solver: "ipm", presolve: "choose", run_crossover: "on", simplex_iteration_limit: NO_LIMIT });
  model.run();
  const status = model.getModelStatus();
  model.options.set(SETTINGS);
  if (status === known.optimal) return "optimal";
  if (status === known.infeasible || status === known.unboundedOrInfeasible) return "infeasible from nothing";
  throw new NotSolvedError("the solver ended without an optimum");
}

function holdOf(scenario, cost, value) {
  const index = [];
  for (let j = 0; j < cost.length; j += 1) if (cost[j]) index.push(j);
  return { index: Int32Array.from(index), value: Float64Array.from(index, (j) => cost[j]),
    lower: -Infinity, upper: value * (1 + scenario.hold[0]) + scenario.hold[1] };
}

function addRow(model, row) {
  model.addRow(row.lower, row.upper, { indices: row.index, values: row.value });
}

/* Whether anything is feasible at positions. rays: proofs of earlier refusals, which often hold here too. */
function feasible(highs, scenario, positions, rays) {
  const parts = figuresAt(scenario, positions);
  if (rays.some((ray) => provesNothing(scenario, parts, ray))) return false;
  const model = made(highs, scenario, parts, new Float64Array(scenario.columns));
  try {
    const known = highs.constants.modelStatus;
    model.options.set({ solver: "ipm", presolve: "choose", run_crossover: "off" });
    model.run();
    const status = model.getModelStatus();
    if (status === known.infeasible || status === known.unboundedOrInfeasible) return false;
    if (status === known.optimal) return true;
    throw new NotSolvedError("the solver does not say whether anything is feasible");
  } finally {
    model.dispose();
  }
}

/* The three stages at positions: figures with their proof, or {infeasible: true}. told(share) reports work done. */
function solvedAt(highs, scenario, positions, told) {
  const parts = figuresAt(scenario, positions);
  const rays = [];
  const model = approached(highs, scenario, parts, rays);
  if (!model) return { infeasible: true, rays };
  try {
    told(0.3);
    setCost(model, scenario, parts.shortfall);
    if (run(highs, model, PRIMAL) !== "optimal") throw new NotSolvedError("what was feasible is not any more");
    let found = model.getSolution();
    const extra = [];
    const first = proof(scenario, parts, parts.shortfall, found.colValue, found.rowDual, extra);
    const falls = parts.shortfall.some((cost) => cost !== 0);
    if (falls) {
      extra.push(holdOf(scenario, parts.shortfall, first.objective));
      addRow(model, extra[0]);
    }
    setCost(model, scenario, parts.objective);
    if (run(highs, model, PRIMAL) !== "optimal") throw new NotSolvedError("nothing was feasible at the least shortfall");
    told(0.6);
    found = model.getSolution();
    const second = proof(scenario, parts, parts.objective, found.colValue, found.rowDual, extra);
    let x = found.colValue;
    const proofs = [first, second];
    if (first.proved && second.proved) {
      const near = nearest(highs, scenario, parts, model, x, second.objective);
      proofs.push(near.proof);
      x = near.x;
    }
    told(0.95);
    return {
      infeasible: false, proved: proofs.length === 3 && proofs.every((each) => each.proved), proofs,
      shortfall: first.objective, objective: second.objective, closed: closedBy(scenario, parts, x),
      money: moneyOf(scenario, x), distance: distances(scenario, x), moved: proofs[2] ? proofs[2].objective : null,
    };
  } finally {
    model.dispose();
  }
}

/* Of all allocations with this objective, the one whose money by place and year moves least from the published. */
function nearest(highs, scenario, parts, model, x, value) {
  const cells = scenario.published.money.length;
  const hold = holdOf(scenario, parts.objective, value);
  const held = model.getBasis();
  if (hold.index.length) addRow(model, hold);
  const more = hold.index.length ? 1 : 0;
  const money = moneyOf(scenario, x);
  const { columns } = scenario;
  const members = Array.from({ length: cells }, () => []);
  scenario.cell.forEach((cell, i) => members[cell].push(scenario.column[i]));
  const rows = [];
  for (let cell = 0; cell < cells; cell += 1) {
    model.addVar(0, Infinity);
    model.addVar(0, Infinity);
    model.changeColCost(columns + 2 * cell, 1);
    model.changeColCost(columns + 2 * cell + 1, 1);
  }
  for (let cell = 0; cell < cells; cell += 1) {
    const target = scenario.published.money[cell];
    const index = Int32Array.from([...members[cell], columns + 2 * cell, columns + 2 * cell + 1]);
    const coefficient = Float64Array.from([...members[cell].map(() => 1), -1, 1]);
    const row = { index, value: coefficient, lower: target, upper: target };
    rows.push(row);
    addRow(model, row);
  }
  setCost(model, scenario, new Float64Array(columns));
  const colStatus = new Int32Array(columns + 2 * cells).fill(AT_LOWER);
  colStatus.set(held.colStatus);
  const rowStatus = new Int32Array(held.rowStatus.length + more + cells).fill(BASIC);
  rowStatus.set(held.rowStatus);
  for (let cell = 0; cell < cells; cell += 1) {
    colStatus[columns + 2 * cell + (money[cell] >= scenario.published.money[cell] ? 0 : 1)] = BASIC;
    rowStatus[held.rowStatus.length + more + cell] = AT_LOWER;
  }
  model.setBasis({ colStatus, rowStatus });
  if (run(highs, model, PRIMAL) !== "optimal") throw new NotSolvedError("nothing was feasible at the least objective");
  const found = model.getSolution();
  const extra = [];
  const shortfallRows = held.rowStatus.length - scenario.rows;
  if (shortfallRows) extra.push(holdOf(scenario, parts.shortfall, dot(parts.shortfall, x)));
  if (more) extra.push(hold);
  const wide = { ...parts, low: widened(parts.low, 2 * cells, 0), high: widened(parts.high, 2 * cells, Infinity) };
  const cost = widened(new Float64Array(columns), 2 * cells, 1);
  const bound = proof(scenario, wide, cost, found.colValue, found.rowDual, [...extra, ...rows],
    TOLERANCE.move);
  return { x: found.colValue.slice(0, columns), proof: bound };
}

function widened(array, by, filled) {
  const wide = new Float64Array(array.length + by).fill(filled);
  wide.set(array);
  return wide;
}

/* Which moved sliders conflict (no fewer of them do), and for each the nearest value at which all is feasible again. */
function conflictAt(highs, scenario, positions, rays, told) {
  const kept = positions.slice();
  const moved = positions.flatMap((position, number) => (position ? [number] : []));
  moved.forEach((number, n) => {
    const was = kept[number];
    kept[number] = 0;
    if (feasible(highs, scenario, kept, rays)) kept[number] = was;
    told(0.6 * (n + 1) / moved.length);
  });
  const conflict = moved.filter((number) => kept[number]);
  const offers = conflict.map((number) => {
    const tried = positions.slice();
    tried[number] = 0;
    if (!feasible(highs, scenario, tried, rays)) return { number, position: null };
    let [works, fails] = [0, positions[number]];
    while (Math.abs(fails - works) > 1) {
      const middle = Math.trunc((works + fails) / 2);
      tried[number] = middle;
      if (feasible(highs, scenario, tried, rays)) works = middle;
      else fails = middle;
    }
    return { number, position: works };
  });
  if (offers.some((offer) => offer.position !== null)) return { conflict, offers, together: null };
  const scaled = (share) => positions.map((position) => Math.trunc(position * share));
  let [works, fails] = [0, 1];
  while (fails - works > 0.05) {
    const middle = (works + fails) / 2;
    if (feasible(highs, scenario, scaled(middle), rays)) works = middle;
    else fails = middle;
  }
  return { conflict, offers, together: scaled(works) };
}
