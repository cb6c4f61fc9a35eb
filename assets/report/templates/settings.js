// Settings as they are in force, each with what says so and the command that changes it. They are read here and changed elsewhere.

const SAID_BY = { MATRIX: "Matrix of value and variability", CLASS_DEFAULT: "Default of the class", SEGMENT: "Rule of a segment", GARAGE: "Rule of a garage", VARIABLE: "Variable of the models", FIXED: "Fixed in the models" };
const STOCKED = { MIN_MAX: "Up to a level, from the point on", BASE_STOCK: "One for one", NO_STOCK: "Special order only" };
const ABOVE_MOST = { UP: "Kept and flagged", DOWN: "Cut", SKIP: "Nothing proposed" };
const UNIT_WORDS = { PCT: "%", DAYS: "days", MONTHS: "months", TIMES: "times", DEVIATIONS: "deviations", UNITS: "units", LINES: "lines", MONEY: "", NUMBER: "" };
const CRITICALITIES = ["SAFETY", "IMMOBILISING", "COMFORT"];

/** What a section is, and how it is changed. */
const changedBy = (words, ...commands) => [`${words} Changed by `, ...commands.flatMap((one, index) => [index ? ", " : "", el("code", {}, one)]), "."];
const worded = (id, name, words) => said(id, name, (row) => (row[id] === null || row[id] === undefined ? "–" : words?.[row[id]] ?? sentence(row[id])));
const inDays = (id, name) => counted(id, name, { cell: (row) => (row[id] === null ? "–" : `${quantity(row[id])} d`) });

/** One row per source and class, with the levels of each criticality and how many parts are planned by them. */
function serviceTargets() {
  const table = new Map();
  for (const row of pageRows("service_targets").rows) {
    const key = row.set_by_code + row.class_code;
    if (!table.has(key)) table.set(key, { set_by_code: row.set_by_code, class_code: row.class_code });
    (table.get(key)[row.criticality_code] ??= []).push(row);
  }
  const level = (list) => (list ? list.map((one) => el("span", { class: "level" }, percent(one.service_level_pct), small(plural(one.part_count, "part", "parts")))) : "–");
  return {
    id: "settings-levels", title: "Service level aimed at", rows: [...table.values()], none: "Nothing is stocked.",
    about: changedBy("The share of lead times that are to pass without a stock-out, and how many parts of garages are planned by it. A rule goes before the matrix, and the matrix before the default of the class, which parts without enough history have.", "dbt_project/seeds/service_matrix.csv", "dbt_project/seeds/stocking_policies.csv", "partsbay run"),
    columns: [
      said("class_code", "Class", (row) => (row.class_code === NONE ? "Any" : row.set_by_code === "CLASS_DEFAULT" ? `Stocking class ${row.class_code}` : row.class_code)),
      ...CRITICALITIES.map((code) => counted(code, sentence(code), { key: (row) => row[code]?.[0].service_level_pct ?? null, cell: (row) => level(row[code]) })),
      worded("set_by_code", "What says so", SAID_BY),
    ],
  };
}

const stockingPolicies = () => ({
  id: "settings-policies", title: "How parts are stocked", rows: pageRows("stocking_policies").rows, none: "No part is planned.",
  about: changedBy("By stocking class and by what a missing part stops. Review days of a rule go before those of the supplier.", "dbt_project/seeds/stocking_policies.csv", "partsbay run"),
  columns: [
    said("stocking_class_code", "Class", (row) => row.stocking_class_code), worded("criticality_code", "A missing part stops", { SAFETY: "Safety", IMMOBILISING: "The vehicle", COMFORT: "Comfort" }), worded("policy_code", "Policy", STOCKED),
    inDays("cover_days", "An order covers"), inDays("maximum_cover_days", "At most, above the point"), worded("max_rule_code", "Above the most", ABOVE_MOST), inDays("review_days", "Review by rule"),
    shared("holding_rate_pct", "Holding a year"), worded("set_by_code", "What says so", SAID_BY), counted("part_count", "Parts"),
  ],
});

