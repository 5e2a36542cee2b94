// The search field of a report on disk: nothing is fetched, all that can be found lies in found.js beside it.
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

function look() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length ? FOUND.filter((one) => words.every((word) => one[0].toLowerCase().includes(word))).slice(0, 20) : [];
  list.replaceChildren(...found.map(([text, file]) => {
    const row = document.createElement("li");
    const link = document.createElement("a");
    link.href = `${field.dataset.root}/${file}`;
    link.textContent = text;
    row.append(link);
    return row;
  }));
  list.hidden = !found.length;
  choose(0);
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input")) return;
  event.preventDefault();
  field.focus();
});
field.addEventListener("input", look);
field.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); choose(chosen + (event.key === "ArrowDown" ? 1 : -1)); }
  if (event.key === "Enter" && chosen >= 0) list.querySelectorAll("a")[chosen].click();
});
