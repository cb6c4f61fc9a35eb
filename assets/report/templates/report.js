// The page: state in the address, tiles, reasons, filters, views and keys.

// All of the state lives in the part of the address after the #, so that a copied link, Back and reload show the same.
let state = {};
const initial = state;
const readState = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

function go(changes, { replace = false } = {}) {
  const next = { ...state, ...changes };
  for (const name in next) if (!next[name]) delete next[name];
  history[replace ? "replaceState" : "pushState"](null, "", "#" + new URLSearchParams(next));
  show();
}

const NOTHING = Object.fromEntries([...FILTER_NAMES, "q", "dead", "days"].map((name) => [name, ""]));

// ---- trends: figures of the editions before, the oldest first, and of this one

function trendOf(pick, now) {
  return [...DATA.trend.map(({ figures }) => pick(figures)), now].filter((value) => typeof value === "number");
}

function sparkline(values) {
  if (values.length < 2) return "";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const at = (value, index) => [2 + (index / (values.length - 1)) * 92, 22 - ((value - low) / (high - low || 1)) * 18];
  const points = values.map(at);
  return svg("svg", { class: "spark", viewBox: "0 0 98 26", "aria-hidden": "true", "data-values": values.join(" ") }, svg("path", { d: path(points) }), svg("circle", { cx: points.at(-1)[0], cy: points.at(-1)[1], r: 2.4 }));
}

/** What changed since the edition before; more is worse where `isBad`. */
function changeOf(values, isBad, format = (value) => wholeNumber.format(value)) {
  const last = DATA.trend.at(-1);
  if (!last || values.length < 2) return el("span", { class: "change" }, DATA.trend.length ? "" : "First edition");
  const by = values.at(-1) - values.at(-2);
  const kind = !by || isBad === null ? "" : (by > 0) === isBad ? "worse" : "better";
  return el("span", { class: `change ${kind}` }, by ? `${by > 0 ? "▲" : "▼"} ${format(Math.abs(by))}` : "No change", ` since ${dayName(last.published_at)}`);
}

function showTiles() {
  const figures = DATA.figures;
  const currencies = Object.keys(figures.order_value).sort((a, b) => figures.order_value[b] - figures.order_value[a]);
  const atRisk = (status) => { const { risk } = sumsOf(ALL.filter((index) => of("status")(index) === status)); return Object.keys(risk).length ? `${moneys(risk)} at risk` : ""; };
  const moves = ALL.filter((index) => TYPE(index) === "TRANSFER" && OUTCOME(index) === "PROPOSED");
  const tiles = [
    { id: "out", mark: "out", name: "Stocked out", now: figures.stocked_out, pick: (f) => f.stocked_out, isBad: true, filter: { show: "all", status: "out" }, about: atRisk("out") },
    { id: "late", mark: "late", name: "Will run out", now: figures.runs_out_first, pick: (f) => f.runs_out_first, isBad: true, filter: { show: "all", status: "late" }, about: `${atRisk("late")} before a delivery could arrive`.trim() },
    { id: "needs", mark: "needs", name: "Need you today", now: figures.needs_you, pick: (f) => f.needs_you, isBad: true, filter: {}, about: Object.keys(figures.at_risk).length ? `${moneys(figures.at_risk)} at risk` : "" },
    { id: "order", mark: "due", name: "To order", now: figures.to_order, pick: (f) => f.to_order, isBad: null, filter: { show: "all", outcome: "PROPOSED" }, about: [currencies.length ? moneys(figures.order_value) : "", moves.length ? `${wholeNumber.format(moves.length)} to move` : ""].filter(Boolean).join("; ") },
    { id: "no-offer", mark: "data", name: "Without an offer", now: figures.no_offer, pick: (f) => f.no_offer, isBad: true, filter: { show: "all", outcome: "NO_OFFER" } },
    excessTile(figures),
  ];
  $("tiles").replaceChildren(...tiles.map(({ id, mark, name, now, pick, isBad, filter, about, shown, format }) => {
    const keys = ["view", "show", ...FILTER_NAMES];
    const isOn = keys.every((key) => (state[key] ?? "") === (filter[key] ?? "")) && !state.q && !state.days;
    const values = trendOf(pick, now);
    return el("li", { class: `tile ${id}` }, el("button", { type: "button", "aria-pressed": String(isOn), "data-tile": id, onclick: () => go({ ...NOTHING, sort: "", show: "", view: "", line: "", ...filter }) },
      el("span", { class: "name" }, icon(mark), name),
      el("span", { class: "figure" }, shown ?? wholeNumber.format(now)),
      el("span", { class: "about" }, about ?? ""), changeOf(values, isBad, format), sparkline(values)));
  }));
}