/** What a rule selects, and what it sets, in words. */
function selectedBy(row) {
  if (row.is_of_single_parts) return `Single parts: ${plural(row.rule_count, "rule", "rules")}`;
  const chosen = [["brand_code", "brand"], ["category_code", "category"], ["stocking_class_code", "stocking class"], ["criticality_code", "criticality"]].filter(([name]) => row[name]).map(([name, words]) => `${words} ${row[name]}`);
  const words = chosen.join(", ") || "every part";
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function setsOf(row) {
  if (row.is_of_single_parts) return "Differs by part";
  const list = [
    row.policy_code && STOCKED[row.policy_code], row.service_level_pct !== null && `service level ${percent(row.service_level_pct)}`, row.minimum_quantity !== null && `at least ${quantity(row.minimum_quantity)}`, row.maximum_quantity !== null && `at most ${quantity(row.maximum_quantity)}`,
    row.cover_days !== null && `an order covers ${plural(row.cover_days, "day", "days")}`, row.maximum_cover_days !== null && `at most ${plural(row.maximum_cover_days, "day", "days")} above the point`, row.review_days !== null && `review every ${plural(row.review_days, "day", "days")}`, row.max_rule_code && `above the most: ${ABOVE_MOST[row.max_rule_code].toLowerCase()}`, row.is_do_not_stock && "not stocked", row.is_do_not_stock === false && "stocked",
  ].filter(Boolean);
  return list.join("; ") || "nothing";
}

const stockingRules = () => ({
  id: "settings-rules", title: "Rules", rows: pageRows("stocking_rules").rows, none: "No rule was stated: every part is stocked by the defaults above.",
  about: changedBy("A rule of a garage goes before one of all garages, then the one that selects by more; each value is for itself. Parts: those of garages of which one of its values is in force.", "partsbay catalogue draft policy --set policy_name=NAME --set brand_code=BRAND --set service_level_pct=98 --reason WHY", "partsbay catalogue submit DRAFT", "approve DRAFT", "publish DRAFT"),
  columns: [
    said("selected", "Of", (row) => text(selectedBy(row)), { key: selectedBy }), said("garage_name", "Garage", (row) => text(row.garage_code ? row.garage_name ?? row.garage_code : "Every garage")), said("sets", "Sets", (row) => text(setsOf(row)), { key: setsOf }),
    said("policy_name", "Called", (row) => text(row.policy_name ?? "–")), counted("part_count", "Parts"), said("known_from_at", "Known since", (row) => dateName(row.known_from_at)), said("actor", "By", (row) => text(row.actor ?? "–")),
  ],
});

const thresholds = () => ({
  id: "settings-thresholds", title: "Thresholds, horizons and defaults", rows: pageRows("settings").rows, none: "",
  about: changedBy("What classes, demand, forecasts and lead times go by.", "vars in dbt_project/dbt_project.yml", "partsbay run"),
  columns: [
    said("name", "Setting", (row) => row.name), counted("value", "Value", { cell: (row) => `${quantity(row.value)} ${UNIT_WORDS[row.unit_code]}`.trim() }), worded("group_code", "About"), said("description", "What it says", (row) => row.description),
    said("setting_code", "Name", (row) => el("code", {}, row.setting_code)), worded("set_by_code", "What says so", SAID_BY),
  ],
});

const weekday = new Intl.DateTimeFormat(LANGUAGE, { weekday: "short", timeZone: "UTC" });
// The 1st of January 2024 was a Monday.
const weekdays = (list) => (list ? list.split(" ").map((day) => weekday.format(Date.UTC(2024, 0, Number(day)))).join(", ") : "Every day");

const supplierTerms = () => {
  const amount = (id, name, none) => counted(id, name, { cell: (row) => (row[id] === null ? none : money(row[id], row.terms_currency_code)) });
  return {
    id: "settings-suppliers", title: "Terms of suppliers", rows: pageRows("supplier_terms").rows, none: "No supplier is active.",
    about: changedBy("When and how each supplier takes orders, as it was agreed.", "partsbay ingest supplier_terms FILE.csv", "partsbay catalogue draft supplier --set supplier_code=CODE --set review_days=7 --reason WHY"),
    columns: [
      said("supplier_code", "Supplier", (row) => text(row.supplier_name ?? row.supplier_code), { key: (row) => row.supplier_name ?? row.supplier_code }), inDays("review_days", "Review"), inDays("lead_time_days", "Lead time"), inDays("lead_time_sd_days", "Its spread"),
      said("order_weekdays", "Order days", (row) => weekdays(row.order_weekdays)), said("cut_off_at", "Until", (row) => (row.cut_off_at ? String(row.cut_off_at).slice(0, 5) : "–")), amount("agreed_minimum_amount", "Least order", "–"), amount("free_freight_amount", "Free freight from", "–"), inDays("return_days", "Takes back within"),
    ],
  };
};

const approvalLimits = () => ({
  id: "settings-limits", title: "Approval limits of adjustments", rows: pageRows("approval_limits").rows, none: "No limit is known.",
  about: changedBy("Above them an adjustment of stock waits for a second person; of those that fit, the nearest counts.", "partsbay stock limit --reason-code CODE --garage G01 --amount 250 --reason WHY"),
  columns: [
    said("adjustment_reason_code", "Reason", (row) => (row.adjustment_reason_code ? sentence(row.adjustment_reason_code) : "Every reason")), said("garage_code", "Garage", (row) => text(row.garage_code ? garageName(row.garage_code) : "Every garage")),
    counted("limit_amount", "Most value", { cell: (row) => (row.limit_amount === null ? "No limit" : `${quantity(row.limit_amount)}, in the part's currency`) }), counted("limit_pct", "Most of a cell", { cell: (row) => (row.limit_pct === null ? "No limit" : `${percent(row.limit_pct)}, at least ${quantity(row.minimum_quantity)}`) }),
    said("valid_from_at", "What says so", (row) => (row.valid_from_at ? `Stated, from ${dateName(row.valid_from_at)}` : "Default")),
  ],
});

const SETTINGS_TERMS = {
  "What a change costs": ["No amount is guessed here. ", el("code", {}, "partsbay simulate --network --service-level 95 --service-level 97"), " plays the garages' own demand of the last twelve months at these fill rates, and says what stock each takes and what that stock costs; ", el("code", {}, "--policy"), " plays another policy."],
  "Budgets": "None is kept. A budget is typed in above the lines, for all lines, each garage or each supplier, and stands in the address.",
  "Why a part is stocked so": [el("code", {}, "partsbay catalogue policy BRAND:PART --garage G01"), " names the rule behind each value of a part."],
};

const settingsSections = () => ({
  terms: SETTINGS_TERMS,
  termsTitle: "Good to know",
  summary: [`As they were in force for this plan, ${momentName(DATA.facts.as_of_at)}.`],
  sections: [serviceTargets, stockingPolicies, stockingRules, supplierTerms, approvalLimits, thresholds].map((make) => ({ ...make(), kind: "loose" })),
});

const SECTIONED = { service: serviceSections, scorecard: scorecardSections, settings: settingsSections };
