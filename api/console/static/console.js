// What the pages do beyond plain forms: countdowns, single keys, how long a case was looked at, and a reload that waits
// while somebody is at work. Without this file everything still works by mouse and tab.

const opened = performance.now();
const clockRate = Number(document.body.dataset.clockRate) || 1;
const first = (selector) => document.querySelector(selector);

// --- countdowns: the service's seconds that are left, as they run out ---

function inWords(seconds) {
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

function countDown() {
  const gone = ((performance.now() - opened) / 1000) * clockRate;
  for (const shown of document.querySelectorAll("[data-left]")) {
    const left = Number(shown.dataset.left) - gone;
    const text = left > 0 ? `${inWords(left)} left` : shown.dataset.over;
    if (shown.textContent !== text) shown.textContent = text;
    shown.classList.toggle("soon", left > 0 && left < 600);
    shown.classList.toggle("now", left <= 0);
  }
}
if (first("[data-left]")) setInterval(countDown, 500);

// --- how long the case was before their eyes, and no second press of a button ---

for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", () => {
    const seen = form.elements.namedItem("seen_ms");
    if (seen) seen.value = String(Math.round(performance.now() - opened));
    // After the form has been read: a disabled button would not be sent.
    setTimeout(() => {
      for (const button of form.elements) if (button.type === "submit") button.disabled = true;
    });
  });
}
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // the state behind a page from the back button is long gone
});

// --- the overview reloads by itself, but never under somebody's hands ---

const reload = first('meta[name="forestall-reload"]');
function isAtWork() {
  const at = document.activeElement;
  return Boolean(first(".pick:checked") || first("dialog[open]") || at?.matches("input, select, textarea, [data-case]"));
}
if (reload) {
  setInterval(() => {
    if (!isAtWork() && !document.hidden) location.reload();
  }, Number(reload.content) * 1000);
}

// --- single keys ---

const help = first("#keys");
const keysOn = first("#keys-on");
keysOn.checked = localStorage.getItem("forestall-keys") !== "off";
keysOn.addEventListener("change", () => localStorage.setItem("forestall-keys", keysOn.checked ? "on" : "off"));

function press(selector) {
  const button = first(selector);
  if (!button || button.disabled) return;
  if (button.form.checkValidity()) button.click();
  else button.form.reportValidity();
}

function open(id, field) {
  const details = document.getElementById(id);
  if (!details) return;
  details.open = true;
  (field ? details.querySelector(field) : details.querySelector("summary"))?.focus();
}

function step(by) {
  const cases = [...document.querySelectorAll("[data-case]")];
  const at = cases.indexOf(document.activeElement.closest("li")?.querySelector("[data-case]"));
  cases[Math.min(Math.max(at + by, 0), cases.length - 1)]?.focus();
}

function select() {
  const pick = document.activeElement.closest("li")?.querySelector(".pick");
  if (pick) pick.checked = !pick.checked;
}

function refuse() {
  const reason = first("#reason");
  if (reason && !reason.value) reason.focus();
  else press("button.refuse");
}

function choose(number) {
  const radio = first(`[data-alternative="${number}"]`);
  if (!radio) return;
  open("edit");
  radio.checked = true;
  radio.focus();
}

const acts = {
  j: () => step(1),
  k: () => step(-1),
  x: select,
  a: () => (first("#many") ? first(".pick:checked") && press("#many button") : press("button.approve")),
  v: refuse,
  e: () => open("edit", "input"),
  s: () => open("snooze", "input"),
  m: () => open("merge", "select"),
  o: () => press('[data-key="o"]'),
  u: () => press('[data-key="u"]'),
  p: () => first("[data-pin]")?.focus(),
  w: () => (first("#policy") ?? first("#others"))?.scrollIntoView(),
  "?": () => help.showModal(),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || help.open) return;
  if (event.target.matches('input:not([type="checkbox"], [type="radio"]), select, textarea')) return;
  if (event.key !== "?" && !keysOn.checked) return;
  const act = acts[event.key] ?? (/^[1-5]$/.test(event.key) ? () => choose(event.key) : null);
  if (!act) return;
  event.preventDefault();
  act();
});
document.body.dataset.keys = "ready"; // a key pressed before this line was read does nothing