function excessTile({ excess, dead }) {
  const code = Object.keys(excess).sort((a, b) => excess[b] - excess[a])[0];
  const others = Object.fromEntries(Object.entries(excess).filter(([other]) => other !== code));
  const about = DATA.pages.excess === undefined ? "not worked out" : [Object.keys(others).length ? `and ${moneys(others)}` : "", Object.keys(dead).length ? `${moneys(dead)} dead` : ""].filter(Boolean).join("; ");
  return { id: "excess", mark: "excess", name: "Excess stock", now: excess[code] ?? 0, pick: (f) => f.excess?.[code], isBad: true, filter: { view: "excess" }, shown: code ? roundMoney(excess[code], code) : "–", about, format: (value) => roundMoney(value, code) };
}

// ---- the rail: reasons, classes, suppliers, garages; each counts what the other filters leave

function showRail() {
  showReasons();
  showMatrix();
  showFacet("by-garage", "garage", garageName);
  showFacet("by-supplier", "supplier", (code) => supplierName(code === NONE ? null : code));
}

const toggle = (name, code) => go({ [name]: state[name] === code ? "" : code });

function facetButton(filter, code, name, ...more) {
  return el("button", { type: "button", "aria-pressed": String(state[filter] === code), "data-code": code, onclick: () => { toggle(filter, code); document.querySelector(`#by-${filter} [data-code="${CSS.escape(code)}"]`)?.focus(); } }, el("span", { class: "name" }, name), ...more);
}

function showReasons() {
  const groups = groupsBy(ALL.filter(matcher(state, "reason")), of("reason_code"));
  const codes = [...groups.keys()].sort((a, b) => (REASON_ORDER.indexOf(a) + 99) % 99 - (REASON_ORDER.indexOf(b) + 99) % 99);
  $("by-reason").replaceChildren(...codes.map((code) => {
    const sums = sumsOf(groups.get(code));
    return el("li", {}, facetButton("reason", code, word(WORDS.reasons, code), el("span", { class: "share" }, wholeNumber.format(sums.lines)), el("span", { class: "sum" }, Object.keys(sums.risk).length ? moneys(sums.risk) : "")));
  }));
  $("reasons").hidden = codes.length === 0;
}

/** Value by variability; a darker cell holds more lines. */
function showMatrix() {
  $("classes").hidden = !columns.abc_code || !columns.xyz_code;
  if ($("classes").hidden) return;
  const counts = new Map([...groupsBy(ALL.filter(matcher(state, "abc")), CLASS_OF)].map(([code, indexes]) => [code, indexes.length]));
  const most = Math.max(1, ...counts.values());
  $("by-abc").replaceChildren(el("table", { class: "matrix" }, el("caption", { class: "unseen" }, "Lines by value and variability"),
    el("thead", {}, el("tr", {}, el("td"), [["X", "steady"], ["Y", "varying"], ["Z", "erratic"]].map(([letter, meaning]) => el("th", { scope: "col" }, letter, el("small", {}, meaning))))),
    el("tbody", {}, [["A", "most value"], ["B", "some"], ["C", "little"]].map(([value, meaning]) => el("tr", {}, el("th", { scope: "row" }, value, el("small", {}, meaning)), ["X", "Y", "Z"].map((letter) => {
      const code = value + letter, count = counts.get(code) ?? 0;
      return el("td", {}, el("button", { type: "button", "aria-pressed": String(state.abc === code), "data-code": code, class: `heat-${count ? Math.ceil((count / most) * 4) : 0}`, "aria-label": `${code}, ${plural(count, "line", "lines")}`, onclick: () => { toggle("abc", code); document.querySelector(`#by-abc [data-code="${code}"]`)?.focus(); } }, wholeNumber.format(count)));
    }))))));
}

