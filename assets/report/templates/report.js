// The page: state in the address, filters, sums, the table and its keys.

const PAGE_LENGTH = 100;
const PRINT_LENGTH = 2000;
const STATUS_ORDER = Object.keys(DATA.statuses);
const FILTERS = { status: "status", supplier: "supplier_code", garage: "garage_code", class: "demand_class_code", outcome: "outcome_code" };
const NONE = "-"; // The supplier of a line without one, in the address.

// Header, how to sort by it, what a cell shows. `n` marks numbers: right-aligned, sorted from the largest.
const COLUMNS = [
  { id: "status", name: "Status", key: (row) => STATUS_ORDER.indexOf(row[AT.status]), cell: (line) => el("span", { class: `status ${line.status}` }, icon(line.status), DATA.statuses[line.status][0]) },
  { id: "garage", name: "Garage", key: (row) => garageName(row[AT.garage_code]), cell: (line) => el("span", { class: "clamp", title: garageName(line.garage_code) }, text(garageName(line.garage_code))) },
  { id: "part", name: "Part", key: (row) => `${row[AT.brand_code]} ${row[AT.part_number]}`, cell: partCell },
  { id: "description", name: "Description", key: (row) => row[AT.description] ?? "", cell: (line) => el("span", { class: "clamp", title: line.description ?? "" }, text(line.description)) },
  { id: "supplier", name: "Supplier", key: (row) => supplierName(row[AT.supplier_code]), cell: (line) => el("span", { class: "clamp" }, line.supplier_code ? text(supplierName(line.supplier_code)) : el("em", {}, word(DATA.outcomes, line.outcome_code))) },
  { id: "on_hand", name: "On hand", n: true, of: "on_hand_quantity" },
  { id: "held", name: "Held", n: true, of: "held_quantity" },
  { id: "reserved", name: "Reserved", n: true, of: "reserved_quantity" },
  { id: "position", name: "Position", n: true, of: "inventory_position_quantity", title: "Inventory position: sellable, less reserved and backordered, plus on order" },
  { id: "reorder", name: "Reorder point", n: true, of: "reorder_point_quantity" },
  { id: "upto", name: "Up to", n: true, of: "order_up_to_quantity" },
  { id: "suggested", name: "Suggested", n: true, of: "proposed_quantity", cell: (line) => el("strong", {}, quantity(line.proposed_quantity)) },
  { id: "packs", name: "Packs", n: true, of: "pack_count" },
  { id: "price", name: "Unit price", n: true, of: "unit_price_amount", cell: (line) => money(line.unit_price_amount, line.currency_code) },
  { id: "value", name: "Line value", n: true, of: "line_amount", cell: (line) => money(line.line_amount, line.currency_code) },
  { id: "days", name: "Days to stock\u2011out", n: true, of: "days_to_stock_out", ascending: true, cell: (line) => days(line.days_to_stock_out) },
  { id: "class", name: "Demand", key: (row) => word(DATA.classes, row[AT.demand_class_code]), cell: (line) => word(DATA.classes, line.demand_class_code) },
];
for (const column of COLUMNS) {
  if (!column.of) continue;
  column.key ??= (row) => row[AT[column.of]];
  column.cell ??= (line) => quantity(line[column.of]);
}

function partCell(line) {
  return el("button", { type: "button", class: "part", "data-index": line.index, "aria-haspopup": "dialog" },
    el("span", { class: "brand" }, text(line.brand_code)), " ", el("span", { class: "number", title: line.part_number }, text(line.part_number)));
}

// ---- state: all of it lives in the part of the address after the #, so a copied link shows the same.

let state = {};
const readState = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

function go(changes, { replace = false } = {}) {
  const next = { ...state, ...changes };
  if (!("page" in changes) && !("line" in changes)) delete next.page;
  for (const name in next) if (!next[name]) delete next[name];
  const hash = "#" + new URLSearchParams(next);
  history[replace ? "replaceState" : "pushState"](null, "", hash);
  show();
}

