// The charts of one line: the days to come, and the months behind with the forecast. Every number in them is also in a table.

const WIDTH = 620, LEFT = 46, RIGHT = 8, TOP = 30, PANEL = 150, HALF = 92, GAP = 40;

/** The least round number of 1, 2 or 5 times a power of ten that two steps of reach the value. */
function niceStep(value) {
  const raw = Math.max(value, 1e-9) / 2;
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= raw * 0.999);
}

function panel(top, height, highest, lowest, name) {
  const step = niceStep(Math.max(highest - Math.min(lowest, 0), 0.001));
  const ceiling = Math.max(step, Math.ceil(highest / step - 1e-9) * step);
  const floor = Math.min(0, Math.floor(lowest / step + 1e-9) * step);
  const y = (value) => top + height - ((value - floor) / (ceiling - floor)) * height;
  const group = svg("g", {}, svg("text", { class: "axis-title", x: 0, y: top - 12 }, name));
  for (let tick = floor; tick <= ceiling + step / 1000; tick += step) {
    const rounded = Math.round(tick * 1e6) / 1e6;
    group.append(
      svg("line", { class: rounded === 0 ? "axis" : "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick) }),
      svg("text", { class: "tick", x: LEFT - 6, y: y(tick) + 3.5, "text-anchor": "end" }, quantity(rounded)),
    );
  }
  return { group, y };
}

function picture(id, height, title, description) {
  return svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-labelledby": `${id}-title ${id}-desc` },
    svg("title", { id: `${id}-title` }, title), svg("desc", { id: `${id}-desc` }, description));
}

const path = (points) => points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
const titled = (mark, words) => { mark.append(svg("title", {}, words)); return mark; };
const reorderLine = (line, y) => titled(svg("line", { class: "line-reorder", x1: LEFT, x2: WIDTH - RIGHT, y1: y(line.reorder_point_quantity ?? 0), y2: y(line.reorder_point_quantity ?? 0), "data-value": line.reorder_point_quantity }), `Reorder point ${quantity(line.reorder_point_quantity)}`);

/** Stock over the days to come: with the order and its spread, without it, what comes in, the day it runs out. */
function drawProjection(line, projection) {
  const { points } = projection, height = TOP + PANEL + 26;
  const drawing = picture("days", height, `Projected stock of ${line.brand_code} ${line.part_number}`, projectionWords(line, projection));
  const x = (day) => LEFT + (day / points.at(-1).day) * (WIDTH - LEFT - RIGHT);
  const values = points.flatMap((point) => [point.without, point.with, point.low, point.high]).concat(line.reorder_point_quantity ?? 0, 0);
  const { group, y } = panel(TOP, PANEL, Math.max(...values), Math.min(...values), "Projected stock, units");
  drawing.append(group);
  const floor = y(0);
  if (Math.min(...values) < 0) drawing.append(svg("rect", { class: "short", x: LEFT, width: WIDTH - LEFT - RIGHT, y: floor, height: Math.max(0, TOP + PANEL - floor) }));
  const stairs = (name) => points.map((point) => [x(point.day), y(point[name])]);
  drawing.append(
    svg("path", { class: "band", d: `${path([...stairs("high"), ...stairs("low").reverse()])}Z` }),
    reorderLine(line, y),
    svg("path", { class: "line-without", d: path(stairs("without")) }),
    svg("path", { class: "line-stock", d: path(stairs("with")) }),
  );
  for (const point of points) {
    if (point.leaves) drawing.append(titled(svg("path", { class: "mark-leaves", d: `M${x(point.day)} ${floor + 18}l-5 -9h10z`, "data-day": point.on, "data-value": point.leaves }), `${dateName(point.on)}: leaves, ${quantity(point.leaves)}`));
    for (const [kind, units] of [["inbound", point.inbound], ["order", point.order]]) {
      if (units) drawing.append(titled(svg("path", { class: `mark-${kind}`, d: `M${x(point.day)} ${floor + 9}l-5 9h10z`, "data-day": point.on, "data-value": units }), `${dateName(point.on)}: ${kind === "order" ? "this order" : "on its way"}, ${quantity(units)}`));
    }
    drawing.append(svg("circle", { class: "dot-day", cx: x(point.day), cy: y(point.with), r: 1, "data-day": point.on, "data-value": point.with, "data-without": point.without }));
  }
  for (const [kind, out] of [["without", projection.outWithout], ["with", projection.outWith]]) {
    if (out) drawing.append(titled(svg("circle", { class: `dot-out ${kind}`, cx: x(out.day), cy: y(Math.max(out[kind], 0)), r: 4, "data-day": out.on }), `${dateName(out.on)}: runs out ${kind} the ${nounOf(line)}`));
  }
  const every = Math.max(7, Math.round(points.length / (narrow.matches ? 4 : 8)));
  for (let day = 0; day < points.length; day += every) {
    drawing.append(svg("text", { class: "tick", x: x(day), y: height - 6, "text-anchor": day ? "middle" : "start" }, dayName(points[day].on)));
  }
  return drawing;
}

const nounOf = (line) => (isReturn(line) ? "return" : "order");

/** What leaves, in words: 6 going back, 2 to Mill Lane. */
const leavingWords = (leaving) => leaving.map(({ kind, units, to }) => `${quantity(units)} ${kind === "back" ? "going back" : kind === "moved" ? `going to ${garageName(to)}` : "promised to others"}`).join(" and ");

function projectionWords(line, { points, orderDay, leaving, outWithout, outWith }) {
  const first = points[0], words = [`Stock is ${quantity(first.without)} on ${dateName(first.on)}.`];
  const promised = leaving.filter(({ kind }) => kind === "promised"), others = leaving.filter(({ kind }) => kind !== "promised");
  if (promised.length) words.push(`Of it ${leavingWords(promised)}.`);
  words.push(outWithout ? `Without the ${nounOf(line)} it runs out on ${dateName(outWithout.on)}.` : `Without the ${nounOf(line)} it lasts the ${points.length - 1} days shown.`);
  if (others.length) words.push(`With ${leavingWords(others)} ${outWith ? `it runs out on ${dateName(outWith.on)}` : "it lasts as well"}.`);
  if (orderDay !== null) words.push(outWith ? `With ${quantity(line.proposed_quantity)} arriving on ${dateName(points[Math.min(orderDay, points.length - 1)].on)} it still runs out on ${dateName(outWith.on)}.` : `With ${quantity(line.proposed_quantity)} arriving on ${dateName(points[Math.min(orderDay, points.length - 1)].on)} it lasts.`);
  return words.join(" ");
}

/** Demand and forecast above, stock at the end of the month below, on one axis of months. */
function drawMonths(line, points) {
  const slot = (WIDTH - LEFT - RIGHT) / points.length;
  const middle = (index) => LEFT + slot * (index + 0.5);
  const height = TOP + HALF + GAP + HALF + 26;
  const values = (name) => points.map((point) => point[name]).filter((value) => value !== null);
  const drawing = picture("months", height, `Demand, forecast and stock of ${line.brand_code} ${line.part_number}`, monthsWords(line, points));
  const demand = panel(TOP, HALF, Math.max(0, ...values("demand"), ...values("forecast"), ...values("high")), Math.min(0, ...values("demand")), "Demand a month, units");
  drawing.append(demand.group);
  const bar = Math.max(2, Math.min(slot * 0.72, 34));
  points.forEach((point, index) => {
    for (const kind of ["demand", "forecast"]) {
      if (point[kind] === null) continue;
      const [zero, end] = [demand.y(0), demand.y(point[kind])];
      drawing.append(titled(svg("rect", {
        class: `bar-${kind}`, x: middle(index) - bar / 2, width: bar, y: Math.min(zero, end), height: Math.abs(zero - end), "data-month": point.month, "data-value": point[kind],
      }), `${monthName(point.month)}: ${kind} ${quantity(point[kind])}`));
    }
    if (point.high === null) return;
    const [top, foot] = [demand.y(point.high), demand.y(point.low)];
    drawing.append(titled(svg("path", { class: "whisker", d: `M${middle(index)} ${top}V${foot}M${middle(index) - 4} ${top}h8M${middle(index) - 4} ${foot}h8`, "data-month": point.month, "data-low": point.low, "data-high": point.high }), `${monthName(point.month)}: ${quantity(point.low)} to ${quantity(point.high)} in eight of ten cases`));
  });
  const stock = panel(TOP + HALF + GAP, HALF, Math.max(0, line.reorder_point_quantity ?? 0, ...values("stock")), Math.min(0, ...values("stock")), "Stock at the end of the month, units");
  drawing.append(stock.group, reorderLine(line, stock.y));
  let drawn = [];
  const flush = () => { if (drawn.length) drawing.append(svg("path", { class: "line-stock", d: path(drawn) })); drawn = []; };
  points.forEach((point, index) => { if (point.stock === null) flush(); else drawn.push([middle(index), stock.y(point.stock)]); });
  flush();
  points.forEach((point, index) => {
    if (point.stock !== null) drawing.append(titled(svg("circle", { class: "dot-stock", cx: middle(index), cy: stock.y(point.stock), r: 2, "data-month": point.month, "data-value": point.stock }), `${monthName(point.month)}: stock ${quantity(point.stock)}`));
  });
  const every = Math.ceil(points.length / (narrow.matches ? 5 : 9));
  points.forEach((point, index) => {
    if ((points.length - 1 - index) % every) return;
    // The last name would stick out on the right, so it ends where the drawing ends.
    const isLast = index === points.length - 1;
    drawing.append(svg("text", { class: "tick", x: isLast ? WIDTH - RIGHT : middle(index), y: height - 8, "text-anchor": isLast ? "end" : "middle" }, monthName(point.month)));
  });
  return drawing;
}

function monthsWords(line, points) {
  const sold = points.filter((point) => point.demand !== null);
  if (!sold.length) return "There is no demand history.";
  const total = sold.reduce((sum, point) => sum + point.demand, 0);
  const ahead = points.find((point) => point.forecast !== null);
  return `${quantity(exact(total))} units in ${sold.length} months, ${monthName(sold[0].month)} to ${monthName(sold.at(-1).month)}. `
    + `Forecast ${quantity(ahead?.forecast)} for ${ahead ? monthName(ahead.month) : "the next month"}, in eight of ten cases ${quantity(ahead?.low)} to ${quantity(ahead?.high)}. Reorder point ${quantity(line.reorder_point_quantity)}.`;
}

function legend(...kinds) {
  const rect = (kind) => svg("rect", { class: kind, x: 4, y: 1, width: 14, height: 10 });
  const stroke = (kind) => svg("line", { class: kind, x1: 0, x2: 22, y1: 6, y2: 6 });
  const mark = (kind) => svg("path", { class: kind, d: "M11 1l-6 10h12z" });
  const entries = {
    "bar-demand": ["Demand", rect], "bar-forecast": ["Forecast", rect], whisker: ["Eight of ten cases", stroke], "line-stock": ["Stock", stroke], "line-reorder": ["Reorder point", stroke],
    band: ["Eight of ten cases", rect], "line-without": ["Without the order", stroke], "mark-inbound": ["On its way", mark], "mark-order": ["This order", mark], "mark-leaves": ["Leaves", (kind) => svg("path", { class: kind, d: "M11 11l-6 -10h12z" })], "dot-out": ["Runs out", () => svg("circle", { class: "dot-out", cx: 11, cy: 6, r: 4 })],
  };
  return el("ul", { class: "legend" }, kinds.map((kind) => {
    const [name, shape] = Array.isArray(kind) ? [kind[1], entries[kind[0]][1]] : entries[kind];
    return el("li", {}, svg("svg", { viewBox: "0 0 22 12", class: "sample", "aria-hidden": "true" }, shape(Array.isArray(kind) ? kind[0] : kind)), name);
  }));
}

/** The same numbers as a drawing, for those who read rather than look. */
function twin(caption, heads, rows) {
  return el("details", { class: "twin" },
    el("summary", {}, "The numbers of this chart"),
    el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": caption }, el("table", {},
      el("caption", { class: "unseen" }, caption),
      el("thead", {}, el("tr", {}, heads.map(([name], index) => el("th", { scope: "col", class: index ? "n" : null }, name)))),
      el("tbody", {}, rows.map(({ key, name, values }) => el("tr", { "data-key": key }, el("th", { scope: "row" }, name),
        values.map((value, index) => el("td", { class: "n", "data-kind": heads[index + 1][1], "data-value": value ?? "" }, quantity(value)))))))));
}

const monthsTwin = (points) => twin("Month by month, in units",
  [["Month"], ["Demand", "demand"], ["Forecast", "forecast"], ["Low", "low"], ["High", "high"], ["Stock", "stock"], ["Reorder point", "reorder"]],
  points.map((point) => ({ key: point.month, name: monthName(point.month), values: ["demand", "forecast", "low", "high", "stock", "reorder"].map((kind) => point[kind]) })));
function projectionTwin(line, { points, leaving }) {
  const heads = [["Day"], [`Without the ${nounOf(line)}`, "without"], ["With it", "with"], ["Low", "low"], ["High", "high"], ["Comes in", "inbound"]];
  if (!isReturn(line)) heads.push(["This order", "order"]);
  if (leaving.length) heads.push(["Leaves", "leaves"]);
  return twin("Day by day, in units", heads, points.map((point) => ({ key: point.on, name: dayName(point.on), values: heads.slice(1).map(([, kind]) => point[kind]) })));
}
