// The drawer that explains one line: the sentence, the sum that adds up to the quantity, the charts, what else there was.

const drawer = $("drawer");
const STEPS = {
  TRANSFERRED: "Comes by transfer", MINIMUM_ORDER: "Minimum order", PACKS: "Rounding to packs", MAXIMUM: "Maximum", DONOR_EXCESS: "What the other garage can spare", RETURNABLE: "What its supplier takes back",
  OVERRIDDEN: "Changed by a planner", FIRM: "Kept firm by a planner", SNOOZED: "Put off by a planner", REJECTED: "Refused by a planner",
};
const PARTS = {
  ON_HAND: "On hand", HELD: "Held for quality", NONSELLABLE: "Not sellable", BELOW_ZERO: "Below zero, taken as zero", RESERVED: "Reserved", BACKORDERED: "Backordered",
  INBOUND_ORDERS: "Orders on their way", INBOUND_TRANSFERS: "Transfers on their way here", OUTBOUND_TRANSFERS: "Promised to others",
};

/** Signed terms that add up, to the last thousandth, from demand to the suggested quantity. */
function termsOf(line) {
  const horizon = (line.lead_time_days ?? 0) + (line.review_days ?? 0);
  const [demand, safety] = [exact(calculated(line, "lead_time_demand") ?? line.daily_mean_quantity * horizon), exact(line.safety_stock_quantity)];
  // Slow demand is expected by its distribution, which is drawn to the network; the mean of the forecast may differ.
  const month = calculated(line, "distribution") === "NEGATIVE_BINOMIAL" ? calculated(line, "monthly_mean") : undefined;
  const times = [["season_factor", "for the season"], ["uplift_factor", "by planners"]].map(([name, words]) => [calculated(line, name) ?? 1, words]).filter(([factor]) => factor !== 1);
  const factors = times.map(([factor, words]) => ` × ${quantity(factor)} ${words}`).join("");
  const rate = month === undefined ? `${quantity(line.daily_mean_quantity)} a day` : `${quantity(month)} a month`;
  const [reorder, upTo] = [exact(line.reorder_point_quantity), exact(line.order_up_to_quantity)];
  const [position, raw, suggested] = [exact(line.inventory_position_quantity), exact(line.raw_quantity), exact(line.proposed_quantity)];
  const terms = [];
  const add = (label, value, note) => { if (exact(value)) terms.push({ label, value: exact(value), note }); };
  const level = (label, value, note) => terms.push({ label, value, note, isSum: true });
  add("Demand until a delivery", demand, `${rate} for ${quantity(line.lead_time_days)} days of lead time` + (line.review_days ? ` and ${quantity(line.review_days)} days of review` : "") + (factors && `, with${factors}`));
  add("Safety stock", safety, line.service_level_pct === null ? "" : `for a service level of ${quantity(line.service_level_pct)} %`);
  add("Rounding to whole units", reorder - demand - safety);
  level("Reorder point", reorder, "order at or below this");
  add("Cover until the next order", upTo - reorder, line.cover_days === null ? "" : `${quantity(line.cover_days)} days`);
  level("Order up to", upTo);
  add("Inventory position", -position, "what is there or on its way, see below");
  add("Already covered", raw - (upTo - position));
  level("Needed", raw);
  for (const { label, value, note } of roundingOf(line, raw, suggested)) add(label, value, note);
  level("Suggested", suggested);
  return terms;
}

/** From what is needed to what is suggested, by the steps that the models kept, or by the rounding rule where they kept none. */
function roundingOf(line, raw, suggested) {
  let stands = raw;
  const terms = [];
  const to = (label, value, note) => { terms.push({ label, value: exact(value - stands), note }); stands = value; };
  const multiple = (line.pack_quantity ?? 1) * (line.order_multiple_quantity ?? 1);
  const notes = { MINIMUM_ORDER: `at least ${quantity(line.minimum_order_quantity)}`, PACKS: `ordered in multiples of ${quantity(multiple)}`, MAXIMUM: sentence(line.max_rule_code ?? "") };
  if (Array.isArray(line.rounding_steps)) {
    for (const { step, quantity: value } of line.rounding_steps) if (step !== "NEEDED") to(STEPS[step] ?? word(WORDS.outcomes, step), exact(value), notes[step]);
  } else if (line.outcome_code === "PROPOSED") {
    to(STEPS.MINIMUM_ORDER, Math.max(raw, line.minimum_order_quantity ?? 0), notes.MINIMUM_ORDER);
    to(STEPS.PACKS, multiple > 0 ? exact(Math.ceil(exact(stands / multiple)) * multiple) : stands, notes.PACKS);
    to(STEPS.MAXIMUM, suggested, notes.MAXIMUM);
  }
  to(line.outcome_code === "PROPOSED" ? "Other rules" : word(WORDS.outcomes, line.outcome_code), suggested);
  return terms;
}

