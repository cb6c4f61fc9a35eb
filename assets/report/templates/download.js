// Lines and decisions as delimited text, in the dialect that the reader's spreadsheet takes.

const isCommaDecimal = new Intl.NumberFormat(LANGUAGE).format(1.5).includes(",");
const DIALECTS = {
  point: { name: "Commas between, 1234.5", separator: ",", decimal: "." },
  comma: { name: "Semicolons between, 1234,5", separator: ";", decimal: "," },
};

/** A value as a cell: numbers with the decimal sign of the dialect, text never as a formula, quoted where it must be. */
function csvCell(value, { separator, decimal }) {
  if (value === null || value === undefined) return "";
  // Three decimals alone may be read as a group of a thousand.
  if (typeof value === "number") return String(value).replace(/^(\d{1,3}\.\d{3})$/, "$10").replace(".", decimal);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /["\n\r]/.test(safe) || safe.includes(separator) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const csvText = (heads, rows, dialect) => [heads, ...rows].map((row) => row.map((value) => csvCell(value, dialect)).join(dialect.separator)).join("\r\n") + "\r\n";

/** Hand the reader a file; the mark in front tells Excel that it is UTF-8. */
function save(name, content) {
  const address = URL.createObjectURL(new Blob(["\ufeff", content], { type: "text/csv" }));
  const link = el("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

// Whatever somebody else decides after it, the reader of the page has not seen.
const EXPORTED_AT = DATA.exported_at;

// Header and value; `partsbay decide` finds its columns by these headers.
const CSV_COLUMNS = [
  ["Status", (line) => word(WORDS.statuses, line.status)], ["Garage", (line) => line.garage_code], ["Brand", (line) => line.brand_code], ["Part number", (line) => line.part_number],
  ["Decision", (_, one) => one.decision], ["Final quantity", (_, one) => one.quantity], ["Snooze until", (_, one) => one.until], ["Reason", (_, one) => one.reason],
  ["Suggested", (line) => line.proposed_quantity], ["Why look", (line) => word(WORDS.reasons, line.reason_code)], ["Description", (line) => line.description], ["Supplier", (line) => line.supplier_code], ["Kind", (line) => word(WORDS.types, line.line_type_code)], ["Outcome", (line) => word(WORDS.outcomes, outcomeOf(line))],
  ["Unit price", (line) => line.unit_price_amount], ["Line value", (line) => line.line_amount], ["At risk", (line) => line.risk_amount], ["Reward a unit", (line) => line.reward_amount], ["Reward %", (line) => line.reward_pct], ["Currency", (line) => line.currency_code],
  ["On hand", (line) => line.on_hand_quantity], ["On order", (line) => line.on_order_quantity], ["Inventory position", (line) => line.inventory_position_quantity], ["Reorder point", (line) => line.reorder_point_quantity],
  ["Runs out on", (line) => line.stock_out_on], ["Order by", (line) => line.order_by_on], ["Arrives", (line) => line.expected_on], ["proposal_id", (line) => line.proposal_id], ["revision_number", (line) => line.revision_number],
  ["exported_at", () => EXPORTED_AT],
];
// What nobody decided in the page stands in the file without these.
const DECIDING = ["Decision", "Final quantity", "Snooze until", "Reason", "exported_at"];

const byBudget = ({ index }) => ({ decision: cut.kept.has(index) && !isDecided(index) ? "APPROVE" : "", reason: cut.out.has(index) ? "BUDGET" : "" });
const byHand = ({ proposal_id: id }) => decided.get(id);

/** Lines as text, with what `decisionOf` says of each where it is given. */
function linesCsv(indexes, dialect, decisionOf) {
  const list = CSV_COLUMNS.filter(([name]) => decisionOf || !DECIDING.includes(name));
  return csvText(list.map(([name]) => name), indexes.map((index) => { const line = rowAt(index), one = decisionOf?.(line) ?? {}; return list.map(([, valueOf]) => valueOf(line, one)); }), dialect);
}

/** The rows of a further page as they are shown, ids and nested values left out. */
function pageCsv(name, dialect) {
  const { columns: names, rows: all } = pageRows(name);
  const rows = pageShown ?? all;
  const kept = names.filter((column) => !column.endsWith("_id") && !rows.some((row) => typeof row[column] === "object" && row[column] !== null));
  return csvText(kept, rows.map((row) => kept.map((column) => (typeof row[column] === "boolean" ? (row[column] ? "yes" : "no") : row[column]))), dialect);
}

const TOP_UPS = { TOP_UP_TO_MINIMUM: "fills the order to its minimum", TOP_UP_TO_FREE_FREIGHT: "fills the order to free freight" };
const TOP_UP_COLUMNS = ["Garage", "Supplier", "Brand", "Part number", "Description", "Decision", "Final quantity", "Reason", "Snooze until", "Value", "Currency", "proposal_id", "revision_number", "exported_at"];

/** The parts that fill the orders shown as decisions: no run proposes them, so `partsbay decide` takes them as lines of the planner's own. */
function topUps() {
  return (pageShown ?? []).filter((row) => TOP_UPS[row.action_code]).flatMap((row) => row.candidates.map((part) =>
    [row.garage_code, row.supplier_code, part.brand_code, part.part_number, part.description, "APPROVE", part.quantity, TOP_UPS[row.action_code], "", part.amount, row.currency_code, "", "", EXPORTED_AT]));
}

const stem = decodeURIComponent($("workbook").getAttribute("href")).replace(/\.xlsx$/, "");

/** Ask in which dialect, and hand out the lines that are shown, the page, or what the budget decides. */
function showDownload(state, shown) {
  const box = $("download");
  const chosen = () => DIALECTS[box.querySelector("input:checked").value];
  const decidable = cut ? [...cut.kept, ...cut.out].filter(isInStore) : [];
  const mine = [...decided.keys()].map((id) => places.get(id)).filter((index) => index !== undefined);
  const filling = state.view === "order_groups" ? topUps() : [];
  const button = (id, name, run, more = {}) => el("button", { type: "button", id, onclick: () => { run(); box.close(); }, ...more }, name);
  box.replaceChildren(el("h2", { id: "download-title" }, "Download"),
    el("fieldset", {}, el("legend", {}, "Delimited text"), Object.entries(DIALECTS).map(([code, { name }]) => el("label", {}, el("input", { type: "radio", name: "dialect", value: code, checked: (code === "comma") === isCommaDecimal }), name))),
    el("div", { class: "row" },
      state.view ? button("save-page", VIEWS[state.view][0], () => save(`${stem}-${state.view}.csv`, pageCsv(state.view, chosen()))) : button("save-lines", `${plural(shown.length, "line", "lines")} as shown`, () => save(`${stem}-lines.csv`, linesCsv(shown, chosen()))),
      cut && !state.view ? button("save-decisions", "Decisions of the budget", () => save(`${stem}-decisions.csv`, linesCsv(decidable, chosen(), byBudget)), { disabled: isStale() || !decidable.length }) : "",
      filling.length ? button("save-top-ups", `Order ${plural(filling.length, "part that fills an order", "parts that fill orders")}`, () => save(`${stem}-top-ups.csv`, csvText(TOP_UP_COLUMNS, filling, chosen())), { disabled: isStale() }) : "",
      mine.length ? button("save-decided", plural(mine.length, "decision", "decisions"), () => save(`${stem}-decided.csv`, linesCsv(mine, chosen(), byHand)), { disabled: isStale() }) : "",
      el("button", { type: "button", onclick: () => box.close() }, "Close")),
    mine.length || filling.length || (cut && !state.view) ? el("p", { class: "notes" }, isStale() ? "This plan is stale: nothing is approved from it." : `\`partsbay decide FILE\` reads decisions back. ${filling.length ? "Take out the parts that are not to be ordered." : "Of a budget, what fits is approved, and what is left out stays open with BUDGET as its reason."}`) : "");
  box.showModal();
}
