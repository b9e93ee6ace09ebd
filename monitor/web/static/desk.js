// The desk works without this; with it, pages follow what happens, and keys lead around.
"use strict";

const said = document.getElementById("said");
const keys = document.getElementById("keys");
const main = () => document.getElementById("main");
const shown = (one) => one.getClientRects().length > 0;
const typing = (one) => one.matches?.("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select, [contenteditable]");

// --- keys: none while somebody types, none with a modifier, none at all when that is switched off (WCAG 2.1.4)

const OFF = "sellerwatch-keys-off";
const on = document.getElementById("keys-on");
let leading = -Infinity; // when `g` was pressed

const lines = () =>
  [...main().querySelectorAll(".line, tbody tr")].map((one) => one.querySelector("a[href]")).filter((link) => link && shown(link));

function walk(step) {
  const all = lines();
  const here = all.findIndex((link) => link.closest(".line, tr").contains(document.activeElement));
  const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1);
  all[next]?.focus();
  all[next]?.closest(".line, tr").scrollIntoView({ block: "nearest" });
}

function seek() {
  const field = [...document.querySelectorAll("main input[type=search], #seek")].find(shown);
  if (field) field.select(), field.focus();
  else location.assign("/search");
}

const BY_KEY = { "/": seek, j: () => walk(1), k: () => walk(-1), "?": () => keys.showModal() };

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || keys.open) return;
  if (typing(event.target) || !on.checked) return;
  const led = event.timeStamp - leading < 1500;
  leading = event.key === "g" && !led ? event.timeStamp : -Infinity;
  const target = led && document.querySelector(`header [data-key="${CSS.escape(event.key)}"]`);
  if (target) target.click();
  else if (!led && BY_KEY[event.key]) BY_KEY[event.key]();
  else return;
  event.preventDefault();
}

on.checked = !localStorage.getItem(OFF);
on.addEventListener("change", () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
document.addEventListener("keydown", pressed);
for (const button of document.querySelectorAll("[data-keys]")) {
  button.hidden = false;
  button.addEventListener("click", () => keys.showModal());
}

// --- live: the page is fetched anew when something it shows has changed, and put in place when nobody is at work in it

const topics = (main().dataset.live || "").split(" ").filter(Boolean);
let source = main().innerHTML; // as the server made it
let wanted = false; // something has changed since the page was fetched
let timer = 0;

const touched = (field) =>
  field.type === "hidden" || field.type === "submit" ? false
  : field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked
  : field.options ? [...field.options].some((one) => one.selected !== one.defaultSelected) && field.selectedIndex > 0
  : field.value !== field.defaultValue;

function atWork() {
  const inside = main();
  const selected = getSelection();
  return (
    (inside.contains(document.activeElement) && typing(document.activeElement)) ||
    [...inside.querySelectorAll("input, select, textarea")].some(touched) ||
    (!selected.isCollapsed && inside.contains(selected.anchorNode)) ||
    document.querySelector("dialog[open]") !== null
  );
}

const nameOf = (one, all) => one.id || one.querySelector("summary")?.textContent.trim() || String(all.indexOf(one));
const opened = (inside) => {
  const all = [...inside.querySelectorAll("details")];
  return new Map(all.map((one) => [nameOf(one, all), one]));
};

function place(fresh) {
  const old = main();
  if (fresh.innerHTML === source) return;
  source = fresh.innerHTML;
  const before = new Set(lines().map((link) => link.getAttribute("href")));
  const folds = opened(old);
  const focus = old.contains(document.activeElement) ? document.activeElement : null;
  const id = focus?.id;
  const href = focus?.getAttribute("href");
  old.replaceWith(fresh);
  for (const [name, one] of opened(fresh)) if (folds.has(name)) one.open = folds.get(name).open;
  if (focus) {
    const again = id ? document.getElementById(id) : href && [...fresh.querySelectorAll("a[href]")].find((one) => one.getAttribute("href") === href);
    (again || fresh).focus({ preventScroll: true });
  }
  const came = lines().filter((link) => !before.has(link.getAttribute("href")));
  for (const link of came) link.closest(".line, tr").classList.add("came");
  tell(came.length ? said.dataset.new.replace("{what}", came[0].textContent.trim()) : said.dataset.changed);
}

let quiet = 0;
function tell(words) {
  said.textContent = words;
  clearTimeout(quiet);
  quiet = setTimeout(() => (said.textContent = ""), 8000);
}

async function refresh() {
  if (!wanted || document.hidden) return;
  if (atWork()) {
    if (said.textContent !== said.dataset.held) tell(said.dataset.held);
    timer = setTimeout(refresh, 3000);
    return;
  }
  wanted = false;
  fetched = performance.now();
  try {
    const answer = await fetch(location.href, { credentials: "same-origin", redirect: "error" });
    const text = await answer.text();
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
    if (!answer.ok || !fresh) return;
    if (atWork()) wanted = true;
    else place(document.adoptNode(fresh));
  } catch {
    wanted = true; // asked for again at the next event, or when the stream is back
  }
}

const OFTEN = 5000; // milliseconds between two fetches when much changes
let fetched = -Infinity;

function changed() {
  wanted = true;
  clearTimeout(timer);
  const soon = 400 + Math.random() * 600; // many browsers need not ask at once
  timer = setTimeout(refresh, Math.max(soon, fetched + OFTEN - performance.now()));
}

let stream = null;
let again = 0;

function listen() {
  clearTimeout(again);
  if (stream || document.hidden) return;
  stream = new EventSource("/api/v1/events");
  for (const topic of topics) stream.addEventListener(topic, changed);
  stream.addEventListener("error", () => {
    if (stream?.readyState !== EventSource.CLOSED) return; // it comes back by itself, and says what it missed
    hush();
    again = setTimeout(missed, 60_000); // refused: too many listen, or nobody is logged in any more
  });
}

function hush() {
  stream?.close();
  stream = null;
}

function missed() {
  changed(); // what happened meanwhile was told to nobody here
  listen();
}

if (topics.length && window.EventSource) {
  listen();
  // A page that nobody looks at keeps no connection: browsers have few, and so has the daemon.
  document.addEventListener("visibilitychange", () => (document.hidden ? hush() : missed()));
  addEventListener("pagehide", hush);
  addEventListener("pageshow", (event) => event.persisted && missed());
}

// --- what an act came to is read out, and the next Tab goes on from there

const done = document.querySelector("main .flash");
if (done) {
  done.tabIndex = -1;
  done.focus({ preventScroll: true });
}

// --- on a phone the section that one is in stands in sight

const section = document.querySelector("body > header nav [aria-current]");
const rail = section?.closest("nav");
if (rail) rail.scrollLeft = section.offsetLeft - rail.offsetLeft - (rail.clientWidth - section.offsetWidth) / 2;
