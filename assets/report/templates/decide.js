// Decisions made in the page: kept by the browser for this report, and handed out as the file that `partsbay decide` reads.

const DECISIONS = {
  APPROVE: ["Approve", "Order it, as suggested or with the final quantity.", "approve"], OVERRIDE: ["Change the quantity", "Suggest the final quantity instead, until a day.", "changed"], FIRM: ["Make it firm", "Order the final quantity and leave the line alone until a day.", "firm"],
  SNOOZE: ["Snooze", "Put it off until a day; a stock-out wakes it up earlier.", "snooze"], REJECT: ["Reject", "Do not order it, until a day.", "reject"],
};
const NEEDS_QUANTITY = ["OVERRIDE", "FIRM"], TAKES_QUANTITY = ["APPROVE", ...NEEDS_QUANTITY], NEEDS_DAY = ["SNOOZE"], TAKES_DAY = ["OVERRIDE", "FIRM", "SNOOZE", "REJECT"];
const STORE = `partsbay-decisions-${DATA.facts.generation_id}`;
const [REVISION, UNITS, PROPOSAL] = ["revision_number", "proposed_quantity", "proposal_id"].map(of);
const isStale = () => document.body.classList.contains("is-stale");

function recalled() {
  try { return new Map(JSON.parse(localStorage.getItem(STORE) ?? "[]").filter(([id, one]) => typeof id === "string" && DECISIONS[one?.decision])); } catch { return new Map(); }
}
const decided = recalled();

/** Keep a decision about a line, or take it back; where the browser keeps nothing, it lasts as long as the page. */
function decideAbout(ids, one) {
  for (const id of ids) if (one) decided.set(id, one); else decided.delete(id);
  try { localStorage.setItem(STORE, JSON.stringify([...decided])); } catch { /* A private window, or no room. */ }
  $("decided").hidden = !decided.size;
  $("decided").textContent = `${wholeNumber.format(decided.size)} decided`;
  lineTable.refresh();
}

const isInStore = (index) => REVISION(index) !== null && REVISION(index) !== undefined;
/** Nothing is approved of which nothing is suggested; the rest can be said of any line that the store knows. */
const isDecidable = (index, decision) => isInStore(index) && (decision !== "APPROVE" || UNITS(index) > 0);

function decisionWords({ decision, quantity: units, until }) {
  return [DECISIONS[decision][0], units !== null && units !== undefined ? quantity(units) : "", until ? `until ${dayName(until)}` : ""].filter(Boolean).join(" ");
}

// A plan that was made for a day long past is decided as on that day, as the demonstration's is.
const isReplayed = new Date(DATA.facts.published_at) - AS_OF > 3 * DAY;
const today = () => (isReplayed ? dayAfter(0) : [dayAfter(0), new Date().toISOString().slice(0, 10)].sort().at(-1));
const daysFrom = (iso, count) => new Date(+new Date(iso) + count * DAY).toISOString().slice(0, 10);

/** What is wrong with a decision as it was entered, or nothing: the store would refuse the same. */
function faultOf({ decision, quantity: units, until, reason }) {
  if (NEEDS_QUANTITY.includes(decision) && units === null) return "The final quantity is missing.";
  if (units !== null && (!Number.isInteger(units) || units < 0 || units > 1e8)) return "The final quantity is a whole number, not below zero.";
  if (NEEDS_DAY.includes(decision) && !until) return "The day until which it is put off is missing.";
  if (until && (until <= today() || until > daysFrom(today(), 366))) return "The day must lie ahead, within a year.";
  return !reason && (decision !== "APPROVE" || units !== null) ? "The reason is missing." : "";
}

