// The search of a report on disk: nothing is fetched, all that can be found lies in found.js beside it.
"use strict";

field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (one) => words.every((word) => one[0].toLowerCase().includes(word));
  const found = words.length ? FOUND.filter(matches).slice(0, 20) : [];
  show(found.map(([text, file]) => [`${field.dataset.root}/${file}`, text]));
});
