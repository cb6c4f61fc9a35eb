// The further pages of the report: excess and dead stock, orders, what is on order, transfers, accuracy, why nothing, what is gone, figures.

const HEADS = {
  garage_code: "Garage", garage_name: "Garage", to_garage_code: "Move to", to_garage_name: "Move to", from_garage_code: "From", supplier_code: "Supplier", supplier_name: "Supplier", brand_code: "Brand", part_number: "Part", description: "Description",
  abc_code: "Value class", gone_quantity: "Was proposed", gone_amount: "Value", excess_quantity: "Excess", excess_amount: "Value", last_demand_on: "Last demand", action_code: "What to do", outcome_code: "Why nothing", explanation: "Explanation", line_count: "Lines", order_amount: "Order value", minimum_order_amount: "Minimum",
  minimum_gap_amount: "To the minimum", free_freight_amount: "Free freight from", free_freight_gap_amount: "To free freight", candidates: "Could fill it", order_by_at: "Order by", approved_amount: "Of it approved", borne_freight_amount: "Freight", top_up_amount: "Would add", first_stock_out_on: "First runs out",
  dead_amount: "Dead, value", affected_quantity: "Units", return_until_on: "Return until", excess_days: "Lasts, days", purchase_order_number: "Order", order_line_number: "Line", status_code: "State", acknowledged_quantity: "Confirmed", open_quantity: "To come", open_amount: "Value to come", late_days: "Days late", sent_at: "Sent on", line_type_code: "Kind", days_to_stock_out: "Stock lasts, days", is_below_point: "Below point",
  order_by_on: "Order by", stock_out_on: "Runs out on", inventory_position_quantity: "Position", reorder_point_quantity: "Reorder point", daily_mean_quantity: "Used a day", raw_quantity: "Needed then", raw_amount: "Value",
  demand_class_code: "Demand", method_code: "Method", series_count: "Series", chosen_count: "Chosen for", tested_month_count: "Months tested", mase_value: "MASE", smape_value: "sMAPE", rmsse_value: "RMSSE", pinball_value: "Pinball 95 %", 
};
// What a page calls otherwise, and of a page with many columns those that it shows; the rest is in the download.
const HEADS_OF = {
  transfers: { garage_code: "To", proposed_quantity: "Units", expected_on: "Arrives" },
  needs: { raw_quantity: "Needed", explanation: "How it comes about" },
};
const SHOWN = {
  excess: ["action_code", "affected_quantity", "garage_code", "garage_name", "brand_code", "part_number", "description", "excess_quantity", "excess_amount", "dead_amount", "to_garage_code", "to_garage_name", "supplier_code", "supplier_name", "return_until_on", "on_hand_quantity", "order_up_to_quantity", "excess_days", "last_demand_on", "abc_code"],
  needs: ["garage_code", "brand_code", "part_number", "description", "outcome_code", "on_hand_quantity", "inventory_position_quantity", "reorder_point_quantity", "order_up_to_quantity", "raw_quantity", "supplier_code", "stock_out_on", "explanation"],
};
// Numbers that are read down their column have as many digits each.
const DIGITS = { daily_mean_quantity: thousandths, mase_value: thousandths, rmsse_value: thousandths, pinball_value: thousandths, smape_value: (value) => `${tenths(value)} %`, excess_days: days };
// What stock is worth is no amount to the cent, and what was agreed mostly is a round one.
const ESTIMATED = ["excess_amount", "dead_amount"], AGREED = ["minimum_order_amount", "free_freight_amount"];
const HIDDEN_WHEN_NAMED = { garage_code: "garage_name", to_garage_code: "to_garage_name", supplier_code: "supplier_name" };
const VIEWS = {
  excess: ["Excess & dead stock", "More than the order-up-to level, and what to do with so many units of it as the garage can spare. Dead: no demand for a year. Move: another garage gets it or has room for it. Keep: it is promised, or needed until what is ordered comes. Use up: demand will, within half a year. Return: the supplier takes it back until the day that is named. Sell: other garages use it, and none has room. Write down: nobody uses it. Review stocking: dead, and within its level."],
  upcoming: ["Coming up", "Above their reorder point today, and down to it within 30 days by mean demand: what will be proposed if nothing is ordered before."],
  order_groups: ["Orders", "What goes to each supplier for each garage, until when, and how far it is from the minimum order and from free freight. Parts that could fill it are needed next and stay within their order-up-to level."],
  purchase_orders: ["On order", "Approved or ordered, and still to come."],
  transfers: ["Transfers", "What another garage has to spare and this one needs: move it before buying."],
  needs: ["Why nothing", "At or below the reorder point, and nothing is suggested: here is why."],
  gone: ["Gone", "Proposed by the run before and no longer: here is why, and where the stock stands now."],
  service: ["Service level", "Of what was asked for, how much was served at once, beside the service level that is aimed at."],
  scorecard: ["Suppliers", "What each supplier promises and what it keeps, how its prices move, and how well its files come in."],
  accuracy: ["Forecast accuracy", "How far forecasts of one month ahead were from demand, by method, in a back-test of the last months: medians over the series. MASE and RMSSE: 1 is as good as repeating the last value, less is better. sMAPE: the error of a month by the mean of forecast and demand, from 0 to 200 %; slow parts stand high, because a month without demand counts 200 wherever something was expected. Pinball 95 %: what too little and too much at that level cost together, less is better."],
  kpis: ["Figures", "How well the network is stocked."],
  settings: ["Settings", "What plans go by, what says so, and how it is changed. Nothing is changed here."],
};
const pageData = new Map();

