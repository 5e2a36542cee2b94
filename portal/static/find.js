// The field on top of every page: `/` goes to it, what is written is looked for at once, Enter opens the first found.
// Without this file the field is a form like any other.
"use strict";

const field = document.getElementById("find");
const list = document.getElementById("found");
let asked = 0;
let chosen = -1;

function choose(place) {
  const rows = [...list.querySelectorAll("a")];
  chosen = rows.length ? (place + rows.length) % rows.length : -1;
  rows.forEach((row, number) => row.toggleAttribute("aria-current", number === chosen));
  if (chosen >= 0) rows[chosen].scrollIntoView({ block: "nearest" });
}

function show(found) {
  list.replaceChildren(...found.map((one) => {
    const row = document.createElement("li");
    const link = document.createElement("a");
    link.href = one.address;
    link.append(`${one.title_zh} `);
    const name = document.createElement("code");
    name.textContent = one.name;
    link.append(name);
    row.append(link);
    return row;
  }));
  list.hidden = !found.length;
  choose(0);
}

async function look() {
  const mine = ++asked;
  const text = field.value.trim();
  if (!text) { show([]); return; }
  const answer = await fetch(`/find.json?q=${encodeURIComponent(text)}`);
  if (answer.ok && mine === asked) show(await answer.json());
}

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, textarea, select, [contenteditable]");
  const opens = (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey)
    || (event.key === "k" && (event.ctrlKey || event.metaKey));
  if (!opens) return;
  event.preventDefault();
  field.focus();
  field.select();
});
field.addEventListener("input", look);
field.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); choose(chosen + (event.key === "ArrowDown" ? 1 : -1)); }
  if (event.key === "Escape") { show([]); field.blur(); }
  if (event.key === "Enter" && chosen >= 0) { event.preventDefault(); list.querySelectorAll("a")[chosen].click(); }
});