// ---- which lines, in which order

const squash = (value) => String(value ?? "").toUpperCase().replace(/[^\p{L}\p{N}]/gu, "");
const texts = DATA.rows.map((row) => `${row[AT.brand_code]} ${row[AT.description] ?? ""} ${supplierName(row[AT.supplier_code])} ${garageName(row[AT.garage_code])}`.toLowerCase());
const numbers = DATA.rows.map((row) => `${squash(row[AT.brand_code])}${squash(row[AT.part_number])} ${squash(row[AT.supplier_part_number])}`);

function matcher(wanted, except) {
  const tests = [];
  for (const [name, column] of Object.entries(FILTERS)) {
    if (!wanted[name] || name === except) continue;
    const value = wanted[name] === NONE ? null : wanted[name];
    tests.push((index) => DATA.rows[index][AT[column]] === value);
  }
  if (wanted.q?.trim()) {
    const number = squash(wanted.q);
    const words = wanted.q.toLowerCase().split(/\s+/).filter(Boolean);
    tests.push((index) => (number && numbers[index].includes(number)) || words.every((part) => texts[index].includes(part)));
  }
  return (index) => tests.every((test) => test(index));
}

const collator = new Intl.Collator(LANGUAGE, { numeric: true });
function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  return typeof a === "number" ? a - b : collator.compare(a, b);
}

/** Row numbers sorted by a column; equal ones stay in order of urgency, empty ones come last either way. */
const sortings = new Map();
function sorted(sort) {
  if (sortings.has(sort)) return sortings.get(sort);
  const descending = sort.startsWith("-");
  const column = COLUMNS.find(({ id }) => id === sort.replace(/^-/, "")) ?? COLUMNS[0];
  const keys = DATA.rows.map(column.key);
  const order = sort === "urgency" ? DATA.rows.map((_, index) => index) : [...sorted("urgency")];
  if (sort === "urgency") {
    const [lasts, values] = [AT.days_to_stock_out, AT.line_amount];
    order.sort((a, b) => keys[a] - keys[b] || compare(DATA.rows[a][lasts], DATA.rows[b][lasts]) || (DATA.rows[b][values] ?? 0) - (DATA.rows[a][values] ?? 0) || a - b);
  } else {
    const empty = (key) => key === null || key === undefined;
    order.sort((a, b) => (descending && !empty(keys[a]) && !empty(keys[b]) ? compare(keys[b], keys[a]) : compare(keys[a], keys[b])));
  }
  sortings.set(sort, order);
  return order;
}

// ---- sums

function sumsOf(indexes) {
  const sums = { lines: 0, orders: 0, value: {} };
  for (const index of indexes) {
    const row = DATA.rows[index];
    sums.lines++;
    if (row[AT.outcome_code] !== "PROPOSED" || !(row[AT.proposed_quantity] > 0)) continue;
    sums.orders++;
    const currency = row[AT.currency_code] ?? "";
    if (row[AT.line_amount] !== null) sums.value[currency] = (sums.value[currency] ?? 0) + row[AT.line_amount];
  }
  return sums;
}
const ALL = DATA.rows.map((_, index) => index);
const plural = (count, one, many) => `${wholeNumber.format(count)} ${count === 1 ? one : many}`;

