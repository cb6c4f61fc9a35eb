// Shared by the other scripts: the data, elements made without markup from text, and formats.
"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);
const AT = Object.fromEntries(DATA.columns.map((name, index) => [name, index]));
const LANGUAGE = navigator.language || "en";
const $ = (id) => document.getElementById(id);

/** The line at an index, as an object. */
function lineAt(index) {
  const row = DATA.rows[index];
  const line = { index };
  for (const name in AT) line[name] = row[AT[name]];
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
const quantity = (value) => (value === null || value === undefined ? "–" : plainNumber.format(value));
const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "") + plainNumber.format(Math.abs(value));
const days = (value) => (value === null ? "–" : (value < 10 ? shortNumber : wholeNumber).format(value));

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
const money = (value, code) => (value === null ? "–" : currencyFormat(code ?? "", "").format(value));
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
const dateName = (iso) => (iso ? dateFormat.format(new Date(iso)) : "–");

const word = (list, code) => (Array.isArray(list[code]) ? list[code][0] : list[code]) ?? sentence(code);
/** A code nobody gave a word for, made readable: EXCEEDS_MAX is "Exceeds max". */
function sentence(code) {
  const words = String(code ?? "–").replaceAll("_", " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
const garageName = (code) => DATA.garages[code] ?? code;
const supplierName = (code) => (code ? DATA.suppliers[code] ?? code : "No supplier");
