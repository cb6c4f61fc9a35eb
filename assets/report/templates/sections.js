// Pages in sections, each a small table that stands whole on screen and paper: the service level.

const percent = (value, digits = shortNumber) => (value === null || value === undefined ? "–" : `${digits.format(value)} %`);
const points = (value) => (value === null || value === undefined ? "–" : `${value > 0 ? "+" : value < 0 ? "−" : ""}${shortNumber.format(Math.abs(value))}`);
const daysBetween = ({ from_on: from, to_on: to }) => `${dateName(from)} to ${dateName(to)}`;
const outOf = (part, whole) => `${quantity(part)} of ${quantity(whole)}`;
// A column of a section: what it is called and says, what it sorts by, and what a cell shows.
const said = (id, name, cell, more = {}) => ({ id, name, key: (row) => row[id], cell, ...more });
const counted = (id, name, more = {}) => ({ id, name, n: true, key: (row) => row[id], cell: (row) => quantity(row[id]), ...more });
const shared = (id, name, more = {}) => counted(id, name, { cell: (row) => percent(row[id]), ...more });

/** A table of a section: rows in the order of the column that is asked for, the first cell of each its head. */
function sheet({ id, title, columns: list, rows }, state, go) {
  const column = list.find((one) => one.id === (state.sort ?? "").replace(/^-/, ""));
  const order = column ? sortedBy([...rows.keys()], rows.map(column.key), state.sort.startsWith("-")).map((place) => rows[place]) : rows;
  const sort = (head) => { go({ sort: nextSort(head, state.sort) }); document.querySelector(`#${id} [data-sort="${head.id}"]`)?.focus(); };
  const cell = (one, row, index) => el(index ? "td" : "th", { class: one.n ? `n c-${one.id}` : `c-${one.id}`, "data-name": one.name, scope: index ? null : "row" }, one.cell(row));
  return el("div", { class: "board", tabindex: "0", role: "region", "aria-labelledby": `${id}-title` },
    el("table", { class: "sheet" }, el("caption", { class: "unseen" }, title), el("thead", {}, el("tr", {}, headCells(list, state.sort, sort))),
      el("tbody", {}, order.map((row) => el("tr", { "data-key": row.member_code ?? row.supplier_code }, list.map((one, index) => cell(one, row, index)))))));
}

/** A page in sections; one without rows says in words why there are none. */
function showSections(name, state, go) {
  const [title, meaning] = VIEWS[name];
  const { summary = [], sections } = SECTIONED[name]();
  $("page").replaceChildren(
    el("div", { class: "page-head" }, el("h2", { id: "page-title", tabindex: "-1" }, title), el("p", {}, meaning), summary.filter(Boolean).map((words) => el("p", { class: "summary" }, words))),
    ...sections.map((one) => el("section", { class: "section", id: one.id }, el("h3", { id: `${one.id}-title` }, one.title), el("p", {}, one.about),
      one.rows.length ? sheet(one, state, go) : el("p", { class: "none" }, one.none))));
}

// ---- service level

const isDrawn = (row) => row.target_pct !== null && row.reached_pct !== null;

/** Target and what was reached on one scale: a tick and a dot, and what lies between them. */
function servedPicture(row, low) {
  if (!isDrawn(row)) return "–";
  const [target, reached] = [row.target_pct, row.reached_pct].map((value) => 6 + (Math.max(value, low) - low) / (100 - low) * 108);
  return svg("svg", { class: `served ${row.gap_pct < 0 ? "short-of" : ""}`, viewBox: "0 0 120 16", width: 120, height: 16, "aria-hidden": "true", "data-target": row.target_pct, "data-reached": row.reached_pct },
    svg("path", { class: "track", d: "M6 8H114" }), svg("path", { class: "gap", d: `M${target} 8H${reached}` }), svg("path", { class: "mark", d: `M${target} 2V14` }), svg("circle", { cx: reached, cy: 8, r: 4 }));
}

