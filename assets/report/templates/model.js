// Arithmetic of one line: how demand is spread, what stock will be, and what other settings would suggest.

const exact = (value) => Math.round((value ?? 0) * 1000) / 1000;
const MONTH = 30.4375;
const SPREAD = [0.1, 0.9];

/** The value below which a share p of a normal distribution lies (Acklam's approximation). */
function normalQuantile(p) {
  const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239];
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
  const c = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
  const poly = (list, x) => list.reduce((sum, factor) => sum * x + factor, 0);
  if (p < 0.02425 || p > 0.97575) {
    const q = Math.sqrt(-2 * Math.log(Math.min(p, 1 - p)));
    return Math.sign(0.5 - p) * poly(c, q) / poly([...d, 1], q);
  }
  const q = p - 0.5, r = q * q;
  return q * poly(a, r) / poly([...b, 1], r);
}

/** Smallest whole number that demand of this mean and variance does not exceed with probability p: Poisson or negative binomial. */
function countQuantile(p, mean, variance) {
  if (!(mean > 0)) return 0;
  if (mean > 400) return Math.max(0, Math.ceil(mean + normalQuantile(p) * Math.sqrt(Math.max(variance, mean)) - 1e-9));
  const size = variance > mean * 1.000001 ? mean * mean / (variance - mean) : Infinity;
  const share = size / (size + mean);
  let chance = size === Infinity ? Math.exp(-mean) : share ** size;
  let below = chance, count = 0;
  while (below < p - 1e-12 && count < 5000) {
    chance *= size === Infinity ? mean / (count + 1) : (size + count) / (count + 1) * (1 - share);
    count += 1;
    below += chance;
  }
  return count;
}

const isSteady = (line) => ["SMOOTH", "ERRATIC"].includes(line.demand_class_code);
const calculated = (line, ...names) => names.map((name) => line.calculation?.[name] ?? line[name]).find((value) => value !== null && value !== undefined);

/** Mean and variance of demand over some days, as the forecast has them. */
function demandOver(line, span, leadSd = 0) {
  const daily = line.daily_mean_quantity ?? 0;
  const month = calculated(line, "monthly_mean_quantity", "monthly_mean");
  if (calculated(line, "distribution_code", "distribution") === "NEGATIVE_BINOMIAL" && month !== undefined) {
    const [own, known] = [calculated(line, "monthly_variance_quantity", "monthly_variance") ?? month, calculated(line, "mean_variance_quantity", "mean_variance") ?? 0];
    const months = span / MONTH;
    return { mean: month * months, variance: own * months + known * months * months + (month / MONTH * leadSd) ** 2 };
  }
  const spread = isSteady(line) ? span * (line.daily_sd_quantity ?? 0) ** 2 + (daily * leadSd) ** 2 : daily * span;
  return { mean: daily * span, variance: spread };
}

function demandQuantile(line, p, span, leadSd) {
  const { mean, variance } = demandOver(line, span, leadSd);
  if (isSteady(line) && calculated(line, "distribution_code", "distribution") !== "NEGATIVE_BINOMIAL") return Math.max(0, mean + normalQuantile(p) * Math.sqrt(variance));
  return countQuantile(p, mean, variance);
}

/** Reorder point for a service level and a lead time, by the formula of the line's demand class. */
function reorderPoint(line, level, lead) {
  return Math.ceil(demandQuantile(line, level / 100, lead + (line.review_days ?? 0), line.lead_time_sd_days ?? 0) - 1e-6);
}

function roundedOrder(line, raw, offer = line) {
  if (!(raw > 0)) return 0;
  const least = Math.max(raw, offer.minimum_order_quantity ?? 0);
  const multiple = (offer.pack_quantity ?? 1) * (offer.order_multiple_quantity ?? line.order_multiple_quantity ?? 1);
  return multiple > 0 ? exact(Math.ceil(exact(least / multiple)) * multiple) : least;
}

/** What would be suggested instead, setting by setting; nothing where the formula does not give the line's own figures. */
function whatIf(line) {
  const level = line.service_level_pct, lead = line.lead_time_days;
  if (line.outcome_code !== "PROPOSED" || line.line_type_code === "TRANSFER" || !level || lead === null || reorderPoint(line, level, lead) !== line.reorder_point_quantity) return [];
  const cover = line.order_up_to_quantity - line.reorder_point_quantity;
  const base = roundedOrder(line, line.order_up_to_quantity - line.inventory_position_quantity);
  if (base !== line.proposed_quantity) return [];
  const at = (name, otherLevel, otherLead) => {
    const point = reorderPoint(line, otherLevel, otherLead);
    const needed = line.inventory_position_quantity > point ? 0 : point + cover - line.inventory_position_quantity;
    return { name, point, suggested: roundedOrder(line, needed) };
  };
  return [
    ...[90, 95, 98, 99].filter((other) => other !== level).map((other) => at(`Service level ${quantity(other)} %`, other, lead)),
    ...[-2, 2].filter((by) => lead + by > 0).map((by) => at(`Lead time ${quantity(lead + by)} days`, level, lead + by)),
  ];
}

