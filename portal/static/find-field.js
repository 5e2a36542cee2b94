// The search field on top of every page: `/` goes to it, arrows choose, Enter opens the first found, Escape leaves it.
// Where things are looked for is find.js's and find-report.js's; without any script the field is a form like any other.
"use strict";

const field = document.getElementById("find");
const list = document.getElementById("found");
let chosen = -1;

function choose(place) {
  const rows = [...list.querySelectorAll("a")];
  chosen = rows.length ? (place + rows.length) % rows.length : -1;
  rows.forEach((row, number) => row.toggleAttribute("aria-current", number === chosen));
  if (chosen >= 0) rows[chosen].scrollIntoView({ block: "nearest" });
}

// Each found: the address that it leads to, its title, and its name where that is told apart.
function show(found) {
  list.replaceChildren(...found.map(([address, title, name]) => {
    const row = document.createElement("li");
    const link = document.createElement("a");
    link.href = address;
    link.append(title);
    if (name) {
      const code = document.createElement("code");
      code.textContent = name;
      link.append(" ", code);
    }
    row.append(link);
    return row;
  }));
  list.hidden = !found.length;
  choose(0);
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
field.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); choose(chosen + (event.key === "ArrowDown" ? 1 : -1)); }
  if (event.key === "Escape") { show([]); field.blur(); }
  if (event.key === "Enter" && chosen >= 0) { event.preventDefault(); list.querySelectorAll("a")[chosen].click(); }
});
