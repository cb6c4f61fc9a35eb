// Shared by the other scripts: the data, elements made without markup from text, and formats.
"use strict";

const $ = (id) => document.getElementById(id);
const parsed = (id) => JSON.parse($(id).textContent);
const DATA = parsed("data");
const WORDS = DATA.words;
const LANGUAGE = navigator.language || "en";

// Columns of the table: a list, or places in a list of the different texts.
const empty = () => null;
const columns = Object.fromEntries(Object.entries(DATA.columns).map(([name, column]) =>
  [name, Array.isArray(column) ? (index) => column[index] : (index) => column.d[column.i[index]]]));
const of = (name) => columns[name] ?? empty;
const ALL = Array.from({ length: DATA.count }, (_, index) => index);

/** What the table knows of the line at an index, as an object. */
function rowAt(index) {
  const line = { index };
  for (const name in columns) line[name] = columns[name](index);
  return line;
}

const chunks = new Map();
async function unpacked(place) {
  const bytes = Uint8Array.from(atob($(`part-${place}`).textContent.trim()), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
}

/** The whole line, with its history and what comes in: read from its compressed part when first asked for. */
async function lineAt(index) {
  const place = Math.floor(index / DATA.chunk);
  if (!chunks.has(place)) chunks.set(place, unpacked(place));
  const [values, history, inbound] = (await chunks.get(place))[index % DATA.chunk];
  const line = Object.assign(rowAt(index), { history, inbound });
  DATA.details.forEach((name, position) => { line[name] = values[position]; });
  return line;
}

/** An element. Text is only ever set as text, so no value of the data can become markup. */
function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const icon = (name) => svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
// bdi keeps text that runs right to left from turning the numbers beside it around.
const text = (value) => el("bdi", {}, value ?? "");

const plainNumber = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 3 });
const shortNumber = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 1 });
const wholeNumber = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 0 });
const quantity = (value) => (value === null || value === undefined ? "–" : plainNumber.format(value).replace("-", "−"));
const fixedNumbers = [1, 3].map((digits) => new Intl.NumberFormat(LANGUAGE, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
const [tenths, thousandths] = fixedNumbers.map((format) => (value) => format.format(value));
const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "") + plainNumber.format(Math.abs(value));
const days = (value) => (value === null || value === undefined ? "–" : (value < 10 ? shortNumber : wholeNumber).format(value));

const currencies = new Map();
function currencyFormat(code, digits) {
  const key = code + digits;
  if (!currencies.has(key)) {
    try {
      const options = { style: "currency", currency: code };
      if (digits !== "") Object.assign(options, { minimumFractionDigits: 0, maximumFractionDigits: digits });
      currencies.set(key, new Intl.NumberFormat(LANGUAGE, options));
    } catch {
      // Not a currency code: show the number, and the code as it came.
      currencies.set(key, { format: (value) => `${plainNumber.format(value)} ${code}`.trim() });
    }
  }
  return currencies.get(key);
}
const money = (value, code) => (value === null || value === undefined ? "–" : currencyFormat(code ?? "", "").format(value));
const roundMoney = (value, code) => currencyFormat(code ?? "", 0).format(value);
/** Sums by currency side by side: they are never added up. */
function moneys(sums, most = 2) {
  const codes = Object.keys(sums).sort((a, b) => sums[b] - sums[a] || (a < b ? -1 : 1));
  const parts = codes.slice(0, most).map((code) => roundMoney(sums[code], code));
  if (codes.length > most) parts.push(codes.length - most === 1 ? "1 other currency" : `${codes.length - most} other currencies`);
  return parts.join(" + ") || "–";
}

const monthFormat = new Intl.DateTimeFormat(LANGUAGE, { month: "short", year: "numeric", timeZone: "UTC" });
const dateFormat = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeZone: "UTC" });
const monthName = (iso) => monthFormat.format(new Date(iso));
const shortDate = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short", timeZone: "UTC" });
const dayName = (iso) => (iso ? shortDate.format(new Date(iso)) : "–");
const momentFormat = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
const momentName = (iso) => (iso ? `${momentFormat.format(new Date(iso))} UTC` : "–");
const dateName = (iso) => (iso ? dateFormat.format(new Date(iso)) : "–");

const word = (list, code) => (Array.isArray(list[code]) ? list[code][0] : list[code]) ?? sentence(code);
/** A code nobody gave a word for, made readable: EXCEEDS_MAX is "Exceeds max". */
function sentence(code) {
  const words = String(code ?? "–").replaceAll("_", " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
const garageName = (code) => DATA.garages[code] ?? code ?? "–";
const supplierName = (code) => (code ? DATA.suppliers[code] ?? code : "No supplier");
const plural = (count, one, many) => `${wholeNumber.format(count)} ${count === 1 ? one : many}`;
const narrow = matchMedia("(max-width: 760px)");
const collator = new Intl.Collator(LANGUAGE, { numeric: true });