function showTiles() {
  const count = (name, value) => DATA.rows.filter((row) => row[AT[name]] === value).length;
  const sums = sumsOf(ALL);
  const tile = (kind, value, name, filter) => {
    const isOn = filter && Object.entries(filter).every(([key, wanted]) => state[key] === wanted);
    const content = [el("span", { class: "figure" }, value), el("span", { class: "name" }, kind ? icon(kind) : null, name)];
    if (!filter) return el("li", { class: "tile value" }, el("div", {}, content));
    const off = Object.fromEntries(Object.keys(filter).map((key) => [key, ""]));
    return el("li", { class: `tile ${kind ?? ""}` }, el("button", { type: "button", "aria-pressed": String(isOn), onclick: () => go(isOn ? off : filter) }, content));
  };
  $("tiles").replaceChildren(
    tile("out", wholeNumber.format(count("status", "out")), "Stocked out", { status: "out" }),
    tile("late", wholeNumber.format(count("status", "late")), "Will run out before a delivery could arrive", { status: "late" }),
    tile("due", wholeNumber.format(sums.orders), "Lines to order", { outcome: "PROPOSED" }),
    tile(null, orderValue(sums.value), "Order value"),
    tile(null, wholeNumber.format(count("outcome_code", "NO_OFFER")), "Lines without an offer", { outcome: "NO_OFFER" }),
  );
}

/** The largest sum large, the others small below it. */
function orderValue(sums) {
  const [first, ...others] = moneys(sums, 3).split(" + ");
  return [first, others.length ? el("small", {}, `+ ${others.join(" + ")}`) : null];
}

