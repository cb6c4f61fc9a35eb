// The lines: which of them, in which order, what they add up to, and what a row shows.

const NONE = "-"; // The supplier of a line without one, in the address.
const STATUS_ORDER = Object.keys(WORDS.statuses);
const REASON_ORDER = Object.keys(WORDS.reasons);
const CLASS_OF = (index) => `${of("abc_code")(index) ?? "?"}${of("xyz_code")(index) ?? "?"}`;
// What is proposed is to be ordered, or to go back to a supplier.
const outcomeOf = (line) => (line.outcome_code === "PROPOSED" && line.line_type_code === "RETURN_EXCESS" ? "TO_RETURN" : line.outcome_code);
const [OUTCOME, TYPE] = ["outcome_code", "line_type_code"].map(of);
const OUTCOME_OF = (index) => outcomeOf({ outcome_code: OUTCOME(index), line_type_code: TYPE(index) });
// Name in the address → what a line has for it.
const FILTERS = {
  status: of("status"), reason: of("reason_code"), supplier: of("supplier_code"), garage: of("garage_code"), class: of("demand_class_code"), outcome: OUTCOME_OF, type: TYPE, abc: CLASS_OF,
};
const FILTER_NAMES = Object.keys(FILTERS);

const number = (id, name, field, more = {}) => ({ id, name, n: true, key: of(field), cell: (line) => quantity(line[field]), ...more });
const date = (id, name, field, more = {}) => ({ id, name, ascending: true, key: of(field), cell: (line) => dayName(line[field]), ...more });
// Header, how to sort by it, what a cell shows. `n` marks numbers: right-aligned, sorted from the largest. `more` is not shown at first.
const COLUMNS = [
  { id: "status", name: "Status", key: (index) => STATUS_ORDER.indexOf(of("status")(index)), cell: (line) => el("span", { class: `status ${line.status}` }, icon(line.status), WORDS.statuses[line.status][0]) },
  { id: "part", name: "Part", key: (index) => `${of("brand_code")(index)} ${of("part_number")(index)}`, cell: partCell },
  { id: "garage", name: "Garage", key: (index) => garageName(of("garage_code")(index)), cell: (line) => clamped(garageName(line.garage_code)) },
  { id: "supplier", name: "Supplier", key: (index) => supplierName(of("supplier_code")(index)), cell: supplierCell },
  { id: "abc", name: "Class", key: CLASS_OF, cell: (line) => (line.abc_code ? `${line.abc_code}${line.xyz_code ?? ""}` : word(WORDS.classes, line.demand_class_code)), title: "By value (A, B, C) and by how much demand varies (X, Y, Z)" },
  number("on_hand", "On hand", "on_hand_quantity"),
  number("held", "Held", "held_quantity", { more: true }),
  number("reserved", "Reserved", "reserved_quantity", { more: true }),
  number("on_order", "On order", "on_order_quantity", { cell: (line) => el("span", {}, quantity(line.on_order_quantity), line.next_receipt_on ? el("small", {}, dayName(line.next_receipt_on)) : "") }),
  number("position", "Position", "inventory_position_quantity", { title: "Inventory position: sellable, less reserved and backordered, plus what comes in" }),
  { id: "days", name: "Stock lasts", n: true, ascending: true, key: of("days_to_stock_out"), cell: coverCell, title: "Days until free stock runs out; the mark is the lead time" },
  number("reorder", "Reorder point", "reorder_point_quantity"),
  number("upto", "Up to", "order_up_to_quantity", { more: true }),
  number("suggested", "Suggested", "proposed_quantity", { cell: (line) => [el("strong", {}, quantity(line.proposed_quantity)), markOf(line)] }),
  number("packs", "Packs", "pack_count", { more: true }),
  number("price", "Unit price", "unit_price_amount", { more: true, cell: (line) => money(line.unit_price_amount, line.currency_code) }),
  number("value", "Line value", "line_amount", { cell: (line) => money(line.line_amount, line.currency_code) }),
  number("risk", "At risk", "risk_amount", { cell: (line) => (line.risk_amount ? money(line.risk_amount, line.currency_code) : "–"), title: WORDS.meanings["At risk"] }),
  number("reward", "Reward a unit", "reward_amount", { more: true, needs: "reward_pct", cell: (line) => money(line.reward_amount, line.currency_code), title: WORDS.meanings.Reward }),
  number("return", "Reward %", "reward_pct", { more: true, needs: "reward_pct", title: WORDS.meanings["Reward %"] }),
  { id: "decided", name: "Decided", more: true, key: (index) => of("act_code")(index), cell: (line) => (line.act_code ? word(WORDS.acts, line.act_code) : "–") },
  { id: "reason", name: "Why look", more: true, key: (index) => REASON_ORDER.indexOf(of("reason_code")(index)), cell: (line) => word(WORDS.reasons, line.reason_code) },
  { id: "class", name: "Demand", more: true, key: (index) => word(WORDS.classes, of("demand_class_code")(index)), cell: (line) => word(WORDS.classes, line.demand_class_code) },
  { id: "type", name: "Kind", more: true, key: of("line_type_code"), cell: (line) => word(WORDS.types, line.line_type_code) },
  date("runs_out", "Runs out on", "stock_out_on", { more: true }),
  date("order_by", "Order by", "order_by_on", { more: true, needs: "order_by_on" }),
  date("arrives", "Arrives", "expected_on", { more: true, needs: "expected_on" }),
].filter((column) => !column.needs || columns[column.needs]);
const USUAL = COLUMNS.filter((column) => !column.more).map((column) => column.id);
// With a budget the reward stands where the class and the position stood.
const WITH_BUDGET = [...USUAL.filter((id) => !["abc", "position", "on_order"].includes(id)), "reward", "return"];

