// The horizon: what is due within so many days, and what comes down to its reorder point until then.

const HORIZON = 30, ANY_DAY = HORIZON + 1;
const [ORDER_BY, RUNS_OUT] = ["order_by_on", "stock_out_on"].map(of);
const dayNumbers = new Map();
const dayOf = (iso) => {
  if (!dayNumbers.has(iso)) dayNumbers.set(iso, Math.max(0, dayNumber(iso)));
  return dayNumbers.get(iso);
};
let dues = null;
/** For each line the first of the days on which it must be ordered or runs out, counted from today; Infinity without one. */
const dueDays = () => (dues ??= ALL.map((index) => Math.min(...[ORDER_BY(index), RUNS_OUT(index)].filter(Boolean).map(dayOf))));
/** The days of the address, or null where any day will do. */
const horizonOf = ({ days: wanted }) => (/^\d{1,2}$/.test(wanted ?? "") && Number(wanted) <= HORIZON ? Number(wanted) : null);
const horizonWords = (count) => (count === null ? "any day" : count === 0 ? "today" : count === 1 ? "today or tomorrow" : `within ${count} days, until ${dayName(dayAfter(count))}`);

/** Rows that come down to their point within the horizon, of the garage and supplier that are looked at. */
const upcomingOf = (state) => pageRows("upcoming").rows.filter((row) => (!state.garage || row.garage_code === state.garage) && (!state.supplier || (row.supplier_code ?? NONE) === state.supplier));

function countByDay(numbers) {
  const counts = Array(ANY_DAY).fill(0);
  for (const day of numbers) if (day <= HORIZON) counts[day]++;
  return counts;
}

/** A bar a day: lines that fall due, and on top what comes down to its point. */
function dayBars(lines, coming, horizon) {
  const most = Math.max(1, ...lines.map((count, day) => count + coming[day]));
  return svg("svg", { class: "days", viewBox: "0 0 310 40", preserveAspectRatio: "none", "aria-hidden": "true" }, lines.flatMap((count, day) => {
    const [height, more] = [count, coming[day]].map((value) => (value / most) * 38);
    const kind = horizon === null || day <= horizon ? "" : " beyond";
    return [svg("rect", { class: `due${kind}`, x: day * 10 + 1, y: 40 - height, width: 8, height, "data-day": day, "data-value": count }), svg("rect", { class: `soon${kind}`, x: day * 10 + 1, y: 40 - height - more, width: 8, height: more, "data-day": day, "data-value": coming[day] })];
  }));
}

function makeHorizon(go) {
  $("days").addEventListener("input", ({ target }) => go({ days: Number(target.value) > HORIZON ? "" : target.value }, { replace: true }));
  $("horizon").addEventListener("submit", (event) => event.preventDefault());
}

/** Show the slider where it belongs, and what is due within its days. */
function showHorizon(state, view, go) {
  const [form, horizon] = [$("horizon"), horizonOf(state)];
  const place = $(view === "upcoming" ? "page-horizon" : "rail-horizon");
  $("page-horizon").hidden = view !== "upcoming";
  if (form.parentElement !== place) place.append(form);
  const slider = $("days");
  if (Number(slider.value) !== (horizon ?? ANY_DAY)) slider.value = horizon ?? ANY_DAY;
  slider.setAttribute("aria-valuetext", horizonWords(horizon));
  $("days-said").textContent = horizonWords(horizon);
  const due = view === "upcoming" ? [] : ALL.filter(matcher(state, "days")).map((index) => dueDays()[index]);
  // The rows of what comes are read when somebody first looks ahead.
  const coming = horizon === null && view !== "upcoming" ? [] : upcomingOf(state).map((row) => dayOf(row.order_by_on));
  $("day-bars").replaceChildren(dayBars(countByDay(due), countByDay(coming), horizon));
  const within = (days) => days.filter((day) => day <= (horizon ?? HORIZON)).length;
  const more = coming.length ? el("button", { type: "button", id: "see-coming", onclick: () => go({ view: "upcoming", line: "", sort: "" }) }, `${wholeNumber.format(within(coming))} more`) : "";
  $("days-words").replaceChildren(...(view === "upcoming" || horizon === null ? [] : [`${wholeNumber.format(within(due))} of ${plural(due.length, "line", "lines")} due`, ...(more ? ["; ", more, " come down to their reorder point."] : ["."])]));
}