/** Suppliers of the chosen garage, garages of the chosen supplier: together they say what each order holds. */
function showFacet(listId, filter, nameOf) {
  const matches = matcher(state, filter);
  const groups = new Map();
  for (const index of ALL) {
    if (!matches(index)) continue;
    const code = DATA.rows[index][AT[FILTERS[filter]]] ?? NONE;
    if (!groups.has(code)) groups.set(code, []);
    groups.get(code).push(index);
  }
  const entries = [...groups].map(([code, indexes]) => ({ code, ...sumsOf(indexes) }));
  const currency = new Set(entries.flatMap((entry) => Object.keys(entry.value)));
  // Bars of different currencies would lie, so they then compare lines.
  const weight = (entry) => (currency.size === 1 ? Object.values(entry.value)[0] ?? 0 : entry.orders);
  entries.sort((a, b) => weight(b) - weight(a) || b.lines - a.lines || collator.compare(nameOf(a.code), nameOf(b.code)));
  const heaviest = Math.max(...entries.map(weight), 1e-9);
  $(listId).replaceChildren(...entries.map((entry) => {
    const isOn = state[filter] === entry.code;
    return el("li", {}, el("button", { type: "button", "aria-pressed": String(isOn), "data-code": entry.code, onclick: () => go({ [filter]: isOn ? "" : entry.code }) },
      el("span", { class: "name" }, text(nameOf(entry.code))),
      el("span", { class: "share" }, entry.orders === entry.lines ? plural(entry.lines, "line", "lines") : `${wholeNumber.format(entry.orders)} of ${plural(entry.lines, "line", "lines")}`),
      el("span", { class: "sum" }, moneys(entry.value)),
      svg("svg", { class: "weight", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("rect", { width: (weight(entry) / heaviest) * 100, height: 4 }))));
  }));
}

// ---- the table

function showHeads() {
  const active = (state.sort ?? "").replace(/^-/, "");
  $("heads").replaceChildren(...COLUMNS.map((column) => {
    const direction = state.sort?.startsWith("-") ? "descending" : "ascending";
    const isActive = active === column.id;
    return el("th", { scope: "col", class: column.n ? `n c-${column.id}` : `c-${column.id}`, "aria-sort": isActive ? direction : "none", title: column.title },
      el("button", { type: "button", "data-sort": column.id, onclick: () => sortBy(column) }, column.name,
        el("span", { class: "arrow", "aria-hidden": "true" }, isActive ? (direction === "ascending" ? "▲" : "▼") : "")));
  }));
}

function sortBy(column) {
  const up = column.id, down = `-${column.id}`;
  const first = column.n && !column.ascending ? down : up;
  go({ sort: state.sort === first ? (first === up ? down : up) : first });
  document.querySelector(`[data-sort="${column.id}"]`)?.focus();
}

let shown = [];
function showRows(length = PAGE_LENGTH) {
  shown = sorted(state.sort ?? "urgency").filter(matcher(state));
  const last = Math.max(1, Math.ceil(shown.length / length));
  const page = Math.min(Math.max(1, parseInt(state.page, 10) || 1), last);
  const start = length === PAGE_LENGTH ? (page - 1) * length : 0;
  $("rows").replaceChildren(...shown.slice(start, start + length).map((index) => {
    const line = lineAt(index);
    return el("tr", { "data-id": line.proposal_id }, COLUMNS.map((column) =>
      el("td", { class: column.n ? `n c-${column.id}` : `c-${column.id}`, "data-name": column.name }, column.cell(line))));
  }));
  const sums = sumsOf(shown);
  const end = Math.min(start + length, shown.length);
  const range = shown.length > length ? `, ${wholeNumber.format(start + 1)}–${wholeNumber.format(end)} shown` : "";
  $("count").textContent = `${plural(shown.length, "line", "lines")}${range} · ${wholeNumber.format(sums.orders)} to order, ${moneys(sums.value)}`;
  $("no-match").hidden = shown.length > 0;
  $("scroller").hidden = shown.length === 0;
  showPager(page, last);
}

function showPager(page, last) {
  const turn = (name, to, label) => el("button", { type: "button", disabled: to < 1 || to > last || to === page, "aria-label": label, onclick: () => { go({ page: to === 1 ? "" : String(to) }); $("lines-heading").scrollIntoView(); } }, name);
  $("pager").replaceChildren(...(last === 1 ? [] : [turn("«", 1, "First page"), turn("‹ Previous", page - 1, "Previous page"), el("span", {}, `Page ${wholeNumber.format(page)} of ${wholeNumber.format(last)}`), turn("Next ›", page + 1, "Next page"), turn("»", last, "Last page")]));
}

// ---- the filters

function makeFilters() {
  const present = (column) => [...new Set(DATA.rows.map((row) => row[AT[column]]))];
  const names = { status: (code) => DATA.statuses[code][0], supplier: supplierName, garage: garageName, class: (code) => word(DATA.classes, code), outcome: (code) => word(DATA.outcomes, code) };
  for (const [name, column] of Object.entries(FILTERS)) {
    const codes = present(column);
    if (name === "status") codes.sort((a, b) => STATUS_ORDER.indexOf(a) - STATUS_ORDER.indexOf(b));
    else codes.sort((a, b) => collator.compare(names[name](a), names[name](b)));
    $("filters").elements[name].append(el("option", { value: "" }, "All"), ...codes.map((code) => el("option", { value: code ?? NONE }, names[name](code))));
  }
  $("filters").elements.sort.append(el("option", { value: "" }, "Urgency"), ...COLUMNS.map((column) =>
    el("option", { value: column.n && !column.ascending ? `-${column.id}` : column.id }, column.name)));
  $("filters").addEventListener("change", ({ target }) => { if (target.name !== "q") go({ [target.name]: target.value }); });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("q").addEventListener("input", () => go({ q: $("q").value }, { replace: true }));
  const clear = () => { for (const name of [...Object.keys(FILTERS), "q"]) state[name] = ""; go({}); $("q").focus(); };
  $("clear").addEventListener("click", clear);
  $("clear-2").addEventListener("click", clear);
}

function syncFilters() {
  for (const field of $("filters").elements) {
    if (field.name && field.value !== (state[field.name] ?? "")) field.value = state[field.name] ?? "";
  }
  $("clear").disabled = ![...Object.keys(FILTERS), "q"].some((name) => state[name]);
}

// ---- the drawer, the help, the keys

const partButtons = () => [...document.querySelectorAll("button.part")];
const buttonOf = (id) => document.querySelector(`tr[data-id="${CSS.escape(id)}"] button.part`);

function syncDrawer(before) {
  const index = state.line ? DATA.rows.findIndex((row) => row[AT.proposal_id] === state.line) : -1;
  document.querySelector("tr.current")?.classList.remove("current");
  if (index >= 0) {
    buttonOf(state.line)?.closest("tr").classList.add("current");
    showDrawer(lineAt(index), { step, close: closeDrawer });
  } else if (drawer.open) {
    drawer.close();
    if (before.line) buttonOf(before.line)?.focus();
  }
}

const closeDrawer = () => go({ line: "" });
function step(by) {
  const place = shown.findIndex((index) => DATA.rows[index][AT.proposal_id] === state.line);
  const next = shown[place + by];
  if (place < 0 || next === undefined) return;
  const page = Math.floor((place + by) / PAGE_LENGTH) + 1;
  go({ line: DATA.rows[next][AT.proposal_id], page: page > 1 ? String(page) : "" }, { replace: true });
}

function move(by) {
  const buttons = partButtons();
  const place = buttons.indexOf(document.activeElement);
  const target = buttons[place < 0 ? 0 : Math.min(Math.max(place + by, 0), buttons.length - 1)];
  target?.focus();
  target?.scrollIntoView({ block: "nearest" });
}

function showHelp() {
  const keys = [["j or ↓", "next line"], ["k or ↑", "previous line"], ["Enter", "explain the line"], ["Esc", "close"], ["/", "search"], ["?", "this help"]];
  const meanings = (list) => el("dl", {}, Object.values(list).map(([name, meaning]) => el("div", {}, el("dt", {}, name), el("dd", {}, meaning))));
  $("help").replaceChildren(
    el("h2", { id: "help-title", tabindex: "-1" }, "Keys and words"),
    el("dl", { class: "keys" }, keys.map(([key, meaning]) => el("div", {}, el("dt", {}, el("kbd", {}, key)), el("dd", {}, meaning)))),
    el("h3", {}, "Status"), meanings(DATA.statuses), el("h3", {}, "Demand"), meanings(DATA.classes),
    el("button", { type: "button", onclick: () => $("help").close() }, "Close"));
  $("help").showModal();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.matches("input, select, textarea");
  const actions = {
    j: () => (drawer.open ? step(1) : move(1)), k: () => (drawer.open ? step(-1) : move(-1)),
    ArrowDown: () => move(1), ArrowUp: () => move(-1),
    "/": () => $("q").focus(), "?": showHelp,
  };
  const isArrow = event.key.startsWith("Arrow");
  // Arrows keep scrolling the page and the drawer, unless a line has the focus.
  if (isTyping || !actions[event.key] || $("help").open || (drawer.open && !"jk".includes(event.key)) || (isArrow && !event.target.matches("button.part"))) return;
  event.preventDefault();
  actions[event.key]();
}

function listen() {
  $("rows").addEventListener("click", ({ target }) => {
    if (String(getSelection())) return; // Somebody is marking text to copy it.
    const id = target.closest("tr")?.dataset.id;
    if (id) go({ line: id });
  });
  drawer.addEventListener("cancel", (event) => { event.preventDefault(); closeDrawer(); });
  drawer.addEventListener("click", (event) => { if (event.target === drawer) closeDrawer(); });
  $("help-button").addEventListener("click", showHelp);
  document.addEventListener("keydown", onKey);
  addEventListener("popstate", show);
  addEventListener("beforeprint", () => showRows(PRINT_LENGTH));
  addEventListener("afterprint", () => showRows());
}

// ---- start

function show() {
  const before = state;
  state = readState();
  const changed = (names) => names.some((name) => before[name] !== state[name]);
  if (before === initial || changed([...Object.keys(FILTERS), "q", "sort", "page"])) {
    syncFilters();
    showTiles();
    showFacet("by-supplier", "supplier", (code) => supplierName(code === NONE ? null : code));
    showFacet("by-garage", "garage", garageName);
    showHeads();
    showRows();
  }
  syncDrawer(before);
}

const initial = state;
$("main").hidden = false;
if (DATA.rows.length) {
  makeFilters();
  listen();
  show();
} else {
  showTiles();
  $("nothing").hidden = false;
  $("work").hidden = true;
}