/** Rows of a page as objects; parsed when it is first opened. */
function pageRows(name) {
  if (!pageData.has(name)) {
    const rows = [];
    if (name === "transfers") {
      for (const index of ALL) if (of("line_type_code")(index) === "TRANSFER") rows.push(rowAt(index));
      pageData.set(name, { columns: ["from_garage_code", "garage_code", "brand_code", "part_number", "description", "proposed_quantity", "status", "days_to_stock_out", "expected_on"], rows });
    } else {
      const table = $(`page-${name}`) ? parsed(`page-${name}`) : { columns: [], rows: [] };
      for (const row of table.rows) rows.push(Object.fromEntries(table.columns.map((column, index) => [column, row[index]])));
      pageData.set(name, { columns: table.columns, rows });
    }
  }
  return pageData.get(name);
}

const viewCount = (name) => (name === "transfers" ? ALL.filter((index) => of("line_type_code")(index) === "TRANSFER").length : DATA.pages[name] ?? 0);
const isNumeric = (rows, name) => rows.some((row) => typeof row[name] === "number") && rows.every((row) => row[name] === null || typeof row[name] === "number");

const saysNothing = (value) => !value || (Array.isArray(value) && !value.length);

/** Columns of a page by their names: ids and what is empty in every row are left out, codes stand back behind names. */
function pageColumns(name) {
  const { columns: all, rows } = pageRows(name);
  const names = SHOWN[name]?.filter((column) => all.includes(column)) ?? all;
  return names.filter((column) => (!rows.length || !rows.every((row) => saysNothing(row[column]))) && !column.endsWith("_id") && column !== "currency_code" && column !== "as_of_at" && column !== "place_number" && !column.startsWith("document_") && !(HIDDEN_WHEN_NAMED[column] && names.includes(HIDDEN_WHEN_NAMED[column]))).map((column) => {
    const n = isNumeric(rows, column);
    return { id: column, name: HEADS_OF[name]?.[column] ?? HEADS[column] ?? sentence(column.replace(/_(quantity|code|days)$/, "").replace(/^is_/, "")), n, key: (row) => (Array.isArray(row[column]) ? row[column].length : row[column]), cell: (row) => pageCell(column, row) };
  });
}

