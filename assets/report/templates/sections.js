// Pages in sections, each a small table that stands whole on screen and paper: the service level, suppliers.

const percent = (value, digits = shortNumber) => (value === null || value === undefined ? "–" : `${digits.format(value)} %`);
const points = (value) => (value === null || value === undefined ? "–" : `${value > 0 ? "+" : value < 0 ? "−" : ""}${shortNumber.format(Math.abs(value))}`);
const daysBetween = ({ from_on: from, to_on: to }) => `${dateName(from)} to ${dateName(to)}`;
const outOf = (part, whole) => `${quantity(part)} of ${quantity(whole)}`;
// A column of a section: what it is called and says, what it sorts by, and what a cell shows.
const said = (id, name, cell, more = {}) => ({ id, name, key: (row) => row[id], cell, ...more });
const counted = (id, name, more = {}) => ({ id, name, n: true, key: (row) => row[id], cell: (row) => quantity(row[id]), ...more });
const shared = (id, name, more = {}) => counted(id, name, { cell: (row) => percent(row[id]), ...more });

const small = (...words) => el("small", {}, ...words);
/** A share, and of how many it is. */
const shareOf = (value, part, whole) => (value === null ? "–" : [percent(value, plainNumber), small(outOf(part, whole))]);

/** How many lines today's report has of a member, as a link to them. */
function linesColumn(filter, codeName, calledName) {
  const lines = groupsBy(ALL, FILTERS[filter]);
  const count = (row) => lines.get(row[codeName])?.length ?? 0;
  const link = (row) => el("a", { href: `#${new URLSearchParams({ show: "all", [filter]: row[codeName] })}`, "aria-label": `${plural(count(row), "line", "lines")} of ${row[calledName] ?? row[codeName]}` }, wholeNumber.format(count(row)));
  return counted("lines", "Lines today", { key: count, cell: (row) => (count(row) ? link(row) : "0") });
}

/** A table of a section: rows in the order of the column that is asked for, the first cell of each its head. */
function sheet({ id, title, columns: list, rows, kind = "" }, state, go) {
  const column = list.find((one) => one.id === (state.sort ?? "").replace(/^-/, ""));
  const order = column ? sortedBy([...rows.keys()], rows.map(column.key), state.sort.startsWith("-")).map((place) => rows[place]) : rows;
  const sort = (head) => { go({ sort: nextSort(head, state.sort) }); document.querySelector(`#${id} [data-sort="${head.id}"]`)?.focus(); };
  const cell = (one, row, index) => el(index ? "td" : "th", { class: one.n ? `n c-${one.id}` : `c-${one.id}`, "data-name": one.name, scope: index ? null : "row" }, one.cell(row));
  return el("div", { class: "board", tabindex: "0", role: "region", "aria-labelledby": `${id}-title` },
    el("table", { class: `sheet ${kind}` }, el("caption", { class: "unseen" }, title), el("thead", {}, el("tr", {}, headCells(list, state.sort, sort))),
      el("tbody", {}, order.map((row) => el("tr", { "data-key": row.member_code ?? row.supplier_code }, list.map((one, index) => cell(one, row, index)))))));
}

/** A page in sections; one without rows says in words why there are none. */
function showSections(name, state, go) {
  const [title, meaning] = VIEWS[name];
  const { summary, sections, terms, termsTitle = "What the numbers are" } = SECTIONED[name]();
  $("page").replaceChildren(
    el("div", { class: "page-head" }, el("h2", { id: "page-title", tabindex: "-1" }, title), el("p", {}, meaning), summary.filter(Boolean).map((words) => el("p", { class: "summary" }, words)), pageRows(name).rows.length ? pageBar(name, state, go, []) : ""),
    ...sections.map((one) => el("section", { class: "section", id: one.id }, el("h3", { id: `${one.id}-title`, class: one.title === title ? "unseen" : null }, one.title), el("p", {}, one.about),
      one.rows.length ? sheet(one, state, go) : el("p", { class: "none" }, one.none))),
    el("section", { class: "section" }, el("h3", {}, termsTitle), el("dl", { class: "terms" }, Object.entries(terms).map(([term, words]) => el("div", {}, el("dt", {}, term), el("dd", {}, words))))));
}

/** What the columns of a page in sections are, with its picture and what leads back to the lines. */
const explained = (page, picture) => ({ ...Object.fromEntries(WORDS.columns[page]), "Picture": picture, "Lines today": "Lines of this report; the number leads to them." });

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
    linesColumn(filter, "member_code", "member_name"),
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
    terms: explained("service", "The tick is the target, the dot what was served at once."),
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

