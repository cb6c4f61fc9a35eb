// The chart of one line: demand and forecast above, stock and reorder point below, on one axis of months.

const WIDTH = 620, LEFT = 46, RIGHT = 8, PANEL = 104, TOP = 32, GAP = 44;
const FORECAST_MONTHS = 3;

/** What the chart and its table show, month by month: [{month, demand, forecast, stock, reorder}]. */
function monthsOf(line) {
  const series = DATA.history[line.index];
  const last = DATA.months.at(-1);
  const points = [];
  for (const [position, month] of DATA.months.entries()) {
    const place = series ? position - series[0] : -1;
    points.push({
      month, demand: series?.[1][place] ?? null, forecast: null,
      stock: series?.[2][place] ?? null, reorder: line.reorder_point_quantity,
    });
  }
  for (let ahead = 1; last && ahead <= FORECAST_MONTHS; ahead++) {
    const start = new Date(last);
    start.setUTCMonth(start.getUTCMonth() + ahead);
    const length = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 0)).getUTCDate();
    points.push({
      month: start.toISOString().slice(0, 10), demand: null,
      forecast: Math.round((line.daily_mean_quantity ?? 0) * length * 1000) / 1000,
      stock: null, reorder: line.reorder_point_quantity,
    });
  }
  return points;
}

/** The least round number of 1, 2 or 5 times a power of ten that two steps of reach the value. */
function niceStep(value) {
  const raw = Math.max(value, 1e-9) / 2;
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= raw * 0.999);
}

