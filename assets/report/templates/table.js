// A table of any length: only the rows in sight exist, above and below them is empty space of the right height.

const ROW_HEIGHT = 46, CARD_HEIGHT = 172, CARD_GAP = 8, OVERSCAN = 8, PRINT_LENGTH = 2000;
const tables = new Set();

/** Rows of items in `body`, which scrolls in `scroller`, or with the page where rows are cards. `makeRow(item, place)` gives a tr. */
function virtual(scroller, body, makeRow, cardHeight = CARD_HEIGHT) {
  scroller.style.setProperty("--card", `${cardHeight - CARD_GAP}px`);
  const space = () => el("tbody", { class: "space", "aria-hidden": "true" }, el("tr", {}, el("td")));
  const [above, below] = [space(), space()];
  body.before(above);
  body.after(below);
  let items = [], shown = new Map(), isPrinting = false;
  const height = () => (narrow.matches ? cardHeight : ROW_HEIGHT);

  function range() {
    if (isPrinting) return [0, Math.min(items.length, PRINT_LENGTH)];
    const start = above.getBoundingClientRect().top;
    const box = narrow.matches ? { top: 0, bottom: innerHeight } : scroller.getBoundingClientRect();
    const [top, bottom] = [Math.max(0, box.top), Math.min(innerHeight, box.bottom)];
    const from = Math.max(0, Math.floor((top - start) / height()) - OVERSCAN);
    const to = Math.ceil((bottom - start) / height()) + OVERSCAN;
    return [Math.min(from, Math.max(0, items.length - OVERSCAN)), Math.max(0, Math.min(items.length, to))];
  }

  function draw() {
    const [from, to] = range();
    for (const [place, row] of shown) if (place < from || place >= to) { row.remove(); shown.delete(place); }
    let next = null;
    for (let place = to - 1; place >= from; place--) {
      if (!shown.has(place)) {
        const row = makeRow(items[place], place);
        row.setAttribute("aria-rowindex", place + 2);
        body.insertBefore(row, next);
        shown.set(place, row);
      }
      next = shown.get(place);
    }
    above.firstChild.firstChild.style.height = `${from * height()}px`;
    below.firstChild.firstChild.style.height = `${(items.length - to) * height()}px`;
  }

  const table = {
    draw,
    show(next) {
      items = next;
      shown = new Map();
      body.replaceChildren();
      body.parentElement.setAttribute("aria-rowcount", items.length + 1);
      scroller.scrollTop = 0;
      // The first rows give the box its height, and its height says how many fit.
      draw();
      draw();
    },
    /** Scroll so that an item is in sight, and give its row. */
    reveal(place) {
      const head = scroller.querySelector("thead")?.offsetHeight ?? 0;
      if (narrow.matches) {
        const top = above.getBoundingClientRect().top + place * height();
        if (top < 80 || top + height() > innerHeight) scrollBy(0, top - innerHeight / 3);
      } else {
        const top = place * height();
        if (top < scroller.scrollTop) scroller.scrollTop = top;
        else if (top + height() + head > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + height() + head - scroller.clientHeight;
      }
      draw();
      return shown.get(place);
    },
    /** Make the rows in sight anew, where they are. */
    refresh() { shown = new Map(); body.replaceChildren(); draw(); },
    print(on) { isPrinting = on; draw(); },
    forget() { tables.delete(table); },
  };
  scroller.addEventListener("scroll", draw, { passive: true });
  tables.add(table);
  return table;
}

for (const name of ["scroll", "resize"]) addEventListener(name, () => tables.forEach((table) => table.draw()), { passive: true });
narrow.addEventListener("change", () => tables.forEach((table) => table.draw()));
addEventListener("beforeprint", () => tables.forEach((table) => table.print(true)));
addEventListener("afterprint", () => tables.forEach((table) => table.print(false)));

/** Heads that sort; `sort` is the id of the active column, with - before it when descending. */
function headCells(list, sort, onSort) {
  const active = (sort ?? "").replace(/^-/, "");
  return list.map((column) => {
    const direction = sort?.startsWith("-") ? "descending" : "ascending";
    const isActive = active === column.id;
    return el("th", { scope: "col", class: column.n ? `n c-${column.id}` : `c-${column.id}`, "aria-sort": isActive ? direction : "none", title: column.title },
      el("button", { type: "button", "data-sort": column.id, onclick: () => onSort(column) }, column.name,
        el("span", { class: "arrow", "aria-hidden": "true" }, isActive ? (direction === "ascending" ? "▲" : "▼") : "")));
  });
}

/** What a click on a head asks for: numbers from the largest first, then the other way round. */
function nextSort(column, sort) {
  const up = column.id, down = `-${column.id}`;
  const first = column.n && !column.ascending ? down : up;
  return sort === first ? (first === up ? down : up) : first;
}

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  return typeof a === "number" ? a - b : collator.compare(a, b);
}

/** Items sorted by keys; equal ones stay as they were, empty ones come last either way. */
function sortedBy(items, keys, isDescending) {
  const isEmpty = (key) => key === null || key === undefined;
  return [...items].sort((a, b) => (isDescending && !isEmpty(keys[a]) && !isEmpty(keys[b]) ? compare(keys[b], keys[a]) : compare(keys[a], keys[b])));
}