/** Where the scale of all pictures begins: the tens at or below the least of their values. */
const lowest = (rows) => Math.min(90, Math.floor(Math.min(...rows.filter(isDrawn).flatMap((row) => [row.target_pct, row.reached_pct])) / 10) * 10);

function servedColumns(low, memberName, filter) {
  const lines = groupsBy(ALL, FILTERS[filter]);
  const linked = ({ member_code: code, member_name: called }) => {
    const count = lines.get(code)?.length ?? 0;
    return count ? el("a", { href: `#${new URLSearchParams({ show: "all", [filter]: code })}`, "aria-label": `${plural(count, "line", "lines")} of ${called ?? code}` }, wholeNumber.format(count)) : "0";
  };
  return [
    said("member_code", memberName, (row) => text(row.member_code === NONE ? supplierName(null) : row.member_name ?? row.member_code), { key: (row) => row.member_name ?? row.member_code }),
    shared("target_pct", "Target"),
    shared("reached_pct", "Served at once", { cell: (row) => el("span", { class: row.gap_pct < 0 ? "warn" : "" }, row.gap_pct < 0 ? icon("late") : "", row.gap_pct < 0 ? " " : "", percent(row.reached_pct)) }),
    said("picture", `${wholeNumber.format(low)} to 100 %`, (row) => servedPicture(row, low), { key: (row) => row.reached_pct }),
    counted("gap_pct", "Gap, points", { cell: (row) => points(row.gap_pct), ascending: true }),
    counted("below_target_count", "Parts below theirs", { cell: (row) => (row.asked_part_count ? outOf(row.below_target_count, row.asked_part_count) : "–") }),
    counted("asked_quantity", "Units asked for"),
    counted("lost_sale_quantity", "Lost"),
    counted("emergency_buy_quantity", "Bought in a hurry"),
    counted("waited_quantity", "Waited for"),
    shared("in_stock_pct", "In stock now"),
    counted("lines", "Lines today", { key: ({ member_code: code }) => lines.get(code)?.length ?? 0, cell: linked }),
  ];
}

function serviceSections() {
  const { rows } = pageRows("service");
  const [stocked, other] = ["STOCKED", "OTHER"].map((code) => rows.find((row) => row.group_code === "NETWORK" && row.member_code === code));
  const missed = (row) => `${quantity(row.lost_sale_quantity)} lost, ${quantity(row.emergency_buy_quantity)} bought in a hurry, ${quantity(row.waited_quantity)} waited for`;
  const low = lowest(rows);
  const groups = [
    ["CLASS", "By class", "Class", "abc", "By value (A, B, C) and by how much demand varies (X, Y, Z), as classed today."],
    ["GARAGE", "By garage", "Garage", "garage", "Of the parts that each garage stocks today."],
    ["SUPPLIER", "By supplier", "Supplier", "supplier", "Of the parts that each supplier is chosen for today, whoever delivered them then."],
  ];
  return {
    summary: [
      stocked && (stocked.asked_quantity ? [
        `Of ${plural(stocked.asked_quantity, "unit", "units")} of stocked parts asked for from ${daysBetween(stocked)}, `, el("strong", {}, `${percent(stocked.reached_pct)} were served at once`), `; the target is `, el("strong", {}, percent(stocked.target_pct)),
        `. Not served at once: ${missed(stocked)}. ${outOf(stocked.below_target_count, stocked.asked_part_count)} parts that were asked for are below their own target.`,
      ] : `From ${daysBetween(stocked)} nothing was asked for that is stocked: there is nothing to hold against the targets.`),
      other && `Of what is not stocked today (special orders, and parts that others replaced) ${plural(other.asked_quantity, "unit was", "units were")} asked for and ${percent(other.reached_pct)} served at once; it has no target and is in no table below.`,
    ],
    sections: groups.map(([code, title, member, filter, about]) => {
      const found = rows.filter((row) => row.group_code === code);
      return { id: `service-${filter}`, title, about, rows: found, columns: servedColumns(low, member, filter), none: "Nothing is stocked, so there is no target." };
    }),
  };
}

const SECTIONED = { service: serviceSections };
