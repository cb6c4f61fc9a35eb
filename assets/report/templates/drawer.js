// The drawer that explains one line: the sentence, the sum that adds up to the quantity, the chart, the inputs.

const drawer = $("drawer");
const exact = (value) => Math.round((value ?? 0) * 1000) / 1000;

/** Signed terms that add up, to the last thousandth, from demand to the suggested quantity. */
function termsOf(line) {
  const horizon = (line.lead_time_days ?? 0) + (line.review_days ?? 0);
  const [demand, safety] = [exact(line.daily_mean_quantity * horizon), exact(line.safety_stock_quantity)];
  const [reorder, upTo] = [exact(line.reorder_point_quantity), exact(line.order_up_to_quantity)];
  const [position, raw, suggested] = [exact(line.inventory_position_quantity), exact(line.raw_quantity), exact(line.proposed_quantity)];
  const terms = [];
  const add = (label, value, note) => { if (exact(value)) terms.push({ label, value: exact(value), note }); };
  const level = (label, value, note) => terms.push({ label, value, note, isSum: true });

  add("Demand until a delivery", demand, `${quantity(line.daily_mean_quantity)} a day for ${quantity(line.lead_time_days)} days of lead time` + (line.review_days ? ` and ${quantity(line.review_days)} days of review` : ""));
  add("Safety stock", safety, line.service_level_pct === null ? "" : `for a service level of ${quantity(line.service_level_pct)} %`);
  add("Rounding to whole units", reorder - demand - safety);
  level("Reorder point", reorder, "order at or below this");
  add("Cover until the next order", upTo - reorder, line.cover_days === null ? "" : `${quantity(line.cover_days)} days`);
  level("Order up to", upTo);
  add("Inventory position", -position, "what is there or on its way, see below");
  add("Already covered", raw - (upTo - position));
  level("Needed", raw);
  if (line.outcome_code === "PROPOSED") {
    const least = Math.max(raw, line.minimum_order_quantity ?? 0);
    const multiple = (line.pack_quantity ?? 1) * (line.order_multiple_quantity ?? 1);
    const packed = multiple > 0 ? exact(Math.ceil(exact(least / multiple)) * multiple) : least;
    add("Minimum order", least - raw, `at least ${quantity(line.minimum_order_quantity)}`);
    add("Rounding to packs", packed - least, `ordered in multiples of ${quantity(multiple)}`);
    add("Maximum", suggested - packed, sentence(line.max_rule_code ?? ""));
  } else {
    add("Not ordered", suggested - raw, word(DATA.outcomes, line.outcome_code));
  }
  level("Suggested", suggested);
  return terms;
}

function positionOf(line) {
  const term = (label, name, sign) => ({ label, value: sign * exact(line[`${name}_quantity`]) });
  const position = exact(line.inventory_position_quantity);
  const terms = [
    term("On hand", "on_hand", 1), term("Held for quality", "held", -1), term("Not sellable", "nonsellable", -1),
    term("Reserved", "reserved", -1), term("Backordered", "backordered", -1), term("On order", "on_order", 1),
  ];
  // Sellable stock is never below zero, whatever the books say.
  const rest = exact(position - terms.reduce((sum, { value }) => sum + value, 0));
  terms.push({ label: "Below zero, taken as zero", value: rest });
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
  return el("dl", { class: "inputs" }, entries.filter(([, value]) => value !== null && value !== "" && value !== "–").map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, text(value)))));
}

function flagsOf(line) {
  const codes = String(line.flags ?? "").split(",").map((code) => code.trim()).filter(Boolean);
  return codes.length ? el("ul", { class: "flags" }, codes.map((code) => el("li", {}, icon("late"), word(DATA.flags, code)))) : null;
}

/** Show the drawer for a line. `step(±1)` moves along the list, `close()` is told when it shuts. */
function showDrawer(line, { step, close }) {
  const points = monthsOf(line);
  const hasHistory = points.some((point) => point.demand !== null || point.stock !== null);
  const [statusWord, statusMeaning] = DATA.statuses[line.status];
  const section = (name, ...children) => el("section", {}, el("h3", {}, name), ...children);
  drawer.replaceChildren(
    el("header", {},
      el("p", { class: "place" }, text(garageName(line.garage_code)), " · ", text(supplierName(line.supplier_code))),
      el("h2", { id: "drawer-title", tabindex: "-1" }, text(`${line.brand_code} ${line.part_number}`)),
      el("p", { class: "what" }, text(line.description)),
      el("div", { class: "buttons" },
        el("button", { type: "button", onclick: () => step(-1), title: "Previous line (k)", "aria-label": "Previous line" }, "↑"),
        el("button", { type: "button", onclick: () => step(1), title: "Next line (j)", "aria-label": "Next line" }, "↓"),
        el("button", { type: "button", id: "drawer-close", onclick: close, title: "Close (Esc)", "aria-label": "Close" }, "✕"))),
    el("p", { class: "state" }, el("span", { class: `status ${line.status}` }, icon(line.status), statusWord), " ", statusMeaning),
    line.explanation ? el("p", { class: "sentence" }, text(line.explanation)) : "",
    flagsOf(line) ?? "",
    section("How the quantity comes about", waterfall(termsOf(line), "From demand to the suggested quantity")),
    section("What is there", waterfall(positionOf(line), "Inventory position")),
    section("Demand, forecast and stock", ...(hasHistory ? [legend(), drawChart(line, points), chartTable(points)] : [el("p", {}, "There is no history for this part in this garage.")])),
    section("Inputs", facts(inputsOf(line))),
  );
  if (!drawer.open) drawer.showModal();
  drawer.scrollTop = 0;
  $("drawer-title").focus({ preventScroll: true });
}

function inputsOf(line) {
  const unit = (value, name) => (value === null ? "" : `${quantity(value)} ${name}`);
  return [
    ["Outcome", word(DATA.outcomes, line.outcome_code)],
    ["Demand class", word(DATA.classes, line.demand_class_code)],
    ["Method", sentence(line.method_code)], ["Policy", sentence(line.policy_code)],
    ["Stocking class", line.stocking_class_code], ["Criticality", sentence(line.criticality_code)],
    ["Category", line.category_code], ["Unit", line.base_uom_code],
    ["Daily mean", quantity(line.daily_mean_quantity)], ["Daily spread", quantity(line.daily_sd_quantity)],
    ["History", unit(line.history_days, "days")], ["Days without stock", unit(line.no_data_days, "days")],
    ["Lead time", unit(line.lead_time_days, "days")], ["Lead time spread", unit(line.lead_time_sd_days, "days")],
    ["Review", unit(line.review_days, "days")], ["Service level", unit(line.service_level_pct, "%")],
    ["z", quantity(line.z_value)], ["Cover", unit(line.cover_days, "days")],
    ["Minimum order", quantity(line.minimum_order_quantity)], ["Pack", quantity(line.pack_quantity)],
    ["Order multiple", quantity(line.order_multiple_quantity)], ["Maximum order", quantity(line.maximum_order_quantity)],
    ["Maximum on hand", quantity(line.maximum_on_hand_quantity)],
    ["Packs", quantity(line.pack_count)], ["Supplier's number", line.supplier_part_number ?? ""],
    ["Unit price", money(line.unit_price_amount, line.currency_code)],
    ["Line value", money(line.line_amount, line.currency_code)],
    ["Stock lasts", unit(line.days_to_stock_out === null ? null : Math.round(line.days_to_stock_out * 10) / 10, "days")],
    ["Runs out on", dateName(line.stock_out_on)],
  ];
}