function pageCell(name, row) {
  const value = row[name];
  if (value === null || value === undefined || value === "") return "–";
  if (name.endsWith("_amount")) return value ? (ESTIMATED.includes(name) || (AGREED.includes(name) && Number.isInteger(value)) ? roundMoney : money)(value, row.currency_code) : "–";
  if (name === "sent_at") return dateName(value);
  if (name.endsWith("_at")) return momentName(value);
  if (name.endsWith("_on")) return dateName(value);
  if (name.endsWith("garage_code")) return clamped(garageName(value));
  if (name === "supplier_code") return clamped(supplierName(value));
  if (name === "outcome_code") return clamped(word(WORDS.outcomes, value));
  if (name === "status") return el("span", { class: `status ${value}` }, icon(value), WORDS.statuses[value][0]);
  if (DIGITS[name]) return DIGITS[name](value);
  if (name === "method_code") return clamped(word(WORDS.methods, value));
  if (typeof value === "number") return name.endsWith("_pct") ? `${quantity(value)} %` : quantity(value);
  if (typeof value === "boolean") return value ? el("span", { class: "status data" }, icon("out"), "yes") : "–";
  if (Array.isArray(value)) return el("span", { class: "clamp" }, text(value.map((one) => (typeof one === "object" ? `${one.part_number ?? one.description ?? ""} × ${quantity(one.quantity)}` : one)).join(", ") || "–"));
  if (name === "brand_code") return clamped(String(value));
  if (name.endsWith("_code") && /^[A-Z_]+$/.test(value)) return el("span", { class: "clamp" }, sentence(value));
  return clamped(String(value));
}

/** Whether a cell says nothing: on a phone it is left out. */
const isBlank = (name, value) => value === null || value === undefined || value === "" || value === false || (Array.isArray(value) && !value.length) || (value === 0 && name.endsWith("_amount"));

/** How high a card must be for the row that says most: three cells side by side, of two lines each. */
function cardHeightOf(list, rows) {
  const isLong = list.some(({ id }) => id === "explanation"), isMarked = list.some(({ id }) => id === "status");
  const most = rows.reduce((most, row) => Math.max(most, list.filter(({ id }) => !["explanation", "status"].includes(id) && !isBlank(id, row[id])).length), 0);
  return 32 + Math.ceil(most / 3) * 48 + (isLong ? 84 : 0) + (isMarked ? 28 : 0);
}

let pageTable = null;
// The rows that the page shows, which are those that are downloaded.
let pageShown = null;

/** What stands above a page: what narrows it down, where it has rows of garages and suppliers, and the download. */
function pageBar(name, state, go, rows) {
  const set = (changes, find, more) => { go(changes, more); const field = document.querySelector(`#page-bar ${find}`); field?.focus(); return field; };
  const choice = (filter, column, label, nameOf) => {
    const codes = [...new Set(rows.map((row) => row[column] ?? NONE))].sort((a, b) => collator.compare(nameOf(a), nameOf(b)));
    if (!rows.some((row) => column in row) || (codes.length < 2 && !state[filter])) return "";
    const field = el("select", { name: filter, onchange: () => set({ [filter]: field.value }, `[name=${filter}]`) }, el("option", { value: "" }, "All"), [...new Set([...codes, state[filter]].filter(Boolean))].map((code) => el("option", { value: code }, nameOf(code))));
    field.value = state[filter] ?? "";
    return el("label", {}, label, " ", field);
  };
  const hasParts = rows.some((row) => row.part_number);
  const search = el("input", { name: "q", type: "search", placeholder: hasParts ? "Part, description, supplier" : "Supplier, garage", spellcheck: "false", oninput: () => {
    const at = search.selectionStart, field = set({ q: search.value }, "[name=q]", { replace: true });
    field?.setSelectionRange(at, at);
  } });
  search.value = state.q ?? "";
  return el("form", { class: "filters", id: "page-bar", role: "search", "aria-label": "This page", autocomplete: "off", onsubmit: (event) => event.preventDefault() },
    hasParts || rows.some((row) => row.supplier_code) ? [el("label", { class: "find" }, "Search ", search),
      choice("garage", "garage_code", "Garage", (code) => text(code === NONE ? "–" : garageName(code))), choice("supplier", "supplier_code", "Supplier", (code) => text(supplierName(code === NONE ? null : code)))] : "",
    el("button", { type: "button", id: "page-download", "aria-haspopup": "dialog", onclick: () => showDownload(state, []) }, "Download"));
}

