// Money first: which lines a budget keeps, what it leaves out, and what that risks.

const SCALE = 10000; // Amounts have four decimals: whole numbers add up exactly.
const [REWARD, REWARD_RATE, AMOUNT, RISK, CURRENCY, ACT, STATE] = ["reward_amount", "reward_pct", "line_amount", "risk_amount", "currency_code", "act_code", "status_code"].map(of);
const PER = { garage: of("garage_code"), supplier: of("supplier_code") };
const hasRewards = Boolean(columns.reward_pct);
// Decided already: it is spent, whatever it is worth.
const isDecided = (index) => ["APPROVE", "FIRM"].includes(ACT(index)) || ["APPROVED", "FIRM"].includes(STATE(index));
const isBought = (index) => REWARD_RATE(index) !== null && REWARD_RATE(index) !== undefined && AMOUNT(index) !== null;
const byReward = (a, b) => isDecided(b) - isDecided(a) || REWARD_RATE(b) - REWARD_RATE(a) || REWARD(b) - REWARD(a) || a - b;
const budgetCodes = [...new Set(ALL.filter(isBought).map(CURRENCY))].sort((a, b) => (DATA.figures.order_value[b] ?? 0) - (DATA.figures.order_value[a] ?? 0));

let cut = null; // What the budget of the address keeps and leaves out; null without a budget.

function tally(indexes) {
  const sum = (valueOf) => indexes.reduce((total, index) => total + Math.round((valueOf(index) ?? 0) * SCALE), 0) / SCALE;
  const units = of("proposed_quantity");
  return { lines: indexes.length, value: sum(AMOUNT), risk: sum(RISK), reward: sum((index) => REWARD(index) * units(index)) };
}

/** The lowest rewards for the money go first; what still fits is taken back, the best first. */
function cutGroup(indexes, budget) {
  const [kept, out] = [[], []];
  let left = Math.round(budget * SCALE);
  for (const index of [...indexes].sort(byReward)) {
    const price = Math.round(AMOUNT(index) * SCALE);
    if (isDecided(index) || price <= left) { kept.push(index); left -= price; } else out.push(index);
  }
  return { kept, out };
}

/** What a budget in one currency does to lines; lines of other currencies, and what is not bought, it does not touch. */
function cutOf(indexes, { budget, money: code, per }) {
  const limit = Number(budget);
  if (!hasRewards || !budget?.trim() || !(limit >= 0) || !budgetCodes.length) return null;
  const currency = budgetCodes.includes(code) ? code : budgetCodes[0];
  const bought = indexes.filter((index) => isBought(index) && CURRENCY(index) === currency);
  const groups = [...(PER[per] ? groupsBy(bought, PER[per]) : new Map([["", bought]]))].map(([name, members]) => ({ name, ...cutGroup(members, limit) }));
  const all = (part) => groups.flatMap((group) => group[part]);
  return { limit, currency, groups, budget: limit * groups.length, kept: new Set(all("kept")), out: new Set(all("out")), sums: { kept: tally(all("kept")), out: tally(all("out")) } };
}

const lineCount = (count) => plural(count, "line", "lines");

function cutWords({ currency, budget, sums: { kept, out } }) {
  const over = kept.value - budget;
  const words = [`${lineCount(kept.lines)} for ${money(kept.value, currency)} fit into ${money(budget, currency)}`];
  if (over > 0) words[0] = `${lineCount(kept.lines)} for ${money(kept.value, currency)} are decided already, ${money(over, currency)} more than ${money(budget, currency)}`;
  words.push(out.lines ? `${lineCount(out.lines)} for ${money(out.value, currency)} left out, with ${money(out.risk, currency)} at risk and a reward of ${money(out.reward, currency)}` : "nothing is left out");
  return words;
}

function cutBar({ budget, sums: { kept, out } }) {
  const total = Math.max(kept.value + out.value, budget, 1e-9), x = (value) => (value / total) * 100;
  return svg("svg", { class: "money", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "track", width: 100, height: 8 }), svg("rect", { class: "spent", width: x(kept.value), height: 8 }),
    svg("rect", { class: "over", x: x(kept.value), width: x(out.value), height: 8 }), svg("rect", { class: "limit", x: Math.min(99.6, x(budget)), width: 0.4, height: 8 }));
}

function cutTable({ groups, limit, currency }, nameOf) {
  const rows = groups.map(({ name, kept, out }) => ({ name: nameOf(name), kept: tally(kept), out: tally(out) })).sort((a, b) => b.out.risk - a.out.risk || collator.compare(a.name, b.name));
  return el("details", { class: "twin" }, el("summary", {}, `Each has ${money(limit, currency)}`),
    smallTable("The budget of each", [["For"], ["Fits", true], ["Value", true], ["Left out", true], ["Value", true], ["At risk", true]], rows.map(({ name, kept, out }) => ({
      cells: [text(name), wholeNumber.format(kept.lines), money(kept.value, currency), wholeNumber.format(out.lines), money(out.value, currency), money(out.risk, currency)],
    }))));
}

function makeBudget(go) {
  $("budget").hidden = !hasRewards || !budgetCodes.length;
  const { budget, money: codes } = $("filters").elements;
  codes.append(...budgetCodes.map((code) => el("option", { value: code }, code)));
  codes.parentElement.hidden = budgetCodes.length < 2;
  budget.addEventListener("input", () => { if (budget.validity.valid) go({ budget: budget.value, cut: budget.value ? state.cut : "" }, { replace: true }); });
  for (const name of ["", "kept", "out"]) $(`cut-${name || "all"}`).addEventListener("click", () => go({ cut: name }));
}

/** Show what the budget does to the lines that were found; gives those of them that are to be seen. */
function showBudget(found, state) {
  cut = cutOf(found, state);
  $("filters").elements.money.value = cut?.currency ?? (budgetCodes.includes(state.money) ? state.money : budgetCodes[0] ?? "");
  $("cut").hidden = !cut;
  if (!cut) return found;
  for (const name of ["", "kept", "out"]) $(`cut-${name || "all"}`).setAttribute("aria-pressed", String((state.cut ?? "") === name));
  const [kept, out] = cutWords(cut);
  $("cut-said").replaceChildren(el("strong", {}, `${kept}.`), ` ${out.charAt(0).toUpperCase()}${out.slice(1)}.`);
  $("cut-bar").replaceChildren(cutBar(cut), PER[state.per] ? cutTable(cut, state.per === "garage" ? garageName : (code) => supplierName(code === NONE ? null : code)) : "");
  return cut[state.cut] instanceof Set ? found.filter((index) => cut[state.cut].has(index)) : found;
}