function showFacet(listId, filter, nameOf) {
  const groups = groupsBy(ALL.filter(matcher(state, filter)), FILTERS[filter]);
  const entries = [...groups].map(([code, indexes]) => ({ code, ...sumsOf(indexes) }));
  const used = new Set(entries.flatMap((entry) => Object.keys(entry.value)));
  // Bars of different currencies would lie, so they then compare lines.
  const weight = (entry) => (used.size === 1 ? Object.values(entry.value)[0] ?? 0 : entry.orders);
  entries.sort((a, b) => weight(b) - weight(a) || b.lines - a.lines || collator.compare(nameOf(a.code), nameOf(b.code)));
  const heaviest = Math.max(...entries.map(weight), 1e-9);
  $(listId).replaceChildren(...entries.map((entry) => el("li", {}, facetButton(filter, entry.code, text(nameOf(entry.code)),
    el("span", { class: "share" }, wholeNumber.format(entry.lines)), el("span", { class: "sum" }, Object.keys(entry.value).length ? moneys(entry.value) : ""),
    svg("svg", { class: "weight", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("rect", { width: (weight(entry) / heaviest) * 100, height: 4 }))))));
}

// ---- the filters above the table

function makeFilters() {
  const names = { status: (code) => WORDS.statuses[code][0], supplier: (code) => supplierName(code), garage: garageName, class: (code) => word(WORDS.classes, code), outcome: (code) => word(WORDS.outcomes, code), reason: (code) => word(WORDS.reasons, code) };
  for (const [name, nameOf] of Object.entries(names)) {
    const codes = [...new Set(ALL.map(FILTERS[name]))];
    const order = { status: STATUS_ORDER, reason: REASON_ORDER }[name];
    codes.sort((a, b) => (order ? order.indexOf(a) - order.indexOf(b) : collator.compare(nameOf(a), nameOf(b))));
    $("filters").elements[name].append(el("option", { value: "" }, "All"), ...codes.map((code) => el("option", { value: code ?? NONE }, nameOf(code))));
  }
  $("filters").elements.sort.append(el("option", { value: "" }, "Urgency"), ...COLUMNS.map((column) => el("option", { value: column.n && !column.ascending ? `-${column.id}` : column.id }, column.name)));
  $("filters").addEventListener("change", ({ target }) => { if (!["q", "budget"].includes(target.name)) go({ [target.name]: target.value }); });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("q").addEventListener("input", () => go({ q: $("q").value }, { replace: true }));
  $("clear").addEventListener("click", () => { go(NOTHING); $("q").focus(); });
  $("clear-2").addEventListener("click", () => { go({ ...NOTHING, show: "all" }); $("q").focus(); });
  $("show-today").addEventListener("click", () => go({ show: "" }));
  $("show-all").addEventListener("click", () => go({ show: "all" }));
  $("columns-button").addEventListener("click", chooseColumns);
  $("download-button").addEventListener("click", () => showDownload(state, shownLines));
  $("decide-button").addEventListener("click", () => showDecide(shownLines));
  $("decide-button").hidden = !ALL.some(isInStore);
  $("decided").addEventListener("click", () => showDownload(state, shownLines));
  makeBudget(go);
  makeHorizon(go);
  makeSaved(() => state);
}

function syncFilters() {
  for (const field of $("filters").elements) {
    if (field.name && field.value !== (state[field.name] ?? "")) field.value = state[field.name] ?? "";
  }
  $("clear").disabled = ![...FILTER_NAMES, "q", "days"].some((name) => state[name]);
  $("show-today").setAttribute("aria-pressed", String(state.show !== "all"));
  $("show-all").setAttribute("aria-pressed", String(state.show === "all"));
}

function chooseColumns() {
  const box = $("chooser");
  const boxes = COLUMNS.filter(({ id }) => id !== "part").map((column) => el("label", {}, el("input", { type: "checkbox", value: column.id, checked: chosenColumns(state).includes(column) }), column.name));
  const apply = () => {
    const ids = ["part", ...[...box.querySelectorAll("input:checked")].map((input) => input.value)];
    const isUsual = ids.length === USUAL.length && USUAL.every((id) => ids.includes(id));
    go({ cols: isUsual ? "" : ids.join(",") }, { replace: true });
  };
  box.replaceChildren(el("h2", { id: "chooser-title" }, "Columns"), el("div", { class: "boxes", onchange: apply }, boxes),
    el("div", { class: "row" }, el("button", { type: "button", onclick: () => { go({ cols: "" }, { replace: true }); box.close(); } }, "Usual columns"), el("button", { type: "button", onclick: () => box.close() }, "Close")));
  box.showModal();
}

// ---- the table of lines

const lineTable = virtual($("scroller"), $("rows"), (item) => {
  const list = chosenColumns(state);
  return typeof item === "number" ? lineRow(item, list, state.line) : groupRow(item, list.length);
});
let items = [], shownLines = [];
let here = -1; // The place among the items that the keys move from.

function showLines() {
  const found = showBudget(sorted(state.sort ?? "").filter(matcher(state)), state);
  const list = chosenColumns(state);
  const isGrouped = state.show !== "all" && !state.sort;
  shownLines = found;
  items = itemsOf(found, isGrouped);
  here = -1;
  $("lines").setAttribute("class", `lines ${list.length > USUAL.length ? "many" : ""}`);
  $("heads").replaceChildren(...headCells(list, state.sort, (column) => { go({ sort: nextSort(column, state.sort) }); document.querySelector(`#heads [data-sort="${column.id}"]`)?.focus(); }));
  $("scroller").hidden = found.length === 0;
  $("no-match").hidden = found.length > 0;
  lineTable.show(items);
  const sums = sumsOf(found);
  $("count").textContent = `${plural(found.length, "line", "lines")} · ${wholeNumber.format(sums.orders)} to order, ${moneys(sums.value)}${Object.keys(sums.risk).length ? ` · ${moneys(sums.risk)} at risk` : ""}`;
  const isQuiet = state.show !== "all" && !DATA.figures.needs_you;
  $("no-match").querySelector("span").textContent = isQuiet ? "Nothing needs you today: every line may go as proposed. " : "No line matches these filters. ";
}

// ---- the drawer, the help, the keys

const places = new Map(ALL.map((index) => [of("proposal_id")(index), index]));
const rowOf = (id) => document.querySelector(`#rows tr[data-id="${CSS.escape(id)}"]`);
let asked = 0;

async function syncDrawer(before) {
  const index = places.get(state.line);
  document.querySelector("tr.current")?.classList.remove("current");
  const mine = ++asked;
  if (index !== undefined) {
    const line = await lineAt(index);
    if (mine !== asked) return; // Another line was asked for meanwhile.
    const place = items.indexOf(index);
    if (place >= 0) { here = place; lineTable.reveal(place)?.classList.add("current"); }
    showDrawer(line, { step, close: closeDrawer });
  } else if (drawer.open) {
    drawer.close();
    const place = items.indexOf(places.get(before.line));
    if (place >= 0) lineTable.reveal(place)?.querySelector("button.part")?.focus();
  }
}

const closeDrawer = () => go({ line: "" });
/** The place of the next item that is a line. */
function beside(place, by) {
  let next = place + by;
  while (items[next] !== undefined && typeof items[next] !== "number") next += by;
  return items[next] === undefined ? -1 : next;
}

function step(by) {
  const next = beside(items.indexOf(places.get(state.line)), by);
  if (next >= 0) go({ line: of("proposal_id")(items[next]) }, { replace: true });
}

function move(by) {
  if (state.view) return;
  const focused = document.activeElement.closest?.("#rows tr")?.dataset.id;
  if (focused) here = items.indexOf(places.get(focused));
  const next = beside(here, here < 0 ? 1 : by);
  if (next < 0) return;
  here = next;
  lineTable.reveal(next)?.querySelector("button.part")?.focus();
}

function showHelp() {
  const keys = [["j or ↓", "next line"], ["k or ↑", "previous line"], ["Enter", "explain the line"], ["Esc", "close"], ["/", "search"], ["a", "all lines, or those of today"], ["d", "decide about the lines shown"], ["?", "this help"]];
  const meanings = (list) => el("dl", {}, Object.entries(list).map(([key, value]) => el("div", {}, el("dt", {}, Array.isArray(value) ? value[0] : key), el("dd", {}, Array.isArray(value) ? value[1] : value))));
  $("help").replaceChildren(
    el("h2", { id: "help-title", tabindex: "-1" }, "Keys and words"),
    el("dl", { class: "keys" }, keys.map(([key, meaning]) => el("div", {}, el("dt", {}, el("kbd", {}, key)), el("dd", {}, meaning)))),
    el("h3", {}, "Status"), el("dl", {}, Object.entries(WORDS.statuses).map(([code, [name, meaning]]) => el("div", {}, el("dt", {}, el("span", { class: `status ${code}` }, icon(code), name)), el("dd", {}, meaning)))),
    el("h3", {}, "Why look"), meanings(WORDS.reasons), el("h3", {}, "Demand"), meanings(WORDS.classes), el("h3", {}, "Words"), meanings(WORDS.meanings),
    el("button", { type: "button", onclick: () => $("help").close() }, "Close"));
  $("help").showModal();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.matches("input, select, textarea");
  const actions = {
    j: () => (drawer.open ? step(1) : move(1)), k: () => (drawer.open ? step(-1) : move(-1)), ArrowDown: () => move(1), ArrowUp: () => move(-1),
    "/": () => $("q").focus(), a: () => go({ show: state.show === "all" ? "" : "all" }), "?": showHelp, d: () => { if (!state.view && !$("decide-button").hidden) showDecide(shownLines); },
  };
  const isArrow = event.key.startsWith("Arrow");
  // Arrows keep scrolling the page and the drawer, unless a line has the focus.
  if (isTyping || !actions[event.key] || document.querySelector("dialog.help[open]") || (drawer.open && !"jk".includes(event.key)) || (isArrow && !event.target.matches("button.part"))) return;
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
}

// ---- views, and how old the plan is

// Pages of which it says nothing how many rows they have.
const UNCOUNTED = ["kpis", "service", "settings"];

function showViews() {
  const views = [["", "What to order"], ...Object.keys(VIEWS).filter((name) => viewCount(name) > 0 || state.view === name).map((name) => [name, VIEWS[name][0]])];
  $("views").hidden = views.length < 2;
  $("views").replaceChildren(...views.map(([name, words]) => el("a", { href: name ? `#view=${name}` : "#", "data-view": name || "lines", "aria-current": (state.view ?? "") === name ? "page" : null, onclick: (event) => { event.preventDefault(); go({ ...NOTHING, view: name, show: "", sort: "", line: "" }); } },
    words, name && !UNCOUNTED.includes(name) ? el("span", { class: "tally" }, wholeNumber.format(viewCount(name))) : "")));
  // On a phone the pages stand in one line that scrolls: the one that is open is in sight.
  const current = $("views").querySelector("[aria-current]");
  if (current) $("views").scrollLeft = current.offsetLeft - $("views").offsetLeft - 14;
}

/** A plan older than a day and two hours is not today's: the bar says so. */
function showAge() {
  const hours = (Date.now() - new Date(DATA.facts.published_at)) / 3600000;
  const isStale = hours > 26;
  const age = hours < 1 ? "under an hour" : hours < 48 ? plural(Math.floor(hours), "hour", "hours") : plural(Math.floor(hours / 24), "day", "days");
  $("age").replaceChildren(el("span", { class: isStale ? "bad" : "good" }, icon(isStale ? "out" : "ok"), isStale ? `Stale: ${age} old` : `${age} old`));
  document.body.classList.toggle("is-stale", isStale);
  $("stale").hidden = !isStale;
}

// ---- start

function show() {
  const before = state;
  state = readState();
  const view = VIEWS[state.view] ? state.view : "";
  const changed = (names) => before === initial || names.some((name) => before[name] !== state[name]);
  if (changed([...FILTER_NAMES, "q", "sort", "show", "cols", "view", "dead", "days", "budget", "money", "per", "cut"])) {
    showTiles();
    showViews();
    $("work").hidden = view !== "";
    $("page").hidden = view === "";
    showHorizon(state, view, go);
    showSaved(state);
    if (view) showPage(view, state, go);
    else {
      syncFilters();
      showRail();
      showLines();
    }
  }
  syncDrawer(before);
}

$("main").hidden = false;
showAge();
if (DATA.count) {
  makeFilters();
  listen();
  $("views-saved").open = savedViews.length > 0;
  // Where the list does not stand beside the table, the table comes first: what narrows it down is folded.
  if (matchMedia("(max-width: 1180px)").matches) document.querySelectorAll(".rail details").forEach((part) => { part.open = false; });
  show();
  decideAbout([], null);
} else {
  showTiles();
  $("nothing").hidden = false;
  $("work").hidden = true;
}