// ---- supplier scorecard

/** Lead time promised as a tick, kept as a dot, and how far what was kept spreads about it. */
function keptPicture(row, most) {
  const { quoted_lead_time_days: quoted, observed_lead_time_days: kept, observed_lead_time_sd_days: spread } = row;
  if (kept === null) return "–";
  const at = (value) => 6 + Math.max(0, value) / most * 108;
  return svg("svg", { class: `served ${kept > quoted ? "short-of" : ""}`, viewBox: "0 0 120 16", width: 120, height: 16, "aria-hidden": "true" },
    svg("path", { class: "track", d: "M6 8H114" }), svg("path", { class: "gap", d: `M${at(kept - (spread ?? 0))} 8H${at(kept + (spread ?? 0))}` }), svg("path", { class: "mark", d: `M${at(quoted)} 2V14` }), svg("circle", { cx: at(kept), cy: 8, r: 4 }));
}

function scorecardSections() {
  const { rows } = pageRows("scorecard");
  const most = Math.max(1, ...rows.map((row) => Math.max(row.quoted_lead_time_days ?? 0, (row.observed_lead_time_days ?? 0) + (row.observed_lead_time_sd_days ?? 0))));
  const kept = (row) => (row.observed_lead_time_days === null ? "–" : [
    el("span", { class: row.observed_lead_time_days > row.quoted_lead_time_days ? "warn" : "" }, row.observed_lead_time_days > row.quoted_lead_time_days ? [icon("late"), " "] : "", `${quantity(row.observed_lead_time_days)} d`),
    small(row.observed_lead_time_sd_days === null ? "" : `± ${quantity(row.observed_lead_time_sd_days)}; `, plural(row.observation_count, "line", "lines")),
  ]);
  const drift = (row) => (row.price_drift_pct === null ? "–" : [`${points(row.price_drift_pct)} %`, small(`${quantity(row.price_risen_count)} up, ${quantity(row.price_fallen_count)} down of ${quantity(row.price_count)}`)]);
  const sent = rows.map((row) => row.first_sent_on).filter(Boolean).sort()[0];
  const priced = rows.map((row) => row.price_from_on).filter(Boolean).sort()[0];
  return {
    terms: explained("scorecard", "The tick is what was promised, the dot what was kept, the bar its spread."),
    summary: rows.length ? [[
      sent ? `Lead times, what came on time and what was received are of all orders since ${dateName(sent)}. ` : "No order was sent yet, so no lead time was measured and nothing was due. ",
      priced ? `Prices are compared with those of ${dateName(priced)}, or the first stated since. ` : "No price was stated twice, so none can be compared. ",
      `Files are those from ${daysBetween(rows[0])}. A dash is no data, and neither 0 nor 100 %.`,
    ]] : [],
    sections: [{
      id: "scorecard-all", title: VIEWS.scorecard[0], about: "", rows, none: "No supplier is active, and none was ordered from.",
      columns: [
        said("supplier_code", "Supplier", (row) => text(row.supplier_name ?? row.supplier_code), { key: (row) => row.supplier_name ?? row.supplier_code }),
        counted("quoted_lead_time_days", "Promised", { cell: (row) => (row.quoted_lead_time_days === null ? "–" : `${quantity(row.quoted_lead_time_days)} d`) }),
        counted("observed_lead_time_days", "Kept", { cell: kept }),
        said("picture", `0 to ${shortNumber.format(most)} days`, (row) => keptPicture(row, most), { key: (row) => row.observed_lead_time_days }),
        shared("on_time_pct", "On time", { ascending: true, cell: (row) => shareOf(row.on_time_pct, row.on_time_quantity, row.promised_quantity) }),
        counted("moved_line_count", "Promises moved"),
        shared("received_pct", "Received", { ascending: true, cell: (row) => shareOf(row.received_pct, row.received_quantity, row.ordered_quantity) }),
        counted("late_line_count", "Late now"),
        counted("price_drift_pct", "Price drift", { cell: drift }),
        shared("quarantined_pct", "Rows refused", { cell: (row) => shareOf(row.quarantined_pct, row.quarantined_row_count, row.row_count) }),
        counted("rejected_batch_count", "Files refused", { cell: (row) => (row.batch_count ? outOf(row.rejected_batch_count, row.batch_count) : "–") }),
        shared("punctual_pct", "Files on time", { ascending: true, cell: (row) => shareOf(row.punctual_pct, row.on_time_feed_count, row.due_feed_count) }),
        linesColumn("supplier", "supplier_code", "supplier_name"),
      ],
    }],
  };
}