function positionOf(line) {
  const position = exact(line.inventory_position_quantity);
  const term = (label, name, sign) => ({ label, value: sign * exact(line[`${name}_quantity`]) });
  const terms = Array.isArray(line.ip_parts)
    ? line.ip_parts.map(({ part, quantity: units }) => ({ label: PARTS[part] ?? sentence(part), value: exact(units) }))
    : [term("On hand", "on_hand", 1), term("Held for quality", "held", -1), term("Not sellable", "nonsellable", -1), term("Reserved", "reserved", -1), term("Backordered", "backordered", -1), term("On order", "on_order", 1)];
  // Sellable stock is never below zero, whatever the books say.
  const rest = exact(position - terms.reduce((sum, { value }) => sum + value, 0));
  terms.push({ label: PARTS.BELOW_ZERO, value: rest });
  return terms.filter(({ value }, index) => index === 0 || value).concat({ label: "Inventory position", value: position, isSum: true });
}

/** Terms as a table; each bar starts where the one before it ended. */
function waterfall(terms, caption) {
  let running = 0;
  const spans = terms.map((term) => {
    const start = term.isSum ? 0 : running;
    running = term.isSum ? term.value : exact(running + term.value);
    return [start, running];
  });
  const ends = spans.flat();
  const [low, high] = [Math.min(0, ...ends), Math.max(0.001, ...ends)];
  const x = (value) => ((value - low) / (high - low)) * 100;
  return el("table", { class: "waterfall" },
    el("caption", { class: "unseen" }, caption),
    el("tbody", {}, terms.map((term, index) => {
      const [from, to] = spans[index].map(x);
      const kind = term.isSum ? "sum" : term.value < 0 ? "less" : "more";
      return el("tr", { class: kind, "data-value": term.value },
        el("th", { scope: "row" }, term.label, term.note ? el("small", {}, term.note) : null),
        el("td", { class: "n" }, term.isSum ? `= ${quantity(term.value)}` : signed(term.value)),
        el("td", { class: "bar", "aria-hidden": "true" },
          svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none" },
            svg("rect", { x: Math.min(from, to), width: Math.max(0.8, Math.abs(to - from)), y: 1.5, height: 7 }))));
    })));
}

function facts(entries) {
  return el("dl", { class: "inputs" }, entries.filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== "–").map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, text(value)))));
}

function flagsOf(line) {
  const codes = String(line.flags ?? "").split(",").map((code) => code.trim()).filter(Boolean);
  return codes.length ? el("ul", { class: "flags" }, codes.map((code) => el("li", {}, icon("late"), word(WORDS.flags, code)))) : "";
}

/** What a planner decided and is in force. */
function actOf(line) {
  if (!line.act_code) return "";
  const parts = [line.act_quantity !== null && line.act_quantity !== undefined ? quantity(line.act_quantity) : "", line.act_until_on ? `until ${dateName(line.act_until_on)}` : "", line.act_actor ? `by ${line.act_actor}` : "", line.act_at ? `on ${dateName(line.act_at)}` : ""];
  return el("p", { class: "act" }, icon("ok"), el("strong", {}, word(WORDS.acts, line.act_code)), " ", text(parts.filter(Boolean).join(" ")), line.act_reason ? el("q", {}, text(line.act_reason)) : "");
}

function smallTable(caption, heads, rows) {
  return el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": caption }, el("table", { class: "small" },
    el("caption", { class: "unseen" }, caption),
    el("thead", {}, el("tr", {}, heads.map(([name, isNumber]) => el("th", { scope: "col", class: isNumber ? "n" : null }, name)))),
    el("tbody", {}, rows.map(({ kind, cells }) => el("tr", { class: kind }, cells.map((cell, index) =>
      el(index ? "td" : "th", { scope: index ? null : "row", class: heads[index][1] ? "n" : null }, cell)))))));
}