function panel(top, points, highest, lowest, name) {
  const step = niceStep(Math.max(highest - Math.min(lowest, 0), 0.001));
  const ceiling = Math.max(step, Math.ceil(highest / step - 1e-9) * step);
  const floor = Math.min(0, Math.floor(lowest / step + 1e-9) * step);
  const y = (value) => top + PANEL - ((value - floor) / (ceiling - floor)) * PANEL;
  const group = svg("g", {}, svg("text", { class: "axis-title", x: 0, y: top - 13 }, name));
  for (let tick = floor; tick <= ceiling + step / 1000; tick += step) {
    const rounded = Math.round(tick * 1e6) / 1e6;
    group.append(
      svg("line", { class: rounded === 0 ? "axis" : "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick) }),
      svg("text", { class: "tick", x: LEFT - 6, y: y(tick) + 3.5, "text-anchor": "end" }, quantity(rounded)),
    );
  }
  return { group, y };
}

/** The drawing itself; every number in it is also in chartTable. */
function drawChart(line, points) {
  const slot = (WIDTH - LEFT - RIGHT) / points.length;
  const middle = (index) => LEFT + slot * (index + 0.5);
  const height = TOP + PANEL + GAP + PANEL + 26;
  const values = (name) => points.map((point) => point[name]).filter((value) => value !== null);
  const picture = svg("svg", {
    class: "chart", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-labelledby": "chart-title chart-desc",
  });
  picture.append(
    svg("title", { id: "chart-title" }, `Demand, forecast and stock of ${line.brand_code} ${line.part_number}`),
    svg("desc", { id: "chart-desc" }, description(line, points)),
  );

  const demand = panel(TOP, points, Math.max(0, ...values("demand"), ...values("forecast")), Math.min(0, ...values("demand")), "Demand a month, units");
  picture.append(demand.group);
  const bar = Math.max(2, Math.min(slot * 0.72, 34));
  points.forEach((point, index) => {
    for (const kind of ["demand", "forecast"]) {
      if (point[kind] === null) continue;
      const [zero, end] = [demand.y(0), demand.y(point[kind])];
      picture.append(svg("rect", {
        class: `bar-${kind}`, x: middle(index) - bar / 2, width: bar, y: Math.min(zero, end), height: Math.abs(zero - end),
        "data-month": point.month, "data-value": point[kind],
      }, svg("title", {}, `${monthName(point.month)}: ${kind} ${quantity(point[kind])}`)));
    }
  });

  const below = TOP + PANEL + GAP;
  const reorder = line.reorder_point_quantity ?? 0;
  const stock = panel(below, points, Math.max(0, reorder, ...values("stock")), Math.min(0, ...values("stock")), "Stock at the end of the month, units");
  picture.append(stock.group);
  picture.append(svg("line", {
    class: "line-reorder", x1: LEFT, x2: WIDTH - RIGHT, y1: stock.y(reorder), y2: stock.y(reorder), "data-value": reorder,
  }, svg("title", {}, `Reorder point ${quantity(reorder)}`)));
  stockPath(picture, points, middle, stock.y);
  monthLabels(picture, points, middle, height);
  return picture;
}

function stockPath(picture, points, middle, y) {
  let path = "", drawing = false;
  points.forEach((point, index) => {
    if (point.stock === null) { drawing = false; return; }
    path += `${drawing ? "L" : "M"}${middle(index).toFixed(1)} ${y(point.stock).toFixed(1)}`;
    drawing = true;
  });
  if (path) picture.append(svg("path", { class: "line-stock", d: path }));
  points.forEach((point, index) => {
    if (point.stock === null) return;
    picture.append(svg("circle", {
      class: "dot-stock", cx: middle(index), cy: y(point.stock), r: 2, "data-month": point.month, "data-value": point.stock,
    }, svg("title", {}, `${monthName(point.month)}: stock ${quantity(point.stock)}`)));
  });
}

/** Months are named as far apart as leaves them room. */
function monthLabels(picture, points, middle, height) {
  const every = Math.ceil(points.length / (innerWidth < 760 ? 5 : 9));
  points.forEach((point, index) => {
    if ((points.length - 1 - index) % every) return;
    // The last name would stick out on the right, so it ends where the drawing ends.
    const isLast = index === points.length - 1;
    picture.append(svg("text", {
      class: "tick", x: isLast ? WIDTH - RIGHT : middle(index), y: height - 8, "text-anchor": isLast ? "end" : "middle",
    }, monthName(point.month)));
  });
}

function description(line, points) {
  const sold = points.filter((point) => point.demand !== null);
  if (!sold.length) return "There is no demand history.";
  const total = sold.reduce((sum, point) => sum + point.demand, 0);
  const ahead = points.find((point) => point.forecast !== null);
  return `${quantity(Math.round(total * 1000) / 1000)} units in ${sold.length} months, ${monthName(sold[0].month)} to ${monthName(sold.at(-1).month)}. `
    + `Forecast ${quantity(ahead?.forecast)} for ${ahead ? monthName(ahead.month) : "the next month"}. Reorder point ${quantity(line.reorder_point_quantity)}.`;
}

function legend() {
  const sample = (kind, shape) => svg("svg", { viewBox: "0 0 22 12", class: "sample", "aria-hidden": "true" }, shape(kind));
  const rect = (kind) => svg("rect", { class: kind, x: 4, y: 1, width: 14, height: 10 });
  const stroke = (kind) => svg("line", { class: kind, x1: 0, x2: 22, y1: 6, y2: 6 });
  const entries = [["Demand", "bar-demand", rect], ["Forecast", "bar-forecast", rect], ["Stock", "line-stock", stroke], ["Reorder point", "line-reorder", stroke]];
  return el("ul", { class: "legend" }, entries.map(([name, kind, shape]) => el("li", {}, sample(kind, shape), name)));
}

/** The same numbers as the drawing, for those who read rather than look. */
function chartTable(points) {
  const cell = (value, kind) => el("td", { class: "n", "data-kind": kind, "data-value": value ?? "" }, quantity(value));
  return el("details", { class: "twin" },
    el("summary", {}, "The numbers of this chart"),
    el("table", {},
      el("caption", { class: "unseen" }, "Month by month, in units"),
      el("thead", {}, el("tr", {}, ["Month", "Demand", "Forecast", "Stock at month end", "Reorder point"].map((name, index) =>
        el("th", { scope: "col", class: index ? "n" : null }, name)))),
      el("tbody", {}, points.map((point) => el("tr", { "data-month": point.month },
        el("th", { scope: "row" }, monthName(point.month)),
        cell(point.demand, "demand"), cell(point.forecast, "forecast"), cell(point.stock, "stock"), cell(point.reorder, "reorder"))))));
}