/** Show a page with its sums, its search and its table; the address keeps what was searched and sorted. */
function showPage(name, state, go) {
  pageTable?.forget();
  pageShown = null;
  if (SECTIONED[name]) return showSections(name, state, go);
  const [title, meaning] = VIEWS[name];
  const list = pageColumns(name);
  const { rows } = pageRows(name);
  const head = () => el("div", { class: "page-head" }, el("h2", { id: "page-title", tabindex: "-1" }, title), el("p", {}, meaning), rows.length ? pageBar(name, state, go, rows) : "");
  if (name === "kpis") return $("page").replaceChildren(head(), figureTiles(rows));
  const wanted = state.q?.trim().toLowerCase();
  const horizon = name === "upcoming" ? horizonOf(state) : null;
  const kept = rows.filter((row) => (horizon === null || dayOf(row.order_by_on) <= horizon) && (!state.supplier || (row.supplier_code ?? NONE) === state.supplier) && (state.garage ? row.garage_code === state.garage : true) && (state.dead ? row.is_dead : true)
    && (!wanted || Object.values(row).some((value) => typeof value === "string" && (value.toLowerCase().includes(wanted) || (squash(wanted) && squash(value).includes(squash(wanted)))))));
  const places = kept.map((_, index) => index);
  const column = list.find(({ id }) => id === (state.sort ?? "").replace(/^-/, ""));
  const order = column ? sortedBy(places, kept.map(column.key), state.sort.startsWith("-")) : places;
  pageShown = order.map((place) => kept[place]);
  const body = el("tbody");
  const scroller = el("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": title },
    el("table", { class: "lines page" }, el("caption", { class: "unseen" }, title),
      el("thead", {}, el("tr", {}, headCells(list, state.sort, (head) => { go({ sort: nextSort(head, state.sort) }); document.querySelector(`#page [data-sort="${head.id}"]`)?.focus(); }))), body));
  $("page").replaceChildren(
    head(),
    el("p", { class: "count", role: "status", hidden: !rows.length }, `${plural(order.length, "row", "rows")}${pageSums(list, kept)}`),
    order.length ? scroller : el("p", { class: "empty" }, icon("ok"), rows.length ? "No row matches." : "Nothing here."));
  if (!order.length) return;
  pageTable = virtual(scroller, body, (place) => el("tr", {}, list.map((one) => el("td", { class: `${one.n ? "n " : ""}c-${one.id}${isBlank(one.id, kept[place][one.id]) ? " blank" : ""}`, "data-name": one.name }, one.cell(kept[place])))), cardHeightOf(list, kept));
  pageTable.show(order);
}

function pageSums(list, rows) {
  return list.filter(({ id }) => ["excess_amount", "raw_amount", "order_amount", "minimum_gap_amount"].includes(id)).map(({ id, name }) => {
    const sums = {};
    for (const row of rows) if (row[id]) sums[row.currency_code ?? ""] = (sums[row.currency_code ?? ""] ?? 0) + row[id];
    return Object.keys(sums).length ? ` · ${name} ${moneys(sums, 3)}` : "";
  }).join("");
}

/** Each figure large, with its trend over the editions. */
function figureTiles(rows) {
  return el("ul", { class: "tiles" }, rows.filter((row) => typeof row.value === "number").map((row) => {
    const { kpi_code: code, unit_code: unit } = row;
    const isMoney = /^[A-Z]{3}$/.test(unit) && unit !== "PCT";
    const trend = sparkline(trendOf((figures) => figures.kpis?.[code], row.value));
    return el("li", { class: `tile ${trend ? "trended" : ""}` }, el("div", {},
      el("span", { class: "name" }, row.name ?? sentence(code)),
      el("span", { class: "figure" }, isMoney ? roundMoney(row.value, unit) : unit === "DAYS" ? `${days(row.value)} days` : `${quantity(Math.round(row.value * 100) / 100)}${unit === "PCT" ? " %" : ""}`),
      row.description ? el("span", { class: "about" }, row.description) : "", trend));
  }));
}