/** What was decided about a line in this page, or that the budget leaves it out. */
function markOf(line) {
  const one = decided.get(line.proposal_id);
  if (one) return el("small", { class: "decided-word", title: decisionWords(one) }, DECISIONS[one.decision][2]);
  return cut?.out.has(line.index) ? el("small", { class: "out-word" }, "left out") : "";
}

function clamped(value) {
  return el("span", { class: "clamp", title: value }, text(value));
}

function partCell(line) {
  return [
    el("button", { type: "button", class: "part", "data-id": line.proposal_id, "aria-haspopup": "dialog" }, el("span", { class: "brand" }, text(line.brand_code)), " ", el("span", { class: "number" }, text(line.part_number))),
    el("span", { class: "about", title: line.description ?? "" }, text(line.description)),
  ];
}

function supplierCell(line) {
  if (line.from_garage_code) return el("span", { class: "clamp" }, "from ", text(garageName(line.from_garage_code)));
  return line.supplier_code ? clamped(supplierName(line.supplier_code)) : el("em", { class: "clamp" }, word(WORDS.outcomes, line.outcome_code));
}

/** Days of stock as a bar against the lead time: the mark must lie within the bar, or it runs out first. */
function coverCell(line) {
  const lasts = line.days_to_stock_out, lead = line.lead_time_days ?? 0;
  if (lasts === null || lasts === undefined) return "–";
  const scale = Math.max(lead * 2, 14);
  const width = Math.min(100, (lasts / scale) * 100);
  return [
    el("span", {}, `${days(lasts)} d`),
    svg("svg", { class: `cover ${line.status}`, viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { class: "track", width: 100, height: 6 }), svg("rect", { class: "lasts", width, height: 6 }), svg("rect", { class: "lead", x: Math.min(98, (lead / scale) * 100), width: 2, height: 6 })),
  ];
}

// ---- which lines

const squash = (value) => String(value ?? "").toUpperCase().replace(/[^\p{L}\p{N}]/gu, "");
let searched = null;
/** What is searched, made when somebody first searches: words, and numbers without spaces and hyphens. */
function searchable() {
  searched ??= {
    texts: ALL.map((index) => `${of("brand_code")(index)} ${of("description")(index) ?? ""} ${supplierName(of("supplier_code")(index))} ${garageName(of("garage_code")(index))}`.toLowerCase()),
    numbers: ALL.map((index) => `${squash(of("brand_code")(index))}${squash(of("part_number")(index))} ${squash(of("supplier_part_number")(index))}`),
  };
  return searched;
}