function offersOf(line) {
  const offers = Array.isArray(line.offers) ? line.offers : [];
  const isChosen = (offer) => offer.is_chosen ?? offer.supplier_code === line.supplier_code;
  return smallTable("Offers, the chosen one first", [["Supplier"], ["Landed cost", true], ["Unit price", true], ["Lead time", true], ["On time", true], ["Why"]],
    [...offers].sort((a, b) => isChosen(b) - isChosen(a)).map((offer) => ({
      kind: isChosen(offer) ? "chosen" : "lost",
      cells: [
        el("span", {}, isChosen(offer) ? icon("ok") : "", text(offer.supplier_name ?? supplierName(offer.supplier_code))), money(offer.landed_unit_cost_amount, offer.currency_code ?? line.currency_code), money(offer.unit_price_amount, offer.currency_code ?? line.currency_code),
        offer.lead_time_days === null || offer.lead_time_days === undefined ? "–" : `${quantity(offer.lead_time_days)} d`, offer.on_time_pct === null || offer.on_time_pct === undefined ? "–" : `${quantity(offer.on_time_pct)} %`,
        isChosen(offer) ? "chosen" : sentence(offer.reason_code),
      ],
    })));
}

const whatIfTable = (line, rows) => smallTable("What other settings would suggest", [["If"], ["Reorder point", true], ["Suggested", true], ["Change", true]],
  rows.map(({ name, point, suggested }) => ({ cells: [name, quantity(point), el("strong", {}, quantity(suggested)), suggested === line.proposed_quantity ? "same" : signed(exact(suggested - line.proposed_quantity))] })));