/** The fields of a decision; `choices` are the decisions on offer, `said` is told what was entered, or what is wrong. */
function decisionForm(choices, one, told) {
  const field = (name, label, input) => el("label", { "data-for": name }, label, " ", input);
  const form = el("form", { class: "filters decide", autocomplete: "off" },
    field("decision", "Decision", el("select", { name: "decision" }, el("option", { value: "" }, "None"), choices.map((code) => el("option", { value: code }, DECISIONS[code][0])))),
    field("quantity", "Final quantity", el("input", { name: "quantity", type: "number", min: 0, step: 1, inputmode: "numeric", placeholder: "As suggested" })),
    field("until", "Until", el("input", { name: "until", type: "date", min: daysFrom(today(), 1), max: daysFrom(today(), 366) })),
    field("reason", "Reason", el("input", { name: "reason", maxlength: 200, list: "reason-examples" })), el("datalist", { id: "reason-examples" }, WORDS.examples.map((value) => el("option", { value }))));
  const { decision, quantity: units, until, reason } = form.elements;
  decision.value = one?.decision ?? "";
  units.value = one?.quantity ?? "";
  until.value = one?.until ?? "";
  reason.value = one?.reason ?? "";
  const read = () => {
    const takes = (list) => list.includes(decision.value);
    units.parentElement.hidden = !takes(TAKES_QUANTITY);
    until.parentElement.hidden = !takes(TAKES_DAY);
    reason.parentElement.hidden = !decision.value;
    if (!decision.value) return null;
    return { decision: decision.value, quantity: takes(TAKES_QUANTITY) && units.value !== "" ? Number(units.value) : null, until: takes(TAKES_DAY) ? until.value : "", reason: reason.value.trim() };
  };
  read();
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => told(read()));
  return form;
}

/** The part of the drawer in which a line is decided about. */
function decideSection(line) {
  if (!isInStore(line.index)) return "";
  if (isStale()) return el("p", {}, "This plan is stale: nothing is decided in it.");
  const status = el("p", { class: "notes", role: "status" });
  const say = (one, fault = "") => { status.textContent = fault || (one ? `${DECISIONS[one.decision][1]} Kept in this browser until you download the decisions.` : ""); status.classList.toggle("bad", Boolean(fault)); };
  const known = decided.get(line.proposal_id);
  say(known);
  return el("div", {}, decisionForm(Object.keys(DECISIONS).filter((code) => isDecidable(line.index, code)), known, (one) => {
    const fault = one ? faultOf(one) : "";
    decideAbout([line.proposal_id], fault ? null : one);
    say(one, fault);
  }), status);
}

/** What a decision about many lines comes to: lines, value, suppliers, orders below their minimum. */
function effectOf(indexes, decision) {
  const sums = sumsOf(indexes);
  const suppliers = new Set(indexes.map(of("supplier_code")).filter(Boolean));
  const least = new Map(pageRows("order_groups").rows.filter((row) => row.minimum_order_amount).map((row) => [`${row.supplier_code} ${row.garage_code} ${row.currency_code}`, row.minimum_order_amount - (row.approved_amount ?? 0)]));
  const orders = groupsBy(indexes.filter(isBought), (index) => `${of("supplier_code")(index)} ${of("garage_code")(index)} ${CURRENCY(index)}`);
  const below = decision !== "APPROVE" ? 0 : [...orders].filter(([key, members]) => least.has(key) && tally(members).value < least.get(key)).length;
  return [plural(indexes.length, "line", "lines"), moneys(sums.value), plural(suppliers.size, "supplier", "suppliers"), below ? `${plural(below, "order", "orders")} below the minimum` : ""].filter((words) => words && words !== "–").join(", ");
}

/** Decide about all lines that are shown: what it comes to is said before it is kept. */
function showDecide(shown) {
  const box = $("decide");
  const status = el("p", { class: "notes", role: "status", id: "effect" });
  const apply = el("button", { type: "button", id: "decide-apply", disabled: true }, "Keep");
  let wanted = null;
  // What was decided line by line stays as it is.
  const open = shown.filter((index) => !isDecided(index) && !decided.has(PROPOSAL(index)));
  const chosen = () => open.filter((index) => isDecidable(index, wanted?.decision));
  const told = (one) => {
    const fault = one ? faultOf(one) : "";
    wanted = one;
    apply.disabled = !one || Boolean(fault) || !chosen().length;
    status.textContent = fault || (one ? `${DECISIONS[one.decision][0]}: ${effectOf(chosen(), one.decision)}.` : `${plural(open.length, "line", "lines")} shown and open.`);
  };
  apply.addEventListener("click", () => { decideAbout(chosen().map(PROPOSAL), wanted); box.close(); });
  told(null);
  box.replaceChildren(el("h2", { id: "decide-title" }, "Decide"), isStale() ? el("p", {}, "This plan is stale: nothing is decided in it.") : decisionForm(["APPROVE", "SNOOZE", "REJECT"], null, told), status,
    el("div", { class: "row" }, apply, el("button", { type: "button", id: "decide-undo", disabled: !decided.size, onclick: () => { decideAbout([...decided.keys()], null); box.close(); } }, "Take all back"), el("button", { type: "button", onclick: () => box.close() }, "Close")));
  box.querySelector("[name=quantity]")?.parentElement.remove();
  box.showModal();
}
