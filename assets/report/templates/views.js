// Saved views: what the address says, under a name. The browser keeps them for every report; each is a link to copy.

const VIEW_STORE = "partsbay-views", MOST_VIEWS = 50;

function keptViews() {
  try { return JSON.parse(localStorage.getItem(VIEW_STORE) ?? "[]").filter((one) => typeof one?.name === "string" && typeof one.address === "string"); } catch { return []; }
}
let savedViews = keptViews();

/** The state as an address, without the line that is open; the same state always reads the same. */
const addressOf = ({ line, ...kept }) => new URLSearchParams(Object.entries(kept).sort()).toString();

function keepViews(views) {
  savedViews = views.slice(-MOST_VIEWS);
  try { localStorage.setItem(VIEW_STORE, JSON.stringify(savedViews)); } catch { /* A private window: they last as long as the page. */ }
}

function showSaved(state) {
  const now = addressOf(state);
  $("saved").replaceChildren(...savedViews.map(({ name, address }) => el("li", {},
    el("a", { href: `#${address}`, "aria-current": address === now ? "true" : null }, text(name)),
    el("button", { type: "button", "aria-label": `Forget ${name}`, title: "Forget", onclick: () => { keepViews(savedViews.filter((one) => one.name !== name)); showSaved(state); $("view-name").focus(); } }, "✕"))));
}

function makeSaved(current) {
  const name = $("view-name");
  name.form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!name.value.trim()) return;
    const saved = { name: name.value.trim(), address: addressOf(current()) };
    keepViews([...savedViews.filter((one) => one.name !== saved.name), saved]);
    name.value = "";
    showSaved(current());
  });
}