// ---- months, and the days to come

/** What the chart of months and its table show: [{month, demand, forecast, low, high, stock, reorder}]. */
function monthsOf(line) {
  const last = DATA.months.at(-1);
  const points = DATA.months.map((month, position) => {
    const place = line.history ? position - line.history[0] : -1;
    return { month, demand: line.history?.[1][place] ?? null, forecast: null, low: null, high: null, stock: line.history?.[2][place] ?? null, reorder: line.reorder_point_quantity };
  });
  for (let ahead = 1; last && ahead <= 3; ahead++) {
    const start = new Date(last);
    start.setUTCMonth(start.getUTCMonth() + ahead);
    const length = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 0)).getUTCDate();
    const [low, high] = SPREAD.map((p) => exact(demandQuantile(line, p, length)));
    points.push({ month: start.toISOString().slice(0, 10), demand: null, forecast: exact((line.daily_mean_quantity ?? 0) * length), low, high, stock: null, reorder: line.reorder_point_quantity });
  }
  return points;
}

const DAY = 86400000;
const AS_OF = new Date(DATA.facts.as_of_at.slice(0, 10));
const dayAfter = (count) => new Date(+AS_OF + count * DAY).toISOString().slice(0, 10);
const dayNumber = (iso) => Math.round((new Date(iso) - AS_OF) / DAY);

/** Units on their way by day number; what is overdue counts as tomorrow. */
function arrivalsOf(line) {
  const known = line.inbound?.length ? line.inbound.map(({ due_on, quantity: units, is_confirmed, source_code }) => ({ day: Math.max(1, dayNumber(due_on)), units, is_confirmed, source_code })) : [];
  if (!known.length && line.on_order_quantity > 0 && line.next_receipt_on) known.push({ day: Math.max(1, dayNumber(line.next_receipt_on)), units: line.on_order_quantity, is_confirmed: true, source_code: "" });
  return known;
}

const isReturn = (line) => line.line_type_code === "RETURN_EXCESS";

/** Units that leave: what is promised already, and with a return what goes back and what the plan moves to other garages. Without a day, tomorrow. */
function departuresOf(line) {
  const leaving = [{ kind: "promised", units: line.outbound_transfer_quantity ?? 0 }];
  if (isReturn(line) && line.outcome_code === "PROPOSED") {
    leaving.push({ kind: "back", units: line.proposed_quantity ?? 0 });
    const [type, from, outcome, brand, number, units] = ["line_type_code", "from_garage_code", "outcome_code", "brand_code", "part_number", "proposed_quantity"].map(of);
    for (const index of ALL) {
      if (type(index) === "TRANSFER" && outcome(index) === "PROPOSED" && from(index) === line.garage_code && number(index) === line.part_number && brand(index) === line.brand_code) leaving.push({ kind: "moved", units: units(index), to: of("garage_code")(index) });
    }
  }
  return leaving.filter(({ units }) => units > 0).map((one) => ({ ...one, day: 1 }));
}

/**
 * Stock day by day with and without the order, and between which values it is with it eight times out of ten.
 * Units that are missing are counted below zero: they wait.
 */
function projectionOf(line) {
  const lead = Math.max(0, Math.ceil(line.lead_time_days ?? 0));
  const length = Math.min(120, Math.max(60, lead + Math.ceil(line.review_days ?? 0) + 7));
  const arrivals = arrivalsOf(line);
  const leaving = departuresOf(line);
  const left = (day, list = leaving) => list.filter((one) => one.day <= day).reduce((sum, { units }) => sum + units, 0);
  const promised = leaving.filter(({ kind }) => kind === "promised");
  const orderDay = line.proposed_quantity > 0 && !isReturn(line) ? Math.max(1, line.expected_on ? dayNumber(line.expected_on) : lead) : null;
  const start = exact((line.sellable_quantity ?? 0) - (line.reserved_quantity ?? 0) - (line.backordered_quantity ?? 0));
  const points = [];
  for (let day = 0; day <= length; day++) {
    const inbound = exact(arrivals.filter((one) => one.day === day).reduce((sum, one) => sum + one.units, 0));
    const received = arrivals.filter((one) => one.day <= day).reduce((sum, one) => sum + one.units, 0);
    const ordered = orderDay !== null && day >= orderDay ? line.proposed_quantity : 0;
    const [most, least] = SPREAD.map((p) => demandQuantile(line, p, day));
    const base = start + received - left(day, promised);
    const change = ordered - (left(day) - left(day, promised));
    const mean = demandOver(line, day).mean;
    points.push({ day, on: dayAfter(day), without: exact(base - mean), with: exact(base + change - mean), low: exact(base + change - least), high: exact(base + change - most), inbound, leaves: exact(left(day) - left(day - 1)), order: day === orderDay ? line.proposed_quantity : 0 });
  }
  return { points, orderDay, arrivals, leaving, outWithout: points.find((point) => point.without <= 0) ?? null, outWith: points.find((point) => point.with <= 0) ?? null };
}