/** Show the drawer for a line. `step(±1)` moves along the list, `close()` is told when it shuts. */
function showDrawer(line, { step, close }) {
  const points = monthsOf(line), projection = projectionOf(line), others = whatIf(line);
  const [statusWord, statusMeaning] = WORDS.statuses[line.status];
  const hasHistory = points.some((point) => point.demand !== null || point.stock !== null);
  const section = (name, ...children) => el("section", {}, el("h3", {}, name), ...children);
  const place = line.from_garage_code ? [text(garageName(line.from_garage_code)), " → ", text(garageName(line.garage_code))] : [text(garageName(line.garage_code)), " · ", text(supplierName(line.supplier_code))];
  drawer.replaceChildren(
    el("header", {},
      el("p", { class: "place" }, place),
      el("h2", { id: "drawer-title", tabindex: "-1" }, text(`${line.brand_code} ${line.part_number}`)),
      el("p", { class: "what" }, text(line.description)),
      el("div", { class: "buttons" },
        el("button", { type: "button", onclick: () => step(-1), title: "Previous line (k)", "aria-label": "Previous line" }, "↑"),
        el("button", { type: "button", onclick: () => step(1), title: "Next line (j)", "aria-label": "Next line" }, "↓"),
        el("button", { type: "button", id: "drawer-close", onclick: close, title: "Close (Esc)", "aria-label": "Close" }, "✕"))),
    el("p", { class: "state" }, el("span", { class: `status ${line.status}` }, icon(line.status), statusWord), " ",
      line.is_waiting && line.reason_code !== "STOCKED_OUT" ? el("strong", { class: "reason" }, `${word(WORDS.reasons, line.reason_code)}. `) : "", statusMeaning),
    el("dl", { class: "headline" }, [["Suggested", quantity(line.proposed_quantity)], ["Value", money(line.line_amount, line.currency_code)], ["At risk", money(line.risk_amount, line.currency_code)], ["Runs out", line.status === "out" ? "now" : dateName(line.stock_out_on)]].map(([name, value]) =>
      el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    actOf(line),
    line.explanation ? el("p", { class: "sentence" }, text(line.explanation)) : "",
    flagsOf(line),
    isInStore(line.index) ? section("Decide", decideSection(line)) : "",
    section("How the quantity comes about", waterfall(termsOf(line), "From demand to the suggested quantity")),
    typeof line.reward_amount === "number" ? section("What it is worth", el("p", {}, worthWords(line))) : "",
    section("What is there or on its way", waterfall(positionOf(line), "Inventory position")),
    section("The days to come", el("p", { class: "reading" }, projectionWords(line, projection)), legend(["line-stock", `With the ${nounOf(line)}`], "band", ["line-without", `Without the ${nounOf(line)}`], "line-reorder", "mark-inbound", ...(isReturn(line) ? [] : ["mark-order"]), ...(projection.leaving.length ? ["mark-leaves"] : []), "dot-out"), drawProjection(line, projection), projectionTwin(line, projection)),
    section("Demand, forecast and stock", ...(hasHistory ? [legend("bar-demand", "bar-forecast", "whisker", "line-stock", "line-reorder"), drawMonths(line, points), monthsTwin(points)] : [el("p", {}, "There is no history for this part in this garage.")])),
    line.offers?.length ? section("Offers", offersOf(line)) : "",
    others.length ? section("What would change it", whatIfTable(line, others)) : "",
    section("Inputs", facts(inputsOf(line))),
  );
  if (!drawer.open) drawer.showModal();
  drawer.scrollTop = 0;
  $("drawer-title").focus({ preventScroll: true });
}

function worthWords(line) {
  const { currency_code: code } = line;
  return `Without it ${quantity(line.avoided_quantity)} units more would be missing until the order after it could arrive, at ${money(line.unit_price_amount, code)} each. Spread over ${quantity(line.proposed_quantity)} units, and less ${money(line.holding_amount, code)} to hold one, a unit is worth ${money(line.reward_amount, code)}: ${quantity(line.reward_pct)} % of its price.`;
}

function inputsOf(line) {
  const unit = (value, name) => (value === null || value === undefined ? "" : `${quantity(value)} ${name}`);
  const times = (name) => ((calculated(line, name) ?? 1) === 1 ? "" : `× ${quantity(calculated(line, name))}`);
  return [
    ["Outcome", word(WORDS.outcomes, outcomeOf(line))], ["Since the last run", line.change_code ? word(WORDS.changes, line.change_code) : ""], ["Kind", word(WORDS.types, line.line_type_code)],
    ["Ordered as", line.ordered_part_number === line.part_number ? "" : line.ordered_part_number], ["Demand class", word(WORDS.classes, line.demand_class_code)],
    ["Class", line.abc_code ? `${line.abc_code}${line.xyz_code ?? ""}` : ""], ["Method", word(WORDS.methods, line.method_code)], ["Policy", sentence(line.policy_code)],
    ["Distribution", line.calculation?.distribution ? sentence(line.calculation.distribution) : ""],
    ["Stocking class", line.stocking_class_code], ["Criticality", sentence(line.criticality_code)], ["Category", line.category_code], ["Unit", line.base_uom_code],
    ["Usual daily mean", quantity(calculated(line, "base"))], ["Season", times("season_factor")], ["Planners expect", times("uplift_factor")],
    ["Daily mean", quantity(line.daily_mean_quantity)], ["Daily spread", quantity(line.daily_sd_quantity)],
    ["History", unit(line.history_days, "days")], ["Days without stock", unit(line.no_data_days, "days")],
    ["Lead time", unit(line.lead_time_days, "days")], ["Lead time spread", unit(line.lead_time_sd_days, "days")],
    ["Review", unit(line.review_days, "days")], ["Service level", unit(line.service_level_pct, "%")], ["z", quantity(line.z_value)], ["Cover", unit(line.cover_days, "days")],
    ["Minimum order", quantity(line.minimum_order_quantity)], ["Pack", quantity(line.pack_quantity)], ["Order multiple", quantity(line.order_multiple_quantity)],
    ["Maximum order", quantity(line.maximum_order_quantity)], ["Maximum on hand", quantity(line.maximum_on_hand_quantity)], ["Packs", quantity(line.pack_count)],
    ["Supplier's number", line.supplier_part_number], ["Unit price", money(line.unit_price_amount, line.currency_code)], ["Landed unit cost", money(line.landed_unit_cost_amount, line.currency_code)],
    ["Core deposit", money(line.core_deposit_amount, line.currency_code)], ["Stock lasts", unit(line.days_to_stock_out, "days")],
    ["Order by", dateName(line.order_by_on)], ["Arrives", dateName(line.expected_on)], ["Next receipt", dateName(line.next_receipt_on)], ["Ordered, but due too late", quantity(line.late_supply_quantity || null)],
  ];
}