/** Whether a line is in what the address asks for; one filter may be left out, to count its choices. */
function matcher(wanted, except) {
  const tests = [];
  if (wanted.show !== "all") tests.push(of("is_waiting"));
  for (const [name, valueOf] of Object.entries(FILTERS)) {
    if (!wanted[name] || name === except) continue;
    const value = wanted[name] === NONE ? null : wanted[name];
    tests.push((index) => valueOf(index) === value);
  }
  const horizon = except === "days" ? null : horizonOf(wanted);
  if (horizon !== null) tests.push((index) => dueDays()[index] <= horizon);
  if (wanted.q?.trim()) {
    const { texts, numbers } = searchable();
    const squashed = squash(wanted.q);
    const words = wanted.q.toLowerCase().split(/\s+/).filter(Boolean);
    tests.push((index) => (squashed && numbers[index].includes(squashed)) || words.every((part) => texts[index].includes(part)));
  }
  return (index) => tests.every((test) => test(index));
}

/** Places of all lines in the order of a column; without one, the most urgent first. */
const sortings = new Map();
function sorted(sort) {
  if (sortings.has(sort)) return sortings.get(sort);
  let order;
  const column = COLUMNS.find(({ id }) => id === sort.replace(/^-/, ""));
  if (column) {
    order = sortedBy(sorted(""), ALL.map(column.key), sort.startsWith("-"));
  } else {
    const [status, lasts, value, risk] = ["status", "days_to_stock_out", "line_amount", "risk_amount"].map(of);
    const worst = ALL.map((index) => STATUS_ORDER.indexOf(status(index)));
    order = [...ALL].sort((a, b) => worst[a] - worst[b] || (risk(b) ?? 0) - (risk(a) ?? 0) || compare(lasts(a), lasts(b)) || (value(b) ?? 0) - (value(a) ?? 0) || a - b);
  }
  sortings.set(sort, order);
  return order;
}

// ---- sums

function sumsOf(indexes) {
  const sums = { lines: 0, orders: 0, value: {}, risk: {} };
  const [units, code, amount, risk] = ["proposed_quantity", "currency_code", "line_amount", "risk_amount"].map(of);
  for (const index of indexes) {
    const currency = code(index) ?? "";
    sums.lines++;
    if (risk(index)) sums.risk[currency] = (sums.risk[currency] ?? 0) + risk(index);
    if (OUTCOME_OF(index) !== "PROPOSED" || !(units(index) > 0)) continue;
    sums.orders++;
    if (amount(index) !== null) sums.value[currency] = (sums.value[currency] ?? 0) + amount(index);
  }
  return sums;
}

function groupsBy(indexes, valueOf) {
  const groups = new Map();
  for (const index of indexes) {
    const code = valueOf(index) ?? NONE;
    if (groups.has(code)) groups.get(code).push(index);
    else groups.set(code, [index]);
  }
  return groups;
}

// ---- rows

const chosenColumns = (state) => {
  const wanted = state.cols ? state.cols.split(",") : cut ? WITH_BUDGET : USUAL;
  const found = COLUMNS.filter(({ id }) => id === "part" || wanted.includes(id));
  return found.length > 1 ? found : COLUMNS.filter(({ id }) => USUAL.includes(id));
};

function lineRow(index, list, current) {
  const line = rowAt(index);
  return el("tr", { "data-id": line.proposal_id, class: [line.proposal_id === current ? "current" : "", cut?.out.has(index) ? "left-out" : ""].join(" ").trim() || null }, list.map((column) =>
    el("td", { class: column.n ? `n c-${column.id}` : `c-${column.id}`, "data-name": column.name }, column.cell(line))));
}

/** The head of a group: why these lines need somebody, how many there are and what is at risk. */
function groupRow({ code, indexes }, width) {
  const sums = sumsOf(indexes);
  const [name, meaning] = WORDS.reasons[code] ?? [sentence(code), ""];
  return el("tr", { class: "group", "data-reason": code }, el("th", { colspan: width, scope: "colgroup" }, el("span", { class: "stay" },
    el("strong", {}, name), el("span", { class: "tally" }, plural(sums.lines, "line", "lines")), Object.keys(sums.risk).length ? el("span", { class: "tally" }, `${moneys(sums.risk)} at risk`) : "", el("span", { class: "meaning" }, meaning))));
}

/** What the table shows: places of lines, and before each group its head where lines are grouped by reason. */
function itemsOf(indexes, isGrouped) {
  if (!isGrouped) return indexes;
  const groups = groupsBy(indexes, of("reason_code"));
  const order = [...groups.keys()].sort((a, b) => (REASON_ORDER.indexOf(a) + 99) % 99 - (REASON_ORDER.indexOf(b) + 99) % 99);
  return order.flatMap((code) => [{ code, indexes: groups.get(code) }, ...groups.get(code)]);
}
